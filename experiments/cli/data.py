"""``seqmarket data``: what is understood of a file of prices."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from experiments.analysis.price_moves import describe, jumps, moves
from experiments.cli import pictures
from experiments.markets.price_files import parse_columns
from market.prices.bar_file import read_bars, split_ticker
from market.prices.bars import Bars
from market.settings import DAY_S


def main(arguments: argparse.Namespace) -> int:
    """Print what is understood of a file, as lines or as the JSON object that programs read, and draw it when asked."""
    pictures.check("--plot", arguments.plot)
    file, ticker = split_ticker(arguments.file)
    columns = parse_columns(arguments.prices_columns)
    bars = read_bars(Path(file), columns, ticker, arguments.dates, arguments.any_time, arguments.any_jump)
    found = describe(bars)
    drawn = "" if arguments.plot is None else _plot(bars, arguments.plot, arguments.width)
    if arguments.json:
        print(json.dumps(found, allow_nan=False))
    else:
        _print(found)
        if drawn:
            print(drawn)
    return 0


def _print(found: dict[str, Any]) -> None:
    rows = [
        ("file", found["file"]),
        ("bars", f"{found['bars']:,} of {found['spacing_s']:g} s"),
        ("span", f"{found['first']} to {found['end']}, {found['seconds'] / DAY_S:.4g} days"),
        ("gaps", _gaps(found)),
        ("price", f"open {found['open']:,.8g}, low {found['low']:,.8g}, high {found['high']:,.8g}, "
         f"close {found['close']:,.8g}"),
        ("volatility", f"{found['volatility']:.1%} a year by ranges, {_share(found['volatility_closes'])} by closes"),
        ("largest move", _largest(found)),
        ("jumps", _jumps(found)),
    ]  # fmt: skip
    rows += [("read", repair) for repair in found["repairs"] or ["as it stands"]]
    for name, text in rows:
        print(f"{name:12}  {text}")


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"


def _gaps(found: dict[str, Any]) -> str:
    if not found["gaps"]:
        return "none"
    longest = f"the longest, of {found['largest_gap_s']:g} s, from {found['largest_gap_after']}"
    return f"{found['gaps']}, in which {found['missing_bars']} bars are missing; {longest}"


def _largest(found: dict[str, Any]) -> str:
    if found["largest_move"] is None:
        return "unknown, no two bars without a gap between them"
    return f"{found['largest_move']:+.2%} in the bar at {found['largest_move_at']}"


def _jumps(found: dict[str, Any]) -> str:
    if found["jumps"] is None:
        return "unknown, too few bars"
    times = ", ".join(found["jump_times"][:5]) + ", ..." * (found["jumps"] > 5)
    return f"{found['jumps']}, {found['jumps_per_day']:.3g} a day" + (f": bars at {times}" if times else "")


def _plot(bars: Bars, path: Path, width: str) -> str:
    import pandas as pd

    from figures import bars as figure

    returns, ends = moves(bars)
    jumped = jumps(returns, bars.spacing_s)
    move, jump = np.full(len(bars), np.nan), np.zeros(len(bars), dtype=bool)
    move[ends] = 100.0 * returns
    if jumped is not None:
        jump[ends] = jumped
    opens = pd.to_datetime(np.round(bars.time_s * 1e6).astype(np.int64), unit="us")
    frame = pd.DataFrame(
        {"time": opens, "end": opens + pd.Timedelta(seconds=bars.spacing_s), "low": bars.low, "high": bars.high}
        | {"close": bars.close, "move": move, "jump": jump, "gap": np.concatenate([[False], bars.gap_s > 0])}
    )
    return pictures.draw("--plot", path, figure, frame, bars.path.name, width)
