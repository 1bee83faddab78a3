"""A circuit breaker in a crash: what is liquidated, what is lost, and how long users wait."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _shared as shared

CAPTION = (
    "A crash on four rollups with a shared sequencer whose breaker pauses everybody but liquidators and oracles once "
    "enough has been liquidated within a minute. One small point per seed, means and 95% bootstrap intervals, for "
    "oracles that read pools and oracles that read the outside price. (a) Liquidated volume over that of the same seed "
    "without a breaker. (b) Bad debt, written off or no longer covered. (c) Users' delay from submission to inclusion. "
    "(d) Their execution cost against the mid at submission."
)

COLOURS = {"pool": shared.VERMILION, "external": shared.BLUE}
NAMES = {"pool": "oracle reads pools", "external": "oracle reads the outside price"}
BASELINE = "none"


def draw(runs: pd.DataFrame) -> Figure:
    """Draw finished runs, a row for each breaker."""
    breakers = list(dict.fromkeys(runs["breaker"]))
    figure = Figure(figsize=(shared.WIDTH_IN, 0.9 + 0.24 * len(breakers)))
    panels = figure.subplots(1, 4, sharey=True)
    titles = (("a", "liquidated", "over no breaker"), ("b", "bad debt", "thousand USD"),
              ("c", "users' delay", "s"), ("d", "users' cost", "bp"))  # fmt: skip
    for axes, (letter, title, unit) in zip(panels, titles, strict=True):
        shared.letter(axes, letter, title)
        axes.set_xlabel(unit)
        axes.set_yticks(range(len(breakers)), breakers)
        axes.set_ylim(len(breakers) - 0.4, -0.6)
        axes.grid(axis="x")
    for number, (oracle, colour) in enumerate(COLOURS.items()):
        part = shared.where(runs, oracle=oracle)
        without = shared.where(part, breaker=BASELINE)
        base = dict(zip(without["seed"], shared.values(without, "liquidated_usd"), strict=True))
        for row, breaker in enumerate(breakers):
            cell = shared.where(part, breaker=breaker)
            at = row + 0.3 * (number - 0.5)
            liquidated = shared.values(cell, "liquidated_usd")
            known = np.array([base.get(seed, np.nan) for seed in cell["seed"]])
            ratio = np.divide(liquidated, known, out=np.full(known.size, np.nan), where=known > 0.0)
            text = NAMES[oracle] if row == 0 else None
            _dot(panels[0], ratio, at, colour, text)
            _dot(panels[1], shared.values(cell, "bad_debt_usd") / 1e3, at, colour)
            _dot(panels[2], shared.values(cell, "inclusion_delay_s"), at, colour)
            _dot(panels[3], shared.values(cell, "user_cost_bp"), at, colour)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def _dot(axes: Axes, sample: np.ndarray, at: float, colour: str, text: str | None = None) -> None:
    sample = sample[np.isfinite(sample)]
    if sample.size:
        axes.plot(sample, np.full(sample.size, at), "o", color=colour, alpha=0.35, markersize=2, markeredgewidth=0)
        axes.plot(shared.interval(sample), [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot(sample.mean(), at, "o", color=colour, markeredgecolor="white", markeredgewidth=0.5, label=text)
