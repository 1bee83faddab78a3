"""What auctions add to the gains of those who take part, whatever they sell."""

from __future__ import annotations

import numpy as np

from market.intents.costs import costs
from market.intents.rows import Purpose, Row
from market.kernel.compiled import kernel
from market.state.store import State, get, index
from market.state.tables import Account, Asset
from market.venues.liquidation.tables import Auction, Lot


@kernel
def count_asking(state: State, row: Row, author: int, operator: int, gains: np.ndarray) -> None:
    """Add what starting, bidding, settling or resetting costs its sender and brings whoever built the block.

    `author` is the group of the latter, `operator` the account that gas goes to.
    """
    gains[index(state, Account.group, row.sender), row.purpose] -= costs(state, row, operator)
    gains[author, row.purpose] += row.tip


@kernel
def count_winning(state: State, row: Row, auction: int, gains: np.ndarray) -> None:
    """Add what a settlement brought the winner: who that is stands in the lot until the next block."""
    lot = index(state, Auction.first, auction) + row.target % index(state, Auction.lots, auction)
    winner = index(state, Account.group, index(state, Lot.bidder, lot))
    bought = row.filled_out * get(state, Asset.price, row.asset_out)
    gains[winner, Purpose.LIQUIDATION] += bought - row.filled_in * get(state, Asset.price, row.asset_in)
