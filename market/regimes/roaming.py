"""Rollups roam: three networks at once, and each rollup moves among them, or to itself, by what it experiences.

One network is fast: blocks of half a second, first come, first served. One is resistant: contents sealed until a batch
of two seconds has its random order. One is cheap: it keeps nothing, and its sequencers order as suits them. A rollup
by itself has an honest sequencer of its own.
Source: Katz & Shapiro (1985), Network externalities, competition, and compatibility, AER 75(3); Klemperer (1995),
Competition when consumers have switching costs, Review of Economic Studies 62(4).
"""

from market.config import RegimeConfig

FAST = {"name": "fast", "fee": 0.1, "block_time_s": 0.5}
RESISTANT = {
    "name": "resistant",
    "fee": 0.1,
    "block_time_s": 2.0,
    "parts": {"visibility": "sealed", "ordering": "random_batch"},
}
CHEAP = {
    "name": "cheap",
    "fee": 0.0,
    "block_time_s": 1.0,
    "parts": {"ordering": "leader", "sequencer": "extractive"},
}

REGIME = RegimeConfig(
    name="roaming",
    source="Katz & Shapiro 1985 (AER 75); Klemperer 1995 (REStud 62)",
    domains={"kind": "networks", "networks": [FAST, RESISTANT, CHEAP]},
    leader={"kind": "operator"},
    visibility={"kind": "operator_only"},
    ordering={"kind": "first_come"},
    revenue={"kind": "pro_rata", "share": 1.0, "by": "fees"},
    sequencer="honest",
)
