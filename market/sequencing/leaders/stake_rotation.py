"""Sequencers take turns in proportion to stake: the deterministic rotation of proposers in Tendermint.

Every sequencer has a priority, at first 0. In each slot everybody's rises by the own voting power; the highest leads,
of equal ones the first by seat, and its priority falls by the power of all, P. So after t slots sequencer i, with power
p, has led (t p - priority) / P times. As priorities sum to 0, one that leads had at least P / n, so nobody ever leads
more than 1 - 1/n slots ahead of its share, nor falls more than (n - 1)^2 / n behind. With powers 1 and 3 the
second, first, second, second lead, and so on from there.

Power is stake in whole USD. Where stakes change, the spread of priorities is first brought within 2 P and their mean
back to 0; whoever joins begins at -1.125 P, so that nobody gains by leaving and coming back.
Sources: CometBFT specification, "Proposer selection procedure" (2023); Buchman, Kwon & Milosevic (2018), The latest
gossip on BFT consensus, arXiv 1807.04938.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import PrivateAttr

from market.sequencing.leaders._staked import Staked

if TYPE_CHECKING:
    from market.domain import Domain


class Priorities:
    """Priorities of one domain's sequencers, exact whole numbers; None: has no power and never leads."""

    def __init__(self, powers: list[int]) -> None:
        self.powers = powers
        self.of: list[int | None] = [0 if power else None for power in powers]

    def update(self, powers: list[int]) -> None:
        """Take over changed powers: who has lost all of it leaves, who has some again joins at the back."""
        total = sum(powers)
        for seat, power in enumerate(powers):
            if not power:
                self.of[seat] = None
            elif self.of[seat] is None:
                self.of[seat] = -(total + (total >> 3))
        self.powers = powers
        self._centre(2 * total)

    def _centre(self, widest: int) -> None:
        """Bring the spread within `widest`, and the mean to 0 up to rounding down."""
        known = [priority for priority in self.of if priority is not None]
        if not known:
            return
        ratio = -((min(known) - max(known)) // widest)
        if ratio > 1:
            # the specification divides towards 0
            known = [abs(priority) // ratio * (1 if priority >= 0 else -1) for priority in known]
        mean = sum(known) // len(known)
        left = iter(known)
        self.of = [None if priority is None else next(left) - mean for priority in self.of]

    def next(self) -> int:
        """Return the seat that leads; -1: nobody has any power."""
        best, highest = -1, 0
        for seat, priority in enumerate(self.of):
            if priority is not None:
                risen = self.of[seat] = priority + self.powers[seat]
                if best < 0 or risen > highest:
                    best, highest = seat, risen
        if best >= 0:
            self.of[best] = highest - sum(self.powers)
        return best


class StakeRotation(Staked):
    """Turns in proportion to bonded stake, drawn by nobody; slots without a block count as turns."""

    kind: Literal["stake_rotation"] = "stake_rotation"
    _priorities: Priorities | None = PrivateAttr(default=None)

    def choose(self, domain: Domain, now: float) -> Any:
        """Return whose turn it is; None when nobody has the least stake."""
        bonds = self._bonds
        powers = [round(stake) if stake >= bonds.least else 0 for stake in bonds.bonded.tolist()]
        if self._priorities is None:
            self._priorities = Priorities(powers)
        elif powers != self._priorities.powers:
            self._priorities.update(powers)
        seat = self._priorities.next()
        return None if seat < 0 else domain.leaders[seat]
