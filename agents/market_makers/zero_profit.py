"""A maker of options that learns, for options of like delta, the spread at which it earns nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Unpack

import numpy as np

from agents.market_makers._quoting import Habits, HabitsOptions, Quoter, Traded
from agents.means.option_chain import Chain, chain_of
from agents.means.quote_rewards import QuoteRewards
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Purpose
from market.settings import YEAR_S

EDGES = (0.0, 0.1, 0.25, 0.4, 0.6, 0.75, 0.9)
BP = 1e-4


class Held(NamedTuple):
    """What is held at a look: options, what they are worth, stock that hedges them, and which series they are of."""

    positions: np.ndarray
    chain: Chain
    stock: float
    strikes: np.ndarray
    expires: np.ndarray


class ZeroProfit(Quoter):
    """Quotes half a spread below and above what options are worth, which falls by what trades earn.

    A trade earns the premium less what the option is worth when the maker looks again, at the reference price, and less
    what it costs to hedge its delta; while options are held, capital in margin and the risk of what is held cost, and
    what programmes pay for quotes is earned. The
    half spread of a bucket of |delta|, over the price of the underlying, falls after trade k by rate k^-0.7 of what was
    earned per option since the trade before: by H. Robbins and S. Monro (1951), A stochastic approximation method,
    Annals of Mathematical Statistics 22, 400-407, it converges to where the maker earns nothing, as competition would
    bring about.

    Parameters
    ----------
    first_bp
        half spread to begin with [bp of the underlying's price]
    edges
        |delta| from which on a bucket begins, ascending from 0; none: every series is a bucket of its own [1]
    rate
        of learning [1]
    least_bp, most_bp
        narrowest half spread; widest, beyond which a bucket is not quoted for a pause [bp]
    capital_rate
        cost of capital in margin [1/year]
    risk_aversion
        cost of risk: that over 2 times the variance of what is held [1/USD]
    measured
        whether what holding has cost is what options and hedge have lost together from look to look, and risk the
        square of that; else hedges are taken to work, and risk to be what :func:`exposure` says
    by_oracle
        whether it quotes about what options are worth at the price that the oracle on the rollup last posted, and
        learns of the reference price only when it looks at what trades have earned
    fewest, window_s, pause_s
        with fewer trades than that in a window the spread of a bucket is not known: it is not quoted for a pause [1, s]
    volatility, size, series, margin_share, tip_usd, most_gamma_usd, most_vega_usd, hedge_s, hedge_venue, hedge_rollup,
    hedge_slippage_bp, hedge_tip_usd
        see :class:`agents.market_makers._quoting.Habits`

    Attributes
    ----------
    halves : dict
        by market: half spreads by bucket, over the price of the underlying [1]
    stopped : dict
        by market and bucket: why it is not quoted now; on the tape that is the purpose of what takes its quotes back,
        `THIN_FLOW` or `NO_SPREAD`
    """

    def __init__(
        self,
        seat: Seat,
        first_bp: float = 50.0,
        edges: Sequence[float] = EDGES,
        rate: float = 0.5,
        least_bp: float = 0.0,
        most_bp: float = 1000.0,
        capital_rate: float = 0.0,
        risk_aversion: float = 0.0,
        measured: bool = False,
        by_oracle: bool = False,
        fewest: int = 0,
        window_s: float = 3600.0,
        pause_s: float = 600.0,
        **habits: Unpack[HabitsOptions],
    ) -> None:
        super().__init__(seat, Habits(**habits))
        self.edges = np.array(edges, float)
        if self.edges.size and not (self.edges[0] == 0.0 and (np.diff(self.edges) > 0.0).all()):
            raise ValueError(f"edges must ascend from 0, not {edges!r}")
        if not (0.0 <= least_bp <= first_bp <= most_bp < np.inf and 0.0 < rate <= 1.0):
            raise ValueError("least_bp, first_bp and most_bp must ascend from 0, and rate be in (0, 1]")
        if not (capital_rate >= 0.0 and risk_aversion >= 0.0 and fewest >= 0 and window_s > 0.0 and pause_s >= 0.0):
            raise ValueError("costs, fewest and pause_s must not be negative, and window_s positive")
        self.first, self.least, self.most = BP * first_bp, BP * least_bp, BP * most_bp
        self.rate, self.capital_rate, self.risk_aversion = rate, capital_rate, risk_aversion
        self.by_oracle, self.measured = by_oracle, measured
        self.fewest, self.window_s, self.pause_s = fewest, window_s, pause_s
        self.rewards = QuoteRewards(seat.provider)
        self.halves: dict[int, np.ndarray] = {}
        self.stopped: dict[tuple[int, int], str] = {}
        self._why: dict[tuple[int, int], Purpose] = {}
        self._trades: dict[int, np.ndarray] = {}  # by market: trades so far by bucket
        self._carried: dict[int, np.ndarray] = {}  # by market: costs by bucket since its last trade [USD]
        self._windows: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # by market: start of each window [s], trades then
        self._resumes: dict[tuple[int, int], float] = {}
        self._looked: dict[int, float] = {}
        self._before: dict[int, Held] = {}  # by market: what it held at the last look
        self._hedged: dict[
            int, tuple[float, float]
        ] = {}  # by market: units bought for hedges and their price till then
        # outside, hedges cost the fee; elsewhere what holding has lost is measured with all that hedges were paid
        self._counts_hedges = measured and self.habits.hedge_venue != "outside"

    def traded(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray, since: Traded) -> None:
        """Lower the half spread of each bucket by what its trades have earned."""
        if market not in self.halves:
            self._begin(market, seen.time, self.edges.size or positions.size)
        bucket, count = self._buckets(chain), self.halves[market].size
        carried = self._carried[market]
        cost = self._carry(seen, market, chain, positions) - self.rewards.since(seen, market, chain)
        carried += np.bincount(bucket, cost, count)
        size = since.sold + since.bought
        if not size.any():
            return
        worth = chain.greeks["price"]
        earned = since.received - since.sold * worth + since.bought * worth - since.paid
        if self.habits.hedge_s is not None and not self._counts_hedges:
            fee = seen.outside_fee if self.habits.hedge_venue == "outside" else self.hedge.cost()
            earned = earned - size * np.abs(chain.greeks["delta"]) * chain.price * fee
        trades = np.bincount(bucket, size, count) / self.habits.size
        gained = (np.bincount(bucket, earned, count) - carried) / (self.habits.size * chain.price)
        some = trades > 0.0
        self._trades[market] += trades
        steps = self.rate * np.maximum(self._trades[market], 1.0) ** -0.7
        self.halves[market][some] -= (steps * gained)[some]
        np.maximum(self.halves[market], self.least, out=self.halves[market])
        carried[some] = 0.0
        self._windows[market][1][:] += trades

    def prices(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray) -> tuple[np.ndarray, ...]:
        """Half a spread below and above what a series is worth; nan in buckets that are not quoted."""
        half, bucket = self.halves[market].copy(), self._buckets(chain)
        for at, label, why in self._reasons(market, seen.time):
            self.stopped[market, at], self._resumes[market, at] = why, seen.time + self.pause_s
            self._why[market, at] = label
        for key in [key for key in self.stopped if key[0] == market]:
            if seen.time >= self._resumes[key]:
                self._resume(key, seen.time)
            else:
                half[key[1]] = np.nan
        if self.by_oracle:
            posted = float(seen.feeds["price"][int(seen.option_markets["feed"][market])])
            chain = chain_of(seen, market, self.habits.volatility, posted)
        away = half[bucket] * chain.price
        return chain.greeks["price"] - away, chain.greeks["price"] + away

    def _begin(self, market: int, now: float, count: int) -> None:
        self.halves[market], self._looked[market] = np.full(count, self.first), now
        self._trades[market], self._carried[market] = np.zeros(count), np.zeros(count)
        self._windows[market] = np.full(count, now), np.zeros(count)

    def _buckets(self, chain: Chain) -> np.ndarray:
        if not self.edges.size:
            return np.arange(chain.alive.size)
        return np.searchsorted(self.edges, np.abs(chain.greeks["delta"]), side="right") - 1

    def _carry(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray) -> np.ndarray:
        """What holding has cost since the last look, by series [USD].

        Margin of an option that is owed is taken to be .15 of the price of the underlying, without its mark. The risk
        of what is held is that of its delta, or, if that is hedged, of its gamma between two hedges.
        """
        years = (seen.time - self._looked[market]) / YEAR_S
        self._looked[market] = seen.time
        margin = self.capital_rate * 0.15 * chain.price * np.maximum(-positions, 0.0)
        if self.measured:
            return margin * years + self._lost(seen, market, chain, positions)
        exposures = positions * exposure(chain, self.habits)
        # the variance of the sum, put down to series by what each adds to it
        return (margin + 0.5 * self.risk_aversion * exposures * exposures.sum()) * years

    def _lost(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray) -> np.ndarray:
        """What was held at the last look has lost since, with what that risk costs: shape (series,) [USD].

        It is put down to series by their gamma, which hedges leave open.
        """
        series = np.asarray(seen.options)[chain.first : chain.first + positions.size]
        place = self.hedge.place_of((chain.rollup, chain.asset))
        stock = self.hedge.held(seen, place) if self.habits.hedge_s is not None else 0.0
        before = self._before.get(market)
        self._before[market] = Held(positions.copy(), chain, stock, series["strike"].copy(), series["expires"].copy())
        hedges = self._paid_beyond(market, place, chain.price)
        if before is None:
            return np.zeros(positions.size)
        inside = np.where(series["call"] == 1.0, chain.price - before.strikes, before.strikes - chain.price)
        listed = series["expires"] == before.expires  # others have been paid
        worth = np.where(listed, chain.greeks["price"], np.maximum(inside, 0.0))
        gained = float(before.positions @ (worth - before.chain.greeks["price"]))
        gained += before.stock * (chain.price - before.chain.price) - hedges
        weights = np.abs(before.positions * before.chain.greeks["gamma"])
        share = weights / weights.sum() if weights.any() else np.full(positions.size, 1.0 / positions.size)
        return share * (0.5 * self.risk_aversion * gained**2 - gained)

    def _paid_beyond(self, market: int, place: tuple[int, int], price: float) -> float:
        """What hedges since the last look were paid beyond the price now, where that is counted [USD]."""
        now = self.hedge.bought.get(place, 0.0), self.hedge.paid_usd.get(place, 0.0)
        units, paid = self._hedged.get(market, (0.0, 0.0))
        self._hedged[market] = now
        return now[1] - paid - (now[0] - units) * price if self._counts_hedges else 0.0

    def why(self, market: int, chain: Chain) -> np.ndarray:
        """Why a bucket is not quoted, for its series."""
        labels = np.full(self.halves[market].size, Purpose.USER)
        for key in [key for key in self.stopped if key[0] == market]:
            labels[key[1]] = self._why[key]
        return labels[self._buckets(chain)]

    def _reasons(self, market: int, now: float) -> list[tuple[int, Purpose, str]]:
        """Buckets that are not to be quoted from now on, and why: for the tape, and in words."""
        start, trades = self._windows[market]
        quoted = np.array([(market, at) not in self.stopped for at in range(trades.size)])
        over = now >= start + self.window_s
        wide = np.flatnonzero(quoted & (self.halves[market] > self.most)).tolist()
        thin = np.flatnonzero(quoted & over & (trades < self.fewest)).tolist()
        found = [(at, Purpose.NO_SPREAD, f"no half spread up to {self.most / BP:g} bp pays") for at in wide]
        needed = f"in {self.window_s:g} s, {self.fewest} needed"
        found += [
            (at, Purpose.THIN_FLOW, f"thin flow: {trades[at]:g} trades {needed}") for at in thin if at not in wide
        ]
        start[over], trades[over] = now, 0.0
        return found

    def _resume(self, key: tuple[int, int], now: float) -> None:
        market, at = key
        del self.stopped[key]
        self.halves[market][at] = min(self.halves[market][at], self.most)
        self._windows[market][0][at], self._windows[market][1][at] = now, 0.0


def exposure(chain: Chain, habits: Habits) -> np.ndarray:
    """Standard deviation of what one option of each series gains in a year, signed: shape (series,) [USD/sqrt(year)].

    Without hedges delta sigma S; hedged every h, gamma S^2 sigma^2 sqrt(h / 2): a hedge is half an interval old on
    average (P. Boyle and D. Emanuel 1980, Discretely adjusted option hedges, Journal of Financial Economics 8).
    """
    volatility, price = habits.volatility, chain.price
    if habits.hedge_s is None:
        return chain.greeks["delta"] * volatility * price
    age = 0.5 * habits.hedge_s / YEAR_S
    return chain.greeks["gamma"] * (price * volatility) ** 2 * np.sqrt(age)
