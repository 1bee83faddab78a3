"""A sequencing domain and one of its slots."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from market.intents import INTENT
from market.observation import BlockView
from market.seats import Bid
from market.sequencing import compose

if TYPE_CHECKING:
    from market.model import SequencerMarket

NO_ROWS = np.zeros(0, INTENT)
SHARED_BLOCK_TIME_S = 2.0
"""Block time of a domain of several rollups unless the regime says otherwise [s]."""


@dataclass
class Slot:
    """One slot on its way from the mempool to the record.

    `due` is what may go into the block; `rows` the block (and after execution its receipts).
    """

    market: SequencerMarket
    domain: Domain
    time: float
    due: np.ndarray
    expired: np.ndarray
    leader: Any
    rng: np.random.Generator
    winner: Any = None
    winning: Bid | None = None
    missed: bool = False  # no block was agreed on
    bids: float = 0.0  # paid for the right to build or to lead this slot [USD]
    rows: np.ndarray = field(default_factory=lambda: NO_ROWS)

    @property
    def author(self) -> int:
        """Account of whoever built the block: the auction's winner, else the leader."""
        return self.leader.account if self.winner is None else self.winner.account

    def view_of(self, agent: Any) -> BlockView:
        """Return what an agent reads of the block that it may order."""
        view = self.domain.block_view(agent, self.time)
        view.due = self.domain.regime.visibility.to_author(agent.role, agent.account, self.due)
        return view

    def builder_view(self, builder: Any) -> tuple[BlockView, np.ndarray]:
        """Return what a builder reads, and the indices of `due` that it received."""
        visibility = self.domain.regime.visibility
        if hasattr(visibility, "received"):
            received = np.flatnonzero(visibility.received(builder.account, self.due))
        else:
            received = np.arange(self.due.size)
        view = self.domain.block_view(builder, self.time)
        view.due = visibility.to_author(builder.role, builder.account, self.due[received])
        return view, received


class Domain:
    """Rollups that are sequenced together, under the parts of the regime.

    Attributes
    ----------
    rollups : tuple of int
        what it sequences
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
        rollups: tuple[int, ...],
        phases: np.random.Generator,
        order_seed: np.random.SeedSequence,
    ) -> None:
        config = market.config
        self.market = market
        self.index = index
        self.rollups = rollups
        self.regime = SimpleNamespace(**{name: part.start() for name, part in compose(config.regime).items()})
        if config.regime.block_time_s is not None:
            self.block_time = config.regime.block_time_s
        elif len(rollups) == 1:
            self.block_time = config.rollups[rollups[0]].block_time_s
        else:
            self.block_time = SHARED_BLOCK_TIME_S
        # rollups that are sequenced apart do not tick together
        self.phase = float(phases.random()) * self.block_time
        self.rng = np.random.default_rng(order_seed)
        self.slot = -1
        self.leaders: list[Any] = []
        self.actors: list[Any] = []
        self._views: dict[int, BlockView] = {}

    def enlist(self, participants: list[Any]) -> None:
        """Note who acts here: everybody who does anything in `act`, sequencers only in their own domain."""
        self.actors = [
            agent for agent in participants if agent.acts and (agent.role != "sequencer" or agent in self.leaders)
        ]

    def next_time(self) -> float:
        """Start of the next slot [s]."""
        return self.phase + (self.slot + 2) * self.block_time

    def run(self) -> None:
        """Run the next slot and put the one after it on the event list."""
        self.slot += 1
        self.market.slot(self)
        self.market.schedule_event(self.run, at=self.next_time())

    def open_slot(self, now: float) -> Slot:
        """Take what has arrived and name the leader; a slot that consensus misses takes nothing."""
        leader = self.regime.leader.choose(self, now)
        if not self.regime.consensus.reached(self, now):
            return Slot(self.market, self, now, NO_ROWS, NO_ROWS, leader, self.rng, missed=True)
        latency = self.regime.visibility.delay() + self.regime.consensus.delay()
        due, expired = self.market.mempool.take(self.index, now + self.market.config.window_s - latency)
        return Slot(self.market, self, now, due, expired, leader, self.rng)

    def block_view(self, agent: Any, now: float) -> BlockView:
        """Return an agent's view as the author of a block."""
        view = self._views.get(agent.account)
        if view is None:
            view = self._views[agent.account] = BlockView(self.market, agent.account, agent.role)
        view.at(self, now)
        return view
