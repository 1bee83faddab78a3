"""Timeboost as deployed: one honest operator per rollup, first come, with an express lane sold in rounds of a minute.

The lane's controller comes at once, everybody else 200 ms later. What it pays is the operator's. It may sell the rest
of a round on: the auction's contract lets control be transferred, which the sequencer's software did not heed at first,
and a controller may sign what others send. Here there is a chance every five seconds. The form that was proposed first,
in which every intent's tip buys time, is the regime `timeboost_score`.
Source: Arbitrum documentation, "Timeboost: a gentle introduction" and "How to use Timeboost" (2025).
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="timeboost",
    source="Arbitrum documentation 2025",
    domains={"kind": "alone"},
    leader={"kind": "operator"},
    visibility={"kind": "operator_only"},
    ordering={"kind": "express_lane", "resale_s": 5.0},
    sequencer="honest",
)
