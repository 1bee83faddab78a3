"""Astria: a CometBFT network makes a block every two seconds; each rollup's top is sold, the rest is first come.

Bidders for a top trade on public state: contents of the mempool are not theirs to read, nor the rest of the order
theirs to write. Sealed first price on each rollup, whose winners may differ, and only the winner pays. Fifty validators
of equal stake propose in turn, by CometBFT's rotation, and vote. The network orders and does not execute: what spans
rollups is included as a whole, and each rollup executes its own part.
Source: Astria documentation, "The Astria sequencer" and "Block space auctions" (2024); Buchman, Kwon & Milosevic
(2018), The latest gossip on BFT consensus, arXiv 1807.04938.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="astria",
    source="Astria documentation 2024; Buchman, Kwon & Milosevic 2018 (arXiv 1807.04938)",
    domains={"kind": "shared"},
    leader={"kind": "stake_rotation", "stakes": [1.0] * 50},
    visibility={"kind": "operator_only"},
    ordering={"kind": "auctioned_place", "extent": "top"},
    auction={"kind": "per_rollup"},
    consensus={"kind": "committee", "rounds": 2},
    revenue={"kind": "pro_rata"},
    guarantees={"kind": "inclusion"},
    sequencer="honest",
    block_time_s=2.0,
)
