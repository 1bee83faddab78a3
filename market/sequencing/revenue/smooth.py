"""Leaders pool what their slots bring and share it over a window, whoever led.

Source: smoothing pools of stakers, as in Rocket Pool's (2022) and the proposal of MEV smoothing by D'Amato (2021),
ethresear.ch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, PrivateAttr

from market.sequencing.payments import pay
from market.sequencing.revenue.base import Revenue
from market.state.ledger import Why

if TYPE_CHECKING:
    from market.domain import Slot


class _Pool:
    held = 0.0
    slots = 0


class Smooth(Revenue):
    """A share of each slot's revenue goes into a pool that pays all sequencers at the end of each window."""

    kind: Literal["smooth"] = "smooth"
    share: float = Field(default=1.0, ge=0, le=1, description="part of each slot's revenue that is pooled [1]")
    window_slots: int = Field(default=32, ge=1, description="slots from one payout to the next [1]")
    by: Literal["weight", "equal"] = Field(
        default="weight", description="paid out by share in the right to lead (stake, in a lottery), or equally"
    )
    _pool: _Pool = PrivateAttr()

    def start(self) -> Smooth:
        """Return the rule with a pool for one domain."""
        own = self.model_copy()
        own._pool = _Pool()
        return own

    def pass_on(self, slot: Slot) -> None:
        """Pay in; at the end of a window, pay out."""
        market, domain, pool = slot.market, slot.domain, self._pool
        purse, protocol = self.purse(slot), market.world.account_of["protocol"]
        share = self.share * purse.total
        # the price of a slot that was sold lies with the protocol already
        if purse.account != protocol:
            share = pay(market, purse.account, protocol, domain.rollups, share, Why.REVENUE)
        pool.held += share
        pool.slots += 1
        if pool.slots % self.window_slots:
            return
        count = len(domain.leaders)
        weights = [1.0 / count] * count if self.by == "equal" else domain.regime.leader.weights(domain).tolist()
        held = pool.held
        for leader, weight in zip(domain.leaders, weights, strict=True):
            pool.held -= pay(market, protocol, leader.account, domain.rollups, held * weight, Why.REVENUE)
        pool.held = max(0.0, pool.held)  # below zero by rounding alone
