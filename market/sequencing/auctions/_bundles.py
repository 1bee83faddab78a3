"""Bundles of a domain's rollups that are for sale, and which of them bring most together."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numba import njit
from pydantic import Field, PrivateAttr

from market.errors import InputError
from market.sequencing.auctions._parts import PartsAuction

if TYPE_CHECKING:
    from market.domain import Domain

ROUNDING = 1e-9
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


class BundleAuction(PartsAuction):
    """An auction in which bundles of rollups are for sale, of which those win that bring most together."""

    portable: ClassVar[bool] = False
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

    def split(
        self, bids: dict[tuple[int, ...], float], count: int
    ) -> tuple[list[tuple[int, ...]], np.ndarray, np.ndarray | None]:
        """Return the bundles that win, and the bids for each rollup and, if all are for sale, for each group.

        Parameters
        ----------
        bids
            what each bundle of positions in the domain's rollups would bring [USD]
        count
            rollups of the domain
        """
        bid = {bundle: amount for bundle, amount in bids.items() if 0.0 < amount >= self.reserve_usd}
        alone = np.array([bid.get((at,), 0.0) for at in range(count)])
        whole = tuple(range(count))
        if self.bundles == "single_or_all":
            if count == 1 or 0.0 < bid.get(whole, 0.0) >= alone.sum() * (1.0 - ROUNDING):
                return [whole] if whole in bid else [], alone, None
            return [(at,) for at in range(count) if (at,) in bid], alone, None
        best, values, chosen = np.zeros(1 << count), np.zeros(1 << count), np.zeros(1 << count, np.int64)
        for bundle, amount in bid.items():
            best[sum(1 << at for at in bundle)] = amount
        determine(best, values, chosen)
        won, left = [], (1 << count) - 1
        while left:
            bundle = int(chosen[left])
            if bundle:
                won.append(tuple(at for at in range(count) if bundle >> at & 1))
            left ^= bundle or left & -left
        return won, alone, values
