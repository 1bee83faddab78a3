"""What auctions of a perpetual's contracts have in common: seizing, handing over, and who has or pays the rest.

What is sold is the position itself. Each lot has a contract of its own, which takes over the size that was
seized and its part of the margin, so that sizes add up to nothing and cash to what the vault holds at every moment;
until it is sold the lot gains and loses with the price, and pays funding. Nobody can trade on that contract, and it is
not seized again.

When the size is gone, so is the lot: of cash that is left the insurance fund has the penalty and the trader the rest,
as margin on her contract, from where she can withdraw it; what is missing the fund pays. A lot that cannot be sold is
closed as a market without auctions closes contracts: with the maker, out of the fund, or against the other side.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, njit

from market.intents.rows import Reason, Row
from market.state.journal import put
from market.state.ledger import Why, move, within
from market.state.store import STATE, State, balance, cell, get, index, length
from market.venues.liquidation.design import DUTCH
from market.venues.liquidation.grace import in_grace
from market.venues.liquidation.lots import free, open_lot, shut
from market.venues.liquidation.security import cover
from market.venues.liquidation.tables import Auction, Lot
from market.venues.perpetuals import close_out
from market.venues.perpetuals.instrument import alone, next_contract
from market.venues.perpetuals.rules import cash_of, for_sale, margin_of, price_of, set_cash
from market.venues.perpetuals.tables import Contract, Perpetual

NOTHING = 1e-12
"""Cash over the value sold that counts as rounding; it stays in the vault with the maker."""


@njit(int64(STATE, int64), cache=True)
def auction_of(state: State, market: int) -> int:
    """Row of a perpetual among the auctions."""
    return index(state, Perpetual.auction, market)


@njit(int64(STATE, int64), cache=True)
def market_of(state: State, lot: int) -> int:
    """Perpetual whose auction is held in a lot."""
    return index(state, Auction.market, index(state, Lot.auction, lot))


@njit(int64(STATE, int64, int64), cache=True)
def own_contract(state: State, owner: int, market: int) -> int:
    """First contract on a perpetual that an account may trade on; -1 for none. Costs a look at every contract."""
    maker = index(state, Perpetual.maker, market)
    for contract in range(length(state, Contract.market)):
        mine = index(state, Contract.owner, contract) == owner
        if mine and contract != maker and index(state, Contract.market, contract) == market:
            return contract
    return -1


@njit(float64(STATE, int64, int64, float64), cache=True)
def _top(state: State, auction: int, side: int, price: float) -> float:
    """Price at which an auction begins [USD]: worse than the oracle's for whoever takes a Dutch one."""
    if index(state, Auction.design, auction) != DUTCH:
        return price
    buf = get(state, Auction.buf, auction)
    return price * buf if side > 0 else price / buf


@njit(float64(STATE, int64), cache=True)
def first_price(state: State, lot: int) -> float:
    """Price at which a lot's auction begins now [USD]; 0 where there is none."""
    auction, contract = index(state, Lot.auction, lot), index(state, Lot.contract, lot)
    price = price_of(state, market_of(state, lot))
    side = 1 if get(state, Contract.quantity, contract) > 0.0 else -1
    return _top(state, auction, side, price) if 0.0 < price < np.inf else 0.0


@njit(cache=True)
def seize(state: State, row: Row, time: float) -> int:
    """Put a contract under maintenance margin, and all that share its margin, up for auction; anybody may.

    Each goes into a lot of its own market, with a part of what is left of the margin in proportion to its value.
    """
    market, contract = row.venue, row.target
    if contract < 0 or contract >= length(state, Contract.market) or index(state, Contract.market, contract) != market:
        return Reason.WRONG_VENUE
    if contract == index(state, Perpetual.maker, market) or for_sale(state, contract) or not alone(state, contract):
        return Reason.NOT_ALLOWED
    if in_grace(state, row.rollup):
        return Reason.GRACE
    equity, maintenance, _ = margin_of(state, contract)
    if not equity < maintenance:
        return Reason.HEALTHY
    value, cash, parts, at = 0.0, 0.0, 0, contract
    while True:
        size = get(state, Contract.quantity, at)
        value += abs(size) * price_of(state, index(state, Contract.market, at))
        cash += cash_of(state, at)
        parts += 1 if size != 0.0 else 0
        at = next_contract(state, at)
        if at == contract:
            break
    if not (0.0 < value < np.inf and np.isfinite(equity)):
        return Reason.NO_PRICE
    while True:
        size, held_in = get(state, Contract.quantity, at), index(state, Contract.market, at)
        if size != 0.0:
            # cash of which nothing is left over: the last part is the rest
            worth = size * price_of(state, held_in)
            part = cash if parts == 1 else equity * (abs(worth) / value) - worth
            if not _seize_one(state, at, held_in, part, time):
                return Reason.NO_LIQUIDITY
            cash -= part
            parts -= 1
        set_cash(state, at, 0.0)
        at = next_contract(state, at)
        if at == contract:
            break
    row.asset_in, row.asset_out = 0, index(state, Perpetual.asset, market)
    return Reason.NONE


