"""Traders of perpetuals defend their margin and take sides by intents; an outage stops their defence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import check_ledger, config, execute, fates, opened, ran, rollup

from agents.populations.perpetual_traders import REDUCE, TOP_UP, arrivals, look, take_sides
from market import regimes
from market.config import AgentConfig, MarketConfig, PerpetualConfig
from market.intents.rows import INTENT
from market.measures.outcomes import outcomes
from market.state.ledger import totals
from market.venues import Kind
from market.venues.perpetuals import rules as perpetuals

LEVEL, GOAL = 3.0, 4.5
TERMS = {
    "margin_median_usd": 1000.0, "margin_log_sd": 0.5, "leverage_low": 3.0, "leverage_high": 10.0,
    "max_leverage": 12.0, "maintenance": 0.02, "fee_bp": 0.0, "spread_bp": 0.0, "depth_usd": 1e30, "fund_usd": 1e4,
}  # fmt: skip


def setting(traders: int = 30, drift: float = 0.0, outage: tuple[float, float] | None = None, **habits: Any):
    """One rollup with a perpetual, longs alone unless asked for, and a liquidator; a price that only drifts."""
    terms = TERMS | {name: habits.pop(name) for name in tuple(habits) if name in PerpetualConfig.model_fields}
    place = rollup("a", perpetuals=(PerpetualConfig(**{"traders": traders, "long_share": 1.0} | terms),))
    regime = regimes.load("siloed")
    if outage is not None:
        consensus = {"kind": "instant", "scheduled": [outage]}
        regime = regime.model_copy(update={"consensus": consensus})
    return config(
        place, regime=regime, horizon_s=900.0, perpetual_traders=habits, audit_every=1,
        assets=({"name": "ETH", "price_usd": 2500.0, "volatility": 0.0, "drift": drift},),
        agents=(AgentConfig(role="liquidator", strategy="perpetual"),),
    )  # fmt: skip


def fall(market: Any, share: float) -> None:
    market.world.tables.feeds["price"][0] *= 1.0 - share


def margins(market: Any) -> tuple[np.ndarray, np.ndarray]:
    found = [perpetuals.margin_of(market.world.state, at) for at in range(1, len(market.world.tables.contracts))]
    return np.array([row[0] for row in found]), np.array([row[1] for row in found])


def sent_by(market: Any, habit: int) -> np.ndarray:
    """What traders of one habit send when all look at once, each at her margin as it is."""
    who = np.arange(1, len(market.world.tables.contracts))
    rows = np.zeros(2 * who.size, INTENT)
    habits = np.full(len(market.world.tables.contracts), habit)
    return rows[: look(market.world.state, np.zeros(who.size), who, habits, LEVEL, GOAL, rows)]


@pytest.mark.parametrize(("habit", "kind"), [(TOP_UP, Kind.PERPETUAL_DEPOSIT), (REDUCE, Kind.PERPETUAL_TRADE)])
def test_a_defence_that_is_included_restores_the_margin(habit: int, kind: int) -> None:
    """Without fees, spread and impact: equity becomes the goal times maintenance margin, of whoever was below."""
    market = opened(setting(reserve_share=5.0))
    fall(market, 0.07)
    equity, maintenance = margins(market)
    low = (equity < LEVEL * maintenance) & (equity > maintenance)
    rows = sent_by(market, habit)
    rows = rows[np.isin(rows["target"], 1 + np.flatnonzero(low))]
    assert 3 < low.sum() == rows.size < low.size
    assert set(rows["kind"].tolist()) == {int(kind)}
    assert set(fates(execute(market.world, rows))) == {"FILLED"}
    equity, maintenance = margins(market)
    assert equity[low] == pytest.approx(GOAL * maintenance[low], rel=1e-4)
    assert np.all(sent_by(market, habit)["target"] != 1 + np.flatnonzero(low)[:, None])


def test_reserves_bound_what_is_paid_in() -> None:
    market = opened(setting(reserve_share=0.0))
    fall(market, 0.07)
    rows = sent_by(market, TOP_UP)
    assert rows.size
    assert rows["amount"].max() == 100.0 - 20.0


def test_sides_follow_the_move_or_chance() -> None:
    """All follow it with momentum 1, none asks for it with momentum 0; sizes are equity times leverage."""
    market = opened(setting(traders=40))
    who = np.arange(1, 41)
    draws = np.random.default_rng(1).random((who.size, 3))
    leverage, rows = np.array([[2.0, 8.0]]), np.zeros(80, INTENT)
    for trend in (-0.01, 0.01):
        for momentum in (0.0, 1.0):
            count = take_sides(
                market.world.state, np.zeros(40), who, draws, np.array([0.0, trend]), momentum, leverage, 0, rows
            )
            before = market.world.tables.contracts["quantity"][rows["target"][:count]]
            change = np.where(rows["asset_in"][:count] == 0, 1.0, -1.0) * rows["amount"][:count]
            sides = np.sign(before + change)
            expected = np.where(draws[:, 1] < 0.5, 1.0, -1.0) if momentum == 0.0 else np.full(40, np.sign(trend))
            assert count == 40
            assert sides.tolist() == expected.tolist()
            equity = margins(market)[0]
            asked = np.abs(before + change) * 2500.0 / equity
            assert asked == pytest.approx((1.0 - 0.001 * 8.0) * 2.0 * 4.0 ** draws[:, 2], rel=1e-6)


def test_arrivals_do_not_depend_on_when_they_are_asked_for() -> None:
    """They are drawn in continuous time: any slots see the same ones."""

    def drawn(step: float) -> tuple[np.ndarray, ...]:
        coming = arrivals(np.random.default_rng(4), np.arange(5, 25), 0.01, 2)
        parts = [coming.take(until) for until in np.arange(step, 600.0 + step, step)]
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    for coarse, fine in zip(drawn(150.0), drawn(0.5), strict=True):
        assert len(fine) <= len(coarse)
        assert coarse[: len(fine)].tolist() == fine.tolist()


def test_whoever_does_nothing_sends_nothing() -> None:
    market = opened(setting(drift=-1e4))
    assert all(not population.submit(at, at + 1.0).size for population in market.populations[2:] for at in (0.0, 60.0))


def test_markets_with_active_traders_balance() -> None:
    """Everything at once in a crash, with impact, fees and shared margin: the ledger balances, and every act occurs."""
    habits = {"top_up_share": 0.4, "reduce_share": 0.4, "trades_per_hour": 20.0, "attention_s": 5.0}
    many = {"reserve_share": 0.3, "long_share": 0.7, "depth_usd": 1e7, "spread_bp": 1.0, "fee_bp": 4.0, "fund_usd": 0.0}
    market = opened(setting(traders=80, drift=-8e3, **habits, **many))
    opening = totals(market.world.tables)
    filled: set[int] = set()
    learn = market.populations[2].learn
    market.populations[2].learn = lambda rows: filled.update(rows["kind"][rows["status"] == 1].tolist()) or learn(rows)
    market.run()
    check_ledger(market.world.tables, opening)
    assert filled >= {Kind.PERPETUAL_DEPOSIT, Kind.PERPETUAL_TRADE, Kind.PERPETUAL_LIQUIDATE}


@pytest.mark.parametrize("share", ["top_up_share", "reduce_share"])
def test_an_outage_stops_the_defence(share: str) -> None:
    """The price falls slowly, by 15% in all: who can act in time is saved, and behind an outage is not."""

    def lost(outage: tuple[float, float] | None) -> float:
        habits = {share: 1.0, "reserve_share": 3.0, "attention_s": 5.0, "leverage_low": 6.0}
        active = setting(drift=-0.15 * 365 * 96, outage=outage, **habits)
        return float(outcomes(ran(active))["perpetuals_liquidated_usd"])

    assert lost(None) == 0.0
    assert lost((100.0, 700.0)) > 1e4


def test_shares_that_exceed_one_are_refused() -> None:
    with pytest.raises(ValueError, match="top_up_share and reduce_share"):
        setting(top_up_share=0.6, reduce_share=0.6)
    with pytest.raises(ValueError, match="goal must be larger"):
        MarketConfig.model_validate(setting().model_dump() | {"perpetual_traders": {"act_below": 3.0, "goal": 2.0}})
