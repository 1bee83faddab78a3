"""Running totals of a run: what each block added, in compiled code, with a size that does not grow with the horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from market.intents.rows import Purpose, Row, Rows, Status
from market.kernel.compiled import kernel
from market.kernel.switch import switch
from market.measures.recorder import Recorder
from market.state.store import State, get, index
from market.state.tables import Account, Asset, Rollup
from market.venues import KINDS, STATEMENTS, rooms
from market.venues.lending import outcomes as lending
from market.venues.pools import outcomes as pools

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

TOTALS = np.dtype(
    [(name, np.float64) for venue in rooms("outcomes").values() for name in getattr(venue, "TOTALS", {})], align=True
)
"""Totals of a rollup: a field for each that the venues' modules `outcomes` declare, where they are described."""

MARKED = np.array([statement.marked for statement in STATEMENTS])
"""By kind: whether its sender gains what it brings less what it takes, at reference prices."""

_count = switch(
    "count", "state, row, author, operator, at, sums",
    [getattr(rooms("outcomes").get(venue), "count", None) for venue, _ in KINDS], "None",
)  # fmt: skip
"""Add what is a kind's own: its venue says in its module `outcomes`.

`author` is the group of whoever built the block, `operator` the account that gas goes to, `at` the rollup's totals.
"""

EXTRACTS = np.isin(
    np.arange(len(Purpose)), (Purpose.SANDWICH, Purpose.ARBITRAGE, Purpose.CYCLE, Purpose.LIQUIDATION)
)  # fmt: skip
"""By purpose: whether a tip out of it is a gain, of the same purpose, of whoever built the block."""


class Sums(NamedTuple):
    """What compiled code adds to."""

    by_rollup: Any  # (rollups,) dtype TOTALS
    gains: Any  # (groups, purposes) [USD]
    statuses: Any  # (statuses,) int64: how many intents met each fate
    delays: Any  # (DELAY_BINS,) int64: histogram of users' inclusion delay
    seconds: Any  # (SPAN_S + 1, 2): liquidated value of the last seconds


@kernel
def _mark(state: State, row: Row, author: int, operator: int, gains: np.ndarray) -> None:
    """Add what the sender of a trade gains by it at reference prices, and its tip to whoever built the block."""
    brought = row.filled_out * get(state, Asset.price, row.asset_out)
    gain = brought - row.filled_in * get(state, Asset.price, row.asset_in) - row.tip
    if row.sender != operator:
        gain -= get(state, Rollup.gas, row.rollup)
    gains[index(state, Account.group, row.sender), row.purpose] += gain
    if EXTRACTS[row.purpose]:
        gains[author, row.purpose] += row.tip


@kernel
def record_block(state: State, rows: Rows, builder: int, operator: int, sums: Sums) -> None:
    """Add a block's receipts to the totals.

    Gains are what a sender received less what it gave, at reference prices, less tips and gas: by group and purpose. A
    tip out of an extraction is a gain, of the same purpose, of whoever built the block. What is a kind's own is counted
    by its venue.
    """
    author = index(state, Account.group, builder)
    for k in range(rows.size):
        row = rows[k]
        sums.statuses[row.status] += 1
        pools.count_clearing(state, rows, k, sums.by_rollup)
        if row.status != Status.FILLED:
            continue
        at = sums.by_rollup[row.rollup]
        _count(state, row, author, operator, at, sums)
        if MARKED[row.kind]:
            _mark(state, row, author, operator, sums.gains)


class Tally(Recorder):
    """Totals of one run, which every market keeps.

    Attributes
    ----------
    by_rollup : (rollups,) array, dtype `TOTALS`
        what the venues of each rollup add up
    gains : (groups, purposes) array
        what senders gained at reference prices, by group of the ledger and purpose [USD]
    statuses : (statuses,) array
        how many intents met each fate
    slots : int
        slots so far, of all domains
    dispersion, samples : float, int
        sum over samples of the spread of prices over rollups [bp], and how many there are
    auction_revenue, bids_paid, blocks_won : float, dict, dict
        paid for the right to build or to be early [USD], in total and by account; and blocks taken, by account
    pauses, paused_s : int, float
        pauses of breakers, and their length in total [s]
    conservation_error : float
        largest relative drift of an asset's total so far
    """

    def __init__(self, rollups: int, groups: int) -> None:
        self.by_rollup = np.zeros(rollups, TOTALS)
        self.gains = np.zeros((groups, len(Purpose)))
        self.statuses = np.zeros(len(Status), np.int64)
        self.delays = np.zeros(pools.DELAY_BINS, np.int64)
        self.seconds = lending.new_seconds()
        self._sums = Sums(self.by_rollup, self.gains, self.statuses, self.delays, self.seconds)
        self.dispersion = 0.0
        self.samples = 0
        self.slots = 0
        self.auction_revenue = 0.0
        self.bids_paid: dict[int, float] = {}
        self.blocks_won: dict[int, int] = {}
        self.pauses = 0
        self.paused_s = 0.0
        self.conservation_error = 0.0

    def on_start(self, market: SequencerMarket) -> None:
        """Remember the market's state."""
        self._state = market.world.state
        self._spread = np.zeros(len(market.world.tables.prices))

    def on_block(self, slot: Slot) -> None:
        """Add a block."""
        self.slots += 1
        if not slot.rows.size:
            return
        for rows, author in slot.by_author(slot.rows):
            record_block(self._state, rows, author, slot.leader.account, self._sums)

    def on_orders(self, rows: np.ndarray) -> None:
        """Add orders carried out apart from blocks, which nobody built and which pay no gas."""
        for at, sender in enumerate(rows["sender"].tolist()):
            record_block(self._state, rows[at : at + 1], sender, sender, self._sums)

    def on_second(self, market: SequencerMarket) -> None:
        """Sample the spread of prices over rollups."""
        pools.dispersion(self._state, market.main_pools, self._spread)
        self.dispersion += float(self._spread[1:].mean())
        self.samples += 1

    def paid_bid(self, account: int, amount: float) -> None:
        """Add a payment for the right to build [USD]."""
        self.bids_paid[account] = self.bids_paid.get(account, 0.0) + amount

    def built(self, account: int) -> None:
        """Note whose block was taken."""
        self.blocks_won[account] = self.blocks_won.get(account, 0) + 1

    def totals(self) -> np.void:
        """Return the sums over all rollups: one record, dtype `TOTALS`."""
        # one rollup after the other, whatever their number: pairwise summation would round differently
        summed = self.by_rollup.view(np.float64).reshape(self.by_rollup.size, -1).sum(axis=0)
        return summed.view(TOTALS)[0]

    def peak_liquidated(self) -> float:
        """Largest value liquidated by lending markets within a minute so far [USD]."""
        return float(self.seconds[lending.SPAN_S, 0])

    def delay_quantile(self, share: float) -> float:
        """Quantile of users' inclusion delay, to the resolution of the histogram (4%) [s]; nan without executions."""
        count = self.delays.sum()
        if not count:
            return float("nan")
        at = int(np.searchsorted(np.cumsum(self.delays), share * count))
        return float(pools.DELAY_LOW * 10 ** ((at + 0.5) / pools.DELAY_PER_DECADE))
