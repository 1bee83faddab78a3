"""Founding oracles: a feed for every risky asset whose price a venue of the rollup reads."""

from __future__ import annotations

import numpy as np

from market.errors import InputError
from market.settings import NUMERAIRE
from market.venues.founding import Founding, Plan, World, foundings
from market.venues.oracles.rules import BLEND, COMMITTEE, EXTERNAL, POOL_SPOT, POOL_TWAP
from market.venues.pools.depth import deepest

SOURCES = {"external": EXTERNAL, "pool_twap": POOL_TWAP, "pool": POOL_SPOT, "blend": BLEND, "committee": COMMITTEE}


def feeds(plan: Plan) -> dict[tuple[int, int], int]:
    """Return the feed of every (rollup, asset) that has one: those that some venue reads, but for the numeraire's."""
    read = {pair for founding in foundings().values() for pair in founding.priced(plan)}
    return {pair: at for at, pair in enumerate(sorted(pair for pair in read if pair[1] != 0))}


class Genesis(Founding):
    """What oracles do for the founding of a market."""

    named = ("oracle",)

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return the number of feeds."""
        return {"feeds": len(feeds(plan))}

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Write the terms, and post the reference price; InputError where a feed lacks the pool that it is to read."""
        tables = world.tables
        tables.feeds["account"] = world.account_of["oracle"]
        for (rollup, asset), at in feeds(plan).items():
            spec = plan.config.rollups[rollup].oracle
            row = tables.feeds[at]
            row["rollup"], row["asset"] = rollup, asset
            row["pool"] = deepest(tables, rollup, asset, 0)
            row["source"] = SOURCES[spec.source]
            if spec.source not in ("external", "committee") and row["pool"] < 0:
                name = plan.config.rollups[rollup].name
                raise InputError(
                    f"rollups.{name}.oracle: source {spec.source!r} needs a pool of the asset against {NUMERAIRE}"
                )
            row["weight"], row["window"] = spec.blend_weight, spec.twap_s
            row["deviation"], row["heartbeat"] = spec.deviation_bp * 1e-4, spec.heartbeat_s
            row["delay"] = spec.delay_s
            row["price"] = plan.prices[asset]
