"""The graph of rollups, and rollups read from a table of pools."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.config import (
    BridgeConfig,
    GraphConfig,
    LendingConfig,
    MarketConfig,
    PoolConfig,
    RegimeConfig,
    RollupConfig,
)
from market.errors import InputError
from market.graph import generators
from market.graph.generators import build_graph
from market.graph.pool_file import read_pools, reference_level


def market(graph: GraphConfig, depths: tuple[float, ...] = (5e6, 50e6, 2e6, 1e6, 10e6, 20e6)) -> MarketConfig:
    floor = tuple(
        RollupConfig(name=f"r{i}", block_time_s=0.25 * (i + 1), pools=(PoolConfig(depth_usd=depth),))
        for i, depth in enumerate(depths)
    )
    return MarketConfig(rollups=floor, graph=graph, regime=RegimeConfig(name="test"))


def edges(graph: nx.Graph) -> set[tuple[int, int]]:
    return {(min(edge), max(edge)) for edge in graph.edges}


def test_nodes_carry_what_the_market_needs() -> None:
    config = market(GraphConfig())
    graph = build_graph(config)
    assert list(graph.nodes) == list(range(6))
    assert graph.nodes[1] == {
        "name": "r1",
        "block_time_s": 0.5,
        "venues": {"pools": config.rollups[1].pools, "lending": (), "perpetuals": (), "options": ()},
        "depth_usd": 50e6,
        "domain": None,
    }


def test_complete_star_and_ring() -> None:
    laid = {
        kind: build_graph(market(GraphConfig(kind=kind, delay_s=7.0, fee_bp=3.0, capacity_usd=9.0)))
        for kind in ("complete", "star", "ring")
    }
    assert len(edges(laid["complete"])) == 15
    assert edges(laid["star"]) == {(0, 1), (1, 2), (1, 3), (1, 4), (1, 5)}
    assert edges(laid["ring"]) == {(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 5)}
    for graph in laid.values():
        assert all(
            bridge == {"delay_s": 7.0, "fee_bp": 3.0, "capacity_usd": 9.0} for _, _, bridge in graph.edges(data=True)
        )


@pytest.mark.parametrize("kind", ["complete", "star", "ring"])
@pytest.mark.parametrize(("n", "bridges"), [(1, 0), (2, 1), (3, None)])
def test_few_rollups(kind: str, n: int, bridges: int | None) -> None:
    graph = build_graph(market(GraphConfig(kind=kind), (1e6,) * n))
    assert nx.number_of_selfloops(graph) == 0
    assert nx.is_connected(graph)
    if bridges is not None:
        assert graph.number_of_edges() == bridges


@given(
    n=st.integers(5, 40),
    neighbours=st.sampled_from([2, 4]),
    rewire=st.just(0.0) | st.floats(1e-9, 0.3),
    seed=st.integers(0, 99),
)
def test_small_world(n: int, neighbours: int, rewire: float, seed: int) -> None:
    config = market(GraphConfig(kind="small_world", neighbours=neighbours, rewire=rewire), (1e6,) * n)
    graph = build_graph(config, np.random.default_rng(seed))
    assert nx.is_connected(graph)
    assert graph.number_of_edges() == n * neighbours // 2
    again = build_graph(config, np.random.default_rng(seed))
    assert list(again.edges(data=True)) == list(graph.edges(data=True))


def test_small_world_depends_on_its_generator() -> None:
    config = market(GraphConfig(kind="small_world", neighbours=4, rewire=0.5), (1e6,) * 20)
    assert edges(build_graph(config, np.random.default_rng(1))) != edges(build_graph(config, np.random.default_rng(2)))
    with pytest.raises(ValueError, match="generator"):
        build_graph(config)


@pytest.mark.parametrize(("n", "neighbours"), [(6, 3), (3, 4), (1, 2)])
def test_small_world_refuses_neighbours_that_cannot_be(n: int, neighbours: int) -> None:
    config = market(GraphConfig(kind="small_world", neighbours=neighbours), (1e6,) * n)
    with pytest.raises(
        InputError, match=rf"^graph\.neighbours: {neighbours} with {n} rollups; allowed: an even number"
    ):
        build_graph(config, np.random.default_rng(1))


def test_a_small_world_that_stays_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generators, "TRIES", 1)
    config = market(GraphConfig(kind="small_world", neighbours=2, rewire=1.0), (1e6,) * 200)
    with pytest.raises(InputError, match=r"^graph: no connected small world in 1 draws .*; allowed: more neighbours"):
        build_graph(config, np.random.default_rng(1))


def test_bridges_from_a_list() -> None:
    bridges = (
        BridgeConfig(source="r0", target="r3", delay_s=1.0, fee_bp=2.0, capacity_usd=3.0),
        BridgeConfig(source="r5", target="r0", delay_s=4.0),
    )
    graph = build_graph(market(GraphConfig(kind="list", bridges=bridges)))
    assert edges(graph) == {(0, 3), (0, 5)}
    assert graph.edges[3, 0] == {"delay_s": 1.0, "fee_bp": 2.0, "capacity_usd": 3.0}
    assert graph.edges[0, 5]["delay_s"] == 4.0
    assert build_graph(market(GraphConfig(kind="list"))).number_of_edges() == 0


@pytest.mark.parametrize(
    ("bridges", "message"),
    [
        ([("r0", "mars")], "graph.bridges[0].target: unknown rollup 'mars'; allowed: r0, r1, r2, r3, r4, r5"),
        ([("r1", "r2"), ("x", "r0")], "graph.bridges[1].source: unknown rollup 'x'; allowed: r0, r1, r2, r3, r4, r5"),
        ([("r1", "r1")], "graph.bridges[0]: from 'r1' to itself; allowed: bridges between two rollups"),
        (
            [("r1", "r2"), ("r2", "r1")],
            "graph.bridges[1]: a second bridge between 'r2' and 'r1'; allowed: one for both directions",
        ),
    ],
)
def test_bad_lists_are_one_line(bridges: list[tuple[str, str]], message: str) -> None:
    listed = tuple(BridgeConfig(source=source, target=target) for source, target in bridges)
    with pytest.raises(InputError) as caught:
        build_graph(market(GraphConfig(kind="list", bridges=listed)))
    assert str(caught.value) == message


# Pools from a table

HEADER = "rollup,fee_bps,eth_reserve,usd_reserve,price,liquidity"


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    file = folder / "pools.csv"
    file.write_text("\n".join((header, *rows)) + "\n")
    return file


def test_pools_are_grouped_by_rollup(tmp_path: Path) -> None:
    file = write(tmp_path, "base,30,100,250000,2500,full", "Arbitrum,5,10,25100,2510,x", "base,1,1,2400,2400,y")
    base, arbitrum = read_pools(file)
    assert (base.name, base.block_time_s) == ("base", 2.0)
    assert (arbitrum.name, arbitrum.block_time_s) == ("Arbitrum", 0.25)
    assert [(pool.fee_bp, pool.depth_usd, pool.price_usd) for pool in base.pools] == [
        (30.0, 250_000.0, 2500.0),
        (1.0, 2400.0, 2400.0),
    ]
    assert base.lending == ()
    assert base.borrowers == 0
    level = (250_000 * 2500 + 25_100 * 2510 + 2400 * 2400) / (250_000 + 25_100 + 2400)
    assert reference_level((base, arbitrum)) == pytest.approx(level, rel=1e-14)


def test_a_template_gives_the_rest(tmp_path: Path) -> None:
    template = RollupConfig(name="any", block_time_s=9.0, lending=(LendingConfig(),), borrowers=40, gas_usd=0.5)
    (rollup,) = read_pools(write(tmp_path, "base,30,100,250000,2500,full"), template)
    assert (rollup.name, rollup.block_time_s, rollup.borrowers, rollup.gas_usd) == ("base", 2.0, 40, 0.5)
    assert rollup.lending == (LendingConfig(),)
    assert len(rollup.pools) == 1
    assert template.name == "any"


GOOD = "base,30,100,250000,2500,full"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([GOOD, "base,x,100,250000,2500,f"], "row 3: fee_bps 'x' is not a number; allowed: a finite number"),
        ([GOOD, "base,-1,100,250000,2500,f"], "row 3: fee_bps -1; allowed: 0 to below 10000"),
        (["base,10000,100,250000,2500,f"], "row 2: fee_bps 10000; allowed: 0 to below 10000"),
        (["base,30,0,250000,2500,f"], "row 2: eth_reserve 0 is not positive; allowed: reserves above 0"),
        (["base,30,100,-2,2500,f"], "row 2: usd_reserve -2 is not positive; allowed: reserves above 0"),
        (["base,30,100,nan,2500,f"], "row 2: usd_reserve 'nan' is not a number; allowed: a finite number"),
        ([" ,30,100,250000,2500,f"], "row 2: no rollup named; allowed: a name in the column rollup"),
        ([GOOD, "base,30,100"], "row 3: 3 fields; allowed: 6, as in the header"),
        (
            ["base,30,100,250000,2600,f"],
            "row 2: price 2600 against usd_reserve / eth_reserve of 2500; allowed: a difference of at most 1%",
        ),
    ],
)
def test_bad_rows_are_one_line(tmp_path: Path, rows: list[str], message: str) -> None:
    file = write(tmp_path, *rows)
    with pytest.raises(InputError) as caught:
        read_pools(file)
    assert str(caught.value) == f"{file}: {message}"


def test_bad_files_are_one_line(tmp_path: Path) -> None:
    allowed = "allowed: a CSV file with the columns rollup,fee_bps,eth_reserve,usd_reserve"
    with pytest.raises(InputError) as caught:
        read_pools(tmp_path / "none.csv")
    assert str(caught.value) == f"{tmp_path / 'none.csv'}: no such file; {allowed}"
    file = write(tmp_path, "base,30,1", header="rollup,fee_bps,eth_reserve")
    with pytest.raises(InputError) as caught:
        read_pools(file)
    assert str(caught.value) == f"{file}: row 1: no column usd_reserve; {allowed}"


def test_level_needs_prices_of_one_pair() -> None:
    unpriced = RollupConfig(name="a")
    with pytest.raises(InputError, match=r"^rollups\.a: a pool without price_usd"):
        reference_level((unpriced,))
    with pytest.raises(InputError, match=r"^rollups: pools of 0 pairs"):
        reference_level((RollupConfig(name="a", pools=()),))
    pools = (PoolConfig(price_usd=1.0), PoolConfig(assets=("BTC", "USD"), price_usd=2.0))
    with pytest.raises(InputError, match=r"^rollups: pools of 2 pairs"):
        reference_level((RollupConfig(name="a", pools=pools),))


def test_real_pools(data_dir: Path) -> None:
    found = read_pools(data_dir / "rollups" / "weth_usdc_pools_2024-11-01.csv")
    assert [(r.name, r.block_time_s, len(r.pools)) for r in found] == [
        ("arbitrum", 0.25, 6),
        ("base", 2.0, 3),
        ("optimism", 2.0, 1),
    ]
    assert reference_level(found) == pytest.approx(2516.457, abs=1e-3)
