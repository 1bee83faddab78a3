"""Sequencing regimes side by side: who extracts, who receives, and what users, pools and borrowers pay."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import _page as page
from figures import _regimes as regimes
from figures import _shared as shared

CAPTION = (
    "Outcomes by sequencing regime. Every regime meets the same price paths and order flow: one small point per "
    "seed, means, and 95% intervals. (a) Value extracted, by kind, over what retail users want to trade; the interval "
    "is that of the sum. (b) Who ends up with it, after bids for the right to build; traders are searchers and "
    "arbitrageurs, and receivers that lose count as zero. (c, d) Differences to the siloed regime within a seed, whose "
    "row gives its mean: cost of users against the mid at submission, where those who are not served count at the "
    "price when they gave up (their mean share in the margin), and the return of liquidity providers on depth, net of "
    "loss-versus-rebalancing. (e) What sequencers keep: tips, gas and bids less what they pass on and what they paid "
    "for slots, and their own trades. (f) Delay from submission to inclusion: mean, and 95th percentile (triangles)."
)

KINDS = {"sandwich": "sandwiches", "arbitrage": "arbitrage", "liquidation": "liquidations"}
RECEIVERS = {
    "sequencers": "sequencers",
    "builders": "builders",
    "traders": "traders",
    "liquidators": "liquidators",
}
KIND_COLOURS = (shared.VERMILION, shared.SKY, shared.PINK)
RECEIVER_COLOURS = (shared.BLUE, shared.ORANGE, shared.GREEN, shared.PINK)


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary on one page."""
    rows, baseline = regimes.row_of_each(summary)
    figure, found = regimes.panels(1.75 + 0.36 * len(rows), rows, (2, 3))
    kinds, receivers, cost, returns, kept, delay = found
    levels = shared.where(summary, less="")
    _kinds(kinds, levels, rows)
    _receivers(receivers, levels, rows)
    regimes.change(cost, ("c", "users' cost", "bp"), summary, "user_cost_all_bp", rows, baseline)
    _unfilled(cost, levels, rows)
    regimes.change(returns, ("d", "LP net return", "bp/day"), summary, "lp_net_bp_per_day", rows, baseline)
    names = ("e", "sequencers' net", "thousand USD")
    regimes.level(kept, names, levels, "sequencer_net_usd", rows, shared.ORANGE, 1e-3)
    kept.axvline(0, color="black", linewidth=0.6, zorder=1)
    _delay(delay, levels, rows)
    _legend(figure, kinds, receivers)
    return figure


def _legend(figure: Figure, kinds: Axes, receivers: Axes) -> None:
    """One line of keys above all panels, those of each panel led by its letter; in one column, a key at each."""
    if page.is_narrow():
        for axes in (kinds, receivers):
            axes.legend()
        return
    handles, labels = [], []
    for name, axes in (("a", kinds), ("b", receivers)):
        found = axes.get_legend_handles_labels()
        handles += [Line2D([], [], linestyle="none"), *found[0]]
        labels += [rf"$\bf{{{name}}}$", *found[1]]
    page.key(figure, handles, labels, "upper", handletextpad=0.3, columnspacing=0.9)


def _kinds(axes: Axes, levels: pd.DataFrame, rows: dict[str, int]) -> None:
    shared.letter(axes, "a", "extracted value")
    parts = {text: regimes.means(levels, f"extracted_{kind}_bp_of_retail", rows) for kind, text in KINDS.items()}
    shared.stack(axes, parts, rows, KIND_COLOURS)
    for group, cell in regimes.found(levels, "extracted_bp_of_retail", rows).items():
        axes.plot([cell.low, cell.high], [rows[group]] * 2, color="black", linewidth=0.9, zorder=3)
    axes.set_xlabel("bp of retail demand")


def _receivers(axes: Axes, levels: pd.DataFrame, rows: dict[str, int]) -> None:
    shared.letter(axes, "b", "who gets it")
    parts = {text: regimes.means(levels, f"extracted_by_{role}_share", rows, 100.0) for role, text in RECEIVERS.items()}
    shared.stack(axes, parts, rows, RECEIVER_COLOURS)
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of extracted value")


def _unfilled(axes: Axes, levels: pd.DataFrame, rows: dict[str, int]) -> None:
    """In the margin, the share of what users wanted to trade that was not."""
    for group, mean in regimes.means(levels, "unfilled_share", rows, 100.0).items():
        regimes.margin(axes, f"{mean:.1f}", (1, rows[group]), 0, "data")
    regimes.margin(axes, "not served", (1, 1), 8, "axes fraction")
    regimes.margin(axes, "%", (1, 0), -22, "axes fraction")


def _delay(axes: Axes, levels: pd.DataFrame, rows: dict[str, int]) -> None:
    regimes.level(axes, ("f", "inclusion delay", "s"), levels, "inclusion_delay_s", rows, shared.GREEN)
    for group, mean in regimes.means(levels, "inclusion_delay_p95_s", rows).items():
        axes.plot(mean, rows[group], "<", color="none", markeredgecolor=shared.GREEN, markersize=3.5, zorder=3)
    axes.set_xlim(left=0)
    mean = Line2D([], [], linestyle="none", marker="o", color=shared.GREEN)
    late = Line2D([], [], linestyle="none", marker="<", color="none", markeredgecolor=shared.GREEN, markersize=3.5)
    axes.legend([mean, late], ["mean", "95th percentile"], loc="lower right")
