"""Checking that no asset is made or lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.errors import AccountingError
from market.measures.recorder import Recorder
from market.state.ledger import totals

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

LIMIT = 1e-9
"""Largest relative drift of an asset's total before the run stops."""


class Audit(Recorder):
    """Compares each asset's total with what it was at the start, every so many slots and at the end.

    Attributes
    ----------
    opening : (assets,) array
        totals at the start [units of the asset]
    balanced_at : int
        slots of all domains so far when the books last balanced [1]
    """

    def on_start(self, market: SequencerMarket) -> None:
        """Take the totals at the start."""
        self._market, self._every = market, market.config.audit_every
        self.opening = totals(market.world.tables)
        self.balanced_at = 0

    def on_block(self, slot: Slot) -> None:
        """Check where it is time to."""
        if self._market.tally.slots % self._every == 0:
            self.check()

    def close(self) -> None:
        """Check once more."""
        self.check()

    def check(self) -> None:
        """Check now; raises AccountingError where an asset's total has moved by more than rounding."""
        market = self._market
        drift = np.abs(totals(market.world.tables) / self.opening - 1.0)
        market.tally.conservation_error = max(market.tally.conservation_error, float(drift.max()))
        if not drift.max() <= LIMIT:
            asset = market.config.asset_names[int(drift.argmax())]
            raise AccountingError(
                f"total of {asset} drifted by {drift.max():.2e} at {market.time:g} s (seed {market.seed})"
            )
        self.balanced_at = market.tally.slots
