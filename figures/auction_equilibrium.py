"""Learned bid functions over the exact ones, their distance from equilibrium, and revenue."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Auctions with independent values uniform on [0, 1]; learners match regret value by value and know neither the "
    "distribution, the number of rivals nor the rules. (a-d) Exact equilibrium bids (black) and learned ones (mean "
    "over seeds, bands: smallest to largest) by number of bidders, without and with a reserve of 0.5. (e) NashConv "
    "of the learned bid functions, one point per seed; dashed, 0.005. (f) Revenue learned against exact, formats "
    "as in (e), cartels of 2 to 5 of 5 second-price bidders as open diamonds."
)

FORMATS = {"first_price": "first price", "second_price": "second price", "all_pay": "all-pay"}
COLOURS = {"first_price": shared.BLUE, "second_price": shared.ORANGE, "all_pay": shared.VERMILION}
MARKERS = {"first_price": "o", "second_price": "s", "all_pay": "^"}
SIZES = (shared.SKY, shared.BLUE, shared.GREEN, shared.VERMILION, shared.PINK)
GOOD = 0.005


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    figure, panels = page.panels(4.5, (2, 3))
    panels = panels.ravel()
    bids = shared.where(summary, outcome="bid")
    colours = {int(n): colour for n, colour in zip(sorted(shared.levels(summary, "bidders")), SIZES, strict=False)}
    for axes, name, auction in zip(panels, "abc", FORMATS, strict=False):
        _bids(axes, shared.where(bids, auction=auction, reserve=0.0), (name, FORMATS[auction]), colours)
    reserve = shared.rows(bids, bids["reserve"] > 0)
    title = f"first price, reserve {reserve['reserve'].iloc[0]:g}" if len(reserve) else "first price, reserve"
    _bids(panels[3], reserve, ("d", title), colours)
    panels[0].plot([], [], color="black", label="exact")
    panels[0].legend(title="bidders", loc="upper left")
    for axes in (panels[0], panels[3]):
        axes.set_ylabel("bid")
    _distance(panels[4], shared.where(summary, outcome="nash_conv", ring=1))
    _revenue(panels[5], shared.where(summary, outcome="revenue"))
    return figure


def _bids(axes: Axes, bids: pd.DataFrame, names: tuple[str, str], colours: dict[int, str]) -> None:
    shared.letter(axes, *names)
    for n in sorted(shared.levels(bids, "bidders")):
        part = shared.where(bids, bidders=n)
        axes.plot(part["value"], part["exact"], color="black", linewidth=0.6, zorder=3)
        axes.fill_between(part["value"], part["smallest"], part["largest"], color=colours[n], alpha=0.3, linewidth=0)
        axes.plot(part["value"], part["mean"], color=colours[n], linewidth=1.6, label=f"{n}")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("value")


def _distance(axes: Axes, distances: pd.DataFrame) -> None:
    shared.letter(axes, "e", "distance from equilibrium")
    kinds = [(auction, reserve) for auction in FORMATS for reserve in sorted(shared.levels(distances, "reserve"))]
    sizes = sorted(shared.levels(distances, "bidders"))
    for at, (auction, reserve) in enumerate(kinds):
        cells = shared.series(shared.where(distances, auction=auction, reserve=reserve), "bidders")
        if not cells:
            continue
        shift = 0.12 * (at - 0.5 * (len(kinds) - 1))
        x = np.concatenate([np.full(cell.values.size, sizes.index(n) + shift) for n, cell in cells.items()])
        y = np.concatenate([cell.values for cell in cells.values()])
        label = FORMATS[auction] + (f", reserve {reserve:g}" if reserve else "")
        axes.plot(
            x, np.maximum(y, 1e-5), MARKERS[auction], color=COLOURS[auction],
            markerfacecolor="none" if reserve else COLOURS[auction], markersize=3.5, label=label,
        )  # fmt: skip
    axes.axhline(GOOD, color="black", linewidth=0.6, linestyle="--", label=f"{GOOD:g}")
    axes.set_yscale("log")
    axes.set_xticks(range(len(sizes)), [str(n) for n in sizes])
    axes.set_xlabel("bidders")
    axes.set_ylabel("NashConv")
    axes.set_ylim(top=axes.get_ylim()[1] * 8)
    axes.legend(loc="upper left", ncols=2, fontsize=6.5)


def _revenue(axes: Axes, revenue: pd.DataFrame) -> None:
    shared.letter(axes, "f", "revenue")
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.6, label="learned = exact")
    for auction, ring, reserve in dict.fromkeys(
        zip(revenue["auction"], revenue["ring"], revenue["reserve"], strict=True)
    ):
        part = shared.where(revenue, auction=auction, ring=ring, reserve=reserve)
        colour = COLOURS[str(auction)]
        axes.plot(
            part["exact"], part["mean"], "D" if ring > 1 else MARKERS[str(auction)], color=colour,
            markerfacecolor="none" if ring > 1 or reserve > 0 else colour, markersize=3.5,
        )  # fmt: skip
    if len(shared.rows(revenue, np.asarray(revenue["ring"] > 1))):
        axes.plot([], [], "D", color="black", markerfacecolor="none", markersize=3.5, label="with a cartel")
    axes.legend(loc="upper left")
    axes.set_xlim(-0.03, 0.9)
    axes.set_ylim(-0.03, 0.9)
    axes.set_xlabel("exact")
    axes.set_ylabel("learned")
