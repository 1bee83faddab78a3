"""Combinatorial auction: builders bid on bundles of rollups, and each rollup's block goes to one of them.

Every builder is asked for a block and a sealed bid for each bundle that is for sale: each rollup alone, all together,
and if wanted every group in between. What brings most wins, exactly: the best way to split the domain into bundles is
found by dynamic programming over its groups of rollups. Winners pay their bids. A bundle of intents that spans rollups
can only be in a block that covers them all: where rollups go to different builders, it waits.

The best bids for groups of rollups are left in the slot: a rule that shares revenue can see from them what each rollup,
and each group, would have earned alone.
Sources: Rothkopf, Pekec and Harstad (1998), Computationally manageable combinational auctions, Management Science 44;
the Espresso marketplace (2024), which sells blocks of several rollups together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from market.access.protocols import Award, Bid
from market.errors import blame
from market.sequencing.auctions._bundles import BundleAuction
from market.sequencing.auctions._parts import Shown

if TYPE_CHECKING:
    from market.domain import Slot


class _Offer(NamedTuple):
    """The best offer for one bundle of rollups."""

    builder: int
    bid: Bid


class Combinatorial(BundleAuction):
    """Sealed bids on bundles of rollups; the best split wins, and winners pay what they bid."""

    kind: Literal["combinatorial"] = "combinatorial"

    def start(self) -> Combinatorial:
        """Return the auction of one domain."""
        return self.model_copy()

    def hold(self, slot: Slot) -> None:
        """Collect the bids on every bundle, split the domain, settle, tell the bidders."""
        builders = slot.market.builders
        shown = [Shown(slot, builder) for builder in builders]
        best = {bundle: self._best(slot, shown, bundle) for bundle in self._sale} if builders else {}
        bids = {bundle: offer.bid.amount for bundle, offer in best.items()}
        won, slot.alone, slot.groups = self.split(bids, len(slot.domain.rollups))
        paid = np.zeros(len(builders))
        awards: list[Award] = []
        for bundle in won:
            offer = best[bundle]
            paid[offer.builder] += 0.0 if slot.orphaned else offer.bid.amount
            self.collect(slot, builders[offer.builder], offer.bid.amount)
            awards.append(Award(self.names(slot, bundle), builders[offer.builder], offer.bid))
        self.award(slot, awards)
        self.announce(slot, awards)
        for at, builder in enumerate(builders):
            with blame(slot.market, builder):
                builder.heard(any(award.winner is builder for award in awards), float(paid[at]), float(paid.sum()))

    def _best(self, slot: Slot, shown: list[Shown], bundle: tuple[int, ...]) -> _Offer:
        """Return the best offer for a bundle; exact ties fall to a draw."""
        rollups = self.names(slot, bundle)
        offers = [self.ask(slot, to_one, rollups) for to_one in shown]
        most = max(offer.amount for offer in offers)
        highest = [at for at, offer in enumerate(offers) if offer.amount == most]
        winner = highest[0] if len(highest) == 1 else highest[int(slot.rng.random() * len(highest))]
        return _Offer(winner, offers[winner])
