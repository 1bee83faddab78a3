"""Bringing the vega of what one holds of options back to a limit, by options that somebody else quotes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.means.option_accounts import Margin
from agents.means.option_chain import chain_of, held
from market.access.desk import Desk
from market.access.observation import Observation
from market.venues import Kind

NEAR = 0.1
"""Part of the limit by which one may be beyond it, so that not every trade of others calls for one's own [1]."""
WORSE = 1e-3
"""Part by which a quote may be worse than one's own would be if made anew: what stands is some seconds old [1]."""
WAIT_S = 10.0
"""How long a trade may wait for room in a block: quotes have moved by then [s]."""


@dataclass
class Open:
    """Vega beyond a limit: since when it is watched, when it was last seen, what it was then, and its integral."""

    began: float
    last: float
    beyond_usd: float = 0.0
    total: float = 0.0

    def note(self, now: float, beyond_usd: float) -> None:
        """Count what it was until now, and what it is from now on."""
        self.total += self.beyond_usd * (now - self.last)
        self.last, self.beyond_usd = now, beyond_usd

    def mean(self, now: float) -> float:
        """Return its mean over time [USD]."""
        return (self.total + self.beyond_usd * (now - self.last)) / (now - self.began) if now > self.began else np.nan


@dataclass(frozen=True)
class Offer:
    """The best quote on a side of a series, and the vega that it brings."""

    market: int
    rollup: int
    series: int
    size: float
    vega_usd: float
    worst: float


class VegaHedge:
    """Takes quotes on one rollup's options until all of one's options on their asset have no more vega than a limit.

    It takes those of the series with the most vega, at the best quote there, as long as that is no worse than what it
    asks or bids itself for such an option; else it waits for a better one. The venue's fee comes on top. What was sent
    and has no receipt yet is waited for, so that nothing is traded twice.

    Parameters
    ----------
    rollup
        on which it trades
    most_usd
        most that all of one's options on an asset may change in value by 0.01 of volatility [USD]
    volatilities
        at which one's own bids and asks stand: it sells options at no less than the first, and buys at no more than
        the second [1/sqrt(year)]
    margin
        what pays in what its account there must hold
    """

    def __init__(self, rollup: int, most_usd: float, volatilities: tuple[float, float], margin: Margin) -> None:
        self.rollup, self.most_usd, self.volatilities, self.margin = rollup, most_usd, volatilities, margin
        self._on_the_way: dict[int, int] = {}  # by market: asset of the trade that is
        self._open: dict[int, Open] = {}  # by asset

    def keep(self, seen: Observation, desk: Desk) -> None:
        """Trade on the rollup's markets of each asset towards the limit, where this block is that rollup's."""
        terms = seen.option_markets
        markets = np.flatnonzero(terms["rollup"] == self.rollup).tolist()
        if not markets:
            raise ValueError(f"there are no options on the rollup of row {self.rollup} to trade vega with")
        if self.rollup not in seen.rollups:
            return
        by_asset: dict[int, list[int]] = {}
        for market in markets:
            if self.margin.pay_in(seen, desk, market):
                by_asset.setdefault(int(terms["asset"][market]), []).append(market)
        for asset, among in by_asset.items():
            self._trade(seen, desk, asset, among)

    def learn(self, receipts: np.ndarray) -> None:
        """Take note of what was traded or failed."""
        for row in receipts[receipts["kind"] == int(Kind.OPTION_TRADE)]:
            self._on_the_way.pop(int(row["venue"]), None)

    def mean_beyond_usd(self, now: float) -> float:
        """Mean over time of the vega beyond the limit, as seen at each look, of all assets; nan before [USD]."""
        return sum((kept.mean(now) for kept in self._open.values()), 0.0) if self._open else np.nan

    def _trade(self, seen: Observation, desk: Desk, asset: int, markets: list[int]) -> None:
        """Take what is missing, or what there is of it, of the best quotes of one series."""
        beyond = self._beyond(seen, asset)
        self._open.setdefault(asset, Open(seen.time, seen.time)).note(seen.time, abs(beyond))
        if abs(beyond) <= NEAR * self.most_usd or asset in self._on_the_way.values():
            return
        buys = beyond < 0.0
        offers = [offer for market in markets for offer in self._offers(seen, market, buys)]
        if not offers:
            return
        best = max(offers, key=lambda offer: offer.vega_usd)
        given, taken = (0, asset) if buys else (asset, 0)
        self._on_the_way[best.market] = asset
        desk.submit(
            Kind.OPTION_TRADE, best.rollup, best.market, min(abs(beyond) / best.vega_usd, best.size),
            target=best.series, asset_in=given, asset_out=taken, limit=best.worst, expires_s=WAIT_S,
        )  # fmt: skip

    def _offers(self, seen: Observation, market: int, buys: bool) -> list[Offer]:
        """Quotes that one would take on a market."""
        chain = chain_of(seen, market, self.volatilities[buys])
        rows = np.asarray(seen.options)[chain.first : chain.first + chain.alive.size]
        side, worse = ("ask", 1.0 + WORSE) if buys else ("bid", 1.0 - WORSE)
        worst, vega = worse * chain.greeks["price"], chain.greeks["vega"] / 100.0
        fair = rows[side] <= worst if buys else rows[side] >= worst
        usable = np.flatnonzero(chain.alive & fair & (rows[f"{side}_size"] > 0.0) & (vega > 0.0))
        return [
            Offer(
                market,
                chain.rollup,
                chain.first + at,
                float(rows[f"{side}_size"][at]),
                float(vega[at]),
                float(worst[at]),
            )
            for at in usable.tolist()
        ]

    def _beyond(self, seen: Observation, asset: int) -> float:
        """Vega of all one's options on an asset that is beyond the limit, below 0 where one owes it [USD by 0.01]."""
        total, middle = 0.0, 0.5 * sum(self.volatilities)
        for market in np.flatnonzero(seen.option_markets["asset"] == asset).tolist():
            total += float(held(seen, market) @ chain_of(seen, market, middle).greeks["vega"]) / 100.0
        return float(np.sign(total)) * max(abs(total) - self.most_usd, 0.0)
