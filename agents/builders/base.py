"""The base of builders."""

from __future__ import annotations

import numpy as np

from agents.base import StrategicAgent
from agents.bidding.experience import Experience
from agents.bidding.tickets import TicketBuyer
from agents.blocks.arbitrage import gap_pays
from agents.blocks.behind import behind
from agents.blocks.insertion import insert
from agents.blocks.liquidations import ready_liquidations
from agents.means.order_flow import on_rollups
from market.access.observation import BlockView
from market.access.protocols import Arrangement, Bid, Tickets, TicketSale
from market.access.seat import Seat
from market.intents.rows import Purpose
from market.sequencing.ordering.base import EMPTY
from market.venues import Kind

BOUGHT = (Kind.LIQUIDATE, Kind.LOAN_AUCTION_TAKE, Kind.LOAN_AUCTION_SETTLE)
CONTRACTS = (Kind.CONTRACT_AUCTION_TAKE, Kind.CONTRACT_AUCTION_SETTLE)


TRUST_MEMORY = 0.05
"""Weight of the newest block in a builder's trust in its own estimates."""


class Builder(StrategicAgent):
    """Packs blocks and bids for having them sequenced; a subclass decides what to bid.

    Parameters
    ----------
    sandwich
        whether it front-runs users
    """

    role = "builder"

    def __init__(self, seat: Seat, sandwich: bool = True) -> None:
        super().__init__(seat)
        self.sandwich = sandwich
        self.trust = 1.0  # share of what insertions promised that they brought, as experienced
        self.experience = Experience()  # of places at the end of blocks, whose contents it may not read
        self._promised = 0.0  # by the insertions of the block that it packed last, until something is heard of it [USD]
        self._promises: dict[tuple[int, ...], float] = {}  # the same by rollups, of each block that it packed [USD]
        self._prices = seat.public.prices
        self.tickets = TicketBuyer(seat.seats)

    def pack(self, seen: BlockView) -> tuple[Arrangement, float]:
        """Greedy best block, and what it is expected to earn: insertions and tips [USD].

        Where only a place in the block is for sale, nobody is front-run, and tips go to the leader.
        """
        arrangement, value = self._packed(seen)
        self._promises[tuple(seen.rollups)] = self._promised
        return arrangement, value

    def _packed(self, seen: BlockView) -> tuple[Arrangement, float]:
        seen = self.hedging.net(seen)
        cost = 2.0 * max(seen.gas.item(rollup) for rollup in seen.rollups)
        ties = self.rng_own.random(seen.due.size)
        if seen.extent == "end":
            return self._behind(seen, cost, ties)
        forced, after = ready_liquidations(seen)
        if not (seen.due.size or forced.size or gap_pays(seen)):
            self._promised = 0.0
            return EMPTY, 0.0
        whole = seen.extent == "all"
        arrangement, gain, tips = insert(
            seen, cost_usd=cost, ties=ties, forced=forced, forced_after=after, sandwich=self.sandwich and whole
        )
        self._promised = gain + self._bonus(seen, forced)
        return arrangement, self.trust * self._promised + (tips if whole else 0.0)

    def _behind(self, seen: BlockView, cost_usd: float, ties: np.ndarray) -> tuple[Arrangement, float]:
        """Own intents for the end of the block, and what such places have been worth that promised as much [USD]."""
        if self._promised > 0.0:  # nothing was heard of it since: somebody else had the place
            self.experience.lost(self._promised)
        arrangement, self._promised = behind(seen, cost_usd=cost_usd, ties=ties)
        return arrangement, max(0.0, self.experience.share) * self._promised

    def _bonus(self, seen: BlockView, forced: np.ndarray) -> float:
        """Profit of the liquidations in the block: what the sale brings over what is repaid [USD]."""
        if not forced.size:
            return 0.0
        contracts = np.isin(forced["kind"], CONTRACTS)
        taken, forced = forced[forced["kind"] == Kind.CONTRACT_AUCTION_TAKE], forced[~contracts]
        # contracts are worth the reference price; which way the gain is, is why they are taken
        gain = float((np.abs(seen.prices[taken["asset_in"]] - taken["limit"]) * taken["amount"]).sum())
        repaid, sold = (forced[np.isin(forced["kind"], kinds)] for kinds in (BOUGHT, (int(Kind.OUTSIDE),)))
        income = sold["amount"] * seen.prices[sold["asset_in"]] * (1.0 - seen.outside_fee)
        return gain + float((income - repaid["amount"] * seen.prices[repaid["asset_in"]]).sum())

    def build(self, seen: BlockView) -> Bid:
        """Offer a block."""
        arrangement, value = self.pack(seen)
        # a block may promise more than its builder has, say by a tip that its sender cannot pay
        bid = self.bid(value)
        return Bid(arrangement, min(bid, _money(seen)) if bid > 0.0 else bid, value)

    def bid(self, value: float) -> float:
        """Return what to offer for a block worth `value` [USD]."""
        raise NotImplementedError

    def order_tickets(self, seen: BlockView, sale: TicketSale) -> np.ndarray:
        """Return how many tickets of each bundle of rollups to buy, by what their blocks have been worth."""
        for bundle in self.tickets.stale(sale.bundles):
            self.tickets.values(bundle, self.pack(on_rollups(seen, bundle))[1])
        return self.tickets.orders(sale, _money(seen))

    def heard_tickets(self, sale: TicketSale, own: np.ndarray, everybody: np.ndarray) -> None:
        """Hear how many tickets of each bundle were issued to it and to everybody."""
        self.tickets.heard(sale, own, everybody)

    def trade_tickets(self, offer: Bid, tickets: Tickets) -> tuple[float, float]:
        """Return what it bids for a ticket and asks for one: what the chance to build the offered block is worth."""
        self.tickets.values(tickets.rollups, offer.value)
        worth = max(0.0, offer.value) / tickets.all
        return worth, worth

    def builds(self, parts: tuple[tuple[int, ...], ...]) -> None:
        """Hear which parts of a domain it builds, where rollups are sold in parts."""
        self._promised = sum(self._promises.get(rollups, 0.0) for rollups in parts)

    def learn(self, receipts: np.ndarray) -> None:
        """Compare what the insertions of a block that was taken brought with what they promised."""
        if self._promised <= 0.0:
            return
        # what is gained around a trade on a perpetual is the margin that comes back beyond what was paid in
        contracts = (receipts["kind"] == Kind.PERPETUAL_TRADE) & (receipts["purpose"] == Purpose.SANDWICH)
        receipts = receipts[~contracts]
        brought = receipts["filled_out"] * self._prices[receipts["asset_out"]]
        brought -= receipts["filled_in"] * self._prices[receipts["asset_in"]]
        share = min(1.0, max(0.0, float(brought.sum()) / self._promised))
        self.trust += TRUST_MEMORY * (share - self.trust)
        self.experience.won(self._promised, float(brought.sum()))
        self._promised = 0.0

    def heard(self, won: bool, paid: float, highest: float) -> None:
        """Hear how the auction ended [USD]."""


def _money(seen: BlockView) -> float:
    """Money that is one's own on the rollups of a block [USD]."""
    return float(np.add.reduce(seen.funds[:, 0].take(seen.rollups)))
