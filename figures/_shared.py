"""What the figures have in common: saving, colours, intervals and the dot plot of seeds, means and 95% bands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.style import context
from numpy.typing import ArrayLike, NDArray

STYLE = Path(__file__).with_name("style.mplstyle")
WIDTH_IN = 7.2  # the text width of a page with two columns [inch]
BLUE, ORANGE, GREEN, PINK, SKY, VERMILION = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"
GREY = "0.55"
NAMES = {"pbs": "PBS"}


def save(draw: Callable[[pd.DataFrame], Figure], runs: pd.DataFrame, folder: Path) -> list[Path]:
    """Draw runs in the house style and write figure.pdf and figure.png into a folder; returns the two paths.

    The same runs give the same bytes: neither file says when it was made.
    """
    with mpl.rc_context(), context(STYLE):
        figure = draw(runs)
        FigureCanvasAgg(figure)
        paths = [folder / "figure.pdf", folder / "figure.png"]
        figure.savefig(paths[0], metadata={"CreationDate": None})
        figure.savefig(paths[1], metadata={"Software": None})
    return paths


def label(name: str) -> str:
    """A regime's name as printed."""
    return NAMES.get(name, name.replace("_", " "))


def interval(sample: ArrayLike) -> tuple[float, float]:
    """95% percentile bootstrap interval of the mean of a sample of shape (n,); with a fixed seed.

    NaN without values, a point for a single one.
    """
    known = np.asarray(sample, dtype=float)
    known = known[np.isfinite(known)]
    if known.size == 0:
        return float("nan"), float("nan")
    draws = np.random.default_rng(0).choice(known, size=(2000, known.size))
    low, high = np.quantile(draws.mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def values(runs: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """A column as floats, shape (rows of runs,)."""
    return np.asarray(runs[column], dtype=float)


def where(runs: pd.DataFrame, **levers: object) -> pd.DataFrame:
    """Rows of runs in which the columns named have the values given."""
    chosen = np.ones(len(runs), dtype=bool)
    for column, value in levers.items():
        chosen &= np.asarray(runs[column] == value)
    return runs.take(np.flatnonzero(chosen))


def by_regime(runs: pd.DataFrame, sample: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Finite values of each regime, one per seed; ``sample`` has one value for each row of ``runs``."""
    regimes = np.asarray(runs["regime"], dtype=object)
    found = {group: sample[regimes == group] for group in dict.fromkeys(regimes)}
    return {group: part[np.isfinite(part)] for group, part in found.items()}


def differences(runs: pd.DataFrame, sample: NDArray[np.float64], baseline: str) -> dict[str, NDArray[np.float64]]:
    """Differences to the baseline regime within a seed, for each of the other regimes."""
    cells = zip(runs["regime"], runs["seed"], sample, strict=True)
    known = {(regime, seed): value for regime, seed, value in cells}
    found: dict[str, list[float]] = {regime: [] for regime, _ in known if regime != baseline}
    for (regime, seed), value in known.items():
        if regime != baseline:
            found[regime].append(value - known.get((baseline, seed), float("nan")))
    return {regime: np.asarray(part)[np.isfinite(part)] for regime, part in found.items()}


def dots(axes: Axes, samples: Mapping[str, NDArray[np.float64]], rows: Mapping[str, int], colour: str) -> None:
    """A point per seed, and the mean with its 95% interval, in the row of each regime."""
    for group, sample in samples.items():
        if sample.size == 0:
            continue
        spread = np.linspace(-0.22, 0.22, sample.size) if sample.size > 1 else np.zeros(1)
        axes.plot(
            sample, rows[group] + spread, "o", color=colour, alpha=0.35, markersize=2, markeredgewidth=0, zorder=2
        )
        axes.plot(interval(sample), [rows[group]] * 2, color=colour, linewidth=1.6, solid_capstyle="butt", zorder=3)
        axes.plot(sample.mean(), rows[group], "o", color=colour, markeredgecolor="white", markeredgewidth=0.5, zorder=4)


def stack(
    axes: Axes, parts: Mapping[str, Mapping[str, float]], rows: Mapping[str, int], colours: Sequence[str]
) -> None:
    """Bars of parts put end to end in the row of each regime; negative parts grow to the left.

    ``parts[name][regime]`` is the length of a part in the unit of the axis.
    """
    right, left = dict.fromkeys(rows, 0.0), dict.fromkeys(rows, 0.0)
    for (name, lengths), colour in zip(parts.items(), colours, strict=True):
        shown = {group: value for group, value in lengths.items() if np.isfinite(value)}
        starts = [right[group] if value >= 0 else left[group] for group, value in shown.items()]
        places = [rows[group] for group in shown]
        axes.barh(places, list(shown.values()), left=starts, height=0.62, color=colour, label=name, zorder=2)
        for group, value in shown.items():
            side = right if value >= 0 else left
            side[group] += value


def number(value: float) -> str:
    """A number with three significant digits, or whole from a thousand on, and a true minus sign."""
    return (f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}").replace("-", "\N{MINUS SIGN}")


def letter(axes: Axes, name: str, title: str) -> None:
    """Title of a panel that begins with its letter."""
    axes.set_title(rf"$\bf{{{name}}}$  {title}", loc="left")
