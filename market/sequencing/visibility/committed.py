"""A delay-encrypted mempool whose order is committed to before contents open: what comes after can only be behind it.

Senders lock contents with a puzzle; the order is fixed while it is being solved. Whoever bids for a place in the block
reads what is in it, in an order that it cannot change. Everybody else reads an intent once its puzzle is solved.
Source: Radius, a shared sequencing layer with practical verifiable delay encryption (documentation, 2024).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from market.sequencing.visibility.delay_encrypted import DelayEncrypted as _DelayEncrypted


class Committed(_DelayEncrypted):
    """Delay encryption with a committed order."""

    kind: Literal["committed"] = "committed"  # pyright: ignore[reportIncompatibleVariableOverride]

    def to_author(self, role: str, account: int, rows: np.ndarray) -> np.ndarray:
        """All contents: by now the order is fixed, and the puzzles are solved before the block is executed."""
        return rows.copy()
