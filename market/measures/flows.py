"""Who paid whom, and what moved along the edges of the graph of rollups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.measures.recorder import Recorder
from market.state.ledger import who_paid_whom
from market.venues.bridges.deliveries import transfers

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


class BridgeFlows(Recorder):
    """Keeps `flows` on every edge of the market's graph: what its bridge was given to carry, fees off, by direction.

    It is what the ledger has under the reason `BRIDGE` from senders to bridges, told apart by bridge.
    """

    of_rows = frozenset({"on_block"})

    def on_start(self, market: SequencerMarket) -> None:
        """Find the edge of each bridge."""
        table = market.world.tables.bridges
        self._source = table["source"].astype(int).tolist()
        ends = zip(self._source, table["target"].astype(int).tolist(), strict=True)
        self._flows = [market.graph.edges[source, target]["flows"] for source, target in ends]

    def on_block(self, slot: Slot) -> None:
        """Add the block's transfers."""
        if not self._flows:
            return
        for row in transfers(slot):
            bridge = int(row["venue"])
            direction = 0 if int(row["rollup"]) == self._source[bridge] else 1
            self._flows[bridge][direction, int(row["asset_in"])] += row["filled_out"]


class WhoPaidWhom(Recorder):
    """Takes the ledger's flows when the market has reached its horizon.

    Attributes
    ----------
    table : list of dict
        payer, payee, reason, asset and amount [units of the asset] of all that moved
    """

    def __init__(self) -> None:
        self.table: list[dict[str, object]] = []

    def on_start(self, market: SequencerMarket) -> None:
        """Remember the market."""
        self._market = market

    def close(self) -> None:
        """Take the flows."""
        world = self._market.world
        self.table = who_paid_whom(world.tables, world.groups, self._market.config.asset_names)
