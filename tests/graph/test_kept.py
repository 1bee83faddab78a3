"""The graph that a market keeps, and what strategies see of it."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from worlds import config, opened, rollup

from agents.population import Population
from market.config import BridgeConfig, FlowConfig, GraphConfig, MarketConfig
from market.domain import Slot
from market.intents.rows import Purpose, Status, blank
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.state.ledger import Why
from market.venues import Kind

NAMES = ("a", "b", "c", "d")
LINE = (("a", "b", 10.0), ("b", "c", 20.0), ("c", "d", 5.0), ("a", "d", 100.0))


def ring(regime: str = "siloed") -> MarketConfig:
    bridges = tuple(
        BridgeConfig(source=source, target=target, delay_s=delay, fee_bp=10.0) for source, target, delay in LINE
    )
    places = tuple(rollup(name, block_time_s=0.5 * (at + 1)) for at, name in enumerate(NAMES))
    return config(
        *places, regime=regime, graph=GraphConfig(kind="list", bridges=bridges), flow=FlowConfig(per_second=1.0),
        horizon_s=20.0,
    )  # fmt: skip


def test_paths_neighbours_and_centralities_are_asked_of_networkx() -> None:
    graph = opened(ring()).public.graph
    assert nx.shortest_path(graph, 0, 3, weight="delay_s") == [0, 1, 2, 3]
    assert nx.shortest_path_length(graph, 0, 3, weight="delay_s") == 35.0
    assert sorted(graph.neighbors(0)) == [1, 3]
    central = nx.betweenness_centrality(graph, weight="delay_s")
    assert central[1] == central[2] > central[0] == central[3] == 0.0


@pytest.mark.parametrize("regime", ["siloed", "centralized_shared"])
def test_domains_on_the_nodes_are_the_partition(regime: str) -> None:
    market = opened(ring(regime))
    for domain in market.domains:
        of = [rollup for rollup in market.graph if market.graph.nodes[rollup]["domain"] == domain.index]
        assert tuple(of) == domain.rollups
        assert all(market.graph.nodes[rollup]["block_time_s"] == domain.block_time for rollup in of)
    assert [market.graph.nodes[rollup]["name"] for rollup in market.graph] == list(NAMES)
    assert market.graph.nodes[0]["venues"]["pools"] == market.config.rollups[0].pools


class Sender(Recorder):
    """Puts money on bridges, back and forth."""

    def on_start(self, market: SequencerMarket) -> None:
        self.market, self.sent = market, 0

    def on_second(self, market: SequencerMarket) -> None:
        table = market.world.tables.bridges
        rows = blank(len(table))
        bridge = np.arange(len(table))
        ends = np.stack([table["source"], table["target"]]).astype(np.int64)
        rows["kind"], rows["purpose"], rows["sender"] = int(Kind.BRIDGE), int(Purpose.SYSTEM), self.payer()
        rows["venue"], rows["rollup"] = bridge, ends[(bridge + self.sent) % 2, bridge]
        rows["asset_in"], rows["amount"] = self.sent % 2, 0.001 * (1.0 + bridge)
        rows["sent"] = rows["arrival"] = market.time
        market.mempool.submit(rows)
        self.sent += 1

    def payer(self) -> int:
        return self.market.world.account_of["retail"]

    def on_block(self, slot: Slot) -> None:
        asked = slot.rows[slot.rows["kind"] == Kind.BRIDGE]
        assert (asked["status"] == Status.FILLED).all()


def test_flows_on_edges_are_the_ledgers() -> None:
    settings, sender = ring(), Sender()
    market = SequencerMarket(settings, 1, Population(settings), [sender])
    market.run()
    flows = {edge[:2]: edge[2]["flows"] for edge in market.graph.edges(data=True)}
    assert all((moved > 0.0).any() for moved in flows.values())
    bridges = market.world.groups.index("bridges")
    given = market.world.tables.flows[:, bridges, Why.BRIDGE].sum(axis=0)
    assert sum(moved.sum(axis=0) for moved in flows.values()) == pytest.approx(given, rel=1e-12)
    assert market.public.graph.edges[0, 1]["flows"].tolist() == flows[0, 1].tolist()


def test_the_flow_on_the_only_edge_is_the_ledgers_to_the_last_bit() -> None:
    settings = config(flow=FlowConfig(per_second=0.0), horizon_s=20.0)
    market = SequencerMarket(settings, 1, Population(settings), [Sender()])
    market.run()
    given = market.world.tables.flows[:, market.world.groups.index("bridges"), Why.BRIDGE].sum(axis=0)
    forth, back = market.graph.edges[0, 1]["flows"]
    assert (forth + back).tolist() == given.tolist()
    assert forth[0] > 0.0
    assert back[1] > 0.0


def test_nothing_can_be_changed_through_the_view() -> None:
    market = opened(ring())
    seen = market.public.graph
    with pytest.raises(nx.NetworkXError, match="Frozen"):
        seen.add_edge(0, 2)
    with pytest.raises(TypeError):
        seen.nodes[0]["name"] = "mine"
    with pytest.raises(TypeError):
        seen.edges[0, 1]["fee_bp"] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        seen.edges[0, 1]["flows"][0, 0] = 1.0
    with pytest.raises(ValueError, match="cannot set WRITEABLE"):
        seen.edges[0, 1]["flows"].flags.writeable = True
    copied = seen.copy()
    copied.nodes[0]["name"] = "mine"
    assert market.graph.nodes[0]["name"] == "a"
