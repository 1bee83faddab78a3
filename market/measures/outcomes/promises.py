"""Pre-confirmations made, broken and punished, and how early they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.measures.ratio import ratio

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float | int]:
    """Promises of all domains, blocks for which a leader was slashed, and the time from sending to a promise [s].

    A promise lost to a reorganisation or a missed slot is neither kept nor broken.
    """
    rules = [domain.regime.preconfirmation for domain in market.domains]
    made = sum(rule.made for rule in rules)
    return {
        "promises_made": made,
        "promises_broken": sum(rule.broken for rule in rules),
        "promises_slashed": sum(rule.slashed for rule in rules),
        "promise_delay_s": ratio(sum(rule.waited_s for rule in rules), made),
    }
