"""What all mechanisms of this part share."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from market.intents.bundles import Atomicity
from market.sequencing import Part


class Guarantees(Part):
    """What a bundle that spans rollups may count on. The base has it executed as a whole."""

    atomicity: ClassVar[Atomicity] = Atomicity.EXECUTION

    def carry_out(self, rows: np.ndarray, execute: Callable[[np.ndarray], None]) -> None:
        """Have a block executed, with as much held together as is guaranteed.

        Parameters
        ----------
        rows
            shape (n,), dtype `INTENT`: the block, whose receipts are written in place
        execute
            executes rows in order, those with the same bundle next to each other all or none
        """
        execute(rows)
