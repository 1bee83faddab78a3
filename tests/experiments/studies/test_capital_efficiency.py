"""The study of margin over rollups: what sharing cannot change, its table, figure and answer."""

from __future__ import annotations

from pathlib import Path

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.runs import study as studies
from experiments.studies import capital_efficiency as study

STUDY = studies.load("capital_efficiency")


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, True, lambda config: config))
    assert len({studies.run_id("capital_efficiency", run) for run in runs}) == len(runs) == 24


def one(margin: str, capital: float, outage_s: float = 0.0) -> dict[str, float]:
    config = study._market(margin, capital, outage_s, 240.0)
    return study.execute(studies.Run({}, margin, 5, config))


def test_one_account_needs_less_and_changes_nothing_else_where_capital_never_binds() -> None:
    apart, shared = one("sequenced together", 1e9), one("shared", 1e9)
    assert shared["margin_usd"] < apart["margin_usd"]
    for name in ("spread", "spread_after", "unserved_share", "liquidated_usd"):
        assert shared[name] == apart[name]
    assert shared["conservation_error"] < 1e-9


def test_an_outage_of_one_sequencer_stops_all_that_it_sequences() -> None:
    assert one("siloed", 1e9)["frozen_usd"] == 0.0
    apart, shared = one("siloed", 1e9, 48.0), one("shared", 1e9, 48.0)
    assert 0.0 < apart["frozen_usd"] < 0.5 * shared["frozen_usd"]


@pytest.mark.slow
def test_table_figure_and_answer(tmp_path: Path) -> None:
    runs = pd.DataFrame(
        {"regime": run.regime, "seed": run.seed, **run.levers, **STUDY.execute(run)}
        for run in STUDY.runs(2, True, lambda config: config)
    )
    assert np.asarray(runs["conservation_error"], float).max() < 1e-9
    answered.check("capital_efficiency", runs)
    assert STUDY.summary is not None
    drawn.check_stored("capital_efficiency", STUDY.summary(runs), tmp_path)
