"""Rollups and their pools read from a table of real pools."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from market.config import NUMERAIRE, PoolConfig, RollupConfig
from market.errors import InputError
from market.graph.pool_units import FEES, check_fees, check_prices, check_sizes, unit_of_fees
from market.prices.numbers import missing, read_numbers
from market.prices.rows import HEAD, Grid, Table, cut, read_grid

BLOCK_TIME_S = {"arbitrum": 0.25}
"""Block times [s] of rollups known by name: 250 ms on Arbitrum."""

OTHER_BLOCK_TIME_S = 2.0
"""Block time [s] of the others: 2 s on the OP Stack (Base, Optimism)."""

PRICE_TOLERANCE = 0.01
"""Largest relative difference between a pool's stated price and the ratio of its reserves."""

NEEDED = ("rollup", "fee_bps", "eth_reserve", "usd_reserve")
ALLOWED = f"a CSV file with the columns {','.join(NEEDED)}"
_KNOWN = frozenset({*NEEDED, *FEES, "price"})


@dataclass(frozen=True)
class PoolTable:
    """Pools of ETH against USD, a row each, and in plain words what was done to the file so that it could be read.

    `fee_bp` [bp], `eth` [ETH] and `usd` [USD] have shape (pools,), float64.
    """

    table: Table
    names: list[str]
    fee_bp: np.ndarray
    eth: np.ndarray
    usd: np.ndarray

    @property
    def price(self) -> np.ndarray:
        """Ratio of the reserves [USD/ETH], shape (pools,)."""
        return self.usd / self.eth

    @property
    def repairs(self) -> tuple[str, ...]:
        """What was done to the file so that it could be read."""
        return tuple(self.table.repairs)

    def rollups(self, template: RollupConfig | None = None) -> tuple[RollupConfig, ...]:
        """Return one rollup per distinct name, in order of appearance, with its pools.

        `template` gives the rollups all but name, block time and pools, such as lending markets and borrowers; without
        it these are the defaults of :class:`~market.config.RollupConfig` (no lending, no borrowers).
        """
        pools: dict[str, list[PoolConfig]] = {}
        for name, fee, usd, price in zip(self.names, self.fee_bp, self.usd, self.price, strict=True):
            pool = PoolConfig(
                assets=("ETH", NUMERAIRE), depth_usd=float(usd), fee_bp=float(fee), price_usd=float(price)
            )
            pools.setdefault(name, []).append(pool)
        shared = {} if template is None else dict(template)
        return tuple(
            RollupConfig(
                **{
                    **shared,
                    "name": name,
                    "block_time_s": BLOCK_TIME_S.get(name.lower(), OTHER_BLOCK_TIME_S),
                    "pools": tuple(own),
                }
            )
            for name, own in pools.items()
        )


def read_pools(path: Path, template: RollupConfig | None = None) -> tuple[RollupConfig, ...]:
    """Read rollups and their pools from a file, as :func:`read_pool_table` and :meth:`PoolTable.rollups` have it."""
    return read_pool_table(path).rollups(template)


def read_pool_table(path: Path) -> PoolTable:
    """Read pools from a CSV file with the columns rollup, fee_bps, eth_reserve, usd_reserve.

    Each row is a pool of ETH against USD: depth is the USD reserve, price the ratio of the reserves; of a concentrated
    pool these are the virtual reserves of its active tick. A column `price` is checked against that ratio. Fees may
    stand in a column fee_ppm, fee_percent or fee_fraction instead. The file may be packed, have semicolons, decimal
    commas and empty lines, or be parquet, as price files may.

    Raises
    ------
    InputError
        no such file, a column missing, a malformed row, no rollup name, a reserve that is not positive, a fee outside 0
        to below 10,000 bp, a stated price more than 1% from the ratio of the reserves, a price beyond a factor of three
        of the median, reserves that look swapped or like integers of the smallest unit, or fees that look like those of
        another unit. One line that names the row and the unit that is suspected.
    """
    grid = read_grid(
        Path(path), lambda rows: max((len(_KNOWN & _plain(row).keys()) for row in rows), default=0), ALLOWED
    )
    table = _named(grid)
    names = table.columns["rollup"]
    table.reject(np.array([not name for name in names]), lambda i: "no rollup named", "a name in the column rollup")
    numeric = [name for name in table.columns if name != "rollup"]
    for name in numeric:
        texts = table.columns[name]
        table.reject(missing(texts), lambda i, n=name, t=texts: f"{n} {t[i]!r} is not a number", "a finite number")
    values = read_numbers(table, numeric)
    fee_bp = _fees(table, values)
    eth, usd = values["eth_reserve"], values["usd_reserve"]
    for column, numbers in (("eth_reserve", eth), ("usd_reserve", usd)):
        table.reject(numbers <= 0, lambda i, c=column, v=numbers: f"{c} {v[i]:g} is not positive", "reserves above 0")
    if "price" in values:
        _check_stated(table, values["price"], usd / eth)
    check_prices(table, eth, usd)
    check_sizes(table, eth, usd)
    return PoolTable(table, names, fee_bp, eth, usd)


