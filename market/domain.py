"""A sequencing domain and one of its slots.

The time line of a slot; no two of these moments change places:

- observe: agents look `window_s` before the block is sealed, at the state that the last executed block left;
- send: what they decide is sent at once, and so is what populations send at times of their own in between;
- arrive: an intent reaches the mempool its sender's latency later;
- seal: whoever orders the block knows the world up to here, and what has arrived;
- execute: what visibility and consensus add later (opening sealed contents, votes), at the prices of that moment;
- soft finality once the block is agreed on, at the latest with the execution; hard finality once the batch that holds
  the block is final on L1.

A domain seals its next block once the last one is executed. Without rollups it rests. A block that a reorganisation of
L1 reverts is sealed, read by everybody, and never executed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from market.access.observation import BlockView
from market.access.protocols import Award, Bid, Sale
from market.access.turns import Turn, turns
from market.intents.rows import INTENT, Reason, Status, joined
from market.intents.spans import stretches
from market.kernel.direct import bound
from market.moments import Moment
from market.sequencing import compose

if TYPE_CHECKING:
    from market.model import SequencerMarket
    from market.sequencing.domains.base import Charter

NO_ROWS = np.zeros(0, INTENT)
_stretches = bound(stretches)


@dataclass
class Slot:
    """One slot on its way from the mempool to the record.

    `due` is what may go into the block; `rows` the block (and after execution its receipts).
    """

    market: SequencerMarket
    domain: Domain
    time: float  # when the block is executed [s]
    due: np.ndarray
    expired: np.ndarray
    leader: Any
    rng: np.random.Generator
    winner: Any = None
    winning: Bid | None = None
    sealed_at: float = 0.0  # what arrived up to here may go into the block [s]
    missed: bool = False  # no block was agreed on
    shown: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)  # by builder: what it reads of `due`
    bids: float = 0.0  # paid to the leader for the right to build this slot's block [USD]
    price: float | None = None  # paid to the protocol for the right to lead [USD]; None: the slot was not sold
    awards: tuple[Award, ...] = ()  # who builds what, where an auction sells the domain's rollups in parts
    alone: np.ndarray | None = None  # best bids for each of the domain's rollups by itself, where asked for [USD]
    groups: np.ndarray | None = None  # best bids for each group of them (bit r: the r-th), where asked for [USD]
    sales: list[Sale] = field(default_factory=list)  # auctions held in this slot, as the public sees them afterwards
    orphaned: bool = False  # a reorganisation of L1 reverts the block before it is executed
    signed_twice: bool = False  # the leader changed its order after the contents were opened
    rows: np.ndarray = field(default_factory=lambda: NO_ROWS)

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
            rows = rows.copy()
            rows["status"], rows["reason"], rows["executed"] = int(status), int(reason), self.time
            rows["position"], rows["filled_in"], rows["filled_out"] = -1, 0.0, 0.0
            self.expired = joined([self.expired, rows])

    def builder_view(self, builder: Any) -> tuple[BlockView, np.ndarray]:
        """Return what a builder reads, and the indices of `due` that it received."""
        view, (shown, received) = self.domain.block_view(builder, self.sealed_at), self.shown_to(builder)
        view.due = shown.copy()
        return view, received

    def shown_to(self, builder: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return what is shown to a builder of the intents that are due, not to be written, and their indices."""
        found = self.shown.get(builder.account)
        if found is None:
            received = self.domain.received_by(builder.account, self.due)
            visible = self.domain.regime.visibility.to_author(builder.role, builder.account, self.due.take(received))
            found = self.shown[builder.account] = visible, received
        return found


