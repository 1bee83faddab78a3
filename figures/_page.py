"""The page that figures are drawn for: one column of a journal or two, and where panels and keys then go.

A figure states its panels as they lie over two columns. Where the page has one, they are laid out anew, a few abreast;
what is written beside a panel is broken into lines, and a panel's key stands below it, where no data are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from textwrap import fill
from typing import Any, Literal, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.gridspec import GridSpec
from matplotlib.style import context
from matplotlib.transforms import ScaledTranslation

STYLE = Path(__file__).with_name("style.mplstyle")
WIDTHS_IN = {"one": 3.4, "two": 7.0}
"""Widths of what goes into one column of a journal's page, and across two [inch]."""
HEIGHT = 0.65
"""Height over width of a figure that does not say how large it is."""
SMALLER = {"font.size": 7, "axes.titlesize": 7, "axes.labelsize": 7, "xtick.labelsize": 6.5, "ytick.labelsize": 6.5,
           "legend.fontsize": 6.5, "axes.titlepad": 4, "figure.constrained_layout.w_pad": 0.03}  # fmt: skip
"""Type in one column."""
LINE_IN = 1.55
"""Height of a line of panels in one column, unless a figure says another [inch]."""
MARGIN_IN = 0.1
LETTERS_PER_IN, LINE_IN_KEY_IN, TICKS_IN = 17.0, 0.155, 0.23
"""In one column: letters that go on a line, the height of a line in a key or a label, and room for names of ticks."""
_columns: ContextVar[str] = ContextVar("columns", default="two")


@contextmanager
def printed_in(columns: str) -> Iterator[None]:
    """Draw in the house style for a page of so many columns, `one` or `two`."""
    before = _columns.set(columns)
    try:
        with mpl.rc_context(), context([STYLE, SMALLER] if columns == "one" else STYLE):
            mpl.rcParams["figure.figsize"] = width_in(), HEIGHT * width_in()
            yield
    finally:
        _columns.reset(before)


def is_narrow() -> bool:
    """Whether the page has one column."""
    return _columns.get() == "one"


def width_in() -> float:
    """Width of a figure [inch]."""
    return WIDTHS_IN[_columns.get()]


class Lines(NamedTuple):
    """How panels lie in one column: so many abreast, in lines of a height [inch], None: :data:`LINE_IN`."""

    abreast: int = 2
    height_in: float | None = None


