"""What auctions add to the gains of those who take part, whatever they sell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from market.intents.costs import costs
from market.intents.extraction import Extraction
from market.intents.rows import Row
from market.intents.stock import Stock, keep
from market.kernel.compiled import kernel
from market.state.store import State, get, index
from market.state.tables import Account, Asset
from market.venues.liquidation.tables import Auction, Lot

if TYPE_CHECKING:
    from market.model import SequencerMarket


@kernel
def count_asking(state: State, row: Row, author: int, operator: int, gains: np.ndarray) -> None:
    """Add what starting, bidding, settling or resetting costs its sender and brings whoever built the block.

    `author` is the group of the latter, `operator` the account that gas goes to.
    """
    gains[index(state, Account.group, row.sender), Extraction.LIQUIDATION] -= costs(state, row, operator)
    gains[author, Extraction.LIQUIDATION] += row.tip


@kernel
def count_winning(state: State, row: Row, auction: int, sums: Any, stock: Stock) -> None:
    """Add what a settlement brought the winner: who that is stands in the lot until the next block.

    `stock` is that of what was sold, coins or contracts.
    """
    lot = index(state, Auction.first, auction) + row.target % index(state, Auction.lots, auction)
    account = index(state, Lot.bidder, lot)
    winner = index(state, Account.group, account)
    bought = row.filled_out * get(state, Asset.price, row.asset_out)
    gain = bought - row.filled_in * get(state, Asset.price, row.asset_in)
    sums.gains[winner, Extraction.LIQUIDATION] += gain
    sums.explained[winner] += gain
    asset, units = bought_of(row)
    keep(stock, account, asset, units, Extraction.LIQUIDATION)


@kernel
def bought_of(row: Row) -> tuple[int, float]:
    """Asset and signed amount that were bought, or sold (below 0), for the numeraire."""
    if row.asset_in == 0:
        return row.asset_out, row.filled_out
    return row.asset_in, -row.filled_in


def report(market: SequencerMarket) -> dict[str, float]:
    """Deficits that security modules covered [USD]."""
    return {"security_paid_usd": float(market.world.tables.security["paid"].sum())}
