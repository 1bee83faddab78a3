"""Holding an auction for the right to build a slot's block: bids in, winner and payment out."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from market.access.protocols import Bid, Sale
from market.errors import blame, fault
from market.kernel.compiled import kernel
from market.kernel.direct import bound
from market.sequencing import Part
from market.sequencing.arrangements import malformed
from market.sequencing.payments import pay
from market.state.ledger import Why

if TYPE_CHECKING:
    from market.access.observation import BlockView
    from market.domain import Slot

ROUNDING = 1e-9


def _is_number(value: Any) -> bool:
    return type(value) is float or (isinstance(value, Real) and not isinstance(value, bool))


@kernel
def _map(order: np.ndarray, received: np.ndarray) -> bool:
    """Name pending intents in an order as the slot does, in place; return whether there are all that it names."""
    for at in range(order.size):
        if order[at] >= received.size:
            return False
        if order[at] >= 0:
            order[at] = received[order[at]]
    return True


_mapped = bound(_map)


class Auction(Part):
    """What all auctions share: asking a builder for an offer, and having it paid to the leader."""

    reserve_usd: float = Field(default=0.0, ge=0, description="lowest bid that can win [USD]")

    def hold(self, slot: Slot) -> None:
        """Collect the bids of a slot, settle in the ledger, tell the bidders, and name the winner in the slot."""
        raise NotImplementedError

    def offer(self, slot: Slot, builder: Any, view: BlockView, received: np.ndarray) -> Bid:
        """Ask for a block and a bid, given what the builder reads and which of the slot's due intents these are."""
        with blame(slot.market, builder):
            offer = builder.build(view)
            if not isinstance(offer, Bid):
                raise TypeError(f"build returned {type(offer).__name__}, not a Bid")
        self.check(slot, builder, offer.amount)
        if not _is_number(offer.value) or not math.isfinite(offer.value):
            raise fault(slot.market, builder, f"expects to earn {offer.value!r}; allowed: a finite number")
        wrong = malformed(offer.arrangement, received.size, slot.domain.rollups)
        if wrong:
            raise fault(slot.market, builder, f"its block {wrong}")
        order = offer.arrangement.order
        if not order.size:
            return offer
        mapped = np.array(order, np.int64)
        if not _mapped(mapped, received):
            raise fault(slot.market, builder, "its block names an intent that it did not receive")
        return offer._replace(arrangement=offer.arrangement._replace(order=mapped))

    def check(self, slot: Slot, builder: Any, bid: float) -> None:
        """Raise the builder's fault where a bid is no bid."""
        if not _is_number(bid) or not 0.0 <= bid < np.inf:
            raise fault(slot.market, builder, f"bids {bid!r}; allowed: finite and not negative")

    def note(self, slot: Slot, winner: Any) -> None:
        """Let the totals know whose block is taken, unless it takes no effect."""
        if not slot.orphaned:
            slot.market.tally.built(winner.account)

    def collect(self, slot: Slot, builder: Any, payment: float) -> None:
        """Take the payment from wherever in the domain the builder has funds; a bid that it cannot pay is a fault."""
        if slot.orphaned:  # the block would have paid, and never takes effect
            return
        market = slot.market
        paid = pay(market, builder.account, slot.leader.account, slot.domain.rollups, payment, Why.BID)
        if paid < payment * (1.0 - ROUNDING):
            short = payment - paid
            raise fault(market, builder, f"bids {payment:.2f} USD, {short:.2f} USD more than it has in the domain")
        market.tally.auction_revenue += payment
        slot.bids += payment
        market.tally.paid_bid(builder.account, payment)


class SealedAuction(Auction):
    """Each builder hands in one block and one bid, unseen by the others; a subclass names the rule of payment."""

    def allocate(self, bids: np.ndarray, u: float, payments: np.ndarray) -> int:
        """Winner (-1: none) and, in place, what each pays [USD]."""
        raise NotImplementedError

    def hold(self, slot: Slot) -> None:
        """Collect the bids of a slot, settle in the ledger, tell the bidders, and name the winner in the slot."""
        builders = slot.market.builders
        offers = [self.offer(slot, builder, *slot.builder_view(builder)) for builder in builders]
        bids = self.final(slot, builders, offers)
        payments = np.zeros(bids.size)
        winner = self.allocate(bids, slot.rng.random(), payments) if bids.size else -1
        if slot.orphaned:
            payments[:] = 0.0
        for builder, payment in zip(builders, payments.tolist(), strict=True):
            if payment > 0.0:
                self.collect(slot, builder, payment)
        if winner >= 0:
            slot.winner, slot.winning = builders[winner], offers[winner]
            self.note(slot, slot.winner)
        slot.sales.append(Sale(tuple(builders), bids, float(payments.sum()), winner))
        highest = float(bids.max()) if bids.size else 0.0
        for at, builder in enumerate(builders):
            with blame(slot.market, builder):
                builder.heard(at == winner, float(payments[at]), highest)

    def final(self, slot: Slot, builders: list[Any], offers: list[Bid]) -> np.ndarray:
        """Return the bids that count: shape (builders,) [USD]; in a sealed auction those of the offers."""
        return np.array([offer.amount for offer in offers])
