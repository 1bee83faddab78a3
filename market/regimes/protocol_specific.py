"""One honest sequencer per ecosystem: clusters of three rollups, in the order of the configuration.

Atomic bundles within an ecosystem and none across; otherwise as `centralized_shared`.
Source: the Superchain's shared sequencing in the OP Stack's interoperability specification (2024); zkSync's Elastic
Chain and Polygon's AggLayer documentation (2024).
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="protocol_specific",
    source="OP Stack interoperability specification 2024",
    domains={"kind": "consecutive", "size": 3},
    leader={"kind": "operator"},
    visibility={"kind": "operator_only"},
    ordering={"kind": "first_come"},
    sequencer="honest",
)
