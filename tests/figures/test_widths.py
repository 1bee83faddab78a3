"""Figures fill one column of a journal's page or two: nothing leaves the page, and no panel runs into another."""

from __future__ import annotations

from io import BytesIO
from itertools import combinations

import invented
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from experiments.studies import regimes as study
from figures import _page, _shared, regimes, regimes_markets

SMALLEST_PT = 5.4
"""Type that a reader still makes out in print."""
CLOSE_PX = 2.0


def laid_out(draw, summary: pd.DataFrame, columns: str) -> Figure:
    """A figure as it is saved."""
    with _page.printed_in(columns):
        figure = draw(summary)
        _page.fit(figure)
        figure.draw_without_rendering()
        return figure


def assert_tidy(figure: Figure, columns: str) -> None:
    """Everything lies on the page, panels with what is written at them apart from one another and from common keys."""
    page = figure.bbox
    assert figure.get_figwidth() == pytest.approx(_page.WIDTHS_IN[columns])
    boxes = [axes.get_tightbbox() for axes in figure.axes if axes.get_visible()]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    for box in boxes:
        assert box.x0 >= -CLOSE_PX and box.y0 >= -CLOSE_PX
        assert box.x1 <= page.x1 + CLOSE_PX and box.y1 <= page.y1 + CLOSE_PX
    for one, other in combinations(boxes, 2):
        wide = min(one.x1, other.x1) - max(one.x0, other.x0)
        high = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert min(wide, high) <= CLOSE_PX, (one, other)
    texts = [text for axes in figure.axes for text in axes.texts] + [axes.xaxis.label for axes in figure.axes]
    assert all(text.get_fontsize() >= SMALLEST_PT for text in texts)


@pytest.mark.parametrize(("module", "columns"), [(regimes, "one"), (regimes, "two"), (regimes_markets, "one")])
def test_panels_are_apart_and_on_the_page(module, columns: str) -> None:
    assert_tidy(laid_out(module.draw, study.summary(invented.runs(invented.SIXTEEN[:4], 2)), columns), columns)


@pytest.mark.slow
@pytest.mark.parametrize("columns", ["one", "two"])
def test_files_are_the_same_again_and_as_wide_as_said(columns: str) -> None:
    def draw(found: pd.DataFrame) -> Figure:
        figure, panels = _page.panels(2.0, (1, 2), share_y="all")
        for axes in panels.ravel():
            axes.plot(found["x"], label="line")
            axes.legend()
        _page.key(figure, *panels[0, 0].get_legend_handles_labels())
        return figure

    found = pd.DataFrame({"x": [0.0, 1.0, 0.5]})
    contents = _shared.drawn(draw, found, columns)
    assert contents == _shared.drawn(draw, found, columns)
    width, _ = Image.open(BytesIO(contents["png"])).size
    assert width == pytest.approx(300 * _page.WIDTHS_IN[columns], abs=1)


@pytest.mark.parametrize(("shape", "lines"), [((2, 3), (3, 2)), ((1, 5), (3, 2)), ((3, 1), (3, 1)), ((1, 1), (1, 1))])
def test_panels_are_laid_out_anew_in_one_column_and_keep_their_order(shape, lines) -> None:
    with _page.printed_in("one"):
        _, panels = _page.panels(4.0, shape, share_y="all" if shape[0] == 1 else "")
    assert panels.shape == shape
    places = [axes.get_subplotspec() for axes in panels.ravel()]
    assert (places[0].get_gridspec().nrows, places[0].get_gridspec().ncols) == lines
    order = [(place.rowspan.start, place.colspan.start) for place in places]
    assert order == sorted(order)
    with _page.printed_in("two"):
        _, wide = _page.panels(4.0, shape)
    assert wide.ravel()[0].get_gridspec().get_geometry() == shape


def test_names_of_ticks_stand_where_no_neighbour_has_them() -> None:
    def named(columns: str) -> list[bool]:
        with _page.printed_in(columns):
            _, panels = _page.panels(2.0, (1, 3), share_y="all")
            return [axes.yaxis.get_tick_params()["labelleft"] for axes in panels.ravel()]

    assert named("two") == [True, False, False]
    assert named("one") == [True, False, True]


def test_a_key_of_a_panel_stands_below_it_and_breaks_its_label() -> None:
    def draw(_: pd.DataFrame) -> Figure:
        figure, panels = _page.panels(3.0, (1, 2))
        for axes in panels.ravel():
            axes.plot([0, 1], [0, 1], label="a rising line")
            axes.plot([0, 1], [1, 0], label="a falling line")
            axes.set_xlabel("something that takes more than one line [thousand USD]")
            axes.legend(loc="upper left")
        return figure

    figure = laid_out(draw, pd.DataFrame(), "one")
    assert_tidy(figure, "one")
    for axes in figure.axes:
        legend = axes.get_legend()
        assert legend is not None and "\n" in axes.get_xlabel()
        assert legend.get_window_extent().y1 <= axes.xaxis.label.get_window_extent().y0 + CLOSE_PX
        assert axes.bbox.height > 40.0
    wide = laid_out(draw, pd.DataFrame(), "two").axes[0]
    legend = wide.get_legend()
    assert legend is not None and legend.get_window_extent().y0 > wide.bbox.y0


def test_a_figure_that_does_not_say_how_large_it_is_fills_the_width() -> None:
    def draw(_: pd.DataFrame) -> Figure:
        figure, axes = plt.subplots()
        axes.plot([0, 1])
        plt.close(figure)
        return figure

    widths = [Image.open(BytesIO(_shared.drawn(draw, pd.DataFrame(), each)["png"])).size[0] for each in ("one", "two")]
    np.testing.assert_allclose(widths, [1020, 2100], atol=1)
