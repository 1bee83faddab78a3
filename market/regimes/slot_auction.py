"""The right to lead each slot of a shared domain is sold just in time, sealed first price; the rollups get the price.

Whoever wins orders at its own discretion: what can be extracted is paid for in advance, as far as rivals bid for it.
Sources: Drake & Neuder (2023), Execution tickets, ethresear.ch; Burian, Crapis & Saleh (2024), MEV capture and
decentralization in execution tickets, arXiv 2408.11255.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="slot_auction",
    source="Burian, Crapis & Saleh 2024 (arXiv 2408.11255)",
    domains={"kind": "shared"},
    leader={"kind": "slot_auction", "members": 3, "when": "just_in_time", "format": "first_price"},
    visibility={"kind": "operator_only"},
    ordering={"kind": "leader"},
    revenue={"kind": "pro_rata", "share": 1.0},
    sequencer="slot_bidder",
)
