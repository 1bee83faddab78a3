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

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numba import njit
from pydantic import Field, PrivateAttr

from market.access.protocols import Award, Bid
from market.errors import InputError, blame
from market.intents.rows import Rows
from market.sequencing.auctions.base import Auction
from market.sequencing.ordering.base import first_come_order, untouched

if TYPE_CHECKING:
    from market.domain import Domain, Slot

NOWHERE = np.zeros(0, np.int64)
MOST = 10
"""Rollups of a domain of which every group can be for sale."""


@njit(cache=True)
def determine(bids: np.ndarray, best: np.ndarray, chosen: np.ndarray) -> None:
    """Find the most that each group of members can bring when it is split into bundles.

    Parameters
    ----------
    bids
        shape (2**n,): best bid for each bundle, bit r of its number being member r; 0 where there is none
    best
        shape (2**n,): overwritten with what each group brings
    chosen
        shape (2**n,): overwritten with the bundle that holds a group's lowest member, 0: that one stays unsold
    """
    best[0], chosen[0] = 0.0, 0
    for group in range(1, bids.size):
        low = group & -group
        rest = group ^ low
        best[group], chosen[group] = best[rest], 0
        # every bundle that holds the lowest member: it and any part of the rest
        part = rest
        while True:
            bundle = part | low
            if bids[bundle] > 0.0 and bids[bundle] + best[group ^ bundle] > best[group]:
                best[group], chosen[group] = bids[bundle] + best[group ^ bundle], bundle
            if part == 0:
                break
            part = (part - 1) & rest


@njit(cache=True)
def within(rows: Rows, covered: np.ndarray, inside: np.ndarray) -> None:
    """Mark rows on covered rollups (a flag each), bundles only if they are covered as a whole."""
    at = 0
    while at < rows.size:
        end, whole = at + 1, covered[rows[at].rollup]
        while end < rows.size and rows[at].bundle >= 0 and rows[end].bundle == rows[at].bundle:
            whole = whole and covered[rows[end].rollup]
            end += 1
        for k in range(at, end):
            inside[k] = whole
        at = end


@njit(cache=True)
def homes(rows: Rows, found: np.ndarray) -> None:
    """Write the rollup that each row is on, -1 for members of a bundle that spans several."""
    at = 0
    while at < rows.size:
        end, home = at + 1, rows[at].rollup
        while end < rows.size and rows[at].bundle >= 0 and rows[end].bundle == rows[at].bundle:
            home = home if rows[end].rollup == home else -1
            end += 1
        found[at:end] = home
        at = end


class _Offer(NamedTuple):
    """The best offer for one bundle of rollups."""

    builder: int
    bid: Bid


class _Shown:
    """What is shown to one builder, whatever it is asked to bid for."""

    def __init__(self, slot: Slot, builder: Any) -> None:
        self.builder = builder
        self.due, self.received = slot.shown_to(builder)
        self.homes = np.empty(self.due.size, np.int64)
        homes(self.due, self.homes)


