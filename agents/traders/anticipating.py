"""A holder who fears to be locked in by a circuit breaker, and leaves before it goes off.

Whoever cannot trade during a pause bears whatever the price does meanwhile; so some leave early, which may itself set
off the breaker (Chen, Petukhov, Wang, Xing 2024, J. Finance 79: the magnet effect). Whether it does is for the market
to say: the strategy knows of the breaker what everybody knows, and learns from its own trades whether leaving paid, in
the direction that would have been better (Selten & Buchta 1999).
"""

from __future__ import annotations

import numpy as np

from agents.base import Trader
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Purpose, Status
from market.venues import Kind
from market.venues.pools.seen import quote

ASSET, NUMERAIRE = 1, 0

EXPIRES_S = 10.0


class Anticipating(Trader):
    """Sells its holding on a rollup when the breaker's trigger is near, and buys back once it is far.

    Parameters
    ----------
    holding_usd
        value of the asset that it sells on each rollup, at the price of the moment [USD]
    leave_at
        level over announced threshold from which it leaves [1]
    back_at
        level over announced threshold at which it returns, below `leave_at` [1]
    patience_s
        longest pause that it does not mind [s]
    slippage_bp
        worst price that it takes, from the pool's output at the moment [bp]
    lesson
        how much `leave_at` moves after each lesson, within (back_at, 1]; 0: it does not learn [1]
    """

    def __init__(
        self,
        seat: Seat,
        holding_usd: float = 5e4,
        leave_at: float = 0.5,
        back_at: float = 0.1,
        patience_s: float = 5.0,
        slippage_bp: float = 300.0,
        lesson: float = 0.05,
    ) -> None:
        super().__init__(seat)
        if not 0.0 <= back_at < leave_at <= 1.0:
            raise ValueError(f"0 <= back_at < leave_at <= 1 must hold, not {back_at} and {leave_at}")
        if not (holding_usd > 0.0 and patience_s >= 0.0 and 0.0 <= slippage_bp < 1e4 and 0.0 <= lesson < 1.0):
            raise ValueError("holding_usd must be positive, patience_s, slippage_bp and lesson not negative")
        self.holding_usd, self.leave_at, self.back_at = holding_usd, leave_at, back_at
        self.patience_s, self.slippage_bp, self.lesson = patience_s, slippage_bp, lesson
        self._pools = seat.main_pools[ASSET].tolist()
        self._outside: dict[int, tuple[float, float]] = {}  # by rollup, while out: asset sold, money received
        self._sent: dict[int, float] = {}  # by rollup: until when an intent is on its way [s]
        self._caught: dict[int, float] = {}  # by rollup: log price at which a pause found it in

    def act(self, seen: Observation, desk: Desk) -> None:
        """Leave, return, or wait, on each rollup of the slot's domain that has a pool."""
        for rollup in seen.rollups:
            pool = self._pools[rollup]
            if pool < 0 or seen.time < self._sent.get(rollup, 0.0):
                continue
            gauge = seen.breaker(rollup)
            if seen.time < gauge.paused_until:
                if rollup not in self._outside:
                    self._caught.setdefault(rollup, _log_price(seen, pool))
                continue
            if rollup in self._caught:  # it stayed, and this is what the pause did to the price
                self._learnt(leaving_paid=_log_price(seen, pool) < self._caught.pop(rollup))
            if rollup in self._outside:
                if gauge.share <= self.back_at:
                    self._swap(seen, desk, rollup, pool, NUMERAIRE, self._outside[rollup][1])
            elif gauge.share >= self.leave_at and gauge.pause_s > self.patience_s:
                self._swap(seen, desk, rollup, pool, ASSET, self.holding_usd / float(np.exp(_log_price(seen, pool))))

    def _swap(self, seen: Observation, desk: Desk, rollup: int, pool: int, source: int, wanted: float) -> None:
        """Exchange what is wanted, as far as funds reach, for the other asset."""
        amount = min(wanted, float(seen.funds[rollup, source]))
        if not amount > 0.0:
            return
        least = quote(seen.pools, seen.ticks, pool, source, amount) * (1.0 - 1e-4 * self.slippage_bp)
        sink = NUMERAIRE if source == ASSET else ASSET
        desk.swap(pool, source, sink, amount, least, purpose=Purpose.INVENTORY, expires_s=EXPIRES_S)
        self._sent[rollup] = seen.time + EXPIRES_S

    def learn(self, receipts: np.ndarray) -> None:
        """Note what was sold; once it is bought back, whether there is more of it than before."""
        for row in receipts[receipts["kind"] == Kind.SWAP]:
            rollup = int(row["rollup"])
            self._sent.pop(rollup, None)
            if row["status"] != Status.FILLED:
                continue
            if row["asset_in"] == ASSET:
                self._outside[rollup] = float(row["filled_in"]), float(row["filled_out"])
            elif rollup in self._outside:
                self._learnt(leaving_paid=float(row["filled_out"]) > self._outside.pop(rollup)[0])

    def _learnt(self, leaving_paid: bool) -> None:
        """Leave earlier next time if leaving paid, or would have; later if not."""
        moved = self.leave_at + (-self.lesson if leaving_paid else self.lesson)
        if self.back_at < moved <= 1.0:
            self.leave_at = moved


def _reserves(seen: Observation, pool: int, source: int) -> tuple[float, float]:
    """Reserves of a pool: (of the asset that goes in, of the other)."""
    side = 0 if int(seen.pools["asset"][pool, 0]) == source else 1
    return float(seen.pools["reserve"][pool, side]), float(seen.pools["reserve"][pool, 1 - side])


def _log_price(seen: Observation, pool: int) -> float:
    asset, money = _reserves(seen, pool, ASSET)
    return float(np.log(money / asset))
