"""What trades do to the outside market's price: it recovers, or the reference price follows it for good."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


class Impact:
    """The log price there over the reference price, which trades move by the rule."""

    def __init__(self, market: SequencerMarket) -> None:
        tables = market.world.tables
        self._path, self._prices, self._shift = market.path, tables.prices, tables.outside["shift"][0]
        self._alarms = market.alarms
        self._recovery = market.config.outside.recovery_s
        self._now = 0.0

    def tick(self, now: float) -> None:
        """Let a transient impact fade exponentially."""
        if self._recovery is not None:
            self._shift *= math.exp((self._now - now) / self._recovery)
        self._now = now

    def pass_on(self) -> None:
        """Move the reference price by a permanent impact."""
        if self._recovery is not None or not self._shift.any():
            return
        for asset, shift in enumerate(self._shift.tolist()):
            if shift:
                self._path.shift(asset, shift)
        self._shift[:] = 0.0
        self._prices[:] = self._path.current
        self._alarms.moved()

    def after_block(self, slot: Slot) -> None:
        """Pass on what a block did."""
        self.pass_on()
