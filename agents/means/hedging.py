"""What it costs to trade outside what was traded on a rollup, where the two are not one: learned, and asked for.

Where exchanges are carried out within blocks nothing is to be learned: the fee is all that they cost. Where orders are
carried out apart from blocks, they meet another price than the one that was decided at, and by more than chance: fills
come when the price runs away. What orders have cost on average stands in the view of :meth:`Hedging.net` as the fee.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Purpose, Status
from market.state.records import read_only
from market.venues.outside.rules import output

MEMORY = 0.05
"""Weight of the newest order in what orders cost on average [1]."""


class Net:
    """A view on which the outside market charges what orders cost on average, and funds are what may be hedged."""

    def __init__(self, seen: Observation, fee: float, funds: np.ndarray) -> None:
        self._seen, self.outside_fee, self.funds = seen, fee, funds

    def __getattr__(self, name: str) -> Any:
        """Return whatever else is seen."""
        return getattr(self._seen, name)


class Hedging:
    """What own orders to the outside market have cost, and what of them is left to do.

    Attributes
    ----------
    cost
        running mean of what orders brought less than at the price at which they were decided [1]
    """

    def __init__(self, seat: Seat) -> None:
        self.apart = not seat.config.outside.atomic
        self.cost = 1e-4 * seat.config.outside_fee_bp
        self._left: dict[tuple[int, int, int], float] = {}
        self._again: set[tuple[int, int, int, float]] = set()  # what of it is on its way once more

    def net(self, seen: Any) -> Any:
        """Return the view to decide by: what is seen, unless orders are carried out apart from blocks.

        No less than the fee is asked for. Of funds no more shows than the outside market lets one hedge.
        """
        if not self.apart:
            return seen
        return Net(seen, max(float(seen.outside_fee), self.cost), _hedgeable(seen))

    def learn(self, receipts: np.ndarray) -> None:
        """Take note of own orders: what they cost, and what was not done of hedges, which alone are tied to a trade."""
        for row in receipts:
            key = int(row["rollup"]), int(row["asset_in"]), int(row["asset_out"])
            amount = float(row["amount"])
            missing, sent_again = amount - float(row["filled_in"]), (*key, amount) in self._again
            if sent_again:
                self._again.remove((*key, amount))
            if row["status"] == Status.FILLED and row["mid"] > 0.0:
                self.cost += MEMORY * (1.0 - row["filled_out"] / (row["filled_in"] * row["mid"]) - self.cost)
            if missing > 0.0 and (row["bundle"] >= 0 or sent_again):
                self._left[key] = self._left.get(key, 0.0) + missing

    def catch_up(self, seen: Observation, desk: Desk) -> None:
        """Send again what was not done, as far as there are funds for it."""
        if not self._left:
            return
        left, self._left = self._left, {}
        for (rollup, given, wanted), amount in left.items():
            amount = min(amount, seen.funds.item(rollup, given))
            if amount > 0.0:
                desk.outside(rollup, given, wanted, amount, purpose=Purpose.ARBITRAGE)
                self._again.add((rollup, given, wanted, amount))


def brings(seen: Any, asset_in: int, asset_out: int, amount: float) -> float:
    """Return what an amount brings outside now, as deep as that market is, after what it charges [asset_out]."""
    shift = seen.outside["shift"][0]
    gross = output(
        amount, asset_in, asset_out, seen.prices.item(asset_in), seen.prices.item(asset_out),
        seen.outside["depth"].item(0), shift.item(asset_in), shift.item(asset_out),
    )  # fmt: skip
    return gross * (1.0 - seen.outside_fee)


def _hedgeable(seen: Observation) -> np.ndarray:
    """Funds as far as what they buy on a rollup may be sold outside: shape (rollups, assets)."""
    most, stocks = seen.outside["most"].item(0), seen.stocks["quantity"]
    if most == np.inf or seen.account >= len(stocks):
        return seen.funds
    prices, held = seen.prices, stocks[seen.account]
    caps = np.maximum(0.0, most / prices - held)  # what is given on the rollup has to be bought outside
    sellable = np.maximum(0.0, most / prices + held) * prices
    caps[0] = sellable[1:].max()  # money buys what has to be sold
    return read_only(np.minimum(seen.funds, caps))  # as funds are
