"""A user of several rollups: buys on one and sells on another at once, and gains something by having done both.

Such needs come at random times and are exogenous: when, where, how much, and what doing both is worth. Where one domain
sequences both rollups the two trades go as one bundle. Elsewhere each goes alone, and the user counts on a price
that moves in the meantime: it takes the trade only if that is worth it, too. Where a bundle is only included as a
whole, no time passes between the two, but each has to be traded at whatever price lest the other be left alone.

So what rollups gain by being sequenced together is the demand that would else have stayed away.
"""

from __future__ import annotations

import numpy as np

from agents.base import Trader
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.bundles import Atomicity
from market.intents.rows import Purpose, Status
from market.kernel.interpreted import row_type
from market.venues.pools.seen import quote

CHUNK = 512
YEAR_S = 365.0 * 86_400.0
NEED = row_type(
    [
        ("time", np.float64),  # when it comes up [s]
        ("value", np.float64),  # what is bought for [USD]
        ("first", np.int64),  # rollup on which it buys
        ("second", np.int64),  # rollup on which it sells
        ("benefit", np.float64),  # of having done both, of the value [1]
        ("kind", np.float64),  # uniform: below `atomic_only` makes sense as a bundle alone
    ]
)
"""A need to trade on two rollups."""


class CrossRollup(Trader):
    """Trades in pairs, atomically where it can.

    Parameters
    ----------
    per_second
        mean number of needs [1/s]
    median_usd, log_sd
        lognormal size of a need [USD], [1]
    benefit_bp
        mean of the exponential value of doing both trades, of their size [bp]
    atomic_only
        share of needs that make sense as a bundle alone, such as a loan on one rollup that is repaid on the other [1]
    aversion
        how many standard deviations of the price between two separate legs count as a cost [1]
    tip_share
        share of what is left over that is offered as a tip [1]
    slippage_bp
        worst price accepted, against the quoted one [bp]
    """

    def __init__(
        self,
        seat: Seat,
        per_second: float = 0.2,
        median_usd: float = 2_000.0,
        log_sd: float = 1.0,
        benefit_bp: float = 40.0,
        atomic_only: float = 0.5,
        aversion: float = 1.0,
        tip_share: float = 0.1,
        slippage_bp: float = 20.0,
    ) -> None:
        super().__init__(seat)
        if per_second < 0.0 or min(median_usd, benefit_bp, slippage_bp) <= 0.0 or not 0.0 <= tip_share <= 1.0:
            raise ValueError("per_second must be at least 0, sizes and bp positive, and tip_share within [0, 1]")
        if not 0.0 <= atomic_only <= 1.0 or aversion < 0.0:
            raise ValueError("atomic_only must be within [0, 1] and aversion at least 0")
        self.per_second, self.median_usd, self.log_sd, self.benefit_bp = per_second, median_usd, log_sd, benefit_bp
        self.atomic_only, self.aversion, self.tip_share, self.slippage = (
            atomic_only,
            aversion,
            tip_share,
            slippage_bp * 1e-4,
        )
        rollups = seat.config.rollups
        self._volatility = max(asset.volatility for asset in seat.config.assets)
        depth = np.array([sum(pool.depth_usd for pool in rollup.pools) for rollup in rollups])
        self._weight = depth / depth.sum()
        # needs have a stream of their own: the same come up however often anything else is drawn
        self._exogenous = self.rng_own.spawn(1)[0]
        self._drawn_until = 0.0
        self._needs = np.zeros(0, NEED)
        self._sent: dict[tuple[int, float], tuple[float, float, float]] = {}
        self.served = np.zeros(len(rollups))  # value traded, by rollup [USD]
        self.surplus = np.zeros(len(rollups))  # what that was worth, less what it cost against the mid, tips, gas [USD]
        self.missed = 0.0  # value of the needs that were not worth their cost [USD]

    def act(self, seen: Observation, desk: Desk) -> None:
        """Meet the needs that have come up and begin in this domain."""
        if self.per_second <= 0.0 or len(self._weight) < 2:
            return
        while self._drawn_until <= seen.time:
            self._draw()
        pending = self._needs
        here = (pending["time"] <= seen.time) & np.isin(pending["first"], seen.rollups)
        for need in pending[here]:
            self._meet(seen, desk, need)
        if here.any():
            self._needs = pending[~here]

    def _draw(self) -> None:
        """Draw the next needs; between two rollups as often as their depths make it likely."""
        rng = self._exogenous
        new = np.empty(CHUNK, NEED)
        new["time"] = self._drawn_until + np.cumsum(rng.exponential(1.0 / self.per_second, CHUNK))
        new["value"] = self.median_usd * np.exp(self.log_sd * rng.standard_normal(CHUNK))
        ends = rng.choice(len(self._weight), (2, CHUNK), p=self._weight)
        new["first"], new["second"] = ends
        new["benefit"] = 1e-4 * self.benefit_bp * rng.standard_exponential(CHUNK)
        new["kind"] = rng.random(CHUNK)
        self._drawn_until = float(new["time"][-1])
        self._needs = np.concatenate([self._needs, new[ends[0] != ends[1]]])

    def _meet(self, seen: Observation, desk: Desk, need: np.void) -> None:
        """Buy on one rollup and sell on the other, unless that costs more than it is worth."""
        first, second, value = int(need["first"]), int(need["second"]), float(need["value"])
        buy, bought = self._quote(seen, first, 0, value)
        sell, proceeds = self._quote(seen, second, 1, bought)
        if buy < 0 or sell < 0:
            return
        together = seen.atomic(first, second)
        whole = together == Atomicity.EXECUTION
        if not whole and need["kind"] < self.atomic_only:
            self.missed += value
            return
        # a leg waits for half a block on average
        step_sd = [self._volatility * np.sqrt(seen.graph.nodes[at]["block_time_s"] / YEAR_S) for at in (first, second)]
        apart = 0.0 if together else self.aversion * np.hypot(*step_sd)
        gas = float(seen.gas[first] + seen.gas[second])
        mid = self._mid(seen.pools, buy), self._mid(seen.pools, sell)
        # a gap between the rollups is no cost of trading
        cost = value * mid[1] / mid[0] - proceeds + gas
        left = value * (need["benefit"] - apart) - cost
        if left <= 0.0 or value > seen.funds[first, 0] or bought > seen.funds[second, 1]:
            self.missed += value
            return
        tip, bundle = 0.5 * self.tip_share * left, desk.bundle() if together else -1
        kept = 1.0 - self.slippage if whole else 0.0  # a leg that may be left alone is traded at whatever price
        sold = bought * kept if whole else bought
        desk.swap(buy, 0, 1, value, bought * kept, tip=tip, purpose=Purpose.INVENTORY, bundle=bundle)
        desk.swap(sell, 1, 0, sold, proceeds * kept**2, tip=tip, purpose=Purpose.INVENTORY, bundle=bundle)
        worth = 0.5 * value * (need["benefit"] - apart)
        self._sent[first, value] = worth, mid[0], float(seen.gas[first])
        self._sent[second, sold] = worth, mid[1], float(seen.gas[second])

    def learn(self, receipts: np.ndarray) -> None:
        """Keep account of what was done, by rollup, against the mid at the decision."""
        for row in receipts:
            rollup = int(row["rollup"])
            worth, mid, gas = self._sent.pop((rollup, float(row["amount"])), (0.0, 0.0, 0.0))
            if mid <= 0.0 or row["status"] != Status.FILLED:
                continue
            given, got = float(row["filled_in"]), float(row["filled_out"])
            price_in, price_out = (1.0, mid) if row["asset_in"] == 0 else (mid, 1.0)
            self.served[rollup] += given * price_in
            self.surplus[rollup] += worth - (given * price_in - got * price_out) - float(row["tip"]) - gas

    def _quote(self, seen: Observation, rollup: int, asset_in: int, amount: float) -> tuple[int, float]:
        """Best pool of the first risky asset against the numeraire on a rollup, and its output; -1 for none."""
        best, most, pools = -1, 0.0, seen.pools
        for pool in np.flatnonzero(pools["rollup"] == rollup):
            assets = (int(pools["asset"][pool, 0]), int(pools["asset"][pool, 1]))
            if set(assets) != {0, 1}:
                continue
            out = quote(pools, seen.ticks, int(pool), asset_in, amount)
            if out > most:
                best, most = int(pool), out
        return best, most

    def _mid(self, pools: np.ndarray, pool: int) -> float:
        """Price of the risky asset in a pool [USD]."""
        first, second = pools["reserve"][pool, 0], pools["reserve"][pool, 1]
        return float(second / first if int(pools["asset"][pool, 0]) == 1 else first / second)
