"""Timeboost as deployed: one honest operator per rollup, first come, with an express lane sold in rounds of a minute.

The lane's controller comes at once, everybody else 200 ms later. What it pays is the operator's. The form that was
proposed first, in which every intent's tip buys time, is the regime `timeboost_score`.
Source: Arbitrum documentation, "Timeboost: a gentle introduction" (2025).
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="timeboost",
    source="Arbitrum documentation 2025",
    domains={"kind": "alone"},
    leader={"kind": "operator"},
    visibility={"kind": "operator_only"},
    ordering={"kind": "express_lane"},
    sequencer="honest",
)
