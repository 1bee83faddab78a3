"""Tips, learned from own receipts: nearly all of a profit among rivals, next to nothing alone, none in first come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import worlds
from hypothesis import given
from hypothesis import strategies as st

from agents.bidding.chances import Chances
from agents.bidding.tips import SHARES
from agents.blocks.rivals import by_tip_among_rivals
from market import regimes, sequencing
from market.config import AgentConfig, FlowConfig, MarketConfig, PriceConfig
from market.intents.rows import Status, blank

OUTCOMES = st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=60)


def drawn(outcomes: list[tuple[int, bool]]) -> Chances:
    chances = Chances((0.0, 0.25, 0.5, 0.75, 0.9))
    for place, succeeded in outcomes:
        chances.learn(place, succeeded)
    return chances


@given(OUTCOMES)
def test_chances_rise_along_the_grid_whatever_came_of_bids(outcomes: list[tuple[int, bool]]) -> None:
    chance = drawn(outcomes).chance
    assert (np.diff(chance) >= -1e-12).all()
    assert (chance >= 0.0).all()
    assert (chance <= 1.0 + 1e-12).all()


@given(OUTCOMES, st.integers(0, 4))
def test_a_success_lowers_no_chance_and_a_failure_raises_none(outcomes: list[tuple[int, bool]], place: int) -> None:
    """One outcome at the place that it concerns; elsewhere it may tell nothing, but never the opposite."""
    before = drawn(outcomes).chance
    won, lost = drawn([*outcomes, (place, True)]).chance, drawn([*outcomes, (place, False)]).chance
    assert (won >= before - 1e-12).all()
    assert (lost <= before + 1e-12).all()
    assert won[place] - lost[place] > 0.09


def test_chances_come_to_be_those_of_the_rivals_bids() -> None:
    """Against uniform bids in [0, 1] a bid b wins with chance b, and half of one's value is the best bid."""
    grid = np.linspace(0.0, 1.0, 11)
    chances, draws = Chances(grid, rate=0.01, explore=0.5, seed=3), np.random.default_rng(4)
    chosen, seen = [], []
    for rival in draws.random(20_000):
        place = chances.choose(1.0 - grid)
        chosen.append(place)
        chances.learn(place, bool(grid[place] > rival))
        seen.append(chances.chance.copy())
    assert np.mean(seen[5000:], axis=0) == pytest.approx(grid, abs=0.07)
    assert grid[np.bincount(chosen[-5000:]).argmax()] == pytest.approx(0.5, abs=0.11)


# -- in the market -----------------------------------------------------------------------------------------------------


def contest(ordering: str, rivals: int, horizon_s: float = 3600.0) -> MarketConfig:
    """Arbitrageurs who see the same gap when the outside price has moved, every five seconds, and nobody else."""
    regime = regimes.load("siloed").model_copy(update={"ordering": {"kind": ordering}})
    return worlds.config(
        worlds.rollup("a"), regime=regime, horizon_s=horizon_s,
        prices=PriceConfig(kind="gbm", step_s=5.0),
        assets=({"name": "ETH", "price_usd": worlds.ETH_USD, "volatility": 8.0},),
        flow=FlowConfig(per_second=0.0),
        agents=(
            AgentConfig(
                role="trader", strategy="arbitrageur", count=rivals, capital_usd=1e7, latency_spread_s=0.0,
                parameters={"cycles": False},
            ),
        ),
    )  # fmt: skip


