"""Orderings that let makers take back what they offer: nobody trades on it once the taking back is in."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import ETH, ETH_USD, MAKER, USD, execute, fates, founded, intent, on_block, opened, rollup, stressed

from market.config import AgentConfig, PerpetualConfig, RegimeConfig
from market.intents.rows import Status, blank
from market.sequencing import make
from market.sequencing.ordering.cancel_first import cancellations
from market.venues import Kind
from market.venues.dispatch import WITHDRAWS, stating

BUMP_S = 0.5
OFFERING = (
    Kind.PERPETUAL_QUOTE, Kind.REMOVE_LIQUIDITY, Kind.BURN_RANGE, Kind.OPTION_QUOTE, Kind.OPTION_CANCEL,
    Kind.OPTION_REQUOTE,
)  # fmt: skip
KINDS = (*OFFERING, Kind.SWAP, Kind.PERPETUAL_TRADE)


@st.composite
def pending(draw: Any) -> np.ndarray:
    """Intents that cancel and intents that take, some in bundles; arrivals are eighths of a second, which are exact."""
    units = draw(st.lists(st.tuples(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3), st.integers(0, 32))))
    rows = blank(sum(len(kinds) for kinds, _ in units))
    at = 0
    for number, (kinds, eighths) in enumerate(units):
        part = rows[at : at + len(kinds)]
        part["kind"], part["arrival"] = [int(kind) for kind in kinds], eighths / 8
        part["bundle"] = number if len(kinds) > 1 else -1
        at += len(kinds)
    rows["id"] = np.arange(rows.size)
    return rows


def slot_of(rows: np.ndarray, sealed_at: float) -> Any:
    return SimpleNamespace(due=rows, sealed_at=sealed_at, rng=np.random.default_rng(3))


def cancels(rows: np.ndarray, at: int) -> bool:
    """Whether the intent `at`, or all of its bundle, withdraws."""
    mine = rows["bundle"] == rows["bundle"][at] if rows["bundle"][at] >= 0 else np.arange(rows.size) == at
    return bool(stating(WITHDRAWS, rows["kind"][mine]).all())


def executed(rows: np.ndarray, rule: Any, step_s: float) -> list[tuple[int, int]]:
    """(block, id) of every intent in the order of execution, blocks being sealed every `step_s`."""
    done: list[tuple[int, int]] = []
    waiting, block = rows, 0
    while waiting.size:
        block += 1
        due = waiting[waiting["arrival"] <= block * step_s]
        order = rule.arrange(slot_of(due, block * step_s))[0].order
        done += [(block, int(due["id"][k])) for k in order]
        waiting = waiting[~np.isin(waiting["id"], due["id"][order])]
    return done


def test_quotes_and_liquidity_are_what_can_be_taken_back() -> None:
    assert {Kind(at) for at in np.flatnonzero(WITHDRAWS)} == set(OFFERING)


@given(rows=pending())
def test_a_bundle_cancels_if_all_of_it_does(rows: np.ndarray) -> None:
    assert cancellations(rows).tolist() == [cancels(rows, at) for at in range(rows.size)]


@given(rows=pending(), step_s=st.sampled_from((0.25, 1.0, 4.0)))
def test_no_taker_comes_before_a_cancellation_of_the_same_block(rows: np.ndarray, step_s: float) -> None:
    done = executed(rows, make("ordering", {"kind": "cancel_first"}), step_s)
    for (block, before), (other, after) in pairwise(done):
        if block == other:
            assert cancels(rows, before) >= cancels(rows, after)
            if cancels(rows, before) == cancels(rows, after):
                assert rows["arrival"][before] <= rows["arrival"][after]
    # nobody waits for the sake of the rule
    assert all(block == max(1, np.ceil(rows["arrival"][at] / step_s)) for block, at in done)


@given(rows=pending(), step_s=st.sampled_from((0.25, 1.0, 4.0)))
def test_what_somebody_says_last_in_a_batch_holds(rows: np.ndarray, step_s: float) -> None:
    done = executed(rows, make("ordering", {"kind": "uniform_price_batch", "withdrawable": True}), step_s)
    for (block, before), (other, after) in pairwise(done):
        if block == other:
            assert cancels(rows, before) >= cancels(rows, after)
            if cancels(rows, before) and cancels(rows, after):
                assert rows["arrival"][before] <= rows["arrival"][after]


@given(rows=pending(), step_s=st.sampled_from((0.25, 1.0, 4.0)))
def test_a_cancellation_comes_before_every_taker_that_led_by_less_than_the_bump(
    rows: np.ndarray, step_s: float
) -> None:
    done = executed(rows, make("ordering", {"kind": "speed_bump", "delay_s": BUMP_S}), step_s)
    turn = {at: number for number, (_, at) in enumerate(done)}
    for taker in np.flatnonzero([not cancels(rows, at) for at in range(rows.size)]):
        for maker in np.flatnonzero([cancels(rows, at) for at in range(rows.size)]):
            lead = rows["arrival"][maker] - rows["arrival"][taker]
            if lead != BUMP_S:
                assert (turn[maker] < turn[taker]) == (lead < BUMP_S)
    for block, at in done:
        released = rows["arrival"][at] + (0.0 if cancels(rows, at) else BUMP_S)
        assert block == max(1, np.ceil(released / step_s))


@given(rows=pending(), senders=st.integers(1, 3))
def test_of_what_one_sender_replaces_in_a_batch_the_last_counts(rows: np.ndarray, senders: int) -> None:
    """Cancellations come first, each sender's in the order of arrival; nothing is lost, no bundle is split."""
    rows["sender"] = np.arange(rows.size) % senders
    rule = make("ordering", {"kind": "uniform_price_batch", "withdrawable": True})
    order = rule.arrange(slot_of(rows, 4.0))[0].order
    assert sorted(order.tolist()) == list(range(rows.size))
    back = [at for at in order.tolist() if cancels(rows, at)]
    assert order[: len(back)].tolist() == back
    for sender in range(senders):
        arrivals = rows["arrival"][[at for at in back if rows["sender"][at] == sender and rows["bundle"][at] < 0]]
        assert (np.diff(arrivals) >= 0.0).all()
    places = np.argsort(order)
    for bundle in set(rows["bundle"][rows["bundle"] >= 0].tolist()):
        mine = places[rows["bundle"] == bundle]
        assert mine.tolist() == list(range(mine[0], mine[0] + mine.size))


