"""What figures with a row for each regime share: their panels, and how levels and differences are drawn in them."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from figures import _page as page
from figures import _shared as shared

SPREAD = 0.22  # of a regime's seeds around its row


def row_of_each(summary: pd.DataFrame) -> tuple[dict[str, int], str]:
    """Row of each regime, in the order of the summary, and the regime that differences are taken to."""
    groups = shared.levels(summary, "regime")
    baseline = next((name for name in shared.levels(summary, "less") if name), groups[0])
    return {group: place for place, group in enumerate(groups)}, baseline


def panels(height_in: float, rows: dict[str, int], shape: tuple[int, int]) -> tuple[Figure, list[Axes]]:
    """A figure with panels in so many lines and columns, with a row for each regime."""
    figure, every = page.panels(height_in, shape, page.Lines(2, 0.55 + 0.125 * len(rows)), share_y="all")
    found = list(every.ravel())
    for axes in found:
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(list(rows.values()), [shared.label(group) for group in rows])
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
        axes.xaxis.set_major_locator(MaxNLocator(3 if page.is_narrow() else 4, steps=[1, 2, 2.5, 5, 10]))
    return figure, found


def found(levels: pd.DataFrame, outcome: str, rows: dict[str, int], scale: float = 1.0) -> dict[str, shared.Cell]:
    """Level of an outcome by regime, of those that have it."""
    cells = {group: shared.cell(levels, scale, regime=group, outcome=outcome) for group in rows}
    return {group: cell for group, cell in cells.items() if cell is not None}


def means(levels: pd.DataFrame, outcome: str, rows: dict[str, int], scale: float = 1.0) -> dict[str, float]:
    return {group: cell.mean for group, cell in found(levels, outcome, rows, scale).items()}


def change(
    axes: Axes, names: tuple[str, str, str], summary: pd.DataFrame, outcome: str, rows: dict[str, int], baseline: str
) -> None:
    """Differences to the baseline; its own row says where zero is."""
    name, title, unit = names
    shared.letter(axes, name, title)
    axes.axvline(0, color="black", linewidth=0.6, zorder=1)
    changes = shared.where(summary, less=baseline)
    for group, cell in found(changes, outcome, rows).items():
        shared.dot(axes, cell, rows[group], shared.BLUE, spread=SPREAD)
    level = shared.cell(summary, regime=baseline, outcome=outcome, less="")
    low, high = axes.get_xlim()
    towards = 1 if low + high > 0 else -1  # to the wider side of zero
    axes.annotate(
        f"{shared.number(level.mean if level else float('nan'))} {unit}",
        (0, rows[baseline]),
        (3 * towards, 0),
        textcoords="offset points",
        ha="left" if towards > 0 else "right",
        va="center",
        fontsize=7,
        bbox={"facecolor": "white", "pad": 0.5},
    )
    axes.set_xlabel(f"difference to {shared.label(baseline)} [{unit}]")


def margin(axes: Axes, text: str, place: tuple[float, float], above: float, vertical: str) -> None:
    """A line of the column of numbers in the right margin of a panel."""
    across = "axes fraction"
    axes.annotate(
        text,
        place,
        (24, above),
        xycoords=(across, vertical),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=7,
    )


def level(
    axes: Axes, names: tuple[str, str, str], levels: pd.DataFrame, outcome: str, rows: dict[str, int], colour: str,
    scale: float = 1.0,
) -> None:  # fmt: skip
    """Levels of an outcome: seeds, mean and interval of each regime, under a letter and a title."""
    name, title, unit = names
    shared.letter(axes, name, title)
    for group, cell in found(levels, outcome, rows, scale).items():
        shared.dot(axes, cell, rows[group], colour, spread=SPREAD)
    axes.set_xlabel(unit)
