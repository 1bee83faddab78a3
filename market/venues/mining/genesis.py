"""Founding programmes that pay for liquidity: a treasury each, and a place for what everybody who provides has."""

from __future__ import annotations

import numpy as np

from market.errors import InputError
from market.state.ledger import endow
from market.venues.founding import Founding, Plan, World
from market.venues.mining.config import MiningConfig
from market.venues.mining.splits import make

HOUR_S = 3600.0
PASSIVE = 1
"""Providers besides the agents of role market_maker: whoever provided what pools hold at the start."""


def home_of(plan: Plan, at: int, spec: MiningConfig) -> int:
    """Return the rollup of a programme's treasury; raises InputError for one that does not exist."""
    names = [rollup.name for rollup in plan.config.rollups]
    if spec.home is not None and spec.home not in names:
        raise InputError(f"mining.{at}.home: unknown rollup {spec.home!r}; allowed: {', '.join(names)}")
    return 0 if spec.home is None else names.index(spec.home)


def _asset_of(plan: Plan, at: int, spec: MiningConfig) -> int:
    """Return the asset that a programme pays for; raises InputError for one that does not exist, or money."""
    names = plan.config.asset_names
    if spec.asset not in names[1:]:
        raise InputError(f"mining.{at}.asset: unknown risky asset {spec.asset!r}; allowed: {', '.join(names[1:])}")
    return names.index(spec.asset)


class Genesis(Founding):
    """What programmes do for the founding of a market."""

    def accounts(self, plan: Plan) -> dict[str, int]:
        """Return a treasury for each."""
        return {"mining treasuries": len(plan.config.mining)}

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return the numbers of programmes, of rollups in them, and of providers on each of these."""
        count, rollups = len(plan.config.mining), len(plan.config.rollups)
        makers = sum(member.role == "market_maker" for member in plan.members)
        return {
            "mining": count, "mining_rollups": count * rollups,
            "mining_scores": (count * rollups, makers + PASSIVE) if count else 0,
        }  # fmt: skip

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Write the terms and fill the treasuries."""
        tables, rollups = world.tables, len(plan.config.rollups)
        provides = np.flatnonzero(tables.accounts["provider"] >= 0.0)
        for at, spec in enumerate(plan.config.mining):
            named = make(spec.split, f"mining.{at}.split").rollups()
            if named is not None and named != rollups:
                raise InputError(
                    f"mining.{at}.split.parts: {named} numbers; allowed: one for each of {rollups} rollups"
                )
            row, account = tables.mining[at], world.accounts_of("mining treasuries")[at]
            row["rollup"], row["account"] = home_of(plan, at, spec), account
            row["asset"] = _asset_of(plan, at, spec)
            row["rate"], row["period"], row["due"] = spec.usd_per_hour / HOUR_S, spec.period_s, spec.period_s
            row["for_quotes"], row["within"], row["over"] = spec.quotes_share, 1e-4 * spec.within_bp, -1.0
            fields = tables.mining_rollups[at * rollups : (at + 1) * rollups]
            fields["programme"], fields["rollup"] = at, np.arange(rollups)
            scores = tables.mining_scores[at * rollups : (at + 1) * rollups]
            scores["account"][:, tables.accounts["provider"][provides].astype(np.int64)] = provides
            endow(tables, account, int(row["rollup"]), 0, spec.treasury_usd)
