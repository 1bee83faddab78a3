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
    sent
        called with what agents submit, (n,) `INTENT`, and when [s]; returns what of it goes to the mempools
    ordered
        called with a slot and its block, (n,) `INTENT`, once nothing else changes it; returns what stays in the block
    """

    tick: Callable[[float], None] | None = None
    after_block: Callable[[Slot], None] | None = None
    sent: Callable[[np.ndarray, float], np.ndarray] | None = None
    ordered: Callable[[Slot, np.ndarray], np.ndarray] | None = None


class Clocks:
    """What all venues want to be called for, by when: each attribute is a list under the name it has in `Clock`."""

    def __init__(self, market: SequencerMarket) -> None:
        started: list[Clock] = [module.start(market) for module in rooms("clock").values()]
        self.tick = [clock.tick for clock in started if clock.tick is not None]
        self.after_block = [clock.after_block for clock in started if clock.after_block is not None]
        self.sent = [clock.sent for clock in started if clock.sent is not None]
        self.ordered = [clock.ordered for clock in started if clock.ordered is not None]

    def left_of(self, rows: np.ndarray, now: float) -> np.ndarray:
        """Return what goes to the mempools of what agents submit."""
        for sent in self.sent:
            rows = sent(rows, now)
        return rows

    def left_in(self, slot: Slot) -> np.ndarray:
        """Return what stays in a slot's block."""
        rows = slot.rows
        for ordered in self.ordered:
            rows = ordered(slot, rows)
        return rows
