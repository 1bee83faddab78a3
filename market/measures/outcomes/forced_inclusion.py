"""Who went around the sequencer, through L1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.measures.ratio import ratio

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float | int]:
    """Intents handed in on L1, intents forced into blocks, and their mean time from sending to inclusion [s]."""
    rules = [domain.regime.forced_inclusion for domain in market.domains]
    forced = sum(rule.forced for rule in rules)
    return {
        "handed_in": sum(rule.handed_in for rule in rules),
        "forced_inclusions": forced,
        "forced_delay_s": ratio(sum(rule.forced_s for rule in rules), forced),
    }
