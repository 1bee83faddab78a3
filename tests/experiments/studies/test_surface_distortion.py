"""The study of surfaces under ways to order intents: what is known of sniping, its table, figure and answer."""

from __future__ import annotations

from pathlib import Path

import answered
import drawn
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from experiments.runs import study as studies
from experiments.studies import surface_distortion as study

STUDY = studies.load("surface_distortion")
YEAR_D = 365.0


def _call(spot: np.ndarray, strike: float, years: float) -> np.ndarray:
    sd = study.VOLATILITY * np.sqrt(years)
    d1 = np.log(spot / strike) / sd + 0.5 * sd
    return spot * norm.cdf(d1) - strike * norm.cdf(d1 - sd)


def test_the_known_half_spread_breaks_even_over_drawn_jumps() -> None:
    """What investors pay covers what snipers take, over jumps that are drawn, not integrated."""
    jumps = np.exp(study.JUMP_SD * np.random.default_rng(2).standard_normal(400_000))
    served = 2.0 * (1.0 - np.exp(-0.5 * study.INVESTORS_PER_S))
    for days, strike in ((1, 0.95), (1, 1.0), (7, 1.0)):
        moves = np.abs(_call(jumps, strike, days / YEAR_D) - _call(np.ones(1), strike, days / YEAR_D))
        half = 1e-4 * study.known_bp(days, strike)
        taken = study.JUMPS_PER_S * np.maximum(moves - half, 0.0).mean()
        assert taken == pytest.approx(served * half, rel=0.02)


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, True, lambda config: config))
    assert len({studies.run_id("surface_distortion", run) for run in runs}) == len(runs) == 12


@pytest.mark.slow
def test_what_is_taken_back_first_needs_no_spread(tmp_path: Path) -> None:
    runs = pd.DataFrame(
        {"regime": run.regime, "seed": run.seed, **run.levers, **STUDY.execute(run)}
        for run in STUDY.runs(2, True, lambda config: config)
    )
    assert runs["conservation_error"].max() < 1e-9
    half = runs.groupby("regime")["half_1d_100_bp"].mean()
    assert half[["speed_bump", "cancel_first", "batch"]].max() < 0.25 * half[["first_come", "sealed"]].min()
    assert STUDY.summary is not None
    answered.check("surface_distortion", runs)
    drawn.check_stored("surface_distortion", STUDY.summary(runs), tmp_path)
