"""Figures draw any summary that a study can produce, show its numbers and nothing else, and explain their colours."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import answered
import drawn
import invented
import numpy as np
import pandas as pd
import pytest

from experiments.analysis import summaries
from experiments.runs import study as studies
from experiments.studies import regimes as study
from figures import _shared, regimes, regimes_markets
from market import discovery


@pytest.mark.parametrize("name", discovery.modules("figures"))
def test_every_figure_has_its_parts(name: str) -> None:
    module = discovery.load("figures", name)
    assert module.__doc__
    assert len(module.CAPTION) > 40
    assert callable(module.draw)


@pytest.mark.parametrize("name", [name for name in studies.names() if studies.load(name).summary])
def test_every_study_of_this_tree_says_which_panels_show_its_means(name: str) -> None:
    assert any(drawn.SHOWN.get(figure) for figure in studies.load(name).figures)


@pytest.mark.parametrize(("count", "seeds"), [(1, 1), (2, 2), (5, 10), pytest.param(16, 10, marks=pytest.mark.slow)])
def test_regimes_draws_few_and_many(count: int, seeds: int) -> None:
    contents = _shared.drawn(regimes.draw, summary(invented.SIXTEEN[:count], seeds))
    assert {name: content[:4] for name, content in contents.items()} == {
        "pdf": b"%PDF",
        "png": b"\x89PNG",
    }


@pytest.mark.parametrize(("count", "seeds"), [(5, 10), pytest.param(16, 3, marks=pytest.mark.slow)])
def test_regimes_shows_means_and_intervals_of_the_summary(count: int, seeds: int) -> None:
    for figure in ("regimes", "regimes_markets"):
        drawn.check(figure, summary(invented.SIXTEEN[:count], seeds))


def test_bars_of_regimes_are_as_long_as_their_means() -> None:
    found = summary(invented.SIXTEEN[:5], 10)
    panels = drawn.panels(regimes.draw(found))
    for letter, names, scale in (
        ("a", [f"extracted_{kind}_bp_of_retail" for kind in study.KINDS], 1.0),
        ("b", [f"extracted_by_{role}_share" for role in study.RECEIVERS], 100.0),
    ):
        bars = {bars.get_label(): [bar.get_width() for bar in bars] for bars in panels[letter].containers}
        for name, widths in zip(names, bars.values(), strict=True):
            expected = scale * drawn.chosen(found, outcome=name, less="")["mean"].to_numpy(float)
            np.testing.assert_allclose(widths, expected, rtol=1e-12, err_msg=name)
    assert [text.get_text() for text in regimes.draw(found).legends[0].get_texts()][1:4] == [
        "sandwiches", "arbitrage", "liquidations",
    ]  # fmt: skip


def test_points_of_seeds_are_the_runs_themselves() -> None:
    runs = invented.runs(seeds=4)
    axes = drawn.panels(regimes.draw(study.summary(runs)))["f"]
    pale = [line.get_xdata() for line in axes.lines if line.get_alpha() == 0.35]
    np.testing.assert_allclose(np.sort(np.concatenate(pale)), np.sort(runs["inclusion_delay_s"]))


def test_the_table_and_the_figure_have_the_same_intervals() -> None:
    runs = invented.runs(seeds=6)
    table, found = study.table(runs), study.summary(runs)
    printed = table[table[""] == "95% interval"]["user cost, all [bp]"].tolist()
    rows = found[(found["outcome"] == "user_cost_all_bp") & (found["less"] == "siloed")]
    assert printed == [f"[{row.low:.3g}, {row.high:.3g}]" for row in rows.itertuples()]


@pytest.mark.slow
def test_the_same_runs_give_the_same_files() -> None:
    found = summary(seeds=2)
    assert _shared.drawn(regimes.draw, found) == _shared.drawn(regimes.draw, found)


@pytest.mark.slow
def test_fonts_stay_text() -> None:
    content = _shared.drawn(regimes.draw, summary(seeds=2))["pdf"]
    assert b"/Type3" not in content
    assert b"/TrueType" in content or b"/CIDFontType2" in content or b"/FontFile2" in content


@pytest.mark.slow
def test_regimes_draws_a_market_in_which_nothing_happened() -> None:
    runs = invented.runs(seeds=3)
    for column in runs.columns:
        if column.endswith("_usd") and column != "retail_demand_usd":
            runs[column] = 0.0
    runs["dispersion_bp"] = np.nan
    for module in (regimes, regimes_markets):
        figure = module.draw(study.summary(runs))
        figure.draw_without_rendering()


def test_regimes_without_the_baseline_compares_with_the_first() -> None:
    panels = drawn.panels(regimes.draw(summary(("pbs", "encrypted"), 3)))
    assert panels["c"].get_xlabel() == "difference to PBS [bp]"


def test_every_panel_has_a_letter_in_order() -> None:
    assert list(drawn.panels(regimes.draw(summary(seeds=2)))) == list("abcdef")


def test_a_cell_is_one_row() -> None:
    found = summary(seeds=3)
    cell = _shared.cell(found, 2.0, regime="siloed", outcome="inclusion_delay_s", less="")
    assert cell is not None and cell.mean == 2.0 * np.mean(cell.values / 2.0)
    assert _shared.cell(found, regime="siloed", outcome="absent") is None
    assert _shared.cell(found, no_such_column=1) is None
    with pytest.raises(ValueError, match="rows of the summary"):
        _shared.cell(found, outcome="inclusion_delay_s")


def test_differences_are_within_a_seed() -> None:
    rows = [("siloed", 1, 1.0), ("siloed", 2, 5.0), ("pbs", 2, 6.0), ("pbs", 1, 3.0), ("pbs", 3, 9.0)]
    runs = pd.DataFrame(rows, columns=["regime", "seed", "cost"])
    found = summaries.less(runs, runs["cost"], [], regime="siloed")
    np.testing.assert_array_equal(found, [0.0, 0.0, 1.0, 2.0, np.nan])


def test_a_study_without_a_summary_gets_every_outcome_by_levers_and_regime() -> None:
    rows = [("siloed", 0.5, None, 1, 3.0, "a"), ("siloed", 0.5, None, 2, 5.0, "b"), ("pbs", 0.1, "x", 1, 7.0, "c")]
    runs = pd.DataFrame(rows, columns=["regime", "bias", "side", "seed", "heads", "name"])
    found = summaries.plain(runs, ["bias", "side"])
    assert list(found.columns) == ["bias", "side", "regime", *summaries.COLUMNS]
    assert found[["bias", "regime", "outcome", "mean", "n"]].to_numpy().tolist() == [
        [0.5, "siloed", "heads", 4.0, 2],
        [0.1, "pbs", "heads", 7.0, 1],
    ]
    assert found["values"].tolist() == [[3.0, 5.0], [7.0]]


def test_figures_compute_no_statistics() -> None:
    """Means, deviations, quantiles and random draws are the studies' business."""
    forbidden = {"mean", "nanmean", "std", "var", "median", "nanmedian", "quantile", "percentile", "default_rng"}
    forbidden |= {"groupby", "agg", "sem", "describe", "bootstrap", "polyfit", "cov", "corrcoef", "cumsum"}
    for path in Path(str(regimes.__file__)).parent.glob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        called = {call.attr for call in calls if isinstance(call, ast.Attribute)}
        assert called & forbidden == set(), path.name


