"""Trades of arbitrageurs, written for the desk all at once in compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np

from market.intents.rows import Purpose, Row, Rows
from market.kernel.compiled import kernel
from market.kernel.direct import bound
from market.venues import Kind
from market.venues.pools.view import Pools

EXACT = 1.0 - 1e-9
"""Share of what is expected at which a limit stands that leaves room for rounding alone [1]."""


@kernel
def _write(row: Row, source: int, sink: int, amount: float, limit: float, purpose: int, expiry: float) -> None:
    row.asset_in, row.asset_out, row.amount, row.limit = source, sink, amount, limit
    row.purpose, row.expiry, row.tip = purpose, expiry, 0.0


@kernel
def _tied(legs: Any, kept: float, tip: float, expiry: float, rows: Rows) -> None:
    """Write the legs of a cycle, `OPPORTUNITY`, as one bundle, of which the first carries the tip.

    `kept`: share of its output at which the limit of each leg stands [1].
    """
    for k in range(legs.size):
        leg, row = legs[k], rows[k]
        _write(row, leg.source, leg.sink, leg.amount, leg.output * kept, Purpose.CYCLE, expiry)
        row.kind, row.venue, row.bundle = Kind.SWAP, leg.pool, 0
    rows[0].tip = tip


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
    """Write the trades, `OPPORTUNITY`, that pay more than gas and `least_usd`, each with what undoes it outside.

    Those that funds do not reach for are cut to them. `tips`: of each that is written, in order [USD], () for none;
    `gains`: what each brings after gas is written there [USD]. Returns how many are written.
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
        least, asked = out * EXACT, amount
        sold = least
        if sink == 0:  # the tip is kept back of the proceeds, or else asked for beyond the outlay
            sold -= tip
        else:
            asked += tip / prices[source]
        swap, hedge = rows[2 * count], rows[2 * count + 1]
        _write(swap, source, sink, amount, least, Purpose.ARBITRAGE, expiry)
        _write(hedge, sink, source, sold, asked, Purpose.ARBITRAGE, np.inf)
        swap.kind, swap.venue, swap.tip, swap.bundle = Kind.SWAP, trade.pool, tip, count
        hedge.kind, hedge.venue, hedge.rollup, hedge.bundle = Kind.OUTSIDE, -1, rollup, count
        gains[count] = profit - 2.0 * gas[rollup]
        count += 1
    return count


write_tied, write_hedged = bound(_tied), bound(_hedged)
"""The same of what is seen."""
