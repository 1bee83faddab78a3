"""Dutch auction: the price falls step by step until somebody takes the lot, or part of it.

Source: MakerDAO Liquidations 2.0 (Clipper). The price begins at buf times the oracle's: top x cut^floor(t/step).
Whoever takes pays at once. When the debt with its penalty is raised, what is left goes back to the borrower; when the
lot is gone, what is not raised of the debt is lost. After `tail`, or once the price is below `cusp` of its top, nothing
can be taken any more until anybody resets the auction to the price of the day.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numba import boolean, float64, int64, njit
from pydantic import Field

from market.intents import Reason, Row
from market.ledger import Why, move
from market.state import (
    AUCTION,
    BOOK,
    D_BUF,
    D_CUSP,
    D_CUT,
    D_RESETS,
    D_SOLD,
    D_STEP,
    D_TAIL,
    L_ACCOUNT,
    L_COLLATERAL,
    L_DEBT,
    LENDING,
    LOT,
    N_COLLATERAL,
    N_DEBT,
    POSITION,
    Q_ACCOUNT,
    Q_AMOUNT,
    Q_POSITION,
    Q_STARTED,
    Q_TAB,
    Q_TOP,
    Q_VENUE,
    Book,
    get,
    index,
)
from market.venues.lending import price_ratio, set_position
from market.venues.liquidations import DUTCH, Auction
from market.venues.liquidations._lots import close, count, lot_of, note, pay_market, seize

OK, BAD_AMOUNT, POOR = int(Reason.NONE), int(Reason.BAD_AMOUNT), int(Reason.INSUFFICIENT_BALANCE)
LIMIT, CLOSED, NOT_ALLOWED = int(Reason.LIMIT), int(Reason.CLOSED), int(Reason.NOT_ALLOWED)
NO_LIQUIDITY, NO_PRICE = int(Reason.NO_LIQUIDITY), int(Reason.NO_PRICE)
TO_SEIZE, TO_SURPLUS = int(Why.SEIZURE), int(Why.SURPLUS)
SLACK = 1e-9
"""Of a step: a block that comes at a step's very time belongs to it, whatever rounding made of the difference."""


class Dutch(Auction):
    """Falling price (defaults: MakerDAO's ETH-A of 2021)."""

    kind: Literal["dutch"] = "dutch"
    number: ClassVar[int] = DUTCH
    buf: float = Field(default=1.2, gt=0, allow_inf_nan=False, description="first price over the oracle's [1]")
    cut: float = Field(default=0.99, gt=0, lt=1, description="price after a step over that before it [1]")
    step_s: float = Field(default=90.0, gt=0, allow_inf_nan=False, description="length of a step [s]")
    tail_s: float = Field(
        default=8400.0, gt=0, allow_inf_nan=False, description="time after which it must be reset [s]"
    )
    cusp: float = Field(default=0.4, ge=0, lt=1, description="price over the first below which it must be reset [1]")

    def write(self, row: np.ndarray) -> None:
        """Write the terms."""
        super().write(row)
        row[[D_BUF, D_CUT, D_STEP, D_TAIL, D_CUSP]] = self.buf, self.cut, self.step_s, self.tail_s, self.cusp


@njit(float64(float64, float64, float64, float64), cache=True)
def price_after(top: float, cut: float, step: float, elapsed: float) -> float:
    """Price of a unit of collateral when `elapsed` seconds have passed: top x cut^floor(elapsed / step)."""
    return top * cut ** np.floor(elapsed / step + SLACK)


@njit(float64(BOOK, int64, float64), cache=True)
def price_at(book: Book, lot: int, time: float) -> float:
    """Price of a unit of a lot at a time [debt asset]."""
    venue = index(book, LOT, lot, Q_VENUE)
    cut, step = get(book, AUCTION, venue, D_CUT), get(book, AUCTION, venue, D_STEP)
    return price_after(get(book, LOT, lot, Q_TOP), cut, step, time - get(book, LOT, lot, Q_STARTED))


