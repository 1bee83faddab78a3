"""What venues do by themselves, without anybody's intent: accrue, post prices, keep promises that come due.

A venue that does anything of the kind has a module `clock` with a function `start(market)`, which returns its `Clock`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from market.venues import rooms

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


class Clock(NamedTuple):
    """What a venue wants to be called for; None: nothing.

    Attributes
    ----------
    tick
        called with the time [s] when a slot of any domain begins, before agents act
    after_block
        called with every slot once its block is executed, before receipts are handed out
    after_empty
        whether it has anything to do where that block is empty
    sent
        called with what agents submit, (n,) `INTENT`, and when [s]; returns what of it goes to the mempools
    ordered
        called with a slot and its block, (n,) `INTENT`, once nothing else changes it; returns what stays in the block
    """

    tick: Callable[[float], None] | None = None
    after_block: Callable[[Slot], None] | None = None
    sent: Callable[[np.ndarray, float], np.ndarray] | None = None
    ordered: Callable[[Slot, np.ndarray], np.ndarray] | None = None
    after_empty: bool = True


class Clocks:
    """The clocks of all venues: calls each that wants to be called."""

    def __init__(self, market: SequencerMarket) -> None:
        started: list[Clock] = [module.start(market) for module in rooms("clock").values()]
        self._ticks = [clock.tick for clock in started if clock.tick is not None]
        self._after_block = [clock.after_block for clock in started if clock.after_block is not None]
        self._after_empty = [
            clock.after_block for clock in started if clock.after_block is not None and clock.after_empty
        ]
        self._sent = [clock.sent for clock in started if clock.sent is not None]
        self._ordered = [clock.ordered for clock in started if clock.ordered is not None]

    def advance(self, now: float) -> None:
        """Let venues do what has come due."""
        for tick in self._ticks:
            tick(now)

    def after(self, slot: Slot) -> None:
        """Let venues do what follows on an executed block."""
        for after_block in self._after_block if slot.rows.size else self._after_empty:
            after_block(slot)

    def left_of(self, rows: np.ndarray, now: float) -> np.ndarray:
        """Return what goes to the mempools of what agents submit."""
        for sent in self._sent:
            rows = sent(rows, now)
        return rows

    def left_in(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Return what stays in a slot's block."""
        for ordered in self._ordered:
            rows = ordered(slot, rows)
        return rows
