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
    "liquidations."
)

COLOURS = (shared.VERMILION, shared.BLUE, shared.GREEN, shared.PINK)
BASELINE = "siloed"


def draw(runs: pd.DataFrame) -> Figure:
    """Draw finished runs, a row for each regime and a colour for each crash."""
    regimes, crashes = (list(dict.fromkeys(runs[name])) for name in ("regime", "episode"))
    baseline = BASELINE if BASELINE in regimes else regimes[0]
    figure = Figure(figsize=(shared.WIDTH_IN, 1.0 + 0.2 * len(regimes)))
    panels = figure.subplots(1, 5, sharey=True)
    titles = (
        ("a", "liquidated", f"million USD,\nless {shared.label(baseline)}"), ("b", "bad debt", "thousand USD"),
        ("c", "busiest minute", "% of liquidated"), ("d", "users' delay", "s"), ("e", "extracted", "million USD"),
    )  # fmt: skip
    for axes, (letter, title, unit) in zip(panels, titles, strict=True):
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
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(crashes))
    return figure


def _dot(axes, sample: np.ndarray, at: float, colour: str) -> None:
    if sample.size:
        axes.plot(sample, np.full(sample.size, at), "o", color=colour, alpha=0.35, markersize=2, markeredgewidth=0)
        axes.plot(shared.interval(sample), [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot(sample.mean(), at, "o", color=colour, markeredgecolor="white", markeredgewidth=0.5)
