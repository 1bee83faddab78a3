"""Setting up what watches over positions and contracts: when a market opens, or after they were written by hand."""

from __future__ import annotations

import numpy as np
from numba import njit

from market.ledger import open_journal
from market.state import BUCKET, CONTRACT, G_CENTRE, LENDING, PERPETUAL, POSITION, Book, cell, length
from market.venues import lending, perpetuals, thresholds


@njit(cache=True)
def _centre(book: Book, group: int, price: float) -> None:
    book.cells[cell(book, BUCKET, group, G_CENTRE)] = np.log(price) if price > 0.0 else 0.0


@njit(cache=True)
def reindex(book: Book) -> None:
    """Build the lists of `thresholds` anew, their buckets around the oracles' prices of now.

    Whoever writes positions or contracts other than by an intent calls this afterwards. Not journalled.
    """
    thresholds.clear(book)
    loans = length(book, LENDING)
    for market in range(loans):
        _centre(book, market, lending.price_ratio(book, market))
    for market in range(length(book, PERPETUAL)):
        price = perpetuals.price_of(book, market)
        _centre(book, loans + 2 * market, price)
        _centre(book, loans + 2 * market + 1, perpetuals.short_key(price))
    # the journal holds one stretch: a stretch for each, and none of them to be undone
    for position in range(length(book, POSITION)):
        open_journal(book)
        lending.watch(book, position)
    for contract in range(length(book, CONTRACT)):
        open_journal(book)
        perpetuals.watch(book, contract)
    open_journal(book)
