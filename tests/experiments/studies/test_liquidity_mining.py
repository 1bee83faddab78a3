"""The study of rewards for liquidity: where they take depth, its table, figure and answer."""

from __future__ import annotations

from pathlib import Path

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.runs import study as studies
from experiments.studies import liquidity_mining as study

STUDY = studies.load("liquidity_mining")


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, True, lambda config: config))
    assert len({studies.run_id("liquidity_mining", run) for run in runs}) == len(runs) == 8


def one(split: str, rate: float) -> dict[str, float]:
    return study.execute(studies.Run({}, "siloed", 1, study._market(split, rate, 900.0)))


@pytest.mark.slow
def test_rewards_bring_depth_and_equal_parts_bring_it_to_small_rollups() -> None:
    none, equal = one("none", 0.0), one("equal", 8000.0)
    assert none["paid_usd"] == 0.0 < equal["paid_usd"]
    assert equal["depth_usd"] > 1.1 * none["depth_usd"]
    assert equal["share_3"] > 1.5 * none["share_3"]
    assert max(none["conservation_error"], equal["conservation_error"]) < 1e-9
    assert sum(equal[f"share_{at}"] for at in range(4)) == pytest.approx(1.0)


@pytest.mark.slow
def test_table_figure_and_answer(tmp_path: Path) -> None:
    runs = pd.DataFrame(
        {"regime": run.regime, "seed": run.seed, **run.levers, **STUDY.execute(run)}
        for run in STUDY.runs(2, True, lambda config: config)
    )
    assert np.asarray(runs["conservation_error"], float).max() < 1e-9
    answered.check("liquidity_mining", runs)
    assert STUDY.summary is not None
    drawn.check_stored("liquidity_mining", STUDY.summary(runs), tmp_path)
