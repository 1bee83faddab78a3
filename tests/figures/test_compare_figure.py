"""The figure of a comparison takes the form that its levers ask for, and shows the numbers of the summary."""

from __future__ import annotations

import drawn
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from experiments.runs import levers
from experiments.runs.comparison import Comparison
from experiments.runs.levers import Factor, Span
from experiments.runs.store import Store
from figures import _compare as forms
from figures import _shared, compare

OUTCOMES = ("user_cost_all_bp", "extracted_usd", "unfilled_share")


def lever(key: str, *values: str) -> Factor:
    """A lever and its values."""
    return Factor((key,), tuple((value,) for value in values))


REGIME = lever("regime", "siloed", "pbs", "espresso")
STRATEGY = lever("agents.trader.0.strategy", "arbitrageur", "mine:Patient")
VOLATILITY, FLOW = lever("assets.0.volatility", "1.2", "0.4", "2"), lever("flow.per_second", "1", "3", "9", "10")
SAMPLE = levers.sample("lhs:20", [Span("assets.0.volatility", 0.4, 1.6), Span("flow.per_second", 1.0, 5.0)])
LIST = Factor(("regime", "flow.per_second"), (("pbs", "3"), ("siloed", "4"), ("pbs", "5")))


def summary(*factors: Factor, outcomes: tuple[str, ...] = OUTCOMES, seeds: int = 4) -> pd.DataFrame:
    """Summary of a comparison of invented outcomes."""
    comparison, rng = Comparison(factors, outcomes), np.random.default_rng(3)
    values, rows = comparison.tabulated(), []
    for cell in comparison.cells():
        known = {key: values[key][text] for key, text in cell.items()}
        for seed in range(1, seeds + 1):
            drawn_outcomes = {name: rng.normal(seed, 0.2) for name in outcomes}
            rows.append({"regime": "siloed"} | known | {"seed": seed} | drawn_outcomes)
    return comparison.summary(pd.DataFrame(rows))


def check(found: pd.DataFrame, along: str, count: int) -> Figure:
    """Draw, and hold each panel against the levels of its outcome."""
    figure = compare.draw(found)
    figure.draw_without_rendering()
    panels = drawn.panels(figure)
    assert len(panels) == count
    for letter, axes in panels.items():
        outcome = _outcome(found, axes)
        drawn.assert_shows(axes, drawn.chosen(found, less="", outcome=outcome), along)
        unit = found[found["outcome"] == outcome]["unit"].iloc[0]
        assert unit == (axes.get_xlabel() if along == "x" else axes.get_ylabel()), letter
        used = drawn.colours(axes)
        assert len(used) < 2 or used <= drawn.keys(figure), letter
    return figure


def _outcome(found: pd.DataFrame, axes: Axes) -> str:
    title = axes.get_title(loc="left").split("$")[-1].strip()
    return found[found["title"] == title]["outcome"].iloc[0]


@pytest.mark.parametrize("seeds", [1, 4])
@pytest.mark.parametrize(
    ("factors", "form", "along", "count"),
    [
        ((REGIME,), forms.dots, "x", 3),
        ((REGIME, STRATEGY), forms.dots, "x", 3),
        ((LIST,), forms.dots, "x", 3),
        ((VOLATILITY,), forms.lines, "y", 3),
        ((REGIME, VOLATILITY), forms.lines, "y", 3),
        ((REGIME, STRATEGY, VOLATILITY), forms.lines, "y", 3),
        ((SAMPLE,), forms.points, "y", 6),
        ((SAMPLE, REGIME), forms.points, "y", 6),
    ],
)
def test_the_form_is_that_of_the_levers_and_shows_the_summary(factors, form, along, count, seeds) -> None:
    found = summary(*factors, seeds=seeds)
    assert forms.form_of(found[found["less"] == ""]).draw is form
    check(found, along, count)


def test_lines_that_lie_on_one_another_are_all_seen() -> None:
    lines = drawn.panels(compare.draw(summary(REGIME, VOLATILITY)))["a"].get_lines()
    widths = [line.get_linewidth() for line in lines if line.get_label() in ("siloed", "PBS", "espresso")]
    assert len(widths) == 3
    assert widths == sorted(set(widths), reverse=True)


def test_two_numbers_are_a_map_of_means_at_their_places() -> None:
    found = summary(VOLATILITY, FLOW)
    figure = compare.draw(found)
    axes = drawn.panels(figure)["b"]
    mesh = next(part for part in axes.collections if isinstance(part, QuadMesh))
    levels = drawn.chosen(found, less="", outcome="extracted_usd")
    expected = levels.pivot(index="flow.per_second", columns="assets.0.volatility", values="mean")
    np.testing.assert_allclose(np.asarray(mesh.get_array()).reshape(4, 3), expected.to_numpy())
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0.4", "1.2", "2"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("assets.0.volatility", "flow.per_second")
    written = {text.get_text() for text in axes.texts}
    assert {_shared.number(mean) for mean in levels["mean"]} <= written
    assert "USD" in {other.get_ylabel() for other in figure.axes}


def test_no_more_than_six_outcomes_are_drawn() -> None:
    found = summary(REGIME, outcomes=tuple(f"outcome_{at}" for at in range(8)))
    assert list(drawn.panels(compare.draw(found))) == list("abcdef")


def test_more_values_than_colours_are_rows() -> None:
    many = lever("agents.trader.0.strategy", *(f"mine:S{at}" for at in range(9)))
    check(summary(VOLATILITY, many), "x", 3)


@pytest.mark.slow
def test_cells_without_a_run_are_left_out_and_files_are_the_same_again(tmp_path) -> None:
    for factors in ((REGIME, VOLATILITY), (VOLATILITY, FLOW)):
        found = summary(*factors, outcomes=OUTCOMES[:1])
        found.loc[found.index[:1], ["mean", "low", "high"]] = np.nan
        stored = Store(tmp_path, "code").write_summary(found)
        contents = _shared.drawn(compare.draw, stored)
        assert [content[:4] for content in contents.values()] == [b"%PDF", b"\x89PNG"]
    assert contents == _shared.drawn(compare.draw, stored)
