"""What takes note of a run. A recorder of one's own is handed to the market when it is founded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from market.errors import AccountingError, InputError

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


class Recorder(Protocol):
    """Base of every recorder: each method does nothing unless it is defined anew.

    A recorder reads and does not touch: a market is the same, bit for bit, whoever takes note of it. All recorders are
    called in the order in which the market was given them, behind its own.

    Attributes
    ----------
    of_rows
        names of methods that do nothing for a block without rows: they are not called for one
    """

    of_rows: ClassVar[frozenset[str]] = frozenset()

    def on_start(self, market: SequencerMarket) -> None:
        """Look at the market as it is founded, everybody seated and nothing done."""

    def before_block(self, slot: Slot) -> None:
        """Look at a slot whose block is written and not yet executed."""

    def executed(self, slot: Slot) -> None:
        """Look at a slot right behind its execution: nobody has passed anything on yet, and no venue moved since."""

    def on_block(self, slot: Slot) -> None:
        """Take note of an executed block: `slot.rows` are its receipts, those of expired and paused intents last."""

    def on_orders(self, rows: np.ndarray) -> None:
        """Take note of orders that the outside market has carried out apart from blocks: shape (n,), dtype `INTENT`."""

    def on_second(self, market: SequencerMarket) -> None:
        """Take note of the market once a second."""

    def close(self) -> None:
        """Finish: the market has reached its horizon."""


NO_FAULTS = (AccountingError, InputError, OSError)
"""What a recorder may have to say that is not its own fault: books do not balance, a file cannot be written."""


Told = list[tuple[Recorder, Callable[..., None]]]
"""Recorders with the method of theirs that is called."""


class Recorders(list[Recorder]):
    """The recorders of a market: of each moment those are told that define a method for it."""

    def __init__(self, recorders: Iterable[Recorder]) -> None:
        super().__init__(recorders)
        self._told: dict[str, Told] = {}
        self._told_of_nothing: dict[str, Told] = {}  # for a block without rows
        self._known = 0

    def of(self, what: str, empty: bool = False) -> Told:
        """Return those that do something in a method, in order, with it; whoever has been added since is counted in.

        `empty`: for a block without rows.
        """
        if len(self) != self._known:
            self._told.clear()
            self._told_of_nothing.clear()
            self._known = len(self)
        told = (self._told_of_nothing if empty else self._told).get(what)
        return self._find(what, empty) if told is None else told

    def _find(self, what: str, empty: bool) -> Told:
        plain, remembered = getattr(Recorder, what), self._told_of_nothing if empty else self._told
        told = [(one, getattr(one, what)) for one in self if hasattr(one, what)]
        told = remembered[what] = [
            (one, note)
            for one, note in told
            if getattr(note, "__func__", None) is not plain
            and not (empty and what in getattr(one, "of_rows", Recorder.of_rows))
        ]
        return told


def tell(market: SequencerMarket, what: str, *about: Any) -> None:
    """Call a method of every recorder of a market; raises StrategyError, which names it, where a recorder raises."""
    told = market.recorders.of(what)
    if told:
        with market.telling as turn:
            for turn.agent, note in told:
                note(*about)


def tell_of(market: SequencerMarket, what: str, slot: Slot) -> None:
    """Call a method of every recorder of a market that has something to do with a slot's block, as `tell` does."""
    told = market.recorders.of(what, not slot.rows.size)
    if told:
        with market.telling as turn:
            for turn.agent, note in told:
                note(slot)
