"""The graph as a market keeps it: domains on its nodes, flows on its edges, and a view of it for everybody."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

if TYPE_CHECKING:
    from market.domain import Domain


def keep(graph: nx.Graph, domains: Iterable[Domain], assets: int) -> None:
    """Write the domains on the nodes, and make room for flows on the edges.

    A node gets the number of its `domain`, and as `block_time_s` [s] the time between that domain's blocks. An edge
    gets `flows`, shape (2, assets) [units of the asset], row 0 from the end of the lower number to the other.
    """
    for domain in domains:
        for rollup in domain.rollups:
            graph.nodes[rollup].update(domain=domain.index, block_time_s=domain.block_time)
    for _, _, edge in graph.edges(data=True):
        edge["flows"] = np.zeros((2, assets))


def read_only(graph: nx.Graph) -> nx.Graph:
    """Return a view that shows the graph as it is at any time, and through which nothing can be changed.

    Algorithms of networkx work on it as on any graph; `copy()` of it may be changed, and is of no effect here.
    """
    seen = nx.Graph()
    seen.add_nodes_from(graph)
    seen.add_edges_from(graph.edges)
    fixed: dict[Any, MappingProxyType] = {node: MappingProxyType(graph.nodes[node]) for node in graph}
    seen._node = MappingProxyType(fixed)  # type: ignore[assignment]
    rows = {node: {} for node in graph}
    for source, target, edge in graph.edges(data=True):
        flows: np.ndarray = edge["flows"]
        # a window that only says it cannot be written through could be made writable again
        window = np.frombuffer(memoryview(flows.reshape(-1).view(np.uint8)).toreadonly(), flows.dtype)
        window = window.reshape(flows.shape)
        rows[source][target] = rows[target][source] = MappingProxyType(edge | {"flows": window})
    seen._adj = MappingProxyType({node: MappingProxyType(row) for node, row in rows.items()})  # type: ignore[assignment]
    return nx.freeze(seen)
