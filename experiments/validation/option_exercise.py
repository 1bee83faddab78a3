"""Exercise by holders, and outages: what was not exercised in time is lost.

Derived. Outages begin at rate nu and last D on average, exponentially: one is under way at a given moment with the
probability pi = nu D / (1 + nu D), and still is w later with pi exp(-w / D). So much of what holders could have had
lapses where they must exercise within w of the expiry: with 52 a year of 2 h, 1.17% and, given an hour, .71%.

A rollup whose sequencer fails at random, on it options of several tenors, and a buyer who asks for exercise as soon as
the print is known. Blocks come every b, so that what must be sequenced within w has w - b in the mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._options import BUYER, MAKER, SIGMA, agent, configured, ran
from experiments.validation._rows import mean_and_error, row, three_errors
from market.settings import DAY_S

ID = "K10"
TITLE = "Exercise windows against outages"

BLOCK_S, OUTAGE_S, BETWEEN_S = 1.0, 30.0, 300.0
TENORS_S = tuple(300.0 + 17.0 * at for at in range(10))
HORIZON_S, QUICK_HORIZON_S = 60_000.0, 12_000.0
RUNS = 8
"""Independent runs, whose spread is the error: outages tie expiries that are near one another."""


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """The formula as stated, and what holders lost on the market given two windows."""
    for window_h, stated in ((0.0, 1.17e-2), (1.0, 7.1e-3)):
        found = lost_share(1.0 / (365.0 * 24.0 / 52.0), 2.0, window_h)
        yield row(ID, f"52 a year of 2 h, w={window_h:g} h", "share lost", stated, found, 5e-5)
    for window_s in (10.0, 40.0):
        yield _lost(window_s, QUICK_HORIZON_S if quick else HORIZON_S)


def lost_share(rate: float, mean: float, window: float) -> float:
    """Return the probability that an outage is under way, and still is a window later; times in one unit."""
    under_way = rate * mean / (1.0 + rate * mean)
    return float(under_way * np.exp(-window / mean))


class Ends:
    """Notes of every expiry how many options were held, and how many of them were exercised in the end.

    Attributes
    ----------
    held : dict
        by series and its time: (held, exercised), of series that are in the money
    """

    def __init__(self) -> None:
        self.held: dict[tuple[int, float], tuple[float, float]] = {}

    def __call__(self, market: Any) -> None:
        """Look at a market after a block, and after a slot without one."""
        tables = market.world.tables
        chain, expiries = tables.options, tables.option_expiries
        for expiry in np.flatnonzero(expiries["fixed"] > 0.0).tolist():
            first, fixed = int(expiries["first_series"][expiry]), expiries["fixed"][expiry]
            for series in (first, first + 1):
                sign = 1.0 if chain["call"][series] == 1.0 else -1.0
                if sign * (fixed - chain["strike"][series]) > 0.0 and chain["open"][series] > 0.0:
                    key = (series, float(chain["expires"][series]))
                    self.held[key] = float(chain["open"][series]), float(chain["exercised"][series])


def _lost(window_s: float, horizon_s: float) -> dict[str, Any]:
    """One row: the share of expiries whose options in the money were not exercised in time, given a window."""
    terms = [{"expiries_s": (tenor,), "exercise": "holder", "exercise_s": window_s} for tenor in TENORS_S]
    agents = [
        agent(MAKER, "fixed_spread", volatility=SIGMA, size=1e3, move_bp=1e3, refresh_s=60.0),
        agent(BUYER, "option_buyer", per_hour=120.0, slippage_bp=5000.0),
    ]
    faults = {"consensus": {"kind": "instant", "outages_per_day": DAY_S / BETWEEN_S, "outage_mean_s": OUTAGE_S}}
    shares, count = [], 0
    for seed in range(1, RUNS + 1):
        ends = Ends()
        ran(configured(1, terms, agents, BLOCK_S, horizon_s / RUNS, faults), seed, ends)
        lost = [1.0 - exercised / held for held, exercised in ends.held.values()]
        shares.append(np.mean(lost))
        count += len(lost)
    mean, error = mean_and_error(np.array(shares))
    expected = lost_share(1.0 / BETWEEN_S, OUTAGE_S, window_s - BLOCK_S)
    return row(ID, f"w={window_s:g} s, {count} expiries", "share lost", expected, mean, three_errors(error), error)
