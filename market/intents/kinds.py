"""What a kind of intent states of itself, so that nobody else need switch over kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Defence = Literal["", "top_ups", "repayments", "oracle"]


@dataclass(frozen=True)
class Statement:
    """A kind of intent, as its venue states it.

    Attributes
    ----------
    name
        on the tape
    meaning
        what `venue`, `target`, `amount` and `limit` of an intent of this kind stand for
    gas
        of its execution [gas]
    charged
        whether its sender pays gas to the operator
    bytes
        what it takes on L1 once compressed [bytes]
    rule
        where in the venue's folder its rule lies, "module.function": function(state, row, time) -> reason
    gives
        "module.function" in the venue's folder that tells what an intent takes from its sender, before it is executed:
        function(state, row) -> (asset, amount), on the rollup of the intent. Or "input": its amount of its `asset_in`;
        "nothing"
    brings
        "module.function" that tells where an intent brings its sender at least its limit of its `asset_out`:
        function(state, row) -> rollup. Or "output": where it is executed; "nothing"
    capped
        "module.function" that tells the value by which senders cap its fee: function(state, row) -> USD, told before it
        is executed. Or "input": its amount of its `asset_in`; "nothing": it goes in whatever the fee
    traded
        "module.function" that tells what it traded, by which revenue is shared: function(state, row) -> USD, told of a
        filled one. Or "input": what it gave of its `asset_in`; "nothing"
    marked
        whether its sender gains what it brings less what it takes, at reference prices
    liquidates
        whether it takes part in liquidating somebody: it passes every pause
    sells
        whether it sells what is liquidated: what it fills counts as liquidated volume
    withdraws
        whether it takes back or replaces what its sender offers to trade (a quote, liquidity), and no more
    moves
        whether it may move anything on the ledger, tip and gas aside
    rewards
        whether it pays others than its sender for what they have done without an intent
    defends
        class of intents under which a pause may exempt it; "": none
    submit
        method of the desk by which a strategy submits it; "": the market itself sends it
    """

    name: str
    meaning: str
    gas: float
    rule: str
    charged: bool = True
    bytes: float = 120.0
    gives: str = "nothing"
    brings: str = "nothing"
    capped: str = "nothing"
    traded: str = "nothing"
    marked: bool = False
    liquidates: bool = False
    sells: bool = False
    withdraws: bool = False
    moves: bool = True
    rewards: bool = False
    defends: Defence = ""
    submit: str = ""
