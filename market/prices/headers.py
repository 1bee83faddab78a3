"""Where the header of a price file stands, and the table of named columns below it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from market.errors import InputError
from market.prices.columns import by_name, without_names
from market.prices.names import FIELDS, PRICES, ROLES, SETTLES, TIMES, is_header, plain
from market.prices.rows import HEAD, Grid, Table, cut

_FIGURE = re.compile(r"[+-]?[$€£]?\d[\d.,' ]*(?:[eE][+-]?\d+)?|nan", re.ASCII | re.IGNORECASE)


@dataclass
class Layout:
    """The last row of the header (None: there is none), the width of the rows, and the column of each role."""

    header: int | None
    width: int
    index: dict[str, int]
    repairs: tuple[str, ...] = ()
    ticker: str | None = None
    """which of several, where the header names it"""


def named_columns(grid: Grid, asked: Mapping[str, str], ticker: str | None) -> tuple[Table, bool]:
    """Return the columns timestamp, open, high, low, close or price, and volume; and whether times are those of ends.

    Parameters
    ----------
    grid
        the cells.
    asked
        names of columns, or their numbers from 1 on, by role of :data:`market.prices.names.ROLES`; what is not asked
        for is recognised.
    ticker
        which of several to take; None where there is one.

    Raises
    ------
    InputError
        a role that does not exist, a column that is missing or there twice, several tickers, or columns without names
        whose order nothing shows. One line.
    """
    for role in asked:
        if role not in ROLES:
            raise InputError(f"--prices-columns {role}: no such column; allowed: {', '.join(ROLES)}")
    if not grid.rows:
        raise InputError(f"{grid.path}: no rows; allowed: {SETTLES}")
    layout = _wide(grid, ticker) or _layout(grid, asked)
    body = cut(grid, layout.header, layout.width)
    if not body.rows:
        raise InputError(f"{grid.path}: no rows below the header; allowed: {SETTLES}")
    columns = {role: [row[i] for row in body.rows] for role, i in layout.index.items()}
    table = Table(grid.path, columns, body.lines, grid.delimiter, [*body.repairs, *layout.repairs])
    if "ticker" in columns:
        table = _of_ticker(table, ticker)
    elif ticker is not None and layout.ticker is None:
        raise InputError(
            f"{grid.path}: it names no tickers, but {ticker!r} is asked for; allowed: the file's name alone"
        )
    if "clock" in columns:
        pairs = zip(table.columns["timestamp"], table.columns["clock"], strict=True)
        table.columns["timestamp"] = [f"{day} {clock}" for day, clock in pairs]
    return table, _by_ends(table)


def _layout(grid: Grid, asked: Mapping[str, str]) -> Layout:
    """Find the header, or that there is none, and what stands below it."""
    rows = grid.rows[:HEAD]
    wanted = {name.strip() for name in asked.values() if not name.strip().isdecimal()}
    first = next((i for i, row in enumerate(rows) if _is_data(row)), None)
    header = next((i for i, row in enumerate(rows) if wanted and wanted <= set(row)), None)
    if header is None:
        header = next((i for i, row in enumerate(rows) if is_header(row)), None)
    if header is None and first == 0:
        return Layout(
            None, _width(grid.rows[0]), without_names(grid, asked), ("no header: columns told by their order",)
        )
    if header is None:
        header = (first or 1) - 1
    if first is not None and first < header:
        raise InputError(
            f"{grid.path}: row {grid.lines[first]}: data before the header in row {grid.lines[header]}; "
            "allowed: a header above all data"
        )
    grid.rows[header] = names = grid.rows[header][: _width(grid.rows[header])]
    index = by_name(grid, header, asked)
    repairs = []
    if header:
        skipped = f"lines 1 to {grid.lines[header] - 1}" if grid.lines[header] > 2 else "line 1"
        repairs.append(f"{skipped} above the header left out")
    times = [names[i] for i, name in enumerate(map(plain, names)) if name in TIMES]
    if len(times) > 1 and "timestamp" in index and "start" not in index and "clock" not in index:
        repairs.append(f"times are those of the column {names[index['timestamp']]}")
    return Layout(header, len(names), index, tuple(repairs))


def _width(row: list[str]) -> int:
    """Return the number of columns, but for empty ones at the end."""
    return max(i for i, cell in enumerate(row) if cell) + 1


def _is_data(row: list[str]) -> bool:
    """Return whether a row begins with a digit and holds mostly figures from there on."""
    return row[0][:1].isdigit() and _holds_figures(row)


def _holds_figures(row: list[str]) -> bool:
    cells = [cell for cell in row[1:] if cell]
    figures = sum(_FIGURE.fullmatch(cell) is not None for cell in cells)
    return figures > 0 and 2 * figures >= len(cells)


def _wide(grid: Grid, ticker: str | None) -> Layout | None:
    """Return the layout of a file with columns by ticker: two rows of names, perhaps one more for the index.

    Raises
    ------
    InputError
        several tickers and none asked for, or one that is not there. One line that lists them.
    """
    for i, (upper, lower) in enumerate(zip(grid.rows[: HEAD - 1], grid.rows[1:HEAD], strict=False)):
        fields, tickers = (upper, lower) if _are_fields(upper) else (lower, upper)
        if not _are_fields(fields) or _are_fields(tickers) or len(upper) != len(lower):
            continue
        if not all(tickers[1:]) or _holds_figures(tickers):
            continue
        chosen = _choice(grid, list(dict.fromkeys(tickers[1:])), ticker)
        index = {"timestamp": 0}
        for column, (name, of) in enumerate(zip(fields, tickers, strict=True)):
            role = plain(name)
            if column and of == chosen and role in (*PRICES, "volume"):
                if role in index:
                    raise InputError(f"{grid.path}: row {grid.lines[i]}: column {name} of {of} twice; allowed: once")
                index[role] = column
        lacking = [role for role in PRICES if role not in index]
        if lacking:
            raise InputError(
                f"{grid.path}: row {grid.lines[i]}: no column {lacking[0]} of {chosen}; allowed: {SETTLES}"
            )
        third = grid.rows[i + 2] if len(grid.rows) > i + 2 else [""]
        last = i + 2 if not any(third[1:]) and plain(third[0]) in (*TIMES, "") else i + 1
        return Layout(last, len(fields), index, (f"columns by ticker: {chosen} taken",), chosen)
    return None


def _are_fields(row: list[str]) -> bool:
    return len(row) > len(PRICES) and all(plain(cell) in FIELDS for cell in row[1:])


def _choice(grid: Grid | Table, tickers: list[str], ticker: str | None) -> str:
    listed = ", ".join(tickers[:20]) + ", ..." * (len(tickers) > 20)
    if ticker is None:
        if len(tickers) > 1:
            raise InputError(f"{grid.path}: {len(tickers)} tickers; allowed: FILE:TICKER with one of {listed}")
        return tickers[0]
    same = [name for name in tickers if name == ticker] or [n for n in tickers if n.lower() == ticker.lower()]
    if len(same) != 1:
        raise InputError(f"{grid.path}: no ticker {ticker!r}; allowed: {listed}")
    return same[0]


def _of_ticker(table: Table, ticker: str | None) -> Table:
    """Return the rows of the one ticker that is there, or that is asked for."""
    texts = table.columns["ticker"]
    tickers = list(dict.fromkeys(texts))
    chosen = _choice(table, tickers, ticker)
    if len(tickers) == 1:
        return table
    table.repairs.append(f"rows of {chosen} taken")
    return table.take(np.flatnonzero([text == chosen for text in texts]))


def _by_ends(table: Table) -> bool:
    """Let `timestamp` be the opening times where they are there; return whether it has the ends of the bars instead."""
    columns = table.columns
    ends = columns.pop("end", None)
    if "start" in columns:
        if "timestamp" in columns or ends is not None:
            table.repairs.append("the opening times of the bars are read, not their ends")
        columns["timestamp"] = columns.pop("start")
        return False
    if "timestamp" not in columns and ends is not None:
        columns["timestamp"] = ends
        return True
    return ends is not None and columns["timestamp"] == ends
