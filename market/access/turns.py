"""Whose turn it is to look: who is awake, and has a reason to.

Whoever looks at everything is asked before each sealing once it is awake. A strategy may state for what it looks
(`reasons`), and when it wants to look whatever is there (`rests_until`): then it is asked only where one of its reasons
is there or that time has come. Reasons are public facts: each is found out once for all who look for the same.
"""

from __future__ import annotations

from collections.abc import Iterator
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


def turns(domain: Domain, agents: list[Any], observations: list[Observation]) -> list[Turn]:
    """Return the turns of agents in the slots of a domain; `observations` by account."""
    return [Turn(agent, domain, observations[agent.account], getattr(agent, "reasons", None)) for agent in agents]


def due(asked: list[Turn], now: float, turn: blame) -> Iterator[tuple[Any, Observation]]:
    """Yield whoever looks now [s], one after the other, with what it sees; `turn` knows whose fault an error is."""
    known: dict[Reason, bool] = {}
    for agent, domain, seen, reasons in asked:
        turn.agent, wakes = agent, agent.wake_at
        if wakes > now or not awake(wakes, now):
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
