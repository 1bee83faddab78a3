"""Gaps between pools and the outside market: what arbitrageurs look for, found once for all."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from agents.blocks.arbitrage import gap_pays, outside_seen
from agents.means.written import write_hedged
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import INTENT

if TYPE_CHECKING:
    from market.access.protocols import Reason

NO_TIPS = np.zeros(0)
type Bid = Callable[[int, float], float]
"""Tip [USD] for a trade: its place among those that are sent, and what it brings after gas [USD]."""


@cache
def trade_pays(least_usd: float) -> Reason:
    """Return the reason to look that a trade of a pool of the domain outside earns more than this after gas [USD]."""

    def pays(seen: Observation) -> bool:
        if not gap_pays(seen):
            return False
        where, gas = rollup_of(seen), seen.gas
        return any(
            profit > 2.0 * gas.item(where[pool]) + least_usd for pool, *_, profit in opportunities(seen).tolist()
        )

    return pays


def opportunities(seen: Observation) -> np.ndarray:
    """Trades against the outside market now, found once for all who pay the same there: shape (n,), `OPPORTUNITY`."""
    return seen.derived(("opportunities", seen.domain, seen.outside_fee), outside_seen, seen)


def rollup_of(seen: Observation) -> list[int]:
    """Rollup of each pool."""
    return seen.fixed("rollups of pools", _rollups, seen)


def _rollups(seen: Observation) -> list[int]:
    return seen.pools["rollup"].astype(int).tolist()


class Hedged:
    """Trades of one agent against the outside market, each with what undoes it there."""

    def __init__(self, seat: Seat) -> None:
        pools = len(seat.public.pools)
        self._rows, self._gains = np.zeros(2 * pools, INTENT), np.zeros(pools)

    def write(self, seen: Observation, least_usd: float, life_s: float, bid: Bid) -> np.ndarray:
        """Return those that pay and can be paid for, in bundles, for the desk to exchange: shape (n,), `INTENT`.

        Parameters
        ----------
        seen
            what is seen
        least_usd
            least profit after gas of any of them [USD]
        life_s
            how long they are worth waiting for [s]
        bid
            asked for a tip where tips may buy a place
        """
        trades = opportunities(seen)
        if not trades.size:
            return self._rows[:0]
        about = trades, seen.pools, seen.gas, seen.funds, seen.prices, least_usd, seen.time + life_s
        count = write_hedged(*about, NO_TIPS, self._rows, self._gains)
        if count and seen.heeds_tips:
            tips = [bid(at, gain) for at, gain in enumerate(self._gains[:count].tolist())]
            write_hedged(*about, np.array(tips), self._rows, self._gains)
        return self._rows[: 2 * count]
