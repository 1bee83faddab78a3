"""Sequencing regimes side by side: who extracts, who receives, and what users, pools and borrowers pay."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from figures import _shared as shared

CAPTION = (
    "Outcomes by sequencing regime. Every regime meets the same price paths and order flow: one small point per "
    "seed, means, and 95% bootstrap intervals. (a) Value extracted, by kind; the interval is that of the sum. (b) "
    "Who ends up with it, after bids for the right to build; traders are searchers and arbitrageurs, and "
    "receivers that lose count as zero. (c-e) Differences to the siloed regime within a seed, whose row gives its "
    "mean: execution cost of users against the mid at submission, price dispersion across rollups, and the return "
    "of liquidity providers on depth, net of loss-versus-rebalancing. (f) Liquidated volume and, in the margin, "
    "mean bad debt. (g) Delay from submission to inclusion: mean, and 95th percentile (triangles). (h) "
    "Concentration of block building; a dash where nobody bids to build."
)

BASELINE = "siloed"
KINDS = {"sandwich": "sandwiches", "arbitrage": "arbitrage", "liquidation": "liquidations"}
RECEIVERS = {
    "sequencers": "sequencers",
    "builders": "builders",
    "traders": "traders",
    "liquidators": "liquidators",
}
KIND_COLOURS = (shared.VERMILION, shared.SKY, shared.PINK)
RECEIVER_COLOURS = (shared.BLUE, shared.ORANGE, shared.GREEN, shared.PINK)


def draw(runs: pd.DataFrame) -> Figure:
    """Draw finished runs (columns of runs.parquet; at most one row for each regime and seed) on one page."""
    groups = list(dict.fromkeys(runs["regime"]))
    rows = {group: place for place, group in enumerate(groups)}
    baseline = BASELINE if BASELINE in rows else groups[0]
    figure = Figure(figsize=(shared.WIDTH_IN, 1.75 + 0.36 * len(groups)))
    heights = (1.0 + 0.18 * len(groups), 0.75 + 0.18 * len(groups))  # the upper part holds the keys, too
    grid = figure.add_gridspec(2, 1, height_ratios=heights)
    upper, lower = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    kinds, receivers, cost, dispersion = _panels(upper, rows)
    returns, liquidated, delay, concentration = _panels(lower, rows)
    _kinds(kinds, runs, rows)
    _receivers(receivers, runs, rows)
    _change(cost, ("c", "users' cost", "bp"), runs, "user_cost_bp", rows, baseline)
    _change(dispersion, ("d", "price dispersion", "bp"), runs, "dispersion_bp", rows, baseline)
    _change(returns, ("e", "LP net return", "bp/day"), runs, "lp_net_bp_per_day", rows, baseline)
    _liquidated(liquidated, runs, rows)
    _delay(delay, runs, rows)
    _concentration(concentration, runs, rows)
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


def _kinds(axes: Axes, runs: pd.DataFrame, rows: dict[str, int]) -> None:
    volume = shared.values(runs, "volume_usd")
    extracted = {text: shared.values(runs, f"extracted_{kind}_usd") / volume * 1e4 for kind, text in KINDS.items()}
    parts = {text: {g: _mean(s) for g, s in shared.by_regime(runs, v).items()} for text, v in extracted.items()}
    shared.letter(axes, "a", "extracted value")
    shared.stack(axes, parts, rows, KIND_COLOURS)
    for group, sample in shared.by_regime(runs, np.sum(list(extracted.values()), axis=0)).items():
        axes.plot(shared.interval(sample), [rows[group]] * 2, color="black", linewidth=0.9, zorder=3)
    axes.set_xlabel("bp of volume")


def _receivers(axes: Axes, runs: pd.DataFrame, rows: dict[str, int]) -> None:
    received = {role: np.maximum(shared.values(runs, f"extracted_by_{role}_usd"), 0) for role in RECEIVERS}
    sums = {role: {g: s.sum() for g, s in shared.by_regime(runs, v).items()} for role, v in received.items()}
    total = {group: sum(part[group] for part in sums.values()) for group in rows}
    extracting = [group for group in rows if total[group] > 0]
    parts = {RECEIVERS[role]: {g: 100 * part[g] / total[g] for g in extracting} for role, part in sums.items()}
    shared.letter(axes, "b", "who gets it")
    shared.stack(axes, parts, rows, RECEIVER_COLOURS)
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of extracted value")


def _change(
    axes: Axes, names: tuple[str, str, str], runs: pd.DataFrame, column: str, rows: dict[str, int], baseline: str
) -> None:
    """Differences to the baseline; its own row says where zero is."""
    name, title, unit = names
    shared.letter(axes, name, title)
    axes.axvline(0, color="black", linewidth=0.6, zorder=1)
    shared.dots(axes, shared.differences(runs, shared.values(runs, column), baseline), rows, shared.BLUE)
    level = _mean(shared.by_regime(runs, shared.values(runs, column))[baseline])
    low, high = axes.get_xlim()
    towards = 1 if low + high > 0 else -1  # to the wider side of zero
    axes.annotate(
        f"{shared.number(level)} {unit}",
        (0, rows[baseline]),
        (3 * towards, 0),
        textcoords="offset points",
        ha="left" if towards > 0 else "right",
        va="center",
        fontsize=7,
        bbox={"facecolor": "white", "pad": 0.5},
    )
    axes.set_xlabel(f"difference to {shared.label(baseline)} [{unit}]")


def _liquidated(axes: Axes, runs: pd.DataFrame, rows: dict[str, int]) -> None:
    shared.letter(axes, "f", "liquidations")
    shared.dots(axes, shared.by_regime(runs, shared.values(runs, "liquidated_usd") / 1e6), rows, shared.PINK)
    for group, sample in shared.by_regime(runs, shared.values(runs, "bad_debt_usd") / 1e3).items():
        _margin(axes, f"{_mean(sample):,.0f}", (1, rows[group]), 0, "data")
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


def _delay(axes: Axes, runs: pd.DataFrame, rows: dict[str, int]) -> None:
    shared.letter(axes, "g", "inclusion delay")
    shared.dots(axes, shared.by_regime(runs, shared.values(runs, "inclusion_delay_s")), rows, shared.GREEN)
    for group, sample in shared.by_regime(runs, shared.values(runs, "inclusion_delay_p95_s")).items():
        axes.plot(_mean(sample), rows[group], "<", color="none", markeredgecolor=shared.GREEN, markersize=3.5, zorder=3)
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds")


def _concentration(axes: Axes, runs: pd.DataFrame, rows: dict[str, int]) -> None:
    shared.letter(axes, "h", "builders' concentration")
    samples = shared.by_regime(runs, shared.values(runs, "builder_hhi"))
    shared.dots(axes, samples, rows, shared.ORANGE)
    for group, sample in samples.items():
        if sample.size == 0:
            axes.annotate("\N{EN DASH}", (0.04, rows[group]), color=shared.GREY, va="center")
    axes.set_xlim(0, 1.03)
    axes.set_xlabel("Herfindahl-Hirschman index")


def _mean(sample: np.ndarray) -> float:
    return float(sample.mean()) if sample.size else float("nan")
