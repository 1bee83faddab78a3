"""The study of the breaker: its grid, table and figure, and the paradox that a pause feeds what it should stop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import study as studies
from figures import _shared, circuit_breaker

STUDY = studies.load("circuit_breaker")


@pytest.fixture(scope="module")
def finished() -> pd.DataFrame:
    runs = STUDY.runs(2, True, lambda config: config)
    return pd.DataFrame([{"regime": r.regime, "seed": r.seed, **r.levers, **STUDY.execute(r)} for r in runs])


def mean(rows: pd.DataFrame, column: str, **levers: str) -> float:
    return float(np.mean(_shared.values(_shared.where(rows, **levers), column)))


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, True, lambda config: config))
    assert len({studies.run_id("circuit_breaker", run) for run in runs}) == len(runs)


def test_table_and_figure(finished: pd.DataFrame, tmp_path: Path) -> None:
    assert len(STUDY.table(finished)) == 16
    assert all(path.stat().st_size > 5000 for path in _shared.save(circuit_breaker.draw, finished, tmp_path))


def test_a_pause_feeds_the_cascade_of_pools_and_exempt_arbitrage_does_not(finished: pd.DataFrame) -> None:
    taken = {
        name: mean(finished, "liquidated_usd", oracle="pool", breaker=name)
        for name in ("none", "60 s", "60 s, arbitrage exempt")
    }
    assert taken["60 s"] > 1.2 * taken["none"]
    assert taken["60 s, arbitrage exempt"] < 0.5 * (taken["60 s"] + taken["none"])


def test_only_breakers_pause(finished: pd.DataFrame) -> None:
    none = _shared.where(finished, breaker="none")
    assert not none[["pauses", "paused", "paused_s"]].to_numpy().any()
    assert (_shared.where(finished, breaker="60 s")["pauses"] > 0).all()
