"""The venues: a room for each, all of one shape. A new venue is one new folder and its name in the list `VENUES`.

A venue's folder has `tables` (its columns by name), `kinds` (its intents, and what each states of itself), `rules`
(compiled: what each of its intents does), `config`, `genesis`, `view` and `outcomes`.

Of `config` the market reads, where they exist, the models `OnRollup` and `OnMarket`, whose fields it adds to the
settings of a rollup and of the market, and the functions `assets_used` and `rollups_used`, which yield the field and
the name of every asset and of every other rollup that a rollup's settings name. Of `genesis` it takes `Genesis`, which
answers the questions of :class:`market.venues.founding.Founding`.
"""

from __future__ import annotations

import importlib
import importlib.util
from enum import IntEnum
from functools import cache
from types import ModuleType
from typing import Any

import market.state.tables  # noqa: F401 - tables of no venue have the first numbers
from market.intents.kinds import Statement

VENUES = (
    "pools", "lending", "oracles", "bridges", "outside", "perpetuals", "committees", "options", "liquidation", "mining",
)  # fmt: skip
"""The venues that exist, in the order of their tables and kinds."""
LOADS = (
    "tables", "kinds", "config", "genesis", "rules", "auctions", "fixed_spread", "close_out", "flows", "instrument",
    "supply", "exemptions", "view", "outcomes", "clock", "quotes", "expiries", "covers",
    "sales",
)  # fmt: skip
"""Modules of a venue that others find by these names, where a venue has them."""

for _venue in VENUES:
    importlib.import_module(f"market.venues.{_venue}.tables")

KINDS: tuple[tuple[str, Statement], ...] = tuple(
    (venue, statement)
    for venue in VENUES
    for statement in importlib.import_module(f"market.venues.{venue}.kinds").KINDS
)
"""Venue of each kind, and what the kind states of itself, in the order of `Kind`."""
STATEMENTS: tuple[Statement, ...] = tuple(statement for _, statement in KINDS)

Kind: Any = IntEnum(  # the type checker cannot know members that venues declare
    "Kind", {statement.name.upper(): at for at, statement in enumerate(STATEMENTS)}, module=__name__
)
"""What an intent asks for: a member for each statement, named alike."""


@cache
def rooms(part: str) -> dict[str, ModuleType]:
    """Return the module of that name of every venue that has one, by venue, in the order of `VENUES`."""
    names = {venue: f"market.venues.{venue}.{part}" for venue in VENUES}
    return {venue: importlib.import_module(name) for venue, name in names.items() if importlib.util.find_spec(name)}
