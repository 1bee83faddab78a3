"""What whoever takes part in auctions of a perpetual's contracts does alike: value a lot, and know what it takes.

A position is worth what closing it with the market's maker leaves. Whoever buys one pays margin in from its balance and
closes in the same bundle; afterwards it takes home what lies on its contract.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.liquidators._auctions import EXPIRES_S, Asked
from market import state
from market.desk import Desk
from market.intents import Kind, Purpose
from market.observation import Observation
from market.venues.liquidations import DUTCH
from market.venues.liquidations.dutch import price_after
from market.venues.perpetuals import LOT

SPARE = 0.01
"""Margin paid in beyond what is needed, over the value bought: for the price may move before it is."""


class Position(NamedTuple):
    """A lot of contracts as everybody sees it in a slot."""

    venue: int  # row of the table of auctions
    number: int
    market: int
    size: float  # signed
    cash: float  # [USD]
    price: float  # the oracle's [USD]
    asked: float  # price of the moment in a Dutch auction; nan where it must be reset first [USD]
    closed: float  # what closing the smallest part of it brings, or costs, per contract [USD]


class Purchase(NamedTuple):
    """Part of a Dutch lot that is worth taking."""

    position: Position
    amount: float  # contracts
    price: float  # at which they are had [USD]
    margin: float  # to be paid in first [USD]
    least: float  # worst price at which closing does not lose [USD]
    profit: float  # after the maker's fee [USD]


def position_at(seen: Observation, rollup: int, place: int) -> Position | None:
    """Return the lot of contracts in a place; None for a lot of collateral, or where one could not buy it."""
    key = ("lots of contracts", rollup, seen.time)
    found = seen.public.derived(key, lambda: _positions(seen, rollup)).get(place)
    return found if found is not None and own_of(seen, found) >= 0 else None


def own_of(seen: Observation, lot: Position) -> int:
    """One's own contract on a lot's market."""
    return seen.public.own_contract(seen.account, lot.market)


def _positions(seen: Observation, rollup: int) -> dict[int, Position]:
    """All open lots of contracts of a rollup, by place."""
    public, found = seen.public, {}
    for place in public.open_lots(rollup).tolist():
        lot = public.lots[place]
        if lot[state.Q_CONTRACT] < 0.0:
            continue
        venue = int(lot[state.Q_VENUE])
        market = venue - len(public.lending)
        held, terms = public.contracts[int(lot[state.Q_CONTRACT])], public.perpetuals[market]
        size = float(held[state.X_SIZE])
        cash = float(held[state.X_CASH] - size * (terms[state.M_FUNDING] - held[state.X_FUNDED]))
        price = float(public.feeds[int(terms[state.M_FEED]), state.F_PRICE])
        asked = dutch_price(lot, public.auctions[venue], seen.time)
        fund = public.balance[int(terms[state.M_FUND]), int(terms[state.M_ROLLUP]), 0]
        if size == 0.0 or cash + size * asked + fund < 0.0:
            asked = np.nan
        closed = closing_price(seen, market, np.sign(size) * LOT)
        found[place] = Position(venue, int(lot[state.Q_ID]), market, size, cash, price, asked, closed)
    return found


def closing_price(seen: Observation, market: int, size: float) -> float:
    """What closing a signed size with the maker brings, or costs, per contract, its fee included [USD]."""
    terms, side = seen.public.perpetuals[market], np.sign(size)
    price = float(seen.public.feeds[int(terms[state.M_FEED]), state.F_PRICE])
    inventory = float(seen.public.contracts[int(terms[state.M_MAKER]), state.X_SIZE])
    lean = -(inventory + 0.5 * size) * price / terms[state.M_DEPTH]
    return float(price * np.exp(lean) * (1.0 - side * terms[state.M_SPREAD]) * (1.0 - side * terms[state.M_FEE]))


def start_on_perpetuals(
    seen: Observation, desk: Desk, rollup: int, design: int, most: int, asked: Asked, tip: float
) -> None:
    """Put the first `most` contracts under margin of a rollup's markets of a design up for auction."""
    for venue, contract in startable(seen, rollup, most, design):
        if asked.may(seen.time, Kind.AUCTION_START, venue, contract):
            desk.auction(Kind.AUCTION_START, venue, contract, tip=tip, expires_s=EXPIRES_S)


def startable(seen: Observation, rollup: int, most: int, design: int | None = None) -> list[tuple[int, int]]:
    """First contracts under margin that can be auctioned, one of each shared margin: (row of auctions, contract)."""
    found = seen.public.derived(("contracts to be sold", rollup), lambda: _startable(seen, rollup))
    return [(venue, contract) for venue, contract, by in found if design in (None, by)][:most]


