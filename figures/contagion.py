"""Liquidation contagion: what sharing a sequencer does to cascades, under which conditions, through which channel."""

from __future__ import annotations

import textwrap
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from figures import _shared as shared
from figures import _verdict as verdict

CAPTION = (
    "Four rollups, one of them most indebted, sequenced apart, in pairs and together through a crash in which each "
    "sequencer fails once for equally long. (a) Share of all debt that is liquidated: distribution over seeds and "
    "conditions. (b) Cascades of the base case: share at least as large. (c) Share of debt liquidated after one shock "
    "to all pools, without outside arbitrage, on the hot rollup (solid) and the others (dashed); isolated: apart, and "
    "without arbitrage between rollups. Alone the hot rollup should run away from psi = 1 on, as one pool from the "
    "dotted line on, where the mean is one. (d-g) Shared less siloed at the same seed, by condition: means and 95% "
    "bootstrap intervals; red where the conjecture holds, blue where it is reversed. (h) Share of the base case's "
    "liquidated volume that is gone without a channel; such shares do not add up. (i, j) Extra share of debt "
    "liquidated on the rollup of the column after a sale of 8% on the pool of the row, in calm [%]."
)

SHARINGS = ("siloed", "pairs", "shared")
COLOURS = {"siloed": shared.BLUE, "pairs": shared.GREEN, "shared": shared.VERMILION}
DEPTHS, OTHER_PSI = (10.0, 10.0, 5.0, 5.0), 0.3
"""Of the rollups' pools, and leverage of all rollups but the hot one in (c): when their mean reaches one."""
SHOWN = (0, 1, 2, 4)  # claims in (d-g)


def draw(runs: pd.DataFrame) -> Figure:
    """Draw finished runs on one page."""
    figure = Figure(figsize=(shared.WIDTH_IN, 9.0))
    grid = figure.add_gridspec(4, 1, height_ratios=(1.0, 1.6, 1.15, 0.58))
    top, middle, bottom, text = (figure.add_subfigure(grid[row]) for row in range(4))
    _tops(top, runs)
    _claims(middle, runs)
    _bottom(bottom, runs)
    _words(text, runs)
    return figure


def _tops(area: SubFigure, runs: pd.DataFrame) -> None:
    left, centre, right = area.subplots(1, 3)
    crash = shared.where(runs, part="crash")
    base = verdict.conditions(runs).get("base", crash)
    for sharing in SHARINGS:
        here = crash if sharing != "pairs" else base
        sample = np.sort(100.0 * shared.values(shared.where(here, regime=sharing), "liquidated_share"))
        if sample.size and sharing != "pairs":
            left.step(sample, np.arange(1, sample.size + 1) / sample.size, where="post", color=COLOURS[sharing])
        sizes = np.sort(verdict.cascades(shared.where(base, regime=sharing))) / 1e3
        if sizes.size:
            at_least = 1.0 - np.arange(sizes.size) / sizes.size
            centre.step(sizes, at_least, where="pre", color=COLOURS[sharing], label=sharing)
    left.set(xlabel="liquidated [% of all debt]", ylabel="share of runs", ylim=(0.0, 1.02))
    centre.set(xscale="log", yscale="log", xlabel="size of a cascade [thousand USD]", ylabel="share at least as large")
    shared.letter(left, "a", "all conditions")
    shared.letter(centre, "b", "cascades")
    _key(centre, "lower left")
    _phase(right, runs)


def _key(axes: Axes, place: Literal["lower left", "upper left"]) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc=place, fontsize=6.5)


def _phase(axes: Axes, runs: pd.DataFrame) -> None:
    phase = shared.where(runs, part="phase")
    kinds = (("isolated", "siloed", True), ("siloed", "siloed", False), ("shared", "shared", False))
    for name, sharing, isolated in kinds:
        here = shared.where(phase, regime=sharing)
        here = here.take(np.flatnonzero((np.asarray(here["channel"], object) != "") == isolated))
        colour = "black" if isolated else COLOURS[sharing]
        points = sorted(set(here["psi"]))
        for column, style in (("liquidated_share_r0", "-"), ("others_share", "--")):
            samples = [100.0 * shared.values(shared.where(here, psi=psi), column) for psi in points]
            if not points:
                continue
            bands = np.array([shared.interval(sample) for sample in samples])
            axes.fill_between(points, bands[:, 0], bands[:, 1], color=colour, alpha=0.2, linewidth=0)
            text = name if style == "-" else None
            axes.plot(points, [sample.mean() for sample in samples], style, color=colour, label=text)
    mean_one = (sum(DEPTHS) - OTHER_PSI * sum(DEPTHS[1:])) / DEPTHS[0]
    axes.axvline(1.0, color=shared.GREY, linewidth=0.6)
    axes.axvline(mean_one, color=shared.GREY, linewidth=0.8, linestyle=":")
    axes.set(xlabel=r"$\psi$ of the hot rollup", ylabel="liquidated [% of debt]", ylim=(0.0, 105.0))
    shared.letter(axes, "c", "one shock, pools alone")
    _key(axes, "upper left")


