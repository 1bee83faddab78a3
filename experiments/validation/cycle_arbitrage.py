"""Arbitrage around a cycle of pools: best size, profit, and the band within which there is none.

Derived from the pool rule. The output of a path of pools is A d / (B + C d), with A <- phi r_out A, B <- r_in B,
C <- r_in C + phi A before, from A = B = 1, C = 0. A closed path pays iff A > B; its best input is (sqrt(A B) - B) / C
and earns (sqrt A - sqrt B)^2 / C. Two pools, 30 bp: 3475.947298 earns 24.055788; the triangle below: 3007.491405 earns
37.725541. Between two pools of one pair there is a trade iff |ln(p1 / p2)| > g1 + g2 with g = -ln(1 - fee); in general
iff the graph with weights -ln(phi p) has a negative cycle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from experiments.validation._markets import Watched, asset, bisect, held, pool, rollup, still, trader
from experiments.validation._rows import row
from market.config import RollupConfig
from market.intents.rows import Status
from market.venues import Kind

ID = "M4"
TITLE = "Cycle arbitrage over pools"

STATED = 5e-7  # half a unit of the last stated digit [USD]

PRICES = {"ETH": 2000.0, "DAI": 1.0}  # reference prices of the risky assets [USD]


class Leg(NamedTuple):
    """One pool of a cycle, passed from the first reserve to the second."""

    r_in: float
    r_out: float
    fee_bp: float
    names: tuple[str, str]


PAIR = (Leg(1e6, 500.0, 30.0, ("USD", "ETH")), Leg(500.0, 1.02e6, 30.0, ("ETH", "USD")))
TRIANGLE = (
    Leg(2e6, 1000.0, 5.0, ("USD", "ETH")),
    Leg(300.0, 605263.157895, 30.0, ("ETH", "DAI")),
    Leg(5e5, 5.1e5, 1.0, ("DAI", "USD")),
)


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Two cycles executed as bundles, the band, random graphs; `quick` leaves out a band and most of the graphs."""
    yield from _cycle("two pools, 30 bp", PAIR)
    yield from _cycle("triangle", TRIANGLE)
    for fees in ((5.0, 30.0),) if quick else ((5.0, 30.0), (5.0, 5.0)):
        yield from _band(*fees)
    yield from _graphs(40 if quick else 200)


def _best(legs: Sequence[Leg]) -> tuple[float, float]:
    """Best input and its profit, from the composed path."""
    a, b, c = 1.0, 1.0, 0.0
    for leg in legs:
        phi = 1.0 - leg.fee_bp * 1e-4
        a, b, c = phi * leg.r_out * a, leg.r_in * b, leg.r_in * c + phi * a
    return float((np.sqrt(a * b) - b) / c), float((np.sqrt(a) - np.sqrt(b)) ** 2 / c)


def _market(pools: Sequence[Leg]) -> Watched:
    """Each pool on a rollup of its own, all in one domain; one arbitrageur that trades cycles, nobody outside."""
    rollups: list[RollupConfig] = [
        rollup(f"r{at}", pool((leg.r_in, leg.r_out), leg.names, leg.fee_bp, PRICES.get(leg.names[0], 1.0)))
        for at, leg in enumerate(pools)
    ]
    assets = [asset(name, price) for name, price in PRICES.items()]
    agents = [trader("arbitrageur", 1e7, outside=False, least_usd=0.0)]
    return Watched(still(rollups, assets, agents, "centralized_shared"), seed=0)


def _traded(pools: Sequence[Leg]) -> tuple[np.ndarray, np.ndarray]:
    """Run one slot: the arbitrageur's filled legs, and what it gained of each asset."""
    market = _market(pools)
    account = market.account("trader")
    before = held(market, account)
    market.run()
    done = market.blocks[0]
    done = done[(done["sender"] == account) & (done["kind"] == Kind.SWAP) & (done["status"] == Status.FILLED)]
    return done, held(market, account) - before


def _cycle(case: str, legs: Sequence[Leg]) -> Iterator[dict[str, Any]]:
    size, profit = _best(legs)
    done, gained = _traded(legs)
    atomic = done.size == len(legs) and np.unique(done["bundle"]).size == 1 and done["bundle"][0] >= 0
    yield row(ID, case, "legs in one filled bundle", len(legs), done.size if atomic else 0, 0.0)
    yield row(ID, case, "input, USD", size, done["filled_in"][0] if done.size else 0.0, STATED)
    yield row(ID, case, "gain in the ledger, USD", profit, gained[0], STATED)
    yield row(ID, case, "left of other assets, USD", 0.0, float(np.abs(gained[1:]) @ list(PRICES.values())), STATED)


def _band(fee1: float, fee2: float) -> Iterator[dict[str, Any]]:
    """The least gap between two rollups' prices at which the arbitrageur trades, either way round."""
    expected = -np.log(1.0 - fee1 * 1e-4) - np.log(1.0 - fee2 * 1e-4)
    for sign, name in ((1.0, "first dearer"), (-1.0, "second dearer")):

        def trades(gap: float, sign: float = sign) -> bool:
            depth, half = 1e6, sign * gap / 2.0
            first = Leg(500.0 * np.exp(-half / 2), depth * np.exp(half / 2), fee1, ("ETH", "USD"))
            second = Leg(500.0 * np.exp(half / 2), depth * np.exp(-half / 2), fee2, ("ETH", "USD"))
            return _traded([first, second])[0].size > 0

        found = bisect(trades, 0.99 * expected, 1.01 * expected, 14)
        case = f"{fee1:g} and {fee2:g} bp, {name}"
        yield row(ID, case, "least |ln(p1/p2)| traded", expected, found, 1e-5 * expected)


def _graphs(count: int) -> Iterator[dict[str, Any]]:
    """Random pools of three assets: the arbitrageur trades in those markets that have a negative cycle."""
    rng = np.random.default_rng(4)
    pairs = [("USD", "ETH"), ("ETH", "DAI"), ("USD", "DAI")]
    value = {"USD": 1.0, **PRICES}
    agree = paying = 0
    for _ in range(count):
        pools = []
        for at in range(5):
            first, second = pairs[at % 3]
            depth = 1e6 * np.exp(rng.standard_normal())
            moved = np.exp(0.0015 * rng.standard_normal())
            reserves = depth / value[first], depth / value[second] * moved
            pools.append(Leg(*reserves, float(rng.choice([5.0, 30.0])), (first, second)))
        negative = _negative_cycle(pools)
        paying += negative
        agree += negative == (_traded(pools)[0].size > 0)
    yield row(ID, f"{count} random graphs, {paying} pay", "share where the market agrees", 1.0, agree / count, 0.0)


def _negative_cycle(pools: Sequence[Leg]) -> bool:
    """Whether the graph of assets with weights -ln(phi p), the cheapest edge of each pair, has a negative cycle."""
    graph = nx.DiGraph()
    for leg in pools:
        for source, sink, rate in ((*leg.names, leg.r_out / leg.r_in), (*leg.names[::-1], leg.r_in / leg.r_out)):
            weight = -np.log((1.0 - leg.fee_bp * 1e-4) * rate)
            if not graph.has_edge(source, sink) or weight < graph[source][sink]["weight"]:
                graph.add_edge(source, sink, weight=weight)
    return nx.negative_edge_cycle(graph)