def bid(config: MarketConfig, seed: int) -> np.ndarray:
    """Tip over what the trade brought before it, of the last third of all trades that were filled."""
    market, found = worlds.opened(config, seed), []
    price = market.world.tables.prices

    def noted(slot: Any) -> None:
        rows = slot.rows[(slot.rows["status"] == Status.FILLED) & (slot.rows["bundle"] >= 0)]
        for bundle in np.unique(rows["bundle"]):
            members = rows[rows["bundle"] == bundle]
            out, given = members["asset_out"], members["asset_in"]
            gain = (members["filled_out"] * price[out] - members["filled_in"] * price[given]).sum()
            found.append((members["tip"].sum(), gain))

    worlds.on_block(market, noted)
    market.run()
    worlds.check_ledger(market.world.tables, market.audit.opening)
    late = np.array(found)[2 * len(found) // 3 :]
    return late[:, 0] / late[:, 1]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_equal_rivals_bid_nearly_all_of_a_common_value_and_one_alone_next_to_nothing(seed: int) -> None:
    two, alone = bid(contest("priority_fee", 2), seed), bid(contest("priority_fee", 1), seed)
    assert np.median(two) > 0.9
    assert two.mean() > 0.8
    assert np.median(alone) < 1e-9
    assert alone.mean() < 0.05


@pytest.mark.parametrize("ordering", ["first_come", "random_batch"])
def test_nobody_bids_where_no_tip_buys_anything(ordering: str) -> None:
    assert (bid(contest(ordering, 2), 1) == 0.0).all()


def test_a_tip_is_heeded_where_the_rule_or_whoever_orders_may_prefer_it() -> None:
    heeding = {
        kind for kind in sequencing.kinds("ordering") if sequencing.mechanism("ordering", kind).heeds_tips  # pyright: ignore
    }  # fmt: skip
    assert heeding >= {"priority_fee", "timeboost_score", "builder", "leader"}
    assert not heeding & {"first_come", "median_arrival", "random_batch", "uniform_price_batch", "express_lane"}


def test_a_single_trader_pays_for_time_what_the_latency_bid_score_asks_and_no_more() -> None:
    """Not to bid costs half a second of delay, in which nothing happens here: alone, time is worth nothing."""
    assert np.median(bid(contest("timeboost_score", 1), 1)) < 1e-9
    assert np.median(bid(contest("timeboost_score", 2), 1)) > 0.5


def test_a_fixed_share_is_bid_and_nothing_is_learned() -> None:
    config = contest("priority_fee", 1, 120.0)
    agents = tuple(
        group.model_copy(update={"parameters": group.parameters | {"tip_share": 0.25}}) for group in config.agents
    )
    assert bid(config.model_copy(update={"agents": agents}), 1) == pytest.approx(0.25, rel=1e-3)
    assert len(SHARES) == len(set(SHARES))


# -- whoever orders ----------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.booleans(), st.integers(0, 2), st.sampled_from([0.0, 0.0, 1.0, 2.0, 5.0])),
        max_size=12,
    )
)
def test_rival_bundles_change_places_by_tip_and_nothing_else_moves(units: list[tuple[int, bool, int, float]]) -> None:
    sizes = [size if tied else 1 for size, tied, _, _ in units]
    rows = blank(sum(sizes))
    at = 0
    for number, ((_, tied, pool, tip), size) in enumerate(zip(units, sizes, strict=True)):
        rows["venue"][at], rows["tip"][at + size - 1] = pool, tip
        rows["bundle"][at : at + size] = number if tied else -1
        at += size
    owner = np.repeat(np.arange(len(units)), sizes)
    order = by_tip_among_rivals(rows, np.arange(rows.size))
    assert sorted(order.tolist()) == list(range(rows.size))
    ranked = list(dict.fromkeys(owner[order].tolist()))
    assert owner[order].tolist() == np.repeat(ranked, [sizes[unit] for unit in ranked]).tolist()  # bundles stay whole
    for place, unit in enumerate(ranked):
        assert units[place][1] == units[unit][1]
        if units[unit][1]:
            assert units[place][2] == units[unit][2]
        else:
            assert place == unit
    for pool in range(3):
        rivals = [unit for unit in ranked if units[unit][1] and units[unit][2] == pool]
        assert rivals == sorted(rivals, key=lambda unit: (-units[unit][3], unit))
