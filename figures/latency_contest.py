"""Contests for prizes that span rollups: outlay, value realised, cost of speed, and revenue of bids for time."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "A prize that goes to whoever is first on all of K rollups, with one race for all (shared) or one for each "
    "(separate). Points: means of what players learned in races held by the market's rules, with 95% "
    "intervals over seeds; lines and crosses: exact equilibria. (a) Outlay in a lottery of tickets by the number of "
    "players. (b) Share of prizes that somebody wins whole. (c) Outlay of separate over shared races where "
    "effort is time saved and costs a power of it, or one over the latency. (d) Revenue from bids that count as time, "
    "separate over shared, by the prize in units of the exact turning point V*."
)
COLOURS = {("shared", 2): shared.BLUE, ("separate", 2): shared.VERMILION, ("separate", 3): shared.ORANGE}
SHARE = "share of prizes"


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(4.3, (2, 2))
    outlay, realised, speed, revenue = panels.ravel()
    lottery = shared.where(summary, form="lottery")
    _by_players(outlay, shared.where(lottery, outcome="outlay"), ("a", "lottery: total outlay"), "outlay / prize")
    _by_players(realised, shared.where(lottery, outcome="realised"), ("b", "lottery: prizes won whole"), SHARE)
    realised.set_ylim(0, 1.05)
    handles, labels = outlay.get_legend_handles_labels()
    handles += [
        Line2D([], [], color="black", linewidth=0.9),
        Line2D([], [], linestyle="none", marker="o", color="black"),
    ]
    realised.legend(handles, [*labels, "exact", "learned"], loc="center right", bbox_to_anchor=(1.0, 0.68))
    _speed(speed, shared.where(summary, form="first_come", outcome="outlay_ratio"))
    _revenue(revenue, shared.where(summary, form="timeboost", outcome="outlay_ratio"))
    return figure


def _by_players(axes: Axes, summary: pd.DataFrame, title: tuple[str, str], label: str) -> None:
    shared.letter(axes, *title)
    for (sequencing, legs), colour in COLOURS.items():
        part = shared.where(summary, sequencing=sequencing, legs=legs)
        if part.empty:
            continue
        name = "shared" if sequencing == "shared" else f"separate, K = {legs:g}"
        exact = _exact(part, "players")
        axes.plot(sorted(exact), [exact[players] for players in sorted(exact)], color=colour, linewidth=0.9, label=name)
        for players, cell in shared.series(part, "players").items():
            _point(axes, players, cell, colour)
    axes.set_xticks(sorted(int(players) for players in shared.levels(summary, "players")))
    axes.set_ylim(bottom=0)
    axes.grid(axis="y")
    axes.set_xlabel("players")
    axes.set_ylabel(label)


def _exact(summary: pd.DataFrame, by: str) -> dict[float, float]:
    """Exact values by a lever."""
    return dict(zip(summary[by], summary["exact"], strict=True))


def _speed(axes: Axes, summary: pd.DataFrame) -> None:
    shared.letter(axes, "c", "time saved: outlay, separate / shared")
    exact, learned = _exact(summary, "curvature"), shared.series(summary, "curvature")
    order = sorted(exact, key=lambda curvature: (curvature == 0, curvature))
    axes.axhline(1, color="black", linewidth=0.6)
    for place, curvature in enumerate(order):
        text = "exact" if not place else None
        axes.plot(place, exact[curvature], "x", color="black", markersize=6, markeredgewidth=0.8, label=text)
        _point(axes, place, learned.get(curvature), shared.GREEN, "learned" if not place else None)
    names = [f"$x^{{{curvature:g}}}$" if curvature else "$1/t$" for curvature in order]
    axes.set_xticks(range(len(order)), names)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y")
    axes.set_xlabel("cost of saving time")
    axes.set_ylabel("ratio")
    axes.legend(loc="upper left")


def _revenue(axes: Axes, summary: pd.DataFrame) -> None:
    shared.letter(axes, "d", "bids for time: revenue, separate / shared")
    exact = _exact(summary, "prize_over_turn")
    axes.axhline(1, color="black", linewidth=0.6)
    axes.axvline(1, color="black", linewidth=0.6, linestyle=":")
    axes.axhline(2**0.5, color=shared.GREY, linewidth=0.8, linestyle="--")
    heights = [exact[multiple] for multiple in sorted(exact)]
    axes.plot(sorted(exact), heights, color=shared.PINK, linewidth=0.9, label="exact")
    for place, (multiple, cell) in enumerate(shared.series(summary, "prize_over_turn").items()):
        _point(axes, multiple, cell, shared.PINK, None if place else "learned")
    axes.legend(loc="lower right")
    axes.set_xscale("log")
    axes.set_xticks([0.3, 0.5, 1, 2, 5], ["0.3", "0.5", "1", "2", "5"])
    axes.minorticks_off()
    axes.set_ylim(0, 1.8 if page.is_narrow() else 1.55)
    axes.annotate(r"limit $\sqrt{2}$", (0.32, 2**0.5), (0, 2), textcoords="offset points", color="0.35", fontsize=7)
    axes.grid(axis="y")
    axes.set_xlabel("prize / $V^*$")
    axes.set_ylabel("ratio")


def _point(axes: Axes, place: float, cell: shared.Cell | None, colour: str, text: str | None = None) -> None:
    if cell is not None:
        axes.plot([place] * 2, [cell.low, cell.high], color=colour, linewidth=1.6, solid_capstyle="butt", zorder=3)
        axes.plot(
            place, cell.mean, "o", color=colour, markeredgecolor="white", markeredgewidth=0.5, zorder=4, label=text
        )
