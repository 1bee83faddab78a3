"""Whether quotes of options can be the prices of one market: violations are counted, each with what was compared.

A violation is one that bids and asks leave no room for; sides without a quote (not a number) are not compared.

- bounds: no option costs less than it would be worth without volatility, or is bought for more than it can be worth.
- parity: a call less a put is D (F - K): C_bid - P_ask is no more, and C_ask - P_bid no less.
- slope: a call falls with the strike, and by no more than D per unit; a put rises likewise.
- convexity: no option costs less than the mean of its neighbours sells for, in either kind.
- calendar: at one moneyness ln(K / F), total variance sigma^2 T does not fall with expiry; between strikes of the later
  expiry it is taken as straight.
- wings: between the two outermost strikes on either side, total variance rises by at most 2 per unit of moneyness.

The first five are arbitrage, the last is one in the limit of extreme strikes only.
Sources: P. Carr and D. Madan (2005), A note on sufficient conditions for no arbitrage, Finance Research Letters 2,
125-130; J. Gatheral and A. Jacquier (2014), Arbitrage-free SVI volatility surfaces, Quantitative Finance 14, 59-71, for
total variance; R. W. Lee (2004), The moment formula for implied volatility at extreme strikes, Mathematical Finance 14,
469-480, for the wings.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from market.kernel.compiled import kernel
from market.kernel.interpreted import row_type
from market.pricing.implied import implied

QUOTES = row_type(
    [
        ("years", np.float64), ("forward", np.float64), ("discount", np.float64), ("strike", np.float64),
        ("call_bid", np.float64), ("call_ask", np.float64), ("put_bid", np.float64), ("put_ask", np.float64),
    ]
)  # fmt: skip
"""Quotes at one strike: expiry [years], forward price [numeraire], discount factor [1], strike and quotes [numeraire].
Of one expiry, the forward price and the discount factor are the same in all rows."""
ROUNDING = 1e-12
"""Part of the forward price, and of a variance, by which a comparison may be off in rounding."""
STEEPEST = 2.0
PARITY, SLOPE, CONVEXITY, CALENDAR, WINGS, BOUNDS = range(6)
FOUND, COMPARED = 0, 1
VARIANCES = row_type([("bid", np.float64), ("ask", np.float64)])
"""Total variances that an option's quotes imply, not a number where they imply none [1]."""


class Violations(NamedTuple):
    """A number of each: of violations, or of comparisons."""

    parity: int
    slope: int
    convexity: int
    calendar: int
    wings: int
    bounds: int


def violations(quotes: np.ndarray) -> tuple[Violations, Violations]:
    """Count the violations in a surface, and the comparisons that were made.

    Parameters
    ----------
    quotes
        rows of `QUOTES`, in any order; one for each expiry and strike
    """
    rows = quotes[np.lexsort((quotes["strike"], quotes["years"]))]
    counts = np.zeros((2, len(Violations._fields)), np.int64)
    variances = np.zeros(len(rows), VARIANCES)
    _count(rows, variances, counts)
    return Violations(*counts[FOUND].tolist()), Violations(*counts[COMPARED].tolist())


@kernel
def _compare(counts: np.ndarray, which: int, excess: float, room: float) -> None:
    """Count a comparison unless a quote is missing, and a violation if the excess is positive."""
    if not math.isnan(excess):
        counts[COMPARED, which] += 1
        if excess > room:
            counts[FOUND, which] += 1


@kernel
def _within(row: Any, counts: np.ndarray) -> None:
    """Compare the quotes at one strike with their bounds, and with each other."""
    held, owed, room = row.discount * row.forward, row.discount * row.strike, ROUNDING * row.forward
    _compare(counts, BOUNDS, max(held - owed, 0.0) - row.call_ask, room)
    _compare(counts, BOUNDS, row.call_bid - held, room)
    _compare(counts, BOUNDS, max(owed - held, 0.0) - row.put_ask, room)
    _compare(counts, BOUNDS, row.put_bid - owed, room)
    _compare(counts, PARITY, row.call_bid - row.put_ask - (held - owed), room)
    _compare(counts, PARITY, row.put_bid - row.call_ask + (held - owed), room)


