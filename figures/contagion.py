"""Liquidation contagion: what sharing a sequencer does to cascades, under which conditions, through which channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Four rollups, one of them most indebted, sequenced apart, in pairs and together through a crash in which each "
    "sequencer fails once for equally long. (a) Share of all debt that is liquidated: distribution over seeds and "
    "conditions. (b) Cascades of the base case: share at least as large. (c) Share of debt liquidated after one shock "
    "to all pools, without outside arbitrage, on the hot rollup (solid) and the others (dashed), means with bands of "
    "95% intervals; isolated: apart, and without arbitrage between rollups. Alone the hot rollup should run away from "
    "psi = 1 on, as one pool from the dotted line on, where the mean is one. (d) Share of the base case's liquidated "
    "volume that is gone without a channel, with 95% intervals; such shares do not add up. (e, f) Extra share of debt "
    "liquidated on the rollup of the column after a sale of 8% on the pool of the row, in calm [%]."
)

SHARINGS = ("siloed", "pairs", "shared")
COLOURS = {"siloed": shared.BLUE, "pairs": shared.GREEN, "shared": shared.VERMILION}
DEPTHS, OTHER_PSI = (10.0, 10.0, 5.0, 5.0), 0.3
"""Of the rollups' pools, and leverage of all rollups but the hot one in (c): when their mean reaches one."""


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary on one page."""
    figure, panels = page.panels(4.6, (2, 3), page.Lines(2, 1.9), heights=(1.0, 1.15))
    _tops(panels[0], summary)
    _bottom(panels[1], summary)
    return figure


def _tops(panels: Sequence[Axes], summary: pd.DataFrame) -> None:
    left, centre, right = panels
    for sharing in SHARINGS:
        crashes = shared.cell(summary, 100.0, panel="crashes", regime=sharing)
        if crashes is not None:
            share = np.arange(1, crashes.values.size + 1) / crashes.values.size
            left.step(np.sort(crashes.values), share, where="post", color=COLOURS[sharing])
        cascades = shared.cell(summary, 1e-3, panel="cascades", regime=sharing)
        if cascades is not None:
            at_least = 1.0 - np.arange(cascades.values.size) / cascades.values.size
            centre.step(np.sort(cascades.values), at_least, where="pre", color=COLOURS[sharing], label=sharing)
    left.set(xlabel="liquidated [% of all debt]", ylabel="share of runs", ylim=(0.0, 1.02))
    centre.set(xscale="log", yscale="log", xlabel="size of a cascade [thousand USD]", ylabel="share at least as large")
    shared.letter(left, "a", "all conditions")
    shared.letter(centre, "b", "cascades")
    _key(centre, "lower left")
    _phase(right, shared.where(summary, panel="phases"))


def _key(axes: Axes, place: Literal["lower left", "upper left"], columns: int = 1) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc=place, ncols=columns, fontsize=6.5)


def _phase(axes: Axes, summary: pd.DataFrame) -> None:
    kinds = (("isolated", "siloed", True), ("siloed", "siloed", False), ("shared", "shared", False))
    for name, sharing, isolated in kinds:
        here = shared.where(summary, regime=sharing)
        here = shared.rows(here, np.asarray(here["channel"] != "", dtype=bool) == isolated)
        colour = "black" if isolated else COLOURS[sharing]
        for outcome, style in (("liquidated_share_r0", "-"), ("others_share", "--")):
            cells = shared.series(shared.where(here, outcome=outcome), "psi", 100.0)
            shared.band(axes, cells, colour, name if style == "-" else None, style)
    mean_one = (sum(DEPTHS) - OTHER_PSI * sum(DEPTHS[1:])) / DEPTHS[0]
    axes.set(xlabel=r"$\psi$ of the hot rollup", ylabel="liquidated [% of debt]", ylim=(0.0, 190.0))
    axes.set_yticks(range(0, 101, 25))
    shared.letter(axes, "c", "one shock, pools alone")
    for name, style in (("hot rollup", "-"), ("others", "--")):
        axes.plot([], [], style, color=shared.GREY, linewidth=1.0, label=name)
    for place, width, style, name in ((1.0, 0.6, "-", r"$\psi = 1$"), (mean_one, 0.8, ":", r"mean $\psi = 1$")):
        axes.vlines(place, 0.0, 105.0, color="black", linewidth=width, linestyle=style, label=name)
    _key(axes, "upper left", 2)  # in the room above the data


def _bottom(panels: Sequence[Axes], summary: pd.DataFrame) -> None:
    left, centre, right = panels
    channels = shared.where(summary, panel="channels")
    largest = shared.where(channels, regime="shared").sort_values("mean", ascending=False, kind="stable")
    order = shared.levels(largest, "channel")
    for offset, sharing in ((-0.15, "siloed"), (0.15, "shared")):
        for place, name in enumerate(order):
            cell = shared.cell(channels, 100.0, regime=sharing, channel=name)
            if cell is not None:
                at, colour = place + offset, COLOURS[sharing]
                left.plot([cell.low, cell.high], [at, at], color=colour, linewidth=1.6)
                left.plot(cell.mean, at, "o", color=colour, markersize=4, label=None if place else sharing)
    left.set_yticks(range(len(order)), [name.replace("_", " ") for name in order])
    left.set_ylim(len(order) - 0.4, -0.6)
    left.axvline(0.0, color="black", linewidth=0.6)
    left.grid(axis="x")
    left.set_xlabel("gone without it [% of liquidated volume]")
    shared.letter(left, "d", "channels")
    _key(left, "upper left")
    shocks = shared.where(summary, panel="shocks")
    found = {sharing: _matrix(shared.where(shocks, regime=sharing)) for sharing in ("siloed", "shared")}
    known = np.concatenate([np.abs(matrix[np.isfinite(matrix)]) for matrix in found.values()])
    top = max(1e-9, float(known.max())) if known.size else 1.0
    for axes, letter, (sharing, matrix) in zip((centre, right), "ef", found.items(), strict=True):
        if matrix.size:
            _heat(axes, matrix, top)
        shared.letter(axes, letter, f"shock, {sharing}")


def _matrix(shocks: pd.DataFrame) -> np.ndarray:
    """Mean extra share liquidated [%]: shape (shocked, rollups); NaN where there was no shock."""
    rollups = shared.levels(shocks, "hit")
    matrix = np.full((len(rollups), len(rollups)), np.nan)
    for row, column in np.ndindex(matrix.shape):
        cell = shared.cell(shocks, 100.0, shocked=row, hit=rollups[column])
        matrix[row, column] = cell.mean if cell else np.nan
    return matrix


def _heat(axes: Axes, matrix: np.ndarray, top: float) -> None:
    axes.imshow(matrix, cmap="Reds", vmin=0.0, vmax=top, aspect="auto")
    names = [f"r{at}" for at in range(len(matrix))]
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("liquidated on [extra % of debt]")
    axes.set_ylabel("shock on")
    for row, column in np.ndindex(matrix.shape):
        value = matrix[row, column]
        colour = "white" if value > 0.6 * top else "black"
        if np.isfinite(value):
            axes.text(column, row, f"{value + 0.0:.1f}", ha="center", va="center", color=colour, fontsize=6)
