"""What everybody sees of the outside market: its terms, its price over `seen.prices`, who has how much there."""

from __future__ import annotations

from market.state.records import Records
from market.state.store import described
from market.venues.outside.stocks import Stock
from market.venues.outside.tables import Outside


class OutsideSeen(Records, columns=described(Outside)):
    """The outside market: shape (1,)."""


class StocksSeen(Records, columns=described(Stock)):
    """What participants are long or short outside: shape (participants,), by account; (0,) where there is no limit."""


VIEWS = {"outside": OutsideSeen, "stocks": StocksSeen}
"""Views of whole tables, by the name of the table."""
