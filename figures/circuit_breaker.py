"""A circuit breaker in a crash: what is liquidated, the paradox of the pause and its cure, and the approach to it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _shared as shared

CAPTION = (
    "A shared sequencer whose breaker pauses everybody but liquidators and oracles, on four rollups. Points are seeds, "
    "means have 95% intervals. (a-c) A crash, for oracles that read pools and oracles that read the outside "
    "price, under the reference breaker (50 thousand USD within 60 s pause for 60 s) and one change of it at a time: "
    "collateral seized over that of the same seed without a breaker, bad debt, and users' delay. (d) The paradox: "
    "after a fall by 2% beyond the first borrower, at leverage densities of 0.5 and 0.8, one breaker per rollup; "
    "dashed where the exact cascade on one pool ends. Still: the outside price stays there and users are away, as the "
    "theory has it. Late oracles post after 25 bp and 1 s, others after 1 bp and at "
    "once. (e) Bad debt where the outside price falls by 10% and, just before the pause ends, by 15% more. (f, g) The "
    "approach to a threshold of 400 thousand USD, with traders who anticipate a pause and without, beside a breaker "
    "that counts and pauses nobody: chance of a trigger in runs that come within a quarter of it, and volatility there "
    "over volatility before."
)

COLOURS = {"pool": shared.VERMILION, "external": shared.BLUE}
NAMES = {"pool": "oracle reads pools", "external": "oracle reads the outside price"}
DENSITIES = {0.5: shared.ORANGE, 0.8: shared.GREEN}
BASELINE, TWICE = "none", "external, twice"


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary: the crash above, falls and approach below."""
    crash = shared.where(summary, part="crash")
    breakers = shared.levels(crash, "breaker")
    upper, lower = 0.8 + 0.17 * len(breakers), 2.6
    figure = Figure(figsize=(shared.WIDTH_IN, upper + lower))
    top, bottom = np.ravel(np.asarray(figure.subfigures(2, 1, height_ratios=(upper, lower)))).tolist()
    _crash(top.subplots(1, 3, sharey=True), crash, breakers)
    top.legend(*top.axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    panels = bottom.subplots(1, 4, width_ratios=(1.15, 0.8, 1.0, 1.0))
    _falls(panels[0], panels[1], shared.where(summary, part="fall"))
    _approach(panels[2], panels[3], shared.where(summary, part="approach"))
    bottom.legend(*panels[0].get_legend_handles_labels(), loc="outside lower left", ncols=2)
    return figure


def _rows(axes: Axes, letter: str, title: str, unit: str, names: list[str]) -> None:
    shared.letter(axes, letter, title)
    axes.set_xlabel(unit)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x")


def _crash(panels: np.ndarray, crash: pd.DataFrame, breakers: list[str]) -> None:
    titles = (
        ("a", "collateral seized", "over no breaker"),
        ("b", "bad debt", "thousand USD"),
        ("c", "users' delay", "s"),
    )
    for axes, (letter, title, unit) in zip(panels, titles, strict=True):
        _rows(axes, letter, title, unit, breakers)
    panels[0].axvline(1.0, color=shared.GREY, linewidth=0.8)
    outcomes = (("seized_over_none", 1.0), ("bad_debt_usd", 1e-3), ("inclusion_delay_s", 1.0))
    for number, (oracle, colour) in enumerate(COLOURS.items()):
        for row, breaker in enumerate(breakers):
            part = shared.where(crash, oracle=oracle, breaker=breaker)
            at = row + 0.3 * (number - 0.5)
            for axes, (outcome, scale) in zip(panels, outcomes, strict=True):
                text = NAMES[oracle] if row == 0 and axes is panels[0] else None
                shared.dot(axes, shared.cell(part, scale, outcome=outcome), at, colour, text)


def _falls(ratio: Axes, debt: Axes, falls: pd.DataFrame) -> None:
    """Ratios of all worlds but the one of two falls, whose bad debt stands in the other panel."""
    cells = list(dict.fromkeys(zip(falls["world"], falls["breaker"], strict=True)))
    once = [(world, name) for world, name in cells if world != TWICE and name != BASELINE]
    pauses = [name for world, name in cells if world == TWICE]
    _rows(ratio, "d", "a fall", "seized over no breaker", [f"{world}: {name}" for world, name in once])
    _rows(debt, "e", "two falls", "bad debt, % of debt", pauses)
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
    _rows(chance, "f", "trigger once near", "chance", names)
    _rows(volatility, "g", "volatility", "near over far", names)
    volatility.set_yticklabels([])
    chance.tick_params(axis="y", labelsize=5.5)
    for oracle, known, name in cells:
        part = shared.where(summary, oracle=oracle, anticipation=known, breaker=name)
        at = kinds.index((known, name)) + 0.3 * (list(COLOURS).index(oracle) - 0.5)
        for axes, outcome in ((chance, "trigger_chance"), (volatility, "volatility_ratio")):
            shared.dot(axes, shared.cell(part, outcome=outcome), at, COLOURS[oracle])
