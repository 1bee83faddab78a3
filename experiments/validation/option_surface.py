"""A surface of quotes must be possible: what could not be the prices of one market is counted, kind by kind.

Put-call parity within both spreads, calls convex and falling in the strike, total variance rising with expiry, wings no
steeper than 2, no option outside of its bounds: the sources stand in `market.pricing.surface`. Of quotes that a maker
makes of one volatility, none is counted; of a few that break one condition on purpose, that one is, once. A price below
what an option is worth without volatility has no implied volatility: not a number, with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import Watched, asset, execute, intents, pool, rollup, still
from experiments.validation._rows import row
from market.config import AgentConfig, OptionsConfig
from market.measures.outcomes import outcomes
from market.pricing.implied import NoVolatility, implied
from market.pricing.surface import Violations
from market.venues import Kind

ID = "K14"
TITLE = "Surfaces that cannot be"

PRICE, DAY_S, STEP = 100.0, 86_400.0, float(np.log(10.0 / 9.0))
KINDS = Violations._fields
LOW, MIDDLE, HIGH, LATER = 0, 2, 4, 6
"""Calls at 90, 100 and 111, and the first of the later expiry; behind each stands the put."""
BROKEN: dict[str, tuple[tuple[tuple[int, str, float], ...], int]] = {
    "parity": (((MIDDLE, "bid", 6.0), (MIDDLE + 1, "ask", 5.0)), 1),
    "bounds": (((LOW, "ask", 9.0),), 1),
    "slope": (((MIDDLE, "ask", 5.0), (HIGH, "bid", 5.5)), 1),
    "convexity": (((LOW, "ask", 11.0), (MIDDLE, "bid", 7.0), (HIGH, "ask", 1.0)), 1),
    "calendar": (((MIDDLE, "bid", 5.0), (LATER + MIDDLE, "ask", 4.0)), 1),
    # so steep a wing also rises with the strike
    "wings": (((MIDDLE, "ask", 0.5), (HIGH, "bid", 15.0)), 2),
}
"""By kind: quotes (series, side, price), and how many violations they are of any kind."""


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """A maker's surface, and one for each kind of violation; `quick` changes nothing."""
    made = _market(60.0, volatility=0.8)
    made.run()
    found = _violations(made)
    compared = float(outcomes(made)["options_comparisons"])
    yield row(ID, "one volatility", "violations", 0.0, sum(found.values()), 0.0)
    yield row(ID, "one volatility", "conditions were compared (1: yes)", 1.0, float(compared > 0.0), 0.0)
    for kind, (quotes, every) in BROKEN.items():
        found = _violations(_quoted(quotes))
        yield row(ID, f"broken {kind}", f"violations of {kind}", 1.0, found[kind], 0.0)
        yield row(ID, f"broken {kind}", "violations", float(every), sum(found.values()), 0.0)
    volatility, reason = implied(9.0, PRICE, 90.0, 0.02, 0.0, 0.0, True)
    known = isnan(volatility) and reason == NoVolatility.BELOW_INTRINSIC
    yield row(ID, "call at 90 for 9", "no volatility, for a reason (1: yes)", 1.0, float(known), 0.0)


def _market(horizon_s: float, volatility: float = 0.0) -> Watched:
    """Two expiries of three strikes, and a maker of one volatility."""
    chain = OptionsConfig(expiries_s=(2.0 * DAY_S, 4.0 * DAY_S), strikes=3, step=STEP)
    home = rollup("one", pool((1e4, 1e6), ("ETH", "USD"), 30.0, PRICE), options=(chain,), block_time_s=1.0)
    maker = AgentConfig(role="market_maker", strategy="fixed_spread", capital_usd=1e6)
    return Watched(still([home], [asset("ETH", PRICE, volatility)], [maker], horizon_s=horizon_s), seed=1)


def _quoted(quotes: tuple[tuple[int, str, float], ...]) -> Watched:
    """A market of nothing but these quotes."""
    market = _market(1.0)
    for series, side, price in quotes:
        given = 0 if side == "bid" else 1
        quote = intents(market, 1, "retail", kind=Kind.OPTION_QUOTE, venue=0, rollup=0, target=series, amount=1.0)
        quote["sender"], quote["limit"] = market.account("market_maker"), price
        quote["asset_in"], quote["asset_out"] = given, 1 - given
        execute(market, quote)
    return market


def _violations(market: Watched) -> dict[str, float]:
    """Violations by kind, as the market's outcomes state them."""
    found = outcomes(market)
    return {kind: float(found[f"options_{kind}_violations"]) for kind in KINDS}
