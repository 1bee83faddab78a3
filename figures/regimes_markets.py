"""Sequencing regimes side by side: what happens to prices, borrowers and builders, and how much money is extracted."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _regimes as regimes
from figures import _shared as shared

CAPTION = (
    "Markets by sequencing regime, on the same price paths and order flow: one small point per seed, means, and 95% "
    "intervals. (a) Value extracted in all. (b) Difference in price dispersion across rollups to the siloed regime "
    "within a seed; the siloed row gives its mean. (c) Volume of liquidations and, in the margin, mean bad debt. (d) "
    "Concentration of block building; a dash where nobody bids to build."
)


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary on half a page."""
    rows, baseline = regimes.row_of_each(summary)
    figure, found = regimes.panels(0.75 + 0.18 * len(rows), rows, (1, 4))
    extracted, dispersion, liquidated, concentration = found
    levels = shared.where(summary, less="")
    names = ("a", "extracted value", "million USD")
    regimes.level(extracted, names, levels, "extracted_usd", rows, shared.VERMILION, 1e-6)
    regimes.change(dispersion, ("b", "price dispersion", "bp"), summary, "dispersion_bp", rows, baseline)
    _liquidated(liquidated, levels, rows)
    _concentration(concentration, levels, rows)
    return figure


def _liquidated(axes: Axes, levels: pd.DataFrame, rows: dict[str, int]) -> None:
    regimes.level(axes, ("c", "liquidations", "million USD"), levels, "liquidated_usd", rows, shared.PINK, 1e-6)
    for group, mean in regimes.means(levels, "bad_debt_usd", rows, 1e-3).items():
        regimes.margin(axes, f"{mean:,.0f}", (1, rows[group]), 0, "data")
    regimes.margin(axes, "bad debt", (1, 1), 8, "axes fraction")
    regimes.margin(axes, "$10^3$ USD", (1, 0), -22, "axes fraction")
    axes.set_xlim(left=0)


def _concentration(axes: Axes, levels: pd.DataFrame, rows: dict[str, int]) -> None:
    shared.letter(axes, "d", "builders' concentration")
    found = regimes.found(levels, "builder_hhi", rows)
    for group, place in rows.items():
        shared.dot(axes, found.get(group), place, shared.ORANGE, spread=regimes.SPREAD)
        if group not in found:
            axes.annotate("\N{EN DASH}", (0.04, place), color=shared.GREY, va="center")
    axes.set_xlim(0, 1.03)
    axes.set_xlabel("Herfindahl-Hirschman index")
