"""How many tickets of a lottery to buy: the best reply to what rivals have been laying out, at what a block is worth.

With k tickets of a price p against rivals' outlay X, a block worth V brings V p k / (p k + X) - p k, which is most
where p k = sqrt(V X) - X: the best reply in Tullock's contest, Tullock (1980), Efficient rent seeking. V and X are
means of what was seen, the newest weighing w. Replies to the last outlay alone would swing ever more widely among more
than four equal bidders; replies to this mean come to rest where w < 4 / n (own derivation, from the slope (2 - n) / (2
(n - 1)) of the reply at the equilibrium).
"""

from __future__ import annotations

import math

import numpy as np

from market.access.protocols import TicketSale

MEMORY = 0.05
"""Weight of the newest block in what blocks are worth and what rivals lay out [1]."""


def reply(value: float, rivals: float, price: float) -> int:
    """Return how many tickets bring most.

    Parameters
    ----------
    value
        of the block [USD]
    rivals
        outlay of all others [USD]
    price
        of a ticket [USD]
    """
    if value <= rivals:
        return 0
    if rivals <= 0.0:
        return 1 if value > price else 0
    fewer = math.floor((math.sqrt(value * rivals) - rivals) / price)
    more = _brings(value, rivals, price, fewer + 1) > _brings(value, rivals, price, fewer)
    return fewer + 1 if more else fewer


def _brings(value: float, rivals: float, price: float, count: int) -> float:
    return value * price * count / (price * count + rivals) - price * count


class TicketBuyer:
    """What one bidder remembers of each bundle of rollups, and orders.

    Parameters
    ----------
    bidders
        how many there are [1]
    """

    def __init__(self, bidders: int) -> None:
        self._bidders = bidders
        self._worth: dict[tuple[int, ...], float] = {}
        self._rivals: dict[tuple[int, ...], float] = {}
        self._valued_at: dict[tuple[int, ...], int] = {}
        self._blocks = 0

    def stale(self, bundles: tuple[tuple[int, ...], ...]) -> list[tuple[int, ...]]:
        """Return the bundles to value before an order: those never valued, else the one not valued for longest."""
        self._blocks += 1
        unknown = [bundle for bundle in bundles if bundle not in self._worth]
        return unknown or [min(bundles, key=lambda bundle: self._valued_at[bundle])]

    def values(self, bundle: tuple[int, ...], value: float) -> None:
        """Take note of what a block of a bundle is worth now [USD]."""
        known = self._worth.get(bundle)
        self._worth[bundle] = value if known is None else known + MEMORY * (value - known)
        self._valued_at[bundle] = self._blocks

    def orders(self, sale: TicketSale, funds: float) -> np.ndarray:
        """Return tickets of each bundle: shape (bundles,), int64; never for more than the funds [USD]."""
        prices = sale.price.tolist()
        wanted = [self._wanted(bundle, price) for bundle, price in zip(sale.bundles, prices, strict=True)]
        cost = sum(count * price for count, price in zip(wanted, prices, strict=True))
        if cost > funds:
            wanted = [math.floor(count * max(funds, 0.0) / cost) for count in wanted]
        return np.array(wanted, np.int64)

    def heard(self, sale: TicketSale, own: np.ndarray, everybody: np.ndarray) -> None:
        """Take note of what rivals laid out for each bundle."""
        outlays = (sale.price * (everybody - own)).tolist()
        for bundle, outlay in zip(sale.bundles, outlays, strict=True):
            known = self._rivals.get(bundle)
            self._rivals[bundle] = outlay if known is None else known + MEMORY * (outlay - known)

    def _wanted(self, bundle: tuple[int, ...], price: float) -> int:
        """Tickets of one bundle; before anything was heard, rivals are taken to be equal and in equilibrium."""
        value, count = self._worth.get(bundle, 0.0), self._bidders
        rivals = self._rivals.get(bundle)
        if rivals is None:
            rivals = value * ((count - 1) / count) ** 2
        return reply(value, rivals, price)
