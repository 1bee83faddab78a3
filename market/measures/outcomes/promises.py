"""Pre-confirmations made and broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, int]:
    """Promises of all domains."""
    rules = [domain.regime.preconfirmation for domain in market.domains]
    return {
        "promises_made": sum(rule.made for rule in rules),
        "promises_broken": sum(rule.broken for rule in rules),
    }
