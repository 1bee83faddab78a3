"""Founding a market: from a configuration to accounts, endowments and open venues.

The accounts stand in this order: the members, a group each; what exists once, a group each; the venues' own accounts;
the people on the venues; the treasuries of the rollups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np

from market.access.protocols import Member
from market.config import MarketConfig
from market.graph.generators import build_graph
from market.sequencing.domains.base import Charter
from market.sequencing.margin.base import one_margin
from market.state.ledger import REASONS, endow
from market.state.store import Sizes, allocate
from market.venues import STATEMENTS
from market.venues.founding import Plan, World, foundings
from market.venues.liquidation.reindex import reindex

__all__ = ["Plan", "World", "check", "found"]

NAMED = ("retail", "protocol", "stakes", "burnt", "l1")
"""Accounts that exist once, with or without venues: users, proceeds of the protocol, stakes, the burnt, L1's income."""


def found(
    config: MarketConfig, members: list[Member], prices: np.ndarray, rng: np.random.Generator,
    charters: Sequence[Charter] = (),
) -> World:  # fmt: skip
    """Lay out the accounts, endow them and open every venue.

    Parameters
    ----------
    config
        everything but the seed
    members
        the strategic agents; their places in this list are their accounts
    prices
        reference prices at the start: shape (assets,) [USD]
    rng
        draws a random graph, then what each venue draws, in the order of the venues
    charters
        what the domains are founded with: whether everybody has one margin account over all rollups of one

    Returns
    -------
    World
        the accounts, and who is who on them

    Raises
    ------
    InputError
        for what the settings of two venues, or of a venue and the graph, do not allow together
    """
    plan = Plan(config, members, prices, build_graph(config, rng), one_margin(charters))
    world = _lay_out(plan)
    world.tables.prices[:] = prices
    world.tables.rollups["gas"] = world.tables.rollups["usual"] = [rollup.gas_usd for rollup in config.rollups]
    world.tables.kinds["bytes"] = [statement.bytes for statement in STATEMENTS]
    world.tables.rollups["l1"] = world.account_of["l1"]
    # users bring their funds: they stand for the rest of the world
    world.tables.accounts["open"][world.account_of["retail"]] = 1.0
    _endow_members(world, plan)
    for founding in foundings().values():
        founding.open_venue(world, plan, rng)
    reindex(world.state)
    return world


def check(config: MarketConfig, partition: list[list[int]]) -> None:
    """Ask every venue whether it can be sequenced in these domains, each a list of rollups; InputError where not."""
    for founding in foundings().values():
        founding.check(config, partition)


def _lay_out(plan: Plan) -> World:
    """Lay out empty accounts, and say which account is whose."""
    venues, config = foundings().values(), plan.config
    names = [member.name for member in plan.members]
    names += [*chain.from_iterable(venue.named for venue in venues), *NAMED]
    own = _joined(venue.accounts(plan) for venue in venues)
    people = _joined(venue.people(plan) for venue in venues)
    others = people | {"treasuries": len(config.rollups)}
    shared: dict[str, range] = {}
    groups, group_of = list(names), list(range(len(names)))
    for name, count in (own | others).items():
        shared[name] = range(len(group_of), len(group_of) + count)
        group_of += [len(groups)] * count
        groups.append(name)
    sizes = Sizes(len(group_of), len(config.rollups), len(config.asset_names), len(groups), REASONS)
    rows = _joined(venue.rows(plan) for venue in venues) | {
        "instruments": sum(v.instruments(plan) for v in venues), "kinds": len(STATEMENTS)
    }  # fmt: skip
    state, tables = allocate(sizes, rows, _joined(venue.shapes(plan) for venue in venues))
    tables.accounts["group"] = group_of
    tables.accounts["venue"][len(names) : len(names) + sum(own.values())] = 1.0
    account_of = {name: account for account, name in enumerate(names)}
    return World(state, tables, groups, account_of, shared, tuple(people), plan.graph)


def _joined[T](parts: Iterable[Mapping[str, T]]) -> dict[str, T]:
    return {name: value for part in parts for name, value in part.items()}


def _endow_members(world: World, plan: Plan) -> None:
    for account, member in enumerate(plan.members):
        for rollup in range(len(plan.config.rollups)):
            for asset, price in enumerate(plan.prices):
                endow(world.tables, account, rollup, asset, member.capital_usd / price)
