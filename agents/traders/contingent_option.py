"""A trader whose option on one rollup comes into being by the state of another."""

from __future__ import annotations

from typing import Literal

import numpy as np

from agents.base import Trader
from agents.means.option_accounts import Margin
from agents.means.option_legs import SMALLEST, Leg, price_of
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.bundles import Atomicity
from market.intents.rows import Purpose
from market.venues import Kind

PING_USD = 1e-6
"""What it pays itself to see whether a sequencer is there [USD]."""


class ContingentOption(Trader):
    """Buys options on one rollup once a state of another has come about, and holds them until they expire.

    So it is paid by a price on the one if there was the state on the other, and nothing otherwise; what it pays is the
    premium of that moment. The state is a fall of the price on the other rollup's pool, its rate of bad debt, or that
    its sequencer is down, of which it knows by payments to itself that nobody includes. A fall it has the pool itself
    vouch for where a bundle is executed as a whole: with the option goes a swap that fails unless the price is below
    the barrier. Elsewhere it goes by what it last saw, and buys when the state may be over.

    Parameters
    ----------
    market
        market of options on which it buys
    elsewhere
        rollup whose state counts
    state
        price, bad_debt or down
    level
        fall of the price [1], bad debt over all debt [1], or time without a block [s] from which on the state holds
    call
        whether it buys calls, else puts, at the strike in the middle of the first expiry
    size
        of what it buys [options]
    near
        distance of the price above the barrier within which it has bundles ready, over the barrier [1]
    probe_usd
        what the swap that vouches for a fall trades [USD]
    slippage_bp
        by how much worse than the quote that it sees its limit is [bp]
    margin_share
        of its money on a rollup, paid in as margin [1]

    Attributes
    ----------
    came_at
        when it saw the state for the first time; nan if never [s]
    bought
        options that it has bought, and `paid`, what for [options, USD]
    """

    def __init__(
        self,
        seat: Seat,
        market: int = 0,
        elsewhere: int = 1,
        state: Literal["price", "bad_debt", "down"] = "price",
        level: float = 0.02,
        call: bool = False,
        size: float = 1.0,
        near: float = 0.005,
        probe_usd: float = 1.0,
        slippage_bp: float = 100.0,
        margin_share: float = 0.5,
    ) -> None:
        super().__init__(seat)
        if state not in ("price", "bad_debt", "down"):
            raise ValueError(f"state must be price, bad_debt or down, not {state!r}")
        if not (level > 0.0 and size > 0.0 and near >= 0.0 and probe_usd > 0.0 and 0.0 <= slippage_bp < 1e4):
            raise ValueError("level, size and probe_usd must be positive, near and slippage_bp not negative")
        if not 0 <= elsewhere < len(seat.config.rollups):
            raise ValueError(f"elsewhere must be a rollup, 0 to {len(seat.config.rollups) - 1}, not {elsewhere}")
        self.market, self.elsewhere, self.state, self.level = market, elsewhere, state, level
        self.call, self.size, self.near, self.probe_usd = call, size, near, probe_usd
        self.slippage, self.margin = 1e-4 * slippage_bp, Margin(margin_share)
        self.pools = seat.main_pools
        self.came_at, self.bought, self.paid = np.nan, 0.0, 0.0
        self._waiting, self._barrier = False, 0.0
        self._pinged = np.nan  # when the payment to itself that is not answered was sent [s]
        self._now, self._was_down = 0.0, False

    def act(self, seen: Observation, desk: Desk) -> None:
        """Look at the other rollup, and buy once it is time."""
        if self.market >= len(seen.option_markets) or self.bought >= self.size * (1.0 - SMALLEST):
            self.wake_at = np.inf  # markets are founded, and never after
            return
        self._now = seen.time
        if self.state == "down" and np.isnan(self._pinged) and np.isnan(self.came_at):
            self._pinged = seen.time
            desk.pay(self.elsewhere, self.account, 0, PING_USD)
        if not self.margin.pay_in(seen, desk, self.market) or self._waiting:
            return
        holds = self._holds(seen)
        if holds and np.isnan(self.came_at):
            self.came_at = seen.time
        vouched = self.state == "price" and self._vouches(seen)
        if holds if not vouched else self._price(seen) <= self._barrier * (1.0 + self.near):
            self._buy(seen, desk, vouched)

    def learn(self, receipts: np.ndarray) -> None:
        """Note payments to itself that were included, and what was bought."""
        for row in receipts:
            if row["kind"] == Kind.PAYMENT:
                self._was_down |= bool(row["executed"] - self._pinged >= self.level)
                self._pinged = np.nan
            elif row["kind"] == Kind.OPTION_TRADE:
                self._waiting = False
                self.bought, self.paid = self.bought + float(row["filled_out"]), self.paid + float(row["filled_in"])

    def _holds(self, seen: Observation) -> bool:
        """Whether the state is there, as far as it can see; that a sequencer was down stays so."""
        if self.state == "price":
            price = self._price(seen)
            self._barrier = self._barrier or price * (1.0 - self.level)
            return price <= self._barrier
        if self.state == "bad_debt":
            here = seen.lending["rollup"] == self.elsewhere
            owed = float(seen.lending.owed[here].sum())
            return owed > 0.0 and float(seen.lending["bad_debt"][here].sum()) >= self.level * owed
        return self._was_down or self._now - self._pinged >= self.level

    def _pool(self, seen: Observation) -> int:
        return int(self.pools[int(seen.option_markets["asset"][self.market]), self.elsewhere])

    def _price(self, seen: Observation) -> float:
        """Price on the other rollup's deepest pool; nan where it has none [USD]."""
        pool = self._pool(seen)
        return float(seen.pools.mid[pool]) if pool >= 0 else np.nan

    def _vouches(self, seen: Observation) -> bool:
        """Whether the pool can say, in the block in which the option is bought, that its price has fallen."""
        return seen.atomic(self.elsewhere, int(seen.option_markets["rollup"][self.market])) == Atomicity.EXECUTION

    def _buy(self, seen: Observation, desk: Desk, vouched: bool) -> None:
        """Buy what is missing, together with a swap that fails while the price is above the barrier."""
        row = seen.option_markets[self.market]
        first = int(seen.option_expiries["first_series"][int(row["first_expiry"])])
        middle = int(seen.option_expiries["series"][int(row["first_expiry"])]) // 4
        series, asset = first + 2 * middle + (0 if self.call else 1), int(row["asset"])
        leg = Leg(
            int(Kind.OPTION_TRADE), self.market, int(row["rollup"]), series, self.size, 0.0, 0.0, 0.0, 0.0, asset
        )  # fmt: skip
        price = price_of(seen, leg, True)
        if not np.isfinite(price):
            return
        self._waiting, bundle = True, desk.bundle() if vouched else -1
        if vouched:
            pool = self._pool(seen)
            least = self.probe_usd * (1.0 - float(seen.pools["fee"][pool])) / self._barrier
            desk.swap(
                pool, 0, asset, self.probe_usd, least, purpose=Purpose.USER, bundle=bundle, expires_s=seen.block_time
            )
        leg.send(desk, self.size - self.bought, price * (1.0 + self.slippage), bundle, seen.block_time)
