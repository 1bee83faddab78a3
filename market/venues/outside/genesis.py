"""Founding the outside market: an account that stands for the rest of the world, and may owe."""

from __future__ import annotations

import numpy as np

from market.venues.founding import Founding, Plan, World


class Genesis(Founding):
    """What the outside market does for the founding of a market."""

    named = ("outside",)

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return that there is one outside market."""
        return {"outside": 1}

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Write its terms."""
        account = world.account_of["outside"]
        world.tables.outside[0] = account, plan.config.outside_fee_bp * 1e-4
        world.tables.accounts["open"][account] = 1.0
