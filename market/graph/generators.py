"""Generators of the graph of rollups: bridges laid by a rule or from a list."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np

from market.config import BridgeConfig, MarketConfig, RollupConfig
from market.errors import InputError
from market.venues import VENUES

TRIES = 100
"""Small worlds drawn in search of a connected one."""


def build_graph(config: MarketConfig, rng: np.random.Generator | None = None) -> nx.Graph:
    """Lay the bridges between the rollups.

    Parameters
    ----------
    config
        `graph` and `rollups` are used. `graph.bridges` matters to kind `list` alone.
    rng
        draws the rewired bridges of kind `small_world`; the other kinds do not use it.

    Returns
    -------
    A graph whose nodes are the indices 0 to n - 1 of the rollups, with the attributes `name`, `block_time_s` [s],
    `venues` (by venue, the configurations of its markets: `venues["pools"]`), `depth_usd` (value of one side of all
    its pools [USD]) and `domain` (None, until a market forms its domains). Its edges are bridges, usable in both
    directions, with `delay_s` [s], `fee_bp` [bp] and `capacity_usd` (funds at either end, per asset [USD]).

    complete: a bridge between any two. star: all to the deepest rollup (the first, if several are). ring: each to
    the next. small_world: a ring on which each has `neighbours` neighbours, each bridge then rewired with
    probability `rewire`, redrawn until connected (Watts and Strogatz 1998). list: those of `graph.bridges`.

    Raises
    ------
    InputError
        a bridge of the list ends at an unknown rollup or where it begins, or is listed twice; a small world whose
        `neighbours` are odd or too many, or that stays disconnected.
    ValueError
        a small world without `rng`.
    """
    graph = nx.Graph()
    for i, rollup in enumerate(config.rollups):
        graph.add_node(
            i,
            name=rollup.name,
            block_time_s=rollup.block_time_s,
            venues={venue: getattr(rollup, venue) for venue in VENUES if hasattr(rollup, venue)},
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
