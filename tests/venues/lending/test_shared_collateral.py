"""Collateral on another rollup of the same domain: where it moves, who liquidates it, and what it makes common."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import ETH, ETH_USD, USD, check_ledger, config, execute, fates, founded, intent, lender, opened, ran, rollup

from market import regimes
from market.config import AgentConfig, BorrowersConfig, MarketConfig, OracleConfig, PoolConfig
from market.errors import InputError
from market.state.ledger import totals
from market.venues import Kind
from market.venues.lending import at_risk

A, B = 0, 1
LAW = BorrowersConfig(ltv_low=0.5, ltv_high=0.7, reserve_share=0.5, top_up_share=0.0, deleverage_share=0.0)


def places(collateral_on: str | None = "b", price_on_b: float = ETH_USD, **changes: Any) -> tuple:
    """Loans on rollup a; oracles read their rollup's pool."""
    pool = PoolConfig(assets=("ETH", "USD"), depth_usd=1e9, fee_bp=30.0, price_usd=price_on_b)
    loans = (lender(collateral_on=collateral_on, **changes),)
    oracle = OracleConfig(source="pool", delay_s=0.1)
    return rollup("a", lending=loans, borrowers=40, oracle=oracle), rollup("b", pools=(pool,), oracle=oracle)


def holdings(world: Any, account: int) -> list[float]:
    """ETH on a, ETH on b, USD on a, USD on b."""
    return [float(world.tables.balance[account, place, asset]) for asset in (ETH, USD) for place in (A, B)]


def act(kind: int, sender: int, amount: float, **fields: Any) -> np.ndarray:
    named = {"venue": 0, "target": 0, "rollup": A, "amount": amount, "asset_in": USD, "asset_out": ETH}
    return intent(kind, sender, **named | fields)


def test_collateral_moves_on_its_rollup_and_debt_on_the_markets() -> None:
    """Deposit, borrow, repay, withdraw by the owner, then a liquidation by somebody: what it changes."""
    world = founded(*places(), borrowers=LAW)
    opening, owner = totals(world.tables), int(world.tables.loans["owner"][0])
    for kind, amount, moved in (
        (Kind.DEPOSIT, 0.01, [0.0, -0.01, 0.0, 0.0]),
        (Kind.BORROW, 5.0, [0.0, 0.0, 5.0, 0.0]),
        (Kind.REPAY, 50.0, [0.0, 0.0, -50.0, 0.0]),
        (Kind.WITHDRAW, 0.01, [0.0, 0.01, 0.0, 0.0]),
    ):
        before = np.array(holdings(world, owner))
        assert fates(execute(world, act(kind, owner, amount))) == ["FILLED"]
        assert np.array(holdings(world, owner)) - before == pytest.approx(np.array(moved), abs=1e-9)
        check_ledger(world.tables, opening)
    feed = int(world.tables.lending["feed_collateral"][0])
    post = intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=feed, rollup=B, amount=0.7 * ETH_USD)
    before = np.array(holdings(world, 0))
    assert fates(execute(world, post, act(Kind.LIQUIDATE, 0, 100.0))) == ["FILLED", "FILLED"]
    seized = 100.0 * 1.1 / (0.7 * ETH_USD)
    assert np.array(holdings(world, 0)) - before == pytest.approx(np.array([0.0, seized, -100.0, 0.0]), abs=1e-9)
    check_ledger(world.tables, opening)


def test_only_the_rollup_of_the_collateral_prices_it() -> None:
    """An oracle's update on b endangers loans on a; there is no other feed."""
    world = founded(*places(), borrowers=LAW)
    assert world.tables.feeds["rollup"].tolist() == [B]
    found = np.zeros(64, np.int64)
    assert at_risk.unhealthy(world.state, A, found) == 0
    execute(world, intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=0, rollup=B, amount=0.7 * ETH_USD))
    assert at_risk.unhealthy(world.state, A, found) > 0
    assert at_risk.unhealthy(world.state, B, found) == 0


@pytest.mark.parametrize("regime", ["siloed", "protocol_specific"])
def test_collateral_out_of_reach_is_refused(regime: str) -> None:
    settings = config(*places(), rollup("c"), rollup("d"), regime=regime)
    if regime == "protocol_specific":
        parts = {"kind": "clusters", "clusters": (("a", "c"), ("b", "d"))}
        settings = settings.model_copy(update={"regime": settings.regime.model_copy(update={"domains": parts})})
    with pytest.raises(InputError, match=r"rollups\.a\.lending\.collateral_on: 'b' is in another domain; allowed:"):
        opened(settings)


def test_an_unknown_rollup_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rollups\.a\.lending\.collateral_on: unknown rollup 'z'; allowed: a, b"):
        config(*places(collateral_on="z"))


def shared(margin: str = "none", **parts: Any) -> MarketConfig:
    """The two rollups in one domain, a still outside price and a liquidator who sells on pools."""
    regime = regimes.load("centralized_shared").model_copy(update={"margin": {"kind": margin}})
    return config(
        *places(**parts), regime=regime, borrowers=LAW, audit_every=1, horizon_s=60.0,
        assets=({"name": "ETH", "price_usd": ETH_USD, "volatility": 0.0},),
        agents=(AgentConfig(role="liquidator", strategy="greedy", capital_usd=1e6),),
    )  # fmt: skip


@pytest.mark.parametrize("margin", ["none", "checked"])
def test_a_fall_on_one_rollup_liquidates_on_the_other(margin: str) -> None:
    """ETH is cheap on b alone: loans on a fall if backed by ETH there, and only then; what is seized is sold on b."""
    local = ran(shared(margin, collateral_on=None, price_on_b=0.75 * ETH_USD))
    assert local.tally.by_rollup["liquidations"].tolist() == [0.0, 0.0]
    across = opened(shared(margin, price_on_b=0.75 * ETH_USD))
    opening, before = totals(across.world.tables), holdings(across.world, _liquidator(across))
    across.run()
    check_ledger(across.world.tables, opening)
    assert across.tally.by_rollup["liquidations"][A] > 0.0
    assert across.tally.by_rollup["liquidations"][B] == 0.0
    now = holdings(across.world, _liquidator(across))
    # each liquidation and its sale were one: no ETH is left over, USD left a and came on b, and the sum earned
    assert now[:2] == pytest.approx(before[:2], rel=1e-6)
    assert now[2] < before[2]
    assert now[3] > before[3]
    assert sum(now[2:]) > sum(before[2:])


def _liquidator(market: Any) -> int:
    return next(at for at, member in enumerate(market.members) if member.role == "liquidator")


def test_an_outage_of_the_common_sequencer_delays_them_and_nothing_else_does() -> None:
    """While the domain is down nobody is liquidated, whatever the price of the collateral on the other rollup."""

    def liquidated(outage: tuple[float, float] | None) -> float:
        settings = shared(price_on_b=0.75 * ETH_USD)
        if outage is not None:
            down = settings.regime.model_copy(update={"consensus": {"kind": "instant", "scheduled": [outage]}})
            settings = settings.model_copy(update={"regime": down})
        return float(ran(settings).tally.by_rollup["liquidations"][A])

    assert liquidated((0.0, 60.0)) == 0.0
    assert liquidated((0.0, 30.0)) > 0.0
