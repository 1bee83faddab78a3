"""Hedges and outages: what a sequencer that fails adds to the error of an option's replication.

Derived. The variance of the error is the mean age of the hedge times I, of `experiments.analysis.hedge_errors`. Outages
that come nu times a unit of time and last D add nu E[D^2] / 2 to that age, in the limit of hedges that are close
together and outages that are rare: one outage of 38 min a year .082 s, or .165 s if it is exponential; 12 a year of an
hour, on average, 4.9 s. What is held against the market is exact: hedges are made in slots, and a slot is missed where
the sequencer is down in it. Up and down alternate with rates nu and 1 / E[D], so slots are a chain of two states, and a
hedge lasts until the next slot that is not missed.

Both are run at the same seeds, with the same prices: the hedger's own latency, blocks and deltas are the same, and only
the sequencer's own faults differ. They hit all assets of a market at once, so that a market is one draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from experiments.analysis.hedge_errors import chances, hedge_variance, integrated_variance, mean_age
from experiments.validation._hedging import HOUR_S, HOURLY, PRICE, Scene, hedged
from experiments.validation._rows import mean_and_error, row, three_errors
from market.settings import DAY_S, YEAR_S

ID = "K5"
TITLE = "Hedges and outages of the sequencer"

SLOT_H, SLOTS = 2.0, 360
OUTAGES = {"one a day of 6 h": (1.0 / 24.0, 6.0), "two a day of 3 h": (2.0 / 24.0, 3.0)}
"""Outages in an hour while the sequencer is up, and their mean length [h]."""
MARKETS, QUICK_MARKETS, ASSETS = 48, 12, 16
STATED = {  # outages a year, length [h], whether it is exponential: age [s], unit of the last digit
    "one a year of 38 min": (1.0, 38.0 / 60.0, False, 0.082, 1e-3),
    "one a year of 38 min, exponential": (1.0, 38.0 / 60.0, True, 0.165, 1e-3),
    "12 a year of 1 h, exponential": (12.0, 1.0, True, 4.9, 0.1),
}


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """The law of rare outages, then two kinds of frequent ones in the market; `quick` takes fewer markets."""
    for case, (per_year, hours, exponential, known, digit) in STATED.items():
        age = rare_age(per_year / YEAR_S, 3600.0 * hours, exponential)
        yield row(ID, case, "age that outages add, s", known, age, 0.5 * digit)
    plain = Scene(SLOT_H * HOUR_S, SLOTS, assets=ASSETS)
    without = {seed: hedged(plain, seed) for seed in range(QUICK_MARKETS if quick else MARKETS)}
    for case, (per_hour, hours) in OUTAGES.items():
        consensus = {
            "kind": "instant", "outages_per_day": per_hour / HOUR_S * DAY_S, "outage_mean_s": hours * HOUR_S
        }  # fmt: skip
        failing = replace(plain, consensus=consensus)
        pairs = [(ran, hedged(failing, seed)) for seed, ran in without.items()]
        yield from _compared(case, per_hour, hours, [(a, b) for a, b in pairs if a is not None and b is not None])


def rare_age(rate: float, mean: float, exponential: bool) -> float:
    """Age that rare outages add: nu E[D^2] / 2, in the unit of their mean length."""
    return rate * mean**2 * (1.0 if exponential else 0.5)


def _compared(
    case: str, per_hour: float, hours: float, pairs: list[tuple[tuple[np.ndarray, float], tuple[np.ndarray, float]]]
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Mean age of hedges and variance of errors with outages, and what of it is more than without at the same seed."""
    ages = [failing[1] / HOUR_S for _, failing in pairs]
    squares = np.array([float(np.mean(failing[0] ** 2)) for _, failing in pairs])
    more = squares - np.array([float(np.mean(plain[0] ** 2)) for plain, _ in pairs])
    begins, per_age = chances(per_hour, hours, SLOT_H, SLOTS), integrated_variance(SLOTS * SLOT_H, HOURLY, PRICE)
    always = np.ones((SLOTS, 1))
    variance, base = (hedge_variance(each, SLOT_H, HOURLY, PRICE) for each in (begins, always))
    rare = 0.5 * SLOT_H + rare_age(per_hour, hours, True)
    case = f"{case}, rare: {rare:.3g} h"
    for statistic, expected, sample in (
        ("mean age of hedges, first half, h", mean_age(begins[: SLOTS // 2], SLOT_H), ages),
        ("variance over I, h", variance / per_age, squares / per_age),
        ("variance that outages add over I, h", (variance - base) / per_age, more / per_age),
    ):
        mean, error = mean_and_error(np.array(sample))
        yield row(ID, case, statistic, expected, mean, three_errors(error), error)
