"""What perpetuals add to a run's results: value closed against the trader's will, and what closing gained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from market.intents.costs import costs
from market.intents.extraction import Extraction
from market.intents.rows import Row
from market.intents.stock import keep, source
from market.kernel.compiled import kernel
from market.state.store import State, get, index
from market.state.tables import Account, Asset
from market.venues import Kind
from market.venues.liquidation.outcomes import bought_of, count_asking, count_winning
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
def class_of(state: State, row: Row, sums: Any) -> int:
    """Class of an executed trade: one that turns round contracts which its sender took over is of their liquidation."""
    if row.kind != Kind.PERPETUAL_TRADE:
        return Extraction.NONE
    asset, units = _bought(state, row)
    return source(sums.contracts, row.sender, asset, units)


@kernel
def _bought(state: State, row: Row) -> tuple[int, float]:
    """Asset of the contracts that a trade on a perpetual bought, and their number; sold: below 0."""
    return index(state, Perpetual.asset, row.venue), row.filled_out if row.asset_in == 0 else -row.filled_out


@kernel
def count(state: State, row: Row, author: int, operator: int, at: Any, sums: Any) -> None:
    """Add an executed intent, if it liquidates a contract, closes what a liquidator took over, or is of an auction."""
    if row.kind == Kind.PERPETUAL_LIQUIDATE:
        at.perpetuals_liquidated += row.filled_in
        _gain(state, row, row.filled_out, Extraction.LIQUIDATION, author, operator, sums)
    elif row.kind == Kind.PERPETUAL_TRADE:
        _close(state, row, author, operator, sums)
    elif row.kind in ASKING:
        count_asking(state, row, author, operator, sums.gains)
    if row.kind == Kind.CONTRACT_AUCTION_RESET:
        # a lot that could not be sold was closed, for a reward; nothing where the auction began again
        at.perpetuals_liquidated += row.filled_in
        who = index(state, Account.group, row.sender)
        sums.gains[who, Extraction.LIQUIDATION] += row.filled_out
        sums.explained[who] += row.filled_out
    if row.kind in (Kind.CONTRACT_AUCTION_TAKE, Kind.CONTRACT_AUCTION_SETTLE):
        at.perpetuals_liquidated += row.filled_in * get(state, Asset.price, row.asset_in)
    if row.kind == Kind.CONTRACT_AUCTION_TAKE:
        asset, units = bought_of(row)
        keep(sums.contracts, row.sender, asset, units, Extraction.LIQUIDATION)
    if row.kind == Kind.CONTRACT_AUCTION_SETTLE:
        count_winning(state, row, index(state, Perpetual.auction, row.venue), sums, sums.contracts)


@kernel
def _close(state: State, row: Row, author: int, operator: int, sums: Any) -> None:
    """Add a trade that turns round contracts which its sender took over; it belongs to their liquidation."""
    if class_of(state, row, sums) == Extraction.LIQUIDATION:
        asset, units = _bought(state, row)
        _gain(state, row, _closed(state, row), Extraction.LIQUIDATION, author, operator, sums)
        keep(sums.contracts, row.sender, asset, units, Extraction.LIQUIDATION)


@kernel
def count_around(state: State, row: Row, author: int, operator: int, sums: Any) -> int:
    """Add a trade in front of others or behind them, unless it closes what its sender took over; returns its class."""
    if class_of(state, row, sums) == Extraction.LIQUIDATION:  # counted as that
        return Extraction.LIQUIDATION
    _gain(state, row, _closed(state, row), Extraction.SANDWICH, author, operator, sums)
    return Extraction.SANDWICH


@kernel
def _gain(state: State, row: Row, gross: float, taken: int, author: int, operator: int, sums: Any) -> None:
    """Add what a sender gains by an extraction before costs, less its costs, and its tip to whoever built the block."""
    who = index(state, Account.group, row.sender)
    sums.gains[who, taken] += gross - costs(state, row, operator)
    sums.gains[author, taken] += row.tip
    sums.explained[who] += gross


def report(market: SequencerMarket) -> dict[str, float]:
    """Value closed by whoever liquidates, and by auto-deleveraging [USD]."""
    return {
        "perpetuals_liquidated_usd": float(market.tally.totals()["perpetuals_liquidated"]),
        "deleveraged_usd": float(market.world.tables.perpetuals["deleveraged"].sum()),
    }
