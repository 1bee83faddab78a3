"""The reference price as the market reads it: one row of prices, advanced through the grid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from market.errors import InputError
from market.prices.laws import Heston, JumpDiffusion, Law
from market.prices.replay import Replay

if TYPE_CHECKING:
    from market.config import MarketConfig


ROWS = 16_384
"""Most grid points drawn at a time (68 min at 0.25 s): memory does not grow with the horizon."""

STRETCH_S = 4096.0
"""Time drawn at once [s], within 64 to `ROWS` grid points: a coarse grid should not draw years ahead."""

SLACK = 1e-6
"""Share of a grid step by which a time may fall short of a grid point through rounding and still count as on it."""


class PricePath:
    """Reference price of every asset on a grid of `config.prices.step_s` seconds; asset 0 is the numeraire at 1.

    The path is exogenous: it depends on `config.prices`, `config.assets` and `seeds` alone, not on when or how often it
    is advanced. `seeds` is the price's own child of the run's seed sequence, and is not altered. Only
    :meth:`shift` lets the market move the price, as a factor on the path.

    Attributes
    ----------
    current
        prices [USD] at the grid point reached, shape (n_assets,), float64; one array for the life of the object,
        written in place.
    notes
        for a replay, what was read and done: `file`, `start` (first instant replayed), `first` and `last` (opening
        times of the file's first and last bars), `bars`, `gaps` and `missing_bars` of the file, `gaps_bridged` within
        the horizon, `rescale_factor`, `seconds` available from `start`, `repairs` done to the file. Else empty.

    Raises
    ------
    InputError
        impossible correlation, overlapping episodes, bad bars, or bars shorter than `config.horizon_s`.
    """

    def __init__(self, config: MarketConfig, seeds: np.random.SeedSequence) -> None:
        self.notes: dict[str, object] = {}
        self._law = self._choose(config, seeds)
        self._names = config.asset_names
        self._step = config.prices.step_s
        self._per_s = 1.0 / config.prices.step_s
        self._rows = min(ROWS, max(64, math.ceil(STRETCH_S / config.prices.step_s)))
        self._factor = np.ones(len(config.assets) + 1)
        self._prices = self._law.start[None, :]
        self._first = 0
        self._row = 0
        self._shifted = False
        self.current: np.ndarray = self._law.start.copy()

    def _choose(self, config: MarketConfig, seeds: np.random.SeedSequence) -> Law:
        if config.prices.kind == "replay":
            replay = Replay(config, seeds)
            self.notes.update(replay.notes)
            return replay
        return Heston(config, seeds) if config.prices.kind == "heston" else JumpDiffusion(config, seeds)

    def advance(self, time: float) -> bool:
        """Set `current` to the last grid point that is not after `time` [s]; return whether any price may be another.

        A time short of a grid point by less than a millionth of a step counts as on it.

        Raises
        ------
        InputError
            `time` is beyond the end of a replay.
        ValueError
            `time` is before a grid point already reached.
        """
        row = int(time * self._per_s + SLACK) - self._first
        if row == self._row and not self._shifted:
            return False
        if not self._row <= row < len(self._prices):
            row = self._load(row, time)
        self._row, self._shifted = row, False
        np.multiply(self._prices[row], self._factor, self.current)
        return True

    def shift(self, asset: int, log_impact: float) -> None:
        """Multiply the price of `asset` by exp(log_impact), from now on for good.

        Raises
        ------
        ValueError
            `asset` is the numeraire or unknown, or the impact is not finite.
        """
        if not 0 < asset < len(self._factor) or not math.isfinite(log_impact):
            raise ValueError(f"cannot shift asset {asset} of {len(self._factor)} by {log_impact!r}")
        self._factor[asset] *= math.exp(log_impact)
        self._shifted = True
        self.current[asset] = self._prices[self._row, asset] * self._factor[asset]

    def leaves(self, asset: int, low: float, high: float) -> float:
        """Return when the price of `asset` next leaves what lies between two prices [USD], unless it is shifted [s].

        Where it stays between them on what is drawn, the first time that is not: not before then.
        """
        ahead = self._prices[self._row + 1 :, asset] * self._factor[asset]
        out = np.flatnonzero((ahead <= low) | (ahead >= high))
        at = self._row + 1 + (int(out[0]) if out.size else ahead.size)
        return (self._first + at) * self._step

    def _load(self, row: int, time: float) -> int:
        """Draw on until `row` (counted from the rows at hand) is at hand; return it counted from the new rows."""
        if row < self._row:
            raise ValueError(f"the price cannot go back to {time} s from {(self._first + self._row) * self._step} s")
        while row >= len(self._prices):
            prices = self._law.draw(self._rows)
            if not len(prices):
                end = (self._first + len(self._prices) - 1) * self._step
                raise InputError(
                    f"prices.file: the replay ends at {end:g} s, before {time:g} s; allowed: a longer file"
                )
            self._check(prices)
            row -= len(self._prices)
            self._first += len(self._prices)
            self._prices = prices
            self._row = 0
        return row

    def _check(self, prices: np.ndarray) -> None:
        low, high = prices.min(axis=0), prices.max(axis=0)
        bad = np.flatnonzero(~((low > 0.0) & (high < math.inf)))
        if bad.size:
            raise InputError(
                f"prices: the price of {self._names[bad[0]]} leaves the positive floating point numbers between "
                f"{self._first * self._step:g} s and {(self._first + len(prices)) * self._step:g} s; "
                "allowed: smaller volatility, drift or jumps"
            )
