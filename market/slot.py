"""One slot of a sequencing domain on its way from the mempool to the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from market.access.observation import BlockView
from market.access.protocols import Award, Bid, Sale
from market.intents.rows import NO_ROWS, Reason, Status, copied, joined, taken
from market.intents.spans import stretches
from market.kernel.direct import bound

if TYPE_CHECKING:
    from market.domain import Domain
    from market.model import SequencerMarket

_stretches = bound(stretches)


class Slot:
    """One slot on its way from the mempool to the record.

    `due` is what may go into the block; `rows` the block (and after execution its receipts). What nothing happens to
    stands in the class: there are many slots, and to most of them hardly anything does.
    """

    winner: Any = None
    winning: Bid | None = None
    missed: bool = False  # no block was agreed on
    passes: bool = False  # nothing is due, and nobody has anything to do with an empty block
    bids: float = 0.0  # paid to the leader for the right to build this slot's block [USD]
    price: float | None = None  # paid to the protocol for the right to lead [USD]; None: the slot was not sold
    awards: tuple[Award, ...] = ()  # who builds what, where an auction sells the domain's rollups in parts
    alone: np.ndarray | None = None  # best bids for each of the domain's rollups by itself, where asked for [USD]
    groups: np.ndarray | None = None  # best bids for each group of them (bit r: the r-th), where asked for [USD]
    orphaned: bool = False  # a reorganisation of L1 reverts the block before it is executed
    signed_twice: bool = False  # the leader changed its order after the contents were opened
    rows: np.ndarray = NO_ROWS
    _kinds: tuple[np.ndarray, frozenset[int]] = NO_ROWS, frozenset()

    def __init__(
        self,
        market: SequencerMarket,
        domain: Domain,
        time: float,
        due: np.ndarray,
        expired: np.ndarray,
        leader: Any,
        rng: np.random.Generator,
        sealed_at: float = 0.0,
        **more: Any,
    ) -> None:
        self.market, self.domain, self.leader, self.rng = market, domain, leader, rng
        self.time = time  # when the block is executed [s]
        self.sealed_at = sealed_at  # what arrived up to here may go into the block [s]
        self.due, self.expired = due, expired
        self.sales: list[Sale] = []  # auctions held in this slot, as the public sees them afterwards
        self.shown: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # by builder: what it reads of `due`
        if more:
            vars(self).update(more)

    @property
    def kinds(self) -> frozenset[int]:
        """Kinds of the intents in `rows`, found out once for all who look for some of them."""
        rows, kinds = self._kinds
        if rows is not self.rows:
            rows, kinds = self._kinds = self.rows, frozenset(self.rows["kind"].tolist())
        return kinds

    @property
    def author(self) -> int:
        """Account of whoever built the block: the auction's winner, else the leader."""
        return self.leader.account if self.winner is None else self.winner.account

    def by_author(self, rows: np.ndarray) -> list[tuple[np.ndarray, int]]:
        """Split rows into stretches, each with the account of its author: one, unless rollups were sold in parts.

        A bundle belongs to the author of its first member.
        """
        if not rows.size:
            return []
        if not self.awards:
            return [(rows, self.author)]
        author = np.full(len(self.market.config.rollups), self.leader.account)
        for award in self.awards:
            if award.winner is not None:
                author[list(award.rollups)] = award.winner.account
        starts = np.empty(rows.size, np.int64)
        begun = starts[: _stretches(rows, author, starts)].tolist()
        ends = [*begun[1:], rows.size]
        return [
            (rows[start:end], author.item(int(rows["rollup"][start]))) for start, end in zip(begun, ends, strict=True)
        ]

    def view_of(self, agent: Any) -> BlockView:
        """Return what an agent reads of the block that it may order."""
        view = self.domain.block_view(agent, self.sealed_at)
        view.due = self.domain.regime.visibility.to_author(agent.role, agent.account, self.due)
        return view

    def give_back(self, rows: np.ndarray) -> None:
        """Take rows out of the block: what came from the mempool returns to it as it was sent, insertions expire."""
        order = np.argsort(self.due["id"])
        at = np.searchsorted(self.due["id"], rows["id"], sorter=order)
        at = order[np.minimum(at, order.size - 1)] if order.size else np.zeros(rows.size, np.int64)
        sent = self.due["id"][at] == rows["id"] if order.size else np.zeros(rows.size, np.bool_)
        self.market.mempool.put_back(self.domain.index, self.due[np.sort(at[sent])])
        self.expire(rows[~sent], Status.EXPIRED, Reason.NONE)

    def revert(self, rows: np.ndarray) -> Slot:
        """Take back a block that a reorganisation of L1 reverts: its author loses it, whoever builds next has read it.

        Nothing of it takes effect: what it holds returns to the mempool, its author's insertions expire, and what was
        bid for it, which it would have paid itself, is not due.
        """
        self.domain.published.update(rows["id"].tolist())
        self.give_back(rows)
        return self

    def expire(self, rows: np.ndarray, status: Status, reason: Reason) -> None:
        """Give rows that will not be executed their receipts."""
        if rows.size:
            rows = copied(rows)
            rows["status"], rows["reason"], rows["executed"] = int(status), int(reason), self.time
            rows["position"], rows["filled_in"], rows["filled_out"] = -1, 0.0, 0.0
            self.expired = joined([self.expired, rows])

    def builder_view(self, builder: Any) -> tuple[BlockView, np.ndarray]:
        """Return what a builder reads, and the indices of `due` that it received."""
        view, (shown, received) = self.domain.block_view(builder, self.sealed_at), self.shown_to(builder)
        view.due = copied(shown)
        return view, received

    def shown_to(self, builder: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return what is shown to a builder of the intents that are due, not to be written, and their indices."""
        found = self.shown.get(builder.account)
        if found is None:
            received = self.domain.received_by(builder.account, self.due)
            due = self.due if received.size == self.due.size else taken(self.due, received)
            visible = self.domain.regime.visibility.to_author(builder.role, builder.account, due)
            found = self.shown[builder.account] = visible, received
        return found
