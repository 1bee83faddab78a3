"""Which column of a price file is what: by its name, by what a user says, or by what a file without names shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from market.errors import InputError
from market.prices.names import PRICES, SETTLES, plain, roles
from market.prices.numbers import missing
from market.prices.rows import Grid

CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d(\.\d+)?)?|\d{6}|\d{4}", re.ASCII)
"""A time of day, as in a column beside that of dates."""
_DUMP = 12
"""Columns of the dumps that exchanges publish without a header: start, prices, volume, end, and five more."""
_ORDERED = re.compile(r"\d{9,19}(\.\d*)?|\d{8}[ T]?\d*|\d{4}[-/.]\d\d[-/.]\d\d.*", re.ASCII)
"""Times that are in the order of their text."""


def by_name(grid: Grid, header: int, asked: Mapping[str, str]) -> dict[str, int]:
    """Return the column of each role under a header: what was asked for, else what the names say.

    Raises
    ------
    InputError
        a column that is missing, or there twice. One line that lists the names that were seen.
    """
    names = grid.rows[header]
    found = roles(names)
    index = {role: asked_for(grid, header, role, name) for role, name in asked.items()}
    if "price" in asked:
        found = {role: where for role, where in found.items() if role not in PRICES}
    wanted = ["ticker", "volume", *PRICES] + ([] if "timestamp" in asked else ["start", "timestamp", "end"])
    for role in wanted:
        if role in found and role not in index:
            index[role] = _only(grid, header, names, found[role], all_alike=role in PRICES)
    _add_clock(grid, header, index, names)
    if not {"start", "timestamp", "end"} & index.keys():
        if plain(names[0]):
            raise _lacks(grid, header, "timestamp")
        index["timestamp"] = 0  # an index without a name, as pandas writes it
    return _prices(grid, header, index, found)


def _prices(grid: Grid, header: int, index: dict[str, int], found: Mapping[str, list[int]]) -> dict[str, int]:
    """Return the roles with the four prices of bars, or with the one of points."""
    lacking = [role for role in PRICES if role not in index]
    others = {role: i for role, i in index.items() if role not in (*PRICES, "price")}
    if lacking == ["close"] and "price" in found:
        return {**index, "close": _only(grid, header, grid.rows[header], found["price"])}
    if not lacking:
        return {role: i for role, i in index.items() if role != "price"}
    if "price" in index:
        return {**others, "price": index["price"]}
    if lacking == list(PRICES) and "price" in found:
        return {**others, "price": _only(grid, header, grid.rows[header], found["price"])}
    if lacking == ["open", "high", "low"]:
        return {**others, "price": index["close"]}
    raise _lacks(grid, header, lacking[0])


def _only(grid: Grid, header: int, names: Sequence[str], where: list[int], all_alike: bool = False) -> int:
    """Return the first of the columns that a role may have, unless others have its name, or mean just the same."""
    first = where[0]
    if any(all_alike or plain(names[i]) == plain(names[first]) for i in where[1:]):
        raise InputError(
            f"{grid.path}: row {grid.lines[header]}: column {names[first]} appears twice; allowed: {SETTLES}"
        )
    return first


def _lacks(grid: Grid, header: int, role: str) -> InputError:
    seen = ", ".join(name or "(no name)" for name in grid.rows[header])
    seen = seen if len(seen) < 120 else f"{seen[:120]}..."
    return InputError(f"{grid.path}: row {grid.lines[header]}: no column {role} among {seen}; allowed: {SETTLES}")


def _add_clock(grid: Grid, header: int, index: dict[str, int], names: Sequence[str]) -> None:
    """Join a column `date` with a column `time` that holds times of day."""
    by_plain = {plain(name): i for i, name in enumerate(names)}
    day, clock = by_plain.get("date"), by_plain.get("time")
    if day is None or clock is None or "start" in index or index.get("timestamp") != clock:
        return
    below = next((row for row in grid.rows[header + 1 :] if len(row) > clock), None)
    if below is not None and CLOCK.fullmatch(below[clock]):
        index["timestamp"], index["clock"] = day, clock


def asked_for(grid: Grid, header: int | None, role: str, name: str) -> int:
    """Return the column that a user named: as it is written, in other letters, or by its number from 1 on."""
    names = [] if header is None else grid.rows[header]
    width = len(grid.rows[header or 0])
    for same in (
        [i for i, seen in enumerate(names) if seen == name.strip()],
        [i for i, seen in enumerate(names) if plain(seen) and plain(seen) == plain(name)],
    ):
        if len(same) > 1:
            raise InputError(
                f"{grid.path}: row {grid.lines[header or 0]}: column {name} appears twice; allowed: its number"
            )
        if same:
            return same[0]
    if name.strip().isdecimal() and 1 <= int(name) <= width:
        return int(name) - 1
    listed = f"{', '.join(filter(None, names))[:200]}, or " if names else ""
    raise InputError(
        f"--prices-columns {role}={name}: no such column in {grid.path}; allowed: {listed}a number from 1 to {width}"
    )


def without_names(grid: Grid, asked: Mapping[str, str]) -> dict[str, int]:
    """Return the column of each role in a file without a header.

    Known are the dumps of exchanges (twelve columns, the first and the seventh epochs), a time and a price, and a time
    and four prices in the order open, high, low, close, when the rows show that order: the second is always the
    highest, the third the lowest, and bars open where the one before closed rather than the other way round.

    Raises
    ------
    InputError
        the rows show no order. One line that says how to name the columns.
    """
    if asked:
        index = {role: asked_for(grid, None, role, name) for role, name in asked.items()}
        if "timestamp" in index and ("price" in index or set(PRICES) <= index.keys()):
            return index
        raise _nameless(grid)
    row = grid.rows[0]
    width = len(row) if any(row[-1:]) else max(i for i, cell in enumerate(row) if cell) + 1
    epochs = [re.fullmatch(r"\d{10,19}", cell) is not None for cell in row]
    if width == _DUMP and epochs[0] and epochs[6] and len(row[6]) == len(row[0]) and row[6] > row[0]:
        return {"timestamp": 0, "open": 1, "high": 2, "low": 3, "close": 4, "volume": 5}
    if width == 2:
        return {"timestamp": 0, "price": 1}
    clock = width > 2 and CLOCK.fullmatch(row[1]) is not None and ":" in row[1]
    first = 2 if clock else 1
    if width < first + len(PRICES) or not _shows_order(grid, first):
        raise _nameless(grid)
    index = {"timestamp": 0, **({"clock": 1} if clock else {})}
    return index | {role: first + i for i, role in enumerate(PRICES)}


def _nameless(grid: Grid) -> InputError:
    shown = ",".join(grid.rows[0])[:80]
    return InputError(
        f"{grid.path}: row {grid.lines[0]}: no header, and nothing shows which column is what in {shown!r}; "
        "allowed: a first line of names, or --prices-columns timestamp=1,open=2,high=3,low=4,close=5"
    )


def _shows_order(grid: Grid, first: int) -> bool:
    """Return whether four columns are open, high, low and close beyond doubt."""
    rows = [row for row in grid.rows if len(row) >= first + 4 and not missing(row[first : first + 4]).any()]
    try:
        values = np.array([[float(cell) for cell in row[first : first + 4]] for row in rows])
    except ValueError:
        return False
    if len(values) < 2 or not (np.isfinite(values) & (values > 0)).all():
        return False
    slack = 1e-9 * values.max()
    bounded = (values[:, 1] >= values.max(axis=1) - slack) & (values[:, 2] <= values.min(axis=1) + slack)
    times = [" ".join(row[:first]) for row in rows]
    if not bounded.all() or not all(_ORDERED.fullmatch(text) for text in times):
        return False
    if times[0] > times[-1]:
        values = values[::-1]
    opens, closes = np.log(values[:, 0]), np.log(values[:, 3])
    if (opens == closes).all():
        return True
    forth, back = np.abs(opens[1:] - closes[:-1]).sum(), np.abs(closes[1:] - opens[:-1]).sum()
    return bool(forth < 0.5 * back)
