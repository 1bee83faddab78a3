"""Panels on rings of bidders in the market: a newcomer, screens, fines."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from figures import _shared as shared

type Frame = Any  # a pandas.DataFrame; its types do not tell a part of a table from a column

COLOURS = {
    ("sequencer", "rotation"): shared.BLUE,
    ("sequencer", "slots"): shared.SKY,
    ("builder", "rotation"): shared.VERMILION,
    ("builder", "rollups"): shared.ORANGE,
}
SCREENS = {"rotation": "rotation", "variance": "price variance", "runner_up": "losing bids"}


def name(role: str, scheme: str) -> str:
    """What a ring is called in a key."""
    return f"{role}s, {scheme}"


def entry(axes: Axes, runs: Frame) -> None:
    """Price of a ring over the competitive one, along the run, with and without a newcomer."""
    parts = sorted((c for c in runs.columns if c.startswith("price_part_")), key=lambda c: int(c.rsplit("_", 1)[1]))
    middles = (np.arange(len(parts)) + 0.5) / max(len(parts), 1)
    widths = dict(zip(COLOURS, (4.0, 2.8, 1.7, 0.8), strict=True))  # the paths all but coincide
    for (role, scheme, enters), part in runs.groupby(["role", "scheme", "enters"], sort=False):
        colour = COLOURS[str(role), str(scheme)]
        label = name(str(role), str(scheme)) if enters < 1.0 else None
        path = part[parts].mean(axis=0).to_numpy()
        axes.plot(
            middles,
            path,
            "-" if enters < 1.0 else ":",
            color=colour,
            label=label,
            linewidth=widths[str(role), str(scheme)],
        )
    axes.vlines(0.5, 0.0, 1.0, color="black", linewidth=0.6, linestyle="--")
    axes.annotate("enters", (0.5, 0.5), xytext=(3, 0), textcoords="offset points", fontsize=6.5)
    axes.set_xlabel("share of the run")
    axes.set_ylabel("price / competitive price")
    axes.set_ylim(-0.06, 1.75)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.legend(loc="upper left", fontsize=6, ncols=1, labelspacing=0.2)
    axes.grid(axis="y")


def screens(axes: Axes, runs: Frame) -> None:
    """Share of windows accused, of rings (dots) and of those who compete (crosses)."""
    rings = list(runs.groupby(["role", "scheme"], sort=False))
    tests = list(dict.fromkeys(runs["strategy"]))
    for row, ((role, scheme), part) in enumerate(rings):
        colour = COLOURS[str(role), str(scheme)]
        for at, test in enumerate(tests):
            here = part[part["strategy"] == test]
            place = at + 0.16 * (row - 0.5 * (len(rings) - 1))
            axes.plot(shared.values(here, "accused_share").mean(), place, "o", color=colour, markersize=3.5)
            axes.plot(shared.values(here, "accused_share_competing").mean(), place, "x", color=colour, markersize=3.5)
    axes.plot([], [], "o", color="black", markersize=3.5, label="ring")
    axes.plot([], [], "x", color="black", markersize=3.5, label="competing")
    axes.set_yticks(range(len(tests)), [SCREENS.get(str(test), str(test)) for test in tests], fontsize=7)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(tests) - 0.05, -0.6)
    axes.set_xlim(-0.05, 1.05)
    axes.set_xlabel("share of windows accused")
    axes.legend(loc="lower center", ncols=2)
    axes.grid(axis="x")


def fines(axes: Axes, runs: Frame) -> None:
    """Price in the second half under ever larger fines (solid), and what a ring that stays would gain (dashed)."""
    for (role, scheme), part in runs.groupby(["role", "scheme"], sort=False):
        colour = COLOURS[str(role), str(scheme)]
        at = part.groupby("fine")["deterrence"].mean()
        levels = list(at.index)
        samples = [shared.values(part[part["fine"] == level], "price_second_half") for level in levels]
        low, high = np.array([shared.interval(sample) for sample in samples]).T
        axes.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)
        means = [sample.mean() for sample in samples]
        axes.plot(at, means, "o-", color=colour, markersize=3, label=name(str(role), str(scheme)))
        stays = [shared.values(part[part["fine"] == level], "stubborn_gain_share").mean() for level in levels]
        axes.plot(at, stays, "--", color=colour, linewidth=1.0)
    axes.axvline(1.0, color="black", linewidth=0.6, linestyle="--")
    axes.axhline(0.0, color="black", linewidth=0.6)
    axes.set_xscale("log")
    axes.set_ylim(-1.05, 1.75)
    axes.set_yticks([-1, -0.5, 0, 0.5, 1])
    axes.set_xlabel("expected fine / rent")
    axes.set_ylabel("price; gain of staying")
    axes.legend(loc="upper left", fontsize=6)
    axes.grid(axis="y")


def leavers(axes: Axes, runs: Frame) -> None:
    """Share of members that gave the ring up by the end, by the expected fine over the rent."""
    for (role, scheme), part in runs.groupby(["role", "scheme"], sort=False):
        at = part.groupby("fine")["deterrence"].mean()
        samples = [shared.values(part[part["fine"] == level], "members_that_left") for level in at.index]
        low, high = np.array([shared.interval(sample) for sample in samples]).T
        colour = COLOURS[str(role), str(scheme)]
        axes.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(at, [sample.mean() for sample in samples], "o-", color=colour, markersize=3)
    axes.axvline(1.0, color="black", linewidth=0.6, linestyle="--")
    axes.set_xscale("log")
    axes.set_ylim(-0.04, 1.04)
    axes.set_xlabel("expected fine / rent")
    axes.set_ylabel("members that left")
    axes.grid(axis="y")
