"""What all mechanisms of this part share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from market.sequencing import Part, compose

if TYPE_CHECKING:
    from market.domain import Slot
    from market.sequencing.domains.base import Charter


class Margin(Part):
    """What the sequencer checks before it includes an intent. The base does nothing; a mechanism says what differs.

    `one` says that everybody has one margin account over all rollups of the domain.
    """

    one: ClassVar[bool] = False

    def screen(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Return the rows whose senders pass the check, in order; the others are reverted unexecuted."""
        return rows

    def check(self, charter: Charter) -> None:
        """Raise InputError where the other parts of a domain's regime do not give what this one needs."""


def one_margin(charters: Iterable[Charter]) -> tuple[tuple[int, ...], ...]:
    """Groups of rollups over which everybody has one margin account: the domains whose regime has it so."""
    found = []
    for charter in charters:
        margin: Margin = compose(charter.regime)["margin"]
        margin.check(charter)
        if margin.one:
            found.append(charter.rollups)
    return tuple(found)
