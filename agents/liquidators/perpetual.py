"""A liquidator of perpetuals: closes every contract under its maintenance margin, for the reward."""

from __future__ import annotations

import math

import numpy as np

from agents.base import Liquidator
from agents.means.auctions import EXPIRES_S, Asked
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.venues import Kind
from market.venues.liquidation.design import FIXED_SPREAD


class Perpetual(Liquidator):
    """Needs no funds but gas and tips: contracts are closed with the market's maker.

    Parameters
    ----------
    tip_usd
        tip of every liquidation [USD]
    most_per_slot
        contracts attempted per rollup and slot
    repeat
        whether it tries again in every slot; else one intent at a time, living a minute
    """

    def __init__(
        self,
        seat: Seat,
        tip_usd: float = 0.0,
        most_per_slot: int = 64,
        repeat: bool = True,
    ) -> None:
        super().__init__(seat)
        if not tip_usd >= 0.0:
            raise ValueError(f"tip_usd must be at least 0, not {tip_usd}")
        self.tip_usd, self.most_per_slot = tip_usd, most_per_slot
        self.repeat, self.asked, self.expires_s = repeat, Asked(), math.inf if repeat else EXPIRES_S

    def act(self, seen: Observation, desk: Desk) -> None:
        """Attempt whatever can be liquidated."""
        for rollup in seen.rollups:
            for contract in seen.under_margin(rollup)[: self.most_per_slot].tolist():
                market = int(seen.contracts["market"][contract])
                if seen.auctions["design"][len(seen.lending) + market] != FIXED_SPREAD:
                    continue
                if self.repeat or self.asked.may(seen.time, Kind.PERPETUAL_LIQUIDATE, market, contract):
                    desk.perpetual(
                        Kind.PERPETUAL_LIQUIDATE, market, contract, tip=self.tip_usd, expires_s=self.expires_s
                    )

    def learn(self, receipts: np.ndarray) -> None:
        """Note what was answered."""
        self.asked.answered(receipts)
