"""Reporters who may be bribed and liquidators who bribe: what each does at its threshold, and what the market does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from players import Scripted, trader
from worlds import ETH_USD, USD, check_ledger, config, lender, on_block, opened, reported, rollup

from market.config import AgentConfig, BorrowersConfig, FlowConfig, MarketConfig, OracleConfig
from market.model import SequencerMarket
from market.state.ledger import Why, totals
from market.venues import Kind
from market.venues.committees.rules import majority

COLLATERAL_USD, LTV, MOVE = 1e5, 0.78, 0.05
GAIN_USD = 0.5 * LTV * COLLATERAL_USD * (1.1 / (1.0 - MOVE) - 1.0)
"""What liquidating the one loan gains once its price is 5% too low: half of the debt, for 110% of it at that price."""


def scene(
    honest: int,
    bribable: int,
    bond: float,
    *,
    horizon_s: float = 30.0,
    agents: tuple[AgentConfig, ...] = (),
    **terms: Any,
) -> MarketConfig:
    """One loan at health 0.8 / 0.78, a price that stands still and that reporters see, no fees, and who may bribe."""
    count = honest + bribable
    settings: dict[str, Any] = {
        "reporters": count, "quorum": majority(count), "bond_usd": bond, "tolerance_bp": 100.0, "detection": 1.0,
        "income_usd_per_hour": 0.0, "judged_after_s": 5.0, "suspension_s": 8.0,
    }  # fmt: skip
    oracle = OracleConfig.model_validate(
        {"source": "committee", "deviation_bp": 20.0, "heartbeat_s": 10.0, "committee": settings | terms}
    )
    law = BorrowersConfig(
        collateral_median_usd=COLLATERAL_USD, collateral_log_sd=0.0, ltv_low=LTV, ltv_high=LTV + 1e-9,
        top_up_share=0.0, deleverage_share=0.0,
    )  # fmt: skip
    near: dict[str, Any] = {"latency_s": 0.0, "latency_spread_s": 0.0}
    clear = near | {"role": "trader", "parameters": {"noise_bp": 0.0}}
    exact = {"moves": (MOVE,), "margin": 1e-6, "tip_share": 0.0}
    return config(
        rollup("a", lending=(lender(),), borrowers=1, oracle=oracle),
        agents=(
            AgentConfig(strategy="reporter", count=honest, **clear),
            AgentConfig(strategy="bribable_reporter", count=bribable, **clear),
            *(agents or (AgentConfig(role="liquidator", strategy="briber", parameters=exact, **near),)),
        ),
        assets=({"name": "ETH", "price_usd": ETH_USD, "volatility": 0.0},),
        flow=FlowConfig(per_second=0.0), borrowers=law, outside_fee_bp=0.0, horizon_s=horizon_s, audit_every=1,
    )  # fmt: skip


def ran(settings: MarketConfig, seed: int = 1) -> tuple[SequencerMarket, dict[str, Any]]:
    market = opened(settings, seed)
    opening = totals(market.world.tables)
    market.run()
    check_ledger(market.world.tables, opening)
    return market, reported(market)


# -- moving the median -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3, 4, 5])
def test_the_least_that_moves_a_median_is_what_a_strict_majority_asks_for(count: int) -> None:
    """No more reports are bought than it takes, each for the bond."""
    bond, needed = 200.0, count // 2 + 1
    market, found = ran(scene(0, count, bond, horizon_s=20.0))
    assert found["bribed_reports"] == needed
    assert found["bribes_usd"] == pytest.approx(needed * bond, rel=1e-5)
    assert found["wrongly_liquidated_usd"] == found["liquidated_usd"] == pytest.approx(0.5 * LTV * COLLATERAL_USD)
    assert found["feed_error_worst_bp"] == pytest.approx(1e4 * MOVE)
    name, tables = next(member.name for member in market.members if member.role == "liquidator"), market.world.tables
    flows = tables.flows[market.world.account_of[name], :, Why.BRIBE, USD]
    back = tables.flows[:, market.world.account_of[name], Why.BRIBE, USD]
    assert flows.sum() - back.sum() == pytest.approx(found["bribes_usd"])
    gained = tables.balance[market.world.account_of[name], 0] @ tables.prices - 2e6 * 2
    assert gained == pytest.approx(GAIN_USD - found["bribes_usd"])


@pytest.mark.parametrize(("honest", "bribable", "moved"), [(2, 3, True), (3, 2, False), (2, 2, False), (1, 3, True)])
def test_a_feed_is_moved_exactly_where_the_honest_are_no_blocking_half(honest: int, bribable: int, moved: bool) -> None:
    assert (bribable >= majority(honest + bribable)) == moved
    _, found = ran(scene(honest, bribable, 50.0, horizon_s=120.0))
    assert (found["wrongly_liquidated_usd"] > 0.0) == moved
    assert found["feed_error_worst_bp"] == pytest.approx(1e4 * MOVE if moved else 0.0, abs=1e-9)


# -- thresholds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("detection", [1.0, 0.5])
@pytest.mark.parametrize("income", [0.0, 3600.0])
def test_bribery_stops_at_the_bond_at_which_it_costs_what_it_gains(detection: float, income: float) -> None:
    """Three reporters, two of them needed: 2 x detection x (bond + 8 s of pay) = gain."""
    bond = GAIN_USD / (2.0 * detection) - 8.0 * income / 3600.0
    for factor, bribes in ((0.999, True), (1.001, False)):
        terms = {"detection": detection, "income_usd_per_hour": income}
        market, found = ran(scene(0, 3, factor * bond, horizon_s=20.0, **terms))
        assert (found["bribes_usd"] > 0.0) == bribes
        assert (found["wrongly_liquidated_usd"] > 0.0) == bribes
        assert (market.world.tables.reporters["bribe"] == 0.0).all(), "money is left in escrow"


@pytest.mark.parametrize(("factor", "accepted"), [(0.999, False), (1.001, True)])
def test_a_reporter_accepts_exactly_what_exceeds_its_expected_loss(
    factor: float, accepted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half the time examined, a bond of 200, and 8 s of pay at 1 USD a second: 104 USD."""

    def once(agent: Any, seen: Any, desk: Any) -> None:
        if not hasattr(agent, "offered") and seen.reporters["price"][0] > 0.0:
            agent.offered = True
            desk.submit(Kind.BRIBE_OFFER, 0, 0, factor * 104.0, target=0, limit=0.95 * ETH_USD, expires_s=8.0)

    monkeypatch.setattr(Scripted, "script", once)
    terms = {"detection": 0.5, "income_usd_per_hour": 3600.0}
    _, found = ran(scene(0, 1, 200.0, horizon_s=15.0, agents=(trader(),), **terms))
    assert found["bribed_reports"] == int(accepted)
    assert found["bribes_usd"] == pytest.approx(factor * 104.0 if accepted else 0.0)
    assert found["feed_error_worst_bp"] == pytest.approx(500.0 if accepted else 0.0, abs=1e-9)


