"""Panels on cartels of bidders in the market: a newcomer, screens, fines."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from figures import _shared as shared

COLOURS = {
    ("sequencer", "rotation"): shared.BLUE,
    ("sequencer", "slots"): shared.SKY,
    ("builder", "rotation"): shared.VERMILION,
    ("builder", "rollups"): shared.ORANGE,
}
SCREENS = {"rotation": "rotation", "variance": "price variance", "runner_up": "losing bids"}


def name(role: str, scheme: str) -> str:
    """What a cartel is called in a key."""
    return f"{role}s, {scheme}"


def cartels(summary: pd.DataFrame) -> list[tuple[str, str]]:
    """Role and scheme of each cartel, in order of appearance."""
    return list(dict.fromkeys(zip(summary["role"], summary["scheme"], strict=True)))


def entry(axes: Axes, path: pd.DataFrame) -> None:
    """Price of a cartel over the competitive one, along the run, with and without a newcomer."""
    widths = dict(zip(COLOURS, (4.0, 2.8, 1.7, 0.8), strict=True))  # the paths all but coincide
    for role, scheme in cartels(path):
        for enters in shared.levels(path, "enters"):
            part = shared.where(path, role=role, scheme=scheme, enters=enters)
            line, label = ("-", name(role, scheme)) if enters < 1.0 else (":", None)
            colour, width = COLOURS[role, scheme], widths[role, scheme]
            axes.plot(part["time"], part["mean"], line, color=colour, label=label, linewidth=width)
    axes.vlines(0.5, 0.0, 1.0, color="black", linewidth=0.6, linestyle="--")
    axes.annotate("enters", (0.5, 0.5), xytext=(3, 0), textcoords="offset points", fontsize=6.5)
    axes.set_xlabel("share of the run")
    axes.set_ylabel("price / competitive price")
    axes.set_ylim(-0.06, 1.75)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.plot([], [], ":", color=shared.GREY, label="nobody enters")
    axes.legend(loc="upper left", fontsize=6, ncols=1, labelspacing=0.2)
    axes.grid(axis="y")


def screens(axes: Axes, summary: pd.DataFrame) -> None:
    """Share of windows accused, of cartels (dots) and of those who compete (crosses)."""
    found, tests = cartels(summary), shared.levels(summary, "strategy")
    for row, (role, scheme) in enumerate(found):
        for at, test in enumerate(tests):
            part = shared.where(summary, role=role, scheme=scheme, strategy=test)
            place = at + 0.16 * (row - 0.5 * (len(found) - 1))
            for outcome, marker in (("accused_share", "o"), ("accused_share_competing", "x")):
                cell = shared.cell(part, outcome=outcome)
                if cell is not None:
                    axes.plot(cell.mean, place, marker, color=COLOURS[role, scheme], markersize=3.5)
    axes.plot([], [], "o", color="black", markersize=3.5, label="cartel")
    axes.plot([], [], "x", color="black", markersize=3.5, label="competing")
    axes.set_yticks(range(len(tests)), [SCREENS.get(str(test), str(test)) for test in tests], fontsize=7)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(tests) - 0.05, -0.6)
    axes.set_xlim(-0.05, 1.05)
    axes.set_xlabel("share of windows accused")
    axes.legend(loc="lower center", ncols=2)
    axes.grid(axis="x")


def fines(axes: Axes, summary: pd.DataFrame) -> None:
    """Price in the second half under ever larger fines (solid), and what a cartel that stays would gain (dashed)."""
    for role, scheme in cartels(summary):
        colour = COLOURS[role, scheme]
        shared.band(axes, _by_threat(summary, role, scheme, "price_second_half"), colour, name(role, scheme))
        stays = _by_threat(summary, role, scheme, "stubborn_gain_share")
        axes.plot(list(stays), [cell.mean for cell in stays.values()], "--", color=colour, linewidth=1.0)
    axes.axvline(1.0, color="black", linewidth=0.6, linestyle="--", label="fine = rent")
    axes.axhline(0.0, color="black", linewidth=0.6)
    axes.set_xscale("log")
    axes.set_ylim(-1.05, 2.35)  # the key stands above the data
    axes.set_yticks([-1, -0.5, 0, 0.5, 1])
    axes.set_xlabel("expected fine / rent")
    axes.set_ylabel("price; gain of staying")
    axes.plot([], [], "--", color=shared.GREY, linewidth=1.0, label="gain of staying")
    axes.legend(loc="upper left", fontsize=6)
    axes.grid(axis="y")


def leavers(axes: Axes, summary: pd.DataFrame) -> None:
    """Share of members that gave the cartel up by the end, by the expected fine over the rent."""
    for role, scheme in cartels(summary):
        shared.band(axes, _by_threat(summary, role, scheme, "members_that_left"), COLOURS[role, scheme])
    axes.axvline(1.0, color="black", linewidth=0.6, linestyle="--", label="fine = rent")
    axes.set_xscale("log")
    axes.set_ylim(-0.04, 1.3)  # the key stands above the data
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.legend(loc="upper left")
    axes.set_xlabel("expected fine / rent")
    axes.set_ylabel("members that left")
    axes.grid(axis="y")


def _by_threat(summary: pd.DataFrame, role: str, scheme: str, outcome: str) -> dict[float, shared.Cell]:
    """Cells of an outcome by the mean expected fine over the rent, in the order of the fines."""
    part = shared.where(summary, role=role, scheme=scheme)
    threats = shared.series(shared.where(part, outcome="deterrence"), "fine")
    cells = shared.series(shared.where(part, outcome=outcome), "fine")
    return {threats[fine].mean: cell for fine, cell in cells.items() if fine in threats}
