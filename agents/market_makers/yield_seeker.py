"""A provider of liquidity that takes its capital to the rollup where it earns most, rewards included."""

from __future__ import annotations

import numpy as np

from agents.market_makers.reallocator import Reallocator
from agents.means.inventory import bridge_between
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Status
from market.settings import DAY_S
from market.venues import Kind

NUMERAIRE = 0
LEAST_USD = 10.0
"""Value below which it does not bother to provide or to move capital [USD]."""


class YieldSeeker(Reallocator):
    """Compares what a dollar earns in every pool: fees less loss-versus-rebalancing as measured, and rewards by depth.

    The reward of a dollar is what programmes last paid for the rollup, over the depth that shares it. Where a pool of
    its earns less than the best one, by more over its horizon than bridges cost, or less than it asks for, it takes out
    a part of what it has there, the larger the further the pool falls behind, and sends it over the bridge to provide
    it at the other end, or keeps it. What lies idle it provides, part by part, while that earns more than it asks for.
    So the more others follow a reward, the less it is worth: capital comes to rest where every pool earns the same.

    Parameters
    ----------
    review_s
        time between two looks [s]
    share
        part of what it has in a pool, or idle, that it moves at a look where the difference is as large as can be [1]
    memory
        weight of the newest look in the remembered return [1]
    horizon_s
        time over which a move must earn what the bridge costs [s]
    asks_bp_per_day
        what capital earns elsewhere: for less it provides nothing [bp/d]
    """

    def __init__(
        self,
        seat: Seat,
        review_s: float = 60.0,
        share: float = 0.3,
        memory: float = 0.1,
        horizon_s: float = 3600.0,
        asks_bp_per_day: float = 0.0,
    ) -> None:
        super().__init__(seat, review_s=review_s, share=share, memory=memory)
        if not (horizon_s > 0.0 and asks_bp_per_day >= 0.0):
            raise ValueError("horizon_s must be positive, and asks_bp_per_day not negative")
        self.horizon_s, self.asks = horizon_s, 1e-4 * asks_bp_per_day / DAY_S
        self.yields = np.zeros(len(seat.public.pools))
        self._leaving: dict[int, tuple[int, int, float]] = {}  # by rollup: where to, out of which pool, of its first
        self._goals: dict[int, int] = {}  # by pool that it takes capital out of: rollup that this is meant for
        self._next_review = 0.0
        self._moved: set[int] = set()

    def act(self, seen: Observation, desk: Desk) -> None:
        """Send what was taken out, and, as it is time to look, compare, provide and take out."""
        for rollup in seen.rollups:
            if rollup in self._leaving:
                goal, pool, units = self._leaving.pop(rollup)
                self._send(seen, desk, pool, goal, units)
        if self._last is None or seen.time >= self._next_review:
            self._review(seen)
            self.yields = self.net_return + self._rewards(seen)
            self._next_review = seen.time + self.review_s
            self._moved = set()
        for rollup in seen.rollups:
            if rollup not in self._moved:
                self._moved.add(rollup)
                self._look(seen, desk, rollup)

    def learn(self, receipts: np.ndarray) -> None:
        """Note what has been taken out of pools, to be sent on."""
        for row in receipts[receipts["kind"] == Kind.REMOVE_LIQUIDITY]:
            goal = self._goals.pop(int(row["venue"]), None)
            if goal is not None and row["status"] == Status.FILLED:
                self._leaving[int(row["rollup"])] = goal, int(row["venue"]), float(row["filled_out"])

    def _rewards(self, seen: Observation) -> np.ndarray:
        """What programmes pay for a dollar in each pool: shape (pools,) [1/s]."""
        found = np.zeros(len(seen.pools))
        fields, rollup = np.asarray(seen.mining_rollups), seen.pools["rollup"].astype(np.int64)
        for at, programme in enumerate(np.asarray(seen.mining)):
            if programme["over"] >= 0.0:
                continue
            mine = fields[fields["programme"] == at]
            rate = programme["rate"] * (1.0 - programme["for_quotes"]) * mine["weight"]
            each = np.divide(rate, mine["depth"], out=np.zeros(mine.size), where=mine["depth"] > 0.0)
            pays = (np.sort(seen.pools["asset"], axis=1) == [NUMERAIRE, programme["asset"]]).all(axis=1)
            found += np.where(pays, each[rollup], 0.0)
        return found

    def _look(self, seen: Observation, desk: Desk, rollup: int) -> None:
        """Provide what lies idle on a rollup, and take out of its pools what earns more elsewhere, or too little."""
        here = np.flatnonzero(seen.pools["rollup"] == rollup).tolist()
        if not here:
            return
        best, nearest = int(np.argmax(self.yields)), max(here, key=lambda pool: self.yields[pool])
        goal = int(seen.pools["rollup"][best])
        bridge = bridge_between(seen.bridges, rollup, goal) if goal != rollup else -1
        cost = float(seen.bridges["fee"][bridge]) / self.horizon_s if bridge >= 0 else np.inf
        away = float(self.yields[best]) - cost  # what a dollar earns there, once it has paid for the bridge
        if rollup not in self._leaving:
            self._use_idle(seen, desk, nearest, goal, away)
        for pool in here:
            owned, now = float(seen.provisions["shares"][self._provider, pool]), float(self.yields[pool])
            gain = max(away, self.asks) - now
            part = self.share * _part(gain, max(away, self.asks))
            if gain <= 0.0 or part * owned * self._share_usd(seen, pool) <= LEAST_USD:
                continue
            if away >= self.asks:
                self._goals[pool] = goal
            desk.remove_liquidity(pool, part * owned)

    def _use_idle(self, seen: Observation, desk: Desk, pool: int, goal: int, away: float) -> None:
        """Provide a part of what lies idle on a pool's rollup, or send it to where it earns more, if that is enough."""
        row, now = seen.pools[pool], float(self.yields[pool])
        rollup, first, second = int(row["rollup"]), int(row["asset"][0]), int(row["asset"][1])
        price = float(row["reserve"][1] / row["reserve"][0])
        units = min(float(seen.funds[rollup, first]), float(seen.funds[rollup, second]) / price)
        gain = max(now, away) - self.asks
        units *= self.share * _part(gain, self.asks)
        if gain < 0.0 or 2.0 * units * float(seen.prices[first]) <= LEAST_USD:
            return
        if away > now:
            self._send(seen, desk, pool, goal, units)
        else:
            desk.add_liquidity(pool, units, 1.01 * units * price)

    def _share_usd(self, seen: Observation, pool: int) -> float:
        """Value of a share of a pool [USD]."""
        held = seen.pools["reserve"][pool] * seen.prices[seen.pools["asset"][pool].astype(np.int64)]
        return float(held.sum() / seen.pools["shares"][pool])

    def _send(self, seen: Observation, desk: Desk, pool: int, goal: int, units: float) -> None:
        """Send units of a pool's first asset over the bridge, and of the second in proportion."""
        row = seen.pools[pool]
        rollup, first, second = int(row["rollup"]), int(row["asset"][0]), int(row["asset"][1])
        bridge, price = bridge_between(seen.bridges, rollup, goal), float(row["reserve"][1] / row["reserve"][0])
        for asset, amount in ((first, units), (second, units * price)):
            sent = min(amount, float(seen.funds[rollup, asset]))
            if sent > 0.0:
                desk.bridge(bridge, rollup, asset, sent)


def _part(gain: float, beside: float) -> float:
    """Size of a gain over what it is a gain on, at most 1; 1 where that is nothing."""
    return gain / max(abs(beside), gain) if gain > 0.0 else float(beside == 0.0)
