"""A committee votes on every block.

In each round the leader waits for the votes of a quorum: the slowest of the fastest. With round trips drawn
independently from a lognormal law, that is an order statistic; on top of it comes the leader's work per member. So
latency rises with the committee: by the wait for more votes where the quorum is a share of it, and by the work.
A slot is missed when its leader proposes nothing or too few members are up.
Sources: Yin et al. (2019), HotStuff, PODC (votes through the leader, rounds); Buchman, Kwon and Milosevic (2018), The
latest gossip on BFT consensus, arXiv 1807.04938 (quorum of more than two thirds).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from pydantic import Field, PrivateAttr
from scipy.special import ndtri

from market.sequencing.consensus.base import Consensus
from market.settings import LogSd


class _Latest:
    latency = 0.0


class Committee(Consensus):
    """Latency and missed slots of a vote by quorum."""

    kind: Literal["committee"] = "committee"
    members: int = Field(default=100, ge=1, description="members of the committee, the leader among them [1]")
    quorum: float = Field(default=2.0 / 3.0, gt=0, lt=1, description="more than this share of members must vote [1]")
    rounds: int = Field(default=2, ge=1, description="rounds of votes before a block is agreed on [1]")
    base_s: float = Field(default=0.0, ge=0, description="fixed part of the latency: making and sending a block [s]")
    round_trip_s: float = Field(default=0.1, gt=0, description="median time from a proposal to a member's vote [s]")
    round_trip_log_sd: LogSd = Field(default=0.4, description="standard deviation of its logarithm [1]")
    work_s: float = Field(default=0.0005, ge=0, description="leader's time per member and round: sending, checking [s]")
    offline: float = Field(default=0.0, ge=0, lt=1, description="chance that a member does not vote in a slot [1]")
    miss: float = Field(default=0.0, ge=0, lt=1, description="chance that a leader proposes nothing [1]")
    _latest: _Latest = PrivateAttr()

    def start(self) -> Committee:
        """Return the mechanism with a memory for one domain."""
        own = super().start()
        assert isinstance(own, Committee)
        own._latest = _Latest()
        return own

    @property
    def needed(self) -> int:
        """Votes that make a quorum, the leader's own included."""
        return min(self.members, math.floor(self.quorum * self.members + 1e-9) + 1)

    def delay(self) -> float:
        """Return the latency of the current slot's agreement [s]."""
        return self._latest.latency

    def agrees(self, rng: np.random.Generator) -> bool:
        """Draw the vote: who is up, and how long the quorum takes."""
        proposes = rng.random() >= self.miss
        others, needed = self.members - 1, self.needed - 1
        if self.offline > 0.0:
            others = int(rng.binomial(others, 1.0 - self.offline))
        if not proposes or others < needed:
            return False
        self._latest.latency = self.base_s + self.rounds * self.work_s * self.members
        for _ in range(self.rounds if needed else 0):
            # the k-th smallest of n uniform draws has the law Beta(k, n + 1 - k)
            rank = rng.beta(needed, others + 1 - needed)
            self._latest.latency += self.round_trip_s * math.exp(self.round_trip_log_sd * float(ndtri(rank)))
        return True
