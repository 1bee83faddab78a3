"""What retail users paid, who was not served and what that cost, and how long users waited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.measures.ratio import ratio

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float]:
    """Costs of retail swaps against the mid when they were sent, losses to sandwiches, delay, spread of prices.

    `user_cost_served_bp` is that of executed swaps. Whoever is not served still has the need: `user_cost_all_bp` counts
    the others, too, at what their pool would have returned when they gave up. Without them a regime that refuses those
    for whom the price has moved away would seem cheap. `unfilled_share` is their share of retail demand by value [1].
    """
    tally, totals = market.tally, market.tally.totals()
    demand = totals["user_volume"] + totals["unfilled_volume"]
    return {
        "user_cost_served_bp": ratio(totals["user_cost"], totals["user_volume"], 1e4),
        "user_cost_all_bp": ratio(totals["user_cost"] + totals["unfilled_cost"], demand, 1e4),
        "unfilled_share": ratio(totals["unfilled_volume"], demand),
        "user_sandwich_loss_usd": float(totals["sandwich_loss"]),
        "inclusion_delay_s": ratio(totals["user_delay"], totals["user_count"]),
        "inclusion_delay_p95_s": tally.delay_quantile(0.95),
        "dispersion_bp": ratio(tally.dispersion, tally.samples),
    }
