"""An auction of its own for every rollup: the block, or the place in it, is sold rollup by rollup.

Builders bid on each rollup apart, one after the other, and winners may differ from rollup to rollup. A bundle of
intents that spans rollups can be in nobody's part; where only a place is sold, it stands in the common rest.
Source: Astria documentation, "Block space auctions" (2024): each rollup sells the top of its block by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from market.access.protocols import Award, Bid, Sale
from market.errors import blame
from market.sequencing.auctions._formats import CODES, settle
from market.sequencing.auctions._parts import PartsAuction, Shown

if TYPE_CHECKING:
    from market.domain import Slot


class PerRollup(PartsAuction):
    """A sealed auction for each rollup of the domain."""

    kind: Literal["per_rollup"] = "per_rollup"
    format: Literal["first_price", "second_price", "all_pay"] = Field(
        default="first_price", description="rule of allocation and payment"
    )

    def hold(self, slot: Slot) -> None:
        """Sell every rollup, and leave in the slot who has won what."""
        builders = slot.market.builders
        if not builders:
            return
        shown = [Shown(slot, builder) for builder in builders]
        sold = [self._sell(slot, shown, rollup) for rollup in slot.domain.rollups]
        awards = [award for award, _ in sold if award is not None]
        slot.alone = np.array([price for _, price in sold])
        self.award(slot, awards)
        self.announce(slot, awards)

    def _sell(self, slot: Slot, shown: list[Shown], rollup: int) -> tuple[Award | None, float]:
        """Return who has won a rollup (None: nobody), and what was paid for it by all [USD]."""
        builders = slot.market.builders
        offers: list[Bid] = [self.ask(slot, to_one, (rollup,)) for to_one in shown]
        bids, payments = np.array([offer.amount for offer in offers]), np.zeros(len(offers))
        # a bid of nothing is none: nobody is to win a rollup by leaving it alone
        admitted = np.where(bids > 0.0, bids, -1.0)
        winner = int(settle(CODES[self.format], admitted, self.reserve_usd, slot.rng.random(), payments))
        for builder, payment in zip(builders, payments.tolist(), strict=True):
            if payment > 0.0:
                self.collect(slot, builder, payment)
        slot.sales.append(Sale(tuple(builders), bids, float(payments.sum()), winner))
        for at, builder in enumerate(builders):
            with blame(slot.market, builder):
                builder.heard(at == winner, float(payments[at]), float(bids.max()))
        award = None if winner < 0 else Award((rollup,), builders[winner], offers[winner])
        return award, float(payments.sum())
