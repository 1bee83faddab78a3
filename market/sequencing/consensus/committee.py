"""A committee votes on every block: the sequencers of the domain, by their right to lead.

The members are the leaders' set itself, and a member's vote weighs what its stake does (its share in the right to
lead). In each round the slot's leader waits for the votes of a quorum: for the slowest of the fastest that hold it.
Round trips are drawn independently from a lognormal law, so with equal stakes that wait is an order statistic; on top
of it comes the leader's work per member. So latency rises with the set: by the wait for more votes where the quorum is
a share of it, and by the work. A slot is missed when its leader proposes nothing, which is the leader's fault, or when
too little stake is up, which is the fault of whoever is not.
Sources: Yin et al. (2019), HotStuff, PODC (votes through the leader, rounds); Buchman, Kwon and Milosevic (2018), The
latest gossip on BFT consensus, arXiv 1807.04938 (quorum of more than two thirds of the voting power).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numba import njit
from pydantic import Field, PrivateAttr

from market.sequencing import agreed
from market.sequencing.consensus.base import Consensus
from market.settings import LogSd

if TYPE_CHECKING:
    from market.domain import Domain

ROUNDING = 1e-9


class _Latest:
    latency = 0.0
    faults = np.zeros(0, np.int64)


@njit(cache=True)
def wait(times: np.ndarray, shares: np.ndarray, quorum: float) -> float:
    """Return when more than the share `quorum` of the votes is in; inf: never.

    Parameters
    ----------
    times
        shape (n,): when each member's vote arrives, inf for one that does not [s]
    shares
        shape (n,): what each vote weighs; they sum to 1
    quorum
        share of all votes that is not yet enough [1]
    """
    held = 0.0
    for member in np.argsort(times):
        held += shares[member]
        if held > quorum + ROUNDING:
            return float(times[member])
    return np.inf


class Committee(Consensus):
    """Latency and missed slots of a vote by quorum."""

    kind: Literal["committee"] = "committee"
    members: int | None = Field(
        default=None, ge=1, description="members of the committee, if named: the sequencers of a domain, who vote [1]"
    )
    quorum: float = Field(default=2.0 / 3.0, gt=0, lt=1, description="more than this share of the stake must vote [1]")
    rounds: int = Field(default=2, ge=1, description="rounds of votes before a block is agreed on [1]")
    base_s: float = Field(default=0.0, ge=0, description="fixed part of the latency: making and sending a block [s]")
    round_trip_s: float = Field(default=0.1, gt=0, description="median time from a proposal to a member's vote [s]")
    round_trip_log_sd: LogSd = Field(default=0.4, description="standard deviation of its logarithm [1]")
    work_s: float = Field(default=0.0005, ge=0, description="leader's time per member and round: sending, checking [s]")
    offline: float = Field(default=0.0, ge=0, lt=1, description="chance that a member does not vote in a slot [1]")
    miss: float = Field(default=0.0, ge=0, lt=1, description="chance that a leader proposes nothing [1]")
    _latest: _Latest = PrivateAttr()

    def fits(self, parts: dict[str, Any]) -> None:
        """Refuse another number of members than there are leaders."""
        agreed("consensus.members", self.members, parts["leader"].seats())

    def start(self) -> Committee:
        """Return the mechanism with a memory for one domain."""
        own = super().start()
        assert isinstance(own, Committee)
        own._latest = _Latest()
        return own

    def delay(self) -> float:
        """Return the latency of the current slot's agreement [s]."""
        return self._latest.latency

    @property
    def faults(self) -> np.ndarray:
        """Slots missed so far by each sequencer's fault: shape (seats,), of one slot perhaps several's."""
        return self._latest.faults.copy()

    def agrees(self, domain: Domain, leader: int, rng: np.random.Generator) -> bool:
        """Draw the vote: who is up, and how long the quorum takes in each round."""
        shares = domain.regime.leader.weights(domain)
        if self._latest.faults.size != shares.size:
            self._latest.faults = np.zeros(shares.size, np.int64)
        proposes = rng.random() >= self.miss
        away = rng.random(shares.size) < self.offline if self.offline > 0.0 else np.zeros(shares.size, np.bool_)
        away[leader] = False
        if not proposes:
            self._latest.faults[leader] += 1
            return False
        if np.add.reduce(shares[~away]) <= self.quorum + ROUNDING:
            self._latest.faults[away & (shares > 0.0)] += 1
            return False
        latency = self.base_s + self.rounds * self.work_s * np.count_nonzero(shares)
        for _ in range(self.rounds):
            times = self.round_trip_s * np.exp(self.round_trip_log_sd * rng.standard_normal(shares.size))
            times[away], times[leader] = np.inf, 0.0
            latency += wait(times, shares, self.quorum)
        self._latest.latency = float(latency)
        return True
