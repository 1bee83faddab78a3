"""What accounts on options are exposed to at the end of a run: the sensitivities of all that each holds and owes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Sensitivities of all options that an account holds or owes, by Black's formula at the reference price and the "
    "volatility of the marks; hedges are left out. (a) Change of value if the underlying moves by 1 USD, (b) change "
    "of that delta, (c) change of value by a point of volatility and (d) by the passing of a day. Below 0 in "
    "(b) and (c) the account has sold more than it has bought. At most sixteen accounts, those with the most vega."
)
COLUMNS = ("agent", "rollup", "asset", "delta", "gamma", "vega", "theta")
PANELS = (
    ("delta", "units of the underlying", shared.BLUE),
    ("gamma", "units by 1 USD", shared.VERMILION),
    ("vega", "USD by a point", shared.GREEN),
    ("theta", "USD by a day", shared.ORANGE),
)
"""Column, unit and colour of each panel."""
MOST = 16
"""Accounts that are drawn."""


def draw(summary: pd.DataFrame) -> Figure:
    """Draw accounts that hold or owe options: the columns above."""
    exposed = np.any(np.asarray(summary[[name for name, _, _ in PANELS]], float) != 0.0, axis=1)
    found = shared.rows(summary, exposed)
    largest = np.argsort(-np.abs(np.asarray(found["vega"], float)), kind="stable")[:MOST]
    found = found.iloc[np.sort(largest)]
    several = len(shared.levels(found, "asset")) > 1
    names = [
        f"{agent}, {rollup}" + (f", {asset}" if several else "")
        for agent, rollup, asset in zip(found["agent"], found["rollup"], found["asset"], strict=True)
    ]
    names = [name.replace("_", " ") for name in names]
    figure, panels = page.panels(
        0.9 + 0.17 * max(len(names), 4), (1, len(PANELS)), page.Lines(1, 0.7 + 0.14 * max(len(names), 4)), share_y="row"
    )
    for at, (axes, (name, unit, colour)) in enumerate(zip(panels[0], PANELS, strict=True)):
        shared.named_rows(axes, "abcd"[at], name, unit, names)
        axes.barh(range(len(names)), found[name], color=colour, height=0.6, zorder=3)
        axes.axvline(0.0, color="black", linewidth=0.6, zorder=4)
        axes.tick_params(axis="y", length=0)
        axes.locator_params(axis="x", nbins=4)
    return figure


def write(summary: pd.DataFrame, title: str, path: Path, columns: str = "two") -> None:
    """Draw exposures into a file, of the kind that its name ends in."""
    shared.write(draw, summary, title, path, columns)
