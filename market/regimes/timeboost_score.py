"""One honest operator per rollup that orders by Timeboost score: arrival, less the time that a tip buys.

What `siloed` would be with a market for time: a tip buys up to half a second. The deployed form, an auctioned express
lane, is the regime `timeboost`.
Source: Mamageishvili, Kelkar, Schlegel & Felten (2023), Buying time: latency racing vs. bidding for transaction
ordering, AFT (arXiv 2306.02179).
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="timeboost_score",
    source="Mamageishvili, Kelkar, Schlegel & Felten 2023 (arXiv 2306.02179)",
    domains={"kind": "alone"},
    leader={"kind": "operator"},
    visibility={"kind": "operator_only"},
    ordering={"kind": "timeboost_score", "longest_s": 0.5, "scale_usd": 1.0},
    sequencer="honest",
)
