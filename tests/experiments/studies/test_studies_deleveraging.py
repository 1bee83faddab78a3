"""The study of a day of deleveraging: its measures by hand, its table and figure, and that funds pay first."""

from __future__ import annotations

from pathlib import Path

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.runs import study as studies
from experiments.runs.study import Run
from experiments.studies import deleveraging
from market.config import MarketConfig

STUDY = studies.load("deleveraging")


def test_the_busiest_stretch_by_hand() -> None:
    times, value = np.array([0.0, 10.0, 11.0, 20.0, 21.5]), np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert deleveraging.busiest(times, value, 1.0) == 5.0
    assert deleveraging.busiest(times, value, 10.0) == 9.0
    assert deleveraging.busiest(times, value, 10.5) == 12.0
    assert deleveraging.busiest(times, value, 100.0) == 15.0
    assert deleveraging.busiest(np.zeros(0), np.zeros(0)) == 0.0


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, True, lambda config: config))
    assert len({studies.run_id("deleveraging", run) for run in runs}) == len(runs) == 16


@pytest.mark.slow
def test_funds_pay_before_winners_do(tmp_path: Path) -> None:
    """At equal seeds: an ample fund pays what is missing and nobody is deleveraged; a small one is used up first."""
    rows = []
    for run in STUDY.runs(2, True, lambda config: config):
        if run.regime != "siloed" or run.levers["outage_s"]:
            continue
        rows.append({"regime": run.regime, "seed": run.seed, **run.levers, **STUDY.execute(run)})
        ample = STUDY.execute(_with_fund(run, 1e9))
        none = STUDY.execute(_with_fund(run, 0.0))
        assert ample["deleveraged_usd"] == 0.0
        small = rows[-1]
        assert small["deleveraged_usd"] <= none["deleveraged_usd"]
        if small["deleveraged_usd"] > 0.0:
            assert small["fund_paid_usd"] >= 2e4
            assert float(ample["fund_paid_usd"]) > 2e4
        assert max(row["conservation_error"] for row in (small, ample, none)) < 1e-9
    runs = pd.DataFrame(rows)
    assert (runs["deleveraged_usd"] > 0.0).any()
    assert (runs["long_share"] > 0.5).all()
    active, passive = (runs[runs["traders"] == kind] for kind in ("active", "passive"))
    assert active["liquidated_usd"].mean() < passive["liquidated_usd"].mean()
    assert len(STUDY.table(runs)) == 3
    answered.check("deleveraging", runs)
    drawn.check_stored("deleveraging", STUDY.summary(runs), tmp_path)


def _with_fund(run: Run, fund_usd: float) -> Run:
    config = run.config
    assert isinstance(config, MarketConfig)
    rollups = tuple(
        place.model_copy(
            update={"perpetuals": tuple(spec.model_copy(update={"fund_usd": fund_usd}) for spec in place.perpetuals)}
        )
        for place in config.rollups
    )
    return Run(run.levers, run.regime, run.seed, config.model_copy(update={"rollups": rollups}))
