"""Accounts of options in one margin account: the one by which it is sold, and those that are margined together.

Margined together are those on the same asset and by the same model: what one owes another may hold.
"""

from __future__ import annotations

from numba import boolean, int64, njit

from market.state.store import STATE, State, index
from market.state.tables import Instrument
from market.venues import VENUES
from market.venues.options.tables import OptionAccount, OptionMargin, OptionMarket

OPTIONS = VENUES.index("options")
"""Number of this venue."""


@njit(int64(STATE, int64), cache=True)
def first_of(state: State, account: int) -> int:
    """First account of options in the margin account that one belongs to: the one by which it is sold."""
    own, found = index(state, OptionAccount.instrument, account), account
    at = index(state, Instrument.next, own)
    while at != own:
        if index(state, Instrument.venue, at) == OPTIONS:
            found = min(found, index(state, Instrument.row, at))
        at = index(state, Instrument.next, at)
    return found


@njit(boolean(STATE, int64, int64), cache=True)
def alike(state: State, account: int, instrument: int) -> bool:
    """Whether an instrument is an account of options on the same asset, margined by the same model."""
    if index(state, Instrument.venue, instrument) != OPTIONS:
        return False
    market = index(state, OptionAccount.market, account)
    other = index(state, OptionAccount.market, index(state, Instrument.row, instrument))
    asset = index(state, OptionMarket.asset, market) == index(state, OptionMarket.asset, other)
    return bool(asset and index(state, OptionMargin.model, market) == index(state, OptionMargin.model, other))


@njit(boolean(STATE, int64), cache=True)
def comes_first(state: State, account: int) -> bool:
    """Whether an account is the first of those that are margined together."""
    own = index(state, OptionAccount.instrument, account)
    at = index(state, Instrument.next, own)
    while at != own:
        if alike(state, account, at) and index(state, Instrument.row, at) < account:
            return False
        at = index(state, Instrument.next, at)
    return True


@njit(boolean(STATE, int64), cache=True)
def is_joint(state: State, account: int) -> bool:
    """Whether an account is margined together with others."""
    own = index(state, OptionAccount.instrument, account)
    at = index(state, Instrument.next, own)
    while at != own:
        if alike(state, account, at):
            return True
        at = index(state, Instrument.next, at)
    return False
