"""A cartel of bidders: whose turn it is, whether somebody broke it, and whether it still pays to belong to it.

Members share the market by turns, by stretches of slots or by rollups: in its part a member bids a token and the others
stay away. Or all of them bid the token for everything, and chance, which breaks ties, splits the market. The highest
bid is public: one above the token tells all of them that the cartel is broken, and they compete for as long as the
punishment lasts. Fines are weighed against what the cartel brings: a member leaves for good once fines have cost it
more than its share of what the cartel saves. Values being skewed, it judges by all that was sold, not by its own part
alone, and not by the first fine.

Sources: J. Friedman (1971), A non-cooperative equilibrium for supergames, Review of Economic Studies 38 (the trigger);
G. Stigler (1964), A theory of oligopoly, Journal of Political Economy 72 (what tells a secret price cut).
"""

from __future__ import annotations

SCHEMES = ("rotation", "slots", "rollups", "split")
FOR_EVER = 2**62
ROUNDING = 1e-9


class Cartel:
    """What one member knows and decides.

    Parameters
    ----------
    scheme
        "rotation": they take turns, slot by slot; "slots": each takes a stretch of slots; "rollups": each takes the
        sequencing domains that fall to it; "split": all bid the token for everything
    stretch
        length of a stretch [slots]
    token_usd
        what is bid in its own part; more than that is out of line [USD]
    punish_slots
        length of the punishment; 0: for ever [slots]
    caution
        risk-neutral at 1: it leaves once fines exceed what the cartel brought times this; 0: it never does [1]
    lessons
        fines that it takes before they are weighed [1]
    members
        how many of the bidders, the first of them, belong to the cartel; 0: all

    Attributes
    ----------
    broken : int
        times that it found the cartel broken
    punishing_until : int
        slot until which it competes
    rent_usd, fines_usd : float
        its share of what not competing brought so far, and what it paid in fines [USD]
    """

    def __init__(
        self, scheme: str, stretch: int, token_usd: float, punish_slots: int, caution: float, lessons: int, members: int
    ) -> None:
        if scheme not in SCHEMES:
            raise ValueError(f"scheme must be one of {', '.join(SCHEMES)}, not {scheme!r}")
        if not (token_usd >= 0.0 and punish_slots >= 0 and stretch >= 1):
            raise ValueError(
                f"token_usd and punish_slots must not be negative and stretch at least 1, not {token_usd}, "
                f"{punish_slots} and {stretch}"
            )
        if not (caution >= 0.0 and lessons >= 0 and members >= 0):
            raise ValueError(
                f"caution, lessons and members must not be negative, not {caution}, {lessons} and {members}"
            )
        self.scheme, self.stretch, self.token_usd = scheme, stretch, token_usd
        self.punish_slots, self.caution, self.lessons, self.members = punish_slots, caution, lessons, members
        self.punishing_until = -1
        self.broken = self.fines = 0
        self.left = False
        self.rent_usd = self.fines_usd = 0.0

    def mine(self, seat: int, bidders: int, slot: int, domain: int) -> bool:
        """Whether a part of the market falls to the member in a seat."""
        members = min(self.members or bidders, bidders)
        if self.scheme == "split":
            return seat < members
        part = domain if self.scheme == "rollups" else slot // (self.stretch if self.scheme == "slots" else 1)
        return part % members == seat

    def holds(self, slot: int) -> bool:
        """Whether it keeps to the cartel in a slot, as far as it knows when it bids."""
        return not self.left and slot > self.punishing_until

    def bid(self, value: float, mine: bool) -> float:
        """Bid of a member that keeps to the cartel for what is worth `value` to it [USD]."""
        return self.token_usd if mine and value > self.token_usd else 0.0

    def heard(self, slot: int, bidders: int, highest: float, value: float, margin: float) -> None:
        """Look for a break of the cartel in how an auction ended, and state what it brought.

        `value` is the own estimate of what was sold [USD], `margin` the share of it that competition leaves [1].
        """
        if not self.holds(slot):
            return
        self.rent_usd += (value - highest) / min(self.members or bidders, bidders) - margin * value / bidders
        if highest > self.token_usd * (1.0 + ROUNDING):
            self.broken += 1
            self.punishing_until = slot + self.punish_slots if self.punish_slots else FOR_EVER

    def fined(self, amount: float) -> None:
        """Weigh a fine against the rent: leave where belonging has cost more than it brought."""
        self.fines_usd += amount
        self.fines += 1
        if (
            self.caution > 0.0
            and self.fines >= self.lessons
            and self.fines_usd > self.caution * max(0.0, self.rent_usd)
        ):
            self.left = True
