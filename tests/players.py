"""Strategies that only tests need, named in configurations as "players:Class"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from agents.base import Trader
from agents.builders.base import Builder
from agents.protocols.base import Protocol
from agents.sequencers.base import Sequencer
from market.access.networks import NetworksSeen
from market.access.protocols import Arrangement, Bid
from market.config import AgentConfig
from market.intents.rows import INTENT
from market.sequencing.ordering.base import untouched

NO_ROWS = np.zeros(0, INTENT)


class Scripted(Trader):
    """Does whatever a test says: `script(agent, seen, desk)` in every slot."""

    script: ClassVar[Callable[..., Any] | None] = None

    def act(self, seen, desk) -> None:
        if Scripted.script is not None:
            Scripted.script(self, seen, desk)


class ScriptedSequencer(Sequencer):
    """Orders as a test says: `script(agent, seen)` returns the arrangement."""

    script: ClassVar[Callable[..., Any] | None] = None

    def arrange(self, seen) -> Arrangement:
        if ScriptedSequencer.script is None:
            return super().arrange(seen)
        return ScriptedSequencer.script(self, seen)


class ScriptedBuilder(Builder):
    """Builds as a test says: `script(agent, seen)` returns the bid."""

    script: ClassVar[Callable[..., Any] | None] = None
    hears: ClassVar[Callable[..., Any] | None] = None

    def build(self, seen) -> Bid:
        if ScriptedBuilder.script is None:
            return Bid(untouched(np.arange(seen.due.size)), 0.0, 0.0)
        return ScriptedBuilder.script(self, seen)

    def heard(self, won: bool, paid: float, highest: float) -> None:
        if ScriptedBuilder.hears is not None:
            ScriptedBuilder.hears(self, won, paid, highest)


class Wanderer(Protocol):
    """Moves to wherever chance takes it, at every review."""

    def choose(self, seen: NetworksSeen) -> int:
        return int(self.rng_own.integers(len(seen.terms)))


class ScriptedProtocol(Protocol):
    """Moves as a test says: `script(agent, seen)` returns the network."""

    script: ClassVar[Callable[..., Any] | None] = None

    def choose(self, seen: NetworksSeen) -> int:
        if ScriptedProtocol.script is None:
            return super().choose(seen)
        return ScriptedProtocol.script(self, seen)


class Raiser(Trader):
    """Raises in its first slot after a while."""

    def __init__(self, seat, after_s: float = 3.0) -> None:
        super().__init__(seat)
        self.after_s = after_s

    def act(self, seen, desk) -> None:
        if seen.time >= self.after_s:
            raise KeyError("nobody expected this")


class Divider(Trader):
    """Asks for an amount that is not a number."""

    def act(self, seen, desk) -> None:
        desk.swap(0, 0, 1, float("nan"), 0.0)


class Courier(Trader):
    """Sends 100 USD over every bridge from a rollup whose slot it is, and pays the first account 1 USD there."""

    def act(self, seen, desk) -> None:
        for bridge, row in enumerate(seen.bridges):
            source = int(row["source"])
            if source in seen.rollups:
                desk.bridge(bridge, source, 0, 100.0)
                desk.pay(source, 0, 0, 1.0)


def trader(**settings: Any) -> AgentConfig:
    """A trader that follows a test's script, without latency."""
    return AgentConfig(role="trader", strategy="players:Scripted", latency_s=0.0, latency_spread_s=0.0, **settings)


def sequencer() -> AgentConfig:
    """Sequencers that follow a test's script."""
    return AgentConfig(role="sequencer", strategy="players:ScriptedSequencer")


def builder(**settings: Any) -> AgentConfig:
    """Builders that follow a test's script."""
    return AgentConfig(role="builder", strategy="players:ScriptedBuilder", **settings)


class LaneTrader(Trader):
    """Bids for an express lane, asks and offers for it within rounds, the same every time [USD]."""

    def __init__(self, seat, bid: float = 0.0, ask: float = np.inf, offer: float = 0.0) -> None:
        super().__init__(seat)
        self.bid, self.ask, self.offer = bid, ask, offer
        self.bought: list[tuple[float, float]] = []  # (price, start of the round)
        self.answers: list[bool] = []  # to what it asked

    def bid_for_lane(self, seen) -> float:
        return self.bid

    def ask_for_lane(self, seen, start_s: float, end_s: float) -> float:
        return self.ask

    def offer_for_lane(self, seen, start_s: float, end_s: float) -> float:
        return self.offer

    def lane_bought(self, price_usd: float, start_s: float) -> None:
        self.bought.append((price_usd, start_s))

    def lane_offered(self, sold: bool, price_usd: float, start_s: float) -> None:
        self.answers.append(sold)
