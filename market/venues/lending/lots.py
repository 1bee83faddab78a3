"""What auctions of loans have in common: seizing a loan, and who gets the proceeds."""

from __future__ import annotations

from numba import boolean, float64, int64, njit, types, void

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move, within
from market.state.store import STATE, State, cell, get, index, length
from market.state.tables import Asset
from market.venues.lending import wrongful
from market.venues.lending.rules import health, owed, price_ratio, set_position
from market.venues.lending.tables import LendingMarket, Loan
from market.venues.liquidation.grace import in_grace
from market.venues.liquidation.lots import free, open_lot, shut
from market.venues.liquidation.tables import Auction, Lot


@njit(int64(STATE, int64), cache=True)
def auction_of(state: State, market: int) -> int:
    """Row of a lending market among the auctions."""
    return index(state, LendingMarket.auction, market)


@njit(int64(STATE, int64), cache=True)
def market_of(state: State, lot: int) -> int:
    """Lending market whose auction is held in a lot."""
    return index(state, Auction.market, index(state, Lot.auction, lot))


@njit(cache=True)
def seize(state: State, row: Row, time: float, buf: float) -> int:
    """Take the whole of an unhealthy position, collateral and debt, and put it up for auction; anybody may.

    The auction begins at `buf` times the oracle's price. The receipt says what is to be raised and what is for sale.
    """
    market, position = row.venue, row.target
    auction = auction_of(state, market)
    if position < 0 or position >= length(state, Loan.market) or index(state, Loan.market, position) != market:
        return Reason.WRONG_VENUE
    if in_grace(state, row.rollup):
        return Reason.GRACE
    collateral, debt = get(state, Loan.collateral, position), owed(state, position)
    ratio = price_ratio(state, market)
    if not health(state, position) < 1.0 or collateral <= 0.0 or ratio <= 0.0:
        return Reason.HEALTHY
    lot = free(state, auction, time)
    if lot < 0:
        return Reason.NO_LIQUIDITY
    asset, vault = index(state, LendingMarket.collateral, market), index(state, LendingMarket.account, market)
    collateral = within(state, vault, row.rollup, asset, collateral)
    if not move(state, vault, index(state, Lot.account, lot), row.rollup, asset, collateral, Why.SEIZURE):
        return Reason.NO_LIQUIDITY
    wrongful.note(state, position, debt)
    set_position(state, position, 0.0, 0.0)
    tab = debt * (1.0 + get(state, Auction.penalty, auction))
    open_lot(state, lot, position, collateral, debt, tab, buf * ratio, time)
    row.asset_in, row.asset_out = index(state, LendingMarket.debt, market), asset
    return Reason.NONE


@njit(float64(STATE, int64, float64), cache=True)
def unpaid(state: State, lot: int, tab: float) -> float:
    """Part of `tab`, still to be raised, that is debt and not penalty."""
    penalty = get(state, Lot.debt, lot) * get(state, Auction.penalty, index(state, Lot.auction, lot))
    return min(max(0.0, tab - penalty), get(state, Lot.debt, lot))


@njit(types.Tuple((boolean, float64))(STATE, int64, int64, int64, float64, float64), cache=True)
def pay_market(state: State, lot: int, payer: int, rollup: int, amount: float, tab: float) -> tuple[bool, float]:
    """Pay the market towards `tab`, which is still to be raised: the debt first, then the penalty.

    Returns whether the payer could, and what is left of the tab.
    """
    market = market_of(state, lot)
    vault, asset = index(state, LendingMarket.account, market), index(state, LendingMarket.debt, market)
    debt = unpaid(state, lot, tab)
    first = min(amount, debt)
    if not move(state, payer, vault, rollup, asset, first, Why.LIQUIDATION):
        return False, tab
    rest = within(state, payer, rollup, asset, amount - first)
    where = cell(state, LendingMarket.penalties, market)
    put(state, where, state.cells[where] + rest * get(state, Asset.price, asset))
    return move(state, payer, vault, rollup, asset, rest, Why.PENALTY), tab - amount


@njit(void(STATE, int64, float64, float64), cache=True)
def close(state: State, lot: int, tab: float, time: float) -> None:
    """End an auction; debt that it has not raised is the market's loss."""
    lost = unpaid(state, lot, tab)
    if lost > 1e-12 * get(state, Lot.debt, lot):
        where = cell(state, LendingMarket.bad_debt, market_of(state, lot))
        put(state, where, state.cells[where] + lost)
    shut(state, lot, time)
