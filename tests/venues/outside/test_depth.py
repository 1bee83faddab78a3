"""The outside market's depth and limits: exact impact, no money from going round, recovery, delivery."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import worlds
from hypothesis import given
from hypothesis import strategies as st
from players import Scripted, trader
from worlds import ALICE, ETH, ETH_USD, USD, fates, intent

from agents.blocks.depth import against_depth
from market.config import OutsideConfig, PriceConfig
from market.errors import InputError
from market.intents.rows import Status
from market.venues import Kind
from market.venues.outside.rules import output
from market.venues.pools.rules import output as pool_output
from market.venues.pools.seen import NO_TICKS
from market.venues.pools.view import SEEN_POOL

DEPTH = OutsideConfig(depth_usd=1e4)  # a log of 1 for a million
D = 1e6
STILL = ({"name": "ETH", "price_usd": ETH_USD, "volatility": 0.0},)
QUIET = {"assets": STILL, "outside_fee_bp": 0.0}


def exchange(amount: float, *, sell: bool, **fields: Any) -> np.ndarray:
    sides = {"asset_in": ETH, "asset_out": USD} if sell else {"asset_in": USD, "asset_out": ETH}
    return intent(Kind.OUTSIDE, ALICE, rollup=0, amount=amount, **sides | fields)


def test_a_sale_brings_the_integral_of_a_falling_price() -> None:
    world = worlds.founded(outside=DEPTH, **QUIET)
    done = worlds.execute(world, exchange(40.0, sell=True))[0]
    assert done["filled_out"] == pytest.approx(D * (1.0 - np.exp(-40.0 * ETH_USD / D)), rel=1e-13)
    assert world.tables.outside["shift"][0].tolist() == [0.0, -40.0 * ETH_USD / D]


def test_without_depth_the_price_is_the_reference_however_much_is_sold() -> None:
    world = worlds.founded(**QUIET)
    done = worlds.execute(world, exchange(400.0, sell=True))[0]
    assert done["filled_out"] == 400.0 * ETH_USD
    assert not world.tables.outside["shift"].any()


@given(units=st.floats(1e-3, 300.0), parts=st.integers(1, 5), shift=st.floats(-0.5, 0.5))
def test_one_sale_is_as_good_as_its_parts_and_is_bought_back_for_what_it_brought(
    units: float, parts: int, shift: float
) -> None:
    whole = output(units, ETH, USD, ETH_USD, 1.0, D, shift, 0.0)
    brought, now = 0.0, shift
    for _ in range(parts):
        brought += output(units / parts, ETH, USD, ETH_USD, 1.0, D, now, 0.0)
        now -= units / parts * ETH_USD / D
    assert brought == pytest.approx(whole, rel=1e-12)
    assert whole < units * ETH_USD * np.exp(shift)
    assert output(whole, USD, ETH, 1.0, ETH_USD, D, 0.0, now) == pytest.approx(units, rel=1e-9)


def test_a_bundle_that_fails_leaves_the_outside_price_and_stock_as_they_were() -> None:
    world = worlds.founded(outside=OutsideConfig(depth_usd=1e4, inventory_usd=1e6), **QUIET)
    impossible = worlds.swap(ALICE, 100.0, limit=1e9, bundle=0)
    done = worlds.execute(world, exchange(40.0, sell=True, bundle=0), impossible)
    assert fates(done) == ["BUNDLE", "LIMIT"]
    assert not world.tables.outside["shift"].any() and not world.tables.stocks["quantity"].any()


@pytest.mark.parametrize("fee_bp", [0.0, 5.0])
@given(gap=st.floats(-0.2, 0.2), depth=st.floats(1e4, 1e9), shift=st.floats(-0.05, 0.05))
def test_the_best_size_earns_more_than_its_neighbours(fee_bp: float, gap: float, depth: float, shift: float) -> None:
    reserves = {ETH: 1000.0, USD: 1000.0 * ETH_USD * np.exp(gap)}
    prices, shifts, fee = np.array([1.0, ETH_USD]), np.array([0.0, shift]), fee_bp * 1e-4
    for source, sink in ((USD, ETH), (ETH, USD)):
        r_in, r_out = reserves[source], reserves[sink]

        def profit(amount: float, source: int = source, sink: int = sink, r_in=r_in, r_out=r_out) -> float:
            out = pool_output(r_in, r_out, 0.003, amount)
            args = prices[sink], prices[source], depth, shifts[sink], shifts[source]
            return output(out, sink, source, *args) * (1.0 - fee) - amount

        pools = np.zeros(1, SEEN_POOL)
        pools["asset"], pools["reserve"], pools["fee"] = (source, sink), (r_in, r_out), 0.003
        amount, out, gain = against_depth(pools, NO_TICKS, 0, 0, fee, prices, depth, shifts)
        if amount == 0.0:
            assert profit(1e-4 * r_in) <= 0.0
            continue
        assert out == pytest.approx(pool_output(r_in, r_out, 0.003, amount), rel=1e-12)
        assert gain == pytest.approx(profit(amount), rel=1e-6, abs=1e-9 * r_in)
        slack = 1e-12 * r_in
        assert gain >= max(profit(0.9 * amount), profit(1.1 * amount)) - slack


def test_nobody_goes_longer_or_shorter_than_the_limit_lets_them() -> None:
    world = worlds.founded(outside=OutsideConfig(inventory_usd=1e5), **QUIET)  # 40 units either way
    asked = [(30.0, True), (20.0, True), (10.0, True), (2.5e5, False), (1e5, False)]
    done = worlds.execute(world, *(exchange(amount, sell=sell) for amount, sell in asked))
    # short 30; 50 would be too many; short 40; buying 100 would leave it long 60; 40 leave it flat
    assert fates(done) == ["FILLED", "NOT_ALLOWED", "FILLED", "NOT_ALLOWED", "FILLED"]
    assert world.tables.stocks["quantity"][ALICE, ETH] == pytest.approx(0.0, abs=1e-9)


def scripted(monkeypatch: pytest.MonkeyPatch, script: Any, **changes: Any) -> Any:
    monkeypatch.setattr(Scripted, "script", script)
    setting = worlds.config(agents=(trader(),), horizon_s=20.0, **QUIET | changes)
    return worlds.opened(setting.model_copy(update={"flow": setting.flow.model_copy(update={"per_second": 0.0})}))


def test_a_transient_impact_fades_exponentially_and_a_permanent_one_moves_the_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for recovery in (5.0, None):
        sold: list[float] = []

        def act(agent: Any, seen: Any, desk: Any, sold: list[float] = sold) -> None:
            if not sold:
                sold.append(seen.sealing)
                desk.outside(seen.rollups[0], ETH, USD, 20.0)

        market = scripted(monkeypatch, act, outside=OutsideConfig(depth_usd=1e4, recovery_s=recovery))
        market.run()
        shift, price = market.world.tables.outside["shift"][0, ETH], market.path.current[ETH]
        if recovery is None:
            assert (shift, price) == (0.0, pytest.approx(ETH_USD * np.exp(-0.05), rel=1e-13))
        else:
            passed = market._moved_to - sold[0]
            assert shift == pytest.approx(-0.05 * np.exp(-passed / recovery), rel=1e-9)
            assert price == ETH_USD


def test_what_is_delivered_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    fate: list[tuple[float, bool]] = []

    def act(agent: Any, seen: Any, desk: Any) -> None:
        if seen.rollups[0] == 0:
            desk.outside(0, ETH, USD, 40.0)

    market = scripted(monkeypatch, act, outside=OutsideConfig(inventory_usd=1e5, delivery_s=6.0))
    worlds.on_block(
        market, lambda slot: fate.extend((slot.time, row["status"] == Status.FILLED) for row in slot.rows)
    )  # fmt: skip
    market.run()
    filled = np.array([time for time, done in fate if done])
    assert filled.size == 4 and len(fate) > 15
    assert np.all(np.diff(filled) >= 6.0) and np.all(np.diff(filled) < 7.5)
    worlds.check_ledger(market.world.tables, market.audit.opening)


def test_what_cannot_be_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match="delay_s needs atomic = false"):
        OutsideConfig(delay_s=1.0)
    with pytest.raises(ValueError, match="recovery_s needs depth_usd"):
        OutsideConfig(recovery_s=1.0)
    with pytest.raises(InputError, match="would move the price twice for good"):
        worlds.founded(outside=DEPTH, prices=PriceConfig(impact_per_million=1e-3))
