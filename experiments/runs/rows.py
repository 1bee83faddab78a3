"""Rows of runs in little memory: a table of a hundred thousand runs is to take what its numbers do.

As dictionaries, rows take seven times as much as their numbers. They are packed here, each into the bytes of its
numbers, whatever else it holds, and the names of both, which rows of the same study share.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, overload

type Row = dict[str, Any]
type Column = list[Any] | array[float]
type Layout = tuple[tuple[str, bool], ...]  # names, and whether a number with a point is stored under each


class Packed(NamedTuple):
    """A row."""

    layout: Layout
    numbers: bytes
    others: tuple[Any, ...]


class Packing:
    """Packs rows whose names, and texts other than names of runs, are often the same."""

    def __init__(self) -> None:
        self._layouts: dict[Layout, Layout] = {}
        self._texts: dict[str, str] = {}

    def __call__(self, row: Mapping[str, Any]) -> Packed:
        """Pack a row."""
        layout = tuple((key, type(value) is float) for key, value in row.items())
        layout = self._layouts.setdefault(layout, layout)
        numbers = array("d", [value for value in row.values() if type(value) is float])
        others = tuple(self._shared(key, value) for key, value in row.items() if type(value) is not float)
        return Packed(layout, numbers.tobytes(), others)

    def _shared(self, key: str, value: Any) -> Any:
        return self._texts.setdefault(value, value) if type(value) is str and key != "run_id" else value


class Rows(Sequence[Row]):
    """Rows that were packed; each is a dictionary of its own, made whenever it is asked for.

    Parameters
    ----------
    packed
        rows in their order
    """

    def __init__(self, packed: Iterable[Packed] = ()) -> None:
        self._packed = list(packed)

    @overload
    def __getitem__(self, at: int) -> Row: ...

    @overload
    def __getitem__(self, at: slice) -> Rows: ...

    def __getitem__(self, at: int | slice) -> Row | Rows:
        """Return one row, or some of them."""
        return Rows(self._packed[at]) if isinstance(at, slice) else _row(self._packed[at])

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._packed)

    def __iter__(self) -> Iterator[Row]:
        """Go through the rows."""
        return map(_row, self._packed)

    def __eq__(self, other: object) -> bool:
        """Whether these are the same rows as others, packed or not."""
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


def _row(packed: Packed) -> Row:
    numbers, others = iter(array("d", packed.numbers)), iter(packed.others)
    return {key: next(numbers if number else others) for key, number in packed.layout}


def columns(rows: Iterable[Row], first: Iterable[str], left_out: Callable[[str], bool]) -> dict[str, Column]:
    """Return the values of each name over all rows: an array where each row has a number with a point, else a list.

    Where a row has no such name, its value is None.

    Parameters
    ----------
    rows
        any rows
    first
        names that come first; others follow as they appear
    left_out
        whether a name gets no column
    """
    found: dict[str, Column] = {key: [] for key in first}
    count = 0
    for row in rows:
        for key, value in row.items():
            column = found.get(key)
            if column is None:
                if left_out(key):
                    continue
                column = found[key] = array("d") if count == 0 else []
            if len(column) < count or (isinstance(column, array) and type(value) is not float):
                column = found[key] = _to(column, count)
            column.append(value)
        count += 1
    return {key: column if len(column) == count else _to(column, count) for key, column in found.items()}


def _to(column: Column, count: int) -> list[Any]:
    """A column of that length as a list."""
    return [*column, *[None] * (count - len(column))]
