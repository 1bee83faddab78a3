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

from market.state.store import STATE, State, get, index
from market.venues.liquidation.design import DUTCH, AuctionDesign
from market.venues.liquidation.tables import Auction, Lot

SLACK = 1e-9
"""Of a step: a block that comes at a step's very time belongs to it, whatever rounding made of the difference."""


class Dutch(AuctionDesign):
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
        row["buf"], row["cut"], row["cusp"] = self.buf, self.cut, self.cusp
        row["step"], row["tail"] = self.step_s, self.tail_s


@njit(float64(float64, float64, float64, float64), cache=True)
def price_after(top: float, cut: float, step: float, elapsed: float) -> float:
    """Price when `elapsed` seconds have passed: top x cut^floor(elapsed / step)."""
    return top * cut ** np.floor(elapsed / step + SLACK)


@njit(float64(STATE, int64, float64), cache=True)
def price_at(state: State, lot: int, time: float) -> float:
    """Price of a unit of a lot at a time [debt asset; of contracts USD]: it falls for what is bought, else it rises."""
    auction = index(state, Lot.auction, lot)
    cut, step = get(state, Auction.cut, auction), get(state, Auction.step, auction)
    factor = cut if get(state, Lot.amount, lot) > 0.0 else 1.0 / cut
    return price_after(get(state, Lot.top, lot), factor, step, time - get(state, Lot.started, lot))


@njit(boolean(STATE, int64, float64), cache=True)
def over(state: State, lot: int, time: float) -> bool:
    """Whether the terms of a lot's auction say that it must be reset before anybody can take."""
    auction = index(state, Lot.auction, lot)
    if time - get(state, Lot.started, lot) > get(state, Auction.tail, auction) * (1.0 + SLACK):
        return True
    price, top, cusp = price_at(state, lot, time), get(state, Lot.top, lot), get(state, Auction.cusp, auction)
    if not 0.0 < price < np.inf:
        return True
    return price < cusp * top if get(state, Lot.amount, lot) > 0.0 else cusp * price > top
