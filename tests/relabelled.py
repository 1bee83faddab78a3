"""A recorder that touches what no rule and no measure may read."""

from __future__ import annotations

from typing import Any

import numpy as np

from market.intents.rows import Purpose
from market.measures.recorder import Recorder
from market.model import SequencerMarket


class Relabelled(Recorder):
    """Calls everything by a random purpose: as it is sent, and before the block, for what its author inserts."""

    def on_start(self, market: SequencerMarket) -> None:
        self._rng, submit = np.random.default_rng(17), market.mempool.submit

        def submitted(rows: np.ndarray) -> None:
            rows = rows.copy()
            self._draw(rows)
            submit(rows)

        market.mempool.submit = submitted  # type: ignore[method-assign]
        self.drawn = 0

    def before_block(self, slot: Any) -> None:
        self._draw(slot.rows)

    def _draw(self, rows: np.ndarray) -> None:
        rows["purpose"] = self._rng.integers(len(Purpose), size=rows.size)
        self.drawn += rows.size
