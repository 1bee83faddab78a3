"""What everybody sees of options: the chain, quotes, expiries, and who holds what."""

from __future__ import annotations

import numpy as np
from numba import float64, int64, njit, types, void

from market.state.records import Records
from market.state.store import STATE, State, described, get, index
from market.venues.options import auctions
from market.venues.options.instrument import value_at
from market.venues.options.rules import margin_of
from market.venues.options.tables import (
    Expiry,
    Option,
    OptionAccount,
    OptionMargin,
    OptionMarket,
    OptionSale,
    Position,
    Quote,
)


class OptionMarketsSeen(Records, columns=described(OptionMarket)):
    """Markets of options: shape (option markets,)."""


class ExpiriesSeen(Records, columns=described(Expiry)):
    """Expiries of all markets of options: shape (expiries,)."""


class OptionsSeen(Records, columns=described(Option)):
    """The chain: series of all markets of options, expiry by expiry, strikes ascending, shape (series,)."""

    @property
    def is_call(self) -> np.ndarray:
        """Whether a series is of calls."""
        return self["call"] == 1.0

    @property
    def quoted_mid(self) -> np.ndarray:
        """Mean of the best bid and the best ask; nan where there are not both [USD]."""
        both = (self["bid_size"] > 0.0) & (self["ask_size"] > 0.0)
        return np.where(both, 0.5 * (self["bid"] + self["ask"]), np.nan).view(np.ndarray)


class QuotesSeen(Records, columns=described(Quote)):
    """Quotes of all makers, maker by maker, in the order of the series: shape (quotes,)."""


class OptionAccountsSeen(Records, columns=described(OptionAccount)):
    """Accounts on all markets of options: shape (option accounts,)."""


class PositionsSeen(Records, columns=described(Position)):
    """What accounts hold of options, account by account, in the order of the series: shape (positions,)."""


class OptionMarginsSeen(Records, columns=described(OptionMargin)):
    """How each market of options margins accounts, and sells those that fall short: shape (option markets,)."""


class OptionSalesSeen(Records, columns=described(OptionSale)):
    """Sealed auctions of covered calls, open or over: shape (sales,)."""


VIEWS = {
    "option_markets": OptionMarketsSeen,
    "option_margins": OptionMarginsSeen,
    "option_expiries": ExpiriesSeen,
    "options": OptionsSeen,
    "option_quotes": QuotesSeen,
    "option_accounts": OptionAccountsSeen,
    "option_positions": PositionsSeen,
    "option_sales": OptionSalesSeen,
}
"""Views of whole tables, by the name of the table; bids in sealed auctions are shown to nobody."""


@njit(void(STATE, int64, float64, float64[::1]), cache=True)
def values(state: State, market: int, price: float, found: np.ndarray) -> None:
    """Write what each series of a market is worth at a price of the underlying, at its volatility: (series,) [USD]."""
    first, now = index(state, OptionMarket.first_series, market), get(state, OptionMarket.now, market)
    for at in range(found.size):
        found[at] = value_at(state, first + at, price, get(state, Option.volatility, first + at), now)


@njit(types.UniTuple(float64, 3)(STATE, int64), cache=True)
def margin(state: State, account: int) -> tuple[float, float, float]:
    """Equity, maintenance margin and initial margin of the margin account of an account of options [USD]."""
    return margin_of(state, account)


@njit(types.UniTuple(float64, 2)(STATE, int64, float64), cache=True)
def sale(state: State, account: int, time: float) -> tuple[float, float]:
    """Discount over the value of an account that is for sale, and payment for it over its maintenance margin [1]."""
    elapsed = time - get(state, OptionAccount.auctioned_at, account)
    discount = auctions.discount_after(state, index(state, OptionAccount.market, account), elapsed)
    return discount, auctions.payment_after(state, account, time)


@njit(float64(STATE, int64), cache=True)
def funds(state: State, market: int) -> float:
    """What the insurance fund of a market and the rollup's security module have left [USD]."""
    return auctions.funds_of(state, market)
