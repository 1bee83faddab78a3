"""Radius: delay-encrypted first come, with an auctioned slot behind everybody else for back-runs.

The order is committed to before contents open, so nobody can stand in front of anybody; what the block leaves behind is
sold, sealed second price, and the rollups share the proceeds.
Source: Radius, a shared sequencing layer with practical verifiable delay encryption, documentation (2024); the puzzles:
Rivest, Shamir & Wagner (1996), Time-lock puzzles and timed-release crypto.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="radius",
    source="Radius documentation 2024; Rivest, Shamir & Wagner 1996",
    domains={"kind": "shared"},
    leader={"kind": "operator"},
    visibility={"kind": "committed", "delay_s": 1.0},
    ordering={"kind": "auctioned_place", "extent": "end"},
    auction={"kind": "second_price"},
    revenue={"kind": "pro_rata"},
    sequencer="honest",
)
