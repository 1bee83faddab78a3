"""The figure of a sensitivity analysis shows the numbers of the summary, and no more than six panels."""

from __future__ import annotations

import drawn
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from experiments.analysis import sensitivity, summaries
from experiments.runs import design as designs
from experiments.runs.levers import Span
from experiments.runs.store import Store
from figures import _sensitivity, _shared
from figures import sensitivity as figure

LEVERS = (Span("flow.per_second", 0.0, 1.0), Span("assets.0.volatility", 0.0, 1.0))
OUTCOMES = ("user_cost_all_bp", "extracted_usd", "unfilled_share", "lp_net_bp_per_day")


def summary(method: str, outcomes: tuple[str, ...] = OUTCOMES, seeds: int = 4) -> pd.DataFrame:
    """Summary of made-up runs."""
    design = designs.parse(method, LEVERS)
    cells = [tuple(map(float, cell)) for cell in design.cells(dict.fromkeys(design.keys, "0.5"))]
    generator = np.random.default_rng(3)
    rows = [
        dict(zip(design.keys, cell, strict=True))
        | {"seed": seed}
        | {name: cell[0] + at * cell[1] ** 2 + 0.1 * generator.normal() for at, name in enumerate(outcomes)}
        for cell in dict.fromkeys(cells)
        for seed in range(seeds)
    ]
    return sensitivity.summary(pd.DataFrame(rows), design, cells, outcomes)


def means(axes: Axes) -> list[float]:
    """Where opaque points lie across."""
    found = [line for line in axes.lines if line.get_marker() == "o" and line.get_alpha() is None]
    return [float(x) for line in found for x in np.asarray(line.get_xdata(), dtype=float)]


@pytest.mark.parametrize("method", ["morris:6", "sobol:16"])
def test_indices_are_drawn_where_they_are_with_their_intervals(method: str) -> None:
    found = summary(method)
    panels = drawn.panels(figure.draw(found))
    assert list(panels) == list("abcd")
    assert [text.get_text() for text in panels["a"].get_yticklabels()] == [lever.key for lever in LEVERS]
    for axes, outcome in zip(panels.values(), OUTCOMES, strict=True):
        rows = found[(found["outcome"] == outcome) & (found["lever"] != sensitivity.ALL)]
        assert sorted(means(axes)) == pytest.approx(sorted(rows["mean"]))
        bars = {tuple(line.get_xdata()) for line in axes.lines if len(np.asarray(line.get_xdata())) == 2}
        known = rows[np.isfinite(rows["low"])]
        assert {(low, high) for low, high in zip(known["low"], known["high"], strict=True)} <= bars
        assert "[" in axes.get_xlabel() or axes.get_xlabel().startswith("share")
        [noise] = summaries.where(found, index=sensitivity.NOISE, outcome=outcome)["mean"]
        assert f"noise {100 * noise:.0f}%" in [text.get_text() for text in axes.texts]


def test_curves_have_a_panel_for_each_outcome_and_lever_and_six_at_most() -> None:
    found = summary("curves:3")
    panels = drawn.panels(figure.draw(found))
    assert list(panels) == list("abcdef")
    shown = [(outcome, lever.key) for outcome in OUTCOMES for lever in LEVERS][:6]
    for axes, (outcome, lever) in zip(panels.values(), shown, strict=True):
        rows = summaries.where(found, outcome=outcome, lever=lever, index="level")
        [line] = [line for line in axes.lines if line.get_alpha() is None and len(np.asarray(line.get_xdata())) == 3]
        np.testing.assert_allclose(line.get_xydata(), np.column_stack([rows["at"].astype(float), rows["mean"]]))
        assert axes.get_xlabel() == lever
        assert axes.get_ylabel() in ("bp", "USD", "1")


@pytest.mark.slow
def test_the_summary_as_it_is_stored_gives_the_same_files_again(tmp_path) -> None:
    stored = Store(tmp_path, "code").write_summary(summary("sobol:8", OUTCOMES[:1], seeds=1))
    contents = _shared.drawn(figure.draw, stored)
    assert [content[:4] for content in contents.values()] == [b"%PDF", b"\x89PNG"]
    assert contents == _shared.drawn(figure.draw, stored)


def test_names_of_rows_are_those_of_the_analysis() -> None:
    assert (_sensitivity.ALL, _sensitivity.NOISE) == (sensitivity.ALL, sensitivity.NOISE)
    methods = [designs.parse(text, LEVERS).module for text in ("morris:2", "sobol:8")]
    assert set(_sensitivity.SHOWN) == {index for method in methods for index in method.INDICES}
