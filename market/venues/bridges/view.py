"""What everybody sees of bridges."""

from __future__ import annotations

from market.state.records import Records
from market.state.store import described
from market.venues.bridges.tables import Bridge


class BridgesSeen(Records, columns=described(Bridge)):
    """Bridges: shape (bridges,)."""


VIEWS = {"bridges": BridgesSeen}
"""Views of whole tables, by the name of the table."""
