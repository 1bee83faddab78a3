"""Founding what is shared by whatever can be liquidated: terms of auctions, their lots, whom to index.

Auctions, lots, groups and members are numbered venue by venue, in the order of `VENUES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from market.state.ledger import endow
from market.venues import VENUES
from market.venues.founding import Founding, Plan, World, foundings
from market.venues.liquidation import design as liquidations
from market.venues.liquidation.design import Design
from market.venues.liquidation.thresholds import bucket_count


def designs_of(plan: Plan, kind: str) -> list[Design]:
    """Return the designs of what stands in a list of the rollups' settings; raises InputError for what cannot be."""
    return [
        liquidations.make(spec.liquidation, f"rollups.{plan.config.rollups[rollup].name}.{kind}.liquidation")
        for rollup, spec in plan.listed(kind)
    ]


def lots_of(plan: Plan, venue: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the lots of a venue, ascending, and the number of the market of each.

    A venue says on opening, in the column `contract`, which contract holds what is for sale in its lots (-1: none).
    """
    before = list(plan.designs)[: list(plan.designs).index(venue)]
    first = sum(design.most_open for other in before for design in plan.designs[other])
    counts = [design.most_open for design in plan.designs[venue]]
    return first + np.arange(sum(counts)), np.repeat(np.arange(len(counts)), counts)


def auctions_of(plan: Plan, venue: str) -> np.ndarray:
    """Return the rows of a venue's markets among the auctions."""
    return _numbers(plan.designs, venue, len)


def groups_of(plan: Plan, venue: str) -> np.ndarray:
    """Return the groups that a venue has in the lists of `thresholds`."""
    return _numbers(
        {name: founding.indexed(plan) for name, founding in foundings().items()}, venue, lambda count: count[0]
    )


def members_of(plan: Plan, venue: str) -> np.ndarray:
    """Return the members that a venue has in the lists of `thresholds`."""
    return _numbers(
        {name: founding.indexed(plan) for name, founding in foundings().items()}, venue, lambda count: count[1]
    )


def _numbers(parts: Mapping[str, Any], venue: str, size: Callable[[Any], int]) -> np.ndarray:
    """Numbers of a venue, where all venues are numbered one after the other."""
    first = sum(size(parts[name]) for name in list(parts)[: list(parts).index(venue)])
    return np.arange(first, first + size(parts[venue]))


def _designs(plan: Plan) -> list[Design]:
    """Design of every market, a row each of the table of auctions."""
    return [design for designs in plan.designs.values() for design in designs]


class Genesis(Founding):
    """What is founded for whatever can be liquidated."""

    def accounts(self, plan: Plan) -> dict[str, int]:
        """Return an account for every lot."""
        lots = sum(design.most_open for design in _designs(plan))
        return {"auctions": lots} | ({"security modules": len(plan.config.rollups)} if _secured(plan) else {})

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return the numbers of markets, of lots, of groups and of their members."""
        groups, members = _indexed(plan)
        lots = sum(design.most_open for design in _designs(plan))
        modules = len(plan.config.rollups) if _secured(plan) else 0
        return {
            "auctions": len(_designs(plan)), "lots": lots, "buckets": groups, "entries": members, "security": modules
        }  # fmt: skip

    def shapes(self, plan: Plan) -> dict[str, tuple[int, ...]]:
        """Return how many buckets each group has."""
        return {"buckets": (bucket_count(*_indexed(plan)),)}

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Write the terms of every market, give every lot an account of its own, and security modules their stakes.

        A venue with markets that liquidate has a table of them under its own name.
        """
        auctions, lots = world.tables.auctions, world.tables.lots
        lots["id"], lots["closed_at"], lots["bidder"] = -1.0, -1.0, -1.0
        lots["account"] = world.accounts_of("auctions")
        first = 0
        for at, design in enumerate(_designs(plan)):
            design.write(auctions[at])
            auctions[at]["first"], auctions[at]["lots"] = first, design.most_open
            lots["auction"][first : first + design.most_open] = at
            first += design.most_open
        for venue, designs in plan.designs.items():
            if designs:
                rows = auctions_of(plan, venue)
                auctions["venue"][rows], auctions["market"][rows] = VENUES.index(venue), np.arange(len(designs))
                auctions["rollup"][rows] = getattr(world.tables, venue)["rollup"]
        if _secured(plan):
            world.tables.security["account"] = world.accounts_of("security modules")
            for rollup, account in enumerate(world.accounts_of("security modules")):
                endow(world.tables, account, rollup, 0, plan.config.rollups[rollup].security_usd)


def _secured(plan: Plan) -> bool:
    """Whether any rollup has a security module."""
    return any(rollup.security_usd > 0.0 for rollup in plan.config.rollups)


def _indexed(plan: Plan) -> tuple[int, int]:
    """How many groups, and how many members, all venues together enter in the lists."""
    counts = [founding.indexed(plan) for founding in foundings().values()]
    return sum(groups for groups, _ in counts), sum(members for _, members in counts)
