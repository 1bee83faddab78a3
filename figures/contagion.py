"""Liquidation contagion: how much cascades amplify, who is hit, and how a shock travels between rollups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _shared as shared

CAPTION = (
    "Rollups sequenced apart, in pairs and together through one crash, with oracles that read pools. One small point "
    "per seed, means and 95% bootstrap intervals; outage lengths from light to dark, at the highest leverage. (a) "
    "Liquidated volume over that of the same seed without feedback. (b) Bad debt, written off or no longer covered. "
    "(c) Rollups on which more than 2% of the debt is liquidated. (d) Share of the debt liquidated on the most "
    "indebted rollup. (e-g) Extra share of the debt liquidated on the rollup of the column after a sale that takes 8% "
    "off the pool of the rollup of the row [%]."
)

SHARINGS = ("siloed", "pairs", "shared")
COLOURS = (shared.SKY, shared.BLUE, "black")
PANELS = (
    ("a", "amplification", "amplification", 1.0, "with over without feedback"),
    ("b", "bad debt", "bad_debt_usd", 1e3, "thousand USD"),
    ("c", "hit together", "rollups_hit", 1.0, "rollups"),
    ("d", "most indebted", "liquidated_share_r0", 0.01, "% of its debt"),
)


def draw(runs: pd.DataFrame) -> Figure:
    """Draw finished runs on one page."""
    figure = Figure(figsize=(shared.WIDTH_IN, 4.1))
    grid = figure.add_gridspec(2, 1, height_ratios=(1.15, 1.0))
    upper, lower = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    crash = shared.where(runs, part="crash", leverage=runs["leverage"].max())
    for axes, (name, title, column, unit, text) in zip(upper.subplots(1, 4, sharey=True), PANELS, strict=True):
        _crash(axes, crash, column, unit)
        shared.letter(axes, name, title)
        axes.set_xlabel(text)
    handles, labels = upper.axes[0].get_legend_handles_labels()
    upper.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    matrices = [_matrix(shared.where(runs, part="shock", regime=sharing)) for sharing in SHARINGS]
    known = np.abs(np.concatenate([matrix[np.isfinite(matrix)] for matrix in matrices]))
    top = max(1e-9, float(known.max())) if known.size else 1.0
    for axes, letter, sharing, matrix in zip(lower.subplots(1, 3), "efg", SHARINGS, matrices, strict=True):
        _heat(axes, matrix, top)
        shared.letter(axes, letter, sharing)
    return figure


def _crash(axes: Axes, crash: pd.DataFrame, column: str, unit: float) -> None:
    outages = sorted(set(crash["outage_s"]))
    for number, outage_s in enumerate(outages):
        colour = COLOURS[min(number, len(COLOURS) - 1)]
        part = shared.where(crash, outage_s=outage_s)
        for place, sharing in enumerate(SHARINGS):
            sample = shared.values(shared.where(part, regime=sharing), column) / unit
            sample = sample[np.isfinite(sample)]
            at = place + 0.25 * (number - 0.5 * (len(outages) - 1))
            if not sample.size:
                continue
            axes.plot(sample, np.full(sample.size, at), "o", color=colour, alpha=0.35, markersize=2, markeredgewidth=0)
            axes.plot(shared.interval(sample), [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
            text = None if place else ("no outage" if outage_s == 0.0 else f"outage of {outage_s:g} s")
            axes.plot(sample.mean(), at, "o", color=colour, markeredgecolor="white", markeredgewidth=0.5, label=text)
    axes.set_yticks(range(len(SHARINGS)), SHARINGS)
    axes.set_ylim(len(SHARINGS) - 0.4, -0.6)
    axes.grid(axis="x")


def _matrix(shock: pd.DataFrame) -> np.ndarray:
    """Mean extra share liquidated [%]: shape (shocked, rollups)."""
    columns = [name for name in shock.columns if name.startswith("extra_share_")]
    means = []
    for at in range(len(columns)):
        cell = np.asarray(shared.where(shock, shocked=at)[columns], float)
        means.append(cell.mean(axis=0) if len(cell) else np.full(len(columns), np.nan))
    return 100.0 * np.array(means)


def _heat(axes: Axes, matrix: np.ndarray, top: float) -> None:
    axes.imshow(matrix, cmap="Reds", vmin=0.0, vmax=top, aspect="auto")
    names = [f"r{at}" for at in range(len(matrix))]
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("liquidated on")
    axes.set_ylabel("shock on")
    for row, column in np.ndindex(matrix.shape):
        value = matrix[row, column]
        colour = "white" if value > 0.6 * top else "black"
        axes.text(column, row, f"{value + 0.0:.1f}", ha="center", va="center", color=colour, fontsize=6)
