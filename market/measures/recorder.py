"""What takes note of a run. A recorder of one's own is handed to the market when it is founded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from market.errors import AccountingError, InputError, blame

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


class Recorder(Protocol):
    """Base of every recorder: each method does nothing unless it is defined anew.

    A recorder reads and does not touch: a market is the same, bit for bit, whoever takes note of it. All recorders are
    called in the order in which the market was given them, behind its own.
    """

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


def tell(market: SequencerMarket, what: str, *about: Any) -> None:
    """Call a method of every recorder of a market; raises StrategyError, which names it, where a recorder raises."""
    with blame(market, passes=NO_FAULTS) as turn:
        for recorder in market.recorders:
            turn.agent = recorder
            getattr(recorder, what)(*about)
