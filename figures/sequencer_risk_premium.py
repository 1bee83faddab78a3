"""Premium of options over volatility by regime, what of it each risk causes, and how the part of outages grows."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Asks at which a maker of options earns nothing, on one rollup with jumps, stretches of stress with an outage in "
    "each, traders and a sniper; means with 95% intervals over seeds that all share. (a) Volatility asked for over the "
    "price's, by how intents are ordered. (b) What of it is lost at the same seed where one risk is switched off; "
    "coincidence: outages are as many and as long, but apart from stress. (c) Where only the age of hedges costs, by "
    "the rate of outages of 90 s and of 45 s; crosses: what is known of it. To quotes of options a batch is what "
    "cancellations first are: they trade at what stands once others have been taken back."
)
COLOURS = {
    "first_come": shared.VERMILION, "sealed": shared.PINK, "cancel_first": shared.BLUE, "batch": shared.GREEN
}  # fmt: skip
LENGTHS = {90.0: shared.VERMILION, 45.0: shared.ORANGE}
UNIT = "points of volatility"


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(2.9, (1, 3), widths=(1.0, 1.2, 1.0))
    whole, parts, rates = panels.ravel()
    over = shared.where(summary, outcome="premium_vol", without="nothing")
    regimes = [name for name in COLOURS if name in shared.levels(over, "regime")]
    shared.named_rows(whole, "a", "over volatility", UNIT, [shared.label(name) for name in regimes])
    for at, name in enumerate(regimes):
        shared.dot(whole, shared.cell(over, 100.0, regime=name), at, COLOURS[name], shared.label(name))
    part = shared.where(summary, outcome="part_vol")
    channels = shared.levels(part, "without")
    shared.named_rows(parts, "b", "parts", UNIT, channels)
    for number, name in enumerate(regimes):
        for at, channel in enumerate(channels):
            place = at + 0.2 * (number - 0.5 * (len(regimes) - 1))
            shared.dot(parts, shared.cell(part, 100.0, regime=name, without=channel), place, COLOURS[name])
    for axes in (whole, parts):
        axes.axvline(0.0, color="black", linewidth=0.6)
    _rates(rates, shared.where(summary, outcome="premium_vol", without="all but outages"))
    handles, names = (
        [*first, *second]
        for first, second in zip(
            whole.get_legend_handles_labels(), rates.get_legend_handles_labels(), strict=True
        )
    )  # fmt: skip
    page.key(figure, handles, names)
    return figure


def _rates(axes: Axes, alone: pd.DataFrame) -> None:
    """Premium by the rate of outages of each length, and what is known of it."""
    shared.letter(axes, "c", "outages alone")
    crosses: list[Line2D] = []
    for length, colour in LENGTHS.items():
        of = shared.where(alone, length=length)
        shared.bars(axes, shared.series(of, "rate", 100.0), colour, f"{length:g} s", style="o")
        crosses = axes.plot(of["rate"], 100.0 * of["known"], "x", color="black", markersize=4, zorder=5)
    for line in crosses:
        line.set_label("known")
    axes.set_xlabel("outages an hour")
    axes.set_ylabel(UNIT)
    axes.grid(axis="y")
