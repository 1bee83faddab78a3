"""Within a block, cancellations come before everything else; each part is first come, first served.

A quote or liquidity that its owner takes back, or replaces, before a block is sealed is never traded on in that block,
however much faster the taker was: blocks decide the race between maker and sniper, not arrivals. What has been executed
in an earlier block stands.
Sources: Hyperliquid documentation, "Order book" (2025), for the order of blocks; Budish, Cramton and Shim (2015), The
high-frequency trading arms race, QJE 130(4), for the race.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from market.access.protocols import Arrangement
from market.sequencing.ordering.base import Ordering, first_come_order, first_of_unit, untouched
from market.venues.dispatch import WITHDRAWS, stating


def cancellations(rows: np.ndarray) -> np.ndarray:
    """Whether each row takes back what its sender offers: shape (n,), bool. A bundle does if all of its members do."""
    first = first_of_unit(rows)
    found = np.ones(rows.size, np.bool_)
    np.logical_and.at(found, first, stating(WITHDRAWS, rows["kind"]))
    return found[first]


class CancelFirst(Ordering):
    """Cancellations, then arrival order, enforced by the regime: whoever leads has no say."""

    kind: Literal["cancel_first"] = "cancel_first"

    def arrange(self, slot) -> tuple[Arrangement | None, Any]:
        """Order by arrival, cancellations first; exact ties at random."""
        order = first_come_order(slot.due, slot.rng.random(slot.due.size))
        return untouched(order[np.argsort(~cancellations(slot.due)[order], kind="stable")]), None
