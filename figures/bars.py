"""Bars of a price file: the price with the range of each bar, its gaps and its jumps."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "A file of prices as it is replayed. (a) Close of each bar, with the range from its lowest to its highest price; "
    "grey: stretches without bars; points: jumps, returns too large for the volatility before them. (b) Move of the "
    "log price from close to close."
)


def draw(summary: pd.DataFrame) -> Figure:
    """Draw bars: columns time and end (instants), low, high, close, move [%], jump, gap (before the bar)."""
    summary = summary.assign(**{name: date2num(summary[name]) for name in ("time", "end")})
    figure, panels = page.panels(3.6, (2, 1), share_x="column", heights=(2.2, 1.0))
    price, move = panels.ravel()
    _prices(price, summary)
    _moves(move, summary)
    handles, labels = price.get_legend_handles_labels()
    page.key(figure, handles, labels)
    return figure


def _prices(axes: Axes, summary: pd.DataFrame) -> None:
    shared.letter(axes, "a", "price")
    time, low, high = _ranges(summary)
    axes.fill_between(
        time, low, high, step="post", linewidth=0, color=shared.SKY, alpha=0.45, label="lowest to highest"
    )
    axes.plot(*_closes(summary), color=shared.BLUE, linewidth=0.8, label="close")
    jumps = shared.where(summary, jump=True)
    if len(jumps):
        axes.plot(jumps["end"], jumps["close"], "o", color=shared.VERMILION, markersize=3, label="jump", zorder=4)
    _gaps(axes, summary, "no bars")
    axes.set_ylabel("units of the file")


def _moves(axes: Axes, summary: pd.DataFrame) -> None:
    shared.letter(axes, "b", "move from close to close")
    for chosen, colour in ((False, shared.BLUE), (True, shared.VERMILION)):
        rows = shared.where(summary, jump=chosen)
        axes.vlines(rows["end"], 0.0, rows["move"], color=colour, linewidth=0.7)
    axes.axhline(0.0, color=shared.GREY, linewidth=0.5)
    _gaps(axes, summary, None)
    axes.set_ylabel("log move [%]")
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_xlabel("UTC")


def _gaps(axes: Axes, summary: pd.DataFrame, label: str | None) -> None:
    """Shade the stretches between bars that have none."""
    for before, time in _spans(summary):
        axes.axvspan(before, time, color=shared.GREY, alpha=0.25, linewidth=0, label=label)
        label = None


def _spans(summary: pd.DataFrame) -> list[tuple[float, float]]:
    ends = list(summary["end"])
    return [
        (ends[i - 1], time) for i, (time, gap) in enumerate(zip(summary["time"], summary["gap"], strict=True)) if gap
    ]


def _ranges(summary: pd.DataFrame) -> tuple[list[float], list[float], list[float]]:
    """Return instants, lowest and highest prices as steps, which end with the bar before a gap."""
    times: list[float] = []
    low: list[float] = []
    high: list[float] = []
    ends = list(summary["end"])
    columns = (summary[name] for name in ("time", "low", "high", "gap"))
    for i, (time, lowest, highest, gap) in enumerate(zip(*columns, strict=True)):
        if gap:
            times += [ends[i - 1]] * 2
            low += [low[-1], float("nan")]
            high += [high[-1], float("nan")]
        times.append(time)
        low.append(lowest)
        high.append(highest)
    return [*times, ends[-1]], [*low, low[-1]], [*high, high[-1]]


def _closes(summary: pd.DataFrame) -> tuple[list[float], list[float]]:
    """Return the ends and closes of the bars, with an empty point in every gap, where the line breaks off."""
    times: list[float] = []
    closes: list[float] = []
    for end, close, gap in zip(summary["end"], summary["close"], summary["gap"], strict=True):
        if gap:
            times.append(times[-1])
            closes.append(float("nan"))
        times.append(end)
        closes.append(close)
    return times, closes


def write(summary: pd.DataFrame, title: str, path: Path, columns: str = "two") -> None:
    """Draw bars in the house style into a file, of the kind that its name ends in."""
    shared.write(draw, summary, title, path, columns)
