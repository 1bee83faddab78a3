"""Kinds of intents on oracles."""

from __future__ import annotations

from market.intents.kinds import Statement

KINDS = (
    Statement(
        "oracle_update", "venue: feed; amount: the price", rule="rules.post", gas=80e3, charged=False, defends="oracle"
    ),
)
