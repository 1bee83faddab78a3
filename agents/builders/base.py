"""The base of builders."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from agents.base import StrategicAgent
from agents.bidding.tickets import TicketBuyer
from agents.blocks.arbitrage import may_pay
from agents.blocks.foresight import carry_out, end_of_unit
from agents.blocks.insertion import insert
from agents.blocks.liquidations import ready_liquidations
from agents.means.order_flow import on_rollups
from market.access.observation import BlockView
from market.access.protocols import Arrangement, Bid, Tickets, TicketSale
from market.access.seat import Seat
from market.intents.rows import Rows
from market.sequencing.ordering.base import EMPTY, first_come_order
from market.venues import Kind
from market.venues.pools.seen import Ticks
from market.venues.pools.view import Pools

BOUGHT = (Kind.LIQUIDATE, Kind.LOAN_AUCTION_TAKE, Kind.LOAN_AUCTION_SETTLE)
CONTRACTS = (Kind.CONTRACT_AUCTION_TAKE, Kind.CONTRACT_AUCTION_SETTLE)


@njit(cache=True)
def _after(pools: Pools, ticks: Ticks, due: Rows, order: np.ndarray) -> np.ndarray:
    """Pools once the pending intents that can be read have been carried out in the order given."""
    left, taken = pools.copy(), np.zeros(1 + due.size, np.int64)
    start: Any = np.int64(0)
    while start < order.size:
        unit = order[start : end_of_unit(due, order, start)]
        carry_out(left, ticks, due, unit, taken)
        start += unit.size
    return left


TRUST_MEMORY = 0.05
"""Weight of the newest block in a builder's trust in its own estimates."""


class _Left:
    """What a block leaves behind it: a view without pending intents on the state after them."""

    def __init__(self, seen: BlockView, ties: np.ndarray) -> None:
        self.account, self.time, self.rollups = seen.account, seen.time, seen.rollups
        self.prices, self.outside_fee, self.funds = seen.prices, seen.outside_fee, seen.funds
        self.outside, self.ticks = seen.outside, seen.ticks
        self.due = seen.due[:0]
        self.pools = _after(seen.pools, seen.ticks, seen.due, first_come_order(seen.due, ties))


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
        self._promised = 0.0  # by the insertions of the block that it packed last [USD]
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
            arrangement, self._promised, _ = insert(_Left(seen, ties), cost_usd=cost, ties=ties[:0])
            return arrangement, self.trust * self._promised
        forced, after = ready_liquidations(seen)
        if not (seen.due.size or forced.size or may_pay(seen)):
            self._promised = 0.0
            return EMPTY, 0.0
        whole = seen.extent == "all"
        arrangement, gain, tips = insert(
            seen, cost_usd=cost, ties=ties, forced=forced, forced_after=after, sandwich=self.sandwich and whole
        )
        self._promised = gain + self._bonus(seen, forced)
        return arrangement, self.trust * self._promised + (tips if whole else 0.0)

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
        return Bid(arrangement, min(bid, float(seen.funds[list(seen.rollups), 0].sum())) if bid > 0.0 else bid, value)

    def bid(self, value: float) -> float:
        """Return what to offer for a block worth `value` [USD]."""
        raise NotImplementedError

    def order_tickets(self, seen: BlockView, sale: TicketSale) -> np.ndarray:
        """Return how many tickets of each bundle of rollups to buy, by what their blocks have been worth."""
        for bundle in self.tickets.stale(sale.bundles):
            self.tickets.values(bundle, self.pack(on_rollups(seen, bundle))[1])
        return self.tickets.orders(sale, float(seen.funds[list(seen.rollups), 0].sum()))

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
        brought = receipts["filled_out"] * self._prices[receipts["asset_out"]]
        brought -= receipts["filled_in"] * self._prices[receipts["asset_in"]]
        share = min(1.0, max(0.0, float(brought.sum()) / self._promised))
        self.trust += TRUST_MEMORY * (share - self.trust)

    def heard(self, won: bool, paid: float, highest: float) -> None:
        """Hear how the auction ended [USD]."""
