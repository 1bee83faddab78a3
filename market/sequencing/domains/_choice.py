"""Best-response dynamics of rollups that choose who sequences them.

A state says for each rollup the network that sequences it, 1, 2, ..., or 0 for a sequencer of its own. What a rollup
gets from a network depends on who else is there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

type State = tuple[int, ...]
type Value = Callable[[int, int, frozenset[int]], float]
"""value(rollup, network, members): what it gets there; `members` holds all rollups there, itself included."""

ALONE = 0


class Path(NamedTuple):
    """How the dynamics ended: the last state, rounds played, and whether nobody wants to move any more."""

    state: State
    rounds: int
    converged: bool


def members(state: State, network: int, joining: int) -> frozenset[int]:
    """Return the rollups that a network has once `joining` is there too; alone, it is by itself."""
    if network == ALONE:
        return frozenset((joining,))
    return frozenset(at for at, chosen in enumerate(state) if chosen == network) | {joining}


def best_reply(state: State, rollup: int, value: Value, networks: int, switching: float = 0.0) -> int:
    """Return the network that a rollup wants, given where the others are.

    It stays where it is unless another choice is worth more by over `switching`; of equals it takes the first.
    """
    current = state[rollup]
    worth = [value(rollup, network, members(state, network, rollup)) for network in range(networks + 1)]
    best = max(range(networks + 1), key=lambda network: worth[network])
    return best if worth[best] > worth[current] + switching + 1e-9 * abs(worth[current]) else current


def converge(value: Value, start: State, networks: int, switching: float = 0.0, order: State | None = None) -> Path:
    """Let the rollups reply in turn until nobody moves or a state at the end of a round comes back: a cycle.

    Parameters
    ----------
    value
        what a rollup gets where
    start
        where each rollup begins
    networks
        number of networks
    switching
        one-time gain below which nobody moves, in units of value
    order
        whose turn it is first, second, ...; by default as numbered
    """
    state, seen, rounds = start, {start}, 0
    while True:
        before = state
        for rollup in order or range(len(state)):
            choice = best_reply(state, rollup, value, networks, switching)
            state = (*state[:rollup], choice, *state[rollup + 1 :])
        rounds += 1
        if state == before:
            return Path(state, rounds, True)
        if state in seen:
            return Path(state, rounds, False)
        seen.add(state)


def partition(state: State) -> list[list[int]]:
    """Rollups of each domain: the networks with members, in their order, then those alone."""
    shared = [[at for at, chosen in enumerate(state) if chosen == network] for network in sorted(set(state) - {ALONE})]
    return shared + [[at] for at, chosen in enumerate(state) if chosen == ALONE]
