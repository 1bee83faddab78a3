"""The study of contagion: its grid, its two parts, and that outages cost every sharing the same rollup-hours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import study as studies
from figures import _shared, contagion

STUDY = studies.load("contagion")


def grid(seeds: int = 1) -> list[studies.Run]:
    return list(STUDY.runs(seeds, True, lambda config: config.model_copy(update={"horizon_s": 120.0})))


@pytest.fixture(scope="module")
def finished() -> pd.DataFrame:
    return pd.DataFrame([{"regime": r.regime, "seed": r.seed, **r.levers, **STUDY.execute(r)} for r in grid()])


def test_every_run_is_different() -> None:
    runs = grid(2)
    assert len({studies.run_id("contagion", run) for run in runs}) == len(runs)


def test_table_and_figure(finished: pd.DataFrame, tmp_path: Path) -> None:
    assert len(STUDY.table(finished)) == 6
    assert all(path.stat().st_size > 5000 for path in _shared.save(contagion.draw, finished, tmp_path))


def test_shares_are_shares(finished: pd.DataFrame) -> None:
    shares = finished[[name for name in finished.columns if name.startswith("liquidated_share_")]]
    assert ((np.asarray(shares) >= 0.0) & (np.asarray(shares) <= 1.0)).all()
    assert (finished["rollups_hit"] <= 4).all()


def test_outages_stop_every_rollup_equally_long() -> None:
    """A sequencer alone misses 60 slots of its rollup; one for four rollups misses 60 slots of all of them."""
    runs = list(STUDY.runs(1, True, lambda config: config))
    for sharing, domains in (("siloed", 4), ("pairs", 2), ("shared", 1)):
        run = next(r for r in runs if r.regime == sharing and r.levers["outage_s"] == 120.0)
        assert abs(float(STUDY.execute(run)["missed_slots"]) - 60 * domains) <= domains
