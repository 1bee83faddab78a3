"""A marketplace of tickets: bought ahead at a price that follows congestion, resold, and then drawn from.

For every block to come there is a lottery for each rollup alone and one for all together, or for every group. Tickets
are sold `ahead_blocks` earlier, at prices that are posted; of the bundles ordered, those are sold that bring most
together, exactly, and of the others no ticket is paid for. When the block is due, whoever holds tickets of a bundle may
sell them to others, until the sealing; then one ticket of each bundle is drawn, and its owner builds that part. The
money lies with the protocol in the meantime and is the leader's, to be shared by the revenue rule, when the block is
made. Tickets are for a block, not for a time: a missed slot voids none. At a fixed price this is Tullock's contest with
decisiveness 1: n equal bidders for a value V pay (n - 1) V / n together.

Strategies take part by `order_tickets(seen, sale)`, numbers of tickets by bundle; they hear by `heard_tickets(sale,
own, all)` what was issued, or would have been had the bundle been sold; `trade_tickets(offer, tickets)` returns what
they bid for a further ticket and what they ask for one of their own [USD].
Sources: the Espresso marketplace, whose documentation (2024) sells the right to build by a lottery of tickets, for
bundles of rollups; Tullock (1980), Efficient rent seeking; for prices and resale :mod:`._tickets`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from market.access.protocols import Award, Bid, Sale, Tickets, TicketSale
from market.errors import blame, fault
from market.sequencing.auctions._bundles import BundleAuction
from market.sequencing.auctions._parts import Shown
from market.sequencing.auctions._tickets import issued, next_price, resale
from market.sequencing.auctions.base import ROUNDING
from market.sequencing.auctions.tullock import settle
from market.sequencing.payments import pay
from market.state.ledger import Why

if TYPE_CHECKING:
    from market.domain import Domain, Slot

MOST_ORDERED = 10**12
"""Tickets of a bundle that can be ordered: far beyond what can be issued or paid for [1]."""


class _Block(NamedTuple):
    """What was sold for one block."""

    held: dict[tuple[int, ...], np.ndarray]  # tickets of each bundle sold, by builder
    paid: np.ndarray  # for them, by builder [USD]
    outlays: np.ndarray  # of all on each rollup alone, had it been sold so [USD]
    groups: np.ndarray | None  # the same of each group, where all are for sale [USD]


class _Market:
    """Prices, and what is sold of blocks to come."""

    def __init__(self) -> None:
        self.price: dict[tuple[int, ...], float] = {}  # of a ticket, by bundle [USD]
        self.sold: deque[_Block] = deque()
        self.resold = 0
        self.resold_usd = 0.0


class TicketMarket(BundleAuction):
    """Lotteries for bundles of rollups, whose tickets have a price, and owners who may sell them."""

    kind: Literal["tickets"] = "tickets"
    ahead_blocks: int = Field(default=1, ge=1, description="how many blocks earlier tickets are sold [1]")
    first_usd: float = Field(
        default=0.01, gt=0, allow_inf_nan=False, description="first price of a ticket, by rollups of its bundle [USD]"
    )
    least_usd: float = Field(default=1e-4, gt=0, allow_inf_nan=False, description="lowest price of a ticket [USD]")
    target: int = Field(default=1000, ge=1, description="tickets of a bundle at which its price stands still [1]")
    elasticity: float = Field(
        default=2.0, gt=1, le=1e6, description="tickets issued of a bundle at most, over the target [1]"
    )
    adjustment: float = Field(
        default=0.125, ge=0, lt=1, description="rise of a price where twice the target is ordered; 0: it is fixed [1]"
    )
    resale: bool = Field(default=True, description="whether tickets may be sold until the block is sealed")
    _market: _Market = PrivateAttr()

    @model_validator(mode="after")
    def _least_is_least(self) -> TicketMarket:
        if self.least_usd > self.first_usd:
            raise ValueError(f"least_usd must not exceed first_usd, which is {self.first_usd:g}")
        return self

    def start(self) -> TicketMarket:
        """Return the marketplace of one domain."""
        own = self.model_copy()
        own._market = _Market()
        return own

    def seated(self, domain: Domain) -> None:
        """Draw up what is for sale, at the first price."""
        super().seated(domain)
        # where nobody knows yet what blocks are worth, those of more rollups are taken to be worth more
        self._market.price = {bundle: self.first_usd * len(bundle) for bundle in self._sale}

    @property
    def most(self) -> int:
        """Tickets of a bundle that are issued for a block at most."""
        return int(self.target * self.elasticity)

    @property
    def prices(self) -> dict[tuple[int, ...], float]:
        """Price of a ticket by bundle of positions in the domain's rollups, as it is now [USD]."""
        return dict(self._market.price)

    @property
    def resold(self) -> tuple[int, float]:
        """Tickets that changed hands so far, and what was paid for them [USD]."""
        return self._market.resold, self._market.resold_usd

    def hold(self, slot: Slot) -> None:
        """Sell tickets for a block to come; resell those for this one and draw who builds it."""
        market = self._market
        if not slot.market.builders:
            return
        market.sold.append(self._sell(slot))
        if len(market.sold) > self.ahead_blocks:
            self._draw(slot, market.sold.popleft())

    # -- the sale ----------------------------------------------------------------------------------------------------

    def _sell(self, slot: Slot) -> _Block:
        """Take orders at the posted prices, sell the bundles that bring most, and set the next prices."""
        builders, market = slot.market.builders, self._market
        prices = np.array(list(market.price.values()))
        bundles, most = self._sale, self.most
        sale = TicketSale(tuple(self.names(slot, bundle) for bundle in bundles), prices, most)
        sale.price.flags.writeable = False
        orders = np.array([self._order(slot, builder, sale) for builder in builders])  # (builders, bundles)
        ties = slot.rng.random((len(bundles), len(builders)))
        counts = orders.copy()
        for at in (orders.sum(axis=0) > most).nonzero()[0].tolist():
            counts[:, at] = issued(orders[:, at], most, ties[at])
        total = counts.sum(axis=0)
        outlays = dict(zip(bundles, (total * prices).tolist(), strict=True))
        won, alone, groups = self.split(outlays, len(slot.domain.rollups))
        columns = [bundles.index(bundle) for bundle in won]
        paid = counts[:, columns] @ prices[columns]
        for builder, amount in zip(builders, paid.tolist(), strict=True):
            self._charge(slot, builder, amount)
        for bundle, ordered in zip(bundles, orders.sum(axis=0).tolist(), strict=True):
            market.price[bundle] = next_price(
                market.price[bundle], ordered, self.target, most, self.adjustment, self.least_usd
            )
        for at, builder in enumerate(builders):
            if hasattr(builder, "heard_tickets"):
                with blame(slot.market, builder):
                    builder.heard_tickets(sale, counts[at].copy(), total.copy())
        held = {bundle: counts[:, at].copy() for bundle, at in zip(won, columns, strict=True)}
        return _Block(held, paid, alone, groups)

    def _order(self, slot: Slot, builder: Any, sale: TicketSale) -> np.ndarray:
        """Ask for a builder's order: shape (bundles,), whole; of one that does not know of tickets, none."""
        if not hasattr(builder, "order_tickets"):
            return np.zeros(len(sale.bundles), np.int64)
        view, _ = slot.builder_view(builder)
        with blame(slot.market, builder):
            order = np.asarray(builder.order_tickets(view, sale))
        counts, whole = order.tolist(), order.shape == (len(sale.bundles),) and order.dtype.kind in "iu"
        if not (whole and all(0 <= count <= MOST_ORDERED for count in counts)):
            allowed = f"allowed: for each bundle a whole number from 0 to {MOST_ORDERED}"
            raise fault(slot.market, builder, f"orders {counts} tickets; {allowed}")
        return order.astype(np.int64)

    def _charge(self, slot: Slot, builder: Any, amount: float) -> None:
        """Take the price of tickets, which the protocol holds until the block is made."""
        protocol = slot.market.world.account_of["protocol"]
        paid = pay(slot.market, builder.account, protocol, slot.domain.rollups, amount, Why.TICKET)
        if paid < amount * (1.0 - ROUNDING):
            short = amount - paid
            what = f"orders tickets for {amount:.2f} USD, {short:.2f} USD more than it has in the domain"
            raise fault(slot.market, builder, what)
        slot.market.tally.paid_bid(builder.account, amount)

    # -- the lottery -------------------------------------------------------------------------------------------------

    def _draw(self, slot: Slot, block: _Block) -> None:
        """Have tickets resold, draw one of each bundle, and name in the slot who builds what."""
        builders = slot.market.builders
        shown = [Shown(slot, builder) for builder in builders]
        slot.alone, slot.groups = block.outlays, block.groups
        spent, awards = block.paid.copy(), []
        for bundle, tickets in block.held.items():
            rollups = self.names(slot, bundle)
            offers = [self.ask(slot, to_one, rollups) for to_one in shown]
            if self.resale:
                self._resell(slot, rollups, offers, tickets, spent)
            outlays = tickets.astype(float)
            winner = int(settle(outlays, 0.0, slot.rng.random(), np.zeros(outlays.size), 1.0))
            awards.append(Award(rollups, builders[winner], offers[winner]))
        self._release(slot, float(block.paid.sum()))
        self.award(slot, awards)
        self.announce(slot, awards)
        first = next((at for at, builder in enumerate(builders) if builder is slot.winner), -1)
        slot.sales.append(Sale(tuple(builders), block.paid, float(block.paid.sum()), first))
        for at, builder in enumerate(builders):
            with blame(slot.market, builder):
                won = any(award.winner is builder for award in awards)
                builder.heard(won, float(spent[at]), float(block.paid.max()))

    def _release(self, slot: Slot, amount: float) -> None:
        """Hand over to the leader what the tickets of the block brought."""
        world = slot.market.world
        pay(slot.market, world.account_of["protocol"], slot.leader.account, slot.domain.rollups, amount, Why.BID)
        slot.market.tally.auction_revenue += amount
        slot.bids += amount

    def _resell(
        self, slot: Slot, rollups: tuple[int, ...], offers: list[Bid], tickets: np.ndarray, spent: np.ndarray
    ) -> None:
        """Hold a sealed second-price auction of each owner's tickets; a buyer takes as many as it can pay for."""
        builders, total = slot.market.builders, int(tickets.sum())
        bids, asks = zip(
            *(
                self._price(slot, builder, offer, Tickets(rollups, own, total))
                for builder, offer, own in zip(builders, offers, tickets.tolist(), strict=True)
            ),
            strict=True,
        )
        for seller, count in enumerate(tickets.tolist()):
            if not count or asks[seller] == np.inf:
                continue
            u = slot.rng.random()
            if not any(bid > asks[seller] for at, bid in enumerate(bids) if at != seller):
                continue
            buyer, price = resale(seller, np.array(bids), asks[seller], u)
            funds = slot.market.world.tables.balance[builders[buyer].account, list(slot.domain.rollups), 0].sum()
            bought = min(count, int(funds / price)) if price > 0.0 else count
            ends = builders[buyer].account, builders[seller].account
            paid = pay(slot.market, *ends, slot.domain.rollups, bought * price, Why.TICKET)
            for at, account, sign in ((buyer, ends[0], 1), (seller, ends[1], -1)):
                tickets[at] += sign * bought
                spent[at] += sign * paid
                slot.market.tally.paid_bid(account, sign * paid)
            self._market.resold += bought
            self._market.resold_usd += paid

    def _price(self, slot: Slot, builder: Any, offer: Bid, tickets: Tickets) -> tuple[float, float]:
        """Ask for a bid for a further ticket and the price of an own one; of one that does not trade: 0 and none."""
        if not hasattr(builder, "trade_tickets"):
            return 0.0, np.inf
        with blame(slot.market, builder):
            bid, ask = builder.trade_tickets(offer, tickets)
        self.check(slot, builder, bid)
        if not ask >= 0.0:
            raise fault(slot.market, builder, f"asks {ask!r} for a ticket; allowed: not negative")
        return float(bid), float(ask)
