"""The market model: one slot of a sequencing domain, from the last look of its agents to the record of its block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import mesa
import numpy as np

from market.access.alarms import Alarms
from market.access.crowds import Populations
from market.access.observation import Observation
from market.access.outbox import Outbox
from market.access.protocols import Roster
from market.access.public import PublicView
from market.access.receipts import by_sender
from market.access.seat import Seated, seats
from market.access.times import seated
from market.access.turns import Times, Turn, Turns, due
from market.config import MarketConfig
from market.domain import Domain, Slot
from market.errors import InputError, blame
from market.genesis import World, check, found
from market.graph.kept import keep
from market.intents.mempool import Mempool
from market.intents.rows import in_line, joined
from market.measures.audit import Audit
from market.measures.flows import BridgeFlows
from market.measures.profits import Profits
from market.measures.recorder import NO_FAULTS, Recorder, Recorders, tell, tell_of
from market.measures.tally import Tally
from market.moments import EverySecond, Time, TimeLine
from market.prices.path import PricePath
from market.sequencing import compose
from market.streams import spawn
from market.venues.clock import Clocks
from market.venues.pools.main import main_pools


class SequencerMarket(mesa.Model):
    """Rollups, venues, mempools and whoever sequences them.

    Parameters
    ----------
    config
        everything but the seed
    seed
        root of all streams of random numbers
    roster
        who takes part
    recorders
        what takes note of the run besides `tally`, `profits`, `audit` and the flows of `graph`
    """

    time = Time()  # pyright: ignore[reportAssignmentType] - a descriptor, as in Mesa

    def __init__(self, config: MarketConfig, seed: int, roster: Roster, recorders: Iterable[Recorder] = ()) -> None:
        super().__init__(rng=seed)
        self._event_list = TimeLine(self._event_list.peek_ahead())
        self.config, self.seed, self.streams = config, seed, spawn(seed)
        self.path, self.times = PricePath(config, self.streams["prices"]), Times()
        self._lay_out(roster)
        self.public = PublicView(self.world, len(self.members))
        self._turn, self.telling = blame(self), blame(self, passes=NO_FAULTS)
        self.alarms = Alarms(self)
        self.outbox = Outbox(self)
        self._admit(roster)
        self._clocks, self._steps = Clocks(self), EverySecond(self)
        self.recorders = Recorders([self.tally, self.profits, self.audit, BridgeFlows(), *recorders])
        tell(self, "on_start", self)
        self.moves = self.rule.begin(self)

    def _lay_out(self, roster: Roster) -> None:
        """Domains, accounts, venues, mempools and the totals."""
        config = self.config
        self.rule = compose(config.regime)["domains"]
        check(config, self.rule.partition(config))
        charters = self.rule.charters(config)
        self.members = roster.members([list(charter.rollups) for charter in charters])
        founding, phases = (np.random.default_rng(self.streams[name]) for name in ("founding", "phases"))
        self.world: World = found(config, self.members, self.path.current, founding, charters)
        orders = self.streams["ordering"].spawn(len(charters))
        self.domains = [Domain(self, at, charter, phases, orders[at]) for at, charter in enumerate(charters)]
        self.graph = self.world.graph
        keep(self.graph, self.domains, len(config.asset_names))
        self.domain_of: list[int] = [self.graph.nodes[rollup]["domain"] for rollup in range(len(config.rollups))]
        self.mempool = Mempool(np.array(self.domain_of, np.int64), len(self.domains))
        self.main_pools = main_pools(self.world.tables, len(config.rollups))
        self.tally, self.profits, self.audit = Tally(len(config.rollups), len(self.world.groups)), Profits(), Audit()
        self.bundles = 1 << 40  # numbers of bundles tied by block authors, apart from those of the desk
        self._moved_to = 0.0

    def _admit(self, roster: Roster) -> None:
        """Seat the agents and the populations."""
        self.participants: list[Any] = []
        with blame(self, passes=(InputError,)) as turn:
            for member, seat in zip(self.members, seats(self), strict=True):
                turn.agent = member
                self.participants.append(agent := seated(member.make(seat)))
                if member.role == "sequencer":
                    self.domains[member.domain].leaders.append(agent)
        self.seated = [Seated(self, agent) for agent in self.participants]
        self.builders = [agent for agent in self.participants if agent.role == "builder"]
        self.observations = [Observation(self, agent.account, agent.role) for agent in self.participants]
        self.times.seat(self.participants)
        for domain in self.domains:
            domain.enlist(self.participants)
        self.populations = Populations(roster.populations(self))

    def seal(self, domain: Domain, now: float) -> Slot:
        """Decide what the block of a domain is."""
        self.advance(now)
        self.public.refresh()
        return self.sequence(domain, now)

    def finish(self, slot: Slot) -> None:
        """Execute a block, hand out its receipts, and take note of it."""
        self.advance(slot.time)
        self.execute(slot)
        self.learn(slot)
        tell_of(self, "on_block", slot)

    def advance(self, now: float) -> None:
        """Move the world: order flow sent on what was there so far, prices, and what venues do by themselves."""
        if now <= self._moved_to:
            return
        self.populations.send(self._moved_to, now, self.mempool)
        self._moved_to = now
        if self.path.advance(now):
            self.world.tables.prices[:] = self.path.current
        self._clocks.advance(now)

    def act(self, asked: list[Turn], now: float, whose: Callable[..., Iterator[Any]] = due) -> None:
        """Let agents observe and submit, each at a domain: of those who are asked, whose turn it is."""
        self.public.refresh()
        with self._turn as turn:
            if isinstance(asked, Turns) and asked.none_due(now, turn):
                return
            for agent, seen in whose(asked, now, turn):
                agent.act(seen, self.outbox.open_for(agent, now))
                self.times.called(agent)
        self.mempool.submit(self._clocks.left_of(self.outbox.take(), now))

    def sequence(self, domain: Domain, now: float) -> Slot:
        """Choose a leader, hold the auction, fix the order of the block, screen it; of nothing nothing comes."""
        slot, regime = domain.open_slot(now), domain.regime
        if slot.missed or slot.passes:
            return slot
        regime.preconfirmation.promise(slot)
        regime.auction.hold(slot)
        rows = domain.order(slot)
        if slot.orphaned:
            return slot.revert(rows)
        regime.oversight.ordered(slot, rows)
        rows = regime.forced_inclusion.enforce(slot, rows)
        rows = regime.preconfirmation.enforce(slot, rows)
        rows = regime.margin.screen(slot, rows)
        rows = regime.breaker.screen(slot, rows)
        slot.rows = in_line(self._clocks.left_in(slot, regime.capacity.fit(slot, rows)))
        return slot

    def execute(self, slot: Slot) -> None:
        """Carry out the block, and let the regime and the venues see what it did."""
        tell_of(self, "before_block", slot)
        parts = slot.by_author(slot.rows) if slot.rows.size else ()
        for rows, author in parts:
            slot.domain.regime.guarantees.execute(self.world.state, rows, slot.time, author, slot.leader.account)
        tell_of(self, "executed", slot)
        if not slot.passes:
            slot.domain.taken_in(slot, len(parts))
        self._clocks.after(slot)
        self.alarms.after_block()

    def learn(self, slot: Slot) -> None:
        """Hand out receipts: to each agent its own, to each population the block's."""
        rows = slot.rows = slot.rows if not slot.expired.size else joined([slot.rows, slot.expired])
        if rows.size:
            with self._turn as turn:
                for account, receipts in by_sender(rows, len(self.participants)):
                    turn.agent = agent = self.participants[account]
                    agent.learn(receipts)
                    self.times.called(agent)
            for population in self.populations:
                population.learn(rows)

    def carried_out(self, rows: np.ndarray) -> None:
        """Let recorders take note of orders that a venue has carried out apart from blocks."""
        tell(self, "on_orders", in_line(rows))

    def step(self) -> None:
        """Once a second: let the recorders sample."""
        tell(self, "on_second", self)

    def run(self) -> None:
        """Run to the horizon."""
        self.run_until(self.config.horizon_s)
        tell(self, "close")
