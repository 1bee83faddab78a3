"""Radius: delay-encrypted first come, with an auctioned slot behind everybody else for back-runs.

The order is fixed before contents open, so nobody can stand in front of anybody. What the block leaves behind is sold,
sealed second price, and the rollups share the proceeds. The auction is held when the order is fixed: bidders hand in
their intents with the bid, and of what they will stand behind they read only what has been waiting for as long as the
puzzle takes. They pay for the place whether it turns out to be worth something or not.
Source: Radius, a shared sequencing layer with practical verifiable delay encryption, documentation (2024); the puzzles:
Rivest, Shamir & Wagner (1996), Time-lock puzzles and timed-release crypto. That bids are made before the newest intents
open is assumed; `visibility = "committed"` has them made afterwards.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="radius",
    source="Radius documentation 2024; Rivest, Shamir & Wagner 1996",
    domains={"kind": "shared"},
    leader={"kind": "operator"},
    visibility={"kind": "delay_encrypted", "delay_s": 1.0},
    ordering={"kind": "auctioned_place", "extent": "end"},
    auction={"kind": "second_price"},
    revenue={"kind": "pro_rata"},
    sequencer="honest",
)
