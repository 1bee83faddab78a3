"""What it takes to found a market: the plan of it, the world that comes of the plan, and what a venue does for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import networkx as nx
import numpy as np

from market import venues
from market.state.store import State, Tables
from market.venues.liquidation.design import Design

if TYPE_CHECKING:
    from market.access.protocols import Member
    from market.config import MarketConfig


@dataclass(frozen=True)
class Plan:
    """What a market is founded from.

    Attributes
    ----------
    config
        everything but the seed
    members
        the strategic agents, whose accounts come first, in this order
    prices
        reference prices at the start: shape (assets,) [USD]
    graph
        nodes are indices of rollups, edges bridges with `delay_s`, `fee_bp` and `capacity_usd`
    one_margin
        rollups over which everybody has one margin account, in a group for each domain that has it so
    """

    config: MarketConfig
    members: list[Member]
    prices: np.ndarray
    graph: nx.Graph
    one_margin: tuple[tuple[int, ...], ...] = ()

    def listed(self, kind: str) -> list[tuple[int, Any]]:
        """Return (rollup, settings) of everything that stands in a list of the rollups' settings, as `pools`."""
        return [(at, spec) for at, rollup in enumerate(self.config.rollups) for spec in getattr(rollup, kind)]

    def asset(self, name: str) -> int:
        """Return the index of an asset."""
        return self.config.asset_names.index(name)

    def instruments(self, venue: str) -> np.ndarray:
        """Return the rows of a venue's positions among the instruments."""
        counts = {name: founding.instruments(self) for name, founding in foundings().items()}
        first = sum(counts[name] for name in list(counts)[: list(counts).index(venue)])
        return np.arange(first, first + counts[venue])

    @cached_property
    def designs(self) -> dict[str, list[Design]]:
        """By venue, how each of its markets sells what it liquidates; raises InputError for what cannot be."""
        return {venue: founding.designs(self) for venue, founding in foundings().items()}


@dataclass
class World:
    """The founded market: accounts, and who is who.

    Attributes
    ----------
    state, tables
        the accounts, for compiled code and for Python
    groups
        names of the groups that the ledger counts accounts to
    account_of
        the account of every member, and of whatever exists once, by name
    shared
        accounts of the groups that have any number of them, by name
    people
        groups of the people on the venues
    graph
        rollups and bridges
    pool_names
        names of the pools, by number
    """

    state: State
    tables: Tables
    groups: list[str]
    account_of: dict[str, int]
    shared: dict[str, range]
    people: tuple[str, ...]
    graph: nx.Graph
    pool_names: list[str] = field(default_factory=list)

    def accounts_of(self, name: str) -> range:
        """Return the accounts of a group; raises KeyError where there is no such group."""
        if name in self.account_of:
            return range(self.account_of[name], self.account_of[name] + 1)
        return self.shared[name]

    @property
    def treasury(self) -> tuple[int, ...]:
        """Account of each rollup's protocol: what revenue rules pay to the rollup."""
        return tuple(self.accounts_of("treasuries"))


class Founding:
    """What a venue does for the founding of a market: its module `genesis` has a subclass of the name `Genesis`.

    The market asks all venues for one thing before it asks for the next, in the order of the methods here and, within
    each, of `VENUES`. A venue answers those questions that concern it.
    """

    named: ClassVar[tuple[str, ...]] = ()
    """Accounts that exist once and belong to no venue, which this one needs."""

    def check(self, config: MarketConfig, partition: list[list[int]]) -> None:
        """Raise InputError for what cannot be if the rollups are sequenced in these domains."""

    def designs(self, plan: Plan) -> list[Design]:
        """Return how each market of this venue sells what it liquidates."""
        return []

    def priced(self, plan: Plan) -> Iterable[tuple[int, int]]:
        """Return (rollup, asset) of the prices that this venue reads from oracles; the numeraire needs none."""
        return ()

    def indexed(self, plan: Plan) -> tuple[int, int]:
        """Return how many groups and members it enters in the lists of `liquidation.thresholds`."""
        return 0, 0

    def instruments(self, plan: Plan) -> int:
        """Return how many positions it enters in margin accounts."""
        return 0

    def accounts(self, plan: Plan) -> dict[str, int]:
        """Return how many accounts belong to this venue, which alone gives what they hold a meaning, by group."""
        return {}

    def people(self, plan: Plan) -> dict[str, int]:
        """Return how many accounts there are of people who are on this venue from the start, by group."""
        return {}

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return the number of rows, or the shape, of its tables."""
        return {}

    def shapes(self, plan: Plan) -> dict[str, tuple[int, ...]]:
        """Return by table the shape of its column of variable width."""
        return {}

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Write the terms, endow accounts, and let people begin; venues before this one in `VENUES` are open."""

    def index(self, state: State) -> None:
        """Enter whoever can be liquidated in the lists of `liquidation.thresholds`, which are empty. Not journalled."""


@cache
def foundings() -> dict[str, Founding]:
    """Return what each venue does for the founding of a market, by venue, in the order of `VENUES`."""
    return {venue: room.Genesis() for venue, room in venues.rooms("genesis").items()}