def test_the_columns_a_study_and_its_figure_read_are_the_same_world() -> None:
    table = study.table(invented.runs(seeds=4))
    assert table["regime"].tolist()[:4] == ["siloed", "siloed_extractive", "", ""]
    assert table.iloc[:, 1].tolist()[:4] == ["mean (s.e.)", "mean (s.e.)", "less siloed", "95% interval"]
    assert table.loc[2, "user cost, all [bp]"].startswith("3.") or float(table.loc[2, "user cost, all [bp]"]) > 0
    assert table.loc[3, "user cost, all [bp]"].startswith("[")


def test_the_answer_names_the_ends_of_what_users_pay() -> None:
    text = answered.check("regimes", invented.runs(invented.SIXTEEN[:5], 20))
    assert re.search(r"users pay .+ bp .+ under [a-z ]+ and .+ bp .+ under pbs", text), text


def test_captions_are_literals() -> None:
    for path in Path(str(regimes.__file__)).parent.glob("[!_]*.py"):
        targets = [node.targets[0] for node in ast.parse(path.read_text()).body if isinstance(node, ast.Assign)]
        assert "CAPTION" in [target.id for target in targets if isinstance(target, ast.Name)]


def summary(names: tuple[str, ...] = invented.SIXTEEN[:5], seeds: int = 10) -> pd.DataFrame:
    """Summary of invented outcomes."""
    return study.summary(invented.runs(names, seeds))
