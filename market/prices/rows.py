"""Reading of tables: every complaint is one line that names the file, the row and the reason.

A file of text is cut into cells by the standard library's CSV reader, a parquet file by pyarrow. What the columns mean
is for others to say.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from market.errors import InputError
from market.prices.files import PARQUET, decode, read_content

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
HEAD = 40
"""Rows from the top in which delimiter and header are looked for."""


@dataclass(frozen=True)
class Grid:
    """Cells of a table as text without blanks around them, and the number of the line that each row stands on.

    The rows have no empty cells at their end beyond the width of the header, once that is known; empty rows are left
    out. A parquet file's names are on line 0.
    """

    path: Path
    rows: list[list[str]]
    lines: list[int]
    delimiter: str
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Columns of text, with the number of the line that each row stands on (the first line is 1)."""

    path: Path
    columns: dict[str, list[str]]
    lines: list[int]
    delimiter: str = ","
    repairs: list[str] = field(default_factory=list)

    def error(self, index: int, reason: str, allowed: str) -> InputError:
        """Return the error that complains of row `index` (counted from 0)."""
        return InputError(f"{self.path}: row {self.lines[index]}: {reason}; allowed: {allowed}")

    def reject(self, bad: np.ndarray, reason: Callable[[int], str], allowed: str) -> None:
        """Raise an InputError for the first row marked `bad`, if there is one."""
        where = np.flatnonzero(bad)
        if where.size:
            index = int(where[0])
            raise self.error(index, reason(index), allowed)

    def take(self, kept: Sequence[int] | np.ndarray) -> Table:
        """Return the table of the rows with these indices."""
        rows = [int(i) for i in kept]
        columns = {name: [texts[i] for i in rows] for name, texts in self.columns.items()}
        return replace(self, columns=columns, lines=[self.lines[i] for i in rows])


def read_grid(path: Path, known: Callable[[list[list[str]]], int], allowed: str) -> Grid:
    """Read a file of text or of parquet, packed or not, into cells.

    Parameters
    ----------
    path
        the file; ``~`` and ``-`` as :func:`market.prices.files.located` has them.
    known
        tells how many names are known among the first rows: the delimiter is the one with which most are.
    allowed
        what the file should have been, for complaints.

    Raises
    ------
    InputError
        no such file, not text, damaged, or quotes that do not end.
    """
    content = read_content(path, allowed)
    repairs = list(content.repairs)
    if content.data.startswith(PARQUET):
        from market.prices.parquet import parquet_rows

        rows = parquet_rows(content.path, content.data)
        return Grid(content.path, rows, list(range(len(rows))), "", (*repairs, "parquet: the first row is row 1"))
    text = decode(content, allowed)
    delimiter = _delimiter(text, known)
    rows, lines, empty = _split(
        content.path, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    )
    if delimiter != ",":
        repairs.append(f"columns are separated by {DELIMITERS[delimiter]}")
    if empty:
        repairs.append(f"{empty} empty rows left out" if empty > 1 else "one empty row left out")
    return Grid(content.path, rows, lines, delimiter, tuple(repairs))


def _delimiter(text: str, known: Callable[[list[list[str]]], int]) -> str:
    """Return the delimiter that finds most known names; failing that, the one that cuts most rows alike."""

    def score(delimiter: str) -> tuple[int, int, int]:
        head = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), HEAD))
        rows = [[cell.strip() for cell in row] for row in head if any(cell.strip() for cell in row)]
        width, alike = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
        return known(rows), alike if width > 1 else 0, width

    try:
        return max(DELIMITERS, key=score)
    except csv.Error:  # the strict reading says what is wrong
        return ","


def _split(path: Path, reader: Reader) -> tuple[list[list[str]], list[int], int]:
    """Return the rows that hold something, their line numbers, and how many rows of delimiters alone there were."""
    rows: list[list[str]] = []
    lines: list[int] = []
    empty = last = 0
    try:
        for row in reader:
            # a quoted cell may have line breaks, which no complaint may have
            broken, last = reader.line_num > last + 1, reader.line_num
            cells = [" ".join(cell.split()) if broken else cell.strip() for cell in row]
            if any(cells):
                rows.append(cells)
                lines.append(reader.line_num)
            else:
                empty += len(cells) > 1
    except csv.Error as error:
        raise InputError(f"{path}: row {reader.line_num}: {error}; allowed: CSV with commas and quotes") from None
    return rows, lines, empty


def cut(grid: Grid, header: int | None, width: int) -> Grid:
    """Return the rows below the header, each of the header's width: empty cells beyond it are none.

    A header that is repeated further down, as where files were joined, is left out and counted.

    Raises
    ------
    InputError
        no rows, or a row with another number of cells.
    """
    first = 0 if header is None else header + 1
    rows, lines = grid.rows[first:], grid.lines[first:]
    repairs = list(grid.repairs)
    if header is not None and grid.rows[header] in rows:
        again = [row == grid.rows[header] for row in rows]
        rows = [row for row, repeated in zip(rows, again, strict=True) if not repeated]
        lines = [line for line, repeated in zip(lines, again, strict=True) if not repeated]
        repairs.append(f"header repeated further down left out ({sum(again)} times)")
    for i, row in enumerate(rows):
        if len(row) > width and not any(row[width:]):
            rows[i] = row[:width]
        elif len(row) != width:
            raise InputError(
                f"{grid.path}: row {lines[i]}: {len(row)} fields; allowed: {width}, as in the "
                + ("first row" if header is None else "header")
            )
    return replace(grid, rows=rows, lines=lines, repairs=tuple(repairs))
