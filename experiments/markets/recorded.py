"""A market that keeps what the measures of cascades need: receipts block by block, and prices second by second."""

from __future__ import annotations

import numpy as np

from agents.population import Population
from market.config import MarketConfig
from market.measures.traced import Cascades
from market.model import SequencerMarket


class Recorded(SequencerMarket):
    """A market with a recorder of cascades, whose records are at hand: see :class:`market.measures.traced.Cascades`."""

    def __init__(self, config: MarketConfig, seed: int) -> None:
        traced = Cascades()
        super().__init__(config, seed, Population(config), [traced])
        self.scene, self.blocks, self.gaps, self.debt = traced.scene, traced.blocks, traced.gaps, traced.debt

    @property
    def liquidated(self) -> np.ndarray:
        """Debt that liquidators repaid so far, by rollup: shape (rollups,) [USD]."""
        return self.tally.by_rollup["liquidated"].copy()
