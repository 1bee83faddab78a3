"""Trading ahead of somebody's trade on a perpetual: buying before who buys, and selling behind.

The maker of a perpetual leans against its inventory: with traders net long of a premium n (net value over depth), a
trade of a signed value w is at P e^(n + w / 2 depth) (1 +- spread). A front of value a moves the victim's price by
a / depth, and the victim's v moves what the back gets: for each contract bought at q the back brings q e^(v / depth)
(1 - spread) / (1 + spread). So a front pays iff v / depth > log((1 + spread) (1 + fee) / (1 - spread) (1 - fee)), the
larger the better: the victim's limit, one's capital for margin and the maker's own margin bound it. Derived from the
rule of the market (:func:`market.venues.perpetuals.rules.quote`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import float64, njit, types

from agents.means.contract_orders import row_of
from market.access.observation import BlockView
from market.access.protocols import Arrangement
from market.intents.rows import Purpose, joined
from market.sequencing.ordering.base import FREE
from market.venues import Kind
from market.venues.perpetuals.rules import LARGEST, STEP, whole_steps

MARGIN = 1e-9
"""Relative slack of limits and payments, against rounding."""
CAPITAL_SHARE = 0.5
"""Of the money on a rollup, what margin of a front may take [1]."""
HALVINGS = 60
INTENTS = 2.0
"""How many times the costs of a pair of intents a front and a back cost, with margin paid in and out."""


@njit(float64(float64, float64, float64, float64, float64), cache=True)
def at_premium(price: float, depth: float, spread: float, premium: float, size: float) -> float:
    """Maker's price for a trade of a signed size, at a premium [USD]."""
    return price * np.exp(premium + 0.5 * size * price / depth) * (1.0 + (spread if size > 0.0 else -spread))


