"""The right to lead a slot is sold to the sequencers of the domain, in a sealed auction.

Just in time, bidders know what is pending and bid on that; ahead of time, they bid on what a slot is worth on average
and bear the risk. What is paid goes to the protocol's account and from there wherever the revenue rule sends it; tips,
gas and builders' bids of the slot are the leader's, who paid for them.
Sources: Drake and Neuder (2023), Execution tickets, ethresear.ch; Burian, Crapis and Saleh (2024), MEV capture and
decentralization in execution tickets, arXiv 2408.11255.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, PrivateAttr

from market.access.protocols import Sale
from market.errors import blame, fault
from market.sequencing.auctions._formats import CODES, settle
from market.sequencing.leaders.base import Leaders
from market.sequencing.payments import pay
from market.state.ledger import Why

if TYPE_CHECKING:
    from market.domain import Domain, Slot

ROUNDING = 1e-9


class _Sold:
    """Slots sold and not yet led."""

    def __init__(self) -> None:
        self.leader: dict[int, int] = {}  # by slot: the seat that bought it
        self.price: dict[int, float] = {}  # by slot: what everybody paid for it [USD]
        self.held = -1  # the slot that was sold last
        self.winner = -1
        self.highest = 0.0  # bid for it [USD]
        self.due: Sequence[float] = ()  # payments for it, by seat [USD]
        self.bids = np.zeros(0)  # for it, by seat [USD]


class SlotAuction(Leaders):
    """A sealed auction for every slot; bidders know their own slot's number and nothing of each other's bids."""

    kind: Literal["slot_auction"] = "slot_auction"
    members: int = Field(default=3, ge=1, description="sequencers of each domain, who bid [1]")
    when: Literal["just_in_time", "ahead"] = Field(
        default="just_in_time", description="whether a slot is sold when it begins or earlier"
    )
    ahead_slots: int = Field(default=32, ge=1, description="how many slots earlier, when sold ahead [1]")
    format: Literal["first_price", "second_price", "all_pay", "ticket_lottery"] = Field(
        default="first_price", description="rule of allocation and payment"
    )
    reserve_usd: float = Field(default=0.0, ge=0, description="lowest bid that can win [USD]")
    _sold: _Sold = PrivateAttr()

    def seats(self) -> int:
        """Return the number of bidders."""
        return self.members

    def start(self) -> SlotAuction:
        """Auctions of one domain."""
        own = self.model_copy()
        own._sold = _Sold()
        return own

    def choose(self, domain: Domain, now: float) -> Any:
        """Sell a slot, and return whoever bought the current one.

        An unsold slot is nobody's and is missed; so that the first slots, which nobody could buy ahead, are not, they
        fall to a lottery.
        """
        sold, ahead = self._sold, self.ahead_slots if self.when == "ahead" else 0
        if domain.slot < ahead:
            sold.leader[domain.slot] = int(domain.rng.integers(self.members))
        self._sell(domain, now, domain.slot + ahead)
        seat = sold.leader.pop(domain.slot, -1)
        return None if seat < 0 else domain.leaders[seat]

    def opened(self, slot: Slot) -> None:
        """Collect the payments of the auction just held; one held just in time for a slot that failed is void."""
        sold, domain = self._sold, slot.domain
        void = slot.missed and sold.held == domain.slot
        paid = [0.0 if void else self._collect(domain, *one) for one in zip(domain.leaders, sold.due, strict=True)]
        sold.price[sold.held] = sum(paid)
        if not void:
            slot.sales.append(Sale(tuple(domain.leaders), sold.bids, sum(paid), sold.winner))
        for seat, sequencer in enumerate(domain.leaders):
            with blame(domain.market, sequencer):
                sequencer.heard_slot(sold.held, seat == sold.winner and not void, paid[seat], sold.highest)
        slot.price = sold.price.pop(domain.slot, 0.0)

    def _sell(self, domain: Domain, now: float, number: int) -> None:
        bids = np.array([self._bid(domain, sequencer, now, number) for sequencer in domain.leaders])
        payments = np.zeros(bids.size)
        code = CODES["tullock" if self.format == "ticket_lottery" else self.format]
        winner = int(settle(code, bids, self.reserve_usd, domain.rng.random(), payments))
        if winner >= 0:
            self._sold.leader[number] = winner
        sold = self._sold
        sold.held, sold.winner, sold.highest, sold.due = number, winner, float(bids.max()), payments.tolist()
        sold.bids = bids

    def _bid(self, domain: Domain, sequencer: Any, now: float, number: int) -> float:
        """Ask for a sealed bid, showing what is due where it is the current slot that is sold."""
        view = domain.block_view(sequencer, now)
        waiting = domain.market.mempool.waiting(domain.index)
        arrived = waiting[waiting["arrival"] <= now] if number == domain.slot else waiting[:0]
        view.due = domain.regime.visibility.to_author(sequencer.role, sequencer.account, arrived)
        with blame(domain.market, sequencer):
            bid = float(sequencer.bid_for_slot(view, number))
        if not np.isfinite(bid) or bid < 0.0:
            raise fault(domain.market, sequencer, f"bids {bid} for a slot; allowed: finite and not negative")
        return bid

    def _collect(self, domain: Domain, sequencer: Any, amount: float) -> float:
        if amount <= 0.0:
            return 0.0
        protocol = domain.market.world.account_of["protocol"]
        paid = pay(domain.market, sequencer.account, protocol, domain.rollups, amount, Why.BID)
        if paid < amount * (1.0 - ROUNDING):
            raise fault(domain.market, sequencer, f"bids {amount:.2f} USD for a slot and has {paid:.2f} USD")
        return paid
