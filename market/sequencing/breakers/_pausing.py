"""What every trigger shares: the pause itself, its scope, and who is exempt from it."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import Field, PrivateAttr

from market.config import NonNegative, Positive
from market.intents import Kind, Reason, Status
from market.sequencing.breakers.base import Breaker

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

PAUSED = int(Status.PAUSED)
SALES = tuple(int(kind) for kind in (Kind.LIQUIDATE, Kind.PERPETUAL_LIQUIDATE, Kind.AUCTION_TAKE, Kind.AUCTION_SETTLE))
LIQUIDATIONS = (*SALES, *(int(kind) for kind in (Kind.AUCTION_START, Kind.AUCTION_BID, Kind.AUCTION_RESET)))
"""Kinds that liquidate; `SALES` are those of them by which something is sold."""
TRADES = (int(Kind.SWAP), int(Kind.OUTSIDE))
KINDS = {
    "top_ups": (int(Kind.DEPOSIT), int(Kind.PERPETUAL_DEPOSIT)),
    "repayments": (int(Kind.REPAY),),
    "oracle": (int(Kind.ORACLE_UPDATE),),
}
DOMAIN = -1
"""Key of what is kept per domain, where a rollup's is its number."""


class Memory:
    """What one domain's breaker remembers, by rollup or, under :data:`DOMAIN`, for all of them."""

    def __init__(self) -> None:
        self.until: dict[int, float] = {}  # end of the pause [s]
        self.seen: dict[int, deque[tuple[float, float]]] = {}  # (time [s], what the trigger looks at)
        self.level: dict[int, float] = {}  # threshold in force
        self.rng: np.random.Generator | None = None


class Pausing(Breaker):
    """A breaker that pauses whoever is not exempt for a time once its trigger says so.

    Liquidations are always exempt. A bundle is exempt as a whole when one of its members is: so is the sale of what a
    liquidator seized, and what a borrower sells in order to repay. "arbitrage" exempts bundles of trades that end in
    the asset they began with. Whoever is paused waits in the mempool; what the block's author wrote itself is dropped.

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

    def measure(self, slot: Slot, key: int) -> bool:
        """Take note of the executed block and tell whether the trigger goes off, for one rollup or the domain."""
        raise NotImplementedError

    # -- the pause -------------------------------------------------------------------------------------------------

    def watch(self, slot: Slot) -> None:
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
        stretches = _stretches(rows)
        paused = np.zeros(rows.size, np.bool_)
        for first, last in stretches:
            paused[first:last] = hit[first:last].any() and not self._exempt(rows[first:last])
        if paused.any():
            _set_aside(slot, rows[paused])
        return rows[~paused]

    def _exempt(self, rows: np.ndarray) -> bool:
        """Whether an intent, or a bundle, goes on."""
        kinds = {*LIQUIDATIONS, *(kind for name in self.exempt for kind in KINDS.get(name, ()))}
        if not kinds.isdisjoint(rows["kind"].tolist()):
            return True
        closed = rows.size > 1 and rows["asset_in"][0] == rows["asset_out"][-1]
        return "arbitrage" in self.exempt and closed and bool(np.isin(rows["kind"], TRADES).all())

    # -- what triggers need ----------------------------------------------------------------------------------------

    def level(self, market: SequencerMarket, domain: int, key: int) -> float:
        """Return the threshold in force, drawn anew after every pause if it is random."""
        memory = self._memory
        if key not in memory.level:
            if memory.rng is None:
                # a stream of its own: a breaker must not move the draws of what it watches
                stream = market.streams["ordering"]
                key_of = (*stream.spawn_key, 1 << 20, domain)
                memory.rng = np.random.default_rng(np.random.SeedSequence(stream.entropy, spawn_key=key_of))
            factor = 1.0 + self.randomise * (2.0 * memory.rng.random() - 1.0) if self.randomise else 1.0
            memory.level[key] = self.threshold() * factor
        return memory.level[key]

    def window(self, key: int, now: float) -> deque[tuple[float, float]]:
        """Return what was seen within the window, oldest first."""
        seen = self._memory.seen.setdefault(key, deque())
        while seen and seen[0][0] <= now - self.window_s:
            seen.popleft()
        return seen


def _stretches(rows: np.ndarray) -> list[tuple[int, int]]:
    """Return the first and one past the last row of each intent or bundle of a block."""
    bundle = rows["bundle"]
    cut = np.flatnonzero((bundle[1:] != bundle[:-1]) | (bundle[1:] < 0)) + 1
    edges = [0, *cut.tolist(), rows.size]
    return list(pairwise(edges))


def _set_aside(slot: Slot, paused: np.ndarray) -> None:
    """Put paused intents back as they were before the block's author arranged them; drop the author's own."""
    pending = slot.due[np.isin(slot.due["id"], paused["id"])].copy()
    slot.market.tally.statuses[PAUSED] += int((pending["status"] != PAUSED).sum())
    pending["status"] = PAUSED
    slot.market.mempool.put_back(slot.domain.index, pending)
    slot.expire(paused[~np.isin(paused["id"], pending["id"])], Status.PAUSED, Reason.NONE)