class Combinatorial(Auction):
    """Sealed bids on bundles of rollups; the best split wins, and winners pay what they bid."""

    kind: Literal["combinatorial"] = "combinatorial"
    bundles: Literal["single_or_all", "any"] = Field(
        default="single_or_all", description=f"what is for sale: each rollup and all, or every group (up to {MOST})"
    )
    _sale: list[tuple[int, ...]] = PrivateAttr(default_factory=list)

    def seated(self, domain: Domain) -> None:
        """Draw up what is for sale: tuples of positions in the domain's rollups."""
        count = len(domain.rollups)
        if self.bundles == "single_or_all":
            self._sale = [(at,) for at in range(count)]
            if count > 1:
                self._sale.append(tuple(range(count)))
            return
        if count > MOST:
            raise InputError(
                f"regime.auction.bundles: 'any' of {count} rollups is too many; allowed: up to {MOST}, or single_or_all"
            )
        groups = [tuple(at for at in range(count) if group >> at & 1) for group in range(1, 1 << count)]
        self._sale = sorted(groups, key=lambda group: (len(group), group))

    def start(self) -> Combinatorial:
        """Return the auction of one domain."""
        return self.model_copy()

    def hold(self, slot: Slot) -> None:
        """Collect the bids on every bundle, split the domain, settle, tell the bidders."""
        builders = slot.market.builders
        shown = [_Shown(slot, builder) for builder in builders]
        best = {bundle: self._best(slot, shown, bundle) for bundle in self._sale} if builders else {}
        won, slot.alone, slot.groups = self._split(best, len(slot.domain.rollups))
        paid = np.zeros(len(builders))
        awards: list[Award] = []
        for bundle in won:
            offer = best[bundle]
            paid[offer.builder] += 0.0 if slot.orphaned else offer.bid.amount
            self.collect(slot, builders[offer.builder], offer.bid.amount)
            awards.append(Award(self._names(slot, bundle), builders[offer.builder], offer.bid))
        self._award(slot, awards)
        for at, builder in enumerate(builders):
            with blame(slot.market, builder):
                builder.heard(any(award.winner is builder for award in awards), float(paid[at]), float(paid.sum()))

    def _award(self, slot: Slot, awards: list[Award]) -> None:
        """Note in the slot who builds what; what nobody bought is built by arrival."""
        if not awards:
            return
        first = max(awards, key=lambda award: award.offer.amount)
        slot.winner, slot.winning = first.winner, first.offer
        self.note(slot, slot.winner)
        sold = {rollup for award in awards for rollup in award.rollups}
        unsold = tuple(rollup for rollup in slot.domain.rollups if rollup not in sold)
        if len(awards) == 1 and not unsold:
            return
        if unsold:
            rest = self._inside(slot, slot.due, unsold)
            order = rest[first_come_order(slot.due[rest], slot.rng.random(rest.size))]
            awards = [*awards, Award(unsold, None, Bid(untouched(order), 0.0, 0.0))]
        slot.awards = tuple(awards)
        for award in awards:
            if award.winner is not None and award is not first:
                self.note(slot, award.winner)

    def _names(self, slot: Slot, bundle: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(slot.domain.rollups[at] for at in bundle)

    def _inside(self, slot: Slot, rows: np.ndarray, rollups: tuple[int, ...]) -> np.ndarray:
        if not rows.size:
            return NOWHERE
        covered = np.zeros(len(slot.market.config.rollups), np.bool_)
        covered[list(rollups)] = True
        inside = np.zeros(rows.size, np.bool_)
        within(rows, covered, inside)
        return np.flatnonzero(inside)

    def _best(self, slot: Slot, shown: list[_Shown], bundle: tuple[int, ...]) -> _Offer:
        """Return the best offer for a bundle; exact ties fall to a draw."""
        rollups = self._names(slot, bundle)
        offers = [self._ask(slot, to_one, rollups) for to_one in shown]
        most = max(offer.amount for offer in offers)
        highest = [at for at, offer in enumerate(offers) if offer.amount == most]
        winner = highest[0] if len(highest) == 1 else highest[int(slot.rng.random() * len(highest))]
        return _Offer(winner, offers[winner])

    def _ask(self, slot: Slot, shown: _Shown, rollups: tuple[int, ...]) -> Bid:
        """Ask for a block of some rollups, showing what is due there."""
        view = slot.domain.block_view(shown.builder, slot.sealed_at)
        if rollups == slot.domain.rollups:
            view.due = shown.due.copy()
            return self.offer(slot, shown.builder, view, shown.received)
        if len(rollups) == 1:
            inside = np.flatnonzero(shown.homes == rollups[0]) if shown.due.size else NOWHERE
        else:
            inside = self._inside(slot, shown.due, rollups)
        view.due, view.rollups = shown.due.take(inside), rollups
        return self.offer(slot, shown.builder, view, shown.received.take(inside))

    def _split(
        self, best: dict[tuple[int, ...], _Offer], count: int
    ) -> tuple[list[tuple[int, ...]], np.ndarray, np.ndarray | None]:
        """Return the bundles that win, and the best bids for each rollup and, if asked for, for each group."""
        bid = {bundle: o.bid.amount for bundle, o in best.items() if 0.0 < o.bid.amount >= self.reserve_usd}
        alone = np.array([bid.get((at,), 0.0) for at in range(count)])
        whole = tuple(range(count))
        if self.bundles == "single_or_all":
            if bid.get(whole, 0.0) > alone.sum() or count == 1:
                return [whole] if whole in bid else [], alone, None
            return [(at,) for at in range(count) if (at,) in bid], alone, None
        bids, values, chosen = np.zeros(1 << count), np.zeros(1 << count), np.zeros(1 << count, np.int64)
        for bundle, amount in bid.items():
            bids[sum(1 << at for at in bundle)] = amount
        determine(bids, values, chosen)
        won, left = [], (1 << count) - 1
        while left:
            bundle = int(chosen[left])
            if bundle:
                won.append(tuple(at for at in range(count) if bundle >> at & 1))
            left ^= bundle or left & -left
        return won, alone, values
