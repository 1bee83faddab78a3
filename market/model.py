"""The market model: one slot of a sequencing domain, from the world's move to the record of its block."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mesa
import numpy as np
from numba import njit

from market import state
from market.config import MarketConfig
from market.desk import Desk
from market.domain import Domain, Slot
from market.errors import AccountingError, StrategyError
from market.execution import execute_block
from market.founding import World, check_collateral, found
from market.intents import INTENT, Kind, Purpose, Status, blank
from market.ledger import totals
from market.mempool import Mempool
from market.observation import Observation, PublicView
from market.prices import PricePath
from market.seats import Participant, Population, Roster
from market.sequencing import compose
from market.state import Book
from market.tally import Tally, dispersion
from market.tape import Tape
from market.venues import bridges, lending, oracle, perpetuals

STREAMS = ("prices", "founding", "flow", "borrowers", "ordering", "phases", "agents", "faults", "perpetual traders")
FILLED, K_BRIDGE = int(Status.FILLED), int(Kind.BRIDGE)
CONSERVATION_LIMIT = 1e-9
"""Largest relative drift of an asset's total before the run stops."""


@njit(cache=True)
def _tick(book: Book, time: float, which: np.ndarray, prices: np.ndarray) -> int:
    lending.accrue(book, time)
    perpetuals.accrue(book, time)
    return oracle.due(book, time, which, prices)


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
    tape
        file to write every intent to; none by default
    """

    def __init__(self, config: MarketConfig, seed: int, roster: Roster, tape: Path | None = None) -> None:
        super().__init__(rng=seed)
        self.config = config
        self.seed = seed
        self.streams = dict(zip(STREAMS, np.random.SeedSequence(seed).spawn(len(STREAMS)), strict=True))
        self.path = PricePath(config, self.streams["prices"])
        self._lay_out(config, roster)
        self.public = PublicView(self)
        self.desk = Desk(self)
        self.tape = None if tape is None else Tape(tape, self)
        self._admit(roster)
        for domain in self.domains:
            self.schedule_event(domain.run, at=domain.next_time())

    # -- founding ----------------------------------------------------------------------------------------------------

    def _lay_out(self, config: MarketConfig, roster: Roster) -> None:
        """Domains, accounts, venues, mempools and the record."""
        partition = compose(config.regime)["domains"].partition(config)
        check_collateral(config, partition)
        self.members = roster.members(partition)
        self.world: World = found(
            config, self.members, self.path.current, np.random.default_rng(self.streams["founding"])
        )
        phases = np.random.default_rng(self.streams["phases"])
        orders = self.streams["ordering"].spawn(len(partition))
        self.domains = [Domain(self, at, tuple(part), phases, orders[at]) for at, part in enumerate(partition)]
        domain_of = np.empty(len(config.rollups), np.int64)
        for domain in self.domains:
            domain_of[list(domain.rollups)] = domain.index
        self.domain_of = domain_of.tolist()
        self.mempool = Mempool(domain_of, len(self.domains))
        self.tally = Tally(len(config.rollups), len(self.world.groups))
        self.bundles = 1 << 40  # numbers of bundles tied by block authors, apart from those of the desk
        self._opening = totals(self.world.tables)
        self._released = 0.0
        self._deliveries: list[tuple[float, int, int, int, int, int, float]] = []
        feeds = len(self.world.tables.feed)
        self._which, self._posts = np.zeros(feeds, np.int64), np.zeros(feeds)
        self._reads_pools = bool((self.world.tables.feed[:, state.F_SOURCE] == oracle.POOL_SPOT).any())
        self._outside = self._outside_holdings()
        self.main_pools = self._find_main_pools()
        self._spread = np.zeros(len(config.asset_names))

    def _admit(self, roster: Roster) -> None:
        """Seat the agents and the populations."""
        self.participants: list[Any] = [member.make(self, at) for at, member in enumerate(self.members)]
        self.builders = [agent for agent in self.participants if agent.role == "builder"]
        for member, agent in zip(self.members, self.participants, strict=True):
            if member.role == "sequencer":
                self.domains[member.domain].leaders.append(agent)
        self.observations = [Observation(self, agent.account, agent.role) for agent in self.participants]
        for domain in self.domains:
            domain.enlist(self.participants)
        self.populations: list[Population] = roster.populations(self)

    def _find_main_pools(self) -> np.ndarray:
        """Return the deepest pool of each asset against the numeraire by rollup, -1 for none: (assets, rollups)."""
        tables = self.world.tables
        main = np.full((len(tables.price), len(self.config.rollups)), -1, np.int64)
        depth = np.zeros(main.shape)
        for at, row in enumerate(tables.pool):
            first, second = int(row[state.P_ASSET0]), int(row[state.P_ASSET1])
            if 0 not in (first, second):
                continue
            asset, rollup = max(first, second), int(row[state.P_ROLLUP])
            held = tables.balance[int(row[state.P_ACCOUNT]), rollup, 0]
            if held > depth[asset, rollup]:
                main[asset, rollup], depth[asset, rollup] = at, held
        return main

    # -- one slot ----------------------------------------------------------------------------------------------------

    def slot(self, domain: Domain) -> None:
        """Run one slot of a domain."""
        now = self.time
        self.advance(now)
        domain.announce(now)
        self.act(domain, now)
        slot = self.sequence(domain, now)
        self.execute(slot)
        self.learn(slot)
        self.record(slot)

    def advance(self, now: float) -> None:
        """Move the world: prices, interest, oracles, arrivals over bridges, the order flow."""
        self.path.advance(now)
        self.world.tables.price[:] = self.path.current
        posting = _tick(self.world.book, now, self._which, self._posts)
        if posting:
            self._send_oracle_updates(posting, now)
        while self._deliveries and self._deliveries[0][0] <= now:
            self._deliver(heapq.heappop(self._deliveries))
        until = now + self.config.window_s
        if until > self._released:
            for population in self.populations:
                self.mempool.submit(population.submit(now, until))
            self._released = until

    def act(self, domain: Domain, now: float) -> None:
        """Let the awake agents observe and submit."""
        self.public.refresh()
        agent = None
        try:
            for agent in domain.actors:
                if agent.wake_at <= now:
                    agent.act(self.observations[agent.account].at(domain, now), self.desk.open_for(agent, now))
        except StrategyError:
            raise
        except Exception as error:
            raise self.fault(agent, f"raised {type(error).__name__}: {error}") from error
        self.mempool.submit(self.desk.take())

    def sequence(self, domain: Domain, now: float) -> Slot:
        """Choose a leader, hold the auction, fix the order of the block, screen it."""
        slot, regime = domain.open_slot(now), domain.regime
        if slot.missed:
            return slot
        regime.preconfirmation.promise(slot)
        regime.auction.hold(slot)
        if slot.winner is not None:
            self.tally.built(slot.winner.account)
        with self.blame(slot.winner or slot.leader):
            rows = regime.ordering.block(slot)
        regime.oversight.ordered(slot, rows)
        rows = regime.forced_inclusion.enforce(slot, rows)
        rows = regime.preconfirmation.enforce(slot, rows)
        rows = regime.margin.screen(slot, rows)
        rows = regime.breaker.screen(slot, rows)
        slot.rows = regime.capacity.fit(slot, rows)
        return slot

    def execute(self, slot: Slot) -> None:
        """Carry out the block."""
        parts = slot.by_author(slot.rows)
        for rows, author in parts:
            execute_block(self.world.book, rows, slot.time, author, slot.leader.account)
        if len(parts) > 1:
            slot.rows["position"] = np.arange(slot.rows.size)
        slot.domain.regime.breaker.watch(slot)
        slot.domain.regime.revenue.pass_on(slot)
        slot.domain.regime.oversight.watch(slot)
        if self.config.prices.impact_per_million > 0.0:
            self._move_outside_price()
        if self._reads_pools:
            self._read_pools(slot)

    def learn(self, slot: Slot) -> None:
        """Hand out receipts: to each agent its own, to each population the block's."""
        rows = slot.rows if not slot.expired.size else np.concatenate([slot.rows, slot.expired])
        slot.rows = rows
        of_row = rows["sender"]
        strategic = np.flatnonzero(of_row < len(self.participants))
        senders = of_row[strategic]
        agent = None
        try:
            for account in dict.fromkeys(senders.tolist()):
                agent = self.participants[account]
                agent.learn(rows.take(strategic[senders == account]))
        except StrategyError:
            raise
        except Exception as error:
            raise self.fault(agent, f"raised {type(error).__name__}: {error}") from error
        for population in self.populations:
            population.learn(rows)

    def record(self, slot: Slot) -> None:
        """Add the block to the totals, schedule what it put on bridges, check the books."""
        bridged = self.tally.record(self.world.book, slot.by_author(slot.rows), slot.leader.account)
        if bridged:
            self._promise(slot)
        if self.tape is not None:
            self.tape.write(slot)
        if self.tally.slots % self.config.audit_every == 0:
            self.audit()

    def step(self) -> None:
        """Once a second: sample what is averaged over time."""
        dispersion(self.world.book, self.main_pools, self._spread)
        self.tally.dispersion += float(self._spread[1:].mean())
        self.tally.samples += 1

    # -- details -----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run to the horizon."""
        self.run_until(self.config.horizon_s)
        self.audit()
        if self.tape is not None:
            self.tape.close()

    def audit(self) -> None:
        """Check that no asset was made or lost; raises AccountingError."""
        drift = np.abs(totals(self.world.tables) / self._opening - 1.0)
        self.tally.conservation_error = max(self.tally.conservation_error, float(drift.max()))
        if not drift.max() <= CONSERVATION_LIMIT:
            asset = self.config.asset_names[int(drift.argmax())]
            raise AccountingError(
                f"total of {asset} drifted by {drift.max():.2e} at {self.time:g} s (seed {self.seed})"
            )

    def fault(self, agent: Participant | None, what: str) -> StrategyError:
        """Return the error that says whose strategy is at fault, in which slot and with which seed."""
        name = "the ordering rule" if agent is None else agent.name
        return StrategyError(f"{name}: {what} (slot {self.tally.slots}, time {self.time:g} s, seed {self.seed})")

    @contextmanager
    def blame(self, agent: Participant | None) -> Iterator[None]:
        """Turn whatever a strategy raises into a StrategyError that names it."""
        try:
            yield
        except StrategyError:
            raise
        except Exception as error:
            raise self.fault(agent, f"raised {type(error).__name__}: {error}") from error

    def _send_oracle_updates(self, count: int, now: float) -> None:
        rows = blank(count)
        feeds = self._which[:count]
        tables = self.world.tables
        rows["kind"], rows["purpose"] = int(Kind.ORACLE_UPDATE), int(Purpose.SYSTEM)
        rows["venue"], rows["amount"] = feeds, self._posts[:count]
        rows["sender"] = tables.feed[feeds, state.F_ACCOUNT]
        rows["rollup"] = tables.feed[feeds, state.F_ROLLUP]
        rows["sent"], rows["arrival"] = now, now + tables.feed[feeds, state.F_DELAY]
        rows["expiry"] = now + tables.feed[feeds, state.F_DELAY] + oracle.GIVE_UP_AFTER
        self.mempool.submit(rows)

    def _read_pools(self, slot: Slot) -> None:
        """Let oracles that read pools see what the block has done to them."""
        for rollup in slot.domain.rollups:
            posting = oracle.due_after_block(self.world.book, slot.time, rollup, self._which, self._posts)
            if posting:
                self._send_oracle_updates(posting, slot.time)

    def _promise(self, slot: Slot) -> None:
        table = self.world.tables.bridge
        for row in slot.rows[(slot.rows["kind"] == K_BRIDGE) & (slot.rows["status"] == FILLED)]:
            bridge = int(row["venue"])
            direction = 0 if int(row["rollup"]) == int(table[bridge, state.B_SOURCE]) else 1
            due = slot.time + float(table[bridge, state.B_DELAY])
            promise = (int(row["id"]), bridge, direction, int(row["asset_in"]), int(row["sender"]))
            heapq.heappush(self._deliveries, (due, *promise, float(row["filled_out"])))

    def _deliver(self, promise: tuple[float, int, int, int, int, int, float]) -> None:
        _, _, bridge, direction, asset, account, amount = promise
        if not bridges.deliver(self.world.book, bridge, direction, asset, account, amount):
            raise AccountingError(f"bridge {bridge} could not deliver {amount} of asset {asset} (seed {self.seed})")

    def _outside_holdings(self) -> np.ndarray:
        return self.world.tables.balance[self.world.account_of["outside"]].sum(axis=0)

    def _move_outside_price(self) -> None:
        """Permanent impact: what the outside market bought on net lowers its price, linearly in the log."""
        holdings = self._outside_holdings()
        for asset in range(1, len(holdings)):
            bought = (holdings[asset] - self._outside[asset]) * self.world.tables.price[asset]
            if bought:
                self.path.shift(asset, -self.config.prices.impact_per_million * bought / 1e6)
        self._outside = holdings


NO_ROWS = np.zeros(0, INTENT)
