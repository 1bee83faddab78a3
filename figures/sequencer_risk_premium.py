"""Premium of options over realised volatility by regime, what of it each risk causes, and how outages' part grows."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Asks at which a maker of options earns nothing, on one rollup with jumps, stretches of stress with an outage in "
    "each, buyers and snipers; means with 95% intervals over seeds that all share. (a) Volatility asked for over the "
    "realised one, by how intents are ordered. (b) What of it is lost at the same seed where one risk is switched off; "
    "coincidence: outages are as many and as long, but apart from stress. (c) Without other risks, by the rate of "
    "outages; dashed: linear from none to the largest rate."
)
COLOURS = {"first_come": shared.VERMILION, "sealed": shared.PINK, "cancel_first": shared.BLUE}
UNIT = "points of volatility"


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(2.9, (1, 3), widths=(1.0, 1.2, 1.0))
    whole, parts, rates = panels.ravel()
    over = shared.where(summary, outcome="over_realised_vol", without="nothing")
    regimes = [name for name in COLOURS if name in shared.levels(over, "regime")]
    shared.named_rows(whole, "a", "over realised", UNIT, [shared.label(name) for name in regimes])
    for at, name in enumerate(regimes):
        shared.dot(whole, shared.cell(over, 100.0, regime=name), at, COLOURS[name], shared.label(name))
    part = shared.where(summary, outcome="part_vol")
    channels = shared.levels(part, "without")
    shared.named_rows(parts, "b", "parts", UNIT, channels)
    for number, name in enumerate(regimes):
        for at, channel in enumerate(channels):
            place = at + 0.22 * (number - 0.5 * (len(regimes) - 1))
            shared.dot(parts, shared.cell(part, 100.0, regime=name, without=channel), place, COLOURS[name])
    for axes in (whole, parts):
        axes.axvline(0.0, color="black", linewidth=0.6)
    shared.letter(rates, "c", "outages alone")
    alone = shared.where(summary, outcome="premium_vol", without="all but outages")
    cells = shared.series(alone, "rate", 100.0)
    shared.bars(rates, cells, shared.VERMILION, style="o")
    if len(cells) > 1:
        ends = [min(cells), max(cells)]
        rates.plot(ends, [cells[end].mean for end in ends], "--", color="black", linewidth=0.8)
    rates.set_xlabel("outages an hour")
    rates.set_ylabel(UNIT)
    rates.grid(axis="y")
    page.key(figure, *whole.get_legend_handles_labels())
    return figure
