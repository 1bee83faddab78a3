"""What programmes that pay for liquidity add to a run's results; nothing where there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float]:
    """What was paid, what treasuries have left, and since when the first of them is empty (nan: none is)."""
    tables = market.world.tables
    table = tables.mining
    if not len(table):
        return {}
    left = sum(float(tables.balance[int(row["account"]), int(row["rollup"]), 0]) for row in table)
    over = table["over"][table["over"] >= 0.0]
    return {
        "mining_paid_usd": float(table["paid"].sum()),
        "mining_left_usd": left,
        "mining_empty_s": float(over.min()) if over.size else float("nan"),
    }
