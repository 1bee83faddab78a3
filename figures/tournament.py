"""Payoff matrix of a tournament, the round robin's ranking and the path of evolution."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm, SymLogNorm
from matplotlib.figure import Figure

from figures import _shared as shared

type Frame = Any  # a pandas.DataFrame; its types do not tell a part of a table from a column

CAPTION = (
    "Strategies of one role against each other, two at a time in every other seat. (a) Mean payoff of an agent "
    "that plays the row's strategy against the column's; rows in the order of the round robin. (b) Round robin: "
    "mean payoff over all opponents, oneself included; one small point per seed, means, 95% bootstrap intervals. "
    "(c) Shares in a population that copies success in proportion to payoff differences (replicator dynamics from "
    "equal shares; time in units of one over the spread of payoffs)."
)

COLOURS = (shared.BLUE, shared.ORANGE, shared.GREEN, shared.VERMILION, shared.PINK, shared.SKY, "black", shared.GREY)
STEPS, STEP = 600, 0.05


def draw(runs: Frame) -> Figure:
    """Draw finished runs of the study."""
    names = list(dict.fromkeys([*runs["first"], *runs["second"]]))
    payoff = _matrix(runs, names)
    order = np.argsort(-np.nanmean(payoff, axis=1))
    names, payoff = [names[i] for i in order], payoff[np.ix_(order, order)]
    labels = [name.rpartition(":")[2].replace("_", " ") for name in names]
    figure = Figure(figsize=(shared.WIDTH_IN, 1.9 + 0.22 * len(names)))
    heat, ranking, path = figure.subplots(1, 3, width_ratios=(1.25, 1.0, 1.0))
    _heat(heat, payoff, labels)
    _ranking(ranking, runs, names, labels)
    _evolution(path, payoff, labels)
    return figure


def _matrix(runs: Frame, names: list[str]) -> np.ndarray:
    payoff = np.full((len(names),) * 2, np.nan)
    for (first, second), part in runs.groupby(["first", "second"]):
        i, j = names.index(str(first)), names.index(str(second))
        payoff[i, j], payoff[j, i] = part["payoff_first_usd"].mean(), part["payoff_second_usd"].mean()
    return payoff


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


def _ranking(axes: Axes, runs: Frame, names: list[str], labels: list[str]) -> None:
    shared.letter(axes, "b", "round robin")
    by_seed = np.array([np.nanmean(_matrix(part, names), axis=1) for _, part in runs.groupby("seed")])
    rows = {label: row for row, label in enumerate(labels)}
    shared.dots(axes, {label: by_seed[:, k] for k, label in enumerate(labels)}, rows, shared.BLUE)
    axes.axvline(0, color="black", linewidth=0.6, zorder=1)
    axes.set_yticks(range(len(labels)), [""] * len(labels))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_xlabel("USD per block")
    axes.grid(axis="x")


def _evolution(axes: Axes, payoff: np.ndarray, labels: list[str]) -> None:
    shared.letter(axes, "c", "evolution")
    scaled = np.nan_to_num(payoff / (float(np.nanstd(payoff)) or 1.0))
    shares = np.full(len(labels), 1.0 / len(labels))
    path = [shares]
    for _ in range(STEPS):
        grown = shares * np.exp(STEP * (scaled @ shares))
        shares = grown / grown.sum()
        path.append(shares)
    time = STEP * np.arange(STEPS + 1)
    for k, label in enumerate(labels):
        line = "-" if k < len(COLOURS) else "--"
        axes.plot(time, np.array(path)[:, k], line, color=COLOURS[k % len(COLOURS)], label=label)
    axes.set_xlim(0, time[-1])
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("time")
    axes.set_ylabel("share of the population")
    axes.legend(loc="best", fontsize=6.5)
