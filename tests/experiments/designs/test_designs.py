"""Designs: the contract of every method, and functions of which the indices are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.analysis import sensitivity, summaries
from experiments.runs import design as designs
from experiments.runs import levers
from experiments.runs.design import Design
from experiments.runs.levers import Factor, Span
from market import discovery
from market.errors import InputError

METHODS = discovery.modules(designs.PACKAGE)
LEVERS = (Span("a", 1.0, 3.0), Span("b", 0.0, 4.0, whole=True), Factor(("c",), (("low",), ("high",))))
SPANS = (Span("a", 0.0, 1.0), Span("b", 0.0, 1.0), Span("c", 0.0, 1.0))
OWN = {"a": "0.5", "b": "0.5", "c": "0.5"}


def asked(method: str, size: int = 8, seed: int = 1, spans: tuple[Any, ...] = SPANS) -> Design:
    return designs.parse(f"{method}:{size}:{seed}", spans)


def runs_of(design: Design, function: Callable[..., float], seeds: int = 1) -> pd.DataFrame:
    """Finished rows of every point of a design at some seeds; of points that are there twice, once."""
    rows = {
        (*cell, seed): dict(zip(design.keys, map(float, cell), strict=True)) | {"seed": seed}
        for cell in design.cells(OWN)
        for seed in range(1, seeds + 1)
    }
    return pd.DataFrame([row | {"y": function(*(row[key] for key in (*design.keys, "seed")))} for row in rows.values()])


def summary_of(design: Design, runs: pd.DataFrame) -> pd.DataFrame:
    cells = [tuple(map(float, cell)) for cell in design.cells(OWN)]
    return sensitivity.summary(runs, design, cells, ["y"])


def index(summary: pd.DataFrame, name: str) -> Mapping[str, Any]:
    return {row["lever"]: row for row in summaries.where(summary, index=name).to_dict("records")}


@pytest.mark.parametrize("method", METHODS)
def test_a_method_says_what_it_is_and_its_strands_are_alike(method: str) -> None:
    module = discovery.load(designs.PACKAGE, method)
    assert all(isinstance(discovery.constant(designs.PACKAGE, method, name), str) for name in ("TITLE", "SIZES"))
    assert isinstance(module.STRANDS, str)
    assert module.HEADLINE in module.INDICES
    assert not module.allowed(0)
    assert module.allowed(8)
    design = asked(method)
    assert len(design.points) == len(design.strands)
    assert sorted(set(design.strands)) == list(range(max(design.strands) + 1))
    assert len({design.strands.count(strand) for strand in design.strands}) == 1
    assert all(share is None or 0.0 <= share <= 1.0 for point in design.points for share in point)
    found = summary_of(design, runs_of(design, lambda a, b, c, seed: a + b + c))
    assert set(found["index"]) == {*module.INDICES, sensitivity.NOISE, sensitivity.DROPPED}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_is_the_same_design_and_the_same_intervals(method: str, seed: int) -> None:
    """Also seed 0, which SALib takes for none."""
    np.random.seed(1)  # noqa: NPY002 - what SALib would draw from
    one = asked(method, seed=seed)
    first = summary_of(one, runs_of(one, lambda a, b, c, seed: a * b + c))
    np.random.seed(2)  # noqa: NPY002
    other = asked(method, seed=seed)
    assert one == other
    assert one.pickled() == other.pickled()
    pd.testing.assert_frame_equal(first, summary_of(other, runs_of(other, lambda a, b, c, seed: a * b + c)))
    if method != "curves":
        assert one.points != asked(method, seed=seed + 1).points


def test_effects_of_a_plane_are_its_slopes_and_none_is_uncertain() -> None:
    design = asked("morris", 5)
    found = summary_of(design, runs_of(design, lambda a, b, c, seed: 2.0 * a - 3.0 * c + 10.0))
    for name, expected in (("mu", (2.0, 0.0, -3.0)), ("mu_star", (2.0, 0.0, 3.0)), ("sigma", (0.0, 0.0, 0.0))):
        rows = index(found, name)
        assert [rows[key]["mean"] for key in "abc"] == pytest.approx(expected, abs=1e-12)
    assert all(abs(row["high"] - row["low"]) < 1e-9 for row in index(found, "mu_star").values())


def test_shares_of_a_plane_are_its_squared_slopes() -> None:
    design = asked("sobol", 512)
    found = summary_of(design, runs_of(design, lambda a, b, c, seed: 2.0 * a - 1.0 * c))
    for name in ("S1", "ST"):
        rows = index(found, name)
        for key, expected in zip("abc", (0.8, 0.0, 0.2), strict=True):
            assert rows[key]["mean"] == pytest.approx(expected, abs=0.05)
            assert rows[key]["low"] - 1e-9 <= expected <= rows[key]["high"] + 1e-9


def test_what_does_not_vary_has_no_shares_and_no_noise() -> None:
    design = asked("sobol")
    found = summary_of(design, runs_of(design, lambda a, b, c, seed: 7.0, seeds=3))
    rows = found[found["index"] != sensitivity.DROPPED]
    assert rows["mean"].isna().all()


def test_curves_leave_the_others_where_they_are() -> None:
    design = asked("curves", 3)
    found = summary_of(design, runs_of(design, lambda a, b, c, seed: a + 10.0 * b + 100.0 * c + seed, seeds=3))
    levels = summaries.where(found, index="level", lever="b")
    assert levels["at"].tolist() == ["0.0", "0.5", "1.0"]
    np.testing.assert_allclose(levels["mean"], [52.5, 57.5, 62.5])
    change = index(found, "change")["b"]
    assert (change["mean"], change["low"], change["high"]) == pytest.approx((10.0, 10.0, 10.0))


@pytest.mark.parametrize("method", METHODS)
def test_a_strand_of_which_a_run_is_missing_is_dropped_whole_and_counted(method: str) -> None:
    """What is left says what it would say without the strand."""
    design = asked(method)
    runs = runs_of(design, lambda a, b, c, seed: np.sin(5.0 * a) + a * b + c + 0.1 * seed * a, seeds=3)
    values = sensitivity.samples(runs, design.keys, [tuple(map(float, cell)) for cell in design.cells(OWN)], "y")
    lost = design.cells(OWN)[0]
    chosen = np.logical_and.reduce([runs[key] == float(text) for key, text in zip(design.keys, lost, strict=True)])
    without = runs[~(chosen & (runs["seed"] == 2))]
    found = summary_of(design, without)
    dropped = {strand for strand, cell in zip(design.strands, design.cells(OWN), strict=True) if cell == lost}
    kept = [place for place, strand in enumerate(design.strands) if strand not in dropped]
    assert index(found, sensitivity.DROPPED)["all"]["mean"] == len(dropped)
    less = Design(
        method, 0, 1, design.levers, tuple(design.points[place] for place in kept),
        tuple(design.strands[place] for place in kept),
    )  # fmt: skip
    expected = list(less.module.rows(less, values[kept], np.ones(len(kept), dtype=bool)))
    rows = found[~found["index"].isin([sensitivity.NOISE, sensitivity.DROPPED, "change"])]
    means = [row["mean"] for row in expected if row["index"] != "change"]
    np.testing.assert_array_equal(rows["mean"].to_numpy(float), np.array(means))
    # a value that is none is as good as a run that is missing
    broken = runs.assign(y=runs["y"].where(~(chosen & (runs["seed"] == 2))))
    pd.testing.assert_frame_equal(summary_of(design, broken), found)


def test_levers_of_whole_numbers_and_of_lists_have_as_much_of_the_range_each() -> None:
    shares = (np.arange(1000) + 0.5) / 1000
    for lever, expected in zip(LEVERS[1:], (["0", "1", "2", "3", "4"], ["low", "high"]), strict=True):
        texts = [levers.text_at(lever, float(share)) for share in shares]
        assert list(dict.fromkeys(texts)) == expected
        assert {texts.count(text) for text in expected} == {1000 // len(expected)}
        assert levers.text_at(lever, 1.0) == expected[-1]
    assert levers.text_at(LEVERS[0], 0.25) == "1.5"


def test_an_interval_covers_seeds_that_disagree() -> None:
    """Where seeds turn a slope round, its interval is that of the seeds, however exact each of them is."""
    design = asked("morris", 4)
    found = summary_of(design, runs_of(design, lambda a, b, c, seed: (seed - 2.0) * a, seeds=3))
    row = index(found, "mu")["a"]
    assert row["mean"] == pytest.approx(0.0, abs=1e-12)
    assert row["standard_error"] == pytest.approx(1.0 / np.sqrt(3.0))


MISTAKES = [
    ("sobol", "--method sobol: not a design; allowed: METHOD:N, as in curves:9"),
    ("sobols:8", "--method: unknown name 'sobols' (did you mean 'sobol'?)"),
    ("sobol:10", "--method sobol:10: got N = 10; allowed: N a power of two from 8 to 4096"),
    ("morris:1", "--method morris:1: got N = 1; allowed: N from 2 to 1000 trajectories"),
    ("curves:9:x", "--method curves:9:x: not a design"),
]


@pytest.mark.parametrize(("text", "complaint"), MISTAKES)
def test_designs_that_are_none(text: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        designs.parse(text, SPANS)
    assert complaint in str(caught.value)


def test_without_salib_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "SALib.sample.sobol", None)
    with pytest.raises(InputError, match=r"needs the extra 'sensitivity'; `uv sync --extra sensitivity` installs it"):
        asked("sobol")
