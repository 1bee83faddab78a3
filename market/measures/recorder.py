"""What takes note of a run. A recorder of one's own is handed to the market when it is founded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

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

    def on_block(self, slot: Slot) -> None:
        """Take note of an executed block: `slot.rows` are its receipts, those of expired and paused intents last."""

    def on_orders(self, rows: np.ndarray) -> None:
        """Take note of orders that the outside market has carried out apart from blocks: shape (n,), dtype `INTENT`."""

    def on_second(self, market: SequencerMarket) -> None:
        """Take note of the market once a second."""

    def close(self) -> None:
        """Finish: the market has reached its horizon."""
