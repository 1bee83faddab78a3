"""Margin of options: what an account must hold for a short call, a short put, a spread, and how it is sold.

Published: Derive's StandardManager and Deribit's standard margin, rules and numbers of 2025. Worked out: at a price of
2000, a volatility of .8 and a week, the least cash of an account that has sold one call, for initial and maintenance
margin; a long call at 2000 against one sold at 1800 needs 200. An account under its margin is sold at a discount that
rises from 5% to 30% of its value in a quarter of an hour and to all of it within twelve more hours, as much of it as
brings the rest back to 1.15 maintenance margins.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import YEAR_S, Watched, asset, bisect, pool, rollup, still
from experiments.validation._rows import row
from market.config import AgentConfig, OptionsConfig
from market.execution import execute_block
from market.intents.rows import Status, blank
from market.pricing.black import black
from market.venues import Kind
from market.venues.options.rules import margin_of

ID = "K13"
TITLE = "Margin of options, and how an account is sold"

PRICE, SIGMA, WEEK_S, CASH = 2000.0, 0.8, 7.0 * 86_400.0, 10_000.0
STRIKES = (1600.0, 1800.0, 2000.0, 2400.0)
PUBLISHED = {
    "derive": {1600.0: (701.618, 581.618), 2000.0: (388.351, 268.351), 2400.0: (265.055, 185.055)},
    "deribit": {1600.0: (701.618, 551.618), 2000.0: (388.351, 238.351), 2400.0: (205.055, 155.055)},
}
"""Initial and maintenance margin of a call sold, by model and strike [USD]."""
PART = {"derive": (0.13, 0.09, 1.05), "deribit": (0.1, 0.075, 1.0)}
"""Of a put: least initial margin and maintenance margin over spot, initial over maintenance margin."""
DIGIT, EXACT = 5e-4, 1e-9
WRITER, HOLDER, BIDDER = "trader", "market_maker", "liquidator"


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """All of it takes seconds; `quick` changes nothing."""
    for model, strikes in PUBLISHED.items():
        for strike, (initial, maintenance) in strikes.items():
            found = _margins(model, [(strike, True, -1.0)])
            yield row(ID, f"{model}, call at {strike:g} sold", "initial margin, USD", initial, found[0], DIGIT)
            yield row(ID, f"{model}, call at {strike:g} sold", "maintenance margin, USD", maintenance, found[1], DIGIT)
        yield from _put(model, 2400.0)
    for at, name in enumerate(("initial", "maintenance")):
        found = _margins("derive", [(2000.0, True, 1.0), (1800.0, True, -1.0)])[at]
        yield row(ID, "derive, spread 1800/2000", f"{name} margin, USD", 200.0, found, 1e-6)
    for elapsed, discount in ((0.0, 0.05), (900.0, 0.3), (22_500.0, 0.65), (44_100.0, 1.0)):
        yield from _sold(elapsed, discount)


def _market(model: str, legs: list[tuple[float, bool, float]]) -> tuple[Watched, dict[str, int]]:
    """A writer who has traded these legs (strike, call, size) on a maker's quotes; accounts by role."""
    terms = OptionsConfig(
        strikes=len(STRIKES), expiries_s=(WEEK_S,), volatility=SIGMA, fee_bp=0.0, fund_usd=0.0, margin={"kind": model}
    )
    agents = [
        AgentConfig(role=role, strategy=strategy)  # type: ignore[arg-type]
        for role, strategy in ((WRITER, "arbitrageur"), (HOLDER, "fixed_spread"), (BIDDER, "account_taker"))
    ]
    home = rollup("one", pool((1e4, 2e7), ("ETH", "USD"), 30.0, PRICE), options=(terms,))
    market = Watched(still([home], [asset("ETH", PRICE)], agents), seed=0)
    market.world.tables.options["strike"] = np.repeat(STRIKES, 2)
    who = {role: market.account(role) for role in (WRITER, HOLDER, BIDDER)}
    for account in who.values():
        _send(market, account, Kind.OPTION_DEPOSIT, account, CASH)
    for strike, call, size in legs:
        series = 2 * STRIKES.index(strike) + (0 if call else 1)
        offered, taken = ({"asset_in": 1, "asset_out": 0}, {"asset_in": 0, "asset_out": 1})[:: 1 if size > 0.0 else -1]
        _send(market, who[HOLDER], Kind.OPTION_QUOTE, series, abs(size), limit=1.0, **offered)
        _send(market, who[WRITER], Kind.OPTION_TRADE, series, abs(size), **taken)
    return market, who