def test_within_the_tolerance_a_lie_costs_nothing_but_gas(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cent buys a move by less than the tolerance, whatever the bond."""

    def once(agent: Any, seen: Any, desk: Any) -> None:
        if not hasattr(agent, "offered") and seen.reporters["price"][0] > 0.0:
            agent.offered = True
            desk.submit(Kind.BRIBE_OFFER, 0, 0, 0.01, target=0, limit=0.9901 * ETH_USD, expires_s=8.0)

    monkeypatch.setattr(Scripted, "script", once)
    _, found = ran(scene(0, 1, 5e5, horizon_s=15.0, agents=(trader(),)))
    assert (found["bribes_usd"], found["slashings"]) == (0.01, 0)


# -- verdicts ----------------------------------------------------------------------------------------------------------


def liar(off: float) -> Any:
    """A script: join, and report once a price that is off by a share."""

    def script(agent: Any, seen: Any, desk: Any) -> None:
        mine = np.flatnonzero(seen.reporters["owner"] == agent.account)
        if not mine.size and not hasattr(agent, "joined"):
            agent.joined = True
            desk.submit(Kind.COMMITTEE_JOIN, 0, 0, float(seen.committees["bond"][0]))
        elif mine.size and not hasattr(agent, "lied"):
            agent.lied = True
            desk.submit(Kind.REPORT, 0, 0, (1.0 + off) * ETH_USD)

    return script


@pytest.mark.parametrize(
    ("off", "terms", "lost"),
    [
        (0.02, {}, 300.0), (-0.02, {}, 300.0), (0.0099, {}, 0.0), (-0.0099, {}, 0.0), (0.02, {"slash": 0.25}, 75.0),
        (0.02, {"detection": 0.0}, 0.0),
    ],
)  # fmt: skip
def test_who_reports_too_far_off_loses_of_its_bond_after_the_delay(
    off: float, terms: dict[str, Any], lost: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scripted, "script", liar(off))
    market = opened(scene(2, 0, 300.0, agents=(trader(),), horizon_s=15.0, **{"reporters": 3} | terms))
    opening, table = totals(market.world.tables), market.world.tables.reporters
    lied_at: list[float] = []
    seen: list[tuple[float, float, float]] = []  # time, slashed, barred until

    def noted(slot: Any) -> None:
        account = next(agent.account for agent in market.participants if hasattr(agent, "lied")) if lied_at else -1
        if ((slot.rows["kind"] == Kind.REPORT) & (slot.rows["amount"] == (1.0 + off) * ETH_USD)).any():
            lied_at.append(slot.time)
        if account >= 0:
            [mine] = np.flatnonzero(table["owner"] == account)
            seen.append((slot.time, float(table["slashed"][mine]), float(table["barred_until"][mine])))

    on_block(market, noted)
    market.run()
    check_ledger(market.world.tables, opening)
    [at] = lied_at
    for time, slashed, barred in seen:
        assert slashed == pytest.approx(lost if time >= at + 5.0 else 0.0)
        assert (barred > time) == (lost > 0.0 and at + 5.0 <= time < at + 13.0)
    burnt = market.world.account_of["burnt"]
    assert market.world.tables.balance[burnt, 0, USD] == pytest.approx(lost)
    assert market.world.tables.flows[:, burnt, Why.SLASHING, USD].sum() == pytest.approx(lost)


def test_a_report_is_held_against_the_price_of_when_it_was_sent() -> None:
    """The price jumps by a twentieth while reports are on their way: nobody is slashed for that."""
    settings = scene(3, 0, 300.0, agents=(trader(),), horizon_s=60.0, tolerance_bp=30.0, judged_after_s=0.0)
    rough = ({"name": "ETH", "price_usd": ETH_USD, "volatility": 40.0},)
    settings = MarketConfig.model_validate(settings.model_dump() | {"assets": rough})
    market, found = ran(settings)
    assert found["reports"] > 100
    assert found["feed_error_worst_bp"] > 30.0
    assert found["slashings"] == 0
    assert market.world.tables.reporters["earned"].sum() == 0.0
