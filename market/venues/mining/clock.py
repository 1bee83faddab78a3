"""What programmes that pay for liquidity do by themselves: they measure what stands, and send payments.

A payment is an intent as any other, which a sequencer must include.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.intents.rows import Purpose, Reason, Status, blank
from market.kernel.direct import bind
from market.venues import Kind
from market.venues.clock import Clock
from market.venues.mining.rules import measure
from market.venues.mining.splits import Found, make

TRADES = (int(Kind.OPTION_TRADE), int(Kind.OPTION_TAKE))

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


def start(market: SequencerMarket) -> Clock:
    """Return the clock of the programmes."""
    if not len(market.world.tables.mining):
        return Clock()
    payer = Payer(market)
    return Clock(tick=payer.tick, after_block=payer.after_block)


class Payer:
    """Measures liquidity, splits what is due among rollups by each programme's rule, and sends the payments."""

    def __init__(self, market: SequencerMarket) -> None:
        self._state, self._tables, self._mempool = market.world.state, market.world.tables, market.mempool
        self._splits = [make(spec.split, f"mining.{at}.split") for at, spec in enumerate(market.config.mining)]
        self._measure = bind(measure, self._state, 0.0)
        self._rollups = len(market.config.rollups)
        for_quotes = self._tables.mining["for_quotes"]
        self._pools, self._quotes = for_quotes < 1.0, for_quotes > 0.0  # by programme: whether these are paid for
        self._counts = [self._pools_of(at, int(row["asset"])) for at, row in enumerate(self._tables.mining)]
        self._there = [self._places_of(at, int(row["asset"])) for at, row in enumerate(self._tables.mining)]
        self.tick(0.0)
        for at in range(len(self._tables.mining)):
            self._fields(at)["weight"] = self._weights(at)

    def tick(self, now: float) -> None:
        """Measure what stands."""
        self._measure(self._state, now)

    def after_block(self, slot: Slot) -> None:
        """Add up volumes, note whose treasury turned out to be empty, and pay what is due."""
        rows = slot.rows
        filled = rows[rows["status"] == Status.FILLED]
        failed = rows[(rows["kind"] == int(Kind.MINING_PAY)) & (rows["reason"] == Reason.INSUFFICIENT_BALANCE)]
        for at in set(failed["venue"].tolist()):
            if 0 <= at < len(self._tables.mining) and self._tables.mining["over"][at] < 0.0:
                self._tables.mining["over"][at] = slot.time
        for at, row in enumerate(self._tables.mining):
            self._add_swaps(at, filled[filled["kind"] == int(Kind.SWAP)])
            if self._quotes[at]:
                self._add_trades(at, int(row["asset"]), filled[np.isin(filled["kind"], TRADES)])
            on_time = row["over"] < 0.0 and slot.time >= row["due"]
            if on_time and int(row["rollup"]) in slot.domain.rollups:
                self._pay(at, slot.time)

    def _fields(self, at: int) -> np.ndarray:
        return self._tables.mining_rollups[at * self._rollups : (at + 1) * self._rollups]

    def _pools_of(self, at: int, asset: int) -> np.ndarray:
        """Whether a programme pays for each pool: those that exchange its asset and the numeraire, if for any."""
        return (np.sort(self._tables.pools["asset"], axis=1) == [0, asset]).all(axis=1) & self._pools[at]

    def _places_of(self, at: int, asset: int) -> np.ndarray:
        """Whether each rollup has a pool that counts, or options where quotes do."""
        there = np.zeros(self._rollups, np.bool_)
        there[self._tables.pools["rollup"][self._counts[at]].astype(np.int64)] = True
        options = self._tables.option_markets
        if self._quotes[at]:
            there[options["rollup"][options["asset"] == asset].astype(np.int64)] = True
        return there

    def _add_swaps(self, at: int, swaps: np.ndarray) -> None:
        swaps = swaps[self._counts[at][swaps["venue"]]]
        value = swaps["filled_in"] * self._tables.prices[swaps["asset_in"]]
        np.add.at(self._fields(at)["volume"], swaps["rollup"], value)

    def _add_trades(self, at: int, asset: int, trades: np.ndarray) -> None:
        """Add the underlying of options traded: receipts say how many there were, whichever way they went."""
        trades = trades[self._tables.option_markets["asset"][trades["venue"]] == asset]
        value = trades["filled_out"] * self._tables.prices[asset]
        np.add.at(self._fields(at)["volume"], trades["rollup"], value)

    def _weights(self, at: int) -> np.ndarray:
        """Return each rollup's part, by depth and volume of what the programme pays for."""
        fields = self._fields(at)
        depth = fields["depth"] * self._pools[at] + fields["quoted"] * self._quotes[at]
        return self._splits[at].weights(Found(self._there[at], depth, fields["volume"].copy()))

    def _pay(self, at: int, now: float) -> None:
        """Send a payment for each rollup that has a part of what has come due since the last one."""
        row, fields = self._tables.mining[at], self._fields(at)
        fields["weight"] = self._weights(at)
        fields["volume"] = 0.0
        last = row["due"] - row["period"]
        due = row["rate"] * (now - last)
        row["due"] = now + row["period"]
        to = np.flatnonzero(fields["weight"] > 0.0)
        rows = blank(to.size)
        rows["kind"], rows["purpose"] = int(Kind.MINING_PAY), int(Purpose.SYSTEM)
        rows["sender"], rows["rollup"], rows["venue"] = int(row["account"]), int(row["rollup"]), at
        rows["target"], rows["amount"] = to, due * fields["weight"][to]
        rows["sent"] = rows["arrival"] = now
        self._mempool.submit(rows)
