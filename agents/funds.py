"""What an agent's funds are worth: how it tells whether a period was a good one."""

from __future__ import annotations

import numpy as np

from market.access.observation import Observation


class Funds:
    """Funds at the beginning of a period, against which its end is held.

    Prices are those of the end at both ends: what is counted is trading, not the luck of having held something.
    """

    def __init__(self) -> None:
        self._held: np.ndarray | None = None

    def close(self, seen: Observation) -> float | None:
        """Gain since the last call [USD], None at the first one."""
        held, self._held = self._held, seen.funds.copy()
        return None if held is None else float(((self._held - held) @ seen.prices).sum())
