"""What every trigger shares: the pause itself, its scope, and who is exempt from it."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import Field, PrivateAttr

from market.config import NonNegative, Positive
from market.intents.rows import Reason, Status
from market.sequencing.breakers._exempt import passes
from market.sequencing.breakers.base import Breaker, Gauge

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


DOMAIN = -1
"""Key of what is kept per domain, where a rollup's is its number."""


class Memory:
    """What one domain's breaker remembers, by rollup or, under :data:`DOMAIN`, for all of them."""

    def __init__(self) -> None:
        self.until: dict[int, float] = {}  # end of the pause [s]
        self.seen: dict[int, deque[tuple[float, float]]] = {}  # (time [s], what the trigger looks at)
        self.level: dict[int, float] = {}  # threshold in force
        self.draws: dict[int, np.random.Generator] = {}  # a stream for each random threshold


class Pausing(Breaker):
    """A breaker that pauses whoever is not exempt for a time once its trigger says so.

    Liquidations are always exempt, and what else is named passes by what it does (:func:`_exempt.passes`): a bundle
    only if all of its own members do, and so does what it carries. A bundle that is paused lets go of what it carries.
    Whoever is paused waits in the mempool; what the block's author wrote itself is dropped.

    A pause does not start a pause: the trigger counts afresh from the moment it went off.
    """

    window_s: Positive = Field(default=60.0, description="how far back the trigger looks [s]")
    pause_s: NonNegative = Field(default=10.0, description="length of a pause [s]")
    randomise: float = Field(
        default=0.0, ge=0, lt=1,
        description="half width of the uniform law, relative to the threshold, that a threshold is drawn from anew "
        "after every pause [1]",
    )  # fmt: skip
    exempt: tuple[Literal["top_ups", "repayments", "oracle", "arbitrage"], ...] = Field(
        default=("oracle",), description="classes of intents that are not paused, besides liquidations"
    )
    scope: Literal["domain", "rollup"] = Field(
        default="domain", description="whether a pause, and what triggers it, is common to the domain's rollups"
    )
    _memory: Memory = PrivateAttr(default_factory=Memory)

    def start(self) -> Self:
        """Return the breaker of one domain."""
        own = self.model_copy()
        own._memory = Memory()
        return own

    # -- what a trigger says ---------------------------------------------------------------------------------------

    def threshold(self) -> float:
        """Return the level at which the trigger goes off."""
        raise NotImplementedError

    def reading(self, key: int, now: float) -> float:
        """Return what the trigger looks at, as of the last block, for one rollup or the domain; 0 at the start."""
        raise NotImplementedError

    def measure(self, slot: Slot, key: int) -> bool:
        """Take note of the executed block and tell whether the trigger goes off, for one rollup or the domain."""
        raise NotImplementedError

    # -- the pause -------------------------------------------------------------------------------------------------

    def after_block(self, slot: Slot) -> None:
        """Look at the executed block; begin a pause where the trigger goes off and none is on."""
        memory = self._memory
        for key in (DOMAIN,) if self.scope == "domain" else slot.domain.rollups:
            fired = self.measure(slot, key)
            if fired and slot.time >= memory.until.get(key, -np.inf):
                memory.until[key] = slot.time + self.pause_s
                memory.seen[key].clear()
                memory.level.pop(key, None)
                slot.market.tally.pauses += 1
                slot.market.tally.paused_s += self.pause_s

    def screen(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Take out of the block what is paused."""
        until = self._memory.until
        if not rows.size or not until or slot.time >= max(until.values()):
            return rows
        halted = np.array([key for key, end in until.items() if slot.time < end])
        hit = np.ones(rows.size, np.bool_) if DOMAIN in halted else np.isin(rows["rollup"], halted)
        paused, freed = np.zeros(rows.size, np.bool_), np.zeros(rows.size, np.bool_)
        for first, last in _stretches(rows):
            if hit[first:last].any():
                paused[first:last], freed[first:last] = self._judge(slot.market, rows[first:last], hit[first:last])
        if not paused.any():
            return rows
        _set_aside(slot, rows[paused])
        left, freed = rows[~paused], freed[~paused]
        left["bundle"][freed], left["carried"][freed] = -1, 0
        return left

    def _judge(self, market: SequencerMarket, rows: np.ndarray, hit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Who of an intent, or a bundle, is paused, and who goes on alone."""
        if rows.size == 1 and rows["carried"][0] != 1:
            return np.array([not passes(market, rows, self.exempt)]), np.zeros(1, np.bool_)
        carried = rows["carried"] == 1
        alone = np.array(
            [not hit[k] or passes(market, rows[k : k + 1], self.exempt) for k in np.flatnonzero(carried)], np.bool_
        )
        # around somebody else's intent a round trip is a sandwich: what is carried must come first
        behind = not (carried[1:] & ~carried[:-1]).any()
        if behind and alone.all() and passes(market, rows[~carried], self.exempt):
            return np.zeros(rows.size, np.bool_), np.zeros(rows.size, np.bool_)
        freed = np.zeros(rows.size, np.bool_)
        freed[carried] = alone
        return ~freed, freed

    def gauge(self, market: SequencerMarket, rollup: int) -> Gauge:
        """Return what everybody knows: level, announced threshold and pause, over the rollup or its domain."""
        key = DOMAIN if self.scope == "domain" else rollup
        until = self._memory.until.get(key, -np.inf)
        return Gauge(self.reading(key, market.time), self.threshold(), until, self.pause_s)

    # -- what triggers need ----------------------------------------------------------------------------------------

    def level(self, market: SequencerMarket, domain: int, key: int) -> float:
        """Return the threshold in force, drawn anew after every pause if it is random."""
        memory = self._memory
        if key not in memory.level:
            if self.randomise and key not in memory.draws:
                # a stream of its own: a breaker must not move the draws of what it watches, nor one rollup another's
                stream = market.streams["ordering"]
                key_of = (*stream.spawn_key, 1 << 20, domain, key + 1)
                memory.draws[key] = np.random.default_rng(np.random.SeedSequence(stream.entropy, spawn_key=key_of))
            factor = 1.0 + self.randomise * (2.0 * memory.draws[key].random() - 1.0) if self.randomise else 1.0
            memory.level[key] = self.threshold() * factor
        return memory.level[key]

    def window(self, key: int, now: float) -> deque[tuple[float, float]]:
        """Return what was seen within the window, oldest first; forgets the rest."""
        seen = self._memory.seen.setdefault(key, deque())
        while seen and seen[0][0] <= now - self.window_s:
            seen.popleft()
        return seen

    def within(self, key: int, now: float) -> list[float]:
        """Return what was seen within the window, oldest first."""
        return [value for time, value in self._memory.seen.get(key, ()) if time > now - self.window_s]


def _stretches(rows: np.ndarray) -> list[tuple[int, int]]:
    """Return the first and one past the last row of each intent or bundle of a block."""
    bundle = rows["bundle"]
    cut = np.flatnonzero((bundle[1:] != bundle[:-1]) | (bundle[1:] < 0)) + 1
    edges = [0, *cut.tolist(), rows.size]
    return list(pairwise(edges))


def _set_aside(slot: Slot, paused: np.ndarray) -> None:
    """Put paused intents back as they were before the block's author arranged them; drop the author's own."""
    pending = slot.due[np.isin(slot.due["id"], paused["id"])].copy()
    slot.market.tally.statuses[Status.PAUSED] += int((pending["status"] != Status.PAUSED).sum())
    pending["status"] = Status.PAUSED
    slot.market.mempool.put_back(slot.domain.index, pending)
    slot.expire(paused[~np.isin(paused["id"], pending["id"])], Status.PAUSED, Reason.NONE)
