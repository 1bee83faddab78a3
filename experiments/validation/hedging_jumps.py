"""Hedging an option on a price that jumps: whoever sells at Black's formula loses what jumps are worth.

Derived, exact. The maker's formula knows the volatility between jumps, its deltas are those of the formula; hedges earn
nothing on average, at whatever distances. So the mean loss is the price under jumps (R. C. Merton 1976, Option pricing
when underlying stock returns are discontinuous, Journal of Financial Economics 3, 125-144) less the formula's: .97479
for an option at the money (S = K = 100, 60% a year, 30 days, ten jumps a year of the log price with mean -.05 and
standard deviation .10), 8.56 points of volatility.

Jumps hit all assets of a market at once, each by its own size, so that a market is one draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._hedging import HOUR_S, HOURS_A_YEAR, PRICE, SIGMA, Scene, hedged
from experiments.validation._rows import mean_and_error, row, three_errors
from market.config import JumpConfig
from market.pricing.black import black
from market.pricing.implied import implied
from market.pricing.merton import Jumps, merton
from market.settings import DAY_S

ID = "K3"
TITLE = "Hedges of an option on a price that jumps"

YEARS, VOLATILITY = 30.0 / 365.0, 0.6
JUMPS = Jumps(rate=10.0, mean=-0.05, sd=0.10)
HOURS, EVERY_H = 720, 24
KNOWN, DIGIT, KNOWN_POINTS = 0.97479, 1e-5, 8.56
MARKETS, QUICK_MARKETS, ASSETS = 240, 40, 16


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """The premium for jumps by its formula, then what hedgers lose; `quick` takes fewer markets."""
    under_jumps = merton(PRICE, PRICE, YEARS, VOLATILITY, JUMPS, 0.0, 0.0, True).price
    sold_at = black(PRICE, PRICE, YEARS, VOLATILITY, 0.0, 0.0, True)
    yield row(ID, "at the money", "Merton less Black, USD", KNOWN, under_jumps - sold_at.price, 0.5 * DIGIT)
    # an hour of the market lasts a second
    per_day = JUMPS.rate / HOURS_A_YEAR / HOUR_S * DAY_S
    scene = Scene(
        EVERY_H * HOUR_S, HOURS // EVERY_H, assets=ASSETS, sigma=SIGMA * VOLATILITY / 0.8,
        jumps=JumpConfig(per_day=per_day, mean=JUMPS.mean, sd=JUMPS.sd),
    )  # fmt: skip
    runs = [hedged(scene, seed) for seed in range(QUICK_MARKETS if quick else MARKETS)]
    losses = np.array([-float(found[0].mean()) for found in runs if found is not None])
    mean, error = mean_and_error(losses)
    yield row(ID, "sold at Black, hedged", "mean loss, USD", KNOWN, mean, three_errors(error, digit=DIGIT), error)
    points, slope = 100.0 * (_implied(sold_at.price + mean) - VOLATILITY), 100.0 / sold_at.vega
    yield row(
        ID, "sold at Black, hedged", "mean loss, points of volatility", KNOWN_POINTS, points,
        three_errors(slope * error, digit=0.01), slope * error,
    )  # fmt: skip


def _implied(price: float) -> float:
    """Volatility at which the formula gives a price of the option [1/sqrt(year)]."""
    return implied(price, PRICE, PRICE, YEARS, 0.0, 0.0, True)[0]
