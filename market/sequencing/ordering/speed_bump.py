"""First come, first served, with a speed bump: everything but cancellations is delayed by a fixed time.

A cancellation that arrives less than the delay after a taker's intent still comes first, in the same block or in an
earlier one. So a maker is not sniped as long as its lag behind the fastest taker is less than the delay.
Source: Baldauf and Mollner (2020), High-frequency trading and market performance, Journal of Finance 75(3), whose
non-cancellation delay this is.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from market.access.protocols import Arrangement
from market.sequencing.ordering.base import Ordering, first_come_order, first_of_unit, untouched
from market.sequencing.ordering.cancel_first import cancellations


class SpeedBump(Ordering):
    """Arrival order behind the bump, enforced by the regime: whoever leads has no say."""

    kind: Literal["speed_bump"] = "speed_bump"
    delay_s: float = Field(0.05, ge=0, allow_inf_nan=False, description="delay of everything but cancellations [s]")

    def arrange(self, slot) -> tuple[Arrangement | None, Any]:
        """Order by arrival behind the bump; what is still being delayed waits for the next block."""
        rows = slot.due.copy()
        rows["arrival"] = self._released(slot.due)
        order = first_come_order(rows, slot.rng.random(rows.size))
        return untouched(order[rows["arrival"][order] <= slot.sealed_at]), None

    def _released(self, rows: np.ndarray) -> np.ndarray:
        """When each row has passed the bump [s]; members of a bundle pass with its first."""
        times = rows["arrival"] + np.where(cancellations(rows), 0.0, self.delay_s)
        return times[first_of_unit(rows)]
