"""What auctions share in which a domain's rollups are sold in parts: who reads what of a part, and who builds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from market.access.protocols import Award, Bid
from market.errors import blame
from market.intents.rows import copied, in_line, taken
from market.intents.spans import homes, within
from market.kernel.direct import bound
from market.sequencing.auctions.base import Auction
from market.sequencing.ordering.base import first_come_order, untouched

if TYPE_CHECKING:
    from market.domain import Slot

NOWHERE = np.zeros(0, np.int64)
_homes, _within = bound(homes), bound(within)


class Shown:
    """What is shown to one builder, whatever it is asked to bid for."""

    def __init__(self, slot: Slot, builder: Any) -> None:
        self.builder = builder
        self.due, self.received = slot.shown_to(builder)
        self.homes = np.empty(self.due.size, np.int64)
        _homes(in_line(self.due), self.homes)


class PartsAuction(Auction):
    """An auction of parts of a domain: groups of its rollups, each built by one builder."""

    def award(self, slot: Slot, awards: list[Award]) -> None:
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
            rest = self.inside(slot, slot.due, unsold)
            order = rest[first_come_order(slot.due[rest], slot.rng.random(rest.size))]
            awards = [*awards, Award(unsold, None, Bid(untouched(order), 0.0, 0.0))]
        slot.awards = tuple(awards)
        for award in awards:
            if award.winner is not None and award is not first:
                self.note(slot, award.winner)

    def announce(self, slot: Slot, awards: list[Award]) -> None:
        """Tell each winner which parts it builds; a builder without `builds` need not know."""
        parts: dict[int, list[tuple[int, ...]]] = {}
        for award in awards:
            parts.setdefault(award.winner.account, []).append(award.rollups)
        for builder in slot.market.builders:
            if builder.account in parts and hasattr(builder, "builds"):
                with blame(slot.market, builder):
                    builder.builds(tuple(parts[builder.account]))

    def names(self, slot: Slot, bundle: tuple[int, ...]) -> tuple[int, ...]:
        """Return the rollups of a bundle of positions in the domain's rollups."""
        return tuple(slot.domain.rollups[at] for at in bundle)

    def inside(self, slot: Slot, rows: np.ndarray, rollups: tuple[int, ...]) -> np.ndarray:
        """Return which rows are on some rollups alone, bundles as a whole."""
        if not rows.size:
            return NOWHERE
        covered = np.zeros(len(slot.market.config.rollups), np.bool_)
        covered[list(rollups)] = True
        inside = np.zeros(rows.size, np.bool_)
        _within(in_line(rows), covered, inside)
        return np.flatnonzero(inside)

    def ask(self, slot: Slot, shown: Shown, rollups: tuple[int, ...]) -> Bid:
        """Ask for a block of some rollups, showing what is due there."""
        view = slot.domain.block_view(shown.builder, slot.sealed_at)
        if rollups == slot.domain.rollups:
            view.due = copied(shown.due)
            return self.offer(slot, shown.builder, view, shown.received)
        if len(rollups) == 1:
            inside = np.flatnonzero(shown.homes == rollups[0]) if shown.due.size else NOWHERE
        else:
            inside = self.inside(slot, shown.due, rollups)
        view.due, view.rollups = taken(shown.due, inside), rollups
        return self.offer(slot, shown.builder, view, shown.received.take(inside))
