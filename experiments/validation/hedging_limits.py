"""Laws of hedges that are close together: delays, one outage, and what it costs to trade.

Sources: P. Boyle and D. Emanuel (1980), Discretely adjusted option hedges, Journal of Financial Economics 8; D.
Bertsimas, L. Kogan and A. Lo (2000), When is time continuous?, Journal of Financial Economics 55; H. Leland (1985),
Option pricing and replication with transactions costs, Journal of Finance 40. Of an option at the money (S = K = 100,
80% a year, 30 days) the error's variance is the age of hedges times I, the integral of v(t) = E[(sigma^2 S^2 gamma)^2]:
for 120 hedges that are 0, 1, 2 or 4 hours late it has the standard deviation .7371, .8512, .9516 and 1.1260. An outage
of length D at t adds v(t) D^2 / 2. Where a round trip costs the part k, hedges every h cost on average what the
volatility sigma sqrt(1 + sqrt(2 / pi) k / (sigma sqrt(h))) makes the option dearer.

In the market hedges are made in slots: what is held against it is exact at finite distances, and the law is held
against that. Delays and frequent outages are held against the market by K4 and K5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from experiments.analysis.hedge_errors import hedge_variance, integrated_variance, rate, turnover
from experiments.validation._hedging import HOUR_S, HOURLY, HOURS_A_YEAR, PRICE, WRITTEN_IN, Scene, hedged
from experiments.validation._rows import mean_and_error, row, three_errors
from market.pricing.black import black

ID = "M12"
TITLE = "Hedges that are close together: delays, an outage, and costs of trading"

TENOR_H, STEP_H, HEDGES = 720.0, 6.0, 120
LATE = {0.0: 0.7371, 1.0: 0.8512, 2.0: 0.9516, 4.0: 1.1260}
"""Standard deviation of the error [USD], by delay [h]."""
HALF_DIGIT = 5.1e-5
FIRST_MISSED, MISSED = 56, 8
"""Slots without a block, half way to expiry."""
FEE_BP = 10.0
NEAR = 0.05
"""Of the law, by which what is exact at these distances may differ from it."""
MARKETS, QUICK_MARKETS = 20, 4


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """The law of delays, then an outage and a fee, each against the same market without; `quick`: in fewer markets."""
    per_age = integrated_variance(TENOR_H, HOURLY, PRICE)
    for late, known in LATE.items():
        sd = sqrt((0.5 * STEP_H + late) * per_age)
        yield row(ID, f"n={HEDGES}, {late:g} h late", "law of the standard deviation, USD", known, sd, HALF_DIGIT)
    plain, seeds = Scene(STEP_H * HOUR_S, HEDGES), range(QUICK_MARKETS if quick else MARKETS)
    without = [_errors(plain, seed) for seed in seeds]
    yield from _outage(plain, without)
    yield from _costs(plain, without)


def _errors(scene: Scene, seed: int) -> np.ndarray:
    """Error of each asset's hedge [USD]."""
    found = hedged(scene, seed)
    assert found is not None, "there was an outage before options were written"
    return found[0]


def _outage(plain: Scene, without: list[np.ndarray]) -> Iterator[dict[str, Any]]:
    """What a stretch without blocks adds to the variance."""
    begins = np.zeros((HEDGES, MISSED + 1))
    begins[:, 0] = 1.0
    begins[FIRST_MISSED - 1, [0, MISSED]] = 0.0, 1.0
    begins[FIRST_MISSED : FIRST_MISSED + MISSED] = 0.0
    exact = hedge_variance(begins, STEP_H, HOURLY, PRICE) - hedge_variance(np.ones((HEDGES, 1)), STEP_H, HOURLY, PRICE)
    # hedges would have been half a slot old all the while
    length, at = (MISSED + 1) * STEP_H, (FIRST_MISSED - 1) * STEP_H
    law = 0.5 * rate(at + 0.5 * length, TENOR_H, HOURLY, PRICE) * (length**2 - length * STEP_H)
    case = f"an outage of {MISSED} of {HEDGES} slots"
    yield row(ID, case, "law over what is exact", 1.0, law / exact, NEAR)
    scheduled = [(plain.block_s * (WRITTEN_IN + FIRST_MISSED), plain.block_s * MISSED)]
    failing = replace(plain, consensus={"kind": "instant", "scheduled": scheduled})
    pairs = [(_errors(failing, seed), errors) for seed, errors in enumerate(without)]
    more = np.concatenate([failed**2 - errors**2 for failed, errors in pairs])
    mean, error = mean_and_error(more)
    yield row(ID, case, "variance that it adds, USD^2", exact, mean, three_errors(error), error)


def _costs(plain: Scene, without: list[np.ndarray]) -> Iterator[dict[str, Any]]:
    """What hedges cost where the outside market takes a fee, but for buying the first and selling what is left."""
    years, case = TENOR_H / HOURS_A_YEAR, f"a fee of {FEE_BP:g} bp, n={HEDGES}"
    sigma, share = HOURLY * sqrt(HOURS_A_YEAR), 1e-4 * FEE_BP
    exact = share * turnover(HEDGES, STEP_H, HOURLY, PRICE)
    dearer = sigma * sqrt(1.0 + sqrt(2.0 / pi) * 2.0 * share / (HOURLY * sqrt(STEP_H)))
    option, law = (black(PRICE, PRICE, years, each, 0.0, 0.0, True) for each in (sigma, dearer))
    yield row(ID, case, "law over what is exact", 1.0, (law.price - option.price) / exact, NEAR)
    pairs = [(_errors(replace(plain, fee_bp=FEE_BP), seed), errors) for seed, errors in enumerate(without)]
    # either is worth delta S on average: of what is left that is E[S; S > K]
    paid = np.concatenate([errors - charged for charged, errors in pairs]) - 2.0 * share * option.delta * PRICE
    mean, error = mean_and_error(paid)
    yield row(ID, case, "cost of hedges between, USD", exact, mean, three_errors(error), error)
