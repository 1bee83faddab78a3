"""Opening a concentrated pool: liquidity over all prices, and ranges around the price or wherever they are given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from market.errors import InputError
from market.intents.rows import Reason, blank
from market.state.journal import open_journal
from market.state.ledger import endow
from market.venues.founding import World
from market.venues.pools.config import ConcentratedConfig
from market.venues.pools.ranges import amounts, mint, name
from market.venues.pools.ticks import STEP, root_now, root_of

BELL_ENDS = 3.0
"""Where the bell is cut off [standard deviations]."""


def open_concentrated(
    world: World, pool: int, spec: ConcentratedConfig, first: float, second: float, owner: int
) -> None:
    """Endow a pool and give all of it to one provider.

    Parameters
    ----------
    world, pool
        the market that is founded, and the pool, whose terms are written
    spec
        where its liquidity is
    first, second
        virtual reserves that swaps would meet if all of the liquidity were everywhere [units of either asset]
    owner
        account of the provider
    """
    tables, row = world.tables, world.tables.pools[pool]
    account, rollup, liquidity = int(row["account"]), int(row["rollup"]), float(np.sqrt(first * second))
    row["spacing"] = spec.spacing
    row["shares"] = row["everywhere"] = spec.everywhere * liquidity
    tables.provisions["shares"][int(tables.accounts["provider"][owner]), pool] = row["shares"]
    for side, amount in enumerate((first, second)):
        row["virtual"][side] = spec.everywhere * amount
        endow(tables, account, rollup, int(row["asset"][side]), spec.everywhere * amount)
    price = second / first
    for lower, upper, share in _ranges(spec, price):
        parts = amounts(share * liquidity, root_of(lower), root_of(upper), root_now(world.state, pool))
        for side, amount in enumerate(parts):
            endow(tables, owner, rollup, int(row["asset"][side]), amount)
        intent: Any = blank(1)[0]
        intent["sender"], intent["venue"], intent["rollup"] = owner, pool, rollup
        intent["target"], intent["amount"] = name(lower, upper), share * liquidity
        open_journal(world.state)
        reason = mint(world.state, intent, 0.0)
        if reason != Reason.NONE:
            raise InputError(
                f"pool {pool}: no range from {lower} to {upper}: {Reason(reason).name}; allowed: ranges between ticks "
                "within 887272, at most most_ranges of them"
            )


def _ranges(spec: ConcentratedConfig, price: float) -> Iterator[tuple[int, int, float]]:
    """Yield the ticks of each range, and its liquidity over that of the whole pool."""
    if spec.bell_bp is not None:
        yield from _bell(spec, spec.bell_bp, price)
    for given in spec.ranges:
        lower, upper = (round(_tick(value) / spec.spacing) * spec.spacing for value in (given.lower, given.upper))
        yield lower, max(upper, lower + spec.spacing), given.liquidity


def _bell(spec: ConcentratedConfig, deviation_bp: float, price: float) -> Iterator[tuple[int, int, float]]:
    """Yield ranges of one bell, one within the other: their steps follow exp(-d^2/2), d in standard deviations."""
    edges = BELL_ENDS * np.arange(1, spec.bell_ranges + 1) / spec.bell_ranges
    heights = np.exp(-0.5 * (edges - 0.5 * edges[0]) ** 2)
    shares = np.diff(heights, append=0.0) / -heights[0] * (1.0 - spec.everywhere)
    width = deviation_bp * 1e-4 / np.log(STEP)
    ends: dict[tuple[int, int], float] = {}
    for edge, share in zip(edges, shares, strict=True):
        lower = int(np.floor((_tick(price) - edge * width) / spec.spacing)) * spec.spacing
        upper = int(np.ceil((_tick(price) + edge * width) / spec.spacing)) * spec.spacing
        ends[lower, upper] = ends.get((lower, upper), 0.0) + float(share)
    for (lower, upper), share in ends.items():
        if share > 0.0:
            yield lower, upper, share


def _tick(price: float) -> float:
    """Number of the tick at a price; ticks between two are not whole [1]."""
    return float(np.log(price) / np.log(STEP))
