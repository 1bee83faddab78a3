"""Learned bid functions over the exact ones, their distance from equilibrium, and revenue."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _shared as shared

type Frame = Any  # a pandas.DataFrame; its types do not tell a part of a table from a column

CAPTION = (
    "Auctions with independent values uniform on [0, 1]; learners match regret value by value and know neither the "
    "distribution, the number of rivals nor the rules. (a-d) Exact equilibrium bids (black) and learned ones (mean "
    "over seeds, bands: smallest to largest) by number of bidders, without and with a reserve of 0.5. (e) NashConv "
    "of the learned bid functions, one point per seed; dashed, 0.005. (f) Revenue learned against exact, formats "
    "as in (e), rings of 2 to 5 of 5 second-price bidders as open diamonds."
)

FORMATS = {"first_price": "first price", "second_price": "second price", "all_pay": "all-pay"}
COLOURS = {"first_price": shared.BLUE, "second_price": shared.ORANGE, "all_pay": shared.VERMILION}
MARKERS = {"first_price": "o", "second_price": "s", "all_pay": "^"}
SIZES = (shared.SKY, shared.BLUE, shared.GREEN, shared.VERMILION, shared.PINK)
GOOD = 0.005


def draw(runs: Frame) -> Figure:
    """Draw finished runs of the study."""
    figure = Figure(figsize=(shared.WIDTH_IN, 4.5))
    panels = figure.subplots(2, 3).ravel()
    plain = runs[(runs["ring"] == 1) & (runs["reserve"] == 0)]
    colours = {int(n): colour for n, colour in zip(sorted(runs["bidders"].unique()), SIZES, strict=False)}
    for axes, name, auction in zip(panels, "abc", FORMATS, strict=False):
        _bids(axes, plain[plain["auction"] == auction], (name, FORMATS[auction]), colours)
    reserve = runs[runs["reserve"] > 0]
    title = f"first price, reserve {reserve['reserve'].iloc[0]:g}" if len(reserve) else "first price, reserve"
    _bids(panels[3], reserve, ("d", title), colours)
    panels[0].legend(title="bidders", loc="upper left")
    for axes in (panels[0], panels[3]):
        axes.set_ylabel("bid")
    _distance(panels[4], runs[runs["ring"] == 1])
    _revenue(panels[5], runs)
    return figure


def _bids(axes: Axes, runs: Frame, names: tuple[str, str], colours: dict[int, str]) -> None:
    shared.letter(axes, *names)
    for n, part in runs.groupby("bidders"):
        known = range(int(part["bins"].iloc[0]))
        x, learned, exact = (
            np.array([shared.values(part, f"{column}_{k}") for k in known]) for column in ("value", "learned", "exact")
        )
        shown = np.isfinite(exact[:, 0])
        x, learned, exact = x[shown, 0], learned[shown], exact[shown, 0]
        colour = colours[int(n)]
        axes.plot(x, exact, color="black", linewidth=0.6, zorder=3)
        axes.fill_between(x, learned.min(axis=1), learned.max(axis=1), color=colour, alpha=0.3, linewidth=0)
        axes.plot(x, learned.mean(axis=1), color=colour, linewidth=1.6, label=f"{n}")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("value")


def _distance(axes: Axes, runs: Frame) -> None:
    shared.letter(axes, "e", "distance from equilibrium")
    kinds = [(a, r) for a in FORMATS for r in sorted(runs["reserve"].unique())]
    sizes = sorted(runs["bidders"].unique())
    for at, (auction, reserve) in enumerate(kinds):
        part = runs[(runs["auction"] == auction) & (runs["reserve"] == reserve)]
        if part.empty:
            continue
        x = np.array([sizes.index(n) for n in part["bidders"]]) + 0.12 * (at - 0.5 * (len(kinds) - 1))
        fill = "none" if reserve else COLOURS[auction]
        label = FORMATS[auction] + (f", reserve {reserve:g}" if reserve else "")
        axes.plot(
            x, np.maximum(shared.values(part, "nash_conv"), 1e-5), MARKERS[auction], color=COLOURS[auction],
            markerfacecolor=fill, markersize=3.5, label=label,
        )  # fmt: skip
    axes.axhline(GOOD, color="black", linewidth=0.6, linestyle="--")
    axes.set_yscale("log")
    axes.set_xticks(range(len(sizes)), [str(n) for n in sizes])
    axes.set_xlabel("bidders")
    axes.set_ylabel("NashConv")
    axes.set_ylim(top=axes.get_ylim()[1] * 8)
    axes.legend(loc="upper left", ncols=2, fontsize=6.5)


def _revenue(axes: Axes, runs: Frame) -> None:
    shared.letter(axes, "f", "revenue")
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.6)
    for (auction, ring, reserve), part in runs.groupby(["auction", "ring", "reserve"]):
        samples = [shared.values(p, "revenue") for _, p in part.groupby("bidders")]
        exact = [p["revenue_exact"].iloc[0] for _, p in part.groupby("bidders")]
        hollow = ring > 1 or reserve > 0
        axes.plot(
            exact, [s.mean() for s in samples], "D" if ring > 1 else MARKERS[str(auction)],
            color=COLOURS[str(auction)], markerfacecolor="none" if hollow else COLOURS[str(auction)], markersize=3.5,
        )  # fmt: skip
    axes.set_xlim(-0.03, 0.9)
    axes.set_ylim(-0.03, 0.9)
    axes.set_xlabel("exact")
    axes.set_ylabel("learned")
