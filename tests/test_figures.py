"""Figures draw any set of runs that a study can produce."""

from __future__ import annotations

import ast
from pathlib import Path

import invented
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from experiments.studies import regimes as study
from figures import _shared, regimes
from market import discovery


@pytest.mark.parametrize("name", discovery.modules("figures"))
def test_every_figure_has_its_parts(name: str) -> None:
    module = discovery.load("figures", name)
    assert module.__doc__
    assert len(module.CAPTION) > 40
    assert callable(module.draw)


@pytest.mark.parametrize(("count", "seeds"), [(1, 1), (2, 2), (5, 10), (16, 10)])
def test_regimes_draws_few_and_many(tmp_path: Path, count: int, seeds: int) -> None:
    paths = _shared.save(regimes.draw, invented.runs(invented.SIXTEEN[:count], seeds), tmp_path)
    assert [path.name for path in paths] == ["figure.pdf", "figure.png"]
    assert all(path.stat().st_size > 5000 for path in paths)


def test_the_same_runs_give_the_same_files(tmp_path: Path) -> None:
    runs = invented.runs(seeds=2)
    first, second = ([p.read_bytes() for p in _shared.save(regimes.draw, runs, tmp_path)] for _ in range(2))
    assert first == second


def test_fonts_stay_text(tmp_path: Path) -> None:
    content = _shared.save(regimes.draw, invented.runs(seeds=2), tmp_path)[0].read_bytes()
    assert b"/Type3" not in content
    assert b"/TrueType" in content or b"/CIDFontType2" in content or b"/FontFile2" in content


def test_regimes_draws_a_market_in_which_nothing_happened() -> None:
    runs = invented.runs(seeds=3)
    for column in runs.columns:
        if column.endswith("_usd") and column != "volume_usd":
            runs[column] = 0.0
    runs["dispersion_bp"] = np.nan
    figure = regimes.draw(runs)
    figure.draw_without_rendering()


def test_regimes_without_the_baseline_compares_with_the_first() -> None:
    runs = invented.runs(("pbs", "encrypted"), 3)
    labels = [axes.get_xlabel() for axes in _axes(regimes.draw(runs))]
    assert "difference to PBS [bp]" in labels


def test_every_panel_has_a_letter_in_order() -> None:
    titles = [axes.get_title(loc="left") for axes in _axes(regimes.draw(invented.runs(seeds=2)))]
    assert [title.split("{")[1][0] for title in titles] == list("abcdefgh")


def test_interval() -> None:
    assert _shared.interval([2.0]) == (2.0, 2.0)
    assert all(np.isnan(_shared.interval([np.nan])))
    low, high = _shared.interval([1.0, 2.0, 3.0, np.nan])
    assert 1 <= low < 2 < high <= 3


def test_differences_are_within_a_seed() -> None:
    rows = [("siloed", 1, 1.0), ("siloed", 2, 5.0), ("pbs", 2, 6.0), ("pbs", 1, 3.0), ("pbs", 3, 9.0)]
    runs = pd.DataFrame(rows, columns=["regime", "seed", "cost"])
    found = _shared.differences(runs, _shared.values(runs, "cost"), "siloed")
    assert {name: sample.tolist() for name, sample in found.items()} == {"pbs": [1.0, 2.0]}


def test_the_columns_a_study_and_its_figure_read_are_the_same_world() -> None:
    table = study.table(invented.runs(seeds=4))
    assert table["regime"].tolist()[:4] == ["siloed", "siloed_extractive", "", ""]
    assert table.iloc[:, 1].tolist()[:4] == ["mean (s.e.)", "mean (s.e.)", "less siloed", "95% interval"]
    assert table.loc[2, "user cost [bp]"].startswith("3.") or float(table.loc[2, "user cost [bp]"]) > 0
    assert table.loc[3, "user cost [bp]"].startswith("[")


def test_captions_are_literals() -> None:
    for path in Path(str(regimes.__file__)).parent.glob("[!_]*.py"):
        targets = [node.targets[0] for node in ast.parse(path.read_text()).body if isinstance(node, ast.Assign)]
        assert "CAPTION" in [target.id for target in targets if isinstance(target, ast.Name)]


def _axes(figure: Figure) -> list:
    return [axes for part in figure.subfigs for axes in part.axes]
