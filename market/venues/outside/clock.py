"""What the outside market does by itself: its price gives way and recovers, orders arrive, trades are delivered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from market.venues.clock import Clock
from market.venues.outside.deliveries import Deliveries
from market.venues.outside.impact import Impact
from market.venues.outside.orders import Orders

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


def start(market: SequencerMarket) -> Clock:
    """Return the clock of the outside market; of what the settings leave out it has nothing."""
    terms, ticks, after = market.config.outside, [], []
    impact, deliveries = Impact(market), Deliveries(market)
    if market.config.prices.impact_per_million > 0.0:
        after.append(NetFlow(market).after_block)
    if terms.depth_usd is not None:
        ticks.append(impact.tick)
        after.append(impact.after_block)
    if terms.inventory_usd is not None:
        ticks.append(deliveries.tick)
        after.append(deliveries.after_block)
    if terms.atomic:
        return Clock(_all(ticks), _all(after))
    orders = Orders(market, impact, deliveries)
    return Clock(_all(ticks), _all([*after, orders.after_block]), orders.sent, orders.ordered)


def _all(calls: list[Callable[[Any], None]]) -> Callable[[Any], None] | None:
    """Return one call of several, one after the other; None of none."""
    if len(calls) < 2:
        return calls[0] if calls else None

    def call(argument: Any) -> None:
        for each in calls:
            each(argument)

    return call


class NetFlow:
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
