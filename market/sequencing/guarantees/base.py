"""What all mechanisms of this part share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import ClassVar

import numpy as np

from market.execution import execute_block
from market.intents.bundles import Atomicity
from market.intents.rows import NO_ROWS
from market.kernel.direct import bind
from market.sequencing import Part
from market.state.store import STATE, State


@cache
def _execute() -> Callable[..., None]:
    return bind(execute_block, STATE, NO_ROWS, 0.0, 0, 0)


class Guarantees(Part):
    """What a bundle that spans rollups may count on. The base has it executed as a whole."""

    atomicity: ClassVar[Atomicity] = Atomicity.EXECUTION

    def execute(self, state: State, rows: np.ndarray, time: float, builder: int, operator: int) -> None:
        """Execute a block with as much held together as is guaranteed; arguments as of `execute_block`.

        `rows` are in line: see `market.intents.rows.in_line`.
        """
        _execute()(state, rows, time, builder, operator)
