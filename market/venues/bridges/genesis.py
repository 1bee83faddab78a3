"""Founding bridges: one for every edge of the graph of rollups, with funds at either end."""

from __future__ import annotations

import numpy as np

from market.state.ledger import endow
from market.venues.founding import Founding, Plan, World


class Genesis(Founding):
    """What bridges do for the founding of a market."""

    def accounts(self, plan: Plan) -> dict[str, int]:
        """Return an account for every bridge."""
        return {"bridges": plan.graph.number_of_edges()}

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return the number of bridges."""
        return {"bridges": plan.graph.number_of_edges()}

    def shapes(self, plan: Plan) -> dict[str, tuple[int, ...]]:
        """Return the shape of what is promised: direction, asset."""
        return {"bridges": (2, len(plan.prices))}

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Write the terms, and endow both ends with every asset."""
        tables = world.tables
        tables.bridges["account"] = world.accounts_of("bridges")
        for at, (source, target, edge) in enumerate(sorted(plan.graph.edges(data=True), key=lambda edge: edge[:2])):
            row = tables.bridges[at]
            row["source"], row["target"] = source, target
            row["delay"], row["fee"] = edge["delay_s"], edge["fee_bp"] * 1e-4
            for rollup in (source, target):
                for asset, price in enumerate(plan.prices):
                    endow(tables, int(row["account"]), rollup, asset, edge["capacity_usd"] / price)