@njit(boolean(STATE, int64, int64, float64, float64), cache=True)
def _seize_one(state: State, contract: int, market: int, cash: float, time: float) -> bool:
    """Let a free lot take over a contract's size with so much cash; tells whether there is one."""
    auction = auction_of(state, market)
    lot = free(state, auction, time)
    if lot < 0:
        return False
    size, price = get(state, Contract.quantity, contract), price_of(state, market)
    held = index(state, Lot.contract, lot)
    put(state, cell(state, Contract.quantity, contract), 0.0)
    put(state, cell(state, Contract.quantity, held), size)
    put(state, cell(state, Contract.entry, held), get(state, Contract.entry, contract))
    set_cash(state, held, cash)
    top = _top(state, auction, 1 if size > 0.0 else -1, price)
    open_lot(state, lot, contract, size, abs(size) * price, 0.0, top, time)
    return True


@njit(boolean(STATE, int64, int64, float64), cache=True)
def finish(state: State, lot: int, rollup: int, time: float) -> bool:
    """End the auction of a lot whose size is gone: pay out the rest of its cash, or let the fund pay what is missing.

    After the fund the rollup's security module pays. What both cannot pay (auto-deleveraging can leave a lot so) is the
    maker's loss. False where accounts fail.
    """
    auction, contract = index(state, Lot.auction, lot), index(state, Lot.contract, lot)
    market, sold = market_of(state, lot), get(state, Lot.tab, lot)
    vault, fund = index(state, Perpetual.account, market), index(state, Perpetual.fund, market)
    rest = cash_of(state, contract)
    set_cash(state, contract, 0.0)
    if rest > NOTHING * sold:
        penalty = within(state, vault, rollup, 0, min(rest, sold * get(state, Auction.penalty, auction)))
        if not move(state, vault, fund, rollup, 0, penalty, Why.INSURANCE):
            return False
        hers = index(state, Lot.position, lot)
        set_cash(state, hers, cash_of(state, hers) + rest - penalty)
        rest = 0.0
    elif rest < -NOTHING * sold:
        paid = min(balance(state, fund, rollup, 0), -rest)
        if not move(state, fund, vault, rollup, 0, paid, Why.INSURANCE):
            return False
        rest += paid
        paid = cover(state, vault, rollup, -rest)
        if paid < 0.0:
            return False
        rest += paid
    if rest != 0.0:
        maker = index(state, Perpetual.maker, market)
        set_cash(state, maker, cash_of(state, maker) + rest)
    shut(state, lot, time)
    return True


@njit(cache=True)
def give_up(state: State, row: Row, lot: int, time: float) -> int:
    """End an auction that has failed: close the lot with the maker, by the fund, or against the other side.

    The receipt says what was closed and what whoever asked had for it, as that of a close-out does.
    """
    contract = index(state, Lot.contract, lot)
    if get(state, Contract.quantity, contract) == 0.0:
        return Reason.NONE if finish(state, lot, row.rollup, time) else Reason.NO_LIQUIDITY
    reason = close_out.close(state, row, contract)
    if reason != Reason.NONE:
        return reason
    if get(state, Contract.quantity, contract) != 0.0:
        return Reason.NO_LIQUIDITY
    shut(state, lot, time)
    row.asset_in, row.asset_out = 0, 0
    return Reason.NONE
