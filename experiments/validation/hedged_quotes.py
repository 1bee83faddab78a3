"""Quotes for an option by a maker who hedges it: what it leans against is what is left between two hedges.

Derived from M. Avellaneda and S. Stoikov (2008), High-frequency trading in a limit order book, Quantitative Finance 8,
217-224, with the variance of a hedged option in place of that of a stock: an option whose hedge has the mean age a
gains per contract and time with the variance v = (Gamma S^2 sigma^2)^2 a (P. Boyle and D. Emanuel 1980, Discretely
adjusted option hedges, Journal of Financial Economics 8, for hedges at equal distances, of which a is half). So the
reservation price of whoever holds q shifts by -q g v (T - t), and the spread is g v (T - t) + (2 / g) ln(1 + g / k).

The maker of the market hedges outside every minute. Somebody buys a call at the money from it; what it quotes then,
before and after, is read off the venue.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, log, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import Watched, asset, execute, pool, rollup, still
from experiments.validation._options import MAKER, SIGMA, agent
from experiments.validation._rows import row
from market.config import OptionsConfig, OracleConfig
from market.intents.rows import blank
from market.pricing.black import black
from market.settings import DAY_S, YEAR_S
from market.venues import Kind

ID = "K6"
TITLE = "Quotes for an option that is hedged"

PRICE, EXPIRY_S, CALL = 100.0, 7.0 * DAY_S, 0
AVERSION, DECAY, SESSION_S = 0.05, 1.5, 30.0 * DAY_S
HEDGES_S = (600.0, 3600.0)
SOLD = 3.0
BEFORE, SLOTS = 4, 8
RELATIVE = 1e-9


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Spread and reservation price by the time between two hedges; `quick` changes nothing."""
    for hedge_s in HEDGES_S:
        market, (before, after) = _quoted(hedge_s)
        first, session = _began(market), []
        for quotes in (before, after):
            sent = float(quotes["sent"].max())
            session.append((float(quotes["limit"][quotes["asset_in"] == 0][0]), float(quotes["limit"].max()), sent))
        for (bid, ask, sent), held in zip(session, (0.0, -SOLD), strict=True):
            risk = _variance(sent, hedge_s) * (SESSION_S - (sent - first)) / YEAR_S
            case = f"hedged every {hedge_s:g} s, {held:g} held"
            spread = AVERSION * risk + 2.0 / AVERSION * log(1.0 + AVERSION / DECAY)
            yield row(ID, case, "spread, USD", spread, ask - bid, RELATIVE * spread)
            shift = 0.5 * (bid + ask) - _worth(sent)
            yield row(ID, case, "shift of the price, USD", -held * AVERSION * risk, shift, RELATIVE)


def _years(sent: float) -> float:
    return (EXPIRY_S - sent) / YEAR_S


def _worth(sent: float) -> float:
    return black(PRICE, PRICE, _years(sent), SIGMA, 0.0, 0.0, True).price


def _variance(sent: float, hedge_s: float) -> float:
    """Variance of what a hedged option at the money gains in a year [USD^2/year]."""
    sd = SIGMA * sqrt(_years(sent))
    gamma = exp(-0.5 * (0.5 * sd) ** 2) / sqrt(2.0 * pi) / (PRICE * sd)
    return (gamma * PRICE**2 * SIGMA**2) ** 2 * 0.5 * hedge_s / YEAR_S


def _began(market: Watched) -> float:
    """When the maker first quoted, with which its session begins [s]."""
    quotes = market.rows[market.rows["kind"] == Kind.OPTION_QUOTE]
    return float(quotes["sent"].min())


def _quoted(hedge_s: float) -> tuple[Watched, tuple[np.ndarray, np.ndarray]]:
    """A market in which somebody bought, and the maker's last quotes before that and at the end."""
    quoting = {
        "risk_aversion": AVERSION, "decay": DECAY, "session_s": SESSION_S, "volatility": SIGMA, "series": (CALL,),
        "size": 10.0, "hedge_s": hedge_s,
    }  # fmt: skip
    chain = OptionsConfig(expiries_s=(EXPIRY_S,), strikes=1, fee_bp=0.0, volatility=SIGMA)
    home = rollup(
        "one", pool((1e4, 1e6), ("ETH", "USD"), 30.0, PRICE), options=(chain,), block_time_s=1.0,
        oracle=OracleConfig(deviation_bp=0.0, delay_s=0.0),
    )  # fmt: skip
    agents = [agent(MAKER, "avellaneda_stoikov", **quoting), agent("trader", "option_buyer", per_hour=0.0)]
    blocks = 0

    def buy(market: Watched) -> int:
        nonlocal blocks
        blocks += 1
        if blocks == BEFORE:
            rows = blank(1)
            rows["kind"], rows["sender"], rows["target"] = int(Kind.OPTION_TRADE), market.account("trader"), CALL
            rows["venue"], rows["rollup"], rows["amount"] = 0, 0, SOLD
            rows["asset_in"], rows["asset_out"] = 0, 1
            execute(market, rows)
        return len(market.blocks)

    config = still([home], [asset("ETH", PRICE)], agents, horizon_s=float(SLOTS), outside_fee_bp=0.0)
    market = Watched(config, 1, buy)
    market.run()
    quotes = [block[block["kind"] == Kind.OPTION_QUOTE] for block in market.blocks]
    early = [block for block in quotes[:BEFORE] if block.size]
    late = [block for block in quotes[BEFORE + 1 :] if block.size]
    return market, (_last(early), _last(late))


def _last(blocks: list[np.ndarray]) -> np.ndarray:
    """Rows of the last look at which quotes were made."""
    found = np.concatenate(blocks)
    return found[found["sent"] == found["sent"].max()]
