"""Based sequencing with promised prices: a coming L1 proposer promises intents their places as they arrive.

Whoever has a promised place knows its price before the block. So the proposer orders it itself, for a builder does not
know what was promised, and intents go to the proposer alone. By the time it signs, prices have moved, and trading on
that ahead of whom it promised pays whenever it earns more than the bond that a proven breach costs. The bond
of 1000 USD is of the order of what a block is worth, so that in rough markets it is not always enough.
Sources: Drake (2023), Based preconfirmations, ethresear.ch; on promises of execution against those of inclusion there,
too. The size of the bond is assumed.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="based_preconfirmed",
    source="Drake 2023 (ethresear.ch)",
    domains={"kind": "shared", "layer1": True},
    leader={"kind": "lookahead", "stakes": [0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05]},
    visibility={"kind": "operator_only"},
    ordering={"kind": "leader"},
    consensus={"kind": "proposer", "miss": 0.01, "reorganisation": 0.002},
    preconfirmation={
        "kind": "promise", "what": "place", "bond_usd": 1000.0, "bond_share": 1.0, "stake_share": 0.0
    },
    sequencer="promise_breaker",
    block_time_s=12.0,
)  # fmt: skip
