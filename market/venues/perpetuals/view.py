"""What everybody sees of perpetuals and of the contracts on them."""

from __future__ import annotations

import numpy as np
from numba import float64, int64, njit

from market.state.records import Records
from market.state.store import STATE, State, described, get
from market.venues.perpetuals.rules import cash_of, quote
from market.venues.perpetuals.tables import Contract, Perpetual


class PerpetualsSeen(Records, columns=described(Perpetual)):
    """Perpetuals: shape (perpetuals,)."""


class ContractsSeen(Records, columns=described(Contract)):
    """Contracts of all perpetuals: shape (contracts,)."""

    @property
    def is_long(self) -> np.ndarray:
        """Whether a contract gains when the price rises."""
        return self.quantity > 0.0


VIEWS = {"perpetuals": PerpetualsSeen, "contracts": ContractsSeen}
"""Views of whole tables, by the name of the table."""


@njit(float64(STATE, int64), cache=True)
def cash(state: State, contract: int) -> float:
    """Cash of a contract once funding is paid [USD]."""
    return cash_of(state, contract)


@njit(float64(STATE, int64, float64), cache=True)
def closing_price(state: State, market: int, size: float) -> float:
    """What closing a signed size with the maker brings, or costs, per contract, the venue's fee included [USD]."""
    fee = get(state, Perpetual.fee, market)
    return quote(state, market, -size) * (1.0 - (fee if size > 0.0 else -fee))
