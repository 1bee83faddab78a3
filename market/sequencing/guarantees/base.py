"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from market.execution import execute_block
from market.intents.bundles import Atomicity
from market.sequencing import Part
from market.state.store import State


class Guarantees(Part):
    """What a bundle that spans rollups may count on. The base has it executed as a whole."""

    atomicity: ClassVar[Atomicity] = Atomicity.EXECUTION

    def execute(self, state: State, rows: np.ndarray, time: float, builder: int, operator: int) -> None:
        """Execute a block with as much held together as is guaranteed; arguments as of `execute_block`."""
        execute_block(state, rows, time, builder, operator)
