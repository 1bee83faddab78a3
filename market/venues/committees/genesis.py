"""Founding committees: one for every feed whose oracle is one, with a fund and free seats."""

from __future__ import annotations

import numpy as np

from market.state.ledger import endow
from market.venues.committees.config import CommitteeConfig
from market.venues.founding import Founding, Plan, World
from market.venues.oracles.genesis import feeds

HOUR_S = 3600.0


def _committees(plan: Plan) -> list[tuple[int, int, CommitteeConfig]]:
    """Return feed, rollup and settings of every committee, in the order of the feeds."""
    rollups = plan.config.rollups
    return [
        (feed, rollup, rollups[rollup].oracle.committee)
        for (rollup, _), feed in feeds(plan).items()
        if rollups[rollup].oracle.source == "committee"
    ]


class Genesis(Founding):
    """What committees do for the founding of a market."""

    def accounts(self, plan: Plan) -> dict[str, int]:
        """Return an account for every committee."""
        return {"committees": len(_committees(plan))}

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return the numbers of committees and of their seats."""
        found = _committees(plan)
        return {"committees": len(found), "reporters": sum(spec.reporters for *_, spec in found)}

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Write the terms and endow the funds; until there is a quorum the reference price of the start is in force."""
        tables, first = world.tables, 0
        for at, (feed, rollup, spec) in enumerate(_committees(plan)):
            row, account = tables.committees[at], world.accounts_of("committees")[at]
            row["rollup"], row["account"], row["feed"] = rollup, account, feed
            row["first"], row["seats"], row["quorum"] = first, spec.reporters, spec.quorum
            row["fresh"], row["band"], row["bond"] = spec.fresh_s, spec.band_bp * 1e-4, spec.bond_usd
            row["income"], row["fund"] = spec.income_usd_per_hour / HOUR_S, spec.fund_usd
            row["tolerance"], row["detection"] = spec.tolerance_bp * 1e-4, spec.detection
            row["judged_after"], row["slash"], row["suspension"] = spec.judged_after_s, spec.slash, spec.suspension_s
            tables.reporters["committee"][first : first + spec.reporters] = at
            first += spec.reporters
            endow(tables, account, rollup, 0, spec.fund_usd)
            tables.feeds["account"][feed] = account  # nobody posts on it but the committee
        tables.reporters["owner"] = tables.reporters["briber"] = -1.0
