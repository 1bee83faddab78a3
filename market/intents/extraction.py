"""What an executed intent did, where that takes value from others: found from the block, never from what a sender says.

The classes and what is taken as evidence follow K. Qin, L. Zhou and A. Gervais (2021), Quantifying blockchain
extractable value: how dark is the forest?, and C. Torres, R. Camino and R. State (2021), Frontrunner Jones and the
raiders of the dark forest. `market.measures.classes` finds them.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Extraction(IntEnum):
    """Class of an executed intent."""

    NONE = 0  # takes nothing: a trade for its own sake
    SANDWICH = 1  # buys in front of who buys on the same pool or perpetual, and sells behind; or the other way round
    OUTSIDE = 2  # takes the gap between a pool and the reference price
    CYCLE = 3  # takes the gap between pools in one bundle that ends with what it began
    LEGS = 4  # takes the gap between pools, each leg by itself
    LIQUIDATION = 5  # takes over what is liquidated, or sells it on


TAKES = np.array([member != Extraction.NONE for member in Extraction])
"""By class: whether it takes anything. A tip out of it is a gain, of the same class, of whoever built the block."""
CLOSES_GAPS = np.isin(np.arange(len(Extraction)), (Extraction.OUTSIDE, Extraction.CYCLE, Extraction.LEGS))
"""By class: whether it is arbitrage."""
