"""Files of prices as commands name them: their columns, what was done to them, and whether pools go with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from market.errors import InputError
from market.measures.recorder import Recorder
from market.prices.bar_file import bars_of
from market.prices.names import ROLES
from market.settings import DAY_S

if TYPE_CHECKING:
    from market.graph.pool_file import PoolTable
    from market.model import SequencerMarket
    from market.prices.bars import Bars
    from market.prices.config import PriceConfig

OTHER_DAYS = 30
"""From how many days between pools and prices on, their levels need not agree."""


class Repairs(Recorder):
    """Takes note of what was done to a file of prices so that it could be replayed."""

    def __init__(self) -> None:
        self.repairs: list[str] = []

    def on_start(self, market: SequencerMarket) -> None:
        """Look at what the price path says of its file."""
        notes: dict[str, Any] = market.path.notes
        self.repairs = list(notes.get("repairs", ()))


def parse_columns(texts: Sequence[str]) -> dict[str, str]:
    """Return the columns that ``timestamp=unix,open=Open`` names, by role.

    Raises
    ------
    InputError
        no such role, a role twice, or no name. One line.
    """
    found: dict[str, str] = {}
    for part in (part for text in texts for part in text.split(",")):
        role, equals, name = (piece.strip() for piece in part.partition("="))
        if not equals or not name or role not in ROLES or role in found:
            raise InputError(
                f"--prices-columns {part!r}: {'given twice' if role in found else 'not understood'}; "
                f"allowed: ROLE=NAME, each role once, of {', '.join(ROLES)}"
            )
        found[role] = name
    return found


def compare(pools: PoolTable, prices: PriceConfig) -> list[str]:
    """Compare the prices of pools with those of the file that is replayed, if one is; return what there is to say.

    They have to be within a factor of three, unless the name of the pools' file has a day that is not the bars': an old
    crash may be replayed on pools of today, at their level.

    Raises
    ------
    InputError
        a pool beyond a factor of three of the bars. One line that names its row.
    """
    from market.graph.pool_units import check_level

    if prices.kind != "replay" or prices.any_level:
        return []
    bars = bars_of(prices)
    span = float(bars.low.min()), float(bars.high.max())
    if (day := _other_day(pools, bars)) is None:
        check_level(pools.table, pools.eth, pools.usd, span, str(bars.path))
        return []
    middle = float(np.median(pools.price))
    return [f"pools of {day} at {middle:.6g} USD, prices of other days at {span[0]:.6g} to {span[1]:.6g}: not compared"]


def _other_day(pools: PoolTable, bars: Bars) -> str | None:
    """Return the day in the name of the pools' file, if it is far from those of the bars."""
    found = re.search(r"(20\d\d)-?([01]\d)-?([0-3]\d)", pools.table.path.name)
    if found is None:
        return None
    try:
        days = (date(*map(int, found.groups())) - date(1970, 1, 1)).days
    except ValueError:
        return None
    away = max(bars.time_s[0] - days * DAY_S, days * DAY_S - bars.end_s)
    return found[0] if away > OTHER_DAYS * DAY_S else None
