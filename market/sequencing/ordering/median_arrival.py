"""Order by the median of the arrival times that a committee measures: the sequencers of the domain.

Each of n members sees an intent when it arrives at the sequencer plus a network delay of the member's own; the block
is ordered by the median of the n times. As long as fewer than half of the members report falsely, the median lies
between two honest times, so nobody can move an intent further than honest members disagree.
Source: Kelkar, Zhang, Goldfeder & Juels (2020), Order-fairness for Byzantine consensus, CRYPTO (IACR ePrint
2020/269); the median rule is that of Pompe: Zhang, Setty, Chen, Zhou & Alvisi (2020), OSDI.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numba import njit
from pydantic import Field, PrivateAttr

from market.access.protocols import Arrangement
from market.intents.rows import Rows
from market.kernel.interpreted import wrapping
from market.sequencing import agreed
from market.sequencing.ordering.base import Ordering, untouched

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX1, MIX2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S30, S27, S31, S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@njit(cache=True)
def _mix(value: np.uint64) -> np.uint64:
    """Scramble 64 bits (splitmix64)."""
    value = (value ^ (value >> S30)) * MIX1
    value = (value ^ (value >> S27)) * MIX2
    return value ^ (value >> S31)


@wrapping
@njit(cache=True)
def medians(rows: Rows, members: int, noise: float, key: int) -> np.ndarray:
    """Median of what the members measured of each row [s]; members of a bundle arrive with its first.

    A member's delay is exponential and drawn by counter from (key, intent, member): what was measured once stays
    measured, however many blocks the intent has to wait for.
    """
    found = np.empty(rows.size)
    seen = np.empty(members)
    for k in range(rows.size):
        if k > 0 and rows[k].bundle >= 0 and rows[k].bundle == rows[k - 1].bundle:
            found[k] = found[k - 1]
            continue
        start = _mix(np.uint64(key) ^ _mix(np.uint64(rows[k].id)))
        for j in range(members):
            bits = _mix(start + np.uint64(j + 1) * GOLDEN) >> S11
            seen[j] = -noise * np.log((float(bits) + 0.5) * 2.0**-53)
        seen.sort()
        found[k] = rows[k].arrival + 0.5 * (seen[(members - 1) // 2] + seen[members // 2])
    return found


class MedianArrival(Ordering):
    """A committee's median arrival, enforced by the regime: whoever leads has no say."""

    kind: Literal["median_arrival"] = "median_arrival"
    members: int | None = Field(
        None, ge=1, description="members of the committee, if named: the sequencers of a domain [1]"
    )
    noise_s: float = Field(
        0.05, ge=0, allow_inf_nan=False, description="mean network delay from the sequencer to a member [s]"
    )
    _key: int | None = PrivateAttr(default=None)

    def fits(self, parts: dict[str, Any]) -> None:
        """Refuse another number of members than there are leaders."""
        agreed("ordering.members", self.members, parts["leader"].seats())

    def start(self) -> MedianArrival:
        """Give each domain a committee of its own."""
        return self.model_copy()

    def arrange(self, slot) -> tuple[Arrangement | None, object]:
        """Order by median; exact ties as handed in."""
        if self._key is None:
            self._key = int(slot.rng.integers(1 << 62))
        times = medians(slot.due, len(slot.domain.leaders), self.noise_s, self._key)
        return untouched(np.argsort(times, kind="stable")), None
