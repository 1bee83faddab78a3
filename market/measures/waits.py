"""How long listed users wait for inclusion, and how many of them are never served, against the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from market.intents.rows import Status
from market.measures.recorder import Recorder

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

SERVED = (Status.FILLED, Status.REVERTED)


class Waits(Recorder):
    """Notes how long intents of retail users took from sending to inclusion, by whether they are listed.

    Parameters
    ----------
    listed
        tells of rows whether they are listed: shape (n,) to a mask
    until
        leaves out what was sent later, of which the end of the run would cut off those who wait long [s]

    Attributes
    ----------
    others, group : list of (n,) arrays
        time from sending to inclusion of whoever was included [s], of those who are not listed and of those who are
    lost : list of two ints
        how many of either expired before they were included
    """

    def __init__(self, listed: Callable[[np.ndarray], np.ndarray], until: float = np.inf) -> None:
        self._listed, self._until = listed, until
        self.others: list[np.ndarray] = []
        self.group: list[np.ndarray] = []
        self.lost = [0, 0]

    def on_start(self, market: SequencerMarket) -> None:
        """Note whose intents to look at."""
        self._users = market.world.account_of["retail"]

    def on_block(self, slot: Slot) -> None:
        """Add the receipts of a block."""
        rows = slot.rows[(slot.rows["sender"] == self._users) & (slot.rows["sent"] <= self._until)]
        if not rows.size:
            return
        listed, served = self._listed(rows), np.isin(rows["status"], SERVED)
        for at, (waits, mask) in enumerate(((self.others, ~listed), (self.group, listed))):
            waits.append((rows["executed"] - rows["sent"])[mask & served])
            self.lost[at] += int((mask & (rows["status"] == Status.EXPIRED)).sum())

    def report(self) -> dict[str, float]:
        """Return mean delays of the listed and the others [s], and the share of either that is never served [1]."""
        found: dict[str, float] = {}
        for name, waits, lost in (("others", self.others, self.lost[0]), ("listed", self.group, self.lost[1])):
            included = np.concatenate([np.zeros(0), *waits])
            everybody = included.size + lost
            found[f"{name}_delay_s"] = float(included.mean()) if included.size else float("nan")
            found[f"{name}_never_served"] = lost / everybody if everybody else float("nan")
        return found
