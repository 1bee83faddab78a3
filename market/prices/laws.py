"""Laws of the reference price: geometric Brownian motion, jump diffusion, stochastic variance.

A law yields the prices of all assets on the grid, a stretch of rows at a time. Row k of the grid is the time
k * step_s; the first row drawn is k = 1, since row 0 holds the start prices.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np

from market.errors import InputError
from market.prices.config import AssetConfig, PriceConfig
from market.prices.shocks import CorrelatedShocks, Source, stream
from market.settings import DAY_S, YEAR_S

if TYPE_CHECKING:
    from market.config import MarketConfig


class Law(Protocol):
    """A law of the reference price."""

    start: np.ndarray
    """Prices at time 0, shape (n_assets,), entry 0 the numeraire at 1."""

    def draw(self, rows: int) -> np.ndarray:
        """Return the prices of the next grid points, shape (about rows, n_assets); no rows when there are no more."""
        ...


class Accumulated:
    """A law given by its log returns: keeps the running sum, so that cutting into stretches changes no bit."""

    def __init__(self, config: MarketConfig) -> None:
        self.start = np.array([1.0, *(asset.price_usd for asset in config.assets)])
        self._n = len(config.assets)
        self._log = np.zeros(self._n)
        self._next = 1

    def draw(self, rows: int) -> np.ndarray:
        """Return the prices of the next grid points, shape (rows, n_assets)."""
        returns = self.log_returns(self._next, rows)
        returns[:, 0] += self._log
        np.cumsum(returns, axis=1, out=returns)
        self._log = returns[:, -1].copy()
        self._next += rows
        prices = np.ones((rows, self._n + 1))
        with np.errstate(over="ignore"):  # the path checks that prices are finite, and says what is allowed
            prices[:, 1:] = np.exp(returns).T
        prices *= self.start
        return prices

    def log_returns(self, first: int, rows: int) -> np.ndarray:
        """Return the log returns into grid points first to first + rows - 1, shape (n_risky, rows)."""
        raise NotImplementedError


@dataclass(frozen=True)
class _Stretch:
    """Time in which the parameters are constant; the last stretch has no end."""

    start_s: float
    end_s: float
    volatility: np.ndarray  # (n_risky,) 1/sqrt(s)
    drift: np.ndarray  # (n_risky,) of the price, 1/s
    jump_rate: float  # 1/s
    jump_mean: float
    jump_sd: float

    @property
    def log_drift(self) -> np.ndarray:
        """Drift of the continuous part of the log price [1/s], so that the mean price grows at `drift`."""
        mean_jump = math.expm1(self.jump_mean + 0.5 * self.jump_sd**2)
        return self.drift - 0.5 * self.volatility**2 - self.jump_rate * mean_jump


def _stretches(assets: tuple[AssetConfig, ...], prices: PriceConfig) -> list[_Stretch]:
    """Cut time into the episodes and what lies between them."""
    episodes = sorted(prices.episodes, key=lambda episode: episode.start_s)
    for before, after in pairwise(episodes):
        if after.start_s < before.end_s:
            raise InputError(
                f"prices.episodes: the episode at {after.start_s:g} s starts before the one at {before.start_s:g} s "
                f"ends ({before.end_s:g} s); allowed: episodes that do not overlap"
            )
    n, jumps = len(assets), prices.jumps
    volatility = np.array([asset.volatility for asset in assets]) / math.sqrt(YEAR_S)
    drift = np.array([asset.drift for asset in assets]) / YEAR_S
    per_s = jumps.per_day / DAY_S if prices.kind == "merton" else 0.0
    found, now = [], 0.0
    for e in episodes:
        if e.start_s > now:
            found.append(_Stretch(now, e.start_s, volatility, drift, per_s, jumps.mean, jumps.sd))
        own_volatility = np.full(n, e.volatility / math.sqrt(YEAR_S))
        own_drift = np.full(n, e.drift / YEAR_S)
        own_per_s = e.jumps_per_day / DAY_S
        found.append(_Stretch(e.start_s, e.end_s, own_volatility, own_drift, own_per_s, e.jump_mean, e.jump_sd))
        now = e.end_s
    found.append(_Stretch(now, math.inf, volatility, drift, per_s, jumps.mean, jumps.sd))
    for s in found:
        if s.jump_rate > 0 and s.jump_mean + 0.5 * s.jump_sd**2 > 100:
            raise InputError(
                f"prices: a log jump of mean {s.jump_mean:g} and sd {s.jump_sd:g} has no usable mean; "
                "allowed: mean + sd^2 / 2 of at most 100"
            )
    return [s if s.jump_rate > 0 else _without_jumps(s) for s in found]


def _without_jumps(s: _Stretch) -> _Stretch:
    return _Stretch(s.start_s, s.end_s, s.volatility, s.drift, 0.0, 0.0, 0.0)


class JumpDiffusion(Accumulated):
    """Geometric Brownian motion with compound Poisson jumps of the log price (Merton 1976), sampled exactly.

    `kind = "gbm"` is the case without jumps outside episodes. Parameters are constant in a stretch of time, and a grid
    interval that straddles an episode's border takes its share of both. Jump times are drawn in continuous time as a
    unit Poisson process run at the integrated jump rate, whence they do not depend on the grid. Jumps strike all assets
    at once, with normal log sizes correlated as the diffusion is. The drift is that of the *mean price*: it is
    compensated for jumps, so that a price without drift is a martingale.
    """

    def __init__(self, config: MarketConfig, seeds: np.random.SeedSequence) -> None:
        super().__init__(config)
        self._step = config.prices.step_s
        self._stretches = _stretches(config.assets, config.prices)
        self._shocks = CorrelatedShocks(seeds, Source.DIFFUSION, self._n, config.prices.correlation)
        self._sizes = CorrelatedShocks(seeds, Source.JUMP_SIZE, self._n, config.prices.correlation)
        self._arrivals = stream(seeds, Source.JUMP_TIME)
        self._next_jump = self._arrivals.standard_exponential()
        lengths = [s.end_s - s.start_s for s in self._stretches[:-1]]
        rates = [s.jump_rate for s in self._stretches[:-1]]
        self._expected_jumps = np.cumsum([0.0, *(a * b for a, b in zip(lengths, rates, strict=True))]).tolist()

    def log_returns(self, first: int, rows: int) -> np.ndarray:
        """Return the log returns into grid points first to first + rows - 1, shape (n_risky, rows)."""
        variance = np.zeros((self._n, rows))
        returns = np.zeros((self._n, rows))
        ends = np.arange(first, first + rows, dtype=np.float64)
        for s in self._stretches:
            start, end = s.start_s / self._step, s.end_s / self._step
            if start < ends[-1] and end > ends[0] - 1.0:
                # The share of each grid interval that lies in the stretch: 1 exactly when all of it does.
                share = np.clip(np.minimum(ends, end) - np.maximum(ends - 1.0, start), 0.0, 1.0)
                variance += np.outer(s.volatility**2 * self._step, share)
                returns += np.outer(s.log_drift * self._step, share)
        np.sqrt(variance, out=variance)
        variance *= self._shocks.draw(rows)
        returns += variance
        self._add_jumps(returns, first)
        return returns

    def _add_jumps(self, returns: np.ndarray, first: int) -> None:
        last = first + returns.shape[1] - 1
        while self._next_jump <= self._jumps_expected_by(last * self._step):
            index = max(bisect_left(self._expected_jumps, self._next_jump) - 1, 0)
            s = self._stretches[index]
            time = s.start_s + (self._next_jump - self._expected_jumps[index]) / s.jump_rate
            # The jump shows at the first grid point that is not before it; rounding must not push it over an edge.
            row = min(max(math.ceil(time / self._step), first), last) - first
            returns[:, row] += s.jump_mean + s.jump_sd * self._sizes.draw(1)[:, 0]
            self._next_jump += self._arrivals.standard_exponential()

    def _jumps_expected_by(self, time: float) -> float:
        index = bisect_left([s.start_s for s in self._stretches], time) - 1
        s = self._stretches[index]
        return self._expected_jumps[index] + (time - s.start_s) * s.jump_rate


class Heston(Accumulated):
    """Square-root variance (Heston 1993), by full truncation (Lord, Koekkoek and van Dijk 2010).

    The variance takes an Euler step with its positive part in drift and diffusion; the log return, given the variance
    at the start of the step, is exactly normal, whence a price without drift is a martingale at every step. The bias in
    the variance is of the order of one step (at 0.25 s: reversion x step = 4e-8), where schemes made for long steps,
    such as Andersen's quadratic-exponential one, have nothing left to gain.

    The variance starts at the square of the asset's `volatility`; reversion, long-run level and volatility of variance
    are common. Price shocks of two assets have the configured correlation, and so have their variance shocks.
    """

    def __init__(self, config: MarketConfig, seeds: np.random.SeedSequence) -> None:
        super().__init__(config)
        if config.prices.episodes:
            raise InputError("prices.episodes: kind 'heston' takes no episodes; allowed: kinds gbm and merton")
        rho = config.prices.correlation
        self._step = config.prices.step_s / YEAR_S
        self._heston = config.prices.heston
        self._drift = np.array([asset.drift for asset in config.assets])[:, None]
        self._variance = [asset.volatility**2 for asset in config.assets]
        self._shocks = CorrelatedShocks(seeds, Source.DIFFUSION, self._n, rho)
        self._own = CorrelatedShocks(seeds, Source.VARIANCE, self._n, rho)

    def log_returns(self, first: int, rows: int) -> np.ndarray:
        """Return the log returns into grid points first to first + rows - 1, shape (n_risky, rows)."""
        shocks = self._shocks.draw(rows)
        slant = self._heston.correlation
        own = slant * shocks + math.sqrt(1.0 - slant**2) * self._own.draw(rows)
        own *= self._heston.vol_of_vol * math.sqrt(self._step)
        variance = np.array([self._variances(i, own[i]) for i in range(self._n)])
        variance *= self._step
        return self._drift * self._step - 0.5 * variance + np.sqrt(variance) * shocks

    def _variances(self, asset: int, shocks: np.ndarray) -> list[float]:
        """Return the (non-negative) variances at the starts of the steps, and keep the one after the last."""
        pull, level = self._heston.reversion * self._step, self._heston.long_run_volatility**2
        now, found = self._variance[asset], []
        for shock in shocks.tolist():
            positive = now if now > 0.0 else 0.0
            found.append(positive)
            now += pull * (level - positive) + math.sqrt(positive) * shock
        self._variance[asset] = now
        return found
