"""What lending markets add to a run's results: who was liquidated, for how much, and what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from market.intents.rows import Row
from market.kernel.compiled import kernel
from market.state.store import State, get, index
from market.state.tables import Asset
from market.venues import Kind
from market.venues.lending.tables import LendingMarket
from market.venues.liquidation.outcomes import count_asking, count_winning

if TYPE_CHECKING:
    from market.model import SequencerMarket

TOTALS = {
    "liquidated": "debt repaid by whoever liquidates [USD]",
    "liquidations": "liquidations [1]",
    "penalty": "collateral seized less debt repaid [USD]",
}
"""Columns of the totals by rollup."""

ASKING = (Kind.LOAN_AUCTION_START, Kind.LOAN_AUCTION_BID, Kind.LOAN_AUCTION_RESET, Kind.LOAN_AUCTION_SETTLE)
SPAN_S = 60
"""Length of the stretch whose liquidated volume is kept [s]."""


def new_seconds() -> np.ndarray:
    """Return an empty table of seconds: shape (SPAN_S + 1, 2), a row (second, value liquidated in it [USD]) each.

    The last row has the largest sum over all of them so far.
    """
    seconds = np.full((SPAN_S + 1, 2), -1e18)
    seconds[SPAN_S] = 0.0
    return seconds


@kernel
def liquidated(state: State, row: Row, at: Any, seconds: np.ndarray) -> None:
    """Add a sale of collateral to the totals of its rollup and to the table of seconds."""
    value = row.filled_in * get(state, Asset.price, row.asset_in)
    at.liquidated += value
    at.liquidations += 1.0
    at.penalty += row.filled_out * get(state, Asset.price, row.asset_out) - value
    second = np.floor(row.executed)
    slot = int(second) % SPAN_S
    if seconds[slot, 0] != second:
        seconds[slot, 0] = second
        seconds[slot, 1] = 0.0
    seconds[slot, 1] += value
    total = 0.0
    for k in range(SPAN_S):
        if seconds[k, 0] > second - SPAN_S:
            total += seconds[k, 1]
    seconds[SPAN_S, 0] = max(seconds[SPAN_S, 0], total)


@kernel
def count(state: State, row: Row, author: int, operator: int, at: Any, sums: Any) -> None:
    """Add an executed intent, if it belongs to a liquidation."""
    if row.kind in (Kind.LIQUIDATE, Kind.LOAN_AUCTION_TAKE, Kind.LOAN_AUCTION_SETTLE):
        liquidated(state, row, at, sums.seconds)
    if row.kind in ASKING:
        count_asking(state, row, author, operator, sums.gains)
    if row.kind == Kind.LOAN_AUCTION_SETTLE:
        count_winning(state, row, index(state, LendingMarket.auction, row.venue), sums, sums.coins)


def report(market: SequencerMarket) -> dict[str, float | int]:
    """Volume and number of liquidations, what borrowers paid for them, debt that nobody covered, and interest."""
    totals, tables = market.tally.totals(), market.world.tables
    interest = sum(row["interest"] * tables.prices[int(row["debt"])] for row in tables.lending)
    bad = sum(row["bad_debt"] * tables.prices[int(row["debt"])] for row in tables.lending)
    return {
        "liquidated_usd": float(totals["liquidated"]),
        "liquidations": int(totals["liquidations"]),
        "borrower_penalty_usd": float(totals["penalty"] + tables.lending["penalties"].sum()),
        "bad_debt_usd": float(bad),
        "wrongly_liquidated_usd": float(tables.lending["wrongful"].sum()),
        "interest_usd": float(interest),
        "peak_60s_liquidated_usd": market.tally.peak_liquidated(),
    }
