"""What everybody sees of committees, and of what their reporters are offered: offers are public, as their money is."""

from __future__ import annotations

from market.state.records import Records
from market.state.store import described
from market.venues.committees.tables import Committee, Reporter


class CommitteesSeen(Records, columns=described(Committee)):
    """Committees of reporters: shape (committees,)."""


class ReportersSeen(Records, columns=described(Reporter)):
    """Seats of all committees: shape (reporters,)."""


VIEWS = {"committees": CommitteesSeen, "reporters": ReportersSeen}
"""Views of whole tables, by the name of the table."""
