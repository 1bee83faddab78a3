"""Contests for prizes that span rollups: outlay, value realised, cost of speed, and revenue of bids for time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _shared as shared

CAPTION = (
    "A prize that goes to whoever is first on all of K rollups, with one race for all (shared) or one for each "
    "(separate). Points: means of what players learned in races held by the market's rules, with 95% bootstrap "
    "intervals over seeds; lines and crosses: exact equilibria. (a) Outlay in a lottery of tickets by the number of "
    "players. (b) Share of prizes that somebody wins whole. (c) Outlay of separate over shared races where "
    "effort is time saved and costs a power of it, or one over the latency. (d) Revenue from bids that count as time, "
    "separate over shared, by the prize in units of the exact turning point V*."
)
COLOURS = {("shared", 2): shared.BLUE, ("separate", 2): shared.VERMILION, ("separate", 3): shared.ORANGE}


def draw(runs: pd.DataFrame) -> Figure:
    """Draw finished runs (columns of runs.parquet)."""
    figure = Figure(figsize=(shared.WIDTH_IN, 4.3))
    outlay, realised, speed, revenue = figure.subplots(2, 2).ravel()
    lottery = shared.where(runs, form="lottery")
    _by_players(outlay, lottery, "outlay", ("a", "lottery: total outlay"), "outlay / prize")
    _by_players(realised, lottery, "realised", ("b", "lottery: prizes won whole"), "share of prizes")
    realised.set_ylim(0, 1.05)
    realised.legend(*outlay.get_legend_handles_labels(), loc="center right", bbox_to_anchor=(1.0, 0.68))
    _speed(speed, shared.where(runs, form="first_come"))
    _revenue(revenue, shared.where(runs, form="timeboost"))
    return figure


def _by_players(axes: Axes, runs: pd.DataFrame, column: str, title: tuple[str, str], label: str) -> None:
    shared.letter(axes, *title)
    for (sequencing, legs), colour in COLOURS.items():
        part = shared.where(runs, sequencing=sequencing, legs=legs)
        if part.empty:
            continue
        name = "shared" if sequencing == "shared" else f"separate, K = {legs}"
        cells = {players: shared.where(part, players=players) for players in sorted(set(part["players"]))}
        exact = [shared.values(cell, f"{column}_exact")[0] for cell in cells.values()]
        axes.plot(list(cells), exact, color=colour, linewidth=0.9, label=name)
        for players, cell in cells.items():
            _point(axes, players, shared.values(cell, column), colour)
    axes.set_xticks(sorted(set(runs["players"])))
    axes.set_ylim(bottom=0)
    axes.grid(axis="y")
    axes.set_xlabel("players")
    axes.set_ylabel(label)


def _ratios(runs: pd.DataFrame, by: str, column: str) -> dict[float, tuple[np.ndarray, float]]:
    """Separate over shared by a lever: learned ratios by seed, and the exact one (NaN where both are zero)."""
    found = {}
    for setting in sorted(set(shared.values(runs, by))):
        pair = [shared.where(runs, **{by: setting, "sequencing": name}) for name in ("separate", "shared")]
        if min(len(part) for part in pair) == 0:
            continue
        count = min(len(part) for part in pair)
        learned, exact = ([shared.values(part, name)[:count] for part in pair] for name in (column, f"{column}_exact"))
        found[float(setting)] = learned[0] / learned[1], float(exact[0][0] / exact[1][0])
    return found


def _speed(axes: Axes, runs: pd.DataFrame) -> None:
    shared.letter(axes, "c", "time saved: outlay, separate / shared")
    ratios = _ratios(runs, "curvature", "outlay")
    order = [curvature for curvature in ratios if curvature > 0] + [curvature for curvature in ratios if curvature == 0]
    axes.axhline(1, color="black", linewidth=0.6)
    for place, curvature in enumerate(order):
        learned, exact = ratios[curvature]
        axes.plot(
            place, exact, "x", color="black", markersize=6, markeredgewidth=0.8, label="exact" if not place else None
        )
        _point(axes, place, learned, shared.GREEN)
    names = [f"$x^{{{curvature:g}}}$" if curvature else "$1/t$" for curvature in order]
    axes.set_xticks(range(len(order)), names)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y")
    axes.set_xlabel("cost of saving time")
    axes.set_ylabel("ratio")
    axes.legend(loc="upper left")


def _revenue(axes: Axes, runs: pd.DataFrame) -> None:
    shared.letter(axes, "d", "bids for time: revenue, separate / shared")
    ratios = _ratios(runs, "prize_over_turn", "outlay")
    axes.axhline(1, color="black", linewidth=0.6)
    axes.axvline(1, color="black", linewidth=0.6, linestyle=":")
    axes.axhline(2**0.5, color=shared.GREY, linewidth=0.8, linestyle="--")
    axes.plot(list(ratios), [exact for _, exact in ratios.values()], color=shared.PINK, linewidth=0.9)
    for multiple, (learned, _) in ratios.items():
        _point(axes, multiple, learned, shared.PINK)
    axes.set_xscale("log")
    axes.set_xticks([0.3, 0.5, 1, 2, 5], ["0.3", "0.5", "1", "2", "5"])
    axes.minorticks_off()
    axes.set_ylim(0, 1.55)
    axes.annotate(r"limit $\sqrt{2}$", (0.32, 2**0.5), (0, 2), textcoords="offset points", color="0.35", fontsize=7)
    axes.grid(axis="y")
    axes.set_xlabel("prize / $V^*$")
    axes.set_ylabel("ratio")


def _point(axes: Axes, place: float, sample: np.ndarray, colour: str) -> None:
    axes.plot([place] * 2, shared.interval(sample), color=colour, linewidth=1.6, solid_capstyle="butt", zorder=3)
    axes.plot(place, np.nanmean(sample), "o", color=colour, markeredgecolor="white", markeredgewidth=0.5, zorder=4)
