"""Liquidation of loans at a fixed spread: part of the debt is repaid for collateral at a bonus."""

from __future__ import annotations

from numba import float64, int64, njit, types

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move
from market.state.store import STATE, State, cell, get, index
from market.venues.lending import wrongful
from market.venues.lending.lots import auction_of
from market.venues.lending.rules import (
    check,
    collateral_rollup,
    health_at,
    liquidation_line,
    owed,
    price_ratio,
    set_position,
)
from market.venues.lending.tables import LendingMarket, Loan
from market.venues.liquidation.grace import in_grace
from market.venues.liquidation.tables import Auction


@njit(cache=True)
def liquidation_terms(state: State, position: int) -> tuple[float, float]:
    """Most debt that one liquidation may repay now [debt asset] and collateral per unit repaid; (0, 0) if healthy."""
    market = index(state, Loan.market, position)
    return terms_at(state, position, price_ratio(state, market), liquidation_line(state, market))


@njit(types.UniTuple(float64, 2)(STATE, int64, float64, float64), cache=True)
def terms_at(state: State, position: int, ratio: float, line: float) -> tuple[float, float]:
    """Most debt that one liquidation may repay, and collateral per unit repaid, at a price; (0, 0) if healthy.

    Repaying r seizes r (1 + bonus) in value. The close factor limits r to a share of the debt while health is above
    `full_close_health`; collateral limits it to C / (1 + bonus) in value (Qin et al. 2021). `ratio`: price of the
    collateral in units of the debt asset; `line`: the market's line at that price.
    """
    market = index(state, Loan.market, position)
    if index(state, Auction.design, auction_of(state, market)) != 0:
        return 0.0, 0.0  # what this market liquidates it sells by auction
    factor, collateral = health_at(state, position, line), get(state, Loan.collateral, position)
    if not factor < 1.0 or collateral <= 0.0 or ratio <= 0.0:
        return 0.0, 0.0
    rate = (1.0 + get(state, LendingMarket.bonus, market)) / ratio
    most = owed(state, position)
    if factor >= get(state, LendingMarket.full_close, market):
        most *= get(state, LendingMarket.close_factor, market)
    return min(most, collateral / rate), rate


@njit(cache=True)
def liquidate(state: State, row: Row, time: float) -> int:
    """Repay debt of an unhealthy position for its collateral at the bonus; what is left unbacked is bad debt."""
    wrong = check(state, row)
    if wrong != Reason.NONE:
        return wrong
    if index(state, Auction.design, auction_of(state, row.venue)) != 0:
        return Reason.NOT_ALLOWED
    if in_grace(state, row.rollup):
        return Reason.GRACE
    most, rate = liquidation_terms(state, row.target)
    if most <= 0.0:
        return Reason.HEALTHY
    paid, collateral = min(row.amount, most), get(state, Loan.collateral, row.target)
    seized = min(paid * rate, collateral)
    if seized < row.limit:
        return Reason.LIMIT
    vault = index(state, LendingMarket.account, row.venue)
    asset = index(state, LendingMarket.debt, row.venue)
    if not move(state, row.sender, vault, row.rollup, asset, paid, Why.LIQUIDATION):
        return Reason.INSUFFICIENT_BALANCE
    asset, held_on = index(state, LendingMarket.collateral, row.venue), collateral_rollup(state, row.venue)
    if not move(state, vault, row.sender, held_on, asset, seized, Why.SEIZURE):
        return Reason.NO_LIQUIDITY
    wrongful.note(state, row.target, paid)
    grown = get(state, LendingMarket.index, row.venue)
    left = max(0.0, get(state, Loan.debt, row.target) - paid / grown)
    # collateral that is gone but for rounding is gone, and the debt it left is the protocol's loss
    if collateral - seized <= 1e-12 * collateral and left > 0.0:
        lost = get(state, LendingMarket.bad_debt, row.venue) + left * grown
        put(state, cell(state, LendingMarket.bad_debt, row.venue), lost)
        left = 0.0
    set_position(state, row.target, collateral - seized, left)
    # the receipt names what moved, whatever the sender wrote
    row.asset_in, row.asset_out = (
        index(state, LendingMarket.debt, row.venue),
        index(state, LendingMarket.collateral, row.venue),
    )
    row.filled_in = paid
    row.filled_out = seized
    return Reason.NONE
