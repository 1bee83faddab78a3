"""Options in whole markets under every regime: through trades of every sort, auctions of accounts, and expiries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import check_ledger, on_block, opened, reported, rollup, stressed

from market import regimes
from market.config import AgentConfig, MarketConfig, OptionsConfig, OracleConfig
from market.intents.rows import Status
from market.state.ledger import totals
from market.venues import Kind
from market.venues.options import instrument
from market.venues.options.rules import margin_of

VOLATILITY, SLOTS = 20.0, 40.0
"""Of the price, which falls by a fifth in half a minute; slots of a market."""
MUST = {Kind.OPTION_TRADE, Kind.OPTION_AUCTION_START, Kind.OPTION_AUCTION_TAKE, Kind.OPTION_EXERCISE}
"""Kinds of which something is done under every regime: without them little would be seen."""


def optioned(regime: str) -> MarketConfig:
    """Two rollups with short-lived options: writers with thin margin, a taker of accounts, combinations over both."""
    slot_s = max(regimes.load(regime).block_time_s or 0.0, 1.0)
    chain = OptionsConfig(
        expiries_s=(24.0 * slot_s, 60.0 * slot_s), strikes=3, step=0.02, volatility=VOLATILITY, exercise="holder",
        exercise_s=4.0 * slot_s, fund_usd=100.0,
        selling={"fast_s": 4.0 * slot_s, "slow_s": 8.0 * slot_s, "insolvent_s": 4.0 * slot_s},
    )  # fmt: skip
    oracle = OracleConfig(deviation_bp=25.0, delay_s=0.1)
    homes = tuple(rollup(name, options=(chain,), oracle=oracle, gas_usd=0.01) for name in ("a", "b"))
    trades: dict[str, Any] = {"slippage_bp": 5000.0, "remembers": True}
    writes = trades | {"per_hour": 1800.0 / slot_s, "sell_share": 1.0, "mean_size": 0.3, "margin_share": 0.9}
    writes |= {"series": (1, 3, 5)}  # puts, while the price falls
    cast: tuple[tuple[Any, str, int, float, dict[str, Any]], ...] = (
        ("market_maker", "fixed_spread", 1, 1e7, {"volatility": VOLATILITY, "half_spread": 0.5, "hedge_s": 3.0}),
        ("trader", "option_sniper", 1, 1e6, {}),
        ("trader", "option_buyer", 1, 1e6, trades | {"per_hour": 1800.0 / slot_s}),
        ("trader", "option_buyer", 8, 400.0, writes),
        ("trader", "option_combiner", 1, 1e6, {"shape": "condor", "per_hour": 3600.0 / slot_s, "over": 2, "size": 0.5}),
        ("liquidator", "account_taker", 1, 1e6, {}),
    )
    agents = tuple(
        AgentConfig(role=role, strategy=strategy, count=count, capital_usd=usd, parameters=parameters)
        for role, strategy, count, usd, parameters in cast
    )
    return stressed(regime, rollups=homes, agents=agents, horizon_s=SLOTS * slot_s)


@pytest.mark.parametrize("regime", regimes.names())
def test_options_keep_the_ledger_and_equity_is_marks_and_cash(regime: str) -> None:
    market = opened(optioned(regime), 5)
    tables, opening, done = market.world.tables, totals(market.world.tables), set[int]()

    def checked(slot: Any) -> None:
        check_ledger(tables, opening)
        state, positions = market.world.state, tables.option_positions
        marks = np.array([instrument.mark(state, at) for at in range(len(tables.options))])
        for at, row in enumerate(tables.option_accounts):
            first, count = int(row["positions"]), int(tables.option_markets["series"][int(row["market"])])
            own = positions[first : first + count]
            worth = float(row["cash"]) + float(own["quantity"] @ marks[own["series"].astype(int)])
            assert margin_of(state, at)[0] == pytest.approx(worth, rel=1e-9, abs=1e-9)
        done.update(slot.rows["kind"][slot.rows["status"] == Status.FILLED].tolist())

    on_block(market, checked)
    market.run()
    report = reported(market)
    assert report["conservation_error"] <= 1e-9
    assert report["options_paid_usd"] > 0.0
    assert done >= MUST, [Kind(kind).name for kind in MUST - done]
