"""What options bring and cost on each rollup whoever takes quotes, makes them and hedges, by what they do and hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from market.intents.rows import NO_ROWS, Row, Rows, Status
from market.kernel.compiled import kernel
from market.kernel.direct import bind
from market.pricing.black import terms
from market.state.store import State, balance, get, index
from market.state.tables import Asset
from market.venues import Kind
from market.venues.options.instrument import fee_of, open_part
from market.venues.options.outcomes import gain_of
from market.venues.options.tables import Expiry, Option, OptionAccount, OptionMarket, Position
from market.venues.perpetuals.tables import Contract, Perpetual

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


class Places(NamedTuple):
    """Whoever may quote options, by rollup and underlying: a place each; -1 in `of_account`, `of_contract` for none."""

    of_account: Any  # (option accounts,) int64
    of_contract: Any  # (contracts,) int64
    owner: Any  # (places,) int64: account
    rollup: Any  # (places,) int64
    asset: Any  # (places,) int64
    opened: Any  # (places,) units of the underlying that it had on the rollup at the start
    price: Any  # (places,) of the underlying when it was last looked at [USD]
    held: Any  # (places,) delta of options and what hedges it, then [units]
    has: Any  # (places,) bool: whether any option was held or owed then


class Sums(NamedTuple):
    """What compiled code adds to; see `OptionStakes`."""

    taken: Any  # (rollups, accounts) [USD]
    made: Any  # (rollups,) [USD]
    squared: Any  # (rollups,) [USD^2]


@kernel
def _delta(state: State, series: int, price: float, time: float) -> float:
    """Delta of an option at the volatility it is marked at [units]; of one whose payment is fixed there is none."""
    if get(state, Expiry.fixed, index(state, Option.expiry, series)) > 0.0:
        return 0.0
    share, strike, years = open_part(state, series, time)
    call = get(state, Option.call, series) == 1.0
    if strike <= 0.0:  # the prints so far decide that a call is exercised
        return share if call else 0.0
    return share * terms(price, strike, get(state, Option.volatility, series) * np.sqrt(years), call).first


@kernel
def look(state: State, places: Places, time: float, sums: Sums) -> None:
    """Add the square of what prices have done to what was unhedged at the last look, and see what is unhedged now."""
    for at in range(places.owner.size):
        price = get(state, Asset.price, places.asset[at])
        sums.squared[places.rollup[at]] += (places.held[at] * (price - places.price[at])) ** 2
        places.price[at], places.held[at], places.has[at] = price, 0.0, False
    for account in range(places.of_account.size):
        at = places.of_account[account]
        if at < 0:
            continue
        market, position = index(state, OptionAccount.market, account), index(state, OptionAccount.positions, account)
        first = index(state, OptionMarket.first_series, market)
        for series in range(first, first + index(state, OptionMarket.series, market)):
            row = position + series - first
            quantity = get(state, Position.quantity, row)
            if quantity != 0.0:
                places.has[at] = True
                places.held[at] += quantity * _delta(state, series, places.price[at], time)
                places.held[at] += get(state, Position.cover, row)
    for at in range(places.owner.size):
        if places.has[at]:
            places.held[at] += balance(state, places.owner[at], places.rollup[at], places.asset[at]) - places.opened[at]
    for contract in range(places.of_contract.size):
        at = places.of_contract[contract]
        if at >= 0 and places.has[at]:
            places.held[at] += get(state, Contract.quantity, contract)


@kernel
def _brought(state: State, row: Row) -> float:
    """What a trade of coins or contracts brought its sender at reference prices, fees off [USD]; of others nothing."""
    if row.kind in (Kind.SWAP, Kind.OUTSIDE):
        given, taken = get(state, Asset.price, row.asset_in), get(state, Asset.price, row.asset_out)
        return row.filled_out * taken - row.filled_in * given
    if row.kind != Kind.PERPETUAL_TRADE:
        return 0.0
    gain = row.filled_out * get(state, Asset.price, index(state, Perpetual.asset, row.venue)) - row.filled_in
    fee = row.filled_in * get(state, Perpetual.fee, row.venue)
    return (gain if row.asset_in == 0 else -gain) - fee


@kernel
def _trade(state: State, row: Row, sums: Sums) -> None:
    """Add what a trade on a quote brought its taker, its maker and the venue."""
    gain, fee = gain_of(state, row), fee_of(state, row.venue, row.filled_out, row.filled_in)
    sums.taken[row.rollup, row.sender] += gain - fee - row.tip
    sums.made[row.rollup] += fee - gain


@kernel
def add(state: State, rows: Rows, places: Places, sums: Sums) -> None:
    """Add trades on quotes; and those of the underlying by whoever quotes options on the same rollup, and has some."""
    for k in range(rows.size):
        row = rows[k]
        if row.status != Status.FILLED:
            continue
        if row.kind in (Kind.OPTION_TRADE, Kind.OPTION_TAKE):
            _trade(state, row, sums)
            continue
        for at in range(places.owner.size):
            if row.sender == places.owner[at] and row.rollup == places.rollup[at] and places.has[at]:
                sums.made[row.rollup] += _brought(state, row)
                break  # who has options on two underlyings has traded once


class OptionStakes:
    """Adds up, by rollup, what options brought whoever takes quotes and whoever makes them, and the makers' risk.

    Nobody is asked what he is. Whoever has lost by the quotes that he took is a customer; whoever has gained by them
    in all is not: he took what the price had left behind. A maker is whoever may quote. What he has unhedged is the
    delta of his options with what he has of the underlying on the rollup beyond what he began with, and contracts on it
    there. It has those methods of a recorder that it needs, and is told as one.

    Attributes
    ----------
    taken : (rollups, accounts) array
        what each account gained by taking quotes: what options are worth at the reference price and the volatility they
        are marked at, against their premium, fees and tips off [USD]
    made : (rollups,) array
        what makers gained by these trades, with the venue's fees, and by trading the underlying on the rollup while
        they had options there, at reference prices: what hedges cost is below 0 [USD]
    squared : (rollups,) array
        what moves of prices from second to second brought to what makers had unhedged, squared: its realised variance
        [USD^2]
    """

    def on_start(self, market: SequencerMarket) -> None:
        """Find whoever may quote."""
        tables, self._state = market.world.tables, market.world.state
        rollups = len(market.config.rollups)
        self.taken = np.zeros((rollups, len(tables.accounts)))
        self.made, self.squared = np.zeros((2, rollups))
        self._sums, self._places = Sums(self.taken, self.made, self.squared), _places(market)
        self._places.price[:] = tables.prices[self._places.asset]
        self._there = len(tables.option_markets) > 0
        if self._there:
            self._look = bind(look, self._state, self._places, 0.0, self._sums)
            self._add = bind(add, self._state, NO_ROWS, self._places, self._sums)

    def on_block(self, slot: Slot) -> None:
        """Add a block."""
        if slot.rows.size and self._there:
            self._add(self._state, slot.rows, self._places, self._sums)

    def on_orders(self, rows: np.ndarray) -> None:
        """Add what was carried out apart from blocks."""
        if self._there:
            self._add(self._state, rows, self._places, self._sums)

    def on_second(self, market: SequencerMarket) -> None:
        """Look."""
        if self._there:
            self._look(self._state, self._places, market.time, self._sums)

    def customers(self, rollup: int) -> float:
        """What those have lost on a rollup who have lost by taking quotes [USD]."""
        return -float(np.minimum(self.taken[rollup], 0.0).sum())

    def stale(self, rollup: int) -> float:
        """What the others have gained by it [USD]."""
        return float(np.maximum(self.taken[rollup], 0.0).sum())


def _places(market: SequencerMarket) -> Places:
    """Whoever may quote options, on which rollup, of which asset."""
    tables = market.world.tables
    accounts, contracts = tables.option_accounts, tables.contracts
    of = {}
    of_account, of_contract = np.full(len(accounts), -1), np.full(len(contracts), -1)
    for at, account in enumerate(accounts):
        if account["quotes"] >= 0.0:
            terms = tables.option_markets[int(account["market"])]
            place = int(account["owner"]), int(terms["rollup"]), int(terms["asset"])
            of_account[at] = of.setdefault(place, len(of))
    for at, contract in enumerate(contracts):
        terms = tables.perpetuals[int(contract["market"])]
        of_contract[at] = of.get((int(contract["owner"]), int(terms["rollup"]), int(terms["asset"])), -1)
    owner, rollup, asset = np.array(list(of), np.int64).reshape(-1, 3).T.copy()
    opened = tables.balance[owner, rollup, asset].astype(float)
    price, held = np.zeros((2, len(of)))
    return Places(of_account, of_contract, owner, rollup, asset, opened, price, held, np.zeros(len(of), np.bool_))
