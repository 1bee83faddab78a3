"""Trades of arbitrageurs, written for the desk all at once in compiled code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agents.means.gaps import opportunities
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import INTENT, Purpose, Row, Rows
from market.kernel.compiled import kernel
from market.kernel.direct import bound
from market.venues import Kind
from market.venues.pools.view import Pools

EXACT = 1.0 - 1e-9
"""Share of what is expected below which a limit stands, for rounding alone [1]."""


@kernel
def _write(row: Row, source: int, sink: int, amount: float, limit: float, purpose: int, expiry: float) -> None:
    row.asset_in, row.asset_out, row.amount, row.limit = source, sink, amount, limit
    row.purpose, row.expiry, row.tip, row.bundle = purpose, expiry, 0.0, -1


@kernel
def _hedged(
    trades: Any,
    pools: Pools,
    gas: np.ndarray,
    funds: np.ndarray,
    prices: np.ndarray,
    least_usd: float,
    expiry: float,
    tips: np.ndarray,
    rows: Rows,
    gains: np.ndarray,
) -> int:
    """Write the trades that pay more than gas and `least_usd`, each with what undoes it outside; return how many.

    Those that funds do not reach for are cut to them. `tips`: of each that is written, in order [USD], () for none;
    `gains`: what each brings after gas is written there [USD].
    """
    count = 0
    for k in range(trades.size):
        trade = trades[k]
        rollup, source, sink = int(pools[trade.pool].rollup), trade.source, trade.sink
        amount, out, profit = trade.amount, trade.output, trade.profit
        if profit <= 2.0 * gas[rollup] + least_usd:
            continue
        held = funds[rollup, source]
        if amount > held:
            # the profit is concave in size: a smaller trade earns more per unit, so its limit is met
            out *= held / amount
            profit *= held / amount
            amount = held
            if amount <= 0.0:
                continue
        tip = tips[count] if tips.size else 0.0
        sold, asked = out * EXACT, amount
        if sink == 0:  # the tip is kept back of the proceeds, or else asked for beyond the outlay
            sold -= tip
        else:
            asked += tip / prices[source]
        swap, hedge = rows[2 * count], rows[2 * count + 1]
        _write(swap, source, sink, amount, out * EXACT, Purpose.ARBITRAGE, expiry)
        _write(hedge, sink, source, sold, asked, Purpose.ARBITRAGE, np.inf)
        swap.kind, swap.venue, swap.tip, swap.bundle = Kind.SWAP, trade.pool, tip, count
        hedge.kind, hedge.venue, hedge.rollup, hedge.bundle = Kind.OUTSIDE, -1, rollup, count
        gains[count] = profit - 2.0 * gas[rollup]
        count += 1
    return count


@kernel
def _tied(legs: Any, kept: float, tip: float, expiry: float, rows: Rows) -> None:
    """Write the legs of a cycle as one bundle; the first leg carries the tip."""
    for k in range(legs.size):
        leg, row = legs[k], rows[k]
        _write(row, leg.source, leg.sink, leg.amount, leg.output * kept, Purpose.CYCLE, expiry)
        row.kind, row.venue, row.bundle = Kind.SWAP, leg.pool, 0
    rows[0].tip = tip


_write_hedged, _write_tied = bound(_hedged), bound(_tied)
NO_TIPS = np.zeros(0)
type Bid = Callable[[int, float], float]
"""Tip for the trade of a number and a gain [USD]."""


class Written:
    """What one agent writes before it hands it in."""

    def __init__(self, seat: Seat) -> None:
        pools = len(seat.public.pools)
        self._rows, self._gains = np.zeros(2 * pools, INTENT), np.zeros(pools)

    def tied(self, legs: np.ndarray, slack: float, tip: float, expiry: float) -> np.ndarray:
        """Return the legs of a cycle as one bundle with a tip [USD]: shape (k,), `INTENT`.

        `legs`: (k,), `OPPORTUNITY`; `slack`: by what share the output of each may slip [1].
        """
        _write_tied(legs, 1.0 - slack, tip, expiry, self._rows)
        return self._rows[: legs.size]

    def hedged(self, seen: Observation, least_usd: float, life_s: float, bid: Bid) -> np.ndarray:
        """Return trades against the outside market that pay, each with what undoes it there: shape (n,), `INTENT`.

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
        told = trades, seen.pools, seen.gas, seen.funds, seen.prices, least_usd, seen.time + life_s
        count = _write_hedged(*told, NO_TIPS, self._rows, self._gains)
        if count and seen.heeds_tips:
            tips = [bid(at, gain) for at, gain in enumerate(self._gains[:count].tolist())]
            _write_hedged(*told, np.array(tips), self._rows, self._gains)
        return self._rows[: 2 * count]