@njit(cache=True)
def sandwiched(
    price: float, depth: float, spread: float, fee: float, initial: float, inventory: float, cash: float,
    victim: float, limit: float, front: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Price of a front, margin that it needs, and what front and back gain around a victim; nan where one would fail.

    Parameters
    ----------
    price, depth, spread, fee, initial
        the oracle's price, and terms of the perpetual [USD, USD, 1, 1, 1]
    inventory, cash
        of its maker's contract, in front of all [units, USD]
    victim, limit
        signed size of the trade that is to stand between, and its limit (0: none) [units, USD]
    front
        signed size of one's own first trade, of the victim's sign [units]
    """
    side = 1.0 if victim > 0.0 else -1.0
    paid, taken = np.zeros(3), np.array([front, victim, -front])
    for k in range(3):
        paid[k] = at_premium(price, depth, spread, -inventory * price / depth, taken[k])
        if k == 1 and limit > 0.0 and (paid[1] - limit) * side > 0.0:
            return np.nan, np.nan, np.nan
        before = abs(inventory)
        inventory, cash = inventory - taken[k], cash + taken[k] * paid[k]
        # written so that a number that is not finite fails
        if abs(inventory) > before and not cash + inventory * price >= abs(inventory) * price * initial:
            return np.nan, np.nan, np.nan
    size = abs(front)
    margin = max(0.0, size * price * initial + front * (paid[0] - price) + fee * size * paid[0])
    return paid[0], margin, front * (paid[2] - paid[0]) - fee * size * (paid[0] + paid[2])


@njit(cache=True)
def _possible(found: tuple[float, float, float], capital: float) -> bool:
    return found[1] <= capital and np.isfinite(found[2])


@njit(types.UniTuple(float64, 4)(*[float64] * 10), cache=True)
def best_front(
    price: float, depth: float, spread: float, fee: float, initial: float, inventory: float, cash: float,
    victim: float, limit: float, capital: float,
) -> tuple[float, float, float, float]:  # fmt: skip
    """Best front around a trade: its signed size, price, margin and gain; zeros where none pays or none is possible.

    What a front earns over its value does not depend on its size, so that the largest possible one is the best; of one
    that sells, up to two depths, beyond which more brings less. It is found by halving: where the maker's margin leaves
    gaps, one of its bounds is met, and not always the last.
    """
    nothing = 0.0, 0.0, 0.0, 0.0
    earned = np.log((1.0 - spread) * (1.0 - fee) / ((1.0 + spread) * (1.0 + fee)))
    if not abs(victim) * price / depth + earned > 0.0:
        return nothing
    side = 1.0 if victim > 0.0 else -1.0
    low, high = 0.0, LARGEST if side > 0.0 else min(LARGEST, 2.0 * depth / price)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        found = sandwiched(price, depth, spread, fee, initial, inventory, cash, victim, limit, side * middle)
        low, high = (middle, high) if _possible(found, capital) else (low, middle)
    size = whole_steps(low * (1.0 - MARGIN))
    found = sandwiched(price, depth, spread, fee, initial, inventory, cash, victim, limit, side * size)
    if size == 0.0 or not _possible(found, capital):
        return nothing
    return side * size, found[0], found[1], found[2]


@dataclass
class _Maker:
    """Where a perpetual's maker stands at a place of the block."""

    inventory: float
    cash: float

    def trade(self, terms: np.void, price: float, size: float, limit: float) -> None:
        """Let it take the other side of a trade, if the limit allows."""
        depth = float(terms["depth"])
        premium = -self.inventory * price / depth
        paid = at_premium(price, depth, float(terms["spread"]), premium, size)
        if not (limit > 0.0 and (paid - limit) * size > 0.0):
            self.inventory, self.cash = self.inventory - size, self.cash + size * paid


class _Block:
    """A block in the making: what stands in it, and what its trades have done to makers so far."""

    def __init__(self, seen: BlockView, arrangement: Arrangement, cost_usd: float) -> None:
        self.seen, self.given, self.least = seen, arrangement, INTENTS * cost_usd
        self.prices = np.array(seen.feeds["price"])
        self.makers: dict[int, _Maker] = {}
        self.order: list[int] = []
        self.bundle: list[int] = []
        self.own = [arrangement.inserted] if arrangement.inserted.size else []
        self.count, self.bundles, self.gain = arrangement.inserted.size, arrangement.order.size, 0.0

    def add(self, k: int, bundle: int) -> None:
        """Put an intent behind what stands there, with a front and a back if that pays."""
        row = self.seen.due[k] if k >= 0 else self.given.inserted[-1 - k]
        if row["sealed"] == 0 and row["kind"] == Kind.ORACLE_UPDATE and 0 <= row["venue"] < self.prices.size:
            self.prices[row["venue"]] = row["amount"]
        if row["sealed"] == 0 and row["kind"] == Kind.PERPETUAL_TRADE and self._understood(row):
            if k >= 0 and bundle == FREE and row["bundle"] < 0 and self._surround(k, row):
                return
            self._follow(row)
        self.order.append(k)
        self.bundle.append(bundle)

    def _understood(self, row: np.void) -> bool:
        """Whether a row names a perpetual of the block's rollups and an amount that one may trade."""
        market, seen = int(row["venue"]), self.seen
        if not 0 <= market < len(seen.perpetuals) or not STEP <= row["amount"] <= LARGEST:
            return False
        return int(seen.perpetuals["rollup"][market]) == int(row["rollup"]) in seen.rollups

    def _follow(self, row: np.void) -> None:
        market = int(row["venue"])
        terms, size = self.seen.perpetuals[market], float(whole_steps(float(row["amount"])))
        size = size if row["asset_in"] == 0 else -size
        self._maker(market).trade(terms, float(self.prices[int(terms["feed"])]), size, float(row["limit"]))

    def _maker(self, market: int) -> _Maker:
        if market not in self.makers:
            at = int(self.seen.perpetuals["maker"][market])
            self.makers[market] = _Maker(float(self.seen.contracts["quantity"][at]), self.seen.cash(at))
        return self.makers[market]

    def _surround(self, k: int, row: np.void) -> bool:
        """Tie margin, front, the pending trade k, back, and margin again; whether that pays more than it costs."""
        seen, market = self.seen, int(row["venue"])
        own, terms, maker = seen.own_contract(market), seen.perpetuals[market], self._maker(market)
        if row["sender"] == seen.account or own < 0:
            return False
        if float(seen.contracts["quantity"][own]) != 0.0 or seen.cash(own) < 0.0:
            return False
        victim = float(whole_steps(float(row["amount"]))) * (1.0 if row["asset_in"] == 0 else -1.0)
        capital = CAPITAL_SHARE * seen.funds.item(int(row["rollup"]), 0)
        price, fee = float(self.prices[int(terms["feed"])]), float(terms["fee"])
        front, paid, margin, gain = best_front(
            price, float(terms["depth"]), float(terms["spread"]), fee, float(terms["initial"]), maker.inventory,
            maker.cash, victim, float(row["limit"]), capital,
        )  # fmt: skip
        if not gain > self.least:
            return False
        side, slack = float(np.sign(front)), MARGIN * abs(front) * price
        most = paid * (1.0 + side * MARGIN)
        least = paid * (1.0 + side * fee) / (1.0 - side * fee)  # what makes up for both fees
        rows = [
            row_of(seen, Kind.PERPETUAL_DEPOSIT, market, own, margin + slack),
            row_of(seen, Kind.PERPETUAL_TRADE, market, own, abs(front), buy=front > 0.0, limit=most),
            row_of(seen, Kind.PERPETUAL_TRADE, market, own, abs(front), buy=front < 0.0, limit=least),
            row_of(seen, Kind.PERPETUAL_WITHDRAW, market, own, margin + gain),
        ]
        rows[0]["asset_out"] = rows[-1]["asset_out"] = 0  # margin is money, whichever way it goes
        for size in (front, victim, -front):
            maker.trade(terms, price, size, 0.0)
        first = -1 - self.count
        self.order += [first, first - 1, k, first - 2, first - 3]
        self.bundle += [self.bundles] * 5
        self.own += rows
        self.count, self.bundles, self.gain = self.count + len(rows), self.bundles + 1, self.gain + gain
        return True

    def written(self) -> Arrangement:
        """Return the block, with what is inserted marked as what it is."""
        inserted = joined(self.own)
        inserted["purpose"][self.given.inserted.size :] = int(Purpose.SANDWICH)
        return Arrangement(np.array(self.order, np.int64), np.array(self.bundle, np.int64), inserted)


def trade_ahead(seen: BlockView, arrangement: Arrangement, cost_usd: float) -> tuple[Arrangement, float]:
    """Put fronts and backs around those trades on perpetuals in a block around which they pay.

    Nobody can who has no contract on the perpetual, or holds some of it. Places are taken one by one, from the first
    intent to the last; what others' liquidations do to a maker is not foreseen.

    Parameters
    ----------
    seen
        what the author reads
    arrangement
        the block without them
    cost_usd
        cost of a pair of intents [USD]

    Returns
    -------
    arrangement, profit expected of what was added [USD]
    """
    block = _Block(seen, arrangement, cost_usd)
    for k, bundle in zip(arrangement.order.tolist(), arrangement.bundle.tolist(), strict=True):
        block.add(k, bundle)
    return (block.written(), block.gain) if block.gain > 0.0 else (arrangement, 0.0)