def _plain(row: list[str]) -> dict[str, int]:
    """Return the place of each name of a row, in small letters with underscores."""
    return {re.sub(r"[\s-]+", "_", cell.strip().lower()): i for i, cell in enumerate(row)}


def _named(grid: Grid) -> Table:
    """Return the columns that are known, below the row that names most of them."""
    head = grid.rows[:HEAD]
    header = max(range(len(head)), key=lambda i: len(_KNOWN & _plain(head[i]).keys()), default=0)
    if not head:
        raise InputError(f"{grid.path}: no rows; allowed: {ALLOWED}")
    names = grid.rows[header]
    while names and not names[-1]:
        names = names[:-1]
    grid.rows[header] = names
    index = {name: i for name, i in _plain(names).items() if name in _KNOWN}
    where = f"{grid.path}: row {grid.lines[header]}"
    fees = [name for name in FEES if name in index]
    _check_concentrated(names, index, where)
    for name in index:
        if list(map(str.lower, names)).count(name) > 1:
            raise InputError(f"{where}: column {name} appears twice; allowed: {ALLOWED}")
    for name in NEEDED:
        if name not in index and not (name == "fee_bps" and fees):
            raise InputError(f"{where}: no column {name}; allowed: {ALLOWED}")
    if len(fees) > 1:
        raise InputError(f"{where}: fees in the columns {' and '.join(fees)}; allowed: one of them")
    body = cut(grid, header, len(names))
    if not body.rows:
        raise InputError(f"{grid.path}: no rows below the header; allowed: {ALLOWED}")
    columns = {name: [row[i] for row in body.rows] for name, i in index.items()}
    repairs = [*body.repairs, *([f"lines above row {grid.lines[header]} left out"] if header else [])]
    return Table(grid.path, columns, body.lines, grid.delimiter, repairs)


def _check_concentrated(names: list[str], index: Mapping[str, int], where: str) -> None:
    plain = {re.sub(r"[^a-z0-9]", "", name.lower()) for name in names}
    if (
        plain & {"sqrtprice", "sqrtpricex96", "ticklower", "tick"}
        and not {"eth_reserve", "usd_reserve"} <= index.keys()
    ):
        missing_ones = ", ".join(name for name in NEEDED if name not in index)
        raise InputError(
            f"{where}: concentrated liquidity by its square-root price, but pools here hold liquidity over the whole "
            f"range; missing: {missing_ones}; allowed: rollup, fee_ppm, and as eth_reserve and usd_reserve the virtual "
            "reserves of the active tick in ETH and USD, L / sqrt(P) and L * sqrt(P)"
        )


def _fees(table: Table, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return fees in bp, whatever unit the name of their column says that they are in."""
    column = next(name for name in FEES if name in values)
    stated = values[column]
    unit = FEES[column] or unit_of_fees(table, column, stated)
    fee_bp = stated * unit
    shown = "0 to below 10000" if unit == 1.0 else f"0 to below {10_000 / unit:g}"
    table.reject((fee_bp < 0) | (fee_bp >= 10_000), lambda i: f"{column} {stated[i]:g}", shown)
    check_fees(table, column, stated, unit)
    if column not in ("fee_bps", "fee_bp"):
        table.repairs.append(f"fees read from {column}")
    return np.round(fee_bp, 9)


def _check_stated(table: Table, stated: np.ndarray, price: np.ndarray) -> None:
    table.reject(
        ~(np.abs(stated / price - 1.0) <= PRICE_TOLERANCE),
        lambda i: f"price {stated[i]:g} against usd_reserve / eth_reserve of {price[i]:g}",
        f"a difference of at most {PRICE_TOLERANCE:.0%}",
    )


def reference_level(rollups: tuple[RollupConfig, ...]) -> float:
    """Return the mean price of all pools, weighted by depth [USD].

    As an asset's `price_usd` it puts a replayed price at the level of the pools, so that a run starts without arbitrage
    on the whole.

    Raises
    ------
    InputError
        no pool, a pool without `price_usd`, or pools of different pairs of assets.
    """
    pools = [pool for rollup in rollups for pool in rollup.pools]
    pairs = sorted({pool.assets for pool in pools})
    if len(pairs) != 1:
        raise InputError(f"rollups: pools of {len(pairs)} pairs of assets have no common price; allowed: one pair")
    total = weighted = 0.0
    for rollup in rollups:
        for pool in rollup.pools:
            if pool.price_usd is None:
                raise InputError(f"rollups.{rollup.name}: a pool without price_usd; allowed: pools with a price")
            total += pool.depth_usd
            weighted += pool.depth_usd * pool.price_usd
    return weighted / total
