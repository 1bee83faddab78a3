"""What everybody sees of the outside market: its fee; its reference prices are `seen.prices`."""

from __future__ import annotations

from market.state.records import Records
from market.state.store import described
from market.venues.outside.tables import Outside


class OutsideSeen(Records, columns=described(Outside)):
    """The outside market: shape (1,)."""


VIEWS = {"outside": OutsideSeen}
"""Views of whole tables, by the name of the table."""