@kernel
def _slopes(row: Any, following: Any, counts: np.ndarray) -> None:
    """Compare two neighbouring strikes, the lower one first."""
    most, room = row.discount * (following.strike - row.strike), ROUNDING * row.forward
    _compare(counts, SLOPE, following.call_bid - row.call_ask, room)
    _compare(counts, SLOPE, row.call_bid - following.call_ask - most, room)
    _compare(counts, SLOPE, row.put_bid - following.put_ask, room)
    _compare(counts, SLOPE, following.put_bid - row.put_ask - most, room)


@kernel
def _bends(before: Any, row: Any, following: Any, counts: np.ndarray) -> None:
    """Compare a strike with its two neighbours."""
    share = (following.strike - row.strike) / (following.strike - before.strike)
    room = ROUNDING * row.forward
    calls = share * before.call_ask + (1.0 - share) * following.call_ask
    puts = share * before.put_ask + (1.0 - share) * following.put_ask
    _compare(counts, CONVEXITY, row.call_bid - calls, room)
    _compare(counts, CONVEXITY, row.put_bid - puts, room)


@kernel
def _total_variance(row: Any, price: float) -> float:
    """Return sigma^2 T at a price of the option out of the money; not a number where none is implied."""
    rate = -math.log(row.discount) / row.years
    call = row.strike >= row.forward
    volatility, _ = implied(price, row.forward * row.discount, row.strike, row.years, rate, 0.0, call)
    return volatility * volatility * row.years


@kernel
def _moneyness(row: Any) -> float:
    return math.log(row.strike / row.forward)


@njit(cache=True)
def _later(rows: Any, variances: Any, first: int, end: int, at: float) -> float:
    """Total variance of the ask at a moneyness, of the expiry in rows `first` to `end`; not a number outside of it."""
    for row in range(first, end):
        here = _moneyness(rows[row])
        if abs(here - at) <= ROUNDING:
            return variances[row].ask
        if here > at:
            if row == first:
                return np.nan
            before = _moneyness(rows[row - 1])
            share = (at - before) / (here - before)
            return (1.0 - share) * variances[row - 1].ask + share * variances[row].ask
    return np.nan


@kernel
def _wing(inner: Any, outer: Any, low: float, high: float, counts: np.ndarray) -> None:
    """Compare the ask `low` of the strike nearer to the forward price with the bid `high` of the outermost one."""
    between = abs(_moneyness(outer) - _moneyness(inner))
    _compare(counts, WINGS, high - low - STEEPEST * between, ROUNDING)


@njit(cache=True)
def _count(rows: Any, variances: Any, counts: np.ndarray) -> None:
    """Count over rows in the order of expiry and strike; `variances` is written: of bid and ask."""
    before, begin = -1, 0
    while begin < len(rows):
        end = begin + 1
        while end < len(rows) and rows[end].years == rows[begin].years:
            end += 1
        for at in range(begin, end):
            row = rows[at]
            _within(row, counts)
            call = row.strike >= row.forward
            variances[at].bid = _total_variance(row, row.call_bid if call else row.put_bid)
            variances[at].ask = _total_variance(row, row.call_ask if call else row.put_ask)
            if at > begin:
                _slopes(rows[at - 1], row, counts)
            if at > begin + 1:
                _bends(rows[at - 2], rows[at - 1], row, counts)
        if end - begin > 1:
            low, high = begin, end - 1
            if _moneyness(rows[low + 1]) <= 0.0:
                _wing(rows[low + 1], rows[low], variances[low + 1].ask, variances[low].bid, counts)
            if _moneyness(rows[high - 1]) >= 0.0:
                _wing(rows[high - 1], rows[high], variances[high - 1].ask, variances[high].bid, counts)
        if before >= 0:
            for at in range(before, begin):
                later = _later(rows, variances, begin, end, _moneyness(rows[at]))
                _compare(counts, CALENDAR, variances[at].bid - later, ROUNDING)
        before, begin = begin, end
