"""An encrypted mempool on a shared domain: the leader orders at its discretion what it cannot read.

Even an operator that would extract has nothing to front-run; it can still trade on public state.
Source: Bebel & Ojha (2022), Ferveo: threshold decryption for mempool privacy, IACR ePrint 2022/898.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="encrypted",
    source="Bebel & Ojha 2022 (ePrint 2022/898)",
    domains={"kind": "shared"},
    leader={"kind": "operator"},
    visibility={"kind": "sealed"},
    ordering={"kind": "leader"},
    sequencer="extractive",
)