def _claims(area: SubFigure, runs: pd.DataFrame) -> None:
    parts = verdict.conditions(runs)
    names = list(parts)
    rows = [*names[:1], *verdict.PARTS, *names[1:], "mean of all"]
    for axes, letter, at in zip(area.subplots(1, len(SHOWN), sharey=True), "defg", SHOWN, strict=True):
        claim = verdict.CLAIMS[at]
        for place, name in enumerate(rows):
            if name == rows[-1]:
                found = verdict.overall(runs, claim)
            elif name in verdict.PARTS:
                found = verdict.difference(parts[names[0]], claim, verdict.PARTS[name])
            else:
                found = verdict.difference(parts[name], claim)
            colour = {"holds": shared.VERMILION, "reversed": shared.BLUE, "open": shared.GREY}[found.verdict]
            if not found.seeds:
                continue
            axes.plot([found.low, found.high], [place, place], color=colour, linewidth=1.6, solid_capstyle="butt")
            axes.plot(found.mean, place, "D" if name == rows[-1] else "o", color=colour, markersize=4)
        axes.axvline(0.0, color="black", linewidth=0.6)
        axes.axhline(len(rows) - 1.5, color=shared.GREY, linewidth=0.4)
        axes.set_xlabel(f"shared \N{MINUS SIGN} siloed\n[{claim.unit_name}]")
        axes.set_yticks(range(len(rows)), rows, fontsize=6.5)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(axis="x")
        shared.letter(axes, letter, claim.title)


def _bottom(area: SubFigure, runs: pd.DataFrame) -> None:
    left, centre, right = area.subplots(1, 3, width_ratios=(1.5, 1.0, 1.0))
    shares = verdict.channel_shares(runs)
    order = sorted(shares.get("shared", {}), key=lambda name: -shares["shared"][name][0])
    for offset, sharing in ((-0.15, "siloed"), (0.15, "shared")):
        for place, name in enumerate(order):
            if name in shares[sharing]:
                mean, low, high = (100.0 * value for value in shares[sharing][name])
                left.plot([low, high], [place + offset] * 2, color=COLOURS[sharing], linewidth=1.6)
                left.plot(
                    mean, place + offset, "o", color=COLOURS[sharing], markersize=4, label=None if place else sharing
                )
    left.set_yticks(range(len(order)), [name.replace("_", " ") for name in order])
    left.set_ylim(len(order) - 0.4, -0.6)
    left.axvline(0.0, color="black", linewidth=0.6)
    left.grid(axis="x")
    left.set_xlabel("gone without it [% of liquidated volume]")
    shared.letter(left, "h", "channels")
    _key(left, "upper left")
    shocks = shared.where(runs, part="shock")
    found = {sharing: _matrix(shared.where(shocks, regime=sharing)) for sharing in ("siloed", "shared")}
    known = np.concatenate([np.abs(matrix[np.isfinite(matrix)]) for matrix in found.values()])
    top = max(1e-9, float(known.max())) if known.size else 1.0
    for axes, letter, (sharing, matrix) in zip((centre, right), "ij", found.items(), strict=True):
        if matrix.size:
            _heat(axes, matrix, top)
        shared.letter(axes, letter, f"shock, {sharing}")


def _matrix(shock: pd.DataFrame) -> np.ndarray:
    """Mean extra share liquidated [%]: shape (shocked, rollups)."""
    columns = [name for name in shock.columns if name.startswith("extra_share_")]
    means = []
    for at in range(len(columns)):
        cell = np.asarray(shared.where(shock, shocked=at)[columns], float)
        means.append(cell.mean(axis=0) if len(cell) else np.full(len(columns), np.nan))
    return 100.0 * np.array(means).reshape(len(columns), len(columns))


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
        if np.isfinite(value):
            axes.text(column, row, f"{value + 0.0:.1f}", ha="center", va="center", color=colour, fontsize=6)


def _words(area: SubFigure, runs: pd.DataFrame) -> None:
    lines = [line for text in verdict.sentences(runs)[: len(verdict.CLAIMS)] for line in textwrap.wrap(text, 205)]
    area.text(0.01, 0.98, "\n".join(lines), ha="left", va="top", fontsize=5.5, linespacing=1.35)
