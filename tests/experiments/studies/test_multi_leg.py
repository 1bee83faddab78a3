"""The study of combinations over rollups: what atomic execution cannot break, its table, figure and answer."""

from __future__ import annotations

from pathlib import Path

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.runs import study as studies
from experiments.studies import multi_leg as study

STUDY = studies.load("multi_leg")


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, True, lambda config: config))
    assert len({studies.run_id("multi_leg", run) for run in runs}) == len(runs) == 36


def one(execution: str, seed: int = 3, **conditions: float) -> dict[str, float]:
    config = study._market(execution, {**study.BASE, **conditions}, 240.0)
    return study.execute(studies.Run({}, execution, seed, config))


def test_legs_part_where_nothing_ties_them_and_not_on_one_rollup() -> None:
    apart = one("legged", failure=0.3)
    assert apart["broken_share"] > 0.3
    assert apart["conservation_error"] < 1e-9
    assert one("atomic", failure=0.3)["broken_share"] == 0.0
    assert one("legged", failure=0.3, rollups=1)["broken_share"] == 0.0


@pytest.mark.slow
def test_table_figure_and_answer(tmp_path: Path) -> None:
    runs = pd.DataFrame(
        {"regime": run.regime, "seed": run.seed, **run.levers, **STUDY.execute(run)}
        for run in STUDY.runs(2, True, lambda config: config)
    )
    assert np.asarray(runs["conservation_error"], float).max() < 1e-9
    atomic = runs["execution"] == "atomic"
    assert np.asarray(runs["broken_share"], float)[np.asarray(atomic)].max() == 0.0
    answered.check("multi_leg", runs)
    assert STUDY.summary is not None
    drawn.check_stored("multi_leg", STUDY.summary(runs), tmp_path)
