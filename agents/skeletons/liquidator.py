"""A liquidator that takes the largest loan that can be liquidated, and sells what it seizes outside, in one bundle."""

from __future__ import annotations

import numpy as np

from agents.base import Liquidator
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Status


class Skeleton(Liquidator):
    """Repays part of the debt of a loan that can be liquidated, for more than it is worth.

    Parameters
    ----------
    tip_share
        share of the profit that it offers for an early place [1]
    """

    def __init__(self, seat: Seat, tip_share: float = 0.1) -> None:
        # what is known from the start: seat.funds, seat.config, seat.stream for own random numbers, ...
        super().__init__(seat)
        if not 0.0 <= tip_share < 1.0:
            raise ValueError(f"tip_share must lie in [0, 1), not {tip_share}")
        self.tip_share = tip_share
        self.filled = 0

    def act(self, seen: Observation, desk: Desk) -> None:
        """Look at the rollups of this domain on which some loan can be liquidated now."""
        for rollup in seen.distressed():
            loans = seen.unhealthy(rollup)
            self._take(seen, desk, loans[int(np.argmax(loans["most"]))])

    def _take(self, seen: Observation, desk: Desk, loan: np.ndarray) -> None:
        debt, collateral, held_on = (int(loan[name]) for name in ("debt", "collateral", "collateral_rollup"))
        amount = min(float(loan["most"]), float(seen.funds[int(loan["rollup"]), debt]))
        seized = 0.999 * amount * float(loan["rate"])  # interest accrues until the block: leave room for rounding
        income = seized * float(seen.prices[collateral] / seen.prices[debt]) * (1.0 - seen.outside_fee)
        profit = (income - amount) * float(seen.prices[debt]) - float(seen.gas[[int(loan["rollup"]), held_on]].sum())
        if profit <= 0.0:
            return
        bundle = desk.bundle()  # all or none: it repays only if it can sell
        desk.liquidate(
            int(loan["market"]), int(loan["loan"]), amount, seized, debt=debt, collateral=collateral,
            tip=self.tip_share * profit, bundle=bundle, expires_s=10.0,
        )  # fmt: skip
        desk.outside(held_on, collateral, debt, seized, amount, bundle=bundle)

    def learn(self, receipts: np.ndarray) -> None:
        """Hear what became of its own intents in a block: a row each, with `status`, `filled_in`, `filled_out`, ..."""
        self.filled += int((receipts["status"] == Status.FILLED).sum())
