"""Rewards for quotes of options are passed on to who trades on them, by a maker who only sees its own profit.

Derived, by what is known of sniping (K7): of a call quoted for one option on either side, investors who are served pay
a h a slot, snipers take b E(|dC| - h)+, and a programme pays rho. The half spread at which that leaves nothing solves
a h + rho = b E(|dC| - h)+ (`half_spread` here, by quadrature and bisection); without jumps a maker is paid to quote
what an option is worth, and rewards are spent in vain once h is 0.

The market of K7 with one series, of the strike at the price: whatever the programme pays for quotes it pays this maker.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from experiments.validation._rows import mean_and_error, row, three_errors
from experiments.validation._sniping import MEAN, PRICE, VOLATILITY, WEEK_S, Scene, learned
from market.config import MiningConfig
from market.pricing.black import black
from market.settings import YEAR_S

ID = "M18"
TITLE = "Rewards for quotes are passed on"

JUMPS, INVESTORS = 0.2, 0.2
"""Chance of a jump, and number of investors who are served, in a slot [1]."""
SCENE = Scene(1, 0.1, (0,), (0.0,), JUMPS, INVESTORS)
REWARDS, PERIOD_S = (0.0, 0.01, 0.02), 20.0
"""Paid for a slot [USD], and the time between two payments: somebody has always quoted since the last [s]."""


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Learned half spreads by what a slot is rewarded; `quick` keeps one, shorter."""
    slots, seeds = (800, range(100, 106)) if quick else (2000, range(100, 112))
    for paid in REWARDS if not quick else REWARDS[1:2]:
        found = learned(SCENE, "first come", slots, seeds, _programmes(paid))
        mean, error = mean_and_error(found[:, 0])
        yield row(ID, f"{paid:g} USD a slot", "half spread, USD", half_spread(paid), mean, three_errors(error), error)


def _programmes(paid: float) -> tuple[MiningConfig, ...]:
    """One that pays so much in every slot, all of it for quotes; none where it is nothing."""
    if not paid:
        return ()
    return (MiningConfig(usd_per_hour=3600.0 * paid, period_s=PERIOD_S, quotes_share=1.0, within_bp=1e4),)


def half_spread(paid: float) -> float:
    """Half spread that leaves nothing where a slot is rewarded so much [USD]."""

    def left(half: float) -> float:
        return INVESTORS * half + paid - JUMPS * _sniped(half)

    found: Any = brentq(left, 0.0, 10.0 * MEAN)
    return float(found)


def _sniped(half: float) -> float:
    """What a jump is expected to take from quotes that stand half a spread about the value of the call [USD]."""
    years = WEEK_S / YEAR_S

    def value(price: float) -> float:
        return float(black(price, PRICE, years, VOLATILITY, 0.0, 0.0, True).price)

    now = value(PRICE)

    def taken(size: float) -> float:
        both = [max(abs(value(PRICE + sign * size) - now) - half, 0.0) for sign in (-1.0, 1.0)]
        return 0.5 * sum(both) * np.exp(-size / MEAN) / MEAN

    return float(quad(taken, 0.0, 30.0 * MEAN, limit=400, epsabs=1e-10)[0])
