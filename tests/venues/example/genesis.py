"""Founding vaults."""

from __future__ import annotations

import numpy as np

from market.venues.founding import Founding, Plan, World


def _rollups(plan: Plan) -> list[int]:
    """Rollup of each vault."""
    return [at for at, rollup in enumerate(plan.config.rollups) for _ in range(getattr(rollup, "vaults"))]  # noqa: B009


class Genesis(Founding):
    """What vaults do for the founding of a market."""

    def accounts(self, plan: Plan) -> dict[str, int]:
        """Return an account for each."""
        return {"vaults": len(_rollups(plan))}

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return how many there are."""
        return {"vaults": len(_rollups(plan))}

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Write where they stand."""
        world.tables.vaults["rollup"] = _rollups(plan)
        world.tables.vaults["account"] = world.accounts_of("vaults")
        world.tables.vaults["owner"] = -1.0
