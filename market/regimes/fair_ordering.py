"""A committee orders a shared domain by the median of the arrival times that its members measure, and lead in turn.

No minority of members can move an intent further than honest ones disagree; the price is the committee's latency.
Source: Kelkar, Zhang, Goldfeder & Juels (2020), Order-fairness for Byzantine consensus, CRYPTO (ePrint 2020/269); the
median rule of Pompe: Zhang, Setty, Chen, Zhou & Alvisi (2020), OSDI.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="fair_ordering",
    source="Kelkar, Zhang, Goldfeder & Juels 2020 (ePrint 2020/269)",
    domains={"kind": "shared"},
    leader={"kind": "round_robin", "members": 21},
    visibility={"kind": "operator_only"},
    ordering={"kind": "median_arrival"},
    consensus={"kind": "committee"},
    sequencer="honest",
)
