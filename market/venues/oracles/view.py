"""What everybody sees of price feeds."""

from __future__ import annotations

from market.state.records import Records
from market.state.store import described
from market.venues.oracles.tables import Feed


class FeedsSeen(Records, columns=described(Feed)):
    """Price feeds: shape (feeds,)."""


VIEWS = {"feeds": FeedsSeen}
"""Views of whole tables, by the name of the table."""
