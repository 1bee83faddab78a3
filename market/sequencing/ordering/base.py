"""Writing a block: from an arrangement to rows in order, and the checks that it must pass."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numba import njit

from market.access.protocols import Arrangement
from market.errors import fault
from market.intents.rows import NO_ROWS, Rows, joined, unwritten
from market.kernel.compiled import kernel
from market.kernel.direct import bind
from market.kernel.row_copy import copy_row
from market.sequencing import Part
from market.sequencing.arrangements import malformed, plain

FAULTS = (
    "",
    "names an intent that is not pending",
    "includes an intent twice",
    "names an inserted intent that it did not hand in",
    "includes an inserted intent twice",
    "inserts an intent from an account that is not its own",
    "splits a bundle",
    "ties somebody's bundle into another",
    "carries an intent in a bundle that did not ask for it",
)
FREE, CARRIED = -1, -2
"""In an arrangement's `bundle`: left as it is; carried by the pending bundle of the row before it."""
NEAR = 16
"""Places by which an index may be off, on average, for it to be put in place step by step."""
NO_PLACES = np.zeros(0, np.int64)
EMPTY = Arrangement(NO_PLACES, NO_PLACES, NO_ROWS)


@kernel
def follows(rows: Rows, k: int) -> bool:
    """Whether a row is of the same bundle as the row before it."""
    return k > 0 and rows[k].bundle >= 0 and rows[k].bundle == rows[k - 1].bundle


@njit(cache=True)
def first_come_order(rows: Rows, ties: np.ndarray) -> np.ndarray:
    """Indices of rows by arrival, bundles kept together, exact ties broken by the uniform draws `ties`.

    A bundle arrives with its first member. Sorting is by (arrival, draw, index), hence stable.
    """
    count = rows.size
    arrival, draw = np.empty(count), np.empty(count)
    for k in range(count):
        same = follows(rows, k)
        arrival[k] = arrival[k - 1] if same else rows[k].arrival
        draw[k] = draw[k - 1] if same else ties[k]
    return earliest_first(arrival, draw)


@kernel
def _insert(arrival: np.ndarray, draw: np.ndarray, order: np.ndarray, most: int) -> bool:
    """Put each index behind those of what comes before it; False, half done, where that takes more than `most` moves.

    Of equals those stay in order that are.
    """
    for i in range(1, order.size):
        item = order[i]
        when, j = arrival[item], i - 1
        while j >= 0 and (arrival[order[j]] > when or (arrival[order[j]] == when and draw[order[j]] > draw[item])):
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = item
        most -= i - 1 - j
        if most < 0:
            return False
    return True


@njit(cache=True)
def earliest_first(arrival: np.ndarray, draw: np.ndarray) -> np.ndarray:
    """Indices by (arrival, draw, index): shape (n,)."""
    order = np.arange(arrival.size)
    # intents stand in the order in which they were sent, and hardly any is overtaken by many
    if not _insert(arrival, draw, order, NEAR * order.size):
        order = np.argsort(arrival, kind="mergesort")
        _insert(arrival, draw, order, order.size * order.size)
    return order


def first_of_unit(rows: np.ndarray) -> np.ndarray:
    """Index of the first row of the unit that each row belongs to, an intent on its own or a bundle: shape (n,)."""
    at = np.arange(rows.size)
    follows = np.zeros(rows.size, np.bool_)
    follows[1:] = (rows["bundle"][1:] >= 0) & (rows["bundle"][1:] == rows["bundle"][:-1])
    return np.maximum.accumulate(np.where(follows, 0, at))


@kernel
def _bundle_fault(due: Rows, order: np.ndarray, bundle: np.ndarray, at: int) -> int:
    """Check that the bundle of pending intent order[at] is whole and in sequence, but for an intent that it carries."""
    k = order[at]
    own = due[k].bundle
    if bundle[at] != FREE:
        return 7
    before, after = at - 1, at + 1
    if before >= 0 and bundle[before] == CARRIED:
        before -= 1
    if after < order.size and bundle[after] == CARRIED:
        after += 1
    if k > 0 and due[k - 1].bundle == own and (before < 0 or order[before] != k - 1):
        return 6
    if k + 1 < due.size and due[k + 1].bundle == own and (after >= order.size or order[after] != k + 1):
        return 6
    return 0


@kernel
def _carry_fault(due: Rows, order: np.ndarray, at: int) -> int:
    """Check that the intent order[at] is carried by the bundle of the row before it, which asked to carry it."""
    if at == 0 or order[at - 1] < 0 or order[at - 1] >= due.size or due[order[at]].bundle >= 0:
        return 8
    return 0 if due[order[at - 1]].around == due[order[at]].id else 8


