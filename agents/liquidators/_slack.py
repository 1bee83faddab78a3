"""By how much a liquidator lets the limits of its bundles slip, and how it learns that from what its bundles earn.

Without any slack whoever moves a price between decision and execution breaks the bundle; with it, the liquidator bears
the move, up to the slack.
"""

from __future__ import annotations

import numpy as np

from agents.learning import QLearning
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Status

EXACT = 1e-9
"""Slack against rounding alone [1]."""
SLACKS = (EXACT, 1e-3, 3e-3, 1e-2, 2e-2)
"""Candidates of those who learn [1]."""
RATE, DECAY = 0.1, 0.02
KEPT = 4096
"""Times of decision remembered: bundles that are older have been answered."""


class Slack:
    """A fixed share, or one of the candidates, chosen anew for every look at which something is tried.

    A bundle's payoff is what it earned over what it was to repay: income less repayment, and what it seized beyond what
    it sold at the price of the sale; nothing where it failed. Q-learning without memory, from own bundles alone.

    Parameters
    ----------
    share
        share by which the limits of a bundle may slip [1]; None: it is learned
    """

    def __init__(self, seat: Seat, share: float | None) -> None:
        if share is not None and not 0.0 < share < 1.0:
            raise ValueError(f"slack must lie in (0, 1), not {share}")
        self.share = EXACT if share is None else share
        self.learner: QLearning | None = None
        self._chosen: dict[float, int] = {}
        if share is None:
            seed = int(seat.stream.spawn(1)[0].integers(2**63))
            self.learner = QLearning(np.arange(float(len(SLACKS))), rate=RATE, decay=DECAY, seed=seed)

    def choose(self, now: float) -> float:
        """Return the share for what is decided now [s]: one for all bundles of a look."""
        if self.learner is not None and now not in self._chosen:
            at = int(self.learner.choose())
            self.share, self._chosen[now] = SLACKS[at], at
            if len(self._chosen) > KEPT:
                del self._chosen[next(iter(self._chosen))]
        return self.share

    def learn(self, receipts: np.ndarray) -> None:
        """Credit what bundles earned to the share that they were sent with: receipts of a block, (n,) `INTENT`."""
        if self.learner is None:
            return
        bundles: dict[int, list[np.void]] = {}
        for at in np.flatnonzero(receipts["bundle"] >= 0).tolist():
            bundles.setdefault(int(receipts["bundle"][at]), []).append(receipts[at])
        for members in bundles.values():
            at = self._chosen.get(float(members[0]["sent"]))
            # what was never in a block says nothing, and a hedge apart from blocks is not in the bundle's
            if at is not None and len(members) == 2 and all(row["position"] >= 0 for row in members):
                self.learner.credit(at, earned(*members))


def for_sale(seen: Observation, rollup: int, collateral: int, seized: float, sure: float) -> float:
    """Return how much of what it seizes a bundle sells on a rollup [units].

    All of it, but only what is sure to be seized where own funds do not make up for the rest, or during a pause, which
    lets no more through.
    """
    paused = seen.time < seen.breaker(rollup).paused_until
    return sure if paused or seized - sure > seen.funds[rollup, collateral] else seized


def earned(seizure: np.void, sale: np.void) -> float:
    """Return what a bundle of a seizure and a sale earned, over what it was to repay [1]; 0 where it failed."""
    if seizure["status"] != Status.FILLED or sale["status"] != Status.FILLED or not sale["filled_in"] > 0.0:
        return 0.0
    kept = (seizure["filled_out"] - sale["filled_in"]) * sale["filled_out"] / sale["filled_in"]
    return float((sale["filled_out"] - seizure["filled_in"] + kept) / seizure["amount"])
