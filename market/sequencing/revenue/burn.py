"""A share of what the sequencer takes in is burnt.

Source: the burning of proposers' revenue as proposed by Drake (2022), MEV burn, ethresear.ch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from market.sequencing.payments import pay
from market.sequencing.revenue.base import Revenue
from market.state.ledger import Why

if TYPE_CHECKING:
    from market.domain import Slot


class Burn(Revenue):
    """What is burnt lies on an account that nobody can draw on: the ledger still balances."""

    kind: Literal["burn"] = "burn"
    share: float = Field(default=1.0, ge=0, le=1, description="part of each slot's revenue that is burnt [1]")

    def pass_on(self, slot: Slot) -> None:
        """Burn the share."""
        purse = self.purse(slot)
        burnt = slot.market.world.account_of["burnt"]
        pay(slot.market, purse.account, burnt, slot.domain.rollups, self.share * purse.total, Why.REVENUE)
