"""Trades by themselves: what an account does, over time, with what it bought.

Neither a bundle nor a block tells what such a trade was for; the account's next ones do:

- Two swaps on different pools, within half a minute, that buy an asset and sell as much of it again: if they end with
  more of what they were paid in, their sender took a gap between pools, leg by leg. If not, it had a need on either.
- A swap, and behind it an exchange outside that turns it round: the gap to the reference price, or a leg left alone;
  whichever it was, nothing but the gain is left of it, or the loss.
- A swap that gains at the reference price took the gap to it, and what turns the stock round later belongs to it.
- Selling what one took over in a liquidation belongs to the liquidation.

So the class of a trade can change once another follows, and what it gained moves with it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from market.intents.extraction import CLOSES_GAPS, TAKES, Extraction
from market.intents.rows import Row
from market.intents.stock import keep, source
from market.kernel.compiled import kernel
from market.kernel.interpreted import row_type
from market.venues import Kind

SPAN_S = 30.0
"""Longest time between two trades that belong together [s]."""
ALIKE = 0.1
"""Largest relative difference between two amounts of which one turns the other round."""
DEPTH = 8
"""Trades that are remembered of an account and asset."""

TRADE = row_type(
    [
        ("time", np.float64),  # of its execution [s]
        ("units", np.float64),  # of the asset: bought, or below 0 sold; 0: none, or turned round
        ("money", np.float64),  # received, or below 0 paid [USD]
        ("gross", np.float64),  # gain at the reference price [USD]
        ("costs", np.float64),  # tip and gas [USD]
        ("tip", np.float64),  # [USD]
        ("marked", np.float64),  # what providers gained by it besides fees [USD]
        ("pool", np.int64),  # -1: outside
        ("rollup", np.int64),
        ("author", np.int64),  # group of whoever built the block
        ("taken", np.int64),  # its class
        ("id", np.int64),
    ],
    align=True,
)
"""A trade that another may turn round."""


class Memory(NamedTuple):
    """What is known of accounts of agents."""

    recent: Any  # (agents, assets, DEPTH) of TRADE: the last trades, the latest over the oldest
    next: Any  # (agents, assets) int: where the next goes


def remember(agents: int, assets: int) -> Memory:
    """Return a memory of nothing."""
    shape = (agents, assets)
    return Memory(np.zeros((*shape, DEPTH), TRADE), np.zeros(shape, np.int64))


@kernel
def traded(row: Row) -> tuple[int, float]:
    """Asset that a trade against the numeraire is in, and its signed amount: bought, or sold; (0, 0) for others."""
    if row.asset_in == 0 and row.asset_out > 0:
        return row.asset_out, row.filled_out
    if row.asset_out == 0 and row.asset_in > 0:
        return row.asset_in, -row.filled_in
    return 0, 0.0


@kernel
def _money(row: Row) -> float:
    return -row.filled_in if row.asset_in == 0 else row.filled_out


@kernel
def turned_round(memory: Memory, row: Row, pool: int, asset: int, units: float) -> int:
    """Place in `memory.recent` of the trade that a trade turns round, the nearest in size; -1: none."""
    recent = memory.recent[row.sender, asset]
    best, off, latest = -1, ALIKE, row.executed - SPAN_S
    for k in range(DEPTH):
        trade = recent[k]
        if trade.units * units >= 0.0 or trade.pool == pool or trade.time < row.executed - SPAN_S:
            continue
        differs = abs(trade.units + units) / max(abs(units), abs(trade.units))
        if differs < off or (differs == off and trade.time >= latest):
            best, off, latest = k, differs, trade.time
    return best


@kernel
def _reclassify(trade: Row, account: int, taken: int, sums: Any, asset: int) -> None:
    """Let a remembered trade count as of another class."""
    old = trade.taken
    if old == taken:
        return
    net = trade.gross - trade.costs
    sums.gains[account, old] -= net
    sums.gains[account, taken] += net
    if TAKES[old]:
        sums.gains[trade.author, old] -= trade.tip
        sums.explained[account] -= trade.gross
        keep(sums.coins, account, asset, -trade.units, old)
    if TAKES[taken]:
        sums.gains[trade.author, taken] += trade.tip
        sums.explained[account] += trade.gross
        keep(sums.coins, account, asset, trade.units, taken)
    at = sums.by_rollup[trade.rollup]
    if CLOSES_GAPS[old]:
        at.lp_arbitrage += trade.marked
    if CLOSES_GAPS[taken]:
        at.lp_arbitrage -= trade.marked
    trade.taken = taken


@kernel
def judge(
    row: Row, gross: float, costs: float, marked: float, author: int, sums: Any, memory: Memory
) -> tuple[int, int]:
    """Class of an agent's trade by itself, and the id of the intent that it turns round (-1: of none).

    The latter is classed anew: both end with the same class.

    Parameters
    ----------
    row
        executed swap or exchange outside
    gross, costs, marked
        its gain at the reference price; its tip and gas; what providers gained by it besides fees [USD]
    author
        group of whoever built the block
    sums, memory
        what to add to, what is known of accounts
    """
    account = row.sender
    pool = row.venue if row.kind == Kind.SWAP else -1
    asset, units = traded(row)
    if units == 0.0:
        return (Extraction.OUTSIDE if pool >= 0 and gross > 0.0 else Extraction.NONE), -1
    found = turned_round(memory, row, pool, asset, units)
    if found >= 0:
        other = memory.recent[account, asset, found]
        pays = pool < 0 or other.pool < 0 or other.money + _money(row) > 0.0
        taken = Extraction.LEGS if pays else Extraction.NONE
        if pays and TAKES[other.taken] and (pool < 0 or other.pool < 0):
            taken = other.taken  # against the outside market, in two steps
        _reclassify(other, account, taken, sums, asset)
        other.units = 0.0
        return taken, other.id
    taken = source(sums.coins, account, asset, units)
    if taken == Extraction.NONE and pool >= 0 and gross > 0.0:
        taken = Extraction.OUTSIDE
    at = memory.next[account, asset]
    memory.next[account, asset] = (at + 1) % DEPTH
    trade = memory.recent[account, asset, at]
    trade.time, trade.units, trade.money, trade.gross = row.executed, units, _money(row), gross
    trade.costs, trade.tip, trade.marked, trade.pool = costs, row.tip, marked, pool
    trade.rollup, trade.author, trade.taken, trade.id = row.rollup, author, taken, row.id
    return taken, -1
