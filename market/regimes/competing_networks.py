"""Shared sequencing networks compete for rollups, which join, leave, or stay by themselves.

Who is where comes from a game on what the configuration lets the rollups expect: fees, slower blocks, and atomicity
that is worth the more, the more others are there. In a network members take turns, first come, first served; it keeps
a tenth of what comes in.
Source: the game of choice among platforms with network effects: Katz & Shapiro (1985), Network externalities,
competition, and compatibility, AER 75(3); potential and best replies: Monderer & Shapley (1996), Potential games, GEB.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="competing_networks",
    source="Katz & Shapiro 1985 (AER 75); Monderer & Shapley 1996 (GEB 14)",
    domains={"kind": "chosen", "fees": [0.1, 0.05]},
    leader={"kind": "round_robin", "members": 3},
    visibility={"kind": "operator_only"},
    ordering={"kind": "first_come"},
    revenue={"kind": "pro_rata", "share": 0.9},
    sequencer="honest",
)
