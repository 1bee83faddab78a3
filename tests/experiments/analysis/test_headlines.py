"""Differences that answers state stand below the table with their sizes, and no answer words one that does not."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.analysis import headlines
from experiments.runs import study as studies
from experiments.runs.store import Store

STUDIES = Path(studies.__file__).resolve().parents[1] / "studies"
IN_TABLE = ("regimes",)
"""Studies whose own table has a row for each difference, with its size over the spread between seeds."""


def series(values: list[float]) -> pd.Series:
    return pd.Series(values, index=range(1, len(values) + 1))


def test_a_difference_is_within_a_seed_and_its_size_is_over_the_spread_of_what_it_is_a_difference_to() -> None:
    world = 10.0 * np.arange(1, 21)
    base, amount = series(world.tolist()), series((world + 3.0 + np.tile([0.1, -0.1], 10)).tolist())
    one = headlines.pair("cost, fast less slow", amount.iloc[::-1], base.drop(5), "bp", 2.0)
    assert one.sample.size == one.level.size == 19
    row = headlines.table([one]).loc[0]
    assert row["difference"] == "cost, fast less slow"
    assert float(row["mean"]) == pytest.approx(2.0 * one.sample.mean(), abs=5e-3)
    size = one.sample.mean() / np.delete(world, 4).std(ddof=1)
    assert float(row["over the spread between seeds"]) == pytest.approx(size, rel=5e-3)
    assert row["verdict (p)"].startswith("open"), "nineteen seeds settle nothing"
    assert one.said.endswith("; open)")


def test_differences_that_are_judged_together_are_corrected_for_their_number() -> None:
    noise = np.random.default_rng(3).normal(size=20)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    base = series(np.arange(20.0).tolist())
    # Student's t of 2.3 with 19 degrees of freedom: 0.033 by itself, and three times that among three
    found = {name: headlines.pair(name, base + noise + 2.3 / np.sqrt(20.0), base, "bp") for name in "abc"}
    assert all(one.said.endswith(")") and "open" not in one.said for one in found.values())
    together = headlines.together(found)
    assert all(one.chance == pytest.approx(3.0 * found[name].chance) for name, one in together.items())
    assert set(headlines.table(list(together.values()))["verdict (p)"]) == {"open (0.099)"}


def test_a_level_that_seeds_share_has_no_spread() -> None:
    one = headlines.pair("a", series([1.0, 2.0, 4.0]), series([1.0, 1.0, 1.0]), "bp")
    assert headlines.table([one]).loc[0, "over the spread between seeds"] == ""


def test_they_stand_below_the_table_and_in_a_file_of_their_own(tmp_path: Path) -> None:
    one = headlines.pair("cost, fast less slow", series([1.0, 2.0, 4.0]), series([0.0, 1.0, 2.0]), "bp")
    shown = headlines.table([one])
    Store(tmp_path, "code").write_table(pd.DataFrame({"a": [1]}), "Title", None, (shown, headlines.TITLE))
    first, second = (tmp_path / "table.md").read_text(encoding="utf-8").split(f"\n{headlines.TITLE}\n")
    assert first.startswith("Title\n") and "cost" not in first
    assert "| cost, fast less slow | bp   | 1.33 |" in second
    assert (tmp_path / "table.tex").read_text(encoding="utf-8").count(r"\begin{tabular}") == 2
    assert pd.read_csv(tmp_path / "headlines.csv")["over the spread between seeds"].tolist() == [1.33]


@pytest.mark.parametrize("path", sorted(STUDIES.glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_no_answer_words_a_difference_that_stands_nowhere_with_its_size(path: Path) -> None:
    names = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    assert "answers.change" not in names or path.stem in IN_TABLE
