"""What share of a profit to bid as a tip for being first, learned from what became of own intents.

Against rivals for the same profit the equilibrium of a first-price contest with a common value is to bid nearly all of
it (Bertrand's argument), and alone to bid nothing. Neither is assumed: bidders learn how likely each share is to win.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.bidding.chances import Chances
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Reason, Status, plain
from market.venues import Kind

SHARES = (0.0, 0.01, 0.03, 0.1, 0.2, *(1.0 - 0.7**step for step in range(1, 14)))
"""Candidates: from 0.3 on each keeps 0.7 of what the one before keeps, down to a hundredth [1].

Who shares a win with a rival at the same bid gains by the next candidate: winning twice as often outweighs keeping 0.7.
"""
MEMORY = 0.05
"""Weight of the newest receipt in what wins bring and losses cost, each over what was expected of them."""
KEPT = 4096
"""Bids remembered: older ones have been answered."""

type Key = int | tuple[int, float]


class Tips:
    """Bids a share of every expected profit, in the orderings in which a tip may buy a place, and nothing in others.

    Parameters
    ----------
    share
        a fixed share in [0, 1) [1]; None: learned on the grid of candidates
    """

    def __init__(self, seat: Seat, share: float | None = None) -> None:
        if share is not None and not 0.0 <= share < 1.0:
            raise ValueError(f"tip_share must lie in [0, 1), not {share}")
        self.fixed = share
        self.share = 0.0 if share is None else share
        self._won, self._lost = np.zeros(2), np.zeros(2)  # recent means: (came of it, was expected) [USD]
        self.chances: Chances | None = None
        self._public = seat.public
        self._bids: dict[Key, tuple[int, float]] = {}
        self._filled: dict[int, float] = {}  # by pool: when a swap of its own was executed last [s]
        if share is None:
            # a stream of its own: whoever never bids draws nothing else than before
            self.chances = Chances(SHARES, seed=int(seat.stream.spawn(1)[0].integers(2**63)))

    @property
    def brings(self) -> float:
        """What wins bring before tips, over what was expected of them [1]."""
        return float(self._won[0] / self._won[1]) if self._won[1] > 0.0 else 1.0

    @property
    def costs(self) -> float:
        """What losses cost in fees, over the profit that was expected [1]."""
        return float(self._lost[0] / self._lost[1]) if self._lost[1] > 0.0 else 0.0

    def bid(self, seen: Observation, key: Key, profit: float) -> float:
        """Return the tip for something that is to bring `profit` after gas [USD]; none where that is not positive.

        `key` finds its receipts: the number of its bundle, or of a swap on its own the pool and the amount given.
        """
        if not (seen.heeds_tips and profit > 0.0):
            return 0.0
        if self.chances is not None:
            place = self.chances.choose(self.brings + self.costs - self.chances.bids)
            self.share = float(self.chances.bids[place])
            self._bids[key] = place, profit
            if len(self._bids) > KEPT:
                del self._bids[next(iter(self._bids))]
        return self.share * profit

    def learn(self, receipts: np.ndarray) -> None:
        """Learn from own receipts, shape (n,), dtype `INTENT`: who won, what that brought, what losing cost."""
        if self.chances is None or not self._bids:
            return
        units: dict[Key, list[Any]] = {}
        for row in plain(receipts):
            if row.kind == Kind.SWAP and row.status == Status.FILLED:
                self._filled[row.venue] = row.executed
            units.setdefault(row.bundle if row.bundle >= 0 else (row.venue, row.amount), []).append(row)
        for key, unit in units.items():
            place, expected = self._bids.pop(key, (-1, 0.0))
            if place < 0:
                continue
            won = all(row.status == Status.FILLED for row in unit)
            if won:
                self._won += MEMORY * (np.array([self._gained(unit), expected]) - self._won)
            elif self._late(unit):
                self._lost += MEMORY * (np.array([self._paid(unit), expected]) - self._lost)
            else:
                continue
            self.chances.learn(place, won)

    def _gained(self, unit: list[Any]) -> float:
        """What filled intents brought at reference prices after gas, before their tips [USD]."""
        price, gas = self._public.prices, self._public.gas
        brought = fees = 0.0
        for row in unit:
            brought += row.filled_out * price.item(row.asset_out) - row.filled_in * price.item(row.asset_in)
            fees += gas.item(row.rollup)
        return brought - fees

    def _paid(self, unit: list[Any]) -> float:
        """What intents paid that stand in a block without effect [USD]."""
        paid = 0.0
        for row in unit:
            if row.status == Status.REVERTED and row.position >= 0:
                paid += self._public.gas_reverted.item(row.rollup)
        return paid

    def _late(self, unit: list[Any]) -> bool:
        """Whether rivals came first: they moved a pool beyond a limit, or there was no place before time was up.

        Failures that no tip would have helped say nothing about them: a price outside that moved, a pause, or that it
        took the same itself by what it sent before.
        """
        swaps = [row for row in unit if row.kind == Kind.SWAP]
        if any(self._filled.get(row.venue, -np.inf) >= row.sent for row in swaps):
            return False
        expired = any(row.status == Status.EXPIRED for row in unit)
        return expired or any(row.reason == Reason.LIMIT for row in swaps)
