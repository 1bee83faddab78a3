"""Strict reading of CSV files: every complaint is one line that names the file, the row and the reason."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from market.errors import InputError

if TYPE_CHECKING:
    from _csv import Reader


@dataclass(frozen=True)
class Table:
    """Columns of text, with the number of the line that each row stands on (the header is line 1)."""

    path: Path
    columns: dict[str, list[str]]
    lines: list[int]

    def error(self, index: int, reason: str, allowed: str) -> InputError:
        """Return the error that complains of row `index` (counted from 0)."""
        return InputError(f"{self.path}: row {self.lines[index]}: {reason}; allowed: {allowed}")

    def numbers(self, column: str) -> np.ndarray:
        """Return a column as finite numbers, float64.

        Raises
        ------
        InputError
            an entry is not a finite number.
        """
        texts = self.columns[column]
        found = np.empty(len(texts))
        for i, text in enumerate(texts):
            try:
                # float() takes 1_000 for a number; a file that says so is damaged.
                found[i] = float(text) if "_" not in text else np.nan
            except ValueError:
                found[i] = np.nan
        self.reject(~np.isfinite(found), lambda i: f"{column} {texts[i][:40]!r} is not a number", "a finite number")
        return found

    def reject(self, bad: np.ndarray, reason: Callable[[int], str], allowed: str) -> None:
        """Raise an InputError for the first row marked `bad`, if there is one."""
        where = np.flatnonzero(bad)
        if where.size:
            index = int(where[0])
            raise self.error(index, reason(index), allowed)


def read_table(path: Path, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> Table:
    """Read a UTF-8 CSV file with a header. Other columns are skipped, and so are blank lines.

    Raises
    ------
    InputError
        no such file, not text, no header, a column missing or named twice, no rows, or a row with another number of
        fields than the header.
    """
    allowed = f"a CSV file with the columns {','.join(needed)}"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, rows, lines = _split(path, csv.reader(file, strict=True))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; allowed: {allowed}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); allowed: {allowed}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8 text; allowed: {allowed}") from None
    wanted = _positions(path, header, needed, optional, allowed)
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(header):
            raise InputError(f"{path}: row {line}: {len(row)} fields; allowed: {len(header)}, as in the header")
    if not rows:
        raise InputError(f"{path}: no rows below the header; allowed: {allowed}")
    return Table(path, {name: [row[i] for row in rows] for name, i in wanted.items()}, lines)


def _split(path: Path, reader: Reader) -> tuple[list[str], list[list[str]], list[int]]:
    """Return the names in the header, the rows and their line numbers."""
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        for row in reader:
            if row:
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(f"{path}: row {reader.line_num}: {error}; allowed: CSV with commas and quotes") from None
    return header, rows, lines


def _positions(
    path: Path, header: list[str], needed: tuple[str, ...], optional: tuple[str, ...], allowed: str
) -> dict[str, int]:
    for name in (*needed, *optional):
        if header.count(name) > 1:
            raise InputError(f"{path}: row 1: column {name} appears twice; allowed: {allowed}")
        if name in needed and name not in header:
            raise InputError(f"{path}: row 1: no column {name}; allowed: {allowed}")
    return {name: header.index(name) for name in (*needed, *optional) if name in header}
