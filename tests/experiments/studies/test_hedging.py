"""The study of hedged options: what is known beside it, its table, figure and answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.runs import study as studies
from experiments.studies import hedging as study

STUDY = studies.load("hedging")


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, False, lambda config: config))
    settings = sum(map(len, study.SWEEPS.values())) + len(study.LEGS)
    assert len({studies.run_id("hedging", run) for run in runs}) == len(runs) == 2 * settings


def test_what_is_known_grows_with_the_age_of_the_hedge() -> None:
    plain = study.known("outage_s", "0")
    assert plain == study.known("block_s", "15") == study.known("latency_s", "0")
    assert study.known("latency_s", "60")[1] == plain[1] + 60.0
    assert np.isnan(study.known("leg", "same rollup, tied")).all()


@pytest.mark.slow
def test_outages_that_are_not_rare_add_less_than_the_law_of_rare_ones() -> None:
    """Six an hour of 120 s: by the law of rare ones 6 / 3600 * 120^2 = 24 s; not while it is down, nor past expiry."""
    older = study.known("outage_s", "120")[1] - study.known("outage_s", "0")[1]
    assert study.known_more("outage_s", "120") == pytest.approx(18.16, abs=0.005)
    assert study.known_more("outage_s", "120") < older < 24.0


@pytest.mark.slow
def test_errors_are_those_of_the_age_and_open_legs_cost(tmp_path: Path) -> None:
    runs: Any = pd.DataFrame(
        {"regime": run.regime, "seed": run.seed, **run.levers, **STUDY.execute(run)}
        for run in STUDY.runs(3, True, lambda config: config)
    )
    assert runs["conservation_error"].max() < 1e-9
    square = runs.groupby(["varied", "setting"])["square"].mean()
    assert square["block_s", "60"] > 1.5 * square["block_s", "15"]
    assert square["latency_s", "60"] > square["block_s", "60"]
    leg_s: Any = runs[runs["varied"] == "leg"].groupby("setting")["leg_s"].mean()
    assert leg_s[study.FIRST] == 0.0
    assert leg_s.max() > 1.0
    assert STUDY.summary is not None
    answered.check("hedging", runs)
    drawn.check_stored("hedging", STUDY.summary(runs), tmp_path)
