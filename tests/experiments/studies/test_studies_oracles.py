"""The study of bribed reporters: its grid, table and figure, and that bonds and honesty end bribery."""

from __future__ import annotations

from pathlib import Path

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.analysis import summaries
from experiments.runs import study as studies
from experiments.studies import oracle_collusion as collusion

STUDY = studies.load("oracle_collusion")


@pytest.fixture(scope="module")
def finished() -> pd.DataFrame:
    """The quick grid at two seeds."""
    runs = STUDY.runs(2, True, lambda config: config)
    return pd.DataFrame([{"regime": r.regime, "seed": r.seed, **r.levers, **STUDY.execute(r)} for r in runs])


def test_every_run_is_different_and_the_base_is_run_once() -> None:
    for quick, cells in ((True, 4), (False, 10)):
        runs = list(STUDY.runs(2, quick, lambda config: config))
        assert len(runs) == 2 * 4 * cells
        assert len({studies.run_id("oracle_collusion", run) for run in runs}) == len(runs)


@pytest.mark.slow
def test_table_and_figure(finished: pd.DataFrame, tmp_path: Path) -> None:
    table = STUDY.table(finished)
    assert table.shape == (16, 8)
    assert table.iloc[0, -1] == ""
    assert table.iloc[1:, -1].str.endswith(": open").all(), "two seeds decide nothing"
    answered.check("oracle_collusion", finished)
    drawn.check_stored("oracle_collusion", STUDY.summary(finished), tmp_path)


@pytest.mark.slow
def test_verdicts_need_twenty_seeds_and_are_of_the_same_seed(finished: pd.DataFrame) -> None:
    """Twenty copies of a seed's runs with other levels: half as much under a high bond is "less"."""
    rng = np.random.default_rng(3)
    rows = []
    for seed, level in enumerate(rng.uniform(1e5, 2e5, 20)):
        for _, run in summaries.where(finished, seed=1).iterrows():
            share = 0.5 + 0.01 * rng.standard_normal() if run["bond_usd"] > 1000.0 else 1.0
            rows.append({**run, "seed": seed, "wrongly_liquidated_usd": share * level})
    table = STUDY.table(pd.DataFrame(rows)).set_index(["committee", "regime"]).iloc[:, -1]
    assert table["bond 20000 USD", "pbs"].endswith(": less")
    assert table["9 reporters", "pbs"].endswith(": open")


@pytest.mark.slow
def test_nobody_bribes_for_more_than_it_gains_and_nothing_moves_without_a_majority(finished: pd.DataFrame) -> None:
    dear, base = summaries.where(finished, bond_usd=20_000.0), summaries.where(finished, **collusion.BASE)
    assert (dear["threshold_bond_usd"] < 20_000.0).all()
    assert (dear["bribes_usd"] == 0.0).all() and (dear["wrongly_liquidated_usd"] == 0.0).all()
    assert (base["threshold_bond_usd"] > 1000.0).all()
    assert (base["bribes_usd"] > 0.0).all() and (base["wrongly_liquidated_usd"] > 0.0).all()
    honest = summaries.where(finished, bribable_share=0.4)
    assert (honest["wrongly_liquidated_usd"] == 0.0).all() and (honest["feed_error_worst_bp"] < 100.0).all()
    assert (finished["conservation_error"] < 1e-9).all()


@pytest.mark.slow
def test_where_authors_take_liquidations_the_briber_pays_for_them(finished: pd.DataFrame) -> None:
    base = summaries.where(finished, **collusion.BASE).groupby("regime")[["liquidators_usd", "authors_usd"]].mean()
    for regime in ("encrypted", "pbs"):
        assert base.loc[regime, "liquidators_usd"] < 0.0 < base.loc[regime, "authors_usd"]
    for regime in ("siloed", "centralized_shared"):
        assert base.loc[regime, "liquidators_usd"] > base.loc[regime, "authors_usd"] > 0.0