class Domain:
    """Rollups that are sequenced together, under the parts of the regime.

    Attributes
    ----------
    rollups : tuple of int
        what it sequences
    first : int
        the first of these at the start; where it began with none, a number that is no rollup's and no other domain's
    slot : int
        number of the current slot, from 0
    block_time : float
        time between slots [s]
    leaders : list
        its sequencers, by seat
    actors : list
        strategic agents that act in its slots
    """

    def __init__(
        self,
        market: SequencerMarket,
        index: int,
        charter: Charter,
        phases: np.random.Generator,
        order_seed: np.random.SeedSequence,
    ) -> None:
        config = market.config
        self.market = market
        self.index = index
        self.rollups = charter.rollups
        self.first: int = min(charter.rollups, default=len(config.rollups) + index)
        self.regime = SimpleNamespace(**{name: part.start() for name, part in compose(charter.regime).items()})
        self.extent: str = getattr(self.regime.ordering, "extent", "all")  # what the author of a block decides
        self._received = getattr(self.regime.visibility, "received", None)
        self.block_time = charter.block_time_s
        # rollups that are sequenced apart do not tick together
        self.phase = float(phases.random()) * self.block_time
        self.rng = np.random.default_rng(order_seed)
        self._window_s = config.window_s
        self.slot = -1
        self.sealing = self.phase  # when the coming block is sealed [s]
        self.leaders: list[Any] = []
        self.actors: list[Any] = []
        self.turns: list[Turn] = []
        self.published: set[int] = set()  # numbers of the intents that a reverted block has shown to everybody
        self.sealed: Slot | None = None  # decided on and not yet executed
        self.resting = False  # it has no rollups, and nothing of it is on the event list
        self._look, self._seal, self._execute = (Moment(market, act) for act in (self.look, self.seal, self.execute))
        self._views: dict[int, BlockView] = {}
        self._graces = self._with_grace()

    def enlist(self, participants: list[Any]) -> None:
        """Note who acts here: everybody who does anything in `act`, sequencers only in their own domain."""
        self.actors = [
            agent for agent in participants if agent.acts and (agent.role != "sequencer" or agent in self.leaders)
        ]
        self.turns = turns(self, self.actors, self.market.observations)
        for part in vars(self.regime).values():
            part.seated(self)

    def _with_grace(self) -> list[tuple[int, float]]:
        graces = [(rollup, self.market.config.rollups[rollup].grace_s) for rollup in self.rollups]
        return [(rollup, grace_s) for rollup, grace_s in graces if grace_s > 0.0]

    def start(self) -> None:
        """Put the first look on the event list."""
        self.sealing = self.phase
        self._coming(0.0)

    def sequence(self, rollups: tuple[int, ...]) -> None:
        """Sequence these rollups from now on; whoever rested wakes for the next block on its clock.

        No block of the domain may be decided on and not yet executed.
        """
        now, joined = self.market.time, tuple(sorted(set(rollups) - set(self.rollups)))
        self.rollups = rollups
        self._graces = self._with_grace()
        for part in vars(self.regime).values():
            part.joined(self, joined)
        if self.resting and rollups:
            self.resting = False
            self.sealing = self.phase + max(0, math.ceil((now - self.phase) / self.block_time)) * self.block_time
            self.phase = self.sealing - (self.slot + 1) * self.block_time  # slots are numbered without a gap
            self._coming(now)

    def _coming(self, now: float) -> None:
        """Put the look before the next sealing on the event list."""
        look = max(now, self.sealing - self._window_s)
        self._look.list_at(look)

    def look(self) -> None:
        """Begin a slot: let agents look, and seal the block when it is time to."""
        if not self.rollups:
            self.resting = True
            return
        self.slot += 1
        market, now = self.market, self.market.time
        market.advance(now)
        self.announce(now)
        self.regime.governance.convene(self, now)
        market.act(self.turns, now)
        if self.sealing > now:
            self._seal.list_at(self.sealing)
        else:
            self.seal()

    def seal(self) -> None:
        """Fix the block, and execute it when it is time to."""
        if not self.rollups:  # they have left since the look
            self.resting, self.slot = True, self.slot - 1
            return
        slot = self.sealed = self.market.seal(self, self.sealing)
        # on its time, or at once where the last block is executed after that
        self.sealing = max(slot.time, self.phase + (self.slot + 1) * self.block_time)
        if slot.time > slot.sealed_at:
            self._execute.list_at(slot.time)
        else:
            self.execute()

    def execute(self) -> None:
        """End the slot with the execution of its block."""
        assert self.sealed is not None
        self.market.finish(self.sealed)
        self.regime.ordering.after_block(self.sealed)
        now, self.sealed = self.sealed.time, None
        self._coming(now)

    def announce(self, now: float) -> None:
        """Let everybody see, and venues heed, where liquidations wait: in an outage and for the grace period after."""
        if not self._graces:
            return
        consensus = self.regime.consensus
        for rollup, grace_s in self._graces:
            waits = consensus.down or now < consensus.back_at + grace_s
            self.market.world.tables.rollups["grace"][rollup] = 1.0 if waits else 0.0

    def open_slot(self, now: float) -> Slot:
        """Take what has arrived and name the leader; a slot that consensus misses takes nothing.

        The block is executed once its contents are open and it is agreed on.
        """
        leader = self.regime.leader.choose(self, now)
        if not self.regime.consensus.reached(self, now, leader):
            nobody = self.leaders[0] if leader is None else leader
            slot = Slot(self.market, self, now, NO_ROWS, NO_ROWS, nobody, self.rng, sealed_at=now, missed=True)
            self.regime.leader.opened(slot)
            return slot
        self.announce(now)
        due, expired = self.market.mempool.take(self.index, now)
        wait = self.regime.visibility.delay() + self.regime.consensus.delay()
        if wait > 0.0:  # the mempool's arrays are somebody else's by then
            due, expired = due.copy(), expired.copy()
        slot = Slot(self.market, self, now + wait, due, expired, leader, self.rng, sealed_at=now)
        slot.orphaned = self.regime.consensus.reverts
        self.regime.leader.opened(slot)
        self.regime.visibility.begin(slot)
        return slot

    def received_by(self, builder: int, due: np.ndarray) -> np.ndarray:
        """Return the indices of the due intents that reached a builder, by its account."""
        if self._received is None:
            return np.arange(due.size)
        received = self._received(builder, due)
        if self.published:
            received |= np.isin(due["id"], list(self.published))
        return np.flatnonzero(received)

    def block_view(self, agent: Any, now: float) -> BlockView:
        """Return an agent's view as the author of a block."""
        view = self._views.get(agent.account)
        if view is None:
            view = self._views[agent.account] = BlockView(self.market, agent.account, agent.role)
        view._at(self, now)
        return view
