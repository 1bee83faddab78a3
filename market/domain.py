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
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from market.access.observation import BlockView
from market.access.turns import Turn, turns
from market.errors import blame
from market.intents.rows import NO_ROWS, copied
from market.moments import Moment
from market.sequencing import compose
from market.slot import Slot

if TYPE_CHECKING:
    from market.model import SequencerMarket
    from market.sequencing.domains.base import Charter

BY_BLOCK = (
    "preconfirmation", "auction", "ordering", "oversight", "forced_inclusion", "margin", "breaker", "capacity",
    "revenue",
)  # fmt: skip
"""Parts of a regime that have to do with the block of a slot, beyond whose it is and whether there is one."""


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
        self._idle_until = -math.inf  # until when slots in which nothing is due pass by the regime [s]
        self._graces = self._with_grace()

    def enlist(self, participants: list[Any]) -> None:
        """Note who acts here: everybody who does anything in `act`, sequencers only in their own domain."""
        self.actors = [
            agent for agent in participants if agent.acts and (agent.role != "sequencer" or agent in self.leaders)
        ]
        self.turns = turns(self, self.actors, self.market.observations, self.market.times)
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
        market, now = self.market, self._look.time
        market.advance(now)
        if self._graces:
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
        if self.sealed.sealed_at >= self._idle_until:
            self._idle_until = min(getattr(self.regime, name).idle_until for name in BY_BLOCK)
        now, self.sealed = self.sealed.time, None
        self._coming(now)

    def order(self, slot: Slot) -> np.ndarray:
        """Return the block of a slot, by whoever may order it: by nobody where the rule leaves no choice."""
        if self.regime.ordering.only_orders:
            return self.regime.ordering.block(slot)
        with blame(self.market, slot.winner or slot.leader):
            return self.regime.ordering.block(slot)

    def taken_in(self, slot: Slot, parts: int) -> None:
        """Let the parts of the regime take note of a block that was executed in so many parts, before receipts are."""
        if parts > 1:
            slot.rows["position"] = np.arange(slot.rows.size)
        self.regime.breaker.after_block(slot)
        self.regime.revenue.pass_on(slot)
        self.regime.oversight.after_block(slot)

    def announce(self, now: float) -> None:
        """Let everybody see, and venues heed, where liquidations wait: in an outage and for the grace period after."""
        consensus = self.regime.consensus
        for rollup, grace_s in self._graces:
            waits = consensus.down or now < consensus.back_at + grace_s
            self.market.world.tables.rollups["grace"][rollup] = 1.0 if waits else 0.0

    def open_slot(self, now: float) -> Slot:
        """Take what has arrived and name the leader; a slot that consensus misses takes nothing.

        The block is executed once its contents are open and it is agreed on.
        """
        regime, market = self.regime, self.market
        leader, consensus = regime.leader.choose(self, now), regime.consensus
        if not consensus.reached(self, now, leader):
            nobody = self.leaders[0] if leader is None else leader
            slot = Slot(market, self, now, NO_ROWS, NO_ROWS, nobody, self.rng, sealed_at=now, missed=True)
            regime.leader.opened(slot)
            return slot
        if self._graces:
            self.announce(now)
        due, expired = market.mempool.take(self.index, now)
        wait = regime.visibility.delay() + consensus.delay()
        if wait > 0.0:  # the mempool's arrays are somebody else's by then
            due, expired = copied(due), copied(expired)
        slot = Slot(market, self, now + wait, due, expired, leader, self.rng, now)
        if consensus.reverts:
            slot.orphaned = True
        elif now < self._idle_until and not due.size:
            slot.passes = True
        regime.leader.opened(slot)
        regime.visibility.begin(slot)
        return slot

    def received_by(self, builder: int, due: np.ndarray) -> np.ndarray:
        """Return the indices of the due intents that reached a builder, by its account."""
        if self._received is None:
            return np.arange(due.size)
        received = self._received(builder, due)
        if self.published:
            received |= np.isin(due["id"], list(self.published))
        return received.nonzero()[0]

    def block_view(self, agent: Any, now: float) -> BlockView:
        """Return an agent's view as the author of a block."""
        view = self._views.get(agent.account)
        if view is None:
            view = self._views[agent.account] = BlockView(self.market, agent.account, agent.role)
        view._at(self, now)
        return view
