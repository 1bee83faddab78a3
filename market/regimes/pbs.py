"""Proposer-builder separation on a shared domain: builders bid for the right to build, sealed first price.

The proposer signs the winning block unseen; builders receive order flow, searchers send them bundles.
Source: Buterin (2021), Proposer/block builder separation-friendly fee market designs; Heimbach et al. (2023),
Ethereum's proposer-builder separation: promises and realities, IMC.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="pbs",
    source="Heimbach et al. 2023 (arXiv 2305.19037)",
    domains={"kind": "shared"},
    leader={"kind": "operator"},
    visibility={"kind": "builders"},
    ordering={"kind": "builder"},
    auction={"kind": "first_price"},
    sequencer="honest",
)
