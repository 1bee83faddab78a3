"""An arbitrageur that sends copies of what it sends, and learns how many pay.

Where the order within a block is drawn at random, each copy is a ticket for the first turn: with k copies against m of
rivals, one of its own comes first with chance k / (k + m). The others find the gap closed and are reverted. That is
free where reverted intents are left out of the block, and has a price where they pay gas. Elsewhere copies gain
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.learning import QLearning
from agents.traders.arbitrageur import Arbitrageur
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Status
from market.venues import Kind

COPIES = (1, 2, 4, 8)


class Copier(Arbitrageur):
    """Q-learning over numbers of copies of every trade against the outside market, from what a block's receipts say.

    Parameters
    ----------
    copies
        the grid: how often each trade is sent, whole numbers of at least 1 [1]; a single one is no choice
    rate, decay
        learning rate in (0, 1]; it explores in period t with probability exp(-decay t) [1, 1 / period]
    outside, cycles, least_usd, unwind_bp, tip_share
        as of the arbitrageur; cycles are sent once
    """

    def __init__(
        self,
        seat: Seat,
        copies: Sequence[int] = COPIES,
        rate: float = 0.1,
        decay: float = 0.02,
        outside: bool = True,
        cycles: bool = True,
        least_usd: float = 0.02,
        unwind_bp: float = 10.0,
        tip_share: float | None = None,
    ) -> None:
        super().__init__(
            seat, outside=outside, cycles=cycles, least_usd=least_usd, unwind_bp=unwind_bp, tip_share=tip_share
        )
        if not (len(copies) and all(count == int(count) >= 1 for count in copies)):
            raise ValueError(f"copies must be whole numbers of at least 1, not {copies!r}")
        if not (0.0 < rate <= 1.0 and decay >= 0.0):
            raise ValueError(f"rate must lie in (0, 1] and decay not be negative, not {rate} and {decay}")
        seed = int(self.rng_own.integers(2**63))
        self.learner = QLearning(np.array(copies, float), 1, rate, decay=decay, seed=seed)
        self.copies = int(self.learner.choose())
        self._public, self._since, self._now = seat.public, 0.0, 0.0

    def act(self, seen: Observation, desk: Desk) -> None:
        """Trade as the arbitrageur does, some of it in copies."""
        self._now = seen.time
        super().act(seen, desk)

    def _trade_outside(self, seen: Observation, desk: Desk) -> None:
        for _ in range(self.copies):
            super()._trade_outside(seen, desk)

    def learn(self, receipts: np.ndarray) -> None:
        """Learn what the copies of a block earned together, then choose their number anew."""
        super().learn(receipts)
        # what it copies are bundles that end outside
        ends = receipts["bundle"][(receipts["kind"] == Kind.OUTSIDE) & (receipts["bundle"] >= 0)]
        fate = receipts[np.isin(receipts["bundle"], ends) & (receipts["sent"] >= self._since)]
        if fate.size:
            self.learner.learn(self.earned(fate))
            self.copies = int(self.learner.choose())
            # copies sent before the choice say nothing about it
            self._since = self._now + 1e-9

    def earned(self, receipts: np.ndarray) -> float:
        """What intents earned at reference prices, less tips and fees, also of those that were reverted [USD]."""
        price, public = self._public.prices, self._public
        done = receipts[receipts["status"] == Status.FILLED]
        vain = receipts[(receipts["status"] == Status.REVERTED) & (receipts["position"] >= 0)]
        gain = done["filled_out"] * price[done["asset_out"]] - done["filled_in"] * price[done["asset_in"]]
        fees = done["tip"].sum() + public.gas[done["rollup"]].sum() + public.gas_reverted[vain["rollup"]].sum()
        return float(gain.sum() - fees)
