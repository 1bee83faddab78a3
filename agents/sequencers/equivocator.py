"""A sequencer that signs two orders of one block: the first opens what was sealed, the second uses it.

Sealed contents are opened once an order is signed. Whoever signs another one then reads what it orders; the two
signatures under one slot are the proof. It does so when that earns more than
the penalty to be expected.
"""

from __future__ import annotations

from agents.blocks.insertion import insert
from agents.sequencers.base import Sequencer
from market.access.observation import BlockView
from market.access.protocols import Arrangement
from market.access.seat import Seat


class Equivocator(Sequencer):
    """First come, first served at first; optimal insertion into what that opened, if it pays.

    Parameters
    ----------
    caution
        factor on the expected penalty: 1 is risk-neutral, more is averse to being caught [1]
    least_usd
        profit below which an insertion is not worth its while [USD]
    """

    def __init__(self, seat: Seat, caution: float = 1.0, least_usd: float = 0.05) -> None:
        super().__init__(seat)
        if not (caution >= 0.0 and least_usd >= 0.0):
            raise ValueError(f"caution and least_usd must be at least 0, not {caution} and {least_usd}")
        self.caution, self.least_usd = caution, least_usd
        self.signed_twice = 0

    def sign_again(self, seen: BlockView, penalty_usd: float) -> Arrangement | None:
        """Return another order of the opened intents, None where it earns no more than the penalty to be expected."""
        arrangement, gain, _ = insert(self.hedging.net(seen), cost_usd=self.least_usd, ties=self.ties(seen))
        if not arrangement.inserted.size or gain <= self.caution * penalty_usd:
            return None
        self.signed_twice += 1
        return arrangement
