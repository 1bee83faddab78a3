"""Based sequencing: L1's proposers sequence all rollups along with L1, in slots of 12 seconds, and sell their blocks.

Rollups have L1's liveness, its slot time, and its proposer-builder separation; the proposers keep what builders bid.
Who proposes is known ahead, to the end of the next epoch of 32 slots. So a coming proposer can promise an intent on
arrival that it will be included, with a bond, and what its builder's block lacks of that is put behind it. A market
that has L1 among its rollups (`layer1`) has it in the same domain, so that bundles over L1 and rollups are atomic, as
under no other regime. One slot in a hundred is missed, and one block in five hundred reverted by a reorganisation of L1
before anything is built on it: the rollups' blocks go with it, and the next proposer builds from what it held.
Sources: Drake (2023), Based rollups: superpowers from L1 sequencing, and Based preconfirmations, ethresear.ch. The two
rates are of the order seen on Ethereum, and assumed.
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="based",
    source="Drake 2023 (ethresear.ch)",
    domains={"kind": "shared", "layer1": True},
    leader={"kind": "lookahead", "stakes": [0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05]},
    visibility={"kind": "builders"},
    ordering={"kind": "builder"},
    auction={"kind": "first_price"},
    consensus={"kind": "proposer", "miss": 0.01, "reorganisation": 0.002},
    preconfirmation={"kind": "promise", "what": "inclusion"},
    sequencer="honest",
    block_time_s=12.0,
)
