"""What everybody sees of lending markets and of the loans in them."""

from __future__ import annotations

import numpy as np
from numba import float64, int64, njit, types

from market.intents.rows import Row
from market.kernel.interpreted import row_type
from market.state.records import Records
from market.state.store import STATE, State, cell, described, get, index
from market.venues.lending import fixed_spread
from market.venues.lending.rules import liquidation_line, price_ratio
from market.venues.lending.tables import LendingMarket, Loan, Supply
from market.venues.oracles.tables import Feed

TERMS = (
    ("loan", "which loan", "loan"),
    ("market", "lending market", "lending market"),
    ("rollup", "rollup of the market", "rollup"),
    ("collateral", "collateral asset", "asset"),
    ("debt", "borrowed asset", "asset"),
    ("most", "most debt that one liquidation may repay", "units of the debt asset"),
    ("rate", "collateral seized per unit repaid", "units of the collateral per unit of the debt asset"),
    ("collateral_rollup", "rollup where the collateral lies", "rollup"),
)
LIQUIDATABLE = row_type([(name, np.float64) for name, *_ in TERMS])
"""A loan that can be liquidated now, and on what terms."""


class LendingSeen(Records, columns=described(LendingMarket)):
    """Lending markets: shape (markets,)."""

    @property
    def owed(self) -> np.ndarray:
        """All debts with interest [units of the debt asset]."""
        return self.scaled_debt * self.index

    @property
    def claims(self) -> np.ndarray:
        """All claims of suppliers with interest [units of the debt asset]."""
        return self.supplied * self.supply_index


class LoansSeen(Records, columns=described(Loan)):
    """Loans of all markets: shape (loans,)."""


class SuppliesSeen(Records, columns=described(Supply)):
    """Who has supplied what: shape (suppliers, markets), strategic agents by account and behind them the lenders."""


class LiquidatableSeen(Records, columns=TERMS):
    """Loans that can be liquidated, and on what terms: shape (n,)."""


VIEWS = {"lending": LendingSeen, "loans": LoansSeen, "supplies": SuppliesSeen}
"""Views of whole tables, by the name of the table."""


@njit(types.UniTuple(float64, 3)(STATE, int64, int64, float64), cache=True)
def lines_at(state: State, market: int, feed: int, price: float) -> tuple[float, float, float]:
    """Ratio and line of a market once a feed has posted a price, and its line now."""
    now, cell_of = liquidation_line(state, market), cell(state, Feed.price, feed)
    posted = state.cells[cell_of]
    state.cells[cell_of] = price
    ratio, line = price_ratio(state, market), liquidation_line(state, market)
    state.cells[cell_of] = posted
    return ratio, line, now


@njit(cache=True)
def liquidatable_at(state: State, loans: np.ndarray, ratio: float, line: float, out: np.ndarray) -> None:
    """Write the terms of loans (n,) of one market at a price into `out`: shape (n,), dtype `LIQUIDATABLE`."""
    for k in range(loans.size):
        most, rate = fixed_spread.terms_at(state, loans[k], ratio, line)
        _describe(state, loans[k], most, rate, out[k])


@njit(cache=True)
def liquidatable(state: State, loans: np.ndarray, out: np.ndarray) -> None:
    """Write the terms of loans (n,) of int64 as they are now into `out`: shape (n,), dtype `LIQUIDATABLE`."""
    for k in range(loans.size):
        most, rate = fixed_spread.liquidation_terms(state, loans[k])
        _describe(state, loans[k], most, rate, out[k])


@njit(cache=True)
def _describe(state: State, loan: int, most: float, rate: float, found: Row) -> None:
    market = index(state, Loan.market, loan)
    found.loan, found.market, found.most, found.rate = loan, market, most, rate
    found.rollup, found.collateral_rollup = (
        get(state, LendingMarket.rollup, market), get(state, LendingMarket.collateral_rollup, market)
    )  # fmt: skip
    found.collateral, found.debt = (
        get(state, LendingMarket.collateral, market), get(state, LendingMarket.debt, market)
    )  # fmt: skip
