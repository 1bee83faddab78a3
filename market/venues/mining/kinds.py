"""Kinds of intents on programmes that pay for liquidity."""

from __future__ import annotations

from market.intents.kinds import Statement

KINDS = (
    Statement(
        "mining_pay",
        "venue: programme; target: rollup; amount of money for who provided there since the last payment",
        rule="rules.pay",
        gas=200e3,
        charged=False,
        rewards=True,
    ),
)
