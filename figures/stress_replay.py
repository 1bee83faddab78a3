"""Recorded crashes under every regime: what is liquidated, how much at once, how long users wait, who earns."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures import _shared as shared

CAPTION = (
    "Recorded crashes replayed on six rollups with leveraged borrowers, the same stretch and the same seeds under "
    "every sequencing regime; a point per seed, means with 95% bootstrap intervals. (a) Liquidated volume less that "
    "of the same seed on separate rollups. (b) Bad debt. (c) Share of liquidated volume that falls into the "
    "busiest minute. (d) Users' delay from submission to inclusion. (e) Value extracted by arbitrage, sandwiches and "
    "liquidations. (f-j) The same of twice as long a stretch, in which every sequencer fails once for 33 minutes "
    "(Base, 5 August 2025) around the steepest bar, apart at times of their own, shared at one; grace: nobody is "
    "liquidated for an hour after."
)

COLOURS = (shared.VERMILION, shared.BLUE, shared.GREEN, shared.PINK)


def draw(runs: pd.DataFrame) -> Figure:
    """Draw finished runs, a row for each regime and a colour for each crash."""
    crashes = list(dict.fromkeys(runs["episode"]))
    blocks = [part for part in (shared.where(runs, outage=""), _with_outages(runs)) if len(part)]
    heights = [len(set(part["regime"])) + 2.5 for part in blocks]
    figure = Figure(figsize=(shared.WIDTH_IN, 0.6 + 0.2 * sum(heights)))
    grid = figure.subplots(len(blocks), 5, squeeze=False, sharey="row", height_ratios=heights)
    for row, part in enumerate(blocks):
        _block(grid[row], part, crashes, "abcdefghij"[5 * row :])
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(crashes))
    return figure


def _with_outages(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs of the part with outages; what stands for the regime names the outage, too."""
    part = runs.take(np.flatnonzero(np.asarray(runs["outage"], object) != ""))
    pairs = zip(part["regime"], part["outage"], strict=True)
    return part.assign(regime=[f"{shared.label(regime)}, {outage}" for regime, outage in pairs])


def _block(panels: np.ndarray, runs: pd.DataFrame, crashes: list[str], letters: str) -> None:
    """Draw one part: a row for each regime, the first of which the others are compared with."""
    regimes = list(dict.fromkeys(runs["regime"]))
    baseline = regimes[0]
    titles = (
        ("liquidated", f"million USD, less\n{shared.label(baseline)}"), ("bad debt", "thousand USD"),
        ("busiest minute", "% of liquidated"), ("users' delay", "s"), ("extracted", "million USD"),
    )  # fmt: skip
    for axes, letter, (title, unit) in zip(panels, letters, titles, strict=False):
        shared.letter(axes, letter, title)
        axes.set_xlabel(unit)
        axes.set_yticks(range(len(regimes)), [shared.label(name) for name in regimes])
        axes.set_ylim(len(regimes) - 0.4, -0.6)
        axes.grid(axis="x")
    for number, crash in enumerate(crashes):
        part = shared.where(runs, episode=crash)
        shift = 0.3 * (number - 0.5 * (len(crashes) - 1))
        rows = {name: row + shift for row, name in enumerate(regimes)}
        columns = (
            shared.differences(part, shared.values(part, "liquidated_usd") / 1e6, baseline),
            *(
                shared.by_regime(part, shared.values(part, name) / unit)
                for name, unit in (("bad_debt_usd", 1e3), ("burst_60s_share", 0.01), ("inclusion_delay_s", 1.0),
                                   ("extracted_usd", 1e6))
            ),
        )  # fmt: skip
        for axes, samples in zip(panels, columns, strict=True):
            for name, sample in samples.items():
                _dot(axes, sample, rows[name], COLOURS[number % len(COLOURS)])
        panels[0].plot([], [], "o", color=COLOURS[number % len(COLOURS)], label=crash)


def _dot(axes, sample: np.ndarray, at: float, colour: str) -> None:
    if sample.size:
        axes.plot(sample, np.full(sample.size, at), "o", color=colour, alpha=0.35, markersize=2, markeredgewidth=0)
        axes.plot(shared.interval(sample), [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot(sample.mean(), at, "o", color=colour, markeredgecolor="white", markeredgewidth=0.5)
