"""A sequencer in a cartel that shares out the slots: each buys its own cheaply, and whoever breaks it ends it."""

from __future__ import annotations

from agents.cartel import Cartel
from agents.sequencers.slot_bidder import SlotBidder
from market.access.observation import BlockView
from market.access.seat import Seat


class GrimTrigger(SlotBidder):
    """Bid rotation or market sharing held together by a grim trigger; see :class:`agents.cartel.Cartel`.

    Parameters
    ----------
    scheme, stretch
        how the cartel shares out the slots, and the length of a stretch of them [slots]
    token_usd
        what it bids in its own part; more than that is out of line [USD]
    punish_slots
        length of the punishment; 0: for ever [slots]
    caution
        it leaves the cartel once fines exceed the rent times this; 0: it never does [1]
    lessons
        fines that it takes before they are weighed [1]
    members
        how many of the domain's sequencers, the first of them, belong to the cartel; 0: all
    margin
        share of the value kept when it competes [1]
    first_usd
        what it thinks a slot worth before it has led one [USD]
    least_usd
        profit below which an insertion is not worth its while [USD]
    """

    def __init__(
        self,
        seat: Seat,
        scheme: str = "rotation",
        stretch: int = 20,
        token_usd: float = 0.01,
        punish_slots: int = 0,
        caution: float = 1.0,
        lessons: int = 3,
        members: int = 0,
        margin: float = 0.02,
        first_usd: float = 0.1,
        least_usd: float = 0.05,
    ) -> None:
        super().__init__(seat, margin=margin, first_usd=first_usd, least_usd=least_usd)
        if scheme == "rollups":
            raise ValueError("scheme must be 'rotation', 'slots' or 'split' for sequencers, who serve one domain each")
        self.cartel = Cartel(scheme, stretch, token_usd, punish_slots, caution, lessons, members)
        self._competitive = margin
        self._domain, self._number, self._seats = seat.domain, seat.number, seat.seats

    @property
    def broken(self) -> int:
        """Times that it found the cartel broken."""
        return self.cartel.broken

    def bid_for_slot(self, seen: BlockView, slot: int) -> float:
        """A token in its turn, nothing otherwise; value less the margin while it punishes."""
        super().bid_for_slot(seen, slot)
        if not self.cartel.holds(slot):
            return self._value * (1.0 - self._competitive)
        return self.cartel.bid(self._value, self._in_turn(slot))

    def heard_slot(self, slot: int, won: bool, paid: float, highest: float) -> None:
        """Look for a break of the cartel: somebody bid more than the token."""
        super().heard_slot(slot, won, paid, highest)
        self.cartel.heard(slot, self._seats, highest, self._value, self._competitive)

    def fined(self, amount: float) -> None:
        """Hear that it paid a fine for collusion [USD]."""
        super().fined(amount)
        self.cartel.fined(amount)

    def _in_turn(self, slot: int) -> bool:
        return self.cartel.mine(self._number, self._seats, slot, self._domain)
