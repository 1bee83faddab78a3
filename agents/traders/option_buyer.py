"""A trader who buys and sells options at random, and exercises what she holds where holders have to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.base import Trader
from agents.means.option_accounts import Margin, markets_of, own_account
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.venues import Kind


class OptionBuyer(Trader):
    """Trades at random times, on each market of options, a series drawn evenly, at the best quote if it has one.

    Where holders have to exercise, she asks for all that is in the money as soon as the last print is known.

    Parameters
    ----------
    per_hour
        mean number of trades on a market [1/h]
    mean_size
        mean of the exponential size of a trade [options]
    sell_share
        share of trades that sell [1]
    slippage_bp
        by how much worse than the quote that she sees her limit is [bp]
    margin_share
        of her money on a rollup, paid in as margin [1]
    series
        which of a market's series she draws from, counted from the first; None: all
    rollups
        names of those on which she trades; None: all
    remembers
        whether she goes by the last quote that she saw where there is none: makers put up again what was taken
    """

    def __init__(
        self,
        seat: Seat,
        per_hour: float = 60.0,
        mean_size: float = 1.0,
        sell_share: float = 0.0,
        slippage_bp: float = 100.0,
        margin_share: float = 0.5,
        remembers: bool = False,
        series: Sequence[int] | None = None,
        rollups: Sequence[str] | None = None,
    ) -> None:
        super().__init__(seat)
        names = [rollup.name for rollup in seat.config.rollups]
        if rollups is not None and not set(rollups) <= set(names):
            raise ValueError(f"rollups must be of {', '.join(names)}, not {rollups!r}")
        if not (per_hour >= 0.0 and mean_size > 0.0 and 0.0 <= sell_share <= 1.0 and 0.0 <= slippage_bp < 1e4):
            raise ValueError(
                "per_hour must not be negative, mean_size positive, sell_share in [0, 1] and slippage_bp in [0, 10000)"
            )
        self.between_s = 3600.0 / per_hour if per_hour > 0.0 else np.inf
        self.mean_size, self.sell_share, self.slippage = mean_size, sell_share, 1e-4 * slippage_bp
        self.margin, self.remembers = Margin(margin_share), remembers
        self.series = None if series is None else list(series)
        self.rollups = frozenset(range(len(names)) if rollups is None else map(names.index, rollups))
        self._last: dict[str, np.ndarray] = {}  # by side: the last price of each series that she saw, nan before [USD]
        self._due: dict[int, float] = {}  # by market: when she trades next [s]
        self._exercised: dict[int, float] = {}  # by expiry: which of its dates she has seen to [s]

    def act(self, seen: Observation, desk: Desk) -> None:
        """Pay in margin, exercise, trade."""
        if not len(seen.option_markets):
            self.wake_at = np.inf  # markets are founded, and never after
            return
        if self.remembers:
            self._note(seen)
        for market in markets_of(seen):
            if int(seen.option_markets["rollup"][market]) not in self.rollups:
                continue
            if not self.margin.pay_in(seen, desk, market):
                continue
            if seen.option_markets["exercise"][market] >= 0.0:
                self._exercise(seen, desk, market)
            while self._next(market, seen.time) <= seen.time:
                self._due[market] += self._wait()
                self._trade(seen, desk, market)

    def _wait(self) -> float:
        return float(self.rng_own.exponential(self.between_s)) if self.between_s < np.inf else np.inf

    def _next(self, market: int, now: float) -> float:
        if market not in self._due:
            self._due[market] = now + self._wait()
        return self._due[market]

    def _trade(self, seen: Observation, desk: Desk, market: int) -> None:
        """Draw a series, a side and a size, whether there is a quote or not, and take the quote that she goes by."""
        row = seen.option_markets[market]
        among = range(int(row["series"])) if self.series is None else self.series
        series = int(row["first_series"]) + among[int(self.rng_own.integers(len(among)))]
        buys, size = bool(self.rng_own.random() >= self.sell_share), float(self.rng_own.exponential(self.mean_size))
        side = "ask" if buys else "bid"
        price = self._quote(seen, side, series)
        if not np.isfinite(price) or seen.time >= seen.options["expires"][series]:
            return
        asset, worst = int(row["asset"]), 1.0 + self.slippage if buys else 1.0 - self.slippage
        given, taken = (0, asset) if buys else (asset, 0)
        desk.submit(
            Kind.OPTION_TRADE, int(row["rollup"]), market, size, target=series, asset_in=given, asset_out=taken,
            limit=price * worst,
        )  # fmt: skip

    def _quote(self, seen: Observation, side: str, series: int) -> float:
        """Price that stands on a side of a series, or else stood there last; not a number for none [USD]."""
        if seen.options[f"{side}_size"][series] > 0.0:
            return float(seen.options[side][series])
        return float(self._last[side][series]) if self.remembers else np.nan

    def _note(self, seen: Observation) -> None:
        """Note the quotes that stand."""
        for side in ("bid", "ask"):
            last = self._last.setdefault(side, np.full(len(seen.options), np.nan))
            there = seen.options[f"{side}_size"] > 0.0
            last[there] = seen.options[side][there]

    def _exercise(self, seen: Observation, desk: Desk, market: int) -> None:
        """Ask once for each expiry whose price has been fixed and of which she holds something."""
        row, account = seen.option_markets[market], own_account(seen, market)
        for expiry in range(int(row["first_expiry"]), int(row["first_expiry"]) + int(row["expiries"])):
            date = float(seen.option_expiries["expires"][expiry])
            fixed, over = (seen.option_expiries[name][expiry] for name in ("fixed", "over"))
            if fixed == 0.0 or over == 1.0 or self._exercised.get(expiry) == date:
                continue
            self._exercised[expiry] = date
            first, count = (int(seen.option_expiries[name][expiry]) for name in ("first_series", "series"))
            at = int(seen.option_accounts["positions"][account]) + first - int(row["first_series"])
            held = seen.option_positions["quantity"][at : at + count]
            for series in (first + np.flatnonzero(held > 0.0)).tolist():
                if self._pays(seen, series, float(fixed)):
                    desk.submit(
                        Kind.OPTION_EXERCISE, int(row["rollup"]), market, float(held[series - first]), target=series
                    )

    def _pays(self, seen: Observation, series: int, fixed: float) -> bool:
        """Whether a series is in the money at what it is paid at."""
        strike = seen.options["strike"][series]
        return bool(fixed > strike if seen.options["call"][series] == 1.0 else fixed < strike)
