"""How a table's columns are declared: once, by name, with their meaning and unit.

A table is an enumeration whose members are its columns::

    @table("pools")
    class Pool(Columns):
        '''A constant-product pool.'''

        rollup = "rollup on which it stands", "rollup"
        asset = "the two assets that it exchanges", "asset", 2
        fee = "fee on the input", "1"

The value of a member says of which table it is a column, and of which place in a row, so that compiled code needs no
more than the column and the row: ``get(state, Pool.fee, pool)``. A column may be several cells wide: the assets of a
pool are ``Pool.asset`` and ``Pool.asset + 1``. The last one may be as wide as the market says (`VARIABLE`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from enum import IntEnum
from typing import Self

import numpy as np

SHIFT = 20
"""A column's value is its table's number, shifted by so many bits, plus its place in the row."""
VARIABLE = 0
"""Width of a column that depends on the market: its shape is given to :func:`market.state.store.allocate`."""
NUMBERS = 1 << 14
"""How many numbers there are for tables."""
DENSE = ("balance", "flows")
"""Arrays of plain numbers that lie before all tables."""

_declared: dict[str, type[Columns]] = {}
_numbers: dict[tuple[str, str], int] = {}


class Columns(IntEnum):
    """Base of every table: each member is a column, declared as meaning, unit and, if it is not 1, width."""

    meaning: str
    unit: str
    width: int

    def __new__(cls, meaning: str, unit: str, width: int = 1) -> Self:
        """Place the column behind those declared before it."""
        if any(not column.width for column in cls):
            raise TypeError(f"{cls.__name__}: nothing may stand behind a column of variable width")
        number = _numbers.setdefault((cls.__module__, cls.__qualname__), _number(cls.__module__, cls.__qualname__))
        place = sum(column.width for column in cls)
        self = int.__new__(cls, (number << SHIFT) + place)
        self._value_ = (number << SHIFT) + place
        self.meaning, self.unit, self.width = meaning, unit, width
        return self


def _number(module: str, name: str) -> int:
    """Return the number of a table: its name's own, whatever other tables there are.

    Compiled functions that are kept contain these numbers, and know nothing of tables that they do not use.
    """
    number = zlib.crc32(f"{module}.{name}".encode()) % NUMBERS
    for known, other in _numbers.items():
        if other == number and known != (module, name):
            raise TypeError(f"{module}.{name} has the number of {'.'.join(known)}: one of them needs another name")
    return number


def table[T: type[Columns]](name: str) -> Callable[[T], T]:
    """Register a table under the name by which Python code finds its rows; raises TypeError for names that mislead."""

    def register(columns: T) -> T:
        known = _declared.get(name)
        if known is not None and (known.__module__, known.__qualname__) != (columns.__module__, columns.__qualname__):
            raise TypeError(f"table {name!r} is declared twice: by {known.__module__} and {columns.__module__}")
        for column in columns:
            if hasattr(np.ndarray, column.name):
                raise TypeError(f"{columns.__name__}.{column.name}: an array has an attribute of that name")
        _declared[name] = columns
        return columns

    return register


def tables() -> dict[str, type[Columns]]:
    """Return the tables declared so far by name, in the order of their numbers."""
    return dict(sorted(_declared.items(), key=lambda item: number_of(item[1])))


def number_of(columns: type[Columns]) -> int:
    """Return the number of a table."""
    return next(iter(columns)) >> SHIFT


def record(columns: type[Columns], shape: tuple[int, ...] = ()) -> np.dtype:
    """Return the type of a row: a float64 field per column; `shape` is that of the column of variable width."""
    fields = [
        (column.name, np.float64, shape if not column.width else (column.width,) if column.width > 1 else ())
        for column in columns
    ]
    return np.dtype(fields)
