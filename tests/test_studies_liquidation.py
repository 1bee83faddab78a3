"""The study of liquidation designs: its grid, table and figure, and that only full blocks give lots away."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from experiments import study as studies
from figures import _shared, liquidation_design

STUDY = studies.load("liquidation_design")


@pytest.fixture(scope="module")
def finished() -> pd.DataFrame:
    """One seed of free and full blocks, without builders."""
    every = STUDY.runs(1, True, lambda config: config)
    runs = [run for run in every if run.regime != "pbs" and run.levers["blocks"] != "busy"]
    return pd.DataFrame([{"regime": r.regime, "seed": r.seed, **r.levers, **STUDY.execute(r)} for r in runs])


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, True, lambda config: config))
    assert len(runs) == 2 * 3 * 3 * 3
    assert len({studies.run_id("liquidation_design", run) for run in runs}) == len(runs)


def test_table_and_figure(finished: pd.DataFrame, tmp_path: Path) -> None:
    assert len(STUDY.table(finished)) == 12
    assert all(path.stat().st_size > 5000 for path in _shared.save(liquidation_design.draw, finished, tmp_path))


def test_lots_are_given_away_in_english_auctions_and_full_blocks_alone(finished: pd.DataFrame) -> None:
    given = finished["zero_bid_share"] > 0.0
    assert given.any()
    assert set(finished["design"][given]) == {"english"}
    assert "free" not in set(finished["blocks"][given])


def test_a_sequencer_that_inserts_leaves_liquidators_nothing_where_price_is_a_rule(finished: pd.DataFrame) -> None:
    """Of fixed spreads and Dutch auctions; in free blocks."""
    for design in ("fixed spread", "dutch"):
        cell = _shared.where(finished, blocks="free", design=design).set_index("regime")
        assert cell.loc["extractive", "liquidators_usd"] <= 0.0 < cell.loc["extractive", "sequencers_usd"]
        assert cell.loc["honest", "liquidators_usd"] > 0.0
