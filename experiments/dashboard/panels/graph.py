"""The graph of rollups: their depth and prices on the nodes, and what moved between them along the arrows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.dashboard.panels.prices import gaps
from figures import _shared as shared
from market.intents.rows import Status
from market.measures.classes.bundles import MARKED
from market.measures.recorder import Recorder
from market.venues import Kind
from market.venues.bridges.deliveries import transfers
from market.venues.dispatch import stating

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

TITLE = "Rollups, and what moved between them"
RANK = 1
SPAN_S = 60.0
WIDEST_PT, LARGEST_PT2, FLOOR_BP = 5.0, 900.0, 5.0
COLOURS = {"bundles": shared.BLUE, "bridges": shared.VERMILION}
"""Colour of an arrow by what moved it."""

type Moved = tuple[float, str, int, int, float]
"""Time [s], what moved it, from where, to where (rollups; their number: the outside market), value [USD]."""


class Record(Recorder):
    """Follows what moves between rollups, and takes the prices once a second.

    What a bundle buys in one place and sells in another is taken to have moved from there to here, whatever stock its
    sender holds in either; every risky asset by itself, at reference prices.

    Attributes
    ----------
    names, domains, depth, gaps : list, list, array, array
        of the rollups: name, domain that each is in, depth of its pools at the start [USD], see `prices.gaps` [bp]
    moved : deque of Moved
        in the last `SPAN_S`
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.domains: list[int] = []
        self.depth, self.gaps = np.zeros(0), np.zeros(0)
        self.moved: deque[Moved] = deque()

    def on_start(self, market: SequencerMarket) -> None:
        """Note the rollups and the ends of bridges."""
        self.names = [rollup.name for rollup in market.config.rollups]
        self.depth = np.array([market.graph.nodes[at]["depth_usd"] for at in range(len(self.names))])
        bridges = market.world.tables.bridges
        self._ends = np.stack([bridges["source"], bridges["target"]], axis=1).astype(int)
        self.on_second(market)

    def on_second(self, market: SequencerMarket) -> None:
        """Take the prices, and forget what moved long ago."""
        self.domains, self.gaps = list(market.domain_of), gaps(market)
        while self.moved and self.moved[0][0] <= market.time - SPAN_S:
            self.moved.popleft()

    def on_block(self, slot: Slot) -> None:
        """Add what a block moved."""
        prices = slot.market.world.tables.prices
        for row in transfers(slot):
            source, target = self._ends[int(row["venue"])].tolist()
            if int(row["rollup"]) != source:
                source, target = target, source
            usd = float(row["filled_out"] * prices[row["asset_in"]])
            self.moved.append((slot.time, "bridges", source, target, usd))
        for bundle in _bundles(slot.rows):
            for source, target, usd in self._between(bundle, prices):
                self.moved.append((slot.time, "bundles", source, target, usd))

    def _between(self, rows: np.ndarray, prices: np.ndarray) -> Iterator[tuple[int, int, float]]:
        """What a bundle moved: from where, to where, value [USD]."""
        net = np.zeros((len(self.names) + 1, prices.size))
        where = np.where(rows["kind"] == int(Kind.OUTSIDE), len(self.names), rows["rollup"])
        np.add.at(net, (where, rows["asset_out"]), rows["filled_out"] * prices[rows["asset_out"]])
        np.subtract.at(net, (where, rows["asset_in"]), rows["filled_in"] * prices[rows["asset_in"]])
        for bought in net.T[1:]:
            least = min(bought[bought > 0.0].sum(), -bought[bought < 0.0].sum())
            if least <= 0.0:
                continue
            gave, took = np.maximum(bought, 0.0), np.maximum(-bought, 0.0)
            shares = np.outer(gave / gave.sum(), took / took.sum())
            yield from ((int(a), int(b), float(least * shares[a, b])) for a, b in np.argwhere(shares > 0.0))

    def flows(self, by: str) -> dict[tuple[int, int], float]:
        """What moved within `SPAN_S`, by from where and to where [USD]."""
        found: dict[tuple[int, int], float] = {}
        for _, what, source, target, usd in self.moved:
            if what == by:
                found[source, target] = found.get((source, target), 0.0) + usd
        return found


