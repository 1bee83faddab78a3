"""Perpetuals: liquidation prices, the insurance fund, auto-deleveraging, and that nobody wins what nobody loses.

Derived. Isolated long, entry E, leverage L, maintenance mm: it can be liquidated at E (1 - 1/L) / (1 - mm) and is
bankrupt at E (1 - 1/L); short: E (1 + 1/L) / (1 + mm). Closing q of a long at P changes the insurance fund by
q (P - P_bankrupt). Once the fund is empty the other side is closed at the bankrupt price by pnl% x leverage. Traders'
profit, the fund's change and fees add up to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import Watched, asset, bisect, execute, intents, pool, rollup, still
from experiments.validation._rows import row
from market.config import AgentConfig, PerpetualConfig
from market.intents.rows import Status
from market.venues import Kind

ID = "M8"
TITLE = "Perpetual futures"

ENTRY, MARGIN, MAINTENANCE = 2500.0, 1000.0, 0.01
EXACT = 1e-9

USD, ETH = 0, 1


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """All of it takes milliseconds but the last market; `quick` shortens that one."""
    for leverage in (5.0, 20.0):
        for side in (1.0, -1.0):
            yield from _liquidation_price(leverage, side)
    yield from _fund(10.0, 0.97)
    yield from _fund(10.0, 0.85)
    yield from _deleveraging()
    yield from _zero_sum(60.0 if quick else 300.0)


def _market(traders: int, leverage: float, long_share: float, fund_usd: float = 1e6) -> Watched:
    """Traders with one margin and leverage, a maker who quotes the oracle's price at any size, no fees."""
    terms = PerpetualConfig(
        traders=traders, leverage_low=leverage, leverage_high=leverage, max_leverage=50.0, maintenance=MAINTENANCE,
        margin_median_usd=MARGIN, margin_log_sd=0.0, long_share=long_share, cross_share=0.0, fee_bp=0.0,
        spread_bp=0.0, depth_usd=1e30, reward_bp=0.0, fund_usd=fund_usd,
    )  # fmt: skip
    home = rollup("one", pool((1e4, 2.5e7), ("ETH", "USD"), 30.0, ENTRY), perpetuals=(terms,))
    return Watched(still([home], [asset("ETH", ENTRY)]), seed=0)


def _post(market: Watched, price: float) -> None:
    execute(market, intents(market, 1, "oracle", kind=Kind.ORACLE_UPDATE, venue=0, rollup=0, amount=price))


def _liquidate(market: Watched, contract: int) -> bool:
    sent = {"kind": Kind.PERPETUAL_LIQUIDATE, "target": contract, "amount": 1.0, "venue": 0, "rollup": 0}
    return execute(market, intents(market, 1, "retail", **sent))[0]["status"] == Status.FILLED


def _fund_usd(market: Watched) -> float:
    return float(market.world.tables.balance[int(market.world.tables.perpetuals["fund"][0]), 0, USD])


def _liquidation_price(leverage: float, side: float) -> Iterator[dict[str, Any]]:
    """The price at which a contract can first be liquidated."""

    def falls(move: float) -> bool:
        market = _market(1, leverage, 1.0 if side > 0.0 else 0.0)
        _post(market, ENTRY * (1.0 - side * move))
        return _liquidate(market, 1)

    found = ENTRY * (1.0 - side * bisect(falls, 0.0, 0.5, 50))
    expected = ENTRY * (1.0 - side / leverage) / (1.0 - side * MAINTENANCE)
    name = "long" if side > 0.0 else "short"
    yield row(ID, f"{name}, leverage {leverage:g}", "liquidation price, USD", expected, found, EXACT * ENTRY)


def _fund(leverage: float, level: float) -> Iterator[dict[str, Any]]:
    """What the fund gains or loses when a long is closed at a part of the entry price."""
    price = min(level, (1.0 - 1.0 / leverage) / (1.0 - MAINTENANCE) * (1.0 - 1e-9)) * ENTRY
    market = _market(1, leverage, 1.0)
    before = _fund_usd(market)
    _post(market, price)
    _liquidate(market, 1)
    size = MARGIN * leverage / ENTRY
    expected = size * (price - ENTRY * (1.0 - 1.0 / leverage))
    case = f"long, leverage {leverage:g}, closed at {price:g}"
    yield row(ID, case, "fund's change, USD", expected, _fund_usd(market) - before, EXACT * MARGIN)


