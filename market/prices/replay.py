"""Replay of bars: the recorded price at the resolution of slots, with a Brownian bridge inside every bar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market.errors import InputError
from market.prices.bar_file import bars_of
from market.prices.bars import Bars
from market.prices.instants import format_instant, parse_instant
from market.prices.shocks import Source, loadings, mix, stream
from market.settings import YEAR_S

if TYPE_CHECKING:
    from market.config import MarketConfig


class Replay:
    """Asset 1 follows the bars of `config.prices.file`; other assets move with it.

    Inside a bar the log price is a Brownian bridge of the bar's own variance (Garman and Klass 1980), which

    - equals the open at the bar's opening time and tends to the close at its end, where the next bar's open takes over;
    - never leaves [low, high]: it is reflected there, which leaves its variance as it is;
    - touches high and low, each at a grid point drawn uniformly inside the bar (the low first in a rising bar, the high
      first in a falling one, which is the shorter way), when the bar holds two grid points or more; so a replayed crash
      is as deep as the recorded one.

    A gap is bridged from the close before to the open after it, with the mean variance of the two bars and no limits.

    Another asset's log return is drift less half its variance plus volatility x shock, where the shocks are mixed to
    the configured correlation from asset 1's own returns, standardised by the file's mean variance, and independent
    normals. So a recorded crash carries over to the other assets in proportion to correlation and volatility, their
    variance is their own on average over the file, and their drift is exact only as far as asset 1's is.

    Raises
    ------
    InputError
        what :func:`market.prices.bar_file.read_bars` raises; `start` no instant or outside the file; bars that end
        before `config.horizon_s`; episodes; flat bars that other assets should be correlated with.
    """

    def __init__(self, config: MarketConfig, seeds: np.random.SeedSequence) -> None:
        prices = config.prices
        if prices.episodes:
            raise InputError("prices.episodes: kind 'replay' takes no episodes; allowed: kinds gbm and merton")
        bars = bars_of(prices)
        start_s = _start(bars, prices.start)
        available_s = bars.end_s - start_s
        if config.horizon_s > available_s * (1.0 + 1e-12):
            raise InputError(
                f"{bars.path}: {available_s:g} s from {format_instant(start_s)} to the end of the last bar, "
                f"but horizon_s is {config.horizon_s:g} s; allowed: a horizon of at most {available_s:g} s"
            )
        self._bridge = _Bridge(bars, start_s, prices.step_s, seeds)
        self._others = _Others(config, bars, seeds)
        self._head = self._bridge.draw(1)
        factor = config.assets[0].price_usd / self._head[0] if prices.rescale else 1.0
        self._factor = float(factor)
        self.start = np.array([1.0, *(asset.price_usd for asset in config.assets)])
        # A price over itself is 1, but times the quotient it may miss by a rounding.
        self.start[1] = config.assets[0].price_usd if prices.rescale else self._head[0]
        self._others.begin(self._head[0])
        self._head = self._head[1:]
        ends = bars.time_s[:-1] + bars.spacing_s
        in_run = (bars.gap_s > 0) & (ends < start_s + config.horizon_s) & (bars.time_s[1:] > start_s)
        self.notes: dict[str, object] = {
            "file": str(bars.path),
            "start": format_instant(start_s),
            "first": format_instant(bars.time_s[0]),
            "last": format_instant(bars.time_s[-1]),
            "bars": len(bars),
            "gaps": bars.gaps,
            "missing_bars": bars.missing,
            "gaps_bridged": int(np.count_nonzero(in_run)),
            "rescale_factor": self._factor,
            "seconds": available_s,
            "repairs": bars.repairs,
        }

    def draw(self, rows: int) -> np.ndarray:
        """Return the prices of the next grid points, `rows` of them or a few bars' more or less; none at the end."""
        levels = self._head if len(self._head) else self._bridge.draw(rows)
        self._head = self._head[:0]
        prices = np.ones((len(levels), len(self.start)))
        np.multiply(levels, self._factor, out=prices[:, 1])
        self._others.follow(levels, prices[:, 2:])
        return prices


def _start(bars: Bars, start: str | None) -> float:
    if start is None:
        return float(bars.time_s[0])
    span = f"an ISO 8601 instant from {format_instant(bars.time_s[0])} to before {format_instant(bars.end_s)}"
    try:
        start_s = parse_instant(start)
    except ValueError:
        raise InputError(f"prices.start: {start!r} is not a time; allowed: {span}") from None
    if not bars.time_s[0] <= start_s < bars.end_s:
        raise InputError(f"prices.start: {start} is outside {bars.path}; allowed: {span}")
    return start_s