def _startable(seen: Observation, rollup: int) -> list[tuple[int, int, int]]:
    auctions, loans, found = seen.public.auctions, len(seen.public.lending), []
    if not auctions[loans:, state.D_LOTS].any():
        return []
    for contract in seen.public.under_margin(rollup).tolist():
        venue = loans + int(seen.public.contracts[contract, state.X_MARKET])
        terms = auctions[venue]
        if terms[state.D_DESIGN] > 0.0 and terms[state.D_OPEN] < terms[state.D_LOTS]:
            found.append((venue, contract, int(terms[state.D_DESIGN])))
    return found


def dutch_price(lot: np.ndarray, terms: np.ndarray, now: float) -> float:
    """Price of a lot of contracts in a Dutch auction [USD]; nan once its own terms say that it must be reset."""
    if terms[state.D_DESIGN] != DUTCH:
        return np.nan
    elapsed, long = now - lot[state.Q_STARTED], lot[state.Q_AMOUNT] > 0.0
    cut, top, cusp = terms[state.D_CUT], float(lot[state.Q_TOP]), terms[state.D_CUSP]
    price = float(price_after(top, cut if long else 1.0 / cut, terms[state.D_STEP], elapsed))
    gone = price < cusp * top if long else cusp * price > top
    return np.nan if gone or elapsed > terms[state.D_TAIL] else price


def purchase(seen: Observation, lot: Position, funds: float) -> Purchase | None:
    """Return the part of a Dutch lot that earns most at its price, as far as funds reach; None if nothing does.

    Closing q contracts brings c - k q each, to first order in the maker's lean: q (c - k q - p) is largest at
    (c - p) / 2 k.
    """
    side, price = 1.0 if lot.size > 0.0 else -1.0, lot.asked
    gain = side * (lot.closed - price)
    if not gain > 0.0:
        return None
    terms = seen.public.perpetuals[lot.market]
    slope = 0.5 * lot.price**2 / float(terms[state.M_DEPTH])
    # margin that a contract needs beyond what it is had under the oracle's price
    needed = lot.price * (float(terms[state.M_INITIAL]) + SPARE) - side * (lot.price - price)
    debt = max(0.0, -float(seen.public.contracts[own_of(seen, lot), state.X_CASH]))
    most = min(abs(lot.size), (funds - debt) / needed) if needed > 0.0 else abs(lot.size)
    amount = float(np.floor(min(most, 0.5 * gain / slope) / LOT)) * LOT
    if not amount > 0.0:
        return None
    closed, fee = closing_price(seen, lot.market, side * amount), float(terms[state.M_FEE])
    least = price / (1.0 - side * fee) * (1.0 + side * 1e-9)
    margin = max(0.0, amount * needed) + debt
    return Purchase(lot, amount, price, margin, least, side * amount * (closed - price))


def worth(seen: Observation, lot: Position, cost_share: float) -> float:
    """What closing a whole lot leaves, less a share of its value: the most that one would bid [USD]."""
    closed = closing_price(seen, lot.market, lot.size)
    return lot.cash + lot.size * closed - cost_share * abs(lot.size) * closed


def escrow(seen: Observation, lot: Position) -> float:
    """Margin that a bid puts up [USD]."""
    return abs(lot.size) * lot.price * float(seen.public.perpetuals[lot.market, state.M_INITIAL])


def tidy(seen: Observation, desk: Desk, rollup: int, asked: Asked, tip: float) -> None:
    """Close what is left on one's contracts, and take home margin that is not needed."""
    for market, contract, change, cash in left_over(seen, rollup):
        kind = Kind.PERPETUAL_TRADE if change else Kind.PERPETUAL_WITHDRAW
        if asked.may(seen.time, kind, market, contract):
            desk.perpetual(
                kind, market, contract, abs(change) or cash, buy=change > 0.0, tip=tip, expires_s=EXPIRES_S,
                purpose=Purpose.LIQUIDATION,
            )  # fmt: skip


def left_over(seen: Observation, rollup: int) -> list[tuple[int, int, float, float]]:
    """One's contracts on a rollup with something on them: (market, contract, change that closes it, cash)."""
    public, found = seen.public, []
    if not public.lots.size:
        return []
    for market in np.flatnonzero(public.perpetuals[:, state.M_ROLLUP] == rollup).tolist():
        own = public.own_contract(seen.account, market)
        if own >= 0:
            size, cash = (float(public.contracts[own, column]) for column in (state.X_SIZE, state.X_CASH))
            if size != 0.0 or cash > 0.0:
                found.append((market, own, -size, cash))
    return found
