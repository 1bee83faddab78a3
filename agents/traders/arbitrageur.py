"""An arbitrageur: cycles over pools of all rollups, and single pools against the outside market.

Where one domain sequences all legs of a cycle they go as one bundle; where not, each leg goes on its own. The agent
bears the risk that one leg fails wherever legs do not execute all or none, also in a bundle that is only included as a
whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.base import Trader
from agents.bidding.tips import Tips
from agents.means.cycles import Cycle, Leg, cycle, cycle_pays
from agents.means.gaps import Hedged, trade_pays
from agents.means.inventory import rebalance
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.bundles import Atomicity
from market.intents.rows import Purpose, Status
from market.venues import Kind

if TYPE_CHECKING:
    from market.access.protocols import Reason

LIFE_S = 10.0
"""After which a leg of a cycle, or all of them, is not worth waiting for [s]."""


class Arbitrageur(Trader):
    """Takes the best cycle, or the best trades against the outside market.

    Parameters
    ----------
    outside
        trade single pools against the outside market
    cycles
        trade cycles over pools
    least_usd
        least profit after gas of any trade [USD]
    unwind_bp
        cost that the agent expects of unwinding a leg left alone [bp]
    memory
        weight of the newest cycle in the chance of failure that it has experienced; 0: all cycles count alike [1]
    learns_cost
        whether it learns that cost, too, from what unwinding brought; `unwind_bp` is then where it starts
    tip_share
        share of the expected profit bid as a tip where tips may buy a place [1]; None: it is learned
    """

    def __init__(
        self,
        seat: Seat,
        outside: bool = True,
        cycles: bool = True,
        least_usd: float = 0.02,
        unwind_bp: float = 10.0,
        memory: float = 0.05,
        learns_cost: bool = False,
        tip_share: float | None = None,
    ) -> None:
        super().__init__(seat)
        if not 0.0 <= memory <= 1.0:
            raise ValueError(f"memory must lie in [0, 1], not {memory}")
        self.tips = Tips(seat, tip_share)
        self.outside, self.cycles, self.least_usd, self.unwind_bp = outside, cycles, least_usd, unwind_bp
        self.memory, self.learns_cost = memory, learns_cost
        self._tried, self._lost, self._at_stake = 0, 0.0, 0.0  # cycles done; of broken ones loss and outlay [USD]
        self._prices = seat.public.prices
        self._hedged = Hedged(seat)
        # who has learned to gain by unwinding also trades what does not pay for its gas
        after_gas = unwind_bp >= 0.0 and not learns_cost
        looked_for = [cycle_pays(least_usd, after_gas)] * cycles + [trade_pays(least_usd)] * outside
        self._reasons: tuple[Reason, ...] = tuple(looked_for)
        self.failure = 0.1  # chance that a leg fails, as experienced
        self.parting = 0.1  # chance that rollups execute a bundle in part, as experienced
        self._open_legs = 0
        self._included = False  # whether it has sent bundles that may part
        self._home = seat.funds
        self._next_rebalance = 0.0
        self._unwind: list[tuple[int, int, float]] = []
        self._sold_back: list[tuple[int, int, int, float]] = []  # what it has sent to unwind, until its receipt

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What it trades."""
        return self._reasons

    @property
    def rests_until(self) -> float:
        """When it rebalances, if it has nothing to unwind and no order apart from blocks before [s]."""
        return -np.inf if self._unwind or self.hedging.apart else self._next_rebalance

    def act(self, seen: Observation, desk: Desk) -> None:
        """Look for gaps and trade the profitable ones."""
        self.hedging.catch_up(seen, desk)
        if self._unwind:
            self._unwind_legs(seen, desk)
        if self.cycles and not self._open_legs:
            self._trade_cycle(seen, desk)
        if self.outside:
            self._trade_outside(seen, desk)
        if seen.time >= self._next_rebalance:
            self._next_rebalance = seen.time + 60.0
            rebalance(seen, desk, self._home)

    def _trade_outside(self, seen: Observation, desk: Desk) -> None:
        seen, first = self.hedging.net(seen), desk.next_bundle

        def bid(at: int, gain: float) -> float:
            return self.tips.bid(seen, first + at, gain)

        desk.exchange(self._hedged.write(seen, self.least_usd, 5.0, bid))

    def _trade_cycle(self, seen: Observation, desk: Desk) -> None:
        found = cycle(seen)
        if not found.rollups or found.profit <= self.least_usd or not found.touches(seen.rollups):
            return
        funds = seen.funds
        for rollup, source, amount in found.outlays:
            if amount > funds.item(rollup, source):
                return
        tied, risk = found.tied(seen), 0.0
        if tied != Atomicity.EXECUTION:
            risk = self._leg_risk(seen.prices, found.legs[0], self.parting if tied else self.failure)
        if found.profit > found.gas + self.least_usd + risk:
            if tied == Atomicity.EXECUTION:
                self._send_atomic(seen, desk, found)
            else:
                (self._send_included if tied else self._send_legged)(seen, desk, found)

    def _leg_risk(self, prices: np.ndarray, first: Leg, chance: float) -> float:
        """Margin that a risk-neutral agent asks for: q c / (1 - q), q the chance and c the cost of a leg left alone."""
        value = first.amount * prices.item(first.source)
        return chance / (1.0 - chance) * self.unwind_bp * 1e-4 * value

    def _send_atomic(self, seen: Observation, desk: Desk, found: Cycle) -> None:
        """All legs or none; with slack, for whoever trades on either pool before would else break the cycle."""
        tip = self.tips.bid(seen, desk.next_bundle, found.profit - found.gas)
        desk.exchange(found.bundle(tip, seen.time + LIFE_S))

    def _send_included(self, seen: Observation, desk: Desk, found: Cycle) -> None:
        """All legs in the block or none; each rollup executes its own."""
        self._included = True
        self._send_atomic(seen, desk, found)

    def _send_legged(self, seen: Observation, desk: Desk, found: Cycle) -> None:
        """Each leg alone, with its part of the tip."""
        legs, gain = found.legs, found.profit - found.gas
        tips = [self.tips.bid(seen, (leg.pool, leg.amount), gain / len(legs)) for leg in legs]
        slack = found.slack(sum(tips))
        for (pool, source, sink, amount, output, _), tip in zip(legs, tips, strict=True):
            desk.swap(
                pool, source, sink, amount, output * (1.0 - slack), tip=tip, purpose=Purpose.CYCLE, expires_s=LIFE_S
            )
        self._open_legs = len(legs)
        self._legs_failed = 0
        self._legs_done: list[np.void] = []

    def _unwind_legs(self, seen: Observation, desk: Desk) -> None:
        """Sell outside what a broken cycle left over, once the rollup's turn comes."""
        later = []
        for rollup, asset, amount in self._unwind:
            if rollup in seen.rollups:
                if asset == 0:
                    continue
                worth = -amount * float(seen.prices[asset])  # of what is to be bought back
                given, wanted, sent = (asset, 0, amount) if amount > 0.0 else (0, asset, worth)
                desk.outside(rollup, given, wanted, sent, purpose=Purpose.CYCLE)
                if self.learns_cost:
                    self._sold_back.append((rollup, given, wanted, sent))
            else:
                later.append((rollup, asset, amount))
        self._unwind = later

    def _learn_included(self, receipts: np.ndarray) -> None:
        """Count the cycles that rollups executed in part, and what those left over.

        A cycle is a bundle of several swaps; one of a swap and its hedge has a single one.
        """
        own = receipts[(receipts["kind"] == Kind.SWAP) & (receipts["bundle"] >= 0)]
        for bundle in dict.fromkeys(own["bundle"].tolist()):
            legs = own[own["bundle"] == bundle]
            if legs.size < 2:
                continue
            done = legs[legs["status"] == Status.FILLED]
            parted = 0 < done.size < legs.size
            self.parting = self._experienced(self.parting, parted)
            if parted:
                self._note_broken(list(done))
                self._unwind += [leg for row in done for leg in _changes(row) if leg[1] != 0]

    def _experienced(self, chance: float, broken: bool) -> float:
        """Return the chance of failure once one more cycle is known; where all count, what it began with does as 20."""
        self._tried += 1
        weight = self.memory or 1.0 / (20.0 + self._tried)
        return min(0.9, (1.0 - weight) * chance + weight * broken)

    def _note_broken(self, done: list[np.void]) -> None:
        """Take note of what the filled legs of a broken cycle were given, and of what they are worth less by."""
        for row in done:
            self._at_stake += float(row["filled_in"]) * self._prices.item(int(row["asset_in"]))
            self._lost -= self._worth(row)

    def _learn_cost(self, receipts: np.ndarray) -> None:
        """Add what unwinding brought to the losses of broken cycles, and learn from all of them."""
        for row in receipts[(receipts["kind"] == Kind.OUTSIDE) & (receipts["bundle"] < 0)]:
            sent = int(row["rollup"]), int(row["asset_in"]), int(row["asset_out"]), float(row["amount"])
            if sent not in self._sold_back:
                continue
            self._sold_back.remove(sent)
            if row["status"] != Status.FILLED:
                continue
            self._lost -= self._worth(row)
            if self._at_stake > 0.0:
                self.unwind_bp = 1e4 * self._lost / self._at_stake

    def _worth(self, row: np.void) -> float:
        """What a filled trade changed of one's funds, at reference prices [USD]."""
        return sum(amount * self._prices.item(asset) for _, asset, amount in _changes(row))

    def learn(self, receipts: np.ndarray) -> None:
        """Count the legs of a cycle, the agent's only swaps without a bundle: how often one fails, and what is left."""
        self.tips.learn(receipts)
        if self.learns_cost:
            self._learn_cost(receipts)
        if self._included:
            self._learn_included(receipts)
        if not self._open_legs:
            return
        for row in receipts:
            if row["kind"] != Kind.SWAP or row["bundle"] >= 0:
                continue
            self._open_legs -= 1
            if row["status"] == Status.FILLED:
                self._legs_done.append(row.copy())
            else:
                self._legs_failed += 1
            if self._open_legs == 0:
                broken = self._legs_failed > 0
                self.failure = self._experienced(self.failure, broken)
                if broken:
                    self._note_broken(self._legs_done)
                    self._unwind += [leg for done in self._legs_done for leg in _changes(done) if leg[1] != 0]
                break


def _changes(row: np.void) -> list[tuple[int, int, float]]:
    """What a filled swap changed of one's funds: rollup, asset, amount gained."""
    rollup = int(row["rollup"])
    return [
        (rollup, int(row["asset_in"]), -float(row["filled_in"])),
        (rollup, int(row["asset_out"]), float(row["filled_out"])),
    ]
