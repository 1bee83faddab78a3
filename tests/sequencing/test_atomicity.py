"""What ties a bundle over rollups: its execution, or its inclusion alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import worlds
from hypothesis import given
from hypothesis import strategies as st
from players import Scripted, trader
from worlds import ETH, USD, fates, on_block

from market.config import AgentConfig, PoolConfig, RegimeConfig
from market.intents.bundles import Atomicity
from market.intents.rows import Purpose, Status
from market.sequencing.guarantees.inclusion import apart
from market.venues import Kind
from market.venues.dispatch import GAS

KINDS = ("execution", "inclusion")
NEVER = 1e9


def regime(guarantees: str = "inclusion", **changes: Any) -> RegimeConfig:
    return RegimeConfig(**{"name": "tested", "domains": "shared", "guarantees": guarantees} | changes)


def block_of(guarantees: str, members: list[tuple[int, float]], monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Receipts of one bundle of purchases, (rollup, limit) each, with what its sender was told by a preview."""
    told: list[np.ndarray] = []
    kept: list[np.ndarray] = []

    def act(agent: Any, seen: Any, desk: Any) -> None:
        if told:
            return
        for at in (desk.draft(), desk):
            bundle = at.bundle()
            for rollup, limit in members:
                at.swap(rollup, USD, ETH, 100.0, limit, bundle=bundle)
            if at is not desk:
                told.append(seen.preview(at.rows))

    monkeypatch.setattr(Scripted, "script", act)
    setting = worlds.config(regime=regime(guarantees), agents=(trader(),), horizon_s=4.0)
    setting = setting.model_copy(update={"flow": setting.flow.model_copy(update={"per_second": 0.0})})
    market = worlds.opened(setting)
    on_block(market, lambda slot: kept.append(slot.rows[slot.rows["kind"] == Kind.SWAP].copy()))
    market.run()
    worlds.check_ledger(market.world.tables, market.audit.opening)
    rows = np.concatenate(kept)
    assert fates(told[0]) == fates(rows[np.argsort(rows["id"])]), "the preview told something else"
    assert np.unique(rows["bundle"]).size == 1 and (rows["bundle"] >= 0).all(), "a receipt names another bundle"
    return rows


