"""What a pause lets through: decided by what intents do, never by what their senders call them.

A bundle passes if all of its own members do; one exempt member does not carry the others. Members are judged so:

- Liquidations always pass.
- "oracle": updates of feeds, and reports of committees; execution refuses those of anybody else.
- "top_ups": deposits onto a position of the sender's own that owes, or an open contract of his own.
- "repayments": onto a position of the sender's own that owes.
- Beside purchases of contracts in auctions: margin for them, and closing of them, on the sender's own contract.
- Trades pass where they sell what the bundle's liquidations are sure to seize; "repayments": where their proceeds go
  into the bundle's repayments; "arbitrage": where over the whole bundle they sell, of every asset, no more than the
  bundle is sure to acquire. What is sure is the limit that the sender himself sets: below it, the bundle is undone.

Why nobody gains from posing as an arbitrageur: whoever wants to sell one asset for another ends with less of the first,
which the rule excludes, so that he would have to buy it back in the same bundle. And such a round trip cannot drive two
prices apart. On a constant-product pool the average price of a trade is the geometric mean of the prices before and
after it; let the logs of the two prices go from a to a' >= a where one buys and from b to b' <= b where one sells. Not
to lose, one needs a + a' <= b + b', that is b' - a' >= -(b - a): the gap ends no wider than it began, and fees leave
less of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from market.venues import KINDS, rooms
from market.venues.dispatch import EXCHANGES, LIQUIDATES, stating

if TYPE_CHECKING:
    from market.model import SequencerMarket

ROUNDING = 1e-6
"""Relative excess of a sale over what is sure to be acquired that counts as rounding."""
PROCEEDS = 1.1
"""Most that a sale may bring at present prices, over what the bundle repays: room for the seller's slippage limit."""


def _answering(function: str) -> list[ModuleType | None]:
    """By kind, the module in which its venue answers a question that a breaker asks; None where it does not."""
    modules = [rooms("exemptions").get(venue) for venue, _ in KINDS]
    return [module if hasattr(module, function) else None for module in modules]


DEFENDS, ACQUIRED, REPAID, PROCEEDS_OF = map(_answering, ("defends", "acquired", "repaid", "proceeds"))
BELONGING = list(dict.fromkeys(module for module in _answering("belonging") if module is not None))


def passes(market: SequencerMarket, rows: np.ndarray, exempt: Collection[str]) -> bool:
    """Whether an intent, or a bundle's own members together, go on during a pause that exempts these classes."""
    trades = stating(EXCHANGES, rows["kind"])
    if trades.all() and (rows.size == 1 or "arbitrage" not in exempt):
        return not rows.size  # most of what is paused: trades and nothing but trades
    tables = market.world.tables
    allowed = trades | np.array([_allowed(market, row, exempt) for row in rows], np.bool_)
    if not allowed.all():
        for module in BELONGING:
            allowed |= module.belonging(tables, rows)
        if not allowed.all():
            return False
    return not trades.any() or _covered(market, rows[~trades], rows[trades], exempt)


def _allowed(market: SequencerMarket, row: Any, exempt: Collection[str]) -> bool:
    """Whether an intent that is no trade passes by itself."""
    kind = int(row["kind"])
    if not 0 <= kind < len(KINDS):
        return False
    if LIQUIDATES[kind]:
        return True
    if KINDS[kind][1].defends not in exempt:
        return False
    module = DEFENDS[kind]
    return module is None or module.defends(market.world.tables, row)


def _covered(market: SequencerMarket, others: np.ndarray, trades: np.ndarray, exempt: Collection[str]) -> bool:
    """Whether a bundle's trades sell no more than it is sure to acquire, but for what is sold in order to repay."""
    state, tables = market.world.state, market.world.tables
    sure: dict[int, float] = defaultdict(float)  # by asset [units]
    repaid: dict[int, float] = defaultdict(float)  # by asset [units]
    for row in others:  # none but exempt ones come this far
        if module := ACQUIRED[int(row["kind"])]:
            asset, amount = module.acquired(tables, row)
            sure[asset] += amount
        if module := REPAID[int(row["kind"])]:
            asset, amount = module.repaid(state, tables, row)
            repaid[asset] += amount
    if "arbitrage" in exempt:
        for row in trades:
            sure[int(row["asset_out"])] += float(row["limit"])
    left = {asset: PROCEEDS * amount for asset, amount in repaid.items()}
    for row in trades:
        source, amount = int(row["asset_in"]), float(row["amount"])
        if amount <= sure[source] * (1.0 + ROUNDING):
            sure[source] -= amount
            continue
        sink, proceeds = int(row["asset_out"]), _proceeds(market, row)
        if not proceeds <= left.get(sink, 0.0):
            return False
        left[sink] -= proceeds
    return True


def _proceeds(market: SequencerMarket, row: Any) -> float:
    """Output of a trade at the state before the block [units of its output]; inf where there is no such trade."""
    source, sink, tables = int(row["asset_in"]), int(row["asset_out"]), market.world.tables
    module = PROCEEDS_OF[int(row["kind"])]
    if module is None or not 0 <= min(source, sink) <= max(source, sink) < len(tables.prices):
        return np.inf
    return module.proceeds(market.world.state, tables, row)
