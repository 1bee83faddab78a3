"""A crowd that trades options without a plan: by what each thinks they are worth, or after what was just done."""

from __future__ import annotations

import numpy as np

from agents.base import Trader
from agents.means.option_accounts import Margin, markets_of
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.pricing.black import black
from market.settings import YEAR_S
from market.venues import Kind

SIDES = ("ask", "bid")
"""What somebody who buys takes, and what somebody who sells does."""


class OptionCrowd(Trader):
    """Comes at random times, draws a series, a side and a volatility that it thinks right, and trades if that pays.

    So it has no intelligence but a limit: volatilities are normal about one mean, whatever the strike. A share of those
    who come herd instead: they do again, at whatever price is quoted, what was last done on the market.

    Parameters
    ----------
    per_hour
        mean number of those who come to a market [1/h]
    herding
        share of them who herd [1]
    volatility
        mean of what the others think right [1/sqrt(year)]
    disagreement
        its standard deviation [1/sqrt(year)]
    size
        options that each trades [1]
    margin_share
        of its money on a rollup, paid in as margin [1]
    """

    def __init__(
        self,
        seat: Seat,
        per_hour: float = 600.0,
        herding: float = 0.0,
        volatility: float = 0.8,
        disagreement: float = 0.1,
        size: float = 1.0,
        margin_share: float = 0.5,
    ) -> None:
        super().__init__(seat)
        if not (per_hour >= 0.0 and 0.0 <= herding <= 1.0 and volatility > 0.0 and disagreement >= 0.0 and size > 0.0):
            raise ValueError(
                "per_hour and disagreement must not be negative, herding lie in [0, 1], and volatility and size be "
                "positive"
            )
        self.between_s = 3600.0 / per_hour if per_hour > 0.0 else np.inf
        self.herding, self.volatility, self.disagreement, self.size = herding, volatility, disagreement, size
        self.margin = Margin(margin_share)
        self._due: dict[int, float] = {}  # by market: when the next one comes [s]
        self._noted: dict[int, np.ndarray] = {}  # by market: options traded so far by side and series
        self._last: dict[int, tuple[int, int]] = {}  # by market: side and series of what was last done

    def act(self, seen: Observation, desk: Desk) -> None:
        """Pay in margin, look at what was done, and send whoever has come since."""
        if not len(seen.option_markets):
            self.wake_at = np.inf  # markets are founded, and never after
            return
        for market in markets_of(seen):
            if not self.margin.pay_in(seen, desk, market):
                continue
            self._look(seen, market)
            self._due.setdefault(market, seen.time + self._wait())
            while self._due[market] <= seen.time:
                self._due[market] += self._wait()
                self._come(seen, desk, market)

    def _wait(self) -> float:
        return float(self.rng_own.exponential(self.between_s)) if self.between_s < np.inf else np.inf

    def _look(self, seen: Observation, market: int) -> None:
        """Note what was done since the last look; of several things, one at random."""
        terms = seen.option_markets[market]
        first, series, makers = (int(terms[name]) for name in ("first_quote", "series", "makers"))
        quotes = np.asarray(seen.option_quotes)[first : first + makers * series]
        now = np.array([quotes[f"{side}_traded"].reshape(makers, series).sum(axis=0) for side in SIDES])
        done = np.argwhere(now > self._noted.get(market, now))
        self._noted[market] = now
        if len(done):
            side, which = done[int(self.rng_own.integers(len(done)))].tolist()
            self._last[market] = side, which

    def _come(self, seen: Observation, desk: Desk, market: int) -> None:
        """Draw everything of one who comes, whether it is used or not: so crowds that herd more draw the same."""
        terms = seen.option_markets[market]
        which, side = int(self.rng_own.integers(int(terms["series"]))), int(self.rng_own.integers(2))
        herds = bool(self.rng_own.random() < self.herding) and market in self._last
        thinks = self.volatility + self.disagreement * float(self.rng_own.standard_normal())
        if herds:
            side, which = self._last[market]
        series, asset = int(terms["first_series"]) + which, int(terms["asset"])
        quoted, row = float(seen.options[SIDES[side]][series]), seen.options[series]
        if seen.options[f"{SIDES[side]}_size"][series] == 0.0 or seen.time >= row["expires"]:
            return
        # a limit of 0 is none: whoever herds takes any price
        limit = 0.0 if herds else self._worth(seen, series, asset, thinks)
        if not herds and not (quoted <= limit if side == 0 else quoted >= limit > 0.0):
            return
        given, taken = (0, asset) if side == 0 else (asset, 0)
        desk.submit(
            Kind.OPTION_TRADE, int(terms["rollup"]), market, self.size, target=series, asset_in=given,
            asset_out=taken, limit=limit, expires_s=seen.block_time,
        )  # fmt: skip

    def _worth(self, seen: Observation, series: int, asset: int, volatility: float) -> float:
        """Value of a series at a volatility; one below nothing is none [USD]."""
        strike, expires, call = (float(seen.options[name][series]) for name in ("strike", "expires", "call"))
        years, price = (expires - seen.time) / YEAR_S, float(seen.prices[asset])
        return black(price, strike, years, max(volatility, 0.0), 0.0, 0.0, call == 1.0).price