@pytest.mark.parametrize(
    ("guarantees", "expected"), [("execution", ["BUNDLE", "LIMIT"]), ("inclusion", ["FILLED", "LIMIT"])]
)
def test_a_leg_that_fails_takes_the_other_with_it_only_under_atomic_execution(
    guarantees: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fates(block_of(guarantees, [(0, 0.0), (1, NEVER)], monkeypatch)) == expected


def test_on_one_rollup_the_members_stay_all_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = block_of("inclusion", [(1, 0.0), (0, 0.0), (1, NEVER)], monkeypatch)
    assert rows["rollup"].tolist() == [1, 1, 0], "a rollup's part is not in one piece"
    assert fates(rows) == ["BUNDLE", "LIMIT", "FILLED"]


@pytest.mark.parametrize("guarantees", KINDS)
def test_what_stays_out_stays_out_as_a_whole(guarantees: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another intent takes the room on one of the two rollups, both members wait for the next block."""
    kept: list[np.ndarray] = []

    def act(agent: Any, seen: Any, desk: Any) -> None:
        if seen.slot == 0:
            desk.swap(1, USD, ETH, 100.0, 0.0, tip=1.0)
            bundle = desk.bundle()
            for rollup in (0, 1):
                desk.swap(rollup, USD, ETH, 100.0, 0.0, bundle=bundle)

    monkeypatch.setattr(Scripted, "script", act)
    room = 0.75 * float(GAS[Kind.SWAP])  # on each rollup a block of two seconds holds one and a half
    settings = regime(guarantees, ordering="priority_fee", capacity={"kind": "gas", "limit_per_s": room})
    setting = worlds.config(regime=settings, agents=(trader(),), horizon_s=6.0)
    setting = setting.model_copy(update={"flow": setting.flow.model_copy(update={"per_second": 0.0})})
    market = worlds.opened(setting)
    on_block(market, lambda slot: kept.append(slot.rows[slot.rows["kind"] == Kind.SWAP].copy()))
    market.run()
    assert [(rows["bundle"] >= 0).tolist() for rows in kept[:2]] == [[False], [True, True]]
    assert (np.concatenate(kept)["status"] == Status.FILLED).all()


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6), st.booleans()), max_size=6)


@given(drawn=ROWS, data=st.data())
def test_parts_are_the_bundles_cut_by_rollup(drawn: list[tuple[int, int, bool]], data: st.DataObject) -> None:
    numbers = [3 * at if tied else -1 for at, (_, size, tied) in enumerate(drawn) for _ in range(size)]
    bundle = np.array(numbers, np.int64)
    rollup = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(numbers), max_size=len(numbers))), np.int64)
    order, parts = apart(bundle, rollup)
    if order is None:
        for number in set(numbers) - {-1}:
            assert np.unique(rollup[bundle == number]).size == 1
        return
    assert sorted(order.tolist()) == list(range(bundle.size))
    np.testing.assert_array_equal(bundle[order], bundle, err_msg="bundles changed places")
    np.testing.assert_array_equal(parts < 0, bundle < 0)
    keys = [(int(b), int(r)) for b, r in zip(bundle, rollup[order], strict=True)]
    tied = [(part, key) for part, key in zip(parts.tolist(), keys, strict=True) if part >= 0]
    assert len(set(tied)) == len({part for part, _ in tied}) == len({key for _, key in tied})
    for part in {part for part, _ in tied}:
        where = np.flatnonzero(parts == part)
        assert np.all(np.diff(where) == 1), "a part is not in one piece"
        assert np.all(np.diff(order[where]) > 0), "members of a part changed their order"


def test_a_strategy_hears_which_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: dict[str, Any] = {}
    for name in ("siloed", "astria", "centralized_shared", "espresso"):

        def act(agent: Any, seen: Any, desk: Any, name: str = name) -> None:
            heard[name] = seen.atomic(0, 1), seen.atomic(1, 1)

        monkeypatch.setattr(Scripted, "script", act)
        worlds.ran(worlds.config(regime=name, agents=(trader(),), horizon_s=4.0))
    assert heard == {
        "siloed": (Atomicity.NONE, Atomicity.EXECUTION),
        "astria": (Atomicity.INCLUSION, Atomicity.EXECUTION),
        "centralized_shared": (Atomicity.EXECUTION, Atomicity.EXECUTION),
        "espresso": (Atomicity.EXECUTION, Atomicity.EXECUTION),
    }
    assert not Atomicity.NONE and Atomicity.INCLUSION


def test_an_arbitrageur_undoes_what_a_bundle_in_parts_left_over() -> None:
    """Two who see the same gap: of the second one's cycle a leg may fail, and what that leaves is sold again."""
    floors = tuple(
        worlds.rollup(name, pools=(PoolConfig(depth_usd=1e6, fee_bp=5.0, price_usd=price),))
        for name, price in (("a", 2500.0), ("b", 2550.0))
    )
    rivals = AgentConfig(role="trader", strategy="arbitrageur", count=2, parameters={"outside": False})
    still = ({"name": "ETH", "price_usd": 2500.0, "volatility": 0.0},)
    market = worlds.opened(worlds.config(*floors, regime=regime(), agents=(rivals,), horizon_s=30.0, assets=still))
    kept: list[np.ndarray] = []
    on_block(market, lambda slot: kept.append(slot.rows[slot.rows["purpose"] == Purpose.CYCLE].copy()))
    market.run()
    rows = np.concatenate(kept)
    tied = rows[rows["bundle"] >= 0]
    filled = {int(number): tied[tied["bundle"] == number]["status"] == Status.FILLED for number in tied["bundle"]}
    parted = [number for number, legs in filled.items() if legs.any() and not legs.all()]
    assert parted, "no bundle parted"
    for number in parted:
        leg = tied[(tied["bundle"] == number) & (tied["status"] == Status.FILLED)][0]
        back = rows[(rows["kind"] == Kind.OUTSIDE) & (rows["sender"] == leg["sender"])]
        left = leg["filled_out"] if leg["asset_out"] == ETH else -leg["filled_in"]
        undone = np.where(back["asset_in"] == ETH, back["amount"], -back["amount"] / 2500.0)
        assert np.isclose(undone, left, rtol=1e-12).any(), "a leg stayed alone"
    chances = [agent.parting for agent in market.participants if hasattr(agent, "parting")]
    assert max(chances) > 0.1 * 0.95 ** len(filled)
    worlds.check_ledger(market.world.tables, market.audit.opening)
