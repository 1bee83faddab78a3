"""Programmes that pay for liquidity: what counts, and who is paid how much of a payment.

Depth is what swaps meet at the price, both sides, of pools of the asset against the numeraire; a range counts while the
price is in it. Quotes count with the underlying of the options that they are for, where both sides stand closely enough
about one price. Both count for as long as they stand; a payment is shared in proportion to that.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, njit, void

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move, within
from market.state.store import STATE, State, balance, cell, get, index, length, rollups
from market.state.tables import Account
from market.venues.mining.tables import Field, Programme, Score
from market.venues.options.instrument import price_of
from market.venues.options.tables import OptionAccount, OptionMarket, Quote
from market.venues.pools.curve import concentrated, reserve
from market.venues.pools.rules import provision_row
from market.venues.pools.tables import NO_TICK, Pool, Provision, Range, Tick

NUMERAIRE = 0


@njit(int64(STATE), cache=True)
def providers(state: State) -> int:
    """How many accounts may provide liquidity."""
    return length(state, Score.depth) // length(state, Field.rollup)


@njit(int64(STATE, int64, int64), cache=True)
def field_of(state: State, programme: int, rollup: int) -> int:
    """Row of a rollup in a programme."""
    return programme * rollups(state) + rollup


@njit(boolean(STATE, int64, int64), cache=True)
def counts(state: State, programme: int, pool: int) -> bool:
    """Whether a programme pays for a pool."""
    asset, first, second = (
        index(state, Programme.asset, programme), index(state, Pool.asset, pool), index(state, Pool.asset + 1, pool)
    )  # fmt: skip
    return (first == asset and second == NUMERAIRE) or (first == NUMERAIRE and second == asset)


@njit(boolean(STATE, int64, int64), cache=True)
def _at_price(state: State, pool: int, row: int) -> bool:
    """Whether a range of a pool is one, and the price is in it."""
    below, above = index(state, Pool.below, pool), index(state, Pool.above, pool)
    if get(state, Range.liquidity, row) == 0.0 or min(below, above) == NO_TICK:
        return False
    lower, upper = get(state, Range.lower, row), get(state, Range.upper, row)
    return lower <= get(state, Tick.number, below) and upper >= get(state, Tick.number, above)


@njit(void(STATE, int64, int64, float64), cache=True)
def _add(state: State, column: int, row: int, amount: float) -> None:
    """Add to a number outside of a block: nobody's intent, not journalled."""
    state.cells[cell(state, column, row)] += amount


@njit(void(STATE, int64, int64, float64), cache=True)
def _measure_pool(state: State, programme: int, pool: int, elapsed: float) -> None:
    """Count the depth of a pool, for as long as it has stood, to those who have provided it."""
    field, active = field_of(state, programme, index(state, Pool.rollup, pool)), get(state, Pool.shares, pool)
    value = 2.0 * reserve(state, pool, NUMERAIRE)
    if not (active > 0.0 and value > 0.0):
        return
    _add(state, Field.depth, field, value)
    for provider in range(providers(state)):
        part = get(state, Provision.shares, provision_row(state, provider, pool)) / active
        _add(state, Score.depth, field * providers(state) + provider, part * value * elapsed)
    if not concentrated(state, pool):
        return
    first = index(state, Pool.first_range, pool)
    for row in range(first, first + index(state, Pool.most_ranges, pool)):
        if _at_price(state, pool, row):
            provider = index(state, Account.provider, index(state, Range.owner, row))
            part = get(state, Range.liquidity, row) / active
            _add(state, Score.depth, field * providers(state) + provider, part * value * elapsed)


@njit(void(STATE, int64, int64, float64), cache=True)
def _measure_quotes(state: State, programme: int, market: int, elapsed: float) -> None:
    """Count the quotes on a market of options that stand closely enough, for as long as they have stood."""
    field, price = field_of(state, programme, index(state, OptionMarket.rollup, market)), price_of(state, market)
    widest, first = get(state, Programme.within, programme) * price, index(state, OptionMarket.first_quote, market)
    count = index(state, OptionMarket.makers, market) * index(state, OptionMarket.series, market)
    for quote in range(first, first + count):
        size = min(get(state, Quote.bid_size, quote), get(state, Quote.ask_size, quote))
        if size == 0.0 or 0.5 * (get(state, Quote.ask, quote) - get(state, Quote.bid, quote)) > widest:
            continue
        provider = index(state, Account.provider, index(state, OptionAccount.owner, index(state, Quote.account, quote)))
        _add(state, Field.quoted, field, size * price)
        _add(state, Score.quoted, field * providers(state) + provider, size * price * elapsed)


