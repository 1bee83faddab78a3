"""Payments of the sequencing protocol: bids, bonds, penalties, shares of revenue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

from market.kernel.direct import bind
from market.state.ledger import Why, transfer
from market.state.store import STATE

if TYPE_CHECKING:
    from market.model import SequencerMarket


@cache
def _transfer() -> Callable[..., bool]:
    return bind(transfer, STATE, 0, 0, 0, 0, 0.0, 0)


def pay(market: SequencerMarket, payer: int, payee: int, rollups: Iterable[int], amount: float, why: Why) -> float:
    """Pay USD from wherever the payer has them, rollup by rollup in the order given.

    Returns what was paid [USD]: less than `amount` where the payer has less than that on these rollups.
    """
    if amount <= 0.0:
        return amount
    state, held, move, left = market.world.state, market.world.tables.balance[payer], _transfer(), amount
    for rollup in rollups:
        if left <= 0.0:
            break
        part = min(left, held.item(rollup, 0))
        if part > 0.0 and move(state, payer, payee, rollup, 0, part, int(why)):
            left -= part
    return amount - max(0.0, left)
