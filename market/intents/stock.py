"""What accounts of agents hold of what they took: so that selling it on is known for what it is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from market.kernel.compiled import kernel

MOST = 0.5
"""Least of a trade that must come out of a stock for it to be the stock's."""


class Stock(NamedTuple):
    """Units by account and asset, signed: below 0 where more was sold than bought."""

    units: Any  # (agents, assets) [units of the asset]
    taken: Any  # (agents, assets) int: class of what brought it last, see `market.intents.extraction`


def empty(agents: int, assets: int) -> Stock:
    """Return a stock of nothing."""
    return Stock(np.zeros((agents, assets)), np.zeros((agents, assets), np.int64))


@kernel
def keep(stock: Stock, account: int, asset: int, units: float, taken: int) -> None:
    """Add what a trade of some class bought, or sold (below 0); other accounts than agents' keep none."""
    if not 0 <= account < stock.units.shape[0]:
        return
    before = stock.units[account, asset]
    after = before + units
    stock.units[account, asset] = after
    if abs(after) > abs(before):
        stock.taken[account, asset] = taken


@kernel
def source(stock: Stock, account: int, asset: int, units: float) -> int:
    """Class of what a trade of signed `units` turns round, if most of it comes out of the stock; 0 otherwise."""
    if not 0 <= account < stock.units.shape[0]:
        return 0
    held = stock.units[account, asset]
    if held * units < 0.0 and abs(held) >= MOST * abs(units):
        return stock.taken[account, asset]
    return 0
