"""Who paid whom, beyond what was exchanged at reference prices: a panel of streams for each run."""

from __future__ import annotations

import re
import string
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Who paid whom by tips, gas, bids, fees, bonuses, rewards and penalties, beyond the exchange of one thing for "
    "another at its reference price; agents of one role together. Each stream leads from its payer, whose colour it "
    "has, to its payee, grey where it only receives; its width is the amount, on one scale in all panels, and numbers "
    "are thousands of USD. Streams below a thousandth of the largest panel are left out, ends below a fiftieth are "
    "named below, if at all."
)
COLOURS = {
    "retail": shared.BLUE,
    "arbitrageurs, searchers": shared.GREEN,
    "builders": shared.ORANGE,
    "sequencers": shared.VERMILION,
    "borrowers": shared.PINK,
    "liquidators": shared.SKY,
    "market makers": "#F0E442",
    "perpetual traders": "0.2",
}
MOST_PANELS = 6
LEAST, NAMED = 1e-3, 0.02
"""Shares of the largest total from which on a stream is drawn, and an end is named."""
GAP, BAR = 0.03, 0.03
"""Between two ends, as a share of the height, and the width of an end, of the panel's width."""
PAYERS, PAYEES = 0.34, 0.66
"""Where their ends are, in the panel's width."""
LOW = 0.08
"""Height of an end below which its name and number stand on one line."""


def draw(summary: pd.DataFrame) -> Figure:
    """Draw payments: columns run, payer, payee and usd [USD], for six runs at most."""
    runs = shared.levels(summary, "run")[:MOST_PANELS]
    across = min(len(runs), 2 if len(runs) in (2, 4) else 3)
    down = -(-len(runs) // across) if across else 1
    figure, panels = page.panels(0.4 + 2.1 * down, (down, max(across, 1)), page.Lines(1, 1.9))
    totals = {run: _total(shared.where(summary, run=run)) for run in runs}
    largest = max(totals.values(), default=1.0)
    for axes, letter in zip(panels.ravel(), string.ascii_lowercase, strict=False):
        axes.set_axis_off()
        axes.set(xlim=(0.0, 1.0), ylim=(1.02, -0.02))
        if letter in string.ascii_lowercase[: len(runs)]:
            run = runs[string.ascii_lowercase.index(letter)]
            shared.letter(axes, letter, f"{shared.label(run)}: {shared.number(totals[run] / 1e3)} thousand USD")
            _streams(axes, shared.where(summary, run=run), largest)
    _key(figure, panels)
    return figure


def _key(figure: Figure, panels: np.ndarray) -> None:
    """Explain colours of ends that are too small to be named anywhere."""
    named = {re.split(r"[ \n][\d.,]+$", text.get_text())[0] for axes in panels.ravel() for text in axes.texts}
    drawn = {to_hex(bar.get_facecolor()) for axes in panels.ravel() for bars in axes.containers for bar in bars}
    unnamed = [name for name, colour in COLOURS.items() if to_hex(colour) in drawn and name not in named]
    page.key(figure, [Rectangle((0, 0), 1, 1, color=COLOURS[name]) for name in unnamed], unnamed)


def _total(paid: pd.DataFrame) -> float:
    """What rows come to [USD]."""
    return float(np.sum(np.asarray(paid["usd"], dtype=float)))


def _streams(axes: Axes, paid: pd.DataFrame, largest: float) -> None:
    """Payers on the left, payees on the right, each end as high as what it pays or has."""
    paid = shared.rows(paid, np.asarray(paid["usd"] >= LEAST * largest))
    payers, payees = shared.levels(paid, "payer"), shared.levels(paid, "payee")
    scale = (1.0 - GAP * max(len(payers), len(payees), 1)) / largest
    left = _ends(axes, paid, "payer", payers, scale, largest)
    right = _ends(axes, paid, "payee", payees, scale, largest)
    for payer in payers:
        for payee in payees:
            usd = _total(shared.where(paid, payer=payer, payee=payee))
            if usd > 0.0:
                _stream(axes, left[payer], right[payee], usd * scale, COLOURS.get(payer, shared.GREY))
                left[payer] += usd * scale
                right[payee] += usd * scale


def _ends(
    axes: Axes, paid: pd.DataFrame, side: str, names: list[str], scale: float, largest: float
) -> dict[str, float]:
    """Draw the ends of a side; returns where the streams of each begin."""
    begin, at = {}, 0.0
    edge, away, align = (PAYERS, -BAR - 0.01, "right") if side == "payer" else (PAYEES, BAR + 0.01, "left")
    for name in names:
        usd = _total(shared.where(paid, **{side: name}))
        begin[name] = at
        colour = COLOURS.get(name, shared.GREY)
        axes.bar(edge, usd * scale, BAR, bottom=at, color=colour, zorder=3)
        if usd >= NAMED * largest:
            text = f"{name}{' ' if usd * scale < LOW else chr(10)}{shared.number(usd / 1e3)}"
            axes.text(edge + away, at + 0.5 * usd * scale, text, ha=align, va="center", fontsize=6, linespacing=0.9)
        at += usd * scale + GAP
    return begin


def _stream(axes: Axes, left: float, right: float, width: float, colour: str) -> None:
    """A band from one end to the other."""
    begin, end, middle = PAYERS + 0.5 * BAR, PAYEES - 0.5 * BAR, 0.5
    corners = [
        (begin, left), (middle, left), (middle, right), (end, right), (end, right + width),
        (middle, right + width), (middle, left + width), (begin, left + width), (begin, left),
    ]  # fmt: skip
    curve = [Outline.CURVE4] * 3
    codes = [Outline.MOVETO, *curve, Outline.LINETO, *curve, Outline.CLOSEPOLY]
    axes.add_patch(PathPatch(Outline(corners, codes), facecolor=colour, alpha=0.5, linewidth=0.0, zorder=2))


def write(summary: pd.DataFrame, title: str, path: Path, columns: str = "two") -> None:
    """Draw payments into a file, of the kind that its name ends in."""
    shared.write(draw, summary, title, path, columns)
