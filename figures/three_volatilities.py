"""Volatilities that a pool's fees and quotes of options imply beside the realised one, by regime."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "One rollup with a pool, an arbitrageur and users, and options whose maker values them at the volatility that it "
    "has seen and learns the spread at which it earns nothing; means with 95% intervals and a point for each seed, all "
    "regimes and traders at the same seeds. (a) Volatility that the pool's fees pay for, that bids and asks at the "
    "money imply, and realised. (b) What asks imply beyond what was realised until then, with snipers and without. (c) "
    "What fees imply beyond what was realised, with users and without. To quotes of options a batch is what "
    "cancellations first are: they trade at what stands once others have been taken back."
)
KINDS = {"realised": shared.GREY, "fees": shared.GREEN, "bid": shared.BLUE, "ask": shared.VERMILION}
TRADERS = {"all": shared.ORANGE, "no snipers": shared.SKY, "no users": shared.PINK}
PANELS = (("ask_premium", "asks", ("all", "no snipers")), ("fees_premium", "fees", ("all", "no users")))


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary: levels, and what each channel adds."""
    regimes = shared.levels(summary, "regime")
    names = [shared.label(name) for name in regimes]
    figure, panels = page.panels(2.8, (1, 3), page.Lines(1, 1.7))
    axes = panels[0, 0]
    shared.named_rows(axes, "a", "all traders", "volatility [%]", names)
    for at, (kind, colour) in enumerate(KINDS.items()):
        for row, regime in enumerate(regimes):
            found = shared.cell(summary, 100.0, outcome=kind, regime=regime, traders="all")
            shared.dot(axes, found, row - 0.27 + 0.18 * at, colour, None if row else kind)
    for axes, name, (outcome, title, traders) in zip(panels[0, 1:], "bc", PANELS, strict=True):
        shared.named_rows(axes, name, title, f"{title} less realised [%]", names)
        for at, who in enumerate(traders):
            for row, regime in enumerate(regimes):
                found = shared.cell(summary, 100.0, outcome=outcome, regime=regime, traders=who)
                shared.dot(axes, found, row - 0.12 + 0.24 * at, TRADERS[who], None if row else who)
    named = {}
    for axes in panels.flat:
        handles, labels = axes.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    page.key(figure, list(named.values()), list(named))
    return figure
