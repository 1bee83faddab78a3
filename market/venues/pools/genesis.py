"""Founding pools: reserves, and shares and ranges in them for the passive liquidity provider."""

from __future__ import annotations

import numpy as np

from market.state.ledger import endow
from market.venues.founding import Founding, Plan, World
from market.venues.pools.config import PoolConfig
from market.venues.pools.opening import open_concentrated
from market.venues.pools.rules import seed_pool

PASSIVE = "passive"
"""Who owns all shares at the start, and does nothing with them."""


def _makers(plan: Plan) -> list[int]:
    """Accounts of the members who can provide liquidity."""
    return [account for account, member in enumerate(plan.members) if member.role == "market_maker"]


def _most_ranges(spec: PoolConfig) -> int:
    return 0 if spec.concentrated is None else spec.concentrated.most_ranges


class Genesis(Founding):
    """What pools do for the founding of a market."""

    named = (PASSIVE,)

    def accounts(self, plan: Plan) -> dict[str, int]:
        """Return an account for the reserves, and one for the fees, of every pool."""
        count = len(plan.listed("pools"))
        return {"pools": count, "pool fees": count}

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return the number of pools, and the shape of what each provider has in each."""
        count = len(plan.listed("pools"))
        ranges = sum(_most_ranges(spec) for _, spec in plan.listed("pools"))
        return {
            "pools": count, "provisions": (len(_makers(plan)) + 1, count),
            "ranges": ranges, "ticks": 1 + 2 * ranges if ranges else 0,
        }  # fmt: skip

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Fill the reserves at the stated or the reference price."""
        tables, passive = world.tables, world.account_of[PASSIVE]
        providers = [*_makers(plan), passive]
        tables.accounts["provider"] = -1
        tables.accounts["provider"][providers] = range(len(providers))
        tables.pools["account"] = world.accounts_of("pools")
        tables.pools["fee_account"] = world.accounts_of("pool fees")
        free = 0
        for at, (rollup, spec) in enumerate(plan.listed("pools")):
            tables.pools["first_range"][at], tables.pools["most_ranges"][at] = free, _most_ranges(spec)
            free += _most_ranges(spec)
            first, second = (plan.asset(name) for name in spec.assets)
            price = spec.price_usd or plan.prices[first] / plan.prices[second]
            row = tables.pools[at]
            row["rollup"], row["asset"][0], row["asset"][1] = rollup, first, second
            row["fee"], row["fees_inside"] = spec.fee_bp * 1e-4, float(spec.fees == "inside")
            amount = spec.depth_usd / plan.prices[first]
            if spec.concentrated is None:
                endow(tables, int(row["account"]), rollup, first, amount)
                endow(tables, int(row["account"]), rollup, second, amount * price)
                seed_pool(tables, at, passive)
            else:
                open_concentrated(world, at, spec.concentrated, amount, amount * price, passive)
            held = tables.balance[int(row["account"]), rollup]
            row["opened"] = held[first] * plan.prices[first] + held[second] * plan.prices[second]
            name = plan.config.rollups[rollup].name
            world.pool_names.append(f"{name}:{spec.assets[0]}/{spec.assets[1]}:{spec.fee_bp:g}")
