"""What all mechanisms of this part share: outages, and the record of finality.

An outage stops a domain: its slots have no block, and what is sent waits in the mempool until the sequencer is back.
Random outages are drawn in continuous time from a stream that belongs to the domain's first rollup, so that at one seed
a rollup's own sequencer and the shared one that takes its place fail at the same times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from market.config import Settings
from market.errors import InputError
from market.sequencing import Part
from market.settings import DAY_S

if TYPE_CHECKING:
    from market.domain import Domain


class Outage(Settings):
    """One scheduled outage; the pair [start_s, duration_s] stands for one of every domain."""

    start_s: float = Field(ge=0, description="when it begins [s]")
    duration_s: float = Field(gt=0, description="how long it lasts [s]")
    rollup: str | None = Field(default=None, description="it hits the sequencer of this rollup (default: all)")

    @model_validator(mode="before")
    @classmethod
    def _from_pair(cls, value: Any) -> Any:
        if isinstance(value, list | tuple) and len(value) == 2:
            return {"start_s": value[0], "duration_s": value[1]}
        return value


class Record:
    """What happened in one domain."""

    def __init__(self) -> None:
        self.rng: np.random.Generator = np.random.default_rng(0)
        self.schedule: list[tuple[float, float]] = []  # (begin, end) still ahead or going on [s]
        self.outages: list[tuple[float, float]] = []  # (begin, end) of all that have begun [s]
        self.next_random = (np.inf, np.inf)
        self.down_until = -np.inf
        self.quiet_until = -np.inf  # no outage goes on, and none begins before [s]
        self.down = False
        self.back_at = -np.inf  # first slot after the last outage [s]
        self.missed = 0
        self.blocks = 0
        self.orphaned = 0  # blocks reverted before anything was built on them
        self.reverts = False  # whether that is the fate of the current slot's block
        self.soft_s = 0.0  # summed over blocks
        self.hard_s = 0.0


class Consensus(Part):
    """When a slot's block is agreed on and final, and when there is none. Outages are an option of every mechanism."""

    outages_per_day: float = Field(default=0.0, ge=0, description="mean number of random outages of a domain [1/day]")
    outage_mean_s: float = Field(default=600.0, gt=0, description="mean of their exponential duration [s]")
    scheduled: tuple[Outage, ...] = Field(
        default=(), description="outages at given times: {start_s, duration_s, rollup} or [start_s, duration_s]"
    )
    overload: int = Field(
        default=0, ge=0, description="intents arriving within one block time that bring the sequencer down; 0: never"
    )
    overload_s: float = Field(default=60.0, gt=0, description="how long an overloaded sequencer is down [s]")
    batch_s: float = Field(default=60.0, ge=0, description="time between two batches posted to L1 [s]")
    l1_finality_s: float = Field(
        default=768.0, ge=0, description="from posting to finality on L1; 768 is two epochs of 32 slots of 12 s [s]"
    )
    reorganisation: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="chance that a block is reverted by a reorganisation of L1 before the next is built on it [1]",
    )
    __slots__ = ("_record",)  # of a private attribute every reading takes a microsecond, and every slot reads this one
    if TYPE_CHECKING:
        _record: Record = PrivateAttr()

    def start(self) -> Consensus:
        """Return the mechanism with a record for one domain."""
        own = self.model_copy()
        own._record = Record()
        return own

    def seated(self, domain: Domain) -> None:
        """Take the domain's stream of faults, and its part of the schedule."""
        market, record = domain.market, self._record
        names = [rollup.name for rollup in market.config.rollups]
        for outage in self.scheduled:
            if outage.rollup is not None and outage.rollup not in names:
                raise InputError(
                    f"regime.consensus.scheduled: unknown rollup {outage.rollup!r}; allowed: {', '.join(names)}"
                )
            if outage.rollup is None or names.index(outage.rollup) in domain.rollups:
                record.schedule.append((outage.start_s, outage.start_s + outage.duration_s))
        record.schedule.sort()
        faults = market.streams["faults"]
        streams = [
            np.random.SeedSequence(entropy=faults.entropy, spawn_key=(*faults.spawn_key, domain.first, use))
            for use in range(2)
        ]
        record.rng = np.random.default_rng(streams[0])
        self._outage_rng = np.random.default_rng(streams[1])
        self._draw_next(0.0)
        reorganisations = market.streams["reorganisations"]
        key = (*reorganisations.spawn_key, domain.first)
        self._reverting = np.random.default_rng(np.random.SeedSequence(entropy=reorganisations.entropy, spawn_key=key))

    _outage_rng: np.random.Generator = PrivateAttr()
    _reverting: np.random.Generator = PrivateAttr()

    def delay(self) -> float:
        """Return the latency that agreement on the current slot's block adds to every intent [s]."""
        return 0.0

    def reached(self, domain: Domain, now: float, leader: Any) -> bool:
        """Whether the slot at `now` has a block: it has a leader, no outage, and the mechanism agrees on one."""
        record = self._record
        was_down, record.down = record.down, now >= record.quiet_until and self._down(record, domain, now)
        if was_down and not record.down:
            record.back_at = now
        if record.down or leader is None or not self.agrees(domain, domain.leaders.index(leader), record.rng):
            record.missed += 1
            return False
        record.reverts = self.reorganisation > 0.0 and self._reverting.random() < self.reorganisation
        if record.reverts:
            record.orphaned += 1
            return True
        soft = self.delay()
        record.blocks += 1
        record.soft_s += soft
        record.hard_s += soft + self._to_batch(now + soft) + self.l1_finality_s
        return True

    def agrees(self, domain: Domain, leader: int, rng: np.random.Generator) -> bool:
        """Whether whoever is up agrees on a block of this slot's leader, by seat; draw from `rng` alone."""
        return True

    # -- the record --------------------------------------------------------------------------------------------------

    @property
    def down(self) -> bool:
        """Whether there was an outage in the last slot."""
        return self._record.down

    @property
    def back_at(self) -> float:
        """When the sequencer was last back after an outage, as of the last slot [s]; -inf if it never failed."""
        return self._record.back_at

    @property
    def missed(self) -> int:
        """Slots without a block so far."""
        return self._record.missed

    @property
    def reverts(self) -> bool:
        """Whether the current slot's block will be reverted before anything is built on it."""
        return self._record.reverts

    @property
    def orphaned(self) -> int:
        """Blocks reverted so far."""
        return self._record.orphaned

    @property
    def blocks(self) -> int:
        """Slots with a block so far."""
        return self._record.blocks

    @property
    def outages(self) -> list[tuple[float, float]]:
        """Begin and end of every outage that has begun [s]; they may overlap."""
        return list(self._record.outages)

    def outage_s(self, until: float) -> float:
        """Time down up to `until` [s]; outages that overlap count once."""
        total, covered = 0.0, 0.0
        for begin, end in sorted(self._record.outages):
            begin, end = max(begin, covered), min(end, until)
            total += max(0.0, end - begin)
            covered = max(covered, end)
        return total

    def finality_s(self) -> tuple[float, float]:
        """Sums over blocks of the time to soft and to hard finality [s]."""
        return self._record.soft_s, self._record.hard_s

    # -- outages -----------------------------------------------------------------------------------------------------

    def _to_batch(self, time: float) -> float:
        return -time % self.batch_s if self.batch_s > 0.0 else 0.0

    def _draw_next(self, after: float) -> None:
        """Draw the next random outage: exponential time to it, exponential duration."""
        if self.outages_per_day > 0.0:
            begin = after + self._outage_rng.exponential(DAY_S / self.outages_per_day)
            self._record.next_random = (begin, begin + self._outage_rng.exponential(self.outage_mean_s))

    def _down(self, record: Record, domain: Domain, now: float) -> bool:
        """Whether the sequencer is down; outages that have begun since the last slot go on record."""
        while record.next_random[0] <= now:
            self._begin(record.next_random)
            self._draw_next(record.next_random[1])
        while record.schedule and record.schedule[0][0] <= now:
            self._begin(record.schedule.pop(0))
        if now < record.down_until:
            return True
        if self.overload and self._load(domain, now) > self.overload:
            self._begin((now, now + self.overload_s))
            return True
        if not self.overload:
            record.quiet_until = min(record.next_random[0], record.schedule[0][0] if record.schedule else np.inf)
        return False

    def _begin(self, outage: tuple[float, float]) -> None:
        self._record.quiet_until = -np.inf
        self._record.outages.append(outage)
        self._record.down_until = max(self._record.down_until, outage[1])

    def _load(self, domain: Domain, now: float) -> int:
        """Intents that arrived within the last block time: a backlog from before does not count again."""
        arrival = domain.market.mempool.waiting(domain.index)["arrival"]
        return int(((arrival <= now) & (arrival > now - domain.block_time)).sum())
