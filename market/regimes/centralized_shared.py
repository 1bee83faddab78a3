"""One operator for all rollups, first come, first served, with bundles that span rollups.

What sharing alone changes: the ordering rule is that of `siloed`, the domain is not. Whom the operator leaves out can
go through L1.
Source: Motepalli, Freitas, Livshits (2023), Decentralized sequencers for rollups, arXiv 2310.03616.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="centralized_shared",
    source="Motepalli, Freitas & Livshits 2023 (arXiv 2310.03616)",
    domains={"kind": "shared"},
    leader={"kind": "operator"},
    visibility={"kind": "operator_only"},
    ordering={"kind": "first_come"},
    forced_inclusion={"kind": "l1_delay"},
    sequencer="honest",
)
