"""Arbitrage is found by what a bundle, or an account over time, ends with."""

from __future__ import annotations

import numpy as np
import pytest
from measures.classes.blocks import Recorded
from worlds import ALICE, BOB, ETH, ETH_USD, USD, execute, founded, intent, rollup, swap

from market.config import PoolConfig
from market.intents.extraction import Extraction
from market.venues import Kind


def outside(sender: int, amount: float, *, buy: bool, at: int = 0, bundle: int = -1) -> np.ndarray:
    """An exchange outside: ETH sold, or bought for USD."""
    sides = (USD, ETH) if buy else (ETH, USD)
    return intent(Kind.OUTSIDE, sender, rollup=at, asset_in=sides[0], asset_out=sides[1], amount=amount, bundle=bundle)


def apart(second: float = 1.04) -> Recorded:
    """Two rollups; the pool of the first has the reference price, that of the second another."""
    dear = PoolConfig(assets=("ETH", "USD"), depth_usd=2.5e6, fee_bp=30.0, price_usd=ETH_USD * second)
    return Recorded(founded(rollup("a"), rollup("b", pools=(dear,))))


def cycle(usd: float, **fields: int) -> tuple[np.ndarray, np.ndarray]:
    """Buy on the first rollup, sell as much on the second."""
    units = float(execute(apart().world, swap(ALICE, usd))["filled_out"][0])
    return swap(ALICE, usd, **fields), swap(ALICE, units, buy=False, pool=1, **fields)


def test_an_atomic_cycle_over_two_rollups() -> None:
    seen = apart()
    legs = cycle(1e4, bundle=1)
    assert seen.block(*legs) == ["cycle", "cycle"]
    assert seen.gain(ALICE, Extraction.CYCLE) == pytest.approx(seen.rows[1]["filled_out"] - 1e4)
    assert seen.gain(ALICE, Extraction.CYCLE) > 100.0


def test_a_bundle_that_loses_takes_nothing() -> None:
    """Such as that of a user who has something else to gain by trading on both."""
    seen = apart(1.0)
    legs = cycle(1e4, bundle=1)
    assert seen.block(*legs) == ["none", "none"]
    assert seen.tally.gains[ALICE, Extraction.NONE] < 0.0


def test_a_bundle_that_keeps_what_it_bought_is_no_cycle() -> None:
    seen = apart()
    first, second = cycle(1e4, bundle=1)
    second["amount"] *= 0.9
    assert "cycle" not in seen.block(first, second)


def test_legs_in_blocks_of_their_own_are_known_by_the_second() -> None:
    seen = apart()
    first, second = cycle(1e4)
    first["id"], second["id"] = 7, 8
    assert seen.block(first, time=1.0) == ["none"]
    assert seen.tally.found.turned.tolist() == [-1]
    assert seen.block(second, time=3.0) == ["legs"]
    assert seen.tally.found.turned.tolist() == [7]
    assert seen.gain(ALICE, Extraction.NONE) == 0.0
    cash = float(seen.rows[0]["filled_out"]) - 1e4
    assert seen.gain(ALICE, Extraction.LEGS) == pytest.approx(cash)
    assert seen.tally.explained[ALICE] == pytest.approx(cash)


def test_of_several_alike_the_nearest_in_size_is_turned_round() -> None:
    """A leg left alone is unwound, as large as it was, after a leg of another cycle that is nearly as large."""
    seen = apart()
    alone, other = swap(ALICE, 1e4), swap(ALICE, 9.4e3)
    alone["id"], other["id"] = 7, 8
    seen.block(alone, time=1.0)
    units = float(seen.rows[0]["filled_out"])
    seen.block(other, time=3.0)
    left = float(seen.rows[0]["filled_out"])
    seen.block(outside(ALICE, units, buy=False), time=3.0)
    assert seen.tally.found.turned.tolist() == [7]
    assert seen.block(swap(ALICE, left, buy=False, pool=1), time=4.0) == ["legs"]
    assert seen.tally.found.turned.tolist() == [8]


def test_legs_too_far_apart_do_not_belong_together() -> None:
    seen = apart()
    first, second = cycle(1e4)
    seen.block(first, time=1.0)
    assert seen.block(second, time=100.0) == ["outside"]  # the second alone takes a gap to the reference price
    assert seen.gain(ALICE, Extraction.LEGS) == 0.0


def test_two_trades_of_a_need_take_nothing_even_if_one_of_them_gained() -> None:
    """A purchase below the reference price, and a sale elsewhere that costs more than it gained."""
    seen = Recorded(
        founded(
            rollup("a", pools=(PoolConfig(depth_usd=2.5e6, fee_bp=5.0, price_usd=ETH_USD * 0.998),)),
            rollup("b", pools=(PoolConfig(depth_usd=2.5e6, fee_bp=100.0, price_usd=ETH_USD * 0.998),)),
        )
    )
    assert seen.block(swap(ALICE, 1000.0), time=1.0) == ["outside"]
    assert seen.gain(ALICE, Extraction.OUTSIDE) > 0.0
    units = float(seen.rows[0]["filled_out"])
    assert seen.block(swap(ALICE, units, buy=False, pool=1), time=2.0) == ["none"]
    assert seen.gain(ALICE, Extraction.OUTSIDE) == pytest.approx(0.0, abs=1e-12)
    assert seen.gain(ALICE, Extraction.NONE) < 0.0
    assert seen.tally.totals()["lp_arbitrage"] == pytest.approx(0.0, abs=1e-12)


def test_a_leg_left_alone_and_its_unwinding_are_a_loss_of_arbitrage() -> None:
    seen = apart()
    first, _ = cycle(1e4)
    assert seen.block(first, time=1.0) == ["none"]
    units = float(seen.rows[0]["filled_out"])
    assert seen.block(outside(ALICE, units, buy=False), time=9.0) == ["legs"]
    assert seen.gain(ALICE, Extraction.LEGS) == pytest.approx(float(seen.rows[0]["filled_out"]) - 1e4)
    assert seen.gain(ALICE, Extraction.LEGS) < 0.0
    assert seen.gain(ALICE, Extraction.NONE) == 0.0


def test_what_turns_the_stock_of_arbitrage_round_belongs_to_it() -> None:
    """Bought from two pools below the reference price, sold outside much later, and for a fee."""
    low = (PoolConfig(depth_usd=2.5e6, fee_bp=5.0, price_usd=ETH_USD * 0.98),)
    seen = Recorded(founded(rollup("a", pools=low), rollup("b", pools=low)))
    assert seen.block(swap(ALICE, 5e3), swap(ALICE, 5e3, pool=1)) == ["outside", "outside"]
    units = float(seen.rows["filled_out"].sum())
    seen.world.tables.balance[ALICE, 0, ETH] += units
    assert seen.block(outside(ALICE, units, buy=False), time=500.0) == ["outside"]
    cash = float(seen.rows["filled_out"].sum()) - 1e4
    assert seen.gain(ALICE, Extraction.OUTSIDE) == pytest.approx(cash)
    assert seen.tally.totals()["lp_arbitrage"] > 0.0


def test_populations_take_nothing() -> None:
    """Whoever of a population trades at a good price had a need, and the account is that of many."""
    low = (PoolConfig(depth_usd=2.5e6, fee_bp=5.0, price_usd=ETH_USD * 0.98),)
    seen = Recorded(founded(rollup("a", pools=low)))
    assert seen.block(swap(seen.retail, 5e3), swap(BOB, 5e3)) == ["none", "outside"]
