"""One honest operator per rollup, first come, first served.

The rollups of today: a private mempool and a published ordering policy that the operator keeps.
Source: Arbitrum's sequencer documentation; OP Stack specification, private mempool.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="siloed",
    source="Arbitrum and OP Stack sequencers as operated in 2024",
    domains={"kind": "alone"},
    leader={"kind": "operator"},
    visibility={"kind": "operator_only"},
    ordering={"kind": "first_come"},
    sequencer="honest",
)
