"""Sequencing regimes side by side: who extracts, who receives, and what users, pools and borrowers pay."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from figures import _shared as shared

CAPTION = (
    "Outcomes by sequencing regime. Every regime meets the same price paths and order flow: one small point per "
    "seed, means, and 95% intervals. (a) Value extracted, by kind, over what retail users want to trade; the interval "
    "is that of the sum. (b) Who ends up with it, after bids for the right to build; traders are searchers and "
    "arbitrageurs, and receivers that lose count as zero. (c-e) Differences to the siloed regime within a seed, whose "
    "row gives its mean: cost of users against the mid at submission, where those who are not served count at the "
    "price when they gave up (their mean share in the margin), price dispersion across rollups, and the return of "
    "liquidity providers on depth, net of loss-versus-rebalancing. (f) Liquidated volume and, in the margin, mean bad "
    "debt. (g) Delay from submission to inclusion: mean, and 95th percentile (triangles). (h) "
    "Concentration of block building; a dash where nobody bids to build."
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
SPREAD = 0.22  # of a regime's seeds around its row


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary on one page."""
    groups = shared.levels(summary, "regime")
    rows = {group: place for place, group in enumerate(groups)}
    baseline = next((name for name in shared.levels(summary, "less") if name), groups[0])
    figure = Figure(figsize=(shared.WIDTH_IN, 1.75 + 0.36 * len(groups)))
    heights = (1.0 + 0.18 * len(groups), 0.75 + 0.18 * len(groups))  # the upper part holds the keys, too
    grid = figure.add_gridspec(2, 1, height_ratios=heights)
    upper, lower = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    kinds, receivers, cost, dispersion = _panels(upper, rows)
    returns, liquidated, delay, concentration = _panels(lower, rows)
    levels = shared.where(summary, less="")
    _kinds(kinds, levels, rows)
    _receivers(receivers, levels, rows)
    _change(cost, ("c", "users' cost", "bp"), summary, "user_cost_all_bp", rows, baseline)
    _unfilled(cost, levels, rows)
    _change(dispersion, ("d", "price dispersion", "bp"), summary, "dispersion_bp", rows, baseline)
    _change(returns, ("e", "LP net return", "bp/day"), summary, "lp_net_bp_per_day", rows, baseline)
    _liquidated(liquidated, levels, rows)
    _delay(delay, levels, rows)
    _concentration(concentration, levels, rows)
    _legend(upper, kinds, receivers)
    return figure


def _panels(part: SubFigure, rows: dict[str, int]) -> list[Axes]:
    """Four panels side by side with a row for each regime."""
    panels = list(part.subplots(1, 4, sharey=True))
    for axes in panels:
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(list(rows.values()), [shared.label(group) for group in rows])
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    return panels


def _legend(part: SubFigure, kinds: Axes, receivers: Axes) -> None:
    """One line of keys below panels a and b, each group led by its panel's letter."""
    handles, labels = [], []
    for name, axes in (("a", kinds), ("b", receivers)):
        found = axes.get_legend_handles_labels()
        handles += [Line2D([], [], linestyle="none"), *found[0]]
        labels += [rf"$\bf{{{name}}}$", *found[1]]
    part.legend(handles, labels, loc="outside lower center", ncols=len(labels), handletextpad=0.3, columnspacing=0.9)


def _found(levels: pd.DataFrame, outcome: str, rows: dict[str, int], scale: float = 1.0) -> dict[str, shared.Cell]:
    """Level of an outcome by regime, of those that have it."""
    cells = {group: shared.cell(levels, scale, regime=group, outcome=outcome) for group in rows}
    return {group: cell for group, cell in cells.items() if cell is not None}


def _means(levels: pd.DataFrame, outcome: str, rows: dict[str, int], scale: float = 1.0) -> dict[str, float]:
    return {group: cell.mean for group, cell in _found(levels, outcome, rows, scale).items()}


def _kinds(axes: Axes, levels: pd.DataFrame, rows: dict[str, int]) -> None:
    shared.letter(axes, "a", "extracted value")
    parts = {text: _means(levels, f"extracted_{kind}_bp_of_retail", rows) for kind, text in KINDS.items()}
    shared.stack(axes, parts, rows, KIND_COLOURS)
    for group, cell in _found(levels, "extracted_bp_of_retail", rows).items():
        axes.plot([cell.low, cell.high], [rows[group]] * 2, color="black", linewidth=0.9, zorder=3)
    axes.set_xlabel("bp of retail demand")


