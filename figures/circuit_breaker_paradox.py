"""The paradox of the pause and its cure, the approach to a breaker's threshold, and how liquidators' slack matters."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "A breaker that pauses everybody but liquidators and oracles. Points are seeds, means have 95% intervals. (a) "
    "Collateral seized over that of the same seed without a breaker, after a fall by 2% beyond the first borrower, at "
    "leverage densities of 0.5 and 0.8, one breaker per rollup; dashed where the exact cascade on one pool ends. "
    "Still: the outside price stays there and users are away, as the theory has it. Late oracles post after 25 bp and "
    "1 s, others after 1 bp and at once. (b) Bad debt where the outside price falls by 10% and, just before the pause "
    "ends, by 15% more. (c, d) The approach to a threshold of 400 thousand USD, with traders who anticipate a pause "
    "and without, beside a breaker that counts and pauses nobody: chance of a trigger in runs that come within a "
    "quarter of it, and volatility there over volatility before. (e) In a crash under the reference breaker, where "
    "oracles read pools, by the slack that liquidators leave in the limits of their sales."
)

COLOURS = {"pool": shared.VERMILION, "external": shared.BLUE}
NAMES = {"pool": "oracle reads pools", "external": "oracle reads the outside price"}
DENSITIES = {0.5: shared.ORANGE, 0.8: shared.GREEN}
BASELINE, TWICE, REFERENCE = "none", "external, twice", "reference"


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary: falls above, approach and slack below."""
    figure = Figure(figsize=(page.width_in(), 7.6 if page.is_narrow() else 5.0))
    ratio, debt, chance, volatility, slack = _laid_out(figure)
    _falls(ratio, debt, shared.where(summary, part="fall"))
    _approach(chance, volatility, shared.where(summary, part="approach"))
    _slack(slack, summary)
    for oracle, colour in COLOURS.items():
        chance.plot([], [], "o", color=colour, label=NAMES[oracle])
    ratio.plot([], [], "--", color="black", linewidth=0.9, label="exact")
    keys = [axes.get_legend_handles_labels() for axes in (ratio, chance)]
    page.key(figure, keys[0][0] + keys[1][0], keys[0][1] + keys[1][1], "upper")
    return figure


def _laid_out(figure: Figure) -> list[Axes]:
    if page.is_narrow():
        grid = figure.add_gridspec(4, 2, height_ratios=(2.2, 0.9, 1.0, 0.9))
        return [figure.add_subplot(part) for part in (grid[0, :], grid[1, :], grid[2, 0], grid[2, 1], grid[3, :])]
    grid = figure.add_gridspec(2, 6)
    parts = (grid[0, :4], grid[0, 4:], grid[1, :2], grid[1, 2:4], grid[1, 4:])
    return [figure.add_subplot(part) for part in parts]


def _slack(axes: Axes, summary: pd.DataFrame) -> None:
    """The reference breaker by slack; what is learned is that of the crash."""
    learned = shared.where(summary, part="crash", oracle="pool", breaker=REFERENCE, anticipation="off")
    found = pd.concat([shared.where(summary, part="slack", breaker=REFERENCE), learned])
    names = shared.levels(found, "slack")
    shared.named_rows(axes, "e", "slack", "seized over no breaker", names)
    axes.axvline(1.0, color=shared.GREY, linewidth=0.8)
    for row, name in enumerate(names):
        shared.dot(axes, shared.cell(found, slack=name, outcome="seized_over_none"), row, COLOURS["pool"])


def _falls(ratio: Axes, debt: Axes, falls: pd.DataFrame) -> None:
    """Ratios of all worlds but the one of two falls, whose bad debt stands in the other panel."""
    cells = list(dict.fromkeys(zip(falls["world"], falls["breaker"], strict=True)))
    once = [(world, name) for world, name in cells if world != TWICE and name != BASELINE]
    pauses = [name for world, name in cells if world == TWICE]
    shared.named_rows(ratio, "a", "a fall", "seized over no breaker", [f"{world}: {name}" for world, name in once])
    shared.named_rows(debt, "b", "two falls", "bad debt, % of debt", pauses)
    ratio.tick_params(axis="y", labelsize=5.5)
    ratio.axvline(1.0, color=shared.GREY, linewidth=0.8)
    for number, (psi, colour) in enumerate(DENSITIES.items()):
        here = shared.where(falls, psi=psi)
        if here.empty:
            continue
        ratio.axvline(here["exact"].iloc[0], color=colour, linewidth=0.9, linestyle="--", zorder=1)
        shift = 0.3 * (number - 0.5)
        for row, (world, name) in enumerate(once):
            cell = shared.cell(here, world=world, breaker=name, outcome="seized_over_none")
            shared.dot(ratio, cell, row + shift, colour, f"density {psi:g}" if row == 0 else None)
        for row, name in enumerate(pauses):
            cell = shared.cell(here, 100.0, world=TWICE, breaker=name, outcome="bad_debt_share")
            shared.dot(debt, cell, row + shift, colour)


def _approach(chance: Axes, volatility: Axes, summary: pd.DataFrame) -> None:
    """Statistics pooled over seeds."""
    cells = list(dict.fromkeys(zip(summary["oracle"], summary["anticipation"], summary["breaker"], strict=True)))
    cells.sort(key=lambda cell: (cell[1] == "on", cell[2] != "pauses"))
    kinds = list(dict.fromkeys(cell[1:] for cell in cells))
    names = [f"{'anticipated' if known == 'on' else 'not seen'},\n{name}" for known, name in kinds]
    shared.named_rows(chance, "c", "trigger once near", "chance", names)
    shared.named_rows(volatility, "d", "volatility", "near over far", names)
    volatility.set_yticklabels([])
    chance.tick_params(axis="y", labelsize=5.5)
    for oracle, known, name in cells:
        part = shared.where(summary, oracle=oracle, anticipation=known, breaker=name)
        at = kinds.index((known, name)) + 0.3 * (list(COLOURS).index(oracle) - 0.5)
        for axes, outcome in ((chance, "trigger_chance"), (volatility, "volatility_ratio")):
            shared.dot(axes, shared.cell(part, outcome=outcome), at, COLOURS[oracle])