@njit(cache=True)
def write_block(
    due: Rows,
    order: np.ndarray,
    bundle: np.ndarray,
    inserted: Rows,
    account: int,
    first_id: int,
    first_bundle: int,
    block: Rows,
    included: np.ndarray,
) -> int:
    """Write the rows of an arrangement into `block`; returns 0 or the number of a fault.

    `included` (a flag per pending intent) tells what was taken before, and afterwards what is taken.
    """
    used = np.zeros(inserted.size, np.bool_)
    for at in range(order.size):
        k = order[at]
        if k >= 0:
            if k >= due.size:
                return 1
            if included[k]:
                return 2
            if due[k].bundle >= 0:
                fault = _bundle_fault(due, order, bundle, at)
                if fault:
                    return fault
            included[k] = True
            copy_row(block, at, due, k)
            if bundle[at] == CARRIED:
                fault = _carry_fault(due, order, at)
                if fault:
                    return fault
                block[at].bundle = block[at - 1].bundle
            block[at].carried = 0 if bundle[at] == FREE else 1
        else:
            k = -1 - k
            if k >= inserted.size:
                return 3
            if used[k]:
                return 4
            if inserted[k].sender != account:
                return 5
            used[k] = True
            copy_row(block, at, inserted, k)
            block[at].id = first_id + k
            # a bundle's number that the author wrote itself could be somebody else's
            block[at].bundle = FREE
        if bundle[at] >= 0:
            block[at].bundle = first_bundle + bundle[at]
    return 0


@cache
def _bound() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What every block asks for, `first_come_order` and `write_block`, for rows that are in line."""
    places = NO_PLACES, NO_PLACES
    write = bind(write_block, NO_ROWS, *places, NO_ROWS, 0, 0, 0, NO_ROWS, np.zeros(0, np.bool_))
    return bind(first_come_order, NO_ROWS, np.zeros(0)), write


class Ordering(Part):
    """How a block is ordered. A subclass says by `arrange` what goes where; the rest is the same for all.

    `only_orders` says that nothing happens in `arrange` but putting what is due in order: nobody is asked. `heeds_tips`
    says that a tip may buy an earlier place: by the rule, or because whoever orders keeps tips and may prefer them.
    """

    only_orders: ClassVar[bool] = False
    heeds_tips: ClassVar[bool] = False

    @property
    def idle_until(self) -> float:
        """It has nothing to do with an empty block where it only orders."""
        return math.inf if self.only_orders else -math.inf

    def arrange(self, slot) -> tuple[Arrangement | None, Any]:
        """Return the arrangement of a slot and its author (None: the rule itself).

        `slot` is the :class:`market.model.Slot` with its due intents and leader. No arrangement: an empty block.
        """
        raise NotImplementedError

    def after_block(self, slot) -> None:
        """Take note of an executed block, whose receipts everybody has by now."""

    def pieces(self, slot) -> list[tuple[Arrangement | None, Any]]:
        """Return what the block is put together from, with the author of each piece; one piece unless overridden."""
        return [self.arrange(slot)]

    def block(self, slot) -> np.ndarray:
        """Return the rows of the slot's block, in order; what it leaves out goes back to the mempool."""
        if self.only_orders and not slot.due.size:
            return NO_ROWS
        included = np.zeros(slot.due.size, np.bool_)
        pieces = [(arrangement, author) for arrangement, author in self.pieces(slot) if arrangement is not None]
        written = [self._write(slot, arrangement, author, included) for arrangement, author in pieces]
        one = len(pieces) == 1 and not pieces[0][0].inserted.size  # then it is whole where it is as long: none is twice
        if not (written[0].size == included.size if one else included.all()):
            slot.market.mempool.put_back(slot.domain.index, slot.due, included)
        return written[0] if len(written) == 1 else joined(written)

    def _write(self, slot, arrangement: Arrangement, author: Any, included: np.ndarray) -> np.ndarray:
        """Return the rows of one piece and mark the pending intents that it includes."""
        market = slot.market
        if arrangement is EMPTY:
            return NO_ROWS
        if author is not None or type(arrangement) is not Untouched:
            wrong = malformed(arrangement, slot.due.size, slot.domain.rollups)
            if wrong:
                raise fault(market, author, f"its block {wrong}")
            arrangement = plain(arrangement)
        block = unwritten(arrangement.order.size)
        broken = _bound()[1](
            slot.due,
            arrangement.order,
            arrangement.bundle,
            arrangement.inserted,
            -1 if author is None else author.account,
            market.mempool.submitted,
            market.bundles,
            block,
            included,
        )
        if broken:
            raise fault(market, author, f"its block {FAULTS[broken]}")
        market.mempool.submitted += arrangement.inserted.size
        market.bundles += arrangement.order.size
        return block


class Untouched(Arrangement):
    """Arrangement of a rule that ties and inserts nothing, in arrays as compiled functions take them."""

    __slots__ = ()


def untouched(order: np.ndarray) -> Arrangement:
    """Arrangement that ties and inserts nothing."""
    if not order.size:
        return EMPTY
    bundle = np.empty(order.size, np.int64)
    bundle.fill(FREE)
    as_taken = order.dtype == np.int64 and order.ndim == 1 and order.flags.c_contiguous
    return (Untouched if as_taken else Arrangement)(order, bundle, NO_ROWS)


def arrived(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Indices of rows, which are in line, as of `first_come_order`: exact ties at random."""
    return _bound()[0](rows, rng.random(rows.size))


ALONE = untouched(np.zeros(1, np.int64))
"""Arrangement of an intent that is due alone, which is most often the case where rollups are sequenced apart."""


def by_arrival(slot) -> Arrangement:
    """Arrangement of a slot's due intents by arrival, exact ties at random."""
    if slot.due.size == 1:
        slot.rng.random()  # as many draws as intents, whatever comes of them
        return ALONE
    return untouched(arrived(slot.due, slot.rng)) if slot.due.size else EMPTY
