"""Times that an agent states itself, checked: when it wakes, and how long its messages take."""

from __future__ import annotations

import math
import numbers
from typing import Any


def seated[T](agent: T) -> T:
    """Return an agent that has just taken its seat, having checked when it wakes for the first time."""
    check_wake(getattr(agent, "wake_at", None), 0.0)
    return agent


def awake(wakes: Any, now: float) -> bool:
    """Whether it is time to wake [s]; raises ValueError for what is no time."""
    if wakes <= now:
        return True
    if not wakes > now:
        check_wake(wakes, now)
    return False


def check_wake(wakes: Any, now: float) -> None:
    """Raise ValueError where a time to wake is not one [s] from now on; infinity, never again, is one."""
    if not isinstance(wakes, numbers.Real) or not float(wakes) >= now:
        raise ValueError(f"wake_at = {wakes!r}: no time from {now:g} s on; allowed: a number of at least the time now")


def latency_of(agent: Any) -> float:
    """Return the delay of an agent's next message [s]; raises ValueError where it is none."""
    latency = agent.latency_s
    if type(latency) is float and 0.0 <= latency < math.inf:  # nearly always; to ask for a kind of number takes long
        return latency
    if not isinstance(latency, numbers.Real) or not 0.0 <= float(latency) < math.inf:
        raise ValueError(f"latency_s = {latency!r}: no delay; allowed: a number of seconds, finite and not negative")
    return float(latency)
