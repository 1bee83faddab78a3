"""A population that sends random rows into whole markets, on top of whatever these do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from fuzz import AMOUNTS, QUOTING, absurd, bundle_ends, bundled, choose_option, fill_in, offered, spoil
from worlds import ETH, OTHER_MAKER, USD

from market.genesis import World
from market.intents.rows import blank
from market.model import SequencerMarket
from market.venues import KINDS, Kind

type Draw = Callable[[World, np.random.Generator, int], np.ndarray]
"""Draws so many random rows for a world."""

ON_OPTIONS = np.array([kind for kind in Kind if KINDS[kind][0] == "options"])
ON_MARGIN = (Kind.OPTION_DEPOSIT, Kind.OPTION_WITHDRAW)


class Noise:
    """A population that sends random rows, of every kind unless it is told how to draw them."""

    def __init__(self, market: SequencerMarket, seed: int, draw: Draw | None = None, count: int = 6) -> None:
        self._world, self._rng, self._numbers = market.world, np.random.default_rng(seed), 1 << 30
        self._draw, self._count = draw or random_rows_of, count

    def submit(self, time: float, until: float) -> np.ndarray:
        rows = self._draw(self._world, self._rng, self._count)
        rows["carried"] = 0
        rows["sent"] = time
        rows["arrival"] = until - self._rng.random(rows.size) * (until - time)
        rows["expiry"] = time + 4.0 * self._rng.random(rows.size)
        tied = rows["bundle"] >= 0
        rows["bundle"][tied] += self._numbers
        self._numbers += 1000
        for name in ("arrival", "expiry"):  # a bundle is handed in at once
            for first, last in bundle_ends(rows):
                rows[name][first:last] = rows[name][first]
        return rows

    def learn(self, rows: np.ndarray) -> None:
        """Noise learns nothing."""


def random_rows_of(market: World, rng: np.random.Generator, count: int) -> np.ndarray:
    """Random rows for a world of ETH and USD alone, without absurd amounts of open accounts."""
    tables = market.tables
    rows = blank(count)
    senders = [0, 1, 2, 3, market.account_of["retail"], market.accounts_of("borrowers")[0]]
    rows["sender"] = rng.choice(senders, count)
    rows["kind"] = rng.integers(0, len(Kind), count)
    rows["rollup"] = rng.integers(0, len(tables.rollups), count)
    rows["venue"] = rng.integers(0, offered(tables)[rows["kind"]])
    rows["target"] = rng.integers(0, len(tables.loans), count)
    rows["asset_in"] = rng.integers(0, 2, count)
    rows["asset_out"] = 1 - rows["asset_in"]
    rows["amount"] = rng.choice(AMOUNTS, count) * rng.uniform(0.1, 1.0, count)
    for at in np.flatnonzero(rng.random(count) < 0.3):
        spoil(rows[at], rng)
    _let_through(market, rows, OTHER_MAKER)
    return bundled(rows[~absurd(market, rows)], rng)


def random_rows_on_options(senders: Sequence[int]) -> Draw:
    """Return what draws rows on options, from some accounts of agents, of which some are market makers."""

    def drawn(market: World, rng: np.random.Generator, count: int) -> np.ndarray:
        tables, rows = market.tables, blank(count)
        makers = [who for who in senders if tables.option_accounts["quotes"][who] >= 0.0]
        rows["kind"] = rng.choice(ON_OPTIONS, count)
        rows["venue"] = rng.integers(0, offered(tables)[rows["kind"]])
        for row in rows:
            choose_option(tables, row, rng, senders, makers)
        fill_in(rows, rng, np.where(np.isin(rows["kind"], ON_MARGIN), 4e5, 3.0))
        for name in ("amount", "limit"):  # whoever trades believes the quotes that she reads
            rows[name] = np.where(np.isin(rows["kind"], QUOTING), np.minimum(rows[name], 1e6), rows[name])
        _let_through(market, rows, max(senders))
        rows["sender"] = np.where(np.isin(rows["sender"], senders), rows["sender"], senders[0])
        return bundled(rows, rng)

    return drawn


def _let_through(market: World, rows: np.ndarray, last: int) -> None:
    """Spare rows what only the desk rules out: odd tips, rollups, and assets of agents, the last of which is `last`."""
    for name in ("asset_in", "asset_out"):  # an agent, which learns from what it sent, names assets that exist
        seated = (rows["sender"] >= 0) & (rows["sender"] <= last)
        rows[name] = np.where(seated, np.clip(rows[name], USD, ETH), rows[name])
    rows["tip"] = 0.0  # the desk lets no odd tip through, and builders believe what they read
    rows["rollup"] = np.clip(rows["rollup"], 0, len(market.tables.rollups) - 1)
