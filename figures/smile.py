"""The smiles of options at the end of a run: what bids and asks imply, by strike, an expiry to each curve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Volatilities that the best bids and asks of options out of the money imply, by strike, for the expiries of one "
    "rollup in each panel; the band between them is the spread. Dashed, the volatility at which the series are marked."
)
COLUMNS = ("rollup", "kind", "days", "strike", "bid_volatility", "ask_volatility", "volatility", "delta")
COLOURS = (shared.BLUE, shared.VERMILION, shared.GREEN, shared.PINK, shared.SKY, shared.ORANGE)
MOST = 6
"""Panels: rollups that are drawn."""


def draw(summary: pd.DataFrame) -> Figure:
    """Draw series that have not expired: the columns above."""
    rollups = shared.levels(summary, "rollup")[:MOST]
    days = sorted(shared.levels(summary, "days"))
    across = min(max(len(rollups), 1), 3)
    down = -(-max(len(rollups), 1) // across)
    figure, panels = page.panels(0.8 + 1.9 * down, (down, across), share_y="all")
    for axes in panels.ravel()[len(rollups) :]:
        axes.set_axis_off()
    for at, (axes, rollup) in enumerate(zip(panels.ravel(), rollups, strict=False)):
        shared.letter(axes, "abcdef"[at], str(rollup))
        curves(axes, shared.where(summary, rollup=rollup), days)
        axes.set_xlabel("strike [USD]")
        if at % across == 0:
            axes.set_ylabel("implied volatility [%]")
    page.key(figure, *legend(days))
    return figure


def curves(axes: Axes, chain: pd.DataFrame, days: list[float]) -> None:
    """Draw, for every expiry, the volatilities of bids and asks of what is out of the money, and of marks."""
    far = shared.rows(chain, np.abs(np.asarray(chain["delta"], float)) <= 0.5)
    for expiry, colour in zip(days, COLOURS * len(days), strict=False):
        part = shared.where(far, days=expiry).sort_values("strike")
        bid, ask = (100.0 * np.asarray(part[f"{side}_volatility"], float) for side in ("bid", "ask"))
        axes.fill_between(part["strike"], bid, ask, color=colour, alpha=0.2, linewidth=0)
        for side, marker in ((bid, "^"), (ask, "v")):
            axes.plot(part["strike"], side, "-", marker=marker, color=colour, markersize=3)
        axes.plot(part["strike"], 100.0 * part["volatility"], "--", color=colour, linewidth=0.6)
    axes.grid(axis="y")


def legend(days: list[float]) -> tuple[list[Line2D], list[str]]:
    """A colour for each expiry, a marker for each side, dashes for marks."""
    handles = [Line2D([], [], color=colour) for _, colour in zip(days, COLOURS * len(days), strict=False)]
    handles += [Line2D([], [], color="black", marker=marker, markersize=3) for marker in "^v"]
    handles.append(Line2D([], [], color="black", linestyle="--", linewidth=0.6))
    return handles, [*(_time(expiry) for expiry in days), "bid", "ask", "mark"]


def _time(days: float) -> str:
    if days < 1.0 / 24.0:
        return f"{24.0 * 60.0 * days:.3g} min"
    return f"{24.0 * days:.3g} h" if days < 1.0 else f"{days:.3g} d"


def write(summary: pd.DataFrame, title: str, path: Path, columns: str = "two") -> None:
    """Draw smiles into a file, of the kind that its name ends in."""
    shared.write(draw, summary, title, path, columns)
