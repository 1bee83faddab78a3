"""A circuit breaker in a crash: what is liquidated, the paradox of the pause and its cure, and the approach to it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _shared as shared

CAPTION = (
    "A shared sequencer whose breaker pauses everybody but liquidators and oracles, on four rollups. Points are seeds, "
    "means have 95% bootstrap intervals. (a-c) A crash, for oracles that read pools and oracles that read the outside "
    "price, under the reference breaker (50 thousand USD within 60 s pause for 60 s) and one change of it at a time: "
    "collateral seized over that of the same seed without a breaker, bad debt, and users' delay. (d) The paradox: "
    "after a fall by 2% beyond the first borrower, at leverage densities of 0.5 and 0.8, one breaker per rollup; "
    "dashed where the exact cascade on one pool ends. Still: the outside price stays there and users are away, as the "
    "theory has it. Late oracles post after 25 bp and 1 s, others after 1 bp and at "
    "once. (e) Bad debt where the outside price falls by 10% and, just before the pause ends, by 15% more. (f, g) The "
    "approach to a threshold of 400 thousand USD, with traders who anticipate a pause and without, beside a breaker "
    "that counts and pauses nobody: chance of a trigger in runs that come within a quarter of it, and volatility there "
    "over volatility before."
)

COLOURS = {"pool": shared.VERMILION, "external": shared.BLUE}
NAMES = {"pool": "oracle reads pools", "external": "oracle reads the outside price"}
DENSITIES = {0.5: shared.ORANGE, 0.8: shared.GREEN}
BASELINE, EPS = "none", 0.02
RESAMPLES = 400


def draw(runs: pd.DataFrame) -> Figure:
    """Draw finished runs: the crash above, falls and approach below."""
    crash = shared.where(runs, part="crash")
    breakers = list(dict.fromkeys(crash["breaker"]))
    upper, lower = 0.8 + 0.17 * len(breakers), 2.6
    figure = Figure(figsize=(shared.WIDTH_IN, upper + lower))
    top, bottom = np.ravel(np.asarray(figure.subfigures(2, 1, height_ratios=(upper, lower)))).tolist()
    _crash(top.subplots(1, 3, sharey=True), crash, breakers)
    top.legend(*top.axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    panels = bottom.subplots(1, 4, width_ratios=(1.15, 0.8, 1.0, 1.0))
    _falls(panels[0], panels[1], shared.where(runs, part="fall"))
    _approach(panels[2], panels[3], shared.where(runs, part="approach"))
    bottom.legend(*panels[0].get_legend_handles_labels(), loc="outside lower left", ncols=2)
    return figure


def _rows(axes: Axes, letter: str, title: str, unit: str, names: list[str]) -> None:
    shared.letter(axes, letter, title)
    axes.set_xlabel(unit)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x")


def _crash(panels: np.ndarray, crash: pd.DataFrame, breakers: list[str]) -> None:
    titles = (
        ("a", "collateral seized", "over no breaker"),
        ("b", "bad debt", "thousand USD"),
        ("c", "users' delay", "s"),
    )
    for axes, (letter, title, unit) in zip(panels, titles, strict=True):
        _rows(axes, letter, title, unit, breakers)
    panels[0].axvline(1.0, color=shared.GREY, linewidth=0.8)
    for number, (oracle, colour) in enumerate(COLOURS.items()):
        part = shared.where(crash, oracle=oracle)
        for row, breaker in enumerate(breakers):
            cell = shared.where(part, breaker=breaker)
            at = row + 0.3 * (number - 0.5)
            _dot(panels[0], _ratio(part, cell), at, colour, NAMES[oracle] if row == 0 else None)
            _dot(panels[1], shared.values(cell, "bad_debt_usd") / 1e3, at, colour)
            _dot(panels[2], shared.values(cell, "inclusion_delay_s"), at, colour)


def _ratio(part: pd.DataFrame, cell: pd.DataFrame) -> np.ndarray:
    """Collateral seized for a cell's seeds over that of the same seeds without a breaker."""
    without = shared.where(part, breaker=BASELINE)
    base = dict(zip(without["seed"], shared.values(without, "seized"), strict=True))
    known = np.array([base.get(seed, np.nan) for seed in cell["seed"]])
    taken = shared.values(cell, "seized")
    return np.divide(taken, known, out=np.full(known.size, np.nan), where=known > 0.0)


