"""Running totals of a run: what each block added, in compiled code, with a size that does not grow with the horizon."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba import njit

from market.intents.costs import costs, fees_reverted
from market.intents.extraction import CLOSES_GAPS, TAKES, Extraction
from market.intents.rows import NO_ROWS, Row, Rows, Status
from market.intents.stock import Stock, empty, keep
from market.kernel.compiled import inlined_kernel, kernel
from market.kernel.direct import bind
from market.kernel.interpreted import row_type
from market.kernel.switch import switch
from market.measures.classes import bundles, contract_sandwiches, sandwiches
from market.measures.classes.bundles import MARKED
from market.measures.classes.trades import Memory, judge, remember
from market.measures.recorder import Recorder
from market.state.store import State, get, index
from market.state.tables import Account, Asset
from market.venues import KINDS, STATEMENTS, Kind, rooms
from market.venues.dispatch import pays
from market.venues.lending import outcomes as lending
from market.venues.liquidation.outcomes import bought_of as bought
from market.venues.perpetuals import outcomes as perpetuals
from market.venues.pools import outcomes as pools

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

TOTALS = row_type(
    [(name, np.float64) for venue in rooms("outcomes").values() for name in getattr(venue, "TOTALS", {})], align=True
)
"""Totals of a rollup: a field for each that the venues' modules `outcomes` declare, where they are described."""

COINS = np.array([statement.marked and statement.brings != "nothing" for statement in STATEMENTS])
"""By kind: whether what its sender buys by it is coins, not contracts."""

_count = switch(
    "count", "state, row, author, operator, at, sums",
    [getattr(rooms("outcomes").get(venue), "count", None) for venue, _ in KINDS], "None",
    inlined=True,
)  # fmt: skip
"""Add what is a kind's own: its venue says in its module `outcomes`.

`author` is the group of whoever built the block, `operator` the account that gas goes to, `at` the rollup's totals.
"""

_class_of = switch(
    "class_of", "state, row, sums",
    [getattr(rooms("outcomes").get(venue), "class_of", None) for venue, _ in KINDS], str(int(Extraction.NONE)),
)  # fmt: skip
"""Class that a kind's own intents have by what their sender did before, where its venue knows; asked before `count`."""


class Sums(NamedTuple):
    """What compiled code adds to."""

    by_rollup: Any  # (rollups,) dtype TOTALS
    gains: Any  # (groups, classes) [USD]
    explained: Any  # (groups,) what senders gained by extraction, before tips and gas [USD]
    statuses: Any  # (statuses,) int64: how many intents met each fate
    delays: Any  # (DELAY_BINS,) int64: histogram of users' inclusion delay
    seconds: Any  # (SPAN_S + 1, 2): liquidated value of the last seconds
    coins: Stock  # what accounts hold of what they took
    contracts: Stock  # and of contracts that they took over
    retail: int  # account of retail flow


class Found(NamedTuple):
    """What is found of the rows of a block."""

    classes: Any  # (rows,) int64: see `market.intents.extraction`
    loss: Any  # (rows,) lost to sandwiches [USD]
    tied: Any  # (rows,) int64: first row of the arbitrage that a row belongs to, -1: none
    before: Any  # (rows,) int64: row before each on its pool, -1: none
    nearest: Any  # (rows,) int64: first row of the nearest sandwich that a row stands in and loses to, -1: none
    turned: Any  # (rows,) int64: id of the intent that each turns round, and that has its class from then on, -1: none


@njit(cache=True)
def find(state: State, rows: Rows, agents: int, last: np.ndarray, found: Found) -> None:
    """Find what the rows of an executed block did, as far as the block shows; `last` is overwritten."""
    bundles.find(state, rows, agents, found.classes, found.tied)
    sandwiches.find(state, rows, agents, last, found.before, found.tied, found.classes, found.loss, found.nearest)
    contract_sandwiches.find(state, rows, agents, found.classes, found.loss, found.nearest)
    found.turned[:] = -1


@inlined_kernel
def _mark(
    state: State, row: Row, taken: int, author: int, operator: int, sums: Sums, memory: Memory
) -> tuple[int, int]:
    """Add what the sender of a trade gains by it, and its tip to whoever built the block.

    Returns its class, and the id of the intent that it turns round, -1 for none.
    """
    gross = row.filled_out * get(state, Asset.price, row.asset_out) - row.filled_in * get(
        state, Asset.price, row.asset_in
    )
    spent, marked, turned = 0.0, 0.0, -1
    if row.position >= 0:  # what was carried out apart from blocks pays for no place in one
        spent = costs(state, row, operator)
    if row.kind == Kind.SWAP:
        marked = pools.providers_gain(state, row)
    if taken == Extraction.NONE and 0 <= row.sender < memory.recent.shape[0]:
        taken, turned = judge(row, gross, spent, marked, author, sums, memory)
    group = index(state, Account.group, row.sender)
    sums.gains[group, taken] += gross - spent
    if not TAKES[taken]:
        return taken, turned
    sums.gains[author, taken] += row.tip
    sums.explained[group] += gross
    if CLOSES_GAPS[taken]:
        sums.by_rollup[row.rollup].lp_arbitrage -= marked
    if taken not in (Extraction.SANDWICH, Extraction.CYCLE) and COINS[row.kind]:
        asset, units = bought(row)
        keep(sums.coins, row.sender, asset, units, taken)
    return taken, turned