def _bundles(rows: np.ndarray) -> Iterator[np.ndarray]:
    """Trades of each bundle of a block that were carried out, without those of others that it carries."""
    traded = (rows["status"] == int(Status.FILLED)) & (rows["bundle"] >= 0) & (rows["carried"] == 0)
    rows = rows[traded & stating(MARKED, rows["kind"])]
    for bundle in np.unique(rows["bundle"]):
        yield rows[rows["bundle"] == bundle]


def draw(figure: Figure, record: Record) -> None:
    """Rollups in a circle around the outside market."""
    axes = figure.subplots()
    axes.set_axis_off()
    if not record.names:
        return
    count = len(record.names)
    places = nx.circular_layout(nx.empty_graph(count)) | {count: np.zeros(2)}
    flows = {by: record.flows(by) for by in COLOURS}
    most = max((usd for found in flows.values() for usd in found.values()), default=0.0)
    for bend, (by, found) in zip((0.12, 0.3), flows.items(), strict=True):
        moved = nx.DiGraph([ends for ends in found if most > 0.0])
        widths = [WIDEST_PT * found[ends] / most for ends in moved.edges]
        nx.draw_networkx_edges(
            moved, places, ax=axes, edge_color=COLOURS[by], width=widths, connectionstyle=f"arc3,rad={bend}",
            node_size=LARGEST_PT2, arrowsize=9, alpha=0.8,
        )  # fmt: skip
    _rollups(figure, axes, record, places)
    handles = [Line2D([], [], color=colour, linewidth=2, label=f"by {by}") for by, colour in COLOURS.items()]
    title = f"arrows: moved in {SPAN_S:.0f} s, the widest {most * 1e-3:,.4g} thousand USD; areas: depth"
    figure.legend(handles=handles, loc="outside lower center", ncols=2, title=title, title_fontsize=8)


def _rollups(figure: Figure, axes: Axes, record: Record, places: dict[int, np.ndarray]) -> None:
    """A disc for each rollup, as large as it is deep, coloured by its price, and a square for the outside market."""
    at = np.array([places[number] for number in range(len(record.names))])
    sizes = np.full(len(at), LARGEST_PT2 / 4.0)
    if record.depth.max() > 0.0:
        sizes = np.maximum(LARGEST_PT2 * record.depth / record.depth.max(), LARGEST_PT2 / 25.0)
    reach = max(FLOOR_BP, float(np.nanmax(np.abs(record.gaps), initial=0.0)))
    discs = axes.scatter(
        at[:, 0], at[:, 1], s=sizes, c=record.gaps, cmap="PuOr", vmin=-reach, vmax=reach, edgecolors="black",
        linewidths=0.8, plotnonfinite=True, zorder=3,
    )  # fmt: skip
    axes.scatter(0.0, 0.0, s=120, marker="s", color="white", edgecolors="black", linewidths=0.8, zorder=3)
    axes.annotate("outside", (0.0, 0.0), (0, -14), textcoords="offset points", ha="center", fontsize=8, zorder=4)
    for place, size, name, domain in zip(at, sizes, record.names, record.domains, strict=True):
        away = place * (np.sqrt(size) / 2.0 + np.array([26.0, 14.0]))  # from the middle of its disc [pt]
        axes.annotate(
            f"{name}\ndomain {domain}", place, away, textcoords="offset points", ha="center", va="center", fontsize=8
        )
    axes.set(xlim=(-1.7, 1.7), ylim=(-1.35, 1.35))
    figure.colorbar(discs, ax=axes, label="pool over reference [bp]", shrink=0.8)