def _falls(ratio: Axes, debt: Axes, falls: pd.DataFrame) -> None:
    """Ratios of all worlds but the one of two falls, whose bad debt stands in the other panel."""
    twice = shared.where(falls, world="external, twice")
    cells = list(dict.fromkeys(zip(falls["world"], falls["breaker"], strict=True)))
    once = [(world, name) for world, name in cells if world != "external, twice" and name != BASELINE]
    pauses = [name for world, name in cells if world == "external, twice"]
    _rows(ratio, "d", "a fall", "seized over no breaker", [f"{world}: {name}" for world, name in once])
    _rows(debt, "e", "two falls", "bad debt, % of debt", pauses)
    ratio.tick_params(axis="y", labelsize=5.5)
    ratio.axvline(1.0, color=shared.GREY, linewidth=0.8)
    for number, (psi, colour) in enumerate(DENSITIES.items()):
        here = shared.where(falls, psi=psi)
        if here.empty:
            continue
        ratio.axvline(_cascade(psi), color=colour, linewidth=0.9, linestyle="--", zorder=1)
        shift = 0.3 * (number - 0.5)
        for row, (world, name) in enumerate(once):
            part = shared.where(here, world=world)
            text = f"density {psi:g}" if row == 0 else None
            _dot(ratio, _ratio(part, shared.where(part, breaker=name)), row + shift, colour, text)
        for row, name in enumerate(pauses):
            cell = shared.where(twice, psi=psi, breaker=name)
            _dot(
                debt, 100.0 * shared.values(cell, "bad_debt_usd") / shared.values(cell, "debt_usd"), row + shift, colour
            )


def _cascade(psi: float) -> float:
    """Final drop over shock of a cascade on one pool: d = eps + 2 ln(1 + psi d / 2), by iteration from below."""
    drop = EPS
    for _ in range(500):
        drop = EPS + 2.0 * np.log1p(0.5 * psi * drop)
    return drop / EPS


def _approach(chance: Axes, volatility: Axes, runs: pd.DataFrame) -> None:
    """Statistics pooled over seeds, with intervals from resampled seeds."""
    cells = list(dict.fromkeys(zip(runs["oracle"], runs["anticipation"], runs["breaker"], strict=True)))
    cells.sort(key=lambda cell: (cell[1] == "on", cell[2] != "pauses"))
    kinds = list(dict.fromkeys(cell[1:] for cell in cells))
    names = [f"{'anticipated' if known == 'on' else 'not seen'},\n{name}" for known, name in kinds]
    _rows(chance, "f", "trigger once near", "chance", names)
    _rows(volatility, "g", "volatility", "near over far", names)
    volatility.set_yticklabels([])
    chance.tick_params(axis="y", labelsize=5.5)
    for oracle, known, name in cells:
        cell = shared.where(runs, oracle=oracle, anticipation=known, breaker=name)
        at = kinds.index((known, name)) + 0.3 * (list(COLOURS).index(oracle) - 0.5)
        _pooled(chance, cell, _chance, at, COLOURS[oracle])
        _pooled(volatility, cell, _volatility, at, COLOURS[oracle])


def _chance(cell: pd.DataFrame) -> float:
    came = (shared.values(cell, "approached") > 0) | (shared.values(cell, "triggered") > 0)
    return float(shared.values(cell, "triggered")[came].mean()) if came.any() else np.nan


def _volatility(cell: pd.DataFrame) -> float:
    def rate(place: str) -> float:
        seconds = shared.values(cell, f"{place}_time_s").sum()
        return shared.values(cell, f"{place}_squares").sum() / seconds if seconds > 0.0 else np.nan

    return float(np.sqrt(rate("near") / rate("far")))


def _pooled(axes: Axes, cell: pd.DataFrame, statistic: Callable[[pd.DataFrame], float], at: float, colour: str) -> None:
    draws = np.random.default_rng(0).integers(len(cell), size=(RESAMPLES, len(cell)))
    spread = np.array([statistic(cell.take(rows)) for rows in draws])
    spread = spread[np.isfinite(spread)]
    if spread.size:
        axes.plot(np.quantile(spread, [0.025, 0.975]), [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
    axes.plot(statistic(cell), at, "o", color=colour, markeredgecolor="white", markeredgewidth=0.5)


def _dot(axes: Axes, sample: np.ndarray, at: float, colour: str, text: str | None = None) -> None:
    sample = sample[np.isfinite(sample)]
    if sample.size:
        axes.plot(sample, np.full(sample.size, at), "o", color=colour, alpha=0.35, markersize=2, markeredgewidth=0)
        axes.plot(shared.interval(sample), [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot(sample.mean(), at, "o", color=colour, markeredgecolor="white", markeredgewidth=0.5, label=text)
