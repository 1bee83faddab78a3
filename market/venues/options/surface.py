"""Whether the quotes that stand can be the prices of one market: see :mod:`market.pricing.surface`."""

from __future__ import annotations

import numpy as np

from market.pricing.surface import QUOTES, Violations, violations
from market.settings import YEAR_S
from market.state.store import Tables


def surface_of(tables: Tables, market: int, now: float) -> np.ndarray:
    """Best quotes of a market, a row of `QUOTES` for each expiry to come and strike; nan where a side has none.

    The forward price is the reference price: there is no rate of interest, and who trades options may trade outside.

    Parameters
    ----------
    tables
        of the market
    market
        of options
    now
        time [s]
    """
    terms = tables.option_markets[market]
    first = int(terms["first_series"])
    chain = tables.options[first : first + int(terms["series"])]
    chain = chain[chain["expires"] > now]
    calls, puts = chain[0::2], chain[1::2]  # at every strike the call and then the put
    rows = np.zeros(len(calls), QUOTES)
    rows["years"] = (calls["expires"] - now) / YEAR_S
    rows["forward"], rows["discount"] = tables.prices[int(terms["asset"])], 1.0
    rows["strike"] = calls["strike"]
    for name, series in (("call", calls), ("put", puts)):
        for side in ("bid", "ask"):
            there = series[f"{side}_size"] > 0.0
            rows[f"{name}_{side}"] = np.where(there, series[side], np.nan)
    return rows


def count(tables: Tables, now: float) -> tuple[Violations, Violations]:
    """Violations in the surfaces of all markets of options at a time [s], and the comparisons that were made."""
    found = np.zeros((2, len(Violations._fields)), np.int64)
    for market in range(len(tables.option_markets)):
        rows = surface_of(tables, market, now)
        if rows.size:
            found += np.array(violations(rows))
    return Violations(*found[0].tolist()), Violations(*found[1].tolist())
