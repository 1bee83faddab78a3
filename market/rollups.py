"""The graph of rollups: bridges laid by a generator or from a list, and rollups read from a table of real pools."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import networkx as nx
import numpy as np

from market.config import NUMERAIRE, BridgeConfig, MarketConfig, PoolConfig, RollupConfig
from market.errors import InputError
from market.prices.rows import Table, read_table

BLOCK_TIME_S = {"arbitrum": 0.25}
"""Block times [s] of rollups known by name: 250 ms on Arbitrum."""

OTHER_BLOCK_TIME_S = 2.0
"""Block time [s] of the others: 2 s on the OP Stack (Base, Optimism)."""

PRICE_TOLERANCE = 0.01
"""Largest relative difference between a pool's stated price and the ratio of its reserves."""

TRIES = 100
"""Small worlds drawn in search of a connected one."""


def build_graph(config: MarketConfig, rng: np.random.Generator | None = None) -> nx.Graph:
    """Lay the bridges between the rollups.

    Args:
        config: `graph` and `rollups` are used. `graph.bridges` matters to kind `list` alone.
        rng: draws the rewired bridges of kind `small_world`; the other kinds do not use it.

    Returns:
        A graph whose nodes are the indices 0 to n - 1 of the rollups, with the attributes `name`, `block_time_s` [s],
        `pools` and `lending` (their configurations), `depth_usd` (value of one side of all its pools [USD]) and
        `domain` (None, until the domains are formed). Its edges are bridges, usable in both directions, with
        `delay_s` [s], `fee_bp` [bp] and `capacity_usd` (funds at either end, per asset [USD]).

        complete: a bridge between any two. star: all to the deepest rollup (the first, if several are). ring: each to
        the next. small_world: a ring on which each has `neighbours` neighbours, each bridge then rewired with
        probability `rewire`, redrawn until connected (Watts and Strogatz 1998). list: those of `graph.bridges`.

    Raises:
        InputError: a bridge of the list ends at an unknown rollup or where it begins, or is listed twice; a small world
            whose `neighbours` are odd or too many, or that stays disconnected.
        ValueError: a small world without `rng`.
    """
    graph = nx.Graph()
    for i, rollup in enumerate(config.rollups):
        graph.add_node(
            i,
            name=rollup.name,
            block_time_s=rollup.block_time_s,
            pools=rollup.pools,
            lending=rollup.lending,
            depth_usd=_depth(rollup),
            domain=None,
        )
    laid = config.graph
    if laid.kind == "list":
        _lay_list(graph, config)
        return graph
    graph.add_edges_from(_pairs(config, rng), delay_s=laid.delay_s, fee_bp=laid.fee_bp, capacity_usd=laid.capacity_usd)
    return graph


def _depth(rollup: RollupConfig) -> float:
    return sum(pool.depth_usd for pool in rollup.pools)


def _pairs(config: MarketConfig, rng: np.random.Generator | None) -> list[tuple[int, int]]:
    n, kind = len(config.rollups), config.graph.kind
    if kind == "complete":
        return list(combinations(range(n), 2))
    if kind == "star":
        depths = [_depth(rollup) for rollup in config.rollups]
        centre = depths.index(max(depths))
        return [(centre, i) for i in range(n) if i != centre]
    if kind == "ring":
        return [(i, (i + 1) % n) for i in range(n if n > 2 else n - 1)]
    return _small_world(config, rng)


def _small_world(config: MarketConfig, rng: np.random.Generator | None) -> list[tuple[int, int]]:
    n, neighbours = len(config.rollups), config.graph.neighbours
    if rng is None:
        raise ValueError("a small world needs a generator of random numbers")
    if neighbours % 2 or neighbours > n:
        raise InputError(
            f"graph.neighbours: {neighbours} with {n} rollups; allowed: an even number of at most the number of rollups"
        )
    try:
        world = nx.connected_watts_strogatz_graph(n, neighbours, config.graph.rewire, tries=TRIES, seed=rng)
    except nx.NetworkXError:
        raise InputError(
            f"graph: no connected small world in {TRIES} draws with neighbours {neighbours} and rewire "
            f"{config.graph.rewire:g}; allowed: more neighbours or less rewiring"
        ) from None
    return sorted((min(edge), max(edge)) for edge in world.edges)


def _lay_list(graph: nx.Graph, config: MarketConfig) -> None:
    index = {rollup.name: i for i, rollup in enumerate(config.rollups)}
    for i, bridge in enumerate(config.graph.bridges):
        source, target = (_end(bridge, i, field, index) for field in ("source", "target"))
        if source == target:
            raise InputError(
                f"graph.bridges[{i}]: from {bridge.source!r} to itself; allowed: bridges between two rollups"
            )
        if graph.has_edge(source, target):
            raise InputError(
                f"graph.bridges[{i}]: a second bridge between {bridge.source!r} and {bridge.target!r}; "
                "allowed: one for both directions"
            )
        graph.add_edge(source, target, delay_s=bridge.delay_s, fee_bp=bridge.fee_bp, capacity_usd=bridge.capacity_usd)


def _end(bridge: BridgeConfig, i: int, field: str, index: dict[str, int]) -> int:
    name = getattr(bridge, field)
    if name not in index:
        raise InputError(f"graph.bridges[{i}].{field}: unknown rollup {name!r}; allowed: {', '.join(index)}")
    return index[name]


def read_pools(path: Path, template: RollupConfig | None = None) -> tuple[RollupConfig, ...]:
    """Read rollups and their pools from a CSV file with the columns rollup, fee_bps, eth_reserve, usd_reserve.

    Each row is a pool of ETH against USD: depth is the USD reserve, price the ratio of the reserves; of a concentrated
    pool these are the virtual reserves of its active tick. A column `price` is checked against that ratio.

    Args:
        path: the file.
        template: gives the rollups all but name, block time and pools, such as lending markets and borrowers; without
            it these are the defaults of :class:`~market.config.RollupConfig` (no lending, no borrowers).

    Returns:
        One rollup per distinct name, in order of appearance. Block times are 0.25 s for Arbitrum and 2 s for others.

    Raises:
        InputError: no such file, a column missing, a malformed row, no rollup name, a reserve that is not positive, a
            fee outside 0 to below 10,000 bp, or a stated price more than 1% from the ratio of the reserves. One line.
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

    Raises:
        InputError: no pool, a pool without `price_usd`, or pools of different pairs of assets.
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
