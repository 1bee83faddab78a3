"""The study of three volatilities: what a maker sees of a price, and what each channel leaves when it is off."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.analysis import summaries
from experiments.runs import study as studies
from experiments.studies import three_volatilities as study

STUDY = studies.load("three_volatilities")


def test_a_maker_sees_the_volatility_of_the_prices_that_it_looks_at() -> None:
    prices = 100.0 * np.exp(np.cumsum(2e-4 * np.random.default_rng(1).standard_normal(500)))
    estimate, found = study.Estimate(study.PRIOR, 1e-6), 0.0
    for second, price in enumerate(prices.tolist()):
        look: Any = SimpleNamespace(time=float(second), prices=np.array([1.0, price]))
        found = estimate.of(look)
    assert found == pytest.approx(study.realised(prices.tolist()), rel=1e-6)


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, True, lambda config: config))
    assert len({studies.run_id("three_volatilities", run) for run in runs}) == len(runs) == 30


@pytest.mark.slow
def test_snipers_cost_asks_and_users_pay_fees(tmp_path: Path) -> None:
    runs = pd.DataFrame(
        {"regime": run.regime, "seed": run.seed, **run.levers, **STUDY.execute(run)}
        for run in STUDY.runs(1, False, lambda config: config)
        if run.regime in ("first_come", "cancel_first")
    )
    assert np.asarray(runs["conservation_error"], float).max() < 1e-9

    def of(regime: str, traders: str, column: str) -> float:
        (found,) = summaries.values(summaries.where(runs, regime=regime, traders=traders), column)
        return float(found)

    spread = {
        (regime, traders): of(regime, traders, "ask") - of(regime, traders, "bid")
        for regime in ("first_come", "cancel_first")
        for traders in study.TRADERS
    }
    assert spread["first_come", "all"] > 2.0 * spread["first_come", "no snipers"] > 0.0
    assert spread["cancel_first", "all"] < 1.5 * spread["cancel_first", "no snipers"]
    assert of("first_come", "all", "fees") > of("first_come", "no users", "fees")
    # the price is everybody's
    assert len(set(runs["realised"])) == 1
    assert STUDY.summary is not None
    answered.check("three_volatilities", runs)
    drawn.check_stored("three_volatilities", STUDY.summary(runs), tmp_path)
