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


@pytest.mark.slow
def test_what_is_known_grows_with_the_age_of_the_hedge() -> None:
    plain = study.known("outage_s", "0")
    assert plain == study.known("block_s", "15") == study.known("latency_s", "0")
    assert study.known("latency_s", "60")[1] == plain[1] + 60.0
    # outages of 120 s, six an hour: 6 / 3600 * 120^2 s in the limit of rare ones, about which they are
    assert study.known("outage_s", "120")[1] - plain[1] == pytest.approx(24.0, rel=0.25)
    assert np.isnan(study.known("leg", "same rollup, tied")).all()


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