@njit(boolean(BOOK, int64, float64), cache=True)
def over(book: Book, lot: int, time: float) -> bool:
    """Whether a lot's auction must be reset before anybody can take."""
    venue = index(book, LOT, lot, Q_VENUE)
    if time - get(book, LOT, lot, Q_STARTED) > get(book, AUCTION, venue, D_TAIL) * (1.0 + SLACK):
        return True
    price = price_at(book, lot, time)
    return not price > 0.0 or price < get(book, AUCTION, venue, D_CUSP) * get(book, LOT, lot, Q_TOP)


@njit(cache=True)
def start(book: Book, row: Row, time: float) -> int:
    """Put an unhealthy position up for auction."""
    return seize(book, row, time, get(book, AUCTION, row.venue, D_BUF))


@njit(cache=True)
def take(book: Book, row: Row, time: float) -> int:
    """Buy from a lot at the price of the moment, for at most `amount` and no more than is still to be raised."""
    lot = lot_of(book, row.venue, row.target)
    if lot < 0 or over(book, lot, time):
        return CLOSED
    if not (row.amount > 0.0 and np.isfinite(row.amount)):
        return BAD_AMOUNT
    price, left, tab = price_at(book, lot, time), get(book, LOT, lot, Q_AMOUNT), get(book, LOT, lot, Q_TAB)
    paid = min(row.amount, tab)
    taken = paid / price
    # what would be left but for rounding is not left
    if taken >= left * (1.0 - 1e-12):
        taken = left
        paid = min(paid, taken * price)
    if not taken > 0.0 or taken < row.limit:
        return LIMIT
    paid_all, owing = pay_market(book, lot, row.sender, row.rollup, paid, tab)
    if not paid_all:
        return POOR
    asset = index(book, LENDING, row.venue, L_COLLATERAL)
    if not move(book, index(book, LOT, lot, Q_ACCOUNT), row.sender, row.rollup, asset, taken, TO_SEIZE):
        return NO_LIQUIDITY
    note(book, lot, Q_AMOUNT, left - taken)
    note(book, lot, Q_TAB, owing)
    if taken == left or owing <= 1e-12 * tab:
        count(book, row.venue, D_SOLD, 1.0)
        if not _give_back(book, row, lot, left - taken):
            return NO_LIQUIDITY
        close(book, lot, owing, time)
    row.asset_in, row.asset_out = index(book, LENDING, row.venue, L_DEBT), asset
    row.filled_in, row.filled_out = paid, taken
    return OK


@njit(cache=True)
def _give_back(book: Book, row: Row, lot: int, rest: float) -> bool:
    """Return what need not be sold to the borrower's position."""
    venue, position = row.venue, index(book, LOT, lot, Q_POSITION)
    asset, market = index(book, LENDING, venue, L_COLLATERAL), index(book, LENDING, venue, L_ACCOUNT)
    if not move(book, index(book, LOT, lot, Q_ACCOUNT), market, row.rollup, asset, rest, TO_SURPLUS):
        return False
    if rest > 0.0:
        held, debt = get(book, POSITION, position, N_COLLATERAL), get(book, POSITION, position, N_DEBT)
        set_position(book, position, held + rest, debt)
    note(book, lot, Q_AMOUNT, 0.0)
    return True


@njit(cache=True)
def reset(book: Book, row: Row, lot: int, time: float) -> int:
    """Let an auction whose time is over begin again at the oracle's price of now."""
    if not over(book, lot, time):
        return NOT_ALLOWED
    ratio = price_ratio(book, row.venue)
    if ratio <= 0.0:
        return NO_PRICE
    note(book, lot, Q_TOP, get(book, AUCTION, row.venue, D_BUF) * ratio)
    note(book, lot, Q_STARTED, time)
    count(book, row.venue, D_RESETS, 1.0)
    return OK
