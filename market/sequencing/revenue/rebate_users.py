"""Users get back a share of what their intents brought the sequencer.

Tips and gas go back to whoever paid them. Bids are paid for what can be made of users' intents: they go back in
proportion to the value that each user traded, or to what each lost to whoever wrapped its intent in a bundle.
Source: the rebates of order-flow auctions, e.g. Flashbots, MEV-Share (2023); Gosselin and Chiplunkar (2023), The
orderflow auction design space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numba import njit
from pydantic import Field

from market.intents.rows import Rows
from market.sequencing.payments import pay
from market.sequencing.revenue.base import Purse, Revenue
from market.state.ledger import Why, transfer
from market.state.store import State, balance, get
from market.state.tables import Asset

if TYPE_CHECKING:
    from market.domain import Slot


@njit(cache=True)
def _losses(state: State, rows: Rows, loss: np.ndarray) -> None:
    """What each intent lost to the bundle that carried it, against standing where the bundle stands [USD]."""
    for k in range(rows.size):
        loss[k] = 0.0
        if rows[k].fallback_out > 0.0:
            price = get(state, Asset.price, rows[k].asset_out)
            loss[k] = max(0.0, (rows[k].fallback_out - rows[k].filled_out) * price)


@njit(cache=True)
def _refund(state: State, rows: Rows, payer: int, amounts: np.ndarray) -> None:
    """Pay each row's sender on its rollup what the payer has there; `amounts` keeps what could not be paid [USD]."""
    for k in range(rows.size):
        if amounts[k] > 0.0:
            part = min(amounts[k], max(0.0, balance(state, payer, rows[k].rollup, 0)))
            if transfer(state, payer, rows[k].sender, rows[k].rollup, 0, part, Why.REVENUE):
                amounts[k] -= part


class RebateUsers(Revenue):
    """A share goes back to users; what no user brought, and the rest, stays with whoever received it."""

    kind: Literal["rebate_users"] = "rebate_users"
    share: float = Field(default=0.8, ge=0, le=1, description="part of each slot's revenue that goes back [1]")
    bids_by: Literal["volume", "loss"] = Field(
        default="volume", description="bids go back by value traded, or by what was lost to bundles (else by value)"
    )

    def pass_on(self, slot: Slot) -> None:
        """Pay the senders, agents of the market excepted: they trade, users are traded against."""
        purse = self.purse(slot)
        if purse.total <= 0.0 or not slot.rows.size:
            return
        users = slot.rows["sender"] >= len(slot.market.participants)
        amounts = self.share * (self._fees(purse) + purse.bids * self._weights(slot, purse, users)) * users
        _refund(slot.market.world.state, slot.rows, purse.account, amounts)
        # where the payer has no funds on the user's rollup, it pays on another one
        for k in np.flatnonzero(amounts > 0.0):
            sender = int(slot.rows["sender"][k])
            pay(slot.market, purse.account, sender, slot.domain.rollups, float(amounts[k]), Why.REVENUE)

    def _fees(self, purse: Purse) -> np.ndarray:
        """Fees of each row, as far as they are shared: not where the slot was sold, whose leader keeps them."""
        return purse.paid if purse.fees.any() else np.zeros(purse.paid.size)

    def _weights(self, slot: Slot, purse: Purse, users: np.ndarray) -> np.ndarray:
        """Each user's intents' share in what the bids were paid for: shape (rows,), sums to 1 or 0."""
        weights = purse.value * users
        if self.bids_by == "loss":
            loss = np.empty(slot.rows.size)
            _losses(slot.market.world.state, slot.rows, loss)
            if (loss * users).sum() > 0.0:
                weights = loss * users
        total = weights.sum()
        return weights / total if total > 0.0 else weights
