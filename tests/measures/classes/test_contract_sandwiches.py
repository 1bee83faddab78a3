"""Sandwiches on perpetuals are found by who stands around whom, and victims lose what the front cost them."""

from __future__ import annotations

import numpy as np
import pytest
from measures.classes.blocks import Recorded
from worlds import ALICE, BOB, ETH, ETH_USD, MAKER, OTHER_MAKER, USD, execute, founded, intent, rollup

from agents.blocks.contract_sandwich import best_front, sandwiched
from market.config import OptionsConfig, PerpetualConfig
from market.genesis import World
from market.intents.extraction import Extraction
from market.venues import Kind

FEE, SPREAD, DEPTH, LEVERAGE = 1e-4, 2e-4, 1e7, 10.0
MAKER_USD = 1e7


def world() -> World:
    """A perpetual beside options, so that everybody has a contract, with margin for what follows."""
    terms = PerpetualConfig(
        fee_bp=1e4 * FEE, spread_bp=1e4 * SPREAD, depth_usd=DEPTH, max_leverage=LEVERAGE, leverage_high=LEVERAGE,
        maker_usd=MAKER_USD,
    )  # fmt: skip
    chain = OptionsConfig(expiries_s=(1e6,), strikes=1, share_margin=True)
    found = founded(rollup("a", perpetuals=(terms,), options=(chain,)), rollup("b"))
    for who in (ALICE, BOB, MAKER, OTHER_MAKER):
        row = intent(Kind.PERPETUAL_DEPOSIT, who, venue=0, target=contract(found, who), rollup=0, amount=9e5)
        assert execute(found, row)["status"][0] == 1
    return found


def contract(found: World, who: int) -> int:
    return int(np.flatnonzero(found.tables.contracts["owner"] == who)[0])


def trade(found: World, who: int, size: float, **fields: float) -> np.ndarray:
    """Buy, or sell where the size is below 0."""
    sides = (USD, ETH) if size > 0.0 else (ETH, USD)
    return intent(
        Kind.PERPETUAL_TRADE, who, venue=0, target=contract(found, who), rollup=0, amount=abs(size), asset_in=sides[0],
        asset_out=sides[1], **fields,
    )  # fmt: skip


def equity(found: World, who: int) -> float:
    row = found.tables.contracts[contract(found, who)]
    return float(row["cash"] + row["quantity"] * ETH_USD)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_victim_loses_what_it_would_have_had_without_the_front(side: float) -> None:
    seen, alone = Recorded(world()), world()
    front, victim = side * 100.0, side * 40.0
    (without,) = execute(alone, trade(alone, BOB, victim))
    before = equity(seen.world, ALICE)
    around = [trade(seen.world, ALICE, size) for size in (front, -front)]
    found = seen.block(around[0], trade(seen.world, BOB, victim), around[1])
    assert found == ["sandwich", "none", "sandwich"]
    lost = equity(alone, BOB) - equity(seen.world, BOB)
    assert without["filled_out"] == seen.rows["filled_out"][1]
    assert seen.loss == pytest.approx([0.0, lost, 0.0])
    assert lost > 100.0
    assert seen.gain(ALICE, Extraction.SANDWICH) == pytest.approx(equity(seen.world, ALICE) - before)
    assert seen.tally.totals()["sandwich_loss"] == pytest.approx(lost)


def test_who_stands_around_nobody_or_trades_the_other_way_takes_nothing() -> None:
    found = world()
    seen = Recorded(found)
    assert seen.block(trade(found, ALICE, 5.0), trade(found, ALICE, -5.0)) == ["none"] * 2
    assert seen.block(trade(found, ALICE, 5.0), trade(found, BOB, -5.0), trade(found, ALICE, -5.0)) == ["none"] * 3
    behind = trade(found, BOB, 5.0), trade(found, ALICE, 5.0), trade(found, ALICE, -5.0)
    assert seen.block(*behind) == ["none"] * 3
    assert seen.tally.totals()["sandwich_loss"] == 0.0


def test_of_several_around_a_victim_the_nearest_is_named_and_each_takes_its_part() -> None:
    seen = Recorded(world())
    sizes = ((ALICE, 50.0), (MAKER, 30.0), (BOB, 40.0), (MAKER, -30.0), (ALICE, -50.0))
    rows = [trade(seen.world, who, size) for who, size in sizes]
    assert seen.block(*rows) == ["sandwich", "sandwich", "none", "sandwich", "sandwich"]
    assert seen.tally.found.nearest.tolist() == [-1, 0, 1, -1, -1]
    assert seen.loss[2] > seen.loss[1] > 0.0  # the second front stands in the first's
    assert seen.loss[[0, 3, 4]].tolist() == [0.0] * 3


# -- how large a front is best -----------------------------------------------------------------------------------------


def terms(**changes: float) -> dict[str, float]:
    values = {
        "price": ETH_USD, "depth": DEPTH, "spread": SPREAD, "fee": FEE, "initial": 1.0 / LEVERAGE, "inventory": 0.0,
        "cash": MAKER_USD, "victim": 40.0, "limit": 0.0, "capital": 1e5,
    }  # fmt: skip
    return values | changes


def front_of(**changes: float) -> tuple[float, ...]:
    return best_front(*terms(**changes).values())


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_what_is_foreseen_of_a_front_is_what_the_market_does(side: float) -> None:
    size, paid, margin, gain = front_of(victim=side * 40.0)
    seen = Recorded(world())
    around = [trade(seen.world, ALICE, each) for each in (size, -size)]
    seen.block(around[0], trade(seen.world, BOB, side * 40.0), around[1])
    assert np.sign(size) == side
    assert seen.rows["filled_in"][0] / seen.rows["filled_out"][0] == pytest.approx(paid, rel=1e-12)
    assert seen.gain(ALICE, Extraction.SANDWICH) == pytest.approx(gain, rel=1e-9)
    assert margin == pytest.approx(1e5, rel=1e-6)  # nothing but capital bounds it
    assert gain > 100.0


def test_a_front_pays_only_if_the_victim_moves_the_price_by_more_than_spreads_and_fees() -> None:
    least = np.log((1.0 + SPREAD) * (1.0 + FEE) / ((1.0 - SPREAD) * (1.0 - FEE))) * DEPTH / ETH_USD
    for side in (1.0, -1.0):
        assert front_of(victim=side * 0.999 * least) == (0.0,) * 4
        assert front_of(victim=side * 1.001 * least)[3] > 0.0


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_victims_limit_ones_capital_and_the_makers_margin_bound_a_front(side: float) -> None:
    """Each bound is met: a little more fails, or is too much."""
    victim = side * 40.0
    limit = ETH_USD * np.exp(side * 0.02) * (1.0 + side * SPREAD)
    for bound in ({"limit": limit, "capital": 1e7}, {"limit": limit, "cash": 2e4, "capital": 1e9}, {"capital": 5e4}):
        size, _, margin, gain = front_of(victim=victim, **bound)
        assert gain > 0.0
        given = terms(victim=victim, **bound)
        capital = given.pop("capital")
        more = sandwiched(*given.values(), front=size * (1.0 + 1e-6))
        assert margin <= capital
        assert np.isnan(more[2]) or more[1] > capital
    size, *_ = front_of(victim=victim, limit=limit, capital=1e7)
    assert abs(size) == pytest.approx(0.02 * DEPTH / ETH_USD - 20.0, rel=1e-6)  # 2% less half of what the victim moves
    assert front_of(victim=victim, limit=ETH_USD) == (0.0,) * 4
