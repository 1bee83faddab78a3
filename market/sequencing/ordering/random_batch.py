"""A block is a batch in uniformly random order: being early or bidding more buys nothing.

Source: the randomised alternative to price-time priority; see Budish, Cramton & Shim (2015), The high-frequency
trading arms race, QJE 130(4), and Piet, Nair & Subramanian (2023), MEVade: an MEV-resistant blockchain design, ICBC.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numba import njit

from market.access.protocols import Arrangement
from market.intents.rows import Rows
from market.sequencing.ordering.base import Ordering, untouched


@njit(cache=True)
def shuffled(rows: Rows, draws: np.ndarray) -> np.ndarray:
    """Indices in the order of one uniform draw per unit: an intent on its own, or a bundle, which stays whole."""
    place = np.empty(rows.size)
    for k in range(rows.size):
        same = k > 0 and rows[k].bundle >= 0 and rows[k].bundle == rows[k - 1].bundle
        place[k] = place[k - 1] if same else draws[k]
    return np.argsort(place, kind="mergesort")


class RandomBatch(Ordering):
    """Uniformly random order, enforced by the regime."""

    kind: Literal["random_batch"] = "random_batch"
    only_orders: ClassVar[bool] = True

    def arrange(self, slot) -> tuple[Arrangement | None, object]:
        """Shuffle the units."""
        return untouched(shuffled(slot.due, slot.rng.random(slot.due.size))), None
