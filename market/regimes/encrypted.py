"""An encrypted mempool on a shared domain: the leader orders at its discretion what it cannot read.

The key is shared by the sequencers who lead in turn, as validators of a proof-of-stake chain: eleven of the sixteen
open. Even a sequencer that would extract has nothing to front-run; it can still trade on public state.
Source: Bebel & Ojha (2022), Ferveo: threshold decryption for mempool privacy, IACR ePrint 2022/898.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="encrypted",
    source="Bebel & Ojha 2022 (ePrint 2022/898)",
    domains={"kind": "shared"},
    leader={"kind": "stake_rotation", "stakes": [1.0] * 16},
    visibility={"kind": "sealed"},
    ordering={"kind": "leader"},
    sequencer="extractive",
)
