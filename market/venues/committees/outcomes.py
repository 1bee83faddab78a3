"""What committees add to a run's results; nothing where there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float | int]:
    """What was paid for reports and lost of bonds, and how far feeds were from the reference price.

    The error of a feed is its mean over time, then over committees; the worst is that of any committee at any slot.
    """
    table = market.world.tables.committees
    if not len(table):
        return {}
    watched = float(table["watched"].sum())
    return {
        "reports": int(table["reports"].sum()),
        "bribes_usd": float(table["bribes"].sum()),
        "bribed_reports": int(table["bribed"].sum()),
        "slashed_bonds_usd": float(table["slashed"].sum()),
        "slashings": int(table["offences"].sum()),
        "feed_error_bp": 1e4 * float(table["error"].sum()) / watched if watched > 0.0 else float("nan"),
        "feed_error_worst_bp": 1e4 * float(table["worst"].max()),
    }
