"""What whoever takes part in auctions of a perpetual's contracts does alike: value a lot, and know what it takes.

A position is worth what closing it with the market's maker leaves. Whoever buys one pays margin in from its balance and
closes in the same bundle; afterwards it takes home what lies on its contract.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.means.auctions import EXPIRES_S, Asked
from market.access.desk import Desk
from market.access.observation import Observation
from market.intents.rows import Purpose
from market.venues import Kind
from market.venues.perpetuals.rules import STEP

SPARE = 0.01
"""Margin paid in beyond what is needed, over the value bought: for the price may move before it is."""


class Position(NamedTuple):
    """A lot of contracts as everybody sees it in a slot."""

    auction: int  # row of its market among the auctions
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


def position_at(seen: Observation, rollup: int, at: int) -> Position | None:
    """Return the lot of contracts at a row of `lots`; None for a lot of collateral, or where one could not buy it."""
    key = ("lots of contracts", rollup, seen.time)
    found = seen.derived(key, lambda: _positions(seen, rollup)).get(at)
    return found if found is not None and own_of(seen, found) >= 0 else None


def own_of(seen: Observation, lot: Position) -> int:
    """One's own contract on a lot's market."""
    return seen.own_contract(lot.market)


def _positions(seen: Observation, rollup: int) -> dict[int, Position]:
    """All open lots of contracts of a rollup, by row of `lots`."""
    found = {}
    for at in seen.open_lots(rollup).tolist():
        lot = seen.lots[at]
        if lot["contract"] < 0.0:
            continue
        auction = int(lot["auction"])
        market = int(seen.auctions["market"][auction])
        held, terms = seen.contracts[int(lot["contract"])], seen.perpetuals[market]
        size = float(held["quantity"])
        cash = seen.cash(int(lot["contract"]))
        price = float(seen.feeds["price"][int(terms["feed"])])
        asked = seen.asked(at)
        closed = seen.closing_price(market, np.sign(size) * STEP)
        found[at] = Position(auction, int(lot["id"]), market, size, cash, price, asked, closed)
    return found


def start_on_perpetuals(
    seen: Observation, desk: Desk, rollup: int, design: int, most: int, asked: Asked, tip: float
) -> None:
    """Put the first `most` contracts under margin of a rollup's markets of a design up for auction."""
    for market, contract in startable(seen, rollup, most, design):
        if asked.may(seen.time, Kind.CONTRACT_AUCTION_START, market, contract):
            desk.auction(Kind.CONTRACT_AUCTION_START, market, contract, tip=tip, expires_s=EXPIRES_S)


def startable(seen: Observation, rollup: int, most: int, design: int | None = None) -> list[tuple[int, int]]:
    """First contracts under margin that can be auctioned, one of each shared margin: (perpetual, contract)."""
    found = seen.derived(("contracts to be sold", rollup), lambda: _startable(seen, rollup))
    return [(market, contract) for market, contract, by in found if design in (None, by)][:most]


def _startable(seen: Observation, rollup: int) -> list[tuple[int, int, int]]:
    auctions, found = seen.auctions, []
    mine = seen.perpetuals["auction"].astype(np.int64)
    if not auctions["lots"][mine].any():
        return []
    for contract in seen.under_margin(rollup).tolist():
        market = int(seen.contracts["market"][contract])
        terms = auctions[mine[market]]
        if terms["design"] > 0.0 and terms["open"] < terms["lots"]:
            found.append((market, contract, int(terms["design"])))
    return found


def purchase(seen: Observation, lot: Position, funds: float) -> Purchase | None:
    """Return the part of a Dutch lot that earns most at its price, as far as funds reach; None if nothing does.

    Closing q contracts brings c - k q each, to first order in the maker's lean: q (c - k q - p) is largest at
    (c - p) / 2 k.
    """
    side, price = 1.0 if lot.size > 0.0 else -1.0, lot.asked
    gain = side * (lot.closed - price)
    if not gain > 0.0:
        return None
    terms = seen.perpetuals[lot.market]
    slope = 0.5 * lot.price**2 / float(terms["depth"])
    # margin that a contract needs beyond what it is had under the oracle's price
    needed = lot.price * (float(terms["initial"]) + SPARE) - side * (lot.price - price)
    debt = max(0.0, -float(seen.contracts["cash"][own_of(seen, lot)]))
    most = min(abs(lot.size), (funds - debt) / needed) if needed > 0.0 else abs(lot.size)
    amount = float(np.floor(min(most, 0.5 * gain / slope) / STEP)) * STEP
    if not amount > 0.0:
        return None
    closed, fee = seen.closing_price(lot.market, side * amount), float(terms["fee"])
    least = price / (1.0 - side * fee) * (1.0 + side * 1e-9)
    margin = max(0.0, amount * needed) + debt
    return Purchase(lot, amount, price, margin, least, side * amount * (closed - price))


def worth(seen: Observation, lot: Position, cost_share: float) -> float:
    """What closing a whole lot leaves, less a share of its value: the most that one would bid [USD]."""
    closed = seen.closing_price(lot.market, lot.size)
    return lot.cash + lot.size * closed - cost_share * abs(lot.size) * closed


def escrow(seen: Observation, lot: Position) -> float:
    """Margin that a bid puts up [USD]."""
    return abs(lot.size) * lot.price * float(seen.perpetuals["initial"][lot.market])


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
    found = []
    if not seen.lots.size:
        return []
    for market in np.flatnonzero(seen.perpetuals["rollup"] == rollup).tolist():
        own = seen.own_contract(market)
        if own >= 0:
            size, cash = float(seen.contracts["quantity"][own]), float(seen.contracts["cash"][own])
            if size != 0.0 or cash > 0.0:
                found.append((market, own, -size, cash))
    return found
