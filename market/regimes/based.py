"""Based sequencing: L1 proposers sequence all rollups, in slots of 12 seconds, and sell their blocks to builders.

Rollups have L1's liveness, its slot time, and its proposer-builder separation; the proposers keep what builders bid.
One slot in a hundred is missed.
Source: Drake (2023), Based rollups: superpowers from L1 sequencing, ethresear.ch.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="based",
    source="Drake 2023 (ethresear.ch)",
    domains={"kind": "shared"},
    leader={"kind": "stake_lottery", "stakes": [0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05]},
    visibility={"kind": "builders"},
    ordering={"kind": "builder"},
    auction={"kind": "first_price"},
    consensus={"kind": "proposer", "miss": 0.01},
    sequencer="honest",
    block_time_s=12.0,
)
