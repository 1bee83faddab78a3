"""One operator per rollup that orders at its own discretion, to its own gain.

What `siloed` would be without the promise: the same private mempool, read by an operator that front-runs.
Source: Daian et al. (2020), Flash Boys 2.0, IEEE S&P.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="siloed_extractive",
    source="Daian et al. 2020 (arXiv 1904.05234)",
    domains={"kind": "alone"},
    leader={"kind": "operator"},
    visibility={"kind": "operator_only"},
    ordering={"kind": "leader"},
    sequencer="extractive",
)