def panels(
    height_in: float, shape: tuple[int, int] = (1, 1), narrow: Lines | None = None, *,
    share_x: Literal["", "column"] = "", share_y: Literal["", "row", "all"] = "",
    widths: Sequence[float] | None = None, heights: Sequence[float] | None = None, keys_in: float = 0.25,
) -> tuple[Figure, Any]:  # fmt: skip
    """Make a figure with its panels.

    Parameters
    ----------
    height_in
        of the whole figure over two columns [inch]
    shape
        lines and columns of panels there
    narrow
        how they lie in one column (default: two abreast)
    share_x, share_y
        which panels have an axis in common, as they lie over two columns
    widths, heights
        ratios over two columns
    keys_in
        room for keys in one column [inch]

    Returns
    -------
    The figure, and its panels as an array of the shape asked for, wherever they lie.
    """
    down, across = shape
    narrow = narrow or Lines()
    if not is_narrow():
        figure = Figure(figsize=(width_in(), height_in))
        grid = figure.add_gridspec(down, across, width_ratios=widths, height_ratios=heights)
    else:
        abreast = min(narrow.abreast, down * across)
        stacked = across == 1
        lines = down if stacked else -(-down * across // abreast)
        line_in = narrow.height_in or LINE_IN
        figure = Figure(figsize=(width_in(), height_in if stacked else lines * line_in + keys_in))
        grid = figure.add_gridspec(lines, 1 if stacked else abreast, height_ratios=heights if stacked else None)
    return figure, _filled(figure, grid, shape, share_x, share_y)


def _filled(figure: Figure | SubFigure, grid: GridSpec, shape: tuple[int, int], share_x: str, share_y: str) -> Any:
    """Panels in a grid, one after the other; names of ticks stand where no neighbour shares them."""
    found = np.empty(shape, dtype=object)
    for (row, column), cell in zip(np.ndindex(shape), np.ndindex(grid.nrows, grid.ncols), strict=False):
        like_x = found[0, column] if share_x and row else None
        like_y = (found[row, 0] if share_y == "row" else found[0, 0]) if share_y and (row, column) != (0, 0) else None
        axes = figure.add_subplot(grid[cell], sharex=like_x, sharey=None if like_y is found[row, column] else like_y)
        found[row, column] = axes
    for axes in found.ravel():
        right, below = _at(found, axes, 0, -1), _at(found, axes, 1, 0)
        if right is not None and right.get_shared_y_axes().joined(right, axes):
            axes.tick_params(axis="y", labelleft=False)
        if below is not None and below.get_shared_x_axes().joined(below, axes):
            axes.tick_params(axis="x", labelbottom=False)
    return found


def _at(found: Any, axes: Axes, down: int, right: int) -> Axes | None:
    """The panel that lies so far from another."""
    here = axes.get_subplotspec()
    assert here is not None
    row, column = here.rowspan.start + down, here.colspan.start + right
    for other in found.ravel():
        there = other.get_subplotspec()
        if (there.rowspan.start, there.colspan.start) == (row, column):
            return other
    return None


def is_first(axes: Axes) -> bool:
    """Whether a panel is the first of its line."""
    here = axes.get_subplotspec()
    return here is None or here.is_first_col()


def key(
    figure: Figure, handles: Sequence[Any], labels: Sequence[str], side: Literal["upper", "lower"] = "lower",
    most: int | None = None, **how: Any,
) -> None:  # fmt: skip
    """Explain colours and marks beside the panels, in as many columns as the width allows, `most` at most."""
    if not handles:
        return
    FigureCanvasAgg(figure)
    columns = min(len(handles), most or len(handles))
    place: Any = f"outside {side} center"
    while True:
        legend = figure.legend(handles, labels, loc=place, ncols=columns, **how)
        width = legend.get_window_extent(figure.canvas.get_renderer()).width / figure.dpi  # type: ignore[attr-defined]
        if columns == 1 or width <= width_in() - MARGIN_IN:
            return
        legend.remove()
        columns -= 1


def fit(figure: Figure) -> None:
    """Break what is written beside panels into lines, and put their keys below them, where the page has one column."""
    if not is_narrow():
        return
    FigureCanvasAgg(figure)
    taller: dict[int, float] = {}
    for axes in figure.axes:
        place = axes.get_subplotspec()
        if place is None:
            continue
        share = len(place.colspan) / place.get_gridspec().ncols
        letters = int(LETTERS_PER_IN * (share * width_in() - 0.4))
        name, gap, title = axes.get_title(loc="left").partition("$  ")
        axes.set_title(name + gap + fill(title, letters), loc="left")
        axes.set_xlabel("\n".join(fill(line, letters) for line in axes.get_xlabel().split("\n")))
        axes.set_ylabel(fill(axes.get_ylabel(), int(LETTERS_PER_IN * _height_in(axes))))
        lines = _lower_key(axes, share * width_in())
        lines += axes.get_title(loc="left").count("\n") + axes.get_xlabel().count("\n")
        taller[place.rowspan.start] = max(taller.get(place.rowspan.start, 0.0), LINE_IN_KEY_IN * lines)
    figure.set_figheight(figure.get_figheight() + sum(taller.values()))


def _height_in(axes: Axes) -> float:
    return axes.get_window_extent().height / axes.figure.dpi  # type: ignore[union-attr]


def _lower_key(axes: Axes, room_in: float) -> int:
    """Put a panel's key below it, in as many columns as there is room for; returns its lines."""
    legend, figure = axes.get_legend(), axes.get_figure(root=True)
    if legend is None or figure is None:
        return 0
    count = len(legend.get_texts())
    lines = axes.get_xlabel().count("\n") + bool(axes.get_xlabel())
    below = ScaledTranslation(0.0, -TICKS_IN - LINE_IN_KEY_IN * lines, figure.dpi_scale_trans)
    legend.set_loc("upper center")
    legend.set_bbox_to_anchor((0.5, 0.0), transform=axes.transAxes + below)
    for columns in range(min(count, 4), 0, -1):
        legend.set_ncols(columns)
        if legend.get_window_extent(figure.canvas.get_renderer()).width / figure.dpi <= room_in or columns == 1:  # type: ignore[attr-defined]
            return -(-count // columns) + bool(legend.get_title().get_text())
    return count