# -- what that is worth ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ordering", "fate"),
    [
        ("first_come", "FILLED"),
        ("cancel_first", "LIMIT"),
        ({"kind": "speed_bump", "delay_s": 0.2}, "LIMIT"),
        ({"kind": "speed_bump", "delay_s": 0.1}, "FILLED"),
        ({"kind": "uniform_price_batch", "withdrawable": True}, "LIMIT"),
    ],
)
def test_a_quote_that_is_taken_back_in_the_same_block_is_not_sniped(ordering: Any, fate: str) -> None:
    """A sniper buys at the quoted 10 bp; the maker's wider quote arrives 0.15 s later, in the same block."""
    terms = {"traders": 1, "depth_usd": 1e30, "spread_bp": 10.0, "fee_bp": 0.0, "quoted_by": 0}
    world = founded(rollup("a", perpetuals=(PerpetualConfig(**terms),)))
    buyer = int(world.tables.contracts["owner"][1])
    snipe = intent(
        Kind.PERPETUAL_TRADE, buyer, venue=0, rollup=0, target=1, amount=0.25, asset_in=USD, asset_out=ETH,
        limit=ETH_USD * 1.0011, arrival=0.2, id=0,
    )  # fmt: skip
    wider = intent(Kind.PERPETUAL_QUOTE, MAKER, venue=0, rollup=0, amount=0.05, arrival=0.35, id=1)
    due = np.concatenate([snipe, wider])
    rule = make("ordering", {"kind": ordering} if isinstance(ordering, str) else ordering)
    receipts = execute(world, due[rule.arrange(slot_of(due, 1.0))[0].order])
    assert dict(zip(receipts["id"].tolist(), fates(receipts), strict=True)) == {0: fate, 1: "FILLED"}


def test_liquidity_is_withdrawn_before_anybody_trades_in_the_block() -> None:
    agents = (
        AgentConfig(role="market_maker", strategy="reallocator", parameters={"review_s": 3.0}, count=3),
        AgentConfig(role="trader", strategy="arbitrageur", count=2),
    )
    regime = RegimeConfig(name="tested", domains="shared", ordering="cancel_first")
    market, mixed = opened(stressed(regime, agents=agents)), []

    def noted(slot: Any) -> None:
        rows = slot.rows[slot.rows["status"] != Status.EXPIRED]
        back = cancellations(rows)
        assert not rows.size or not back[np.argmin(back) :].any()
        mixed.append(back.any() and not back.all())

    on_block(market, noted)
    market.run()
    assert sum(mixed) > 2