def _deleveraging() -> Iterator[dict[str, Any]]:
    """No fund: a bankrupt long is closed against the shorts that rank highest, at its bankrupt price."""
    market = _market(4, 10.0, 0.0, fund_usd=0.0)
    table = market.world.tables.contracts
    # 1: a long; 2 to 4: shorts of one size that entered at different prices with different margins
    size = MARGIN * 10.0 / ENTRY
    entries, margins = ENTRY * np.array([1.0, 1.00, 1.04, 1.02]), np.array([1000.0, 1000.0, 8000.0, 600.0])
    sizes = size * np.array([1.0, -0.5, -0.5, -0.5])
    paid = margins - sizes * entries
    maker = -sizes.sum()
    vault = int(market.world.tables.perpetuals["account"][0])
    table["quantity"][1:], table["entry"][1:], table["cash"][1:] = sizes, entries, paid
    table["quantity"][0], table["entry"][0] = maker, ENTRY
    table["cash"][0] = market.world.tables.balance[vault, 0, USD] - paid.sum()
    price, bankrupt = 0.85 * ENTRY, 0.9 * ENTRY
    pnl = (entries[1:] - price) / entries[1:]
    leverage = 0.5 * size * price / (margins[1:] + 0.5 * size * (entries[1:] - price))
    order = np.argsort(-pnl * leverage)
    _post(market, price)
    _liquidate(market, 1)
    closed = np.flatnonzero(table["quantity"][2:] == 0.0)
    yield row(ID, "fund empty", "highest rank is closed", 1.0, float(order[0] in closed), 0.0)
    yield row(ID, "fund empty", "lowest rank is left", 1.0, float(order[2] not in closed), 0.0)
    yield row(ID, "fund empty", "contracts closed", 2.0, closed.size, 0.0)
    first = int(order[0])
    expected = margins[1 + first] + 0.5 * size * (entries[1 + first] - bankrupt)
    yield row(ID, "fund empty", "cash of the first, USD", expected, table["cash"][2 + first], EXACT * MARGIN)
    yield row(ID, "fund empty", "cash left to the long, USD", 0.0, table["cash"][1], EXACT * MARGIN)
    yield row(ID, "fund empty", "fund, USD", 0.0, _fund_usd(market), 0.0)


def _zero_sum(horizon_s: float) -> Iterator[dict[str, Any]]:
    """A crash with fees, spreads, funding, shared margin and a fund too small: traders + fund + fees = 0."""
    terms = PerpetualConfig(
        traders=400,
        fund_usd=50.0,
        maintenance=0.002,
        maker_usd=1e8,
        depth_usd=1e8,
        funding_period_s=600.0,
        cross_share=0.5,
    )
    home = rollup("one", pool((1e4, 2.5e7), ("ETH", "USD"), 30.0, ENTRY), perpetuals=(terms, terms), block_time_s=1.0)
    falling = asset("ETH", ENTRY, 1.0).model_copy(update={"drift": -0.6 * 365.0 * 86400.0 / horizon_s})
    closer = AgentConfig(role="liquidator", strategy="perpetual")
    market = Watched(still([home], [falling], (closer,), horizon_s=horizon_s), seed=1)
    tables = market.world.tables
    perpetual, contract = tables.perpetuals, tables.contracts
    outside = np.concatenate([perpetual["fund"], perpetual["fee_account"]]).astype(np.int64)
    before = tables.balance[outside, 0, USD].sum()
    cash = contract["cash"] + contract["quantity"] * ENTRY
    market.run()
    price = tables.feeds["price"][0]
    of = contract["market"].astype(np.int64)
    funding = perpetual["funding"][of] - contract["funded"]
    equity = contract["cash"] + contract["quantity"] * (price - funding)
    closer_gain = float(market.tally.gains[market.account("liquidator")].sum())
    fund = tables.balance[outside, 0, USD].sum() - before
    total = (equity - cash).sum() + fund + closer_gain
    yield row(ID, "a crash", "profits + fund + fees + rewards", 0.0, total / cash.sum(), 1e-9)
    held = tables.balance[int(perpetual["account"][0]), 0, USD]
    yield row(ID, "a crash", "vault over equity", 1.0, held / equity.sum(), 1e-9)
    yield row(
        ID,
        "a crash",
        "sizes over open interest",
        0.0,
        contract["quantity"].sum() / np.abs(contract["quantity"]).sum(),
        1e-9,
    )
    deleveraged = float(perpetual["deleveraged"].sum() > 0.0)
    yield row(ID, "a crash", "somebody is deleveraged", 1.0, deleveraged, 0.0)