def _send(
    market: Watched, sender: int, kind: int, target: int, amount: float, time: float = 0.0, **fields: Any
) -> np.void:
    """Execute an intent of an account on options as a block of its own; returns its receipt."""
    sent = blank(1)
    sent["sender"], sent["kind"], sent["target"], sent["amount"] = sender, int(kind), target, amount
    sent["venue"], sent["rollup"], sent["asset_in"], sent["asset_out"] = 0, 0, 0, 0
    for name, value in fields.items():
        sent[name] = value
    operator = market.domains[0].leaders[0].account
    execute_block(market.world.state, sent, time, operator, operator)
    return sent[0]


def _set_cash(market: Watched, who: dict[str, int], cash: float) -> None:
    """Let the writer have so much cash, and the holder the rest of what both have."""
    table = market.world.tables.option_accounts["cash"]
    table[who[HOLDER]] += table[who[WRITER]] - cash
    table[who[WRITER]] = cash


def _margins(model: str, legs: list[tuple[float, bool, float]]) -> tuple[float, float]:
    """Least cash with which the writer may withdraw something, and with which nobody may auction the account [USD]."""
    market, who = _market(model, legs)
    account, terms = who[WRITER], market.world.tables.option_accounts

    def withdraws(cash: float) -> bool:
        _set_cash(market, who, cash)
        return bool(_send(market, account, Kind.OPTION_WITHDRAW, account, 1e-9)["status"] == Status.FILLED)

    def is_healthy(cash: float) -> bool:
        _set_cash(market, who, cash)
        started = _send(market, who[BIDDER], Kind.OPTION_AUCTION_START, account, 1.0)
        terms["auctioned_at"][account] = terms["insolvent_at"][account] = -1.0
        return bool(started["status"] != Status.FILLED)

    return bisect(withdraws, 0.0, CASH, 50), bisect(is_healthy, 0.0, CASH, 50)


def _put(model: str, strike: float) -> Iterator[dict[str, Any]]:
    """A put sold in the money, by the formulas."""
    least, part, over = PART[model]
    mark = black(PRICE, strike, WEEK_S / YEAR_S, SIGMA, 0.0, 0.0, False).price
    maintenance = max(part * PRICE, part * mark) + mark
    initial = max(max(0.15, least) * PRICE + mark, over * maintenance)
    found = _margins(model, [(strike, False, -1.0)])
    yield row(ID, f"{model}, put at {strike:g} sold", "initial margin, USD", initial, found[0], 1e-6)
    yield row(ID, f"{model}, put at {strike:g} sold", "maintenance margin, USD", maintenance, found[1], 1e-6)


def _sold(elapsed: float, discount: float) -> Iterator[dict[str, Any]]:
    """An account with half of its maintenance margin is taken after some time, as much of it as may be."""
    market, who = _market("derive", [(2000.0, True, -10.0)])
    account, state = who[WRITER], market.world.state
    equity, maintenance, _ = margin_of(state, account)
    _set_cash(market, who, float(market.world.tables.option_accounts["cash"][account]) + 0.5 * maintenance - equity)
    equity, bidder = margin_of(state, account)[0], margin_of(state, who[BIDDER])[0]
    _send(market, who[BIDDER], Kind.OPTION_AUCTION_START, account, 1.0)
    taken = _send(market, who[BIDDER], Kind.OPTION_AUCTION_TAKE, account, 1.0, time=elapsed)
    assert taken["status"] == Status.FILLED, "nobody could take of the account"
    after, left, _ = margin_of(state, account)
    part = 1.0 - left / maintenance
    paid = (margin_of(state, who[BIDDER])[0] - bidder) / (part * equity)
    yield row(ID, f"sold after {elapsed:g} s", "discount over value", discount, paid, 1e-6)
    if discount < 1.0:
        yield row(ID, f"sold after {elapsed:g} s", "equity over maintenance margin", 1.15, after / left, 1e-6)
    else:
        yield row(ID, f"sold after {elapsed:g} s", "part sold", 1.0, part, EXACT)
