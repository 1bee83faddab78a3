"""What auctions of a perpetual's contracts have in common: seizing, handing over, and who has or pays the rest.

A lot is the position itself. Each place for an auction has a contract of its own, which takes over the size that was
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

from market.intents import Reason, Row
from market.ledger import Why, move, put, within
from market.state import (
    AUCTION,
    BOOK,
    CONTRACT,
    D_BUF,
    D_DESIGN,
    D_PENALTY,
    LENDING,
    LOT,
    M_ACCOUNT,
    M_ASSET,
    M_FUND,
    M_MAKER,
    PERPETUAL,
    Q_CONTRACT,
    Q_POSITION,
    Q_TAB,
    Q_VENUE,
    X_ENTRY,
    X_MARKET,
    X_NEXT,
    X_OWNER,
    X_SIZE,
    Book,
    balance,
    cell,
    get,
    index,
    length,
)
from market.venues import close_out
from market.venues.lending import in_grace
from market.venues.liquidations import DUTCH
from market.venues.liquidations._lots import free, open_lot, shut
from market.venues.perpetuals import cash_of, for_sale, margin_of, price_of, set_cash

OK, HEALTHY, WRONG_VENUE = int(Reason.NONE), int(Reason.HEALTHY), int(Reason.WRONG_VENUE)
NOT_ALLOWED, NO_LIQUIDITY, NO_PRICE = int(Reason.NOT_ALLOWED), int(Reason.NO_LIQUIDITY), int(Reason.NO_PRICE)
GRACE = int(Reason.GRACE)
TO_FUND = int(Why.INSURANCE)
NOTHING = 1e-12
"""Cash over the value sold that counts as rounding; it stays in the vault with the maker."""


@njit(int64(BOOK, int64), cache=True)
def perpetual_of(book: Book, venue: int) -> int:
    """Perpetual of a row of the table of auctions: they stand behind the lending markets."""
    return venue - length(book, LENDING)


@njit(int64(BOOK, int64, int64), cache=True)
def own_contract(book: Book, owner: int, market: int) -> int:
    """First contract on a perpetual that an account may trade on; -1 for none. Costs a look at every contract."""
    maker = index(book, PERPETUAL, market, M_MAKER)
    for contract in range(length(book, CONTRACT)):
        mine = index(book, CONTRACT, contract, X_OWNER) == owner
        if mine and contract != maker and index(book, CONTRACT, contract, X_MARKET) == market:
            return contract
    return -1


@njit(float64(BOOK, int64, int64, float64), cache=True)
def _top(book: Book, venue: int, side: int, price: float) -> float:
    """Price at which an auction begins [USD]: worse than the oracle's for whoever takes a Dutch one."""
    if index(book, AUCTION, venue, D_DESIGN) != DUTCH:
        return price
    buf = get(book, AUCTION, venue, D_BUF)
    return price * buf if side > 0 else price / buf


@njit(float64(BOOK, int64), cache=True)
def first_price(book: Book, lot: int) -> float:
    """Price at which a lot's auction begins now [USD]; 0 where there is none."""
    venue, contract = index(book, LOT, lot, Q_VENUE), index(book, LOT, lot, Q_CONTRACT)
    price = price_of(book, perpetual_of(book, venue))
    side = 1 if get(book, CONTRACT, contract, X_SIZE) > 0.0 else -1
    return _top(book, venue, side, price) if 0.0 < price < np.inf else 0.0