class _Others:
    """Assets 2 and up under a replay, driven by the replayed returns and shocks of their own."""

    def __init__(self, config: MarketConfig, bars: Bars, seeds: np.random.SeedSequence) -> None:
        others = config.assets[1:]
        step = config.prices.step_s
        self._root = loadings(len(config.assets), config.prices.correlation)
        self._streams = [stream(seeds, Source.DIFFUSION, i) for i in range(1, len(config.assets))]
        self._volatility = np.array([asset.volatility for asset in others])[:, None] * math.sqrt(step / YEAR_S)
        self._drift = np.array([asset.drift for asset in others])[:, None] * step / YEAR_S
        self._start = np.array([asset.price_usd for asset in others])
        self._log = np.zeros(len(others))
        self._before = math.nan
        self._sd = math.sqrt(float(bars.variance.mean()) * step)
        if others and config.prices.correlation != 0 and self._sd == 0:
            raise InputError(
                f"{bars.path}: flat bars, with which no asset can be correlated; allowed: prices.correlation 0"
            )

    def begin(self, level: float) -> None:
        """Take note of the replayed price at time 0."""
        self._before = math.log(level)

    def follow(self, levels: np.ndarray, prices: np.ndarray) -> None:
        """Write the prices, shape (rows, n_others), that go with the next replayed prices, shape (rows,)."""
        if not len(self._log) or not len(levels):
            return
        log = np.log(levels)
        shocks = np.empty((len(self._root), len(levels)))
        shocks[0] = np.diff(log, prepend=self._before)
        shocks[0] /= self._sd if self._sd > 0 else 1.0
        for i, rng in enumerate(self._streams):
            shocks[i + 1] = rng.standard_normal(len(levels))
        returns = self._drift - 0.5 * self._volatility**2 + self._volatility * mix(self._root, shocks)[1:]
        returns[:, 0] += self._log
        np.cumsum(returns, axis=1, out=returns)
        self._log, self._before = returns[:, -1].copy(), float(log[-1])
        prices[:] = np.exp(returns).T * self._start


@dataclass(frozen=True)
class _Knots:
    """Points that the path passes through, and the pieces between each and the next.

    Each array has shape (n,), but for `at`, which has the end of the last piece too. Times are in grid steps since the
    start of the run.
    """

    at: np.ndarray
    value: np.ndarray  # price at the start of the piece
    end_value: np.ndarray  # price that the piece tends to
    variance: np.ndarray  # of the log price [1/step]
    low: np.ndarray
    high: np.ndarray


