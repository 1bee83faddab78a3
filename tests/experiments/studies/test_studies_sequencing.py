"""Studies of sequencing rules: grids, runs, tables and figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from agents.population import Population
from experiments.markets.scenarios import reference
from experiments.runs import study as studies
from experiments.runs.run import run_one
from experiments.runs.study import Run
from market import regimes
from market.model import SequencerMarket

STUDIES = ("latency_contest", "atomicity", "censorship", "redistribution", "network_competition", "governance")
SHORT = {
    "censorship": 120.0,
    "atomicity": 60.0,
    "redistribution": 60.0,
    "network_competition": 20.0,
    "governance": 70.0,
}
LONG = ("atomicity", "governance", "latency_contest", "network_competition", "redistribution")
NAMED = (
    "rotation",
    "slot_auction",
    "fair_ordering",
    "frequent_batch",
    "timeboost",
    "timeboost_score",
    "espresso",
    "astria",
    "radius",
)
NAMED += ("protocol_specific", "competing_networks", "based", "based_preconfirmed")


def shorten(name: str) -> Any:
    def configure(config: Any) -> Any:
        if name == "latency_contest":
            return config.model_copy(update={"steps": 30, "batch": 256, "prizes": 500})
        return config.model_copy(update={"horizon_s": SHORT[name]})

    return configure


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in STUDIES],
)
def finished(request: pytest.FixtureRequest) -> tuple[str, pd.DataFrame]:
    """A study's quick grid on tiny runs."""
    loaded = studies.load(request.param)
    rows = [
        {"regime": run.regime, "seed": run.seed, **run.levers, **loaded.execute(run)}
        for run in loaded.runs(2, True, shorten(request.param))
    ]
    return request.param, pd.DataFrame(rows)


def test_every_run_is_different_and_has_numbers(finished: tuple[str, pd.DataFrame]) -> None:
    name, _ = finished
    runs = list(studies.load(name).runs(2, True, shorten(name)))
    assert len({studies.run_id(name, run) for run in runs}) == len(runs)
    assert all(isinstance(run, Run) and run.config is not None for run in runs)


def test_table_and_figure(finished: tuple[str, pd.DataFrame], tmp_path: Path) -> None:
    name, rows = finished
    loaded = studies.load(name)
    assert not loaded.table(rows).empty
    answered.check(name, rows)
    drawn.check_stored(loaded.name, loaded.summary(rows), tmp_path)


def test_a_run_is_a_function_of_its_seed(finished: tuple[str, pd.DataFrame]) -> None:
    name, rows = finished
    loaded = studies.load(name)
    run = next(iter(loaded.runs(2, True, shorten(name))))
    again = loaded.execute(run)
    for key, value in again.items():
        if not key.endswith("seconds"):
            np.testing.assert_equal(value, rows.loc[0, key])


@pytest.mark.parametrize("name", NAMED)
def test_named_regimes_run_and_balance(name: str) -> None:
    config = reference(regime=regimes.load(name), quick=True).model_copy(update={"horizon_s": 40.0})
    outcome = run_one(config, 3)
    assert float(outcome["conservation_error"]) < 1e-9
    assert int(outcome["filled"]) > 0


def test_clusters_of_an_ecosystem_share_bundles_and_nobody_else() -> None:
    config = reference(regime=regimes.load("protocol_specific"), quick=True)
    market = SequencerMarket(config, 1, Population(config))
    assert [domain.rollups for domain in market.domains] == [(0, 1, 2), (3, 4, 5)]


def test_back_run_bidders_come_last_and_front_run_nobody() -> None:
    for name, outcome in ((name, _run(name)) for name in ("astria", "radius")):
        assert outcome["extracted_sandwich_usd"] == 0.0, name
        assert outcome["auction_revenue_usd"] > 0.0, name


def test_based_blocks_are_slow() -> None:
    assert _run("based")["inclusion_delay_s"] > 4.0 > _run("astria")["inclusion_delay_s"]


def _run(name: str) -> dict[str, Any]:
    config = reference(regime=regimes.load(name), quick=True).model_copy(update={"horizon_s": 120.0})
    return dict(run_one(config, 2))
