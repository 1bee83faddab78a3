"""Sequencers drawn by stake lead a shared domain in turn, promise inclusion, and lose stake for provable faults.

What rotation changes against one operator is who leads, not what leaders do: each orders at its own discretion whatever
it did not promise.
Source: Motepalli, Freitas & Livshits (2023), Decentralized sequencers for rollups, arXiv 2310.03616 (rotation, staking
and slashing).
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="rotation",
    source="Motepalli, Freitas & Livshits 2023 (arXiv 2310.03616)",
    domains={"kind": "shared"},
    leader={"kind": "stake_lottery", "stakes": [0.4, 0.3, 0.2, 0.1]},
    visibility={"kind": "operator_only"},
    ordering={"kind": "leader"},
    preconfirmation={"kind": "promise", "what": "inclusion"},
    sequencer="extractive",
)
