"""Options in whole markets: who trades, what a run reports, and golden traces of all that happens to a quote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from traces import told
from worlds import check_ledger, config, on_block, opened, reported, rollup

from market.config import AgentConfig, FlowConfig, MarketConfig, OptionsConfig, OracleConfig, RegimeConfig
from market.measures.profit_by_agent import ProfitByAgent
from market.state.ledger import totals

TRACE, HEDGED = (Path(__file__).with_name(name) for name in ("options.txt", "options_hedged.txt"))
UPDATE = "SEQMARKET_UPDATE_GOLDEN"

pytestmark = pytest.mark.interpreted


def staffed(horizon_s: float, regime: Any = "siloed", snipers: int = 1, **terms: Any) -> MarketConfig:
    """A maker slower than whoever snipes it, and a buyer; a price that moves a lot."""
    listed = {"expiries_s": (12.0, 18.0), "strikes": 1, "volatility": 5.0, "fee_bp": 1.0} | terms
    plain: dict[str, Any] = {"capital_usd": 1e6, "latency_spread_s": 0.0}
    agents = (
        AgentConfig(
            role="market_maker", strategy="fixed_spread", latency_s=0.05, **plain,
            parameters={"volatility": 5.0, "half_spread": 0.3, "size": 4.0},
        ),
        AgentConfig(role="trader", strategy="option_sniper", latency_s=0.01, count=snipers, **plain),
        AgentConfig(
            role="trader", strategy="option_buyer", latency_s=0.01, **plain,
            parameters={"per_hour": 1200.0, "sell_share": 0.5},
        ),
    )  # fmt: skip
    oracle = OracleConfig(deviation_bp=5.0, delay_s=0.0)
    home = rollup("a", block_time_s=2.0, gas_usd=0.01, oracle=oracle, options=(OptionsConfig(**listed),))
    return config(
        home, agents=agents, horizon_s=horizon_s,
        regime=RegimeConfig(**regime) if isinstance(regime, dict) else regime, flow=FlowConfig(per_second=0.0),
        assets=({"name": "ETH", "price_usd": 2500.0, "volatility": 5.0},),
    )  # fmt: skip


def hedged() -> MarketConfig:
    """A price that rises all the time, a maker who hedges on the pool, and a writer who soon has too little margin."""
    listed = OptionsConfig(
        expiries_s=(38.0,), strikes=1, volatility=5.0, fee_bp=1.0, roll=False, exercise="holder", exercise_s=8.0
    )  # fmt: skip
    quotes = {
        "volatility": 5.0, "law": {"volatility": 5.0}, "half_bp": 6.0, "size": 2.0, "series": (0,), "hedge_s": 3.0,
        "hedge_venue": "pool",
    }  # fmt: skip
    buys = {"per_hour": 1500.0, "sell_share": 0.0}
    writes = {"per_hour": 3600.0, "sell_share": 1.0, "mean_size": 0.15, "slippage_bp": 3000.0, "margin_share": 0.9}
    cast: tuple[tuple[Any, str, float, float, dict[str, Any]], ...] = (
        ("market_maker", "model_quoter", 0.05, 1e6, quotes),
        ("trader", "option_racer", 0.01, 1e6, {"volatility": 5.0, "least_usd": 30.0}),
        ("trader", "option_buyer", 0.006, 1e6, buys),
        ("trader", "option_buyer", 0.005, 165.0, writes),
        ("liquidator", "account_taker", 0.03, 1e6, {}),
    )
    agents = tuple(
        AgentConfig(
            role=role, strategy=strategy, latency_s=latency_s, latency_spread_s=0.0, capital_usd=usd,
            parameters=parameters,
        )
        for role, strategy, latency_s, usd, parameters in cast
    )  # fmt: skip
    oracle = OracleConfig(deviation_bp=5.0, delay_s=0.0)
    return config(
        rollup("a", block_time_s=4.0, gas_usd=0.01, oracle=oracle, options=(listed,)), agents=agents, horizon_s=50.0,
        regime="siloed", flow=FlowConfig(per_second=0.0),
        assets=({"name": "ETH", "price_usd": 2500.0, "volatility": 5.0, "drift": 1.5e5},),
    )  # fmt: skip


class Expiries:
    """Tells of each expiry once at which price it was paid."""

    def __init__(self) -> None:
        self._known: set[int] = set()

    def __call__(self, market: Any) -> list[str]:
        table = market.world.tables.option_expiries
        new = [at for at in range(len(table)) if table["over"][at] == 1.0 and at not in self._known]
        self._known.update(new)
        return [f"expiry {at} is paid at {table['fixed'][at]:.6g} USD" for at in new]


def traced(scene: MarketConfig, title: str, file: Path) -> list[str]:
    """Lines of a market's trace, which are those of the file, or are written there."""
    now = told(scene, title, Expiries())
    if os.environ.get(UPDATE):
        file.write_text(now, encoding="utf-8")
    assert now.splitlines() == file.read_text(encoding="utf-8").splitlines()
    return now.splitlines()


