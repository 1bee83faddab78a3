"""Payments of the sequencing protocol: bids, bonds, penalties, shares of revenue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from market.state.ledger import Why, transfer

if TYPE_CHECKING:
    from market.model import SequencerMarket


def pay(market: SequencerMarket, payer: int, payee: int, rollups: Iterable[int], amount: float, why: Why) -> float:
    """Pay USD from wherever the payer has them, rollup by rollup in the order given.

    Returns what was paid [USD]: less than `amount` where the payer has less than that on these rollups.
    """
    state, held = market.world.state, market.world.tables.balance[payer]
    left = amount
    for rollup in rollups:
        if left <= 0.0:
            break
        part = min(left, float(held[rollup, 0]))
        if part > 0.0 and transfer(state, payer, payee, rollup, 0, part, int(why)):
            left -= part
    return amount - max(0.0, left)