@njit(void(STATE, float64), cache=True)
def measure(state: State, time: float) -> None:
    """Count what stands up to a time. Not journalled: time is nobody's intent."""
    for programme in range(length(state, Programme.rollup)):
        elapsed = time - get(state, Programme.measured, programme)
        state.cells[cell(state, Programme.measured, programme)] = time
        for rollup in range(rollups(state)):
            field = field_of(state, programme, rollup)
            state.cells[cell(state, Field.depth, field)] = 0.0
            state.cells[cell(state, Field.quoted, field)] = 0.0
        for pool in range(length(state, Pool.rollup)):
            if counts(state, programme, pool):
                _measure_pool(state, programme, pool, elapsed)
        if get(state, Programme.for_quotes, programme) == 0.0:
            continue
        for market in range(length(state, OptionMarket.rollup)):
            if index(state, OptionMarket.asset, market) == index(state, Programme.asset, programme):
                _measure_quotes(state, programme, market, elapsed)


@njit(float64(STATE, int64, int64), cache=True)
def _total(state: State, column: int, first: int) -> float:
    """Sum of a score over all providers on a rollup."""
    total = 0.0
    for at in range(first, first + providers(state)):
        total += get(state, column, at)
    return total


@njit(boolean(STATE, int64, int64, float64), cache=True)
def _reward(state: State, programme: int, score: int, amount: float) -> bool:
    """Pay a provider out of the treasury."""
    treasury, home = index(state, Programme.account, programme), index(state, Programme.rollup, programme)
    account = index(state, Score.account, score)
    if not move(
        state, treasury, account, home, NUMERAIRE, within(state, treasury, home, NUMERAIRE, amount), Why.REWARD
    ):
        return False
    put(state, cell(state, Score.paid, score), get(state, Score.paid, score) + amount)
    return True


@njit(cache=True)
def pay(state: State, row: Row, time: float) -> int:
    """Pay `amount`, or what is left, to those who had depth and quotes on a rollup since they were paid last.

    A part of it for which there is nobody stays in the treasury, and scores begin anew. Only the treasury may.
    """
    if not 0 <= row.venue < length(state, Programme.rollup) or not 0 <= row.target < rollups(state):
        return Reason.WRONG_VENUE
    home, treasury = index(state, Programme.rollup, row.venue), index(state, Programme.account, row.venue)
    if row.rollup != home:
        return Reason.WRONG_VENUE
    if row.sender != treasury:
        return Reason.NOT_OWNER
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return Reason.BAD_AMOUNT
    amount = min(row.amount, balance(state, treasury, home, NUMERAIRE))
    if amount == 0.0:
        return Reason.INSUFFICIENT_BALANCE
    field = field_of(state, row.venue, row.target)
    first, paid = field * providers(state), 0.0
    for_quotes = get(state, Programme.for_quotes, row.venue) * amount
    depth, quoted = _total(state, Score.depth, first), _total(state, Score.quoted, first)
    if depth == 0.0 and quoted == 0.0:
        return Reason.NO_LIQUIDITY
    for score in range(first, first + providers(state)):
        mine = 0.0
        if depth > 0.0:
            mine += (amount - for_quotes) * get(state, Score.depth, score) / depth
        if quoted > 0.0:
            mine += for_quotes * get(state, Score.quoted, score) / quoted
        if mine > 0.0 and not _reward(state, row.venue, score, mine):
            return Reason.INSUFFICIENT_BALANCE
        put(state, cell(state, Score.depth, score), 0.0)
        put(state, cell(state, Score.quoted, score), 0.0)
        paid += mine
    put(state, cell(state, Field.paid, field), get(state, Field.paid, field) + paid)
    put(state, cell(state, Programme.paid, row.venue), get(state, Programme.paid, row.venue) + paid)
    row.asset_in, row.asset_out = NUMERAIRE, NUMERAIRE
    row.filled_in = paid
    return Reason.NONE
