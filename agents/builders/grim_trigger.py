"""A builder in a cartel that shares out blocks, by turns or by rollups; whoever breaks the cartel ends it."""

from __future__ import annotations

from agents.builders.base import Builder
from agents.cartel import Cartel
from market.access.observation import BlockView
from market.access.protocols import Bid
from market.access.seat import Seat


class GrimTriggerBuilder(Builder):
    """Bid rotation or market sharing held together by a grim trigger; see :class:`agents.cartel.Cartel`.

    Parameters
    ----------
    scheme, stretch
        how the cartel shares out the blocks ("rotation", "slots", "rollups", "split"), and the length of a stretch
        [slots]
    token_usd
        what it bids in its own part; more than that is out of line [USD]
    punish_slots
        length of the punishment; 0: for ever [slots]
    caution
        it leaves the cartel once fines exceed the rent times this; 0: it never does [1]
    lessons
        fines that it takes before they are weighed [1]
    members
        how many of the builders, the first of them, belong to the cartel; 0: all
    margin
        share of the value kept when it competes [1]
    sandwich
        whether it front-runs users
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
        sandwich: bool = True,
    ) -> None:
        super().__init__(seat, sandwich=sandwich)
        if not 0.0 <= margin <= 1.0:
            raise ValueError(f"margin must lie in [0, 1], not {margin}")
        self.cartel = Cartel(scheme, stretch, token_usd, punish_slots, caution, lessons, members)
        self._margin = margin
        self._number, self._builders = seat.number, seat.seats
        self._slot, self._at, self._value = 0, 0, 0.0

    def build(self, seen: BlockView) -> Bid:
        """Offer a block, and for it a token, nothing, or nearly all that it is worth."""
        self._slot, self._at = seen.slot, seen.domain
        return super().build(seen)

    def bid(self, value: float) -> float:
        """A token in its part, nothing elsewhere; value less the margin while it punishes."""
        self._value = max(0.0, value)
        if not self.cartel.holds(self._slot):
            return self._value * (1.0 - self._margin)
        return self.cartel.bid(self._value, self._mine())

    def heard(self, won: bool, paid: float, highest: float) -> None:
        """Look for a break of the cartel: somebody bid more than the token."""
        self.cartel.heard(self._slot, self._builders, highest, self._value, self._margin)

    def fined(self, amount: float) -> None:
        """Hear that it paid a fine for collusion [USD]."""
        self.cartel.fined(amount)

    def _mine(self) -> bool:
        return self.cartel.mine(self._number, self._builders, self._slot, self._at)
