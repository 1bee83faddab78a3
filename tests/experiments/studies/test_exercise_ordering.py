"""The study of order at expiry: what is known beside it, whose loss a chosen print is, and that each channel is off."""

from __future__ import annotations

from pathlib import Path

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.analysis import summaries
from experiments.runs import study as studies
from experiments.runs.study import Run
from experiments.studies import exercise_ordering as study

STUDY = studies.load("exercise_ordering")


def test_the_known_gain_is_that_of_the_better_of_two_drawn_prices() -> None:
    later = study.VOLATILITY * np.sqrt(study.BLOCK_S / study.YEAR_S) * np.random.default_rng(3).standard_normal(400_000)
    assert study.chosen_bp() == pytest.approx(1e4 * np.maximum(later, 0.0).mean(), rel=0.01)


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, True, lambda config: config))
    assert len({studies.run_id("exercise_ordering", run) for run in runs}) == len(runs) == 40


@pytest.mark.parametrize(
    ("regime", "on", "lapses"), [("operator", True, 1.0), ("operator", False, 0.0), ("sealed", True, 0.0)]
)
def test_exercise_lapses_where_one_debtor_orders_what_it_can_read(regime: str, on: bool, lapses: float) -> None:
    found = study.execute(Run({"channel": "delay", "on": on}, regime, 1, study._delay(regime, on, 1)))
    assert found["lapsed_4s_share"] == found["lapsed_20s_share"] == lapses
    # what a holder does not get, whoever owes it keeps
    assert found["debtor_usd"] == pytest.approx(-found["holder_usd"], abs=1e-6)


@pytest.mark.slow
def test_a_chosen_print_is_paid_for_by_whoever_wrote_the_option(tmp_path: Path) -> None:
    runs = pd.DataFrame(
        {"regime": run.regime, "seed": run.seed, **run.levers, **STUDY.execute(run)}
        for run in STUDY.runs(2, True, lambda config: config)
    )
    assert np.asarray(runs["conservation_error"], float).max() < 1e-9
    prints = runs[runs["channel"] == "print"]
    for design in study.PRINTS:
        np.testing.assert_allclose(prints[f"owner_{design}_bp"], -prints[f"maker_{design}_bp"], atol=1e-6)
    gain = {}
    for regime in ("first_come", "operator"):
        without, chosen = (
            summaries.values(summaries.where(runs, channel="print", regime=regime, on=on), "owner_deribit_bp")
            for on in (False, True)
        )
        gain[regime] = chosen - without
    assert not gain["first_come"].any()
    assert gain["operator"] == pytest.approx(study.chosen_bp(), rel=0.25)
    assert STUDY.summary is not None
    answered.check("exercise_ordering", runs)
    drawn.check_stored("exercise_ordering", STUDY.summary(runs), tmp_path)
