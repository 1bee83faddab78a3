"""No public name that a strategy is handed leads to what it must not know or must not write."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import types
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import players
import pytest
from worlds import opened, stressed

from agents.base import StrategicAgent
from market import regimes
from market.access.desk import Desk
from market.access.outbox import Outbox
from market.access.protocols import Bid
from market.access.seat import seats as deal
from market.intents.mempool import Mempool
from market.model import SequencerMarket
from market.prices.path import PricePath
from market.sequencing.ordering.base import untouched
from market.state.store import State, Tables

FORBIDDEN = (SequencerMarket, Mempool, PricePath, Outbox, State, Tables, StrategicAgent, np.random.BitGenerator)
"""What nobody may come to; its own stream is stopped at before its bit generator is."""
LEAVES = (str, bytes, int, float, complex, bool, type(None), np.generic, np.dtype, enum.Enum, type, types.ModuleType)
ASKS = {"distressed", "pending", "take", "learn"}
"""Methods without arguments that are called, if they exist: `take` was one by which all submitted rows could be had."""
ROOM = ("market.", "agents.")


@pytest.fixture(autouse=True)
def _no_scripts() -> Iterator[None]:
    yield
    players.Scripted.script = players.ScriptedSequencer.script = None
    players.ScriptedBuilder.script = players.ScriptedBuilder.hears = None


class Walk:
    """A breadth-first walk over all public attributes from an object that a strategy is handed.

    Parameters
    ----------
    market
        to which nothing may lead
    own
        the stream of random numbers of the strategy itself
    """

    def __init__(self, market: SequencerMarket, own: np.random.Generator) -> None:
        self.market, self.own = market, own
        self.steps = 0
        self.found: list[str] = []
        self._secret = [
            market.world.state.cells,
            market.world.state.journal,
            market.mempool._pending,
            market.mempool._due,
            market.outbox._rows,
            *(value for value in vars(market.path).values() if isinstance(value, np.ndarray)),
        ]
        self._open = market.world.state.cells

    def from_(self, name: str, start: Any) -> None:
        """Walk from an object known to the strategy under a name."""
        queue, seen = deque([(name, start)]), {}
        while queue:
            path, item = queue.popleft()
            if id(item) in seen or isinstance(item, LEAVES):
                continue
            seen[id(item)] = item  # kept, so that no other object gets its number
            self.steps += 1
            assert self.steps < 200_000, "the walk does not end"
            if self._stops(path, item):
                continue
            queue.extend(self._next(path, item))

    def _stops(self, path: str, item: Any) -> bool:
        if isinstance(item, FORBIDDEN):
            self.found.append(f"{path}: {type(item).__name__}")
            return True
        if isinstance(item, np.random.Generator):
            if item is not self.own:
                self.found.append(f"{path}: a stream that is not its own")
            return True
        if isinstance(item, np.ndarray):
            self._look(path, item)
            return not item.dtype.hasobject
        return False

    def _look(self, path: str, array: np.ndarray) -> None:
        for memory in self._secret:
            if np.may_share_memory(array, memory) and np.shares_memory(array, memory):
                if array.flags.writeable:
                    self.found.append(f"{path}: can be written")
                elif memory is not self._open:
                    self.found.append(f"{path}: shows what is not public")

    def _next(self, path: str, item: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(item, Mapping):
            yield from ((f"{path}[{key!r}]", value) for key, value in item.items())
            yield from ((f"{path} key", key) for key in item)
        elif isinstance(item, list | tuple | set | frozenset | np.ndarray):
            values = item.flat if isinstance(item, np.ndarray) else item
            yield from ((f"{path}[{at}]", value) for at, value in enumerate(values))
        if not (type(item).__module__.startswith(ROOM) or dataclasses.is_dataclass(item)):
            return
        for name in dir(item):
            if name.startswith("_"):
                continue
            try:
                value = getattr(item, name)
            except Exception:  # noqa: BLE001 - a property that does not apply here leads nowhere
                continue
            yield f"{path}.{name}", value
            if name in ASKS and callable(value) and not inspect.signature(value).parameters:
                yield f"{path}.{name}()", value()


def handed_out(regime: str) -> tuple[list[str], int, set[str]]:
    """Walk from all that strategies are handed, in every slot of a short market, once something is pending."""
    complaints: list[str] = []
    kinds: set[str] = set()
    steps = 0
    market: Any = None
    walked: dict[str, int] = {}

    def walk(agent: Any, **handed: Any) -> None:
        nonlocal steps
        waits = any(market.mempool.waiting(domain.index).size for domain in market.domains)
        for name, start in handed.items():
            key = f"{agent.role} {name}"
            if not waits or walked.get(key, 0) >= 2:
                continue
            walked[key] = walked.get(key, 0) + 1
            walker = Walk(market, agent.rng_own)
            walker.from_(name, start)
            complaints.extend(f"{agent.role}: {found}" for found in walker.found)
            kinds.add(type(start).__name__)
            steps += walker.steps

    def act(agent: Any, seen: Any, desk: Desk) -> None:
        if desk._outbox._count == 0:
            desk.swap(0, 0, 1, 10.0, 0.0)  # something of another's that has been submitted and not collected
        walk(agent, seen=seen, desk=desk, seat=seats[agent.account])

    def author(agent: Any, seen: Any) -> Any:
        walk(agent, block=seen, seat=seats[agent.account])
        return untouched(np.arange(seen.due.size))

    players.Scripted.script, players.ScriptedSequencer.script = act, author
    players.ScriptedBuilder.script = lambda agent, seen: Bid(author(agent, seen), 0.0, 0.0)
    cast = (players.trader(count=2), players.sequencer(), players.builder(count=2))
    market = opened(stressed(regime, agents=cast, horizon_s=10.0))
    seats = deal(market)
    for seat, agent in zip(seats, market.participants, strict=True):
        object.__setattr__(seat, "stream", agent.rng_own)
    market.run()
    return complaints, steps, kinds


@pytest.mark.parametrize("regime", regimes.names())
def test_nothing_public_leads_to_secrets_or_to_what_can_be_written(regime: str) -> None:
    complaints, steps, kinds = handed_out(regime)
    assert sorted(set(complaints)) == []
    assert steps > 100
    assert {"Observation", "Desk", "Seat"} <= kinds


def test_the_walk_finds_what_is_there_to_be_found() -> None:
    """Whoever is handed the market, its rows or another agent is told on."""
    market = opened(stressed("siloed", agents=(players.trader(),), horizon_s=4.0))
    own = market.participants[-1].rng_own
    for name, start in {
        "model": types.SimpleNamespace(model=market),
        "rows": (market.outbox._rows[:1],),
        "cells": {"cells": market.world.tables.balance},
        "rival": [market.participants[0]],
        "stream": (np.random.default_rng(1),),
    }.items():
        walker = Walk(market, own)
        walker.from_(name, start if not isinstance(start, types.SimpleNamespace) else vars(start))
        assert walker.found, name


def test_an_agent_holds_no_model() -> None:
    market = opened(stressed("pbs", horizon_s=4.0))
    for agent in market.participants:
        assert not hasattr(agent, "model")
        held = [value for name, value in vars(agent).items() if isinstance(value, SequencerMarket | StrategicAgent)]
        assert held == []


def test_mesa_counts_one_agent_for_each_participant() -> None:
    market = opened(stressed("pbs", horizon_s=4.0))
    assert [agent.strategy for agent in market.agents] == market.participants
