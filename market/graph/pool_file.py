"""Rollups and their pools read from a table of real pools."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from market.config import NUMERAIRE, PoolConfig, RollupConfig
from market.errors import InputError
from market.prices.rows import Table, read_table

BLOCK_TIME_S = {"arbitrum": 0.25}
"""Block times [s] of rollups known by name: 250 ms on Arbitrum."""

OTHER_BLOCK_TIME_S = 2.0
"""Block time [s] of the others: 2 s on the OP Stack (Base, Optimism)."""

PRICE_TOLERANCE = 0.01
"""Largest relative difference between a pool's stated price and the ratio of its reserves."""


def read_pools(path: Path, template: RollupConfig | None = None) -> tuple[RollupConfig, ...]:
    """Read rollups and their pools from a CSV file with the columns rollup, fee_bps, eth_reserve, usd_reserve.

    Each row is a pool of ETH against USD: depth is the USD reserve, price the ratio of the reserves; of a concentrated
    pool these are the virtual reserves of its active tick. A column `price` is checked against that ratio.

    Parameters
    ----------
    path
        the file.
    template
        gives the rollups all but name, block time and pools, such as lending markets and borrowers; without it these
        are the defaults of :class:`~market.config.RollupConfig` (no lending, no borrowers).

    Returns
    -------
    One rollup per distinct name, in order of appearance. Block times are 0.25 s for Arbitrum and 2 s for others.

    Raises
    ------
    InputError
        no such file, a column missing, a malformed row, no rollup name, a reserve that is not positive, a fee outside 0
        to below 10,000 bp, or a stated price more than 1% from the ratio of the reserves. One line.
    """
    table = read_table(Path(path), ("rollup", "fee_bps", "eth_reserve", "usd_reserve"), ("price",))
    names = [name.strip() for name in table.columns["rollup"]]
    table.reject(np.array([not name for name in names]), lambda i: "no rollup named", "a name in the column rollup")
    fee, eth, usd = (table.numbers(column) for column in ("fee_bps", "eth_reserve", "usd_reserve"))
    table.reject((fee < 0) | (fee >= 10_000), lambda i: f"fee_bps {fee[i]:g}", "0 to below 10000")
    for column, values in (("eth_reserve", eth), ("usd_reserve", usd)):
        table.reject(values <= 0, lambda i, c=column, v=values: f"{c} {v[i]:g} is not positive", "reserves above 0")
    _check_stated(table, usd / eth)
    pools: dict[str, list[PoolConfig]] = {}
    for i, name in enumerate(names):
        depth, price = float(usd[i]), float(usd[i] / eth[i])
        pool = PoolConfig(assets=("ETH", NUMERAIRE), depth_usd=depth, fee_bp=float(fee[i]), price_usd=price)
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


def _check_stated(table: Table, price: np.ndarray) -> None:
    if "price" in table.columns:
        stated = table.numbers("price")
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
