"""Where rewards for liquidity take depth, and what users pay then, by how they are split among rollups."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Four rollups, from the largest (r0) to the smallest (r3), on which a protocol pays for liquidity, all on the "
    "largest, in equal parts, in proportion to volume, or to what a rollup lacks of a target. Top: pools; providers "
    "take their capital over bridges to where a dollar earns most, or keep it. Bottom: quotes of calls, by a maker who "
    "learns to earn nothing, and stays away for a while where no half spread up to 8 bp pays. Means of the second half "
    "of a run, with 95% intervals over seeds that all share. (a, d) Value in all pools, and underlying of what is "
    "quoted, by what is paid. (b, e) What users pay, against the mid when they sent a trade, or what options are "
    "worth, less that without rewards at the same seed. (c) Parts of the value in pools by rollup, and (f) half "
    "spreads of quotes over the price, at the highest rate; dashed: where nothing is left to the maker at what is paid."
)
COLOURS = {
    "none": "0.3", "one rollup": shared.PINK, "equal": shared.BLUE, "volume": shared.ORANGE,
    "depth target": shared.GREEN,
}  # fmt: skip
TITLES = {"a": "pools", "b": "who trade on pools", "c": "where", "d": "quotes", "e": "who take quotes", "f": "spreads"}
PARTS = {"pools": ("ab", "depth [million USD]", 1e-6), "quotes": ("de", "quoted [thousand USD]", 1e-3)}
"""By part: letters of its first two panels, and how its depth is shown."""
CHANGE = "change of users' cost [bp]"
ROLLUPS = 4


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(4.4, (2, 3), page.Lines(1, 1.6))
    for line, (part, (letters, depth, scale)) in zip(panels, PARTS.items(), strict=True):
        mine = shared.where(summary, part=part)
        _by_rate(line[0], letters[0], mine, "depth_usd", depth, scale)
        _by_rate(line[1], letters[1], mine, "change_bp", CHANGE, 1.0)
        rates = shared.levels(mine, "usd_per_hour")
        if part == "pools":
            _by_rollup(line[2], "c", mine, max(rates, default=0.0), "share_{}", 100.0)
            line[2].set_ylabel("part of depth [%]")
        else:
            _by_rollup(line[2], "f", mine, max(rates, default=0.0), "half_{}_bp", 1.0)
            _known(line[2], mine, max(rates, default=0.0))
            line[2].set_ylabel("half spread [bp]")
    panels.flat[0].legend(loc="best")
    return figure


def _by_rate(axes: Axes, letter: str, summary: pd.DataFrame, outcome: str, label: str, scale: float) -> None:
    """Draw an outcome of each split by what is paid."""
    shared.letter(axes, letter, TITLES[letter])
    rates = sorted(shared.levels(summary, "usd_per_hour"))
    for split, colour in COLOURS.items():
        across = shared.series(shared.where(summary, outcome=outcome, split=split), "usd_per_hour", scale)
        shared.bars(axes, {rates.index(rate): cell for rate, cell in across.items()}, colour, split)
    axes.set_xticks(range(len(rates)), [f"{1e-3 * rate:g}" for rate in rates])
    axes.set_xlabel("rewards [thousand USD/h]")
    axes.set_ylabel(label)
    axes.grid(axis="y")


def _of_split(summary: pd.DataFrame, split: str, rate: float, outcome: str, scale: float) -> dict[int, shared.Cell]:
    """Cells by rollup of an outcome without rewards, or by a split at a rate."""
    places = {}
    for at in range(ROLLUPS):
        paid = rate if split != "none" else 0.0
        part = shared.where(summary, outcome=outcome.format(at), split=split, usd_per_hour=paid)
        found = shared.cells(part, scale)
        if found:
            places[at] = found[0]
    return places


def _by_rollup(axes: Axes, letter: str, summary: pd.DataFrame, rate: float, outcome: str, scale: float) -> None:
    """Draw an outcome of each rollup without rewards and by each split at a rate."""
    shared.letter(axes, letter, TITLES[letter])
    for split, colour in COLOURS.items():
        shared.bars(axes, _of_split(summary, split, rate, outcome, scale), colour, split)
    axes.set_xticks(range(ROLLUPS), [f"r{at}" for at in range(ROLLUPS)])
    axes.set_xlabel("rollup")
    axes.set_ylim(bottom=0)
    axes.grid(axis="y")


def _known(axes: Axes, summary: pd.DataFrame, rate: float) -> None:
    """Draw half spreads that leave nothing at what is paid."""
    for split, colour in COLOURS.items():
        places = _of_split(summary, split, rate, "known_{}_bp", 1.0)
        axes.plot(list(places), [cell.mean for cell in places.values()], "--", color=colour, linewidth=0.8)
    known = Line2D([], [], color="black", linestyle="--", linewidth=0.8)
    axes.legend([known], ["nothing left to the maker"], loc="upper left")
    axes.set_ylim(top=9.5)  # the key stands above the data
