"""The outside market's price gives way to what it buys, where it has any impact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.venues.clock import Clock

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


def start(market: SequencerMarket) -> Clock:
    """Return the clock of the outside market; it stands still where trades do not move its price."""
    return Clock(after_block=Impact(market).after_block) if market.config.prices.impact_per_million > 0.0 else Clock()


class Impact:
    """Permanent impact: what the outside market bought on net lowers its price, linearly in the log."""

    def __init__(self, market: SequencerMarket) -> None:
        tables = market.world.tables
        self._path, self._prices = market.path, tables.prices
        self._per_million = market.config.prices.impact_per_million
        self._balance = tables.balance[int(tables.outside["account"][0])]
        self._before = self._holdings()

    def _holdings(self) -> np.ndarray:
        return self._balance.sum(axis=0)

    def after_block(self, slot: Slot) -> None:
        """Move the price by what the block sold to the outside market."""
        holdings = self._holdings()
        for asset in range(1, len(holdings)):
            bought = (holdings[asset] - self._before[asset]) * self._prices[asset]
            if bought:
                self._path.shift(asset, -self._per_million * bought / 1e6)
        self._before = holdings
