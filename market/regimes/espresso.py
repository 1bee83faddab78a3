"""Espresso: a HotShot committee, and a marketplace of tickets for the blocks of one rollup or of all together.

A hundred nodes of equal stake lead by lottery and vote. Builders buy tickets a block ahead, at prices that follow
congestion, may resell them until the block is sealed, and one ticket is drawn of each bundle of rollups that was sold.
Blocks of several rollups can hold bundles that span them. What a joint block brings is split so that no rollup gets
less than what would have been laid out for it alone. The sealed auction of the same bundles, without tickets, is
`combinatorial`.
Source: Bearer, Bunz, Camacho et al. (2024), The Espresso sequencing network: HotShot consensus, tiramisu data
availability, and builder exchange, IACR ePrint 2024/1189; the lottery as in the marketplace's documentation (2024), the
prices of its tickets and their resale as the auction `tickets` says.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="espresso",
    source="Bearer et al. 2024 (ePrint 2024/1189)",
    domains={"kind": "shared"},
    leader={"kind": "stake_lottery", "stakes": [1.0] * 100},
    visibility={"kind": "builders"},
    ordering={"kind": "builder"},
    auction={"kind": "tickets"},
    consensus={"kind": "committee", "rounds": 2},
    revenue={"kind": "stand_alone"},
    sequencer="honest",
)
