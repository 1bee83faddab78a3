"""A sequencer in a ring that takes turns: each buys its slots cheaply, and whoever breaks the ring ends it."""

from __future__ import annotations

from agents.sequencers.slot_bidder import SlotBidder
from market.model import SequencerMarket
from market.observation import BlockView


class GrimTrigger(SlotBidder):
    """Bid rotation held together by a grim trigger.

    In its turn it bids a token share of the value, otherwise nothing. A slot sold for much more than a token, or its
    own turn lost, tells it that the ring is broken: from then on, for as long as the punishment lasts, it competes.
    Source: J. Friedman (1971), A non-cooperative equilibrium for supergames, Review of Economic Studies 38.

    Parameters
    ----------
    token
        share of the estimated value bid in its own turn [1]
    suspicion
        price over its own estimate of the value from which it thinks the ring broken [1]
    punish_slots
        length of the punishment; 0: for ever [slots]
    margin
        share of the value kept when it competes [1]
    first_usd
        what it thinks a slot worth before it has led one [USD]
    least_usd
        profit below which an insertion is not worth its while [USD]
    """

    def __init__(
        self,
        model: SequencerMarket,
        account: int,
        token: float = 0.02,
        suspicion: float = 0.5,
        punish_slots: int = 0,
        margin: float = 0.02,
        first_usd: float = 0.1,
        least_usd: float = 0.05,
    ) -> None:
        super().__init__(model, account, margin=margin, first_usd=first_usd, least_usd=least_usd)
        if not (0.0 <= token < suspicion and punish_slots >= 0):
            raise ValueError("token must be at least 0 and below suspicion, punish_slots must not be negative")
        self.token, self.suspicion, self.punish_slots = token, suspicion, punish_slots
        self._competitive = margin
        self.punishing_until = -1  # slot until which it competes
        self.broken = 0  # times that it found the ring broken

    def bid_for_slot(self, seen: BlockView, slot: int) -> float:
        """A token in its turn, nothing otherwise; value less the margin while it punishes."""
        super().bid_for_slot(seen, slot)
        if slot <= self.punishing_until:
            return self._value * (1.0 - self._competitive)
        return self.token * self._value if self._in_turn(slot) else 0.0

    def told_slot(self, slot: int, won: bool, paid: float, highest: float) -> None:
        """Look for a break of the ring: an expensive slot, or a turn that somebody else took."""
        super().told_slot(slot, won, paid, highest)
        expensive = self._value > 0.0 and highest > self.suspicion * self._value
        robbed = self._in_turn(slot) and not won and self._value > 0.0
        if slot > self.punishing_until and (expensive or robbed):
            self.broken += 1
            self.punishing_until = slot + self.punish_slots if self.punish_slots else 2**62

    def _in_turn(self, slot: int) -> bool:
        leaders = next(domain.leaders for domain in self.model.domains if self in domain.leaders)
        return slot % len(leaders) == leaders.index(self)