@kernel
def record_block(
    state: State, rows: Rows, found: Found, builder: int, operator: int, sums: Sums, memory: Memory
) -> None:
    """Add a block's receipts to the totals.

    Gains are what a sender received less what it gave, at reference prices, less tips and gas: by group and class. A
    tip out of an extraction is a gain, of the same class, of whoever built the block. What is a kind's own is counted
    by its venue. `found` is what the block shows of these rows; trades that it does not explain are judged by what
    their accounts did before, and what that finds is entered.
    """
    classes = found.classes
    author = index(state, Account.group, builder)
    for k in range(rows.size):
        row = rows[k]
        sums.statuses[row.status] += 1
        pools.count_clearing(state, rows, k, sums.by_rollup)
        if row.status != Status.FILLED:
            # what was taken out of the block before it was executed stands nowhere in it, and pays nothing
            if row.status == Status.REVERTED and row.position >= 0 and pays(state, row):
                sums.gains[index(state, Account.group, row.sender), classes[k]] -= fees_reverted(state, row, operator)
            pools.count_unfilled(state, row, sums.by_rollup, sums.retail)
            continue
        at = sums.by_rollup[row.rollup]
        at.sandwich_loss += found.loss[k]
        if row.sender == sums.retail:
            at.user_sandwich_loss += found.loss[k]
        if classes[k] == Extraction.NONE:
            classes[k] = _class_of(state, row, sums)
        elif classes[k] == Extraction.SANDWICH and row.kind == Kind.PERPETUAL_TRADE:
            classes[k] = perpetuals.count_around(state, row, author, operator, sums)
        _count(state, row, author, operator, at, sums)
        if MARKED[row.kind]:
            classes[k], found.turned[k] = _mark(state, row, classes[k], author, operator, sums, memory)


class Tally(Recorder):
    """Totals of one run, which every market keeps.

    Attributes
    ----------
    by_rollup : (rollups,) array, dtype `TOTALS`
        what the venues of each rollup add up
    gains : (groups, classes) array
        what senders gained at reference prices, by group of the ledger and class of `Extraction` [USD]
    explained : (groups,) array
        what they gained by extraction before tips and gas [USD]
    found : Found
        what was found of the rows of the last block that had any, or of the last orders apart from blocks, in their
        order; overwritten by the next, and a class may yet change with what follows
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
        self.gains = np.zeros((groups, len(Extraction)))
        self.explained = np.zeros(groups)
        self.statuses = np.zeros(len(Status), np.int64)
        self.delays = np.zeros(pools.DELAY_BINS, np.int64)
        self.seconds = lending.new_seconds()
        self.dispersion = 0.0
        self.samples = 0
        self.slots = 0
        self.auction_revenue = 0.0
        self.bids_paid: dict[int, float] = {}
        self.blocks_won: dict[int, int] = {}
        self.pauses = 0
        self.paused_s = 0.0
        self.conservation_error = 0.0
        self._disperse: Callable[..., None] | None = None

    def on_start(self, market: SequencerMarket) -> None:
        """Remember the market's state, and nothing of anybody yet."""
        self._state = market.world.state
        self._agents, assets = len(market.members), len(market.world.tables.prices)
        self._spread = np.zeros(assets)
        self._last = np.empty(len(market.world.tables.pools), np.int64)
        self._memory = remember(self._agents, assets)
        stocks = empty(self._agents, assets), empty(self._agents, assets)
        self._sums = Sums(
            self.by_rollup, self.gains, self.explained, self.statuses, self.delays, self.seconds, *stocks,
            market.world.account_of["retail"],
        )  # fmt: skip
        self._room = Found(np.zeros(0, np.int64), np.zeros(0), *np.zeros((4, 0), np.int64))
        self._rooms: dict[int, Found] = {}  # by number of rows
        self.found = found = self._found(0)
        self._find = bind(find, self._state, NO_ROWS, self._agents, self._last, found)
        self._record = bind(record_block, self._state, NO_ROWS, found, 0, 0, self._sums, self._memory)

    def on_block(self, slot: Slot) -> None:
        """Add a block."""
        self.slots += 1
        if not slot.rows.size:
            return
        self.found = found = self._found(slot.rows.size)
        self._find(self._state, slot.rows, self._agents, self._last, found)
        parts, done = slot.by_author(slot.rows), 0
        for rows, author in parts:
            part = found if len(parts) == 1 else Found(*[column[done : done + rows.size] for column in found])
            done += rows.size
            self._record(self._state, rows, part, author, slot.leader.account, self._sums, self._memory)

    def _found(self, rows: int) -> Found:
        """Return what is to be overwritten: views of the same memory, block for block."""
        if rows > self._room.loss.size:
            shape = 2 * rows
            self._room = Found(np.zeros(shape, np.int64), np.zeros(shape), *np.zeros((4, shape), np.int64))
            self._rooms.clear()
        found = self._rooms.get(rows)
        if found is None:
            found = self._rooms[rows] = Found(*[column[:rows] for column in self._room])
        return found

    def on_orders(self, rows: np.ndarray) -> None:
        """Add orders carried out apart from blocks, which nobody built and which pay no gas: judged by themselves."""
        self.found = found = self._found(rows.size)
        self._find(self._state, rows, self._agents, self._last, found)
        for at, sender in enumerate(rows["sender"].tolist()):
            part = Found(*[column[at : at + 1] for column in found])
            self._record(self._state, rows[at : at + 1], part, sender, sender, self._sums, self._memory)

    def on_second(self, market: SequencerMarket) -> None:
        """Sample the spread of prices over rollups."""
        if self._disperse is None:
            self._disperse = bind(pools.dispersion, self._state, market.main_pools, self._spread)
        self._disperse(self._state, market.main_pools, self._spread)
        spread = self._spread[1:]
        self.dispersion += float(np.add.reduce(spread) / spread.size)
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