class _Bridge:
    """The replayed price on the grid, in units of the file, a number of whole bars at a time."""

    def __init__(self, bars: Bars, start_s: float, step_s: float, seeds: np.random.SeedSequence) -> None:
        self._bars = bars
        self._opens = _on_grid((bars.time_s - start_s) / step_s)
        self._ends = _on_grid((bars.time_s + bars.spacing_s - start_s) / step_s)
        self._variance = bars.variance * step_s
        # The bar that holds the start of the run, or that the gap which holds it follows.
        self._next = int(np.searchsorted(self._opens, 0.0, side="right")) - 1
        self._noise = stream(seeds, Source.BRIDGE)
        self._extremes = stream(seeds, Source.EXTREME)
        self._walk = 0.0

    def draw(self, rows: int) -> np.ndarray:
        """Return the next prices, shape (at least `rows`,); fewer or none at the end of the file."""
        parts: list[np.ndarray] = []
        found, last = 0, len(self._opens)
        while found < rows and self._next < last:
            per_bar = self._ends[self._next] - self._opens[self._next]
            stop = min(self._next + max(1, math.ceil((rows - found) / per_bar)), last)
            part = self._sample(self._knots(self._next, stop))
            if stop == last and self._ends[-1].is_integer():
                part = np.append(part, self._bars.close[-1])
            self._next = stop
            parts.append(part)
            found += len(part)
        return np.concatenate(parts) if parts else np.empty(0)

    def _knots(self, first: int, stop: int) -> _Knots:
        """Return the pieces of bars first to stop - 1, each with the gap that follows it, if any."""
        b, n = self._bars, stop - first
        cut = slice(first, stop)
        after = np.minimum(np.arange(first, stop) + 1, len(self._opens) - 1)
        end_of_gap = np.where(np.arange(first, stop) + 1 < len(self._opens), self._opens[after], self._ends[cut])
        one, other, one_value, other_value = self._touches(cut)
        # Four knots a bar: open, one extreme, the other, end of the bar (from where the gap is bridged).
        at = np.column_stack([self._opens[cut], one, other, self._ends[cut]])
        value = np.column_stack([b.open[cut], one_value, other_value, b.close[cut]])
        variance = np.repeat(self._variance[cut, None], 4, axis=1)
        variance[:, 3] = 0.5 * (self._variance[cut] + self._variance[after])
        low, high = np.zeros((n, 4)), np.full((n, 4), np.inf)
        low[:, :3], high[:, :3] = b.low[cut, None], b.high[cut, None]
        keep = np.ones((n, 4), dtype=bool)
        keep[:, 1:3] = np.isfinite(at[:, 1:3])
        keep[:, 3] = end_of_gap > self._ends[cut]
        # A piece tends to the next kept knot of the bar, the last one to the close; a gap tends to the next open.
        end_value = np.column_stack([value[:, 1:], b.open[after]])
        for j in (1, 0):
            end_value[:, j] = np.where(keep[:, j + 1], end_value[:, j], end_value[:, j + 1])
        return _Knots(
            np.append(at[keep], end_of_gap[-1]), value[keep], end_value[keep], variance[keep], low[keep], high[keep]
        )

    def _touches(self, cut: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Draw where the path touches the first and the second extreme of each bar: times (nan: nowhere), prices.

        An extreme that the open or the close attains needs no touch.
        """
        b = self._bars
        u = self._extremes.random((len(self._opens[cut]), 3))
        inside = np.floor(self._opens[cut]) + 1.0  # first grid point after the opening
        count = np.ceil(self._ends[cut]) - inside
        with_room = count >= 2
        early, late = u[:, :2].min(axis=1), u[:, :2].max(axis=1)
        one = np.where(with_room, inside + np.floor(early * (count - 1)), np.nan)
        other = np.where(with_room, inside + np.floor(late * (count - 1)) + 1.0, np.nan)
        rise = b.close[cut] - b.open[cut]
        low_first = (rise > 0) | ((rise == 0) & (u[:, 2] < 0.5))
        low, high = b.low[cut], b.high[cut]
        one_value, other_value = np.where(low_first, low, high), np.where(low_first, high, low)
        for at, value in ((one, one_value), (other, other_value)):
            at[(value == b.open[cut]) | (value == b.close[cut])] = np.nan
        return one, other, one_value, other_value

    def _sample(self, k: _Knots) -> np.ndarray:
        """Return the path at the grid points (from 0 on) of the pieces, the end of the last excluded."""
        starts, ends = k.at[:-1], k.at[1:]
        first = np.maximum(np.ceil(starts), 0.0)
        count = np.maximum(np.ceil(ends) - first, 0.0).astype(np.int64)
        some = count > 0
        starts, ends, first, count = starts[some], ends[some], first[some], count[some]
        if not len(count):
            return np.empty(0)
        # Brownian motion at the grid points and ends of the pieces; the sum runs on from call to call, so that the
        # path does not depend on how many bars a call takes.
        offsets = np.cumsum(count + 1) - (count + 1)
        lengths = np.ones(int((count + 1).sum()))
        lengths[offsets] = first - starts
        lengths[offsets + count] = ends - (first + count - 1)
        lengths *= np.repeat(k.variance[some], count + 1)
        walk = np.empty(len(lengths) + 1)
        walk[0] = self._walk
        walk[1:] = np.sqrt(lengths) * self._noise.standard_normal(len(lengths))
        np.cumsum(walk, out=walk)
        self._walk = float(walk[-1])
        origin, target = walk[offsets], walk[offsets + count + 1]
        where = np.arange(int(count.sum())) + np.repeat(np.arange(len(count)), count)
        point = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count - first, count)
        share = (point - np.repeat(starts, count)) / np.repeat(ends - starts, count)
        log_start = np.log(k.value[some])
        rise = np.log(k.end_value[some]) - log_start - (target - origin)
        price = np.exp(walk[where + 1] + np.repeat(log_start - origin, count) + np.repeat(rise, count) * share)
        low, high = np.repeat(k.low[some], count), np.repeat(k.high[some], count)
        price = _reflect(price, low, high)
        return np.where(share == 0.0, np.repeat(k.value[some], count), price)


def _reflect(price: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Fold prices back into [low, high], as often as it takes; high may be infinite."""
    room = high - low
    room[room == 0.0] = 1.0  # a flat bar: the clip below does what is left
    above = np.mod(price - low, 2.0 * room)
    folded = low + np.minimum(above, 2.0 * room - above)
    return np.clip(folded, low, high)  # rounding of low + (high - low) only


def _on_grid(steps: np.ndarray) -> np.ndarray:
    """Return times in grid steps, those within rounding of a grid point exactly on it."""
    near = np.round(steps)
    return np.where(np.abs(steps - near) < 1e-6, near, steps)
