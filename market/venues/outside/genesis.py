"""Founding the outside market: an account that stands for the rest of the world, and may owe."""

from __future__ import annotations

import numpy as np

from market.errors import InputError
from market.venues.founding import Founding, Plan, World

LOG_MOVE = 0.01
"""Log price by which the value given as the depth moves the price [1]."""


class Genesis(Founding):
    """What the outside market does for the founding of a market."""

    named = ("outside",)

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return that there is one outside market, and that participants, whose accounts come first, have stocks."""
        limited = plan.config.outside.inventory_usd is not None
        return {"outside": 1, "stocks": len(plan.members) if limited else 0}

    def shapes(self, plan: Plan) -> dict[str, tuple[int, ...]]:
        """Return the shape of prices and of stocks: asset."""
        return {"outside": (len(plan.prices),), "stocks": (len(plan.prices),)}

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Write its terms."""
        account, row, terms = world.account_of["outside"], world.tables.outside[0], plan.config.outside
        if terms.depth_usd is not None and terms.recovery_s is None and plan.config.prices.impact_per_million > 0.0:
            raise InputError(
                "outside.depth_usd: with prices.impact_per_million every trade would move the price twice for good; "
                "allowed: one of the two, or outside.recovery_s"
            )
        row["account"], row["fee"] = account, plan.config.outside_fee_bp * 1e-4
        row["atomic"], row["delay"] = float(terms.atomic), terms.delay_s
        row["depth"] = np.inf if terms.depth_usd is None else terms.depth_usd / LOG_MOVE
        row["most"] = np.inf if terms.inventory_usd is None else terms.inventory_usd
        world.tables.accounts["open"][account] = 1.0
