"""What `run` asks of every study's grid before anything runs."""

from __future__ import annotations

import pytest

from experiments.cli import run
from experiments.runs import study as studies


@pytest.mark.parametrize("name", studies.names())
def test_strategies_of_every_grid_have_names(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQMARKET_DATA", "")
    grid = studies.load(name).runs
    if name == "stress_replay":
        pytest.skip("its grid needs the prices of a crash")
    found = run._strategies(list(grid(1, True, lambda config: config)))
    assert all(isinstance(strategy, str) and strategy for strategy in found)
    assert name != "tournament" or found
