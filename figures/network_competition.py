"""Rollups move among sequencing networks: concentration, who is where, what users pay, what networks earn."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Two rollups with options and tight pools (trading) and two with loans (lending) move among three networks and "
    "sequencers of their own, by what they and their users experience. (a, b) Herfindahl-Hirschman index of who "
    "sequences, without and with users who need two rollups at once, by what a move costs; where rollups begin goes "
    "round with the seed. (c) Users' cost over that of the best fixed assignment at the same seed. (d, e) Share of its "
    "time that a rollup of each kind spends in each network where moves cost nothing. (f) What each network keeps, "
    "with its own trades, where users need two rollups at once. Means with 95% intervals over seeds."
)
COLOURS = (shared.BLUE, shared.ORANGE, shared.VERMILION, shared.PINK)
"""Of the costs of a move, and of strengths of demand, from the lowest."""
KINDS = {"trading": shared.GREEN, "lending": shared.PINK}
NETWORKS = {"alone": shared.GREY, "fast": shared.SKY, "resistant": shared.BLUE, "cheap": shared.VERMILION}


class Line(NamedTuple):
    """How an outcome is drawn: unit, colour, name, and how far to the side of its place, so that bars stand apart."""

    scale: float
    colour: str
    name: str
    shift: float


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    demands = sorted(shared.levels(summary, "cross_per_second"))
    costs = sorted(shared.levels(summary, "switching_usd"))
    ends = demands[0], demands[-1]
    figure, panels = page.panels(4.8, (2, 3))
    first, second, third, fourth, fifth, sixth = panels.ravel()
    for axes, name, demand in ((first, "a", ends[0]), (second, "b", ends[1])):
        shared.letter(axes, name, f"concentration, {demand:g} needs/s")
        _concentration(axes, shared.where(summary, cross_per_second=demand), costs)
    first.legend(loc="best", title="a move [USD]")
    for axes, name, demand in ((fourth, "d", ends[0]), (fifth, "e", ends[1])):
        shared.letter(axes, name, f"where, {demand:g} needs/s")
        _whereabouts(axes, shared.where(summary, cross_per_second=demand, switching_usd=costs[0]))
    fourth.legend(loc="best")
    shared.letter(third, "c", "users' cost")
    for at, (demand, colour) in enumerate(zip(demands, COLOURS, strict=False)):
        found = shared.where(summary, cross_per_second=demand, outcome="over_best_bp")
        _by_cost(third, found, costs, Line(1.0, colour, f"{demand:g} needs/s", 0.08 * (at - 1)))
    third.set_ylabel("over best fixed [bp]")
    shared.letter(sixth, "f", f"income, {ends[1]:g} needs/s")
    for at, name in enumerate(list(NETWORKS)[1:]):
        found = shared.where(summary, cross_per_second=ends[1], outcome=f"{name}_income_usd_day")
        _by_cost(sixth, found, costs, Line(1e-3, NETWORKS[name], name, 0.08 * (at - 1)))
    sixth.set_yscale("symlog", linthresh=1.0)
    sixth.set_ylabel("thousand USD per day")
    if not page.is_narrow():  # else the key stands below
        low, high = third.get_ylim()
        third.set_ylim(low, high + 0.45 * (high - low))
    third.legend(loc="upper left")
    sixth.legend(loc="best")
    return figure


def _concentration(axes: Axes, summary: pd.DataFrame, costs: list[float]) -> None:
    """The index over time, a line for each cost of a move."""
    for cost, colour in zip(costs, COLOURS, strict=False):
        found: dict[Any, shared.Cell] = {}
        steps = [name for name in shared.levels(summary, "outcome") if name.startswith("hhi_")]
        for name in sorted(steps, key=lambda name: int(name.removeprefix("hhi_"))):
            cell = shared.cell(summary, outcome=name, switching_usd=cost)
            if cell is not None:
                found[100.0 * (int(name.removeprefix("hhi_")) + 0.5) / len(steps)] = cell
        shared.band(axes, found, colour, f"{cost:,.0f}")
    axes.set(xlabel="time [% of the run]", ylabel="HHI [1]", ylim=(0.2, 1.05))
    axes.grid(axis="y")


def _whereabouts(axes: Axes, summary: pd.DataFrame) -> None:
    """Shares of time by network, both kinds side by side."""
    for shift, (kind, colour) in zip((-0.12, 0.12), KINDS.items(), strict=True):
        cells = {at: shared.cell(summary, 100.0, outcome=f"{kind}_{name}_share") for at, name in enumerate(NETWORKS)}
        shared.bars(axes, {at + shift: cell for at, cell in cells.items() if cell is not None}, colour, kind, "o")
    slope = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if page.is_narrow() else {}
    axes.set_xticks(range(len(NETWORKS)), list(NETWORKS), **slope)
    axes.set(ylabel="% of its time", ylim=(0, 100), xlim=(-0.5, len(NETWORKS) - 0.5))
    axes.grid(axis="y")


def _by_cost(axes: Axes, summary: pd.DataFrame, costs: list[float], line: Line) -> None:
    """An outcome by what a move costs."""
    cells = shared.series(summary, "switching_usd", line.scale)
    places = {costs.index(cost) + line.shift: cell for cost, cell in cells.items()}
    shared.bars(axes, places, line.colour, line.name)
    axes.set_xticks(range(len(costs)), [f"{cost:,.0f}" for cost in costs])
    axes.set_xlabel("a move [USD]")
    axes.grid(axis="y")
