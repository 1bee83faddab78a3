"""What perpetuals add to a run's results: value closed against the trader's will, and what closing gained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from market.intents.costs import costs
from market.intents.rows import Purpose, Row
from market.kernel.compiled import kernel
from market.state.store import State, get, index
from market.state.tables import Account, Asset
from market.venues import Kind
from market.venues.liquidation.outcomes import count_asking, count_winning
from market.venues.perpetuals.tables import Perpetual

if TYPE_CHECKING:
    from market.model import SequencerMarket

TOTALS = {"perpetuals_liquidated": "value of contracts closed by whoever liquidates [USD]"}
"""Columns of the totals by rollup."""


ASKING = (
    Kind.CONTRACT_AUCTION_START, Kind.CONTRACT_AUCTION_BID, Kind.CONTRACT_AUCTION_RESET, Kind.CONTRACT_AUCTION_SETTLE
)  # fmt: skip


@kernel
def _closed(state: State, row: Row) -> float:
    """What a trade on a perpetual gains at the reference price, its fee taken off [USD]."""
    asset = index(state, Perpetual.asset, row.venue)
    gain = row.filled_out * get(state, Asset.price, asset) - row.filled_in
    fee = row.filled_in * get(state, Perpetual.fee, row.venue)
    return (gain if row.asset_in == 0 else -gain) - fee


@kernel
def count(state: State, row: Row, author: int, operator: int, at: Any, sums: Any) -> None:
    """Add an executed intent, if it liquidates a contract, closes what a liquidator took over, or is of an auction."""
    if row.kind == Kind.PERPETUAL_LIQUIDATE:
        at.perpetuals_liquidated += row.filled_in
        _gain(state, row, row.filled_out - costs(state, row, operator), author, sums.gains)
    elif row.kind == Kind.PERPETUAL_TRADE and row.purpose == Purpose.LIQUIDATION:
        _gain(state, row, _closed(state, row) - costs(state, row, operator), author, sums.gains)
    elif row.kind in ASKING:
        count_asking(state, row, author, operator, sums.gains)
    if row.kind == Kind.CONTRACT_AUCTION_RESET:
        # a lot that could not be sold was closed, for a reward; nothing where the auction began again
        at.perpetuals_liquidated += row.filled_in
        sums.gains[index(state, Account.group, row.sender), row.purpose] += row.filled_out
    if row.kind in (Kind.CONTRACT_AUCTION_TAKE, Kind.CONTRACT_AUCTION_SETTLE):
        at.perpetuals_liquidated += row.filled_in * get(state, Asset.price, row.asset_in)
    if row.kind == Kind.CONTRACT_AUCTION_SETTLE:
        count_winning(state, row, index(state, Perpetual.auction, row.venue), sums.gains)


@kernel
def _gain(state: State, row: Row, gain: float, author: int, gains: np.ndarray) -> None:
    """Add a sender's gain, and its tip to whoever built the block."""
    gains[index(state, Account.group, row.sender), row.purpose] += gain
    gains[author, row.purpose] += row.tip


def report(market: SequencerMarket) -> dict[str, float]:
    """Value closed by whoever liquidates, and by auto-deleveraging [USD]."""
    return {
        "perpetuals_liquidated_usd": float(market.tally.totals()["perpetuals_liquidated"]),
        "deleveraged_usd": float(market.world.tables.perpetuals["deleveraged"].sum()),
    }