def test_golden_trace_of_a_hedge_an_exercise_and_a_writer_s_liquidation() -> None:
    """A quote, its snipe, the maker's hedge after that, then the sale of an account, and who exercises what she has."""
    lines = traced(hedged(), "options that are hedged on a pool, seed 11", HEDGED)
    told_of = [
        "model_quoter_0 option_quote", "option_racer_0 option_trade", "model_quoter_0 swap",
        "account_taker_0 option_auction_start", "account_taker_0 option_auction_take", "option_buyer_0 option_exercise",
    ]  # fmt: skip
    first = [next(at for at, line in enumerate(lines) if each in line and "filled" in line) for each in told_of]
    assert first == sorted(first)
    assert any(line.startswith("expiry 0 is paid") for line in lines[first[-1] :])


def test_golden_trace_of_a_quote_its_snipe_and_an_expiry() -> None:
    lines = traced(staffed(17.0, roll=False), "options on a rollup of arrival order, seed 11", TRACE)
    sniped = [at for at, line in enumerate(lines) if "option_sniper_0 option_trade" in line and "filled" in line]
    # a quote, the sniper's trade on it in a later block, and its maker's new quotes behind that
    assert any("option_requote" in line for line in lines[: sniped[0]])
    assert any("option_requote" in line for line in lines[sniped[0] : sniped[0] + 5])
    assert any(line.startswith("expiry 0 is paid") for line in lines)


def test_a_market_with_options_keeps_its_ledger_and_tells_who_gained() -> None:
    recorder = ProfitByAgent()
    market = opened(staffed(60.0), 3, [recorder])
    opening = totals(market.world.tables)
    on_block(market, lambda _: check_ledger(market.world.tables, opening))
    market.run()
    report = reported(market)
    assert report["conservation_error"] <= 1e-9
    assert abs(report["unexplained_gain_usd"]) < 1e-6
    assert report["options_premium_usd"] > 0.0
    assert report["options_paid_usd"] > 0.0
    fees = market.world.tables.balance[list(market.world.accounts_of("option fees"))].sum()
    gained = {name: of["total_usd"] for name, of in recorder.by_agent.items()}
    # what agents lose, all together, is what the venue took as fees
    assert sum(gained.values()) == pytest.approx(-fees, abs=1e-6)


def test_cancellations_first_leave_less_to_snipe() -> None:
    """Same seed, same prices: where quotes are replaced before they are traded on, snipers find next to nothing."""
    found = {}
    for regime in ("first_come", "cancel_first"):
        parts = {"name": regime, "ordering": {"kind": regime}}
        market = opened(staffed(60.0, parts, snipers=1), 3)
        market.run()
        found[regime] = reported(market)["options_sniped_usd"]
    assert found["first_come"] > 3.0 * found["cancel_first"]


def test_options_are_off_unless_listed() -> None:
    market = opened(config(), 1)
    assert not len(market.world.tables.option_markets)
    assert not len(market.world.accounts_of("option vaults"))
