"""The vector of cells: laid out as tables, read and written by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numba import float64, int64, njit, types

from market.kernel.compiled import kernel_of
from market.state.schema import DENSE, SHIFT, Columns, number_of, record, tables

PLACE = (1 << SHIFT) - 1
# places that are read for every intent are unsigned: compiled code would ask of others whether they count from the end
# `layout` begins with the sizes that widths of tables do not tell; behind them start, width and length of each table
ROLLUPS_AT, ASSETS_AT, GROUPS_AT, REASONS_AT, BALANCE_AT, FLOWS_AT, TABLES_AT = range(7)


class State(NamedTuple):
    """What compiled functions work on."""

    cells: Any  # (n,) float64: all tables, end to end
    journal: Any  # (1 + 2 capacity,) float64: number of writes, then (cell, what it held) of each
    layout: Any  # int64: the sizes, then start, width and length of each table


STATE = types.NamedTuple((float64[::1], float64[::1], int64[::1]), State)
"""The compiled type of a state.

Functions that are called with constants state their signature: numba would else compile one form per constant.
"""


class Tables:
    """Views of a state's cells for Python code, under the names of the tables.

    Each is an array of records with a float64 field per column; the columns are described where the table is declared.

    Attributes
    ----------
    balance : (accounts, rollups, assets) array
        what everybody holds [units of the asset]
    flows : (groups, groups, reasons, assets) array
        what was moved from payer to payee, by reason [units of the asset]
    prices : (assets,) array
        reference prices [USD]
    """

    def __init__(self, views: dict[str, np.ndarray]) -> None:
        self._views = views
        self.balance, self.flows = views["balance"], views["flows"]
        self.prices = views["assets"]["price"]

    def __getattr__(self, name: str) -> np.ndarray:
        """Return the rows of a table."""
        try:
            return self.__dict__["_views"][name]
        except KeyError:
            raise AttributeError(
                f"no table {name!r}; there are: {', '.join(self.__dict__.get('_views', ()))}"
            ) from None


@njit(int64(STATE, int64, int64), cache=True)
def cell(state: State, column: int, row: int) -> int:
    """Where in `cells` a number of a table stands."""
    at = TABLES_AT + 3 * (column >> SHIFT)
    return state.layout[at] + row * state.layout[at + 1] + (column & PLACE)


@njit(float64(STATE, int64, int64), cache=True)
def get(state: State, column: int, row: int) -> float:
    """Return a number of a table."""
    at = TABLES_AT + 3 * (column >> SHIFT)
    return state.cells[np.uint64(state.layout[at] + row * state.layout[at + 1] + (column & PLACE))]


@njit(int64(STATE, int64, int64), cache=True)
def index(state: State, column: int, row: int) -> int:
    """Return a whole number (account, asset, rollup, ...) of a table."""
    at = TABLES_AT + 3 * (column >> SHIFT)
    return int(state.cells[np.uint64(state.layout[at] + row * state.layout[at + 1] + (column & PLACE))])


@kernel_of(int64(STATE, int64, int64))
def start_of(state: State, column: int, row: int) -> int:
    """Where in `cells` a row of the table that a column belongs to begins."""
    at = TABLES_AT + 3 * (column >> SHIFT)
    return state.layout[at] + row * state.layout[at + 1]


@kernel_of(int64(int64, int64))
def place(start: int, column: int) -> int:
    """Where in `cells` a number of a row stands that begins at `start`."""
    return start + (column & PLACE)


@kernel_of(float64(STATE, int64, int64))
def number(state: State, start: int, column: int) -> float:
    """Return a number of a row that begins at `start`: for loops that read many numbers of a row."""
    return state.cells[start + (column & PLACE)]


@njit(int64(STATE, int64), cache=True)
def length(state: State, column: int) -> int:
    """Number of rows of the table that a column belongs to."""
    return state.layout[TABLES_AT + 3 * (column >> SHIFT) + 2]


@njit(int64(STATE, int64), cache=True)
def width(state: State, column: int) -> int:
    """Number of cells of a row of the table that a column belongs to."""
    return state.layout[TABLES_AT + 3 * (column >> SHIFT) + 1]


@njit(int64(STATE, int64, int64, int64), cache=True)
def balance_cell(state: State, account: int, rollup: int, asset: int) -> int:
    """Where an account's balance of an asset on a rollup stands."""
    at = account * state.layout[ROLLUPS_AT] + rollup
    return state.layout[BALANCE_AT] + at * state.layout[ASSETS_AT] + asset


@njit(float64(STATE, int64, int64, int64), cache=True)
def balance(state: State, account: int, rollup: int, asset: int) -> float:
    """What an account holds of an asset on a rollup."""
    return state.cells[balance_cell(state, account, rollup, asset)]


@njit(int64(STATE), cache=True)
def assets(state: State) -> int:
    """Return the number of assets."""
    return state.layout[ASSETS_AT]


@njit(int64(STATE), cache=True)
def rollups(state: State) -> int:
    """Return the number of rollups."""
    return state.layout[ROLLUPS_AT]


class Sizes(NamedTuple):
    """How much there is of what is no table."""

    accounts: int
    rollups: int
    assets: int
    groups: int
    reasons: int


def allocate(
    sizes: Sizes,
    rows: Mapping[str, int | tuple[int, ...]],
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    journal: int = 1 << 15,
) -> tuple[State, Tables]:
    """Lay out empty tables.

    Parameters
    ----------
    sizes
        accounts, rollups, assets, groups and reasons of the ledger
    rows
        number of rows, or shape, of each venue's tables by name; those that are not named have none
    shapes
        by table, shape of its column of variable width
    journal
        largest number of writes of one bundle
    """
    declared, shapes = tables(), shapes or {}
    counts = dict(rows) | {"accounts": sizes.accounts, "rollups": sizes.rollups, "assets": sizes.assets}
    dense = {
        "balance": (sizes.accounts, sizes.rollups, sizes.assets),
        "flows": (sizes.groups, sizes.groups, sizes.reasons, sizes.assets),
    }
    layout = np.zeros(TABLES_AT + 3 * (1 + max(map(number_of, declared.values()))), np.int64)
    layout[:BALANCE_AT] = sizes.rollups, sizes.assets, sizes.groups, sizes.reasons
    start, places = 0, []
    for at, name in zip((BALANCE_AT, FLOWS_AT), DENSE, strict=True):
        layout[at] = start
        places.append((name, start, np.dtype(np.float64), dense[name]))
        start += int(np.prod(dense[name]))
    for name, columns in declared.items():
        kind, shape = record(columns, shapes.get(name, ())), _shape(counts.get(name, 0))
        length, cells = int(np.prod(shape)), kind.itemsize // 8
        at = TABLES_AT + 3 * number_of(columns)
        layout[at : at + 3] = start, cells, length
        places.append((name, start, kind, shape))
        start += length * cells
    cells = np.zeros(start)
    views = {name: _view(cells, first, kind, shape) for name, first, kind, shape in places}
    return State(cells, np.zeros(1 + 2 * journal), layout), Tables(views)


def _shape(count: int | tuple[int, ...]) -> tuple[int, ...]:
    return (count,) if isinstance(count, int) else count


def _view(cells: np.ndarray, first: int, kind: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    size = int(np.prod(shape)) * kind.itemsize // 8
    return cells[first : first + size].view(kind).reshape(shape)


def described(columns: type[Columns]) -> list[tuple[str, str, str]]:
    """Return name, meaning and unit of each column of a table."""
    return [(column.name, column.meaning, column.unit) for column in columns]
