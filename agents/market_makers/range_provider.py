"""A provider of concentrated liquidity that learns how wide its range should be, and when to move it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from agents.base import MarketMaker
from agents.learning import Hedge
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Purpose, Status
from market.venues import Kind
from market.venues.pools.ranges import amounts
from market.venues.pools.ticks import STEP, root_of

BP = 1e-4
WIDTHS_BP = (25.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
PATIENCE_S = 60.0
"""After which an intent that was not heard of is taken for lost [s]."""


class Candidate:
    """A width, and the range of that width as it would stand: what a dollar in it has earned since the last review."""

    def __init__(self, half_ticks: float, move_at: float) -> None:
        self._half, self._move_at = half_ticks, move_at
        self.centre = self.lower = self.upper = self.liquidity = math.nan  # before it stands anywhere
        self.earned = 0.0

    def centre_on(self, tick: float, prices: np.ndarray) -> None:
        """Stand around a price, given as its tick; `prices` of the two assets [USD]."""
        self.centre = tick
        self.lower, self.upper = tick - self._half, tick + self._half
        low, high, root = (STEP ** (0.5 * at) for at in (self.lower, self.upper, tick))
        self.liquidity = 1.0 / float(np.dot(amounts(1.0, low, high, root), prices))

    def follow(self, before: float, tick: float, gain: float, prices: np.ndarray, cost: float) -> None:
        """Earn what a share gained [USD] for the part of the way that lay inside, and move for `cost` [1] if due."""
        low, high = min(before, tick), max(before, tick)
        overlap = min(high, self.upper) - max(low, self.lower)
        part = float(overlap >= 0.0) if high == low else max(0.0, overlap) / (high - low)
        self.earned += part * gain * self.liquidity
        if abs(tick - self.centre) > self._move_at * self._half:
            self.earned -= cost
            self.centre_on(tick, prices)


class RangeProvider(MarketMaker):
    """Provides one range in every concentrated pool, around its price, and moves it once the price has left the middle.

    How wide it is, or whether there is one at all, is learned by exponential weights: pools are public, so that it can
    be told of every width what fees less loss-versus-rebalancing a dollar would have earned since the last review, less
    the cost of following the price. Between two looks the price is taken to have moved straight.

    Parameters
    ----------
    widths_bp
        half widths among which it chooses; staying out is always another choice [bp]
    review_s
        time between two lessons, after each of which it chooses anew [s]
    look_s
        time between two looks at what pools have earned [s]
    move_at
        distance from the middle, over the half width, at which it moves a range [1]
    share
        largest share of own funds on a rollup that is provided to its pools together [1]
    rate
        learning rate, per bp of value earned in a period [1/bp]
    tip_usd
        tip of every intent [USD]
    """

    def __init__(
        self, seat: Seat, widths_bp: Sequence[float] = WIDTHS_BP, review_s: float = 120.0, look_s: float = 2.0,
        move_at: float = 0.8, share: float = 0.9, rate: float = 1.0, tip_usd: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(seat)
        widths = np.array(widths_bp, dtype=float)
        if not (widths.size and (widths > 0.0).all() and (widths < 1e5).all() and (np.diff(widths) > 0.0).all()):
            raise ValueError(f"widths_bp must ascend within (0, 100000), not {widths_bp!r}")
        if not (review_s > 0.0 and look_s > 0.0 and rate > 0.0 and tip_usd >= 0.0):
            raise ValueError("review_s, look_s and rate must be positive, tip_usd not negative")
        if not (0.0 < share <= 1.0 and 0.0 < move_at <= 1.0):
            raise ValueError("share and move_at must lie in (0, 1]")
        self.review_s, self.look_s, self.move_at, self.share, self.tip_usd = review_s, look_s, move_at, share, tip_usd
        pools = seat.public.pools
        self.pools = np.flatnonzero(pools.spacing > 0.0).tolist()
        self._rollup_of = pools.rollup.astype(int).tolist()
        on_rollup = [self._rollup_of[pool] for pool in self.pools]
        self._part = {pool: share / on_rollup.count(self._rollup_of[pool]) for pool in self.pools}
        grid = np.concatenate([[0.0], widths])
        seeds = self.rng_own.integers(2**63, size=len(self.pools)).tolist()
        self.learners = {pool: Hedge(grid, rate, seed=seed) for pool, seed in zip(self.pools, seeds, strict=True)}
        self.width = {pool: self.learners[pool].choose() for pool in self.pools}
        self.candidates = {pool: [Candidate(w * BP / math.log(STEP), move_at) for w in widths] for pool in self.pools}
        self._fit = dict.fromkeys(
            self.pools, 1.0
        )  # of what funds allow when it looks, what they allow when it is its turn
        self._before: dict[int, tuple[float, np.ndarray]] = {}  # by pool: tick, and gains of a share, at the last look
        self._looked, self._reviewed = -math.inf, math.nan
        self._waiting: dict[tuple[str, int], float] = {}  # for what it waits on a pool or a rollup, until when [s]

    def act(self, seen: Observation, desk: Desk) -> None:
        """Look at what pools earn, learn, and let the own ranges stand where they should."""
        if not self.pools:
            self.wake_at = math.inf  # a pool is concentrated from the start or never
            return
        if seen.time >= self._looked + self.look_s:
            self._looked = seen.time
            for pool in self.pools:
                self._look(seen, pool)
            if math.isnan(self._reviewed):
                self._reviewed = seen.time
            if seen.time >= self._reviewed + self.review_s:
                self._reviewed = seen.time
                for pool in self.pools:
                    self._review(pool)
        for pool in self.pools:
            if self._rollup_of[pool] in seen.rollups and not self._waits(seen.time, pool):
                self._stand(seen, desk, pool)

    def _look(self, seen: Observation, pool: int) -> None:
        """Credit every width with what it would have earned since the last look."""
        prices, tick = self._prices(seen, pool), self._tick(seen, pool)
        gains = np.append(seen.pools["growth"][pool], seen.pools["marked"][pool])
        if pool in self._before:
            before, earlier = self._before[pool]
            gain = float((gains - earlier) @ np.append(prices, 1.0))
            rollup = self._rollup_of[pool]
            gas = 2.0 * float(seen.gas[rollup]) / (self._part[pool] * self.capital_usd / len(seen.funds))
            for candidate in self.candidates[pool]:
                # half of what a range holds changes hands when it is moved from its end to around the price
                candidate.follow(before, tick, gain, prices, 0.5 * seen.outside_fee + gas)
        else:
            for candidate in self.candidates[pool]:
                candidate.centre_on(tick, prices)
        self._before[pool] = tick, gains

    def _review(self, pool: int) -> None:
        """Learn from what each width would have earned, staying out nothing, and choose."""
        earned = np.array([0.0, *(candidate.earned / BP for candidate in self.candidates[pool])])
        learner = self.learners[pool]
        at = int(np.flatnonzero(learner.actions == self.width[pool])[0])
        learner.learn(float(earned[at]), earned)
        self.width[pool] = learner.choose()
        for candidate in self.candidates[pool]:
            candidate.earned = 0.0

    def _stand(self, seen: Observation, desk: Desk, pool: int) -> None:
        """Leave a range that is not as it should be; open one where there is none."""
        ranges = seen.ranges
        mine = (ranges["owner"] == self.account) & (ranges["pool"] == pool) & (ranges["liquidity"] > 0.0)
        half, tick = self.width[pool] * BP / math.log(STEP), self._tick(seen, pool)
        if not mine.any():
            if half > 0.0 and self._balanced(seen, desk, pool):
                self._open(seen, desk, pool, tick, half)
            return
        row = ranges[int(np.flatnonzero(mine)[0])]
        lower, upper = int(row["lower"]), int(row["upper"])
        wanted = self._ends(seen, pool, 0.5 * (lower + upper), half)
        away = abs(tick - 0.5 * (lower + upper)) > self.move_at * 0.5 * (upper - lower)
        if away or abs((wanted[1] - wanted[0]) - (upper - lower)) > 2 * int(seen.pools["spacing"][pool]):
            self._waiting["range", pool] = seen.time + PATIENCE_S
            desk.burn_range(pool, lower, upper, float(row["liquidity"]), tip=self.tip_usd)

    def _balanced(self, seen: Observation, desk: Desk, pool: int) -> bool:
        """Whether the two assets are of like value; where not, half of what there is more of is sold outside."""
        rollup, first, second = self._place(seen, pool)
        value = seen.funds[rollup, [first, second]] * self._prices(seen, pool)
        surplus = 0.5 * float(value[0] - value[1])
        if abs(surplus) <= 0.1 * float(value.sum()):
            return True
        source, sink = (first, second) if surplus > 0.0 else (second, first)
        self._waiting["outside", rollup] = seen.time + PATIENCE_S
        desk.outside(rollup, source, sink, abs(surplus) / float(seen.prices[source]), purpose=Purpose.INVENTORY)
        return False

    def _open(self, seen: Observation, desk: Desk, pool: int, tick: float, half: float) -> None:
        rollup, first, second = self._place(seen, pool)
        lower, upper = self._ends(seen, pool, tick, half)
        needs = amounts(1.0, root_of(lower), root_of(upper), STEP ** (0.5 * tick))
        least = min(float(seen.funds[rollup, first]) / needs[0], float(seen.funds[rollup, second]) / needs[1])
        liquidity = self._fit[pool] * self._part[pool] * least
        if liquidity * float(np.dot(needs, self._prices(seen, pool))) > 1.0:
            self._waiting["range", pool] = seen.time + PATIENCE_S
            most = self._part[pool] * float(seen.funds[rollup, second])
            desk.mint_range(pool, lower, upper, liquidity, most, tip=self.tip_usd)

    @staticmethod
    def _ends(seen: Observation, pool: int, tick: float, half: float) -> tuple[int, int]:
        spacing = int(seen.pools["spacing"][pool])
        lower = math.floor((tick - half) / spacing) * spacing
        return lower, max(lower + spacing, math.ceil((tick + half) / spacing) * spacing)

    def _place(self, seen: Observation, pool: int) -> tuple[int, int, int]:
        first, second = seen.pools["asset"][pool].astype(int).tolist()
        return self._rollup_of[pool], first, second

    @staticmethod
    def _prices(seen: Observation, pool: int) -> np.ndarray:
        """Reference prices of a pool's two assets [USD]."""
        return seen.prices[seen.pools["asset"][pool].astype(np.int64)]

    @staticmethod
    def _tick(seen: Observation, pool: int) -> float:
        """Tick at a pool's price; between two ticks it is not whole [1]."""
        x, y = seen.pools["reserve"][pool]
        return math.log(y / x) / math.log(STEP)

    def _waits(self, time: float, pool: int) -> bool:
        keys = ("range", pool), ("outside", self._rollup_of[pool])
        return any(time < self._waiting.get(key, -math.inf) for key in keys)

    def learn(self, receipts: np.ndarray) -> None:
        """Wait no longer for what has met its fate, and ask for less where prices that moved were in the way."""
        for row in receipts:
            if row["kind"] == Kind.MINT_RANGE:
                pool, done = int(row["venue"]), row["status"] == Status.FILLED
                self._fit[pool] = min(1.0, self._fit[pool] * 1.1) if done else 0.8 * self._fit[pool]
            if row["kind"] in (Kind.MINT_RANGE, Kind.BURN_RANGE):
                self._waiting.pop(("range", int(row["venue"])), None)
            elif row["kind"] == Kind.OUTSIDE:
                self._waiting.pop(("outside", int(row["rollup"])), None)

    def traded_outside(self, receipts: np.ndarray) -> None:
        """Wait no longer for orders that were carried out apart from blocks."""
        super().traded_outside(receipts)
        self.learn(receipts)
