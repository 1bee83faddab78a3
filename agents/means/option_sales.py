"""What strategies know of sealed auctions of covered calls: which are on, and what one is to be asked for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from market.access.observation import Observation


class Sale(NamedTuple):
    """An auction that is open: its row, its number there, the series counted from its market's first, calls on offer,
    least price [USD], and when bids are opened [s]."""

    row: int
    number: int
    series: int
    amount: float
    reserve: float
    closes: float


def open_sales(seen: Observation, market: int) -> list[Sale]:
    """Auctions of a market that are open, looked up once a slot, however many ask."""
    return seen.derived(("open auctions of calls", market), lambda: _open_sales(seen, market))


def _open_sales(seen: Observation, market: int) -> list[Sale]:
    sales, first = np.asarray(seen.option_sales), int(seen.option_markets["first_series"][market])
    at = np.flatnonzero((sales["market"] == market) & (sales["open"] == 1.0))
    return [
        Sale(
            int(row), int(sales["number"][row]), int(sales["series"][row]) - first, float(sales["amount"][row]),
            float(sales["reserve"][row]), float(sales["closes"][row]),
        )
        for row in at
    ]  # fmt: skip
