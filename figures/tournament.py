"""Payoff matrix of a tournament, the round robin's ranking and the path of evolution."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm, SymLogNorm
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Strategies of one role against each other, two at a time in every other seat. (a) Mean payoff of an agent "
    "that plays the row's strategy against the column's; rows in the order of the round robin. (b) Round robin: "
    "mean payoff over all opponents, oneself included; one small point per seed, means, 95% intervals. "
    "(c) Shares in a population that copies success in proportion to payoff differences (replicator dynamics from "
    "equal shares; time in units of one over the spread of payoffs)."
)

COLOURS = (shared.BLUE, shared.ORANGE, shared.GREEN, shared.VERMILION, shared.PINK, shared.SKY, "black", shared.GREY)


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    names = shared.levels(summary, "strategy")
    payoff = np.array([[_payoff(summary, name, other) for other in names] for name in names])
    labels = [name.rpartition(":")[2].replace("_", " ") for name in names]
    narrow, widths = page.Lines(1, 1.1 + 0.14 * len(names)), (1.25, 1.0, 1.0)
    figure, panels = page.panels(1.9 + 0.22 * len(names), (1, 3), narrow, widths=widths)
    heat, ranking, path = panels.ravel()
    _heat(heat, payoff, labels)
    _ranking(ranking, shared.where(summary, outcome="round_robin_usd"), names, labels)
    _evolution(path, shared.where(summary, outcome="population_share"), names, labels)
    return figure


def _payoff(summary: pd.DataFrame, name: str, other: str) -> float:
    cell = shared.cell(summary, outcome="payoff_usd", strategy=name, against=other)
    return cell.mean if cell else float("nan")


def _heat(axes: Axes, payoff: np.ndarray, labels: list[str]) -> None:
    shared.letter(axes, "a", "payoff [USD per block]")
    top = float(np.nanmax(np.abs(payoff))) or 1.0
    losses = bool(np.nanmin(payoff) < -0.01 * top)
    norm = SymLogNorm(linthresh=top / 30, vmin=-top, vmax=top) if losses else PowerNorm(0.5, vmin=0.0, vmax=top)
    axes.imshow(
        np.where(losses, payoff, np.maximum(payoff, 0.0)), cmap="PuOr" if losses else "Blues", norm=norm, aspect="auto"
    )
    places = range(len(labels))
    axes.set_xticks(places, labels, rotation=40, ha="right", rotation_mode="anchor", fontsize=6.5)
    axes.set_yticks(places, labels, fontsize=7)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for i in places:
        for j in places:
            shade = float(norm(payoff[i, j] if losses else max(payoff[i, j], 0.0)))
            dark = abs(shade - 0.5) > 0.36 if losses else shade > 0.6
            text = f"{payoff[i, j]:.{2 if abs(payoff[i, j]) < 10 else 0}f}"
            text = text.replace("-0.00", "0.00").replace("-", "\N{MINUS SIGN}")
            axes.text(j, i, text, ha="center", va="center", fontsize=6.5, color="white" if dark else "black")


def _ranking(axes: Axes, means: pd.DataFrame, names: list[str], labels: list[str]) -> None:
    shared.letter(axes, "b", "round robin")
    for row, name in enumerate(names):
        shared.dot(axes, shared.cell(means, strategy=name), row, shared.BLUE, spread=0.22)
    axes.axvline(0, color="black", linewidth=0.6, zorder=1)
    # beside the matrix its rows have the names
    axes.set_yticks(range(len(names)), labels if page.is_first(axes) else [""] * len(names))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("USD per block")
    axes.grid(axis="x")


def _evolution(axes: Axes, path: pd.DataFrame, names: list[str], labels: list[str]) -> None:
    shared.letter(axes, "c", "evolution")
    for k, (name, label) in enumerate(zip(names, labels, strict=True)):
        line, part = "-" if k < len(COLOURS) else "--", shared.where(path, strategy=name)
        axes.plot(part["time"], part["mean"], line, color=COLOURS[k % len(COLOURS)], label=label)
    axes.set_xlim(0, max(shared.levels(path, "time")))
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("time")
    axes.set_ylabel("share of the population")
    axes.legend(loc="best", fontsize=6.5)