def _receivers(axes: Axes, levels: pd.DataFrame, rows: dict[str, int]) -> None:
    shared.letter(axes, "b", "who gets it")
    parts = {text: _means(levels, f"extracted_by_{role}_share", rows, 100.0) for role, text in RECEIVERS.items()}
    shared.stack(axes, parts, rows, RECEIVER_COLOURS)
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of extracted value")


def _change(
    axes: Axes, names: tuple[str, str, str], summary: pd.DataFrame, outcome: str, rows: dict[str, int], baseline: str
) -> None:
    """Differences to the baseline; its own row says where zero is."""
    name, title, unit = names
    shared.letter(axes, name, title)
    axes.axvline(0, color="black", linewidth=0.6, zorder=1)
    changes = shared.where(summary, less=baseline)
    for group, cell in _found(changes, outcome, rows).items():
        shared.dot(axes, cell, rows[group], shared.BLUE, spread=SPREAD)
    level = shared.cell(summary, regime=baseline, outcome=outcome, less="")
    low, high = axes.get_xlim()
    towards = 1 if low + high > 0 else -1  # to the wider side of zero
    axes.annotate(
        f"{shared.number(level.mean if level else float('nan'))} {unit}",
        (0, rows[baseline]),
        (3 * towards, 0),
        textcoords="offset points",
        ha="left" if towards > 0 else "right",
        va="center",
        fontsize=7,
        bbox={"facecolor": "white", "pad": 0.5},
    )
    axes.set_xlabel(f"difference to {shared.label(baseline)} [{unit}]")


def _unfilled(axes: Axes, levels: pd.DataFrame, rows: dict[str, int]) -> None:
    """In the margin, the share of what users wanted to trade that was not."""
    for group, mean in _means(levels, "unfilled_share", rows, 100.0).items():
        _margin(axes, f"{mean:.1f}", (1, rows[group]), 0, "data")
    _margin(axes, "not served", (1, 1), 8, "axes fraction")
    _margin(axes, "%", (1, 0), -22, "axes fraction")


def _liquidated(axes: Axes, levels: pd.DataFrame, rows: dict[str, int]) -> None:
    shared.letter(axes, "f", "liquidations")
    for group, cell in _found(levels, "liquidated_usd", rows, 1e-6).items():
        shared.dot(axes, cell, rows[group], shared.PINK, spread=SPREAD)
    for group, mean in _means(levels, "bad_debt_usd", rows, 1e-3).items():
        _margin(axes, f"{mean:,.0f}", (1, rows[group]), 0, "data")
    _margin(axes, "bad debt", (1, 1), 8, "axes fraction")
    _margin(axes, "$10^3$ USD", (1, 0), -22, "axes fraction")
    axes.set_xlim(left=0)
    axes.set_xlabel("million USD")


def _margin(axes: Axes, text: str, place: tuple[float, float], above: float, vertical: str) -> None:
    """A line of the column of numbers in the right margin of a panel."""
    across = "axes fraction"
    axes.annotate(
        text,
        place,
        (24, above),
        xycoords=(across, vertical),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=7,
    )


def _delay(axes: Axes, levels: pd.DataFrame, rows: dict[str, int]) -> None:
    shared.letter(axes, "g", "inclusion delay")
    for group, cell in _found(levels, "inclusion_delay_s", rows).items():
        shared.dot(axes, cell, rows[group], shared.GREEN, spread=SPREAD)
    for group, mean in _means(levels, "inclusion_delay_p95_s", rows).items():
        axes.plot(mean, rows[group], "<", color="none", markeredgecolor=shared.GREEN, markersize=3.5, zorder=3)
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds")


def _concentration(axes: Axes, levels: pd.DataFrame, rows: dict[str, int]) -> None:
    shared.letter(axes, "h", "builders' concentration")
    found = _found(levels, "builder_hhi", rows)
    for group, place in rows.items():
        shared.dot(axes, found.get(group), place, shared.ORANGE, spread=SPREAD)
        if group not in found:
            axes.annotate("\N{EN DASH}", (0.04, place), color=shared.GREY, va="center")
    axes.set_xlim(0, 1.03)
    axes.set_xlabel("Herfindahl-Hirschman index")
