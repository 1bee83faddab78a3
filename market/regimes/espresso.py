"""Espresso: a HotShot committee, and a marketplace in which builders buy the blocks of one rollup or of all together.

Blocks of several rollups can hold bundles that span them. What a joint block brings is split so that no rollup gets
less than what was bid for it alone. The marketplace's ticket lottery is the auction `ticket_lottery`.
Source: Bearer, Bunz, Camacho et al. (2024), The Espresso sequencing network: HotShot consensus, tiramisu data
availability, and builder exchange, IACR ePrint 2024/1189.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="espresso",
    source="Bearer et al. 2024 (ePrint 2024/1189)",
    domains={"kind": "shared"},
    leader={"kind": "stake_lottery", "stakes": [1.0] * 100},
    visibility={"kind": "builders"},
    ordering={"kind": "builder"},
    auction={"kind": "combinatorial"},
    consensus={"kind": "committee", "rounds": 2},
    revenue={"kind": "stand_alone"},
    sequencer="honest",
)
