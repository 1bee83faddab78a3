"""Whose turn it is to look: who is awake, and has a reason to.

Whoever looks at everything is asked before each sealing once it is awake. A strategy may state for what it looks
(`reasons`), and when it wants to look whatever is there (`rests_until`): then it is asked only where one of its reasons
is there or that time has come. Reasons are public facts: each is found out once for all who look for the same.

What an agent says of its times it may change whenever it is called, and only then: so it is not asked before each
sealing when it looks, but behind each call (`Times`), and in most slots nobody's time has come.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from market.access.times import awake, check_wake

if TYPE_CHECKING:
    from market.access.observation import Observation
    from market.access.protocols import Reason
    from market.domain import Domain
    from market.errors import blame


class Turn(NamedTuple):
    """An agent that acts in the slots of a domain."""

    agent: Any
    domain: Domain
    seen: Observation
    reasons: tuple[Reason, ...] | None  # None: it looks at everything


class Times:
    """When each of the agents that act looks next whatever is there.

    Attributes
    ----------
    earliest
        none of them does before this time [s]
    """

    def __init__(self) -> None:
        self.earliest = -math.inf
        self._agents: dict[int, Any] = {}
        self._next: dict[int, float] = {}
        self._doubted: dict[int, Any] = {}

    def seat(self, agents: Iterable[Any]) -> None:
        """Take in those of all agents who act."""
        self._agents = {agent.account: agent for agent in agents if agent.acts}
        self._next = {account: next_look(agent) for account, agent in self._agents.items()}
        self.earliest = min(self._next.values(), default=math.inf)

    def called(self, agent: Any) -> None:
        """Ask an agent anew that has been called."""
        account = agent.account
        if account in self._next and (when := next_look(agent)) != self._next[account]:
            self._next[account] = when
            self.earliest = min(self._next.values())

    def doubt(self, agent: Any = None) -> None:
        """Have an agent asked anew before the next sealing, since it is about to be called; None: have all asked."""
        if agent is None:
            self._doubted.update(self._agents)
        elif (account := getattr(agent, "account", None)) in self._agents:
            self._doubted[account] = self._agents[account]

    def come(self, now: float) -> bool:
        """Whether somebody may want to look now [s], whatever is there."""
        if self._doubted:
            for agent in self._doubted.values():
                self.called(agent)
            self._doubted.clear()
        return now >= self.earliest


def next_look(agent: Any) -> float:
    """Return when an agent looks next whatever is there [s]; -inf where that is to be found out when it is asked."""
    try:
        when = agent.wake_at
        if getattr(agent, "reasons", None) is not None:
            when = max(when, agent.rests_until)
        return when if isinstance(when, float) and not math.isnan(when) else -math.inf
    except Exception:  # noqa: BLE001 - whoever cannot say is asked in every slot, where it is known whose turn it is
        return -math.inf


class Turns(list[Turn]):
    """Whoever acts in the slots of a domain, and what those who do not look at everything look for."""

    def __init__(self, turns: Iterable[Turn], times: Times) -> None:
        super().__init__(turns)
        self._times = times
        self.known: dict[Reason, bool] = {}  # which of the reasons were there when it was last found out
        self._reasons: dict[Reason, Turn] = {}
        for each in self:
            for reason in each.reasons or ():
                self._reasons.setdefault(reason, each)

    def none_due(self, now: float, turn: blame) -> bool:
        """Whether nobody looks now [s]: nobody's time has come, and nothing is there that anybody looks for."""
        self.known = known = {}
        if self._times.come(now):
            return False
        try:
            for reason, (agent, domain, seen, _) in self._reasons.items():
                turn.agent = agent
                known[reason] = there = reason(seen._at(domain, now))
                if there:
                    return False
        except Exception:  # noqa: BLE001 - it is raised again in the turn of whoever looks for it
            return False
        return True


def turns(domain: Domain, agents: list[Any], observations: list[Observation], times: Times) -> Turns:
    """Return the turns of agents in the slots of a domain; `observations` by account."""
    return Turns(
        [Turn(agent, domain, observations[agent.account], getattr(agent, "reasons", None)) for agent in agents], times
    )


def due(asked: list[Turn], now: float, turn: blame) -> Iterator[tuple[Any, Observation]]:
    """Yield whoever looks now [s], one after the other, with what it sees; `turn` knows whose fault an error is."""
    known: dict[Reason, bool] = asked.known if isinstance(asked, Turns) else {}
    for agent, domain, seen, reasons in asked:
        turn.agent, wakes = agent, agent.wake_at
        if not wakes <= now and not awake(wakes, now):
            continue
        if reasons is not None and agent.rests_until > now:
            for reason in reasons:
                found = known.get(reason)
                if found is None:
                    found = known[reason] = reason(seen._at(domain, now))
                if found:
                    break
            else:
                continue
        yield agent, seen._at(domain, now)
        if agent.wake_at is not wakes:
            check_wake(agent.wake_at, now)


def called(asked: list[Turn], now: float, turn: blame) -> Iterator[tuple[Any, Observation]]:
    """Yield everybody who is asked, awake or not: whoever wanted to look at this time [s]."""
    for agent, domain, seen, _ in asked:
        turn.agent, wakes = agent, agent.wake_at
        yield agent, seen._at(domain, now)
        if agent.wake_at is not wakes:
            check_wake(agent.wake_at, now)
