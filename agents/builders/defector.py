"""A builder that belongs to a cartel and breaks it once; whether that pays decides whether a cartel lasts."""

from __future__ import annotations

from agents.builders.grim_trigger import GrimTriggerBuilder
from market.access.seat import Seat


class Defector(GrimTriggerBuilder):
    """Keeps to the cartel but for one slot, in which it outbids the token; then it is as all the others are.

    Parameters
    ----------
    breaks_slot
        the slot in which it breaks the cartel [slots]
    over
        by how much it outbids the token, as a share of it [1]
    scheme, stretch, token_usd, punish_slots, members, margin, sandwich
        as of a builder with a grim trigger; the token must be positive
    """

    def __init__(
        self,
        seat: Seat,
        breaks_slot: int = 0,
        over: float = 0.01,
        scheme: str = "rotation",
        stretch: int = 20,
        token_usd: float = 0.01,
        punish_slots: int = 0,
        members: int = 0,
        margin: float = 0.02,
        sandwich: bool = True,
    ) -> None:
        terms = {"scheme": scheme, "stretch": stretch, "punish_slots": punish_slots, "members": members}
        super().__init__(seat, token_usd=token_usd, margin=margin, sandwich=sandwich, **terms)  # pyright: ignore[reportArgumentType]
        if not (token_usd > 0.0 and over > 0.0 and breaks_slot >= 0):
            raise ValueError(
                f"token_usd and over must be positive and breaks_slot not negative, not {token_usd}, {over} and "
                f"{breaks_slot}"
            )
        self.breaks_slot, self.over = breaks_slot, over

    def bid(self, value: float) -> float:
        """More than the token in the slot in which it breaks the cartel, if the block is worth that."""
        loyal = super().bid(value)
        if self._slot != self.breaks_slot or not self.cartel.holds(self._slot):
            return loyal
        outbids = self.cartel.token_usd * (1.0 + self.over)
        return outbids if value > outbids else loyal
