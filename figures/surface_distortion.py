"""Half spreads of options by strike and expiry under each way to order intents, beside what is known of sniping."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Half spreads of calls at which a maker of options earns nothing, by strike and expiry, on one rollup on which the "
    "price jumps twice a minute, investors trade every series, and snipers are faster than the maker; means with 95% "
    "intervals over seeds that all share. Top: over the price of the underlying; dashed: what is known of sniping "
    "under arrival order. Bottom: in volatility, over vega. To quotes of options a batch is what cancellations first "
    "are: they trade at what stands once others have been taken back."
)
COLOURS = {
    "first_come": shared.VERMILION, "express_lane": shared.ORANGE, "sealed": shared.PINK, "speed_bump": shared.SKY,
    "cancel_first": shared.BLUE, "batch": shared.GREEN,
}  # fmt: skip
APART = 0.15
"""How far regimes stand from one another at a strike [% of the price]."""
ROWS = (("half_bp", "half spread [bp]", 1.0), ("volatility", "half spread [% of volatility]", 100.0))


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary: a column for each expiry, a row for each unit."""
    expiries = sorted(shared.levels(summary, "days"))
    figure, panels = page.panels(4.6, (len(ROWS), len(expiries)), page.Lines(1), share_x="column", share_y="row")
    letters = iter("abcdefgh")
    for row, (outcome, label, scale) in enumerate(ROWS):
        for column, days in enumerate(expiries):
            axes = panels[row, column]
            shared.letter(axes, next(letters), f"{days:g} d")
            part = shared.where(summary, outcome=outcome, days=days)
            for at, (regime, colour) in enumerate(COLOURS.items()):
                beside = APART * (at - 0.5 * (len(COLOURS) - 1))
                found = shared.series(shared.where(part, regime=regime), "strike", scale)
                apart = {strike + beside: cell for strike, cell in found.items()}
                shared.bars(axes, apart, colour, shared.label(regime))
            if outcome == "half_bp":
                known = part.drop_duplicates("strike").sort_values("strike")
                axes.plot(known["strike"], known["known"], "--", color="black", linewidth=0.8, label="known, arrival")
            axes.set_ylim(bottom=0.0)
            axes.grid(axis="y")
            if page.is_first(axes):
                axes.set_ylabel(label)
    for axes in panels[-1]:
        axes.set_xlabel("strike [% of the price]")
    page.key(figure, *panels[0, 0].get_legend_handles_labels(), most=4)
    return figure
