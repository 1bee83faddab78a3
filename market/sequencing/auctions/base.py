"""Holding an auction for the right to build a slot's block: bids in, winner and payment out."""

from __future__ import annotations

import numpy as np

from market.ledger import Why, settle
from market.seats import Bid
from market.sequencing import Part

BID = int(Why.BID)


class SealedAuction(Part):
    """Each builder hands in one block and one bid, unseen by the others; a subclass names the rule of payment."""

    reserve_usd: float = 0.0

    def allocate(self, bids: np.ndarray, u: float, payments: np.ndarray) -> int:
        """Winner (-1: none) and, in place, what each pays [USD]."""
        raise NotImplementedError

    def hold(self, slot) -> None:
        """Collect the bids of a slot, settle in the ledger, tell the bidders, and name the winner in the slot."""
        builders = slot.market.builders
        offers: list[Bid] = [self._offer(slot, builder) for builder in builders]
        bids = np.array([offer.amount for offer in offers])
        payments = np.zeros(len(bids))
        winner = self.allocate(bids, slot.rng.random(), payments) if len(bids) else -1
        for builder, payment in zip(builders, payments, strict=True):
            if payment > 0.0:
                self._pay(slot, builder, float(payment))
        if winner >= 0:
            slot.winner, slot.winning = builders[winner], offers[winner]
        highest = float(bids.max()) if len(bids) else 0.0
        for at, builder in enumerate(builders):
            builder.told(at == winner, float(payments[at]), highest)

    def _offer(self, slot, builder) -> Bid:
        view, received = slot.builder_view(builder)
        with slot.market.blame(builder):
            offer = builder.build(view)
        if not np.isfinite(offer.amount) or offer.amount < 0.0:
            raise slot.market.fault(builder, f"bids {offer.amount}; allowed: finite and not negative")
        order = offer.arrangement.order
        taken = order >= 0
        if (order[taken] >= received.size).any():
            raise slot.market.fault(builder, "its block names an intent that it did not receive")
        mapped = order.copy()
        mapped[taken] = received[order[taken]]
        return offer._replace(arrangement=offer.arrangement._replace(order=mapped))

    def _pay(self, slot, builder, payment: float) -> None:
        """Take the payment from wherever in the domain the builder has funds; a bid that it cannot pay is a fault."""
        book, left = slot.market.world.book, payment
        for rollup in slot.domain.rollups:
            amount = min(left, slot.market.world.tables.balance[builder.account, rollup, 0])
            if amount > 0.0 and settle(book, builder.account, slot.leader.account, rollup, 0, amount, BID):
                left -= amount
            if left <= 0.0:
                break
        if left > 1e-9 * payment:
            raise slot.market.fault(builder, f"bids {payment:.2f} USD, {left:.2f} USD more than it has in the domain")
        slot.market.tally.auction_revenue += payment
        slot.bids += payment
        slot.market.tally.paid_bid(builder.account, payment)
