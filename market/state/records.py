"""Read-only views of tables under the names of their columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np


def read_only(array: np.ndarray) -> np.ndarray:
    """Return a window on an array that cannot be written through, nor made writable again."""
    window = np.frombuffer(memoryview(array.reshape(-1).view(np.uint8)).toreadonly(), array.dtype)
    return window.reshape(array.shape)


class Records(np.ndarray):
    """Rows of a table that can be looked at and not written.

    A column is an attribute (`seen.pools.fee`) and an item (`seen.pools["fee"]`), a row has the columns as attributes
    (`seen.pools[2].fee`). Where speed matters, take the column first: `seen.pools["fee"][2]` costs a fifteenth.
    A subclass names its columns, each with its meaning and unit, and adds what follows from them as properties.
    """

    described: tuple[tuple[str, str, str], ...] = ()
    """Name, meaning and unit of each column."""

    def __init_subclass__(cls, columns: Iterable[tuple[str, str, str]] = ()) -> None:
        """Give every column an attribute with a docstring."""
        super().__init_subclass__()
        cls.described = tuple(columns)
        for name, meaning, unit in cls.described:
            setattr(cls, name, _column(name, f"{meaning[0].upper()}{meaning[1:]} [{unit}]."))

    @classmethod
    def of(cls, rows: np.ndarray) -> Self:
        """Return a window on rows; it shows what they hold at any later time, too."""
        window = read_only(rows)
        return window.view(np.dtype((np.record, window.dtype)), cls)

    def __getattr__(self, name: str) -> Any:
        """Say which columns there are where one is asked for that is not there."""
        if name.startswith("__"):  # protocols that it does not take part in; numba asks at every call
            raise AttributeError(name)
        there = ", ".join(column for column, _, _ in type(self).described)
        raise AttributeError(f"{type(self).__name__} has no column {name!r}; there are: {there}")


def _column(name: str, meaning: str) -> property:
    def column(rows: Records) -> np.ndarray:
        return rows[name].view(np.ndarray)

    return property(column, doc=meaning)


def as_dicts(rows: np.ndarray) -> list[dict[str, Any]]:
    """Copy each row as plain numbers by column: cheaper where a loop over few rows reads many columns."""
    names = rows.dtype.names or ()
    return [dict(zip(names, row, strict=True)) for row in rows.tolist()]
