"""What users paid, and how long they waited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.measures.ratio import ratio

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float]:
    """Execution cost, loss to sandwiches, inclusion delay, and the spread of prices over rollups."""
    tally, totals = market.tally, market.tally.totals()
    return {
        "user_cost_bp": ratio(totals["user_cost"], totals["user_volume"], 1e4),
        "user_sandwich_loss_usd": float(totals["sandwich_loss"]),
        "inclusion_delay_s": ratio(totals["user_delay"], totals["user_count"]),
        "inclusion_delay_p95_s": tally.delay_quantile(0.95),
        "dispersion_bp": ratio(tally.dispersion, tally.samples),
    }