@njit(cache=True)
def seize(book: Book, row: Row, time: float) -> int:
    """Put a contract under maintenance margin, and all that share its margin, up for auction; anybody may.

    Each goes into a place of its own market, with a part of what is left of the margin in proportion to its value.
    """
    market, contract = perpetual_of(book, row.venue), row.target
    if contract < 0 or contract >= length(book, CONTRACT) or index(book, CONTRACT, contract, X_MARKET) != market:
        return WRONG_VENUE
    if contract == index(book, PERPETUAL, market, M_MAKER) or for_sale(book, contract):
        return NOT_ALLOWED
    if in_grace(book, row.rollup):
        return GRACE
    equity, maintenance, _ = margin_of(book, contract)
    if not equity < maintenance:
        return HEALTHY
    value, cash, parts, at = 0.0, 0.0, 0, contract
    while True:
        size = get(book, CONTRACT, at, X_SIZE)
        value += abs(size) * price_of(book, index(book, CONTRACT, at, X_MARKET))
        cash += cash_of(book, at)
        parts += 1 if size != 0.0 else 0
        at = index(book, CONTRACT, at, X_NEXT)
        if at == contract:
            break
    if not (0.0 < value < np.inf and np.isfinite(equity)):
        return NO_PRICE
    while True:
        size, held_in = get(book, CONTRACT, at, X_SIZE), index(book, CONTRACT, at, X_MARKET)
        if size != 0.0:
            # cash of which nothing is left over: the last part is the rest
            worth = size * price_of(book, held_in)
            part = cash if parts == 1 else equity * (abs(worth) / value) - worth
            if not _seize_one(book, at, row.venue - market + held_in, part, time):
                return NO_LIQUIDITY
            cash -= part
            parts -= 1
        set_cash(book, at, 0.0)
        at = index(book, CONTRACT, at, X_NEXT)
        if at == contract:
            break
    row.asset_in, row.asset_out = 0, index(book, PERPETUAL, market, M_ASSET)
    return OK


@njit(boolean(BOOK, int64, int64, float64, float64), cache=True)
def _seize_one(book: Book, contract: int, venue: int, cash: float, time: float) -> bool:
    """Let a free place take over a contract's size with so much cash; tells whether there is one."""
    lot = free(book, venue, time)
    if lot < 0:
        return False
    size, price = get(book, CONTRACT, contract, X_SIZE), price_of(book, perpetual_of(book, venue))
    held = index(book, LOT, lot, Q_CONTRACT)
    put(book, cell(book, CONTRACT, contract, X_SIZE), 0.0)
    put(book, cell(book, CONTRACT, held, X_SIZE), size)
    put(book, cell(book, CONTRACT, held, X_ENTRY), get(book, CONTRACT, contract, X_ENTRY))
    set_cash(book, held, cash)
    top = _top(book, venue, 1 if size > 0.0 else -1, price)
    open_lot(book, lot, contract, size, abs(size) * price, 0.0, top, time)
    return True


@njit(boolean(BOOK, int64, int64, float64), cache=True)
def finish(book: Book, lot: int, rollup: int, time: float) -> bool:
    """End the auction of a lot whose size is gone: pay out the rest of its cash, or let the fund pay what is missing.

    What an empty fund cannot pay (auto-deleveraging can leave a lot so) is the maker's loss. False where accounts fail.
    """
    venue, contract = index(book, LOT, lot, Q_VENUE), index(book, LOT, lot, Q_CONTRACT)
    market, sold = perpetual_of(book, venue), get(book, LOT, lot, Q_TAB)
    vault, fund = index(book, PERPETUAL, market, M_ACCOUNT), index(book, PERPETUAL, market, M_FUND)
    rest = cash_of(book, contract)
    set_cash(book, contract, 0.0)
    if rest > NOTHING * sold:
        penalty = within(book, vault, rollup, 0, min(rest, sold * get(book, AUCTION, venue, D_PENALTY)))
        if not move(book, vault, fund, rollup, 0, penalty, TO_FUND):
            return False
        hers = index(book, LOT, lot, Q_POSITION)
        set_cash(book, hers, cash_of(book, hers) + rest - penalty)
        rest = 0.0
    elif rest < -NOTHING * sold:
        paid = min(balance(book, fund, rollup, 0), -rest)
        if not move(book, fund, vault, rollup, 0, paid, TO_FUND):
            return False
        rest += paid
    if rest != 0.0:
        maker = index(book, PERPETUAL, market, M_MAKER)
        set_cash(book, maker, cash_of(book, maker) + rest)
    shut(book, lot, time)
    return True


@njit(cache=True)
def give_up(book: Book, row: Row, lot: int, time: float) -> int:
    """End an auction that has failed: close the lot with the maker, by the fund, or against the other side.

    The receipt says what was closed and what whoever asked had for it, as that of a close-out does.
    """
    contract = index(book, LOT, lot, Q_CONTRACT)
    if get(book, CONTRACT, contract, X_SIZE) == 0.0:
        return OK if finish(book, lot, row.rollup, time) else NO_LIQUIDITY
    reason = close_out.close(book, row, contract)
    if reason != OK:
        return reason
    if get(book, CONTRACT, contract, X_SIZE) != 0.0:
        return NO_LIQUIDITY
    shut(book, lot, time)
    row.asset_in, row.asset_out = 0, 0
    return OK
