"""What options pay at expiry, whatever the price is then, and what they are marked at."""

from __future__ import annotations

import math
from typing import Any

from market.kernel.compiled import kernel


@kernel
def marks(positions: Any) -> float:
    """What all positions are marked at together [USD]."""
    total = 0.0
    for at in range(len(positions)):
        total += positions[at].quantity * positions[at].mark
    return total


@kernel
def first_of_expiry(positions: Any, at: int) -> bool:
    """Whether no position before it expires together with this one."""
    for before in range(at):  # noqa: SIM110 - numba compiles no all()
        if positions[before].years == positions[at].years:
            return False
    return True


@kernel
def net_calls(positions: Any, years: float) -> float:
    """Calls held less calls sold of an expiry [options]."""
    total = 0.0
    for at in range(len(positions)):
        if positions[at].years == years and positions[at].call > 0.0:
            total += positions[at].quantity
    return total


@kernel
def payoff(positions: Any, years: float, price: float) -> float:
    """What the positions of an expiry pay when it is settled at a price [USD]; below 0: what they owe."""
    total = 0.0
    for at in range(len(positions)):
        row = positions[at]
        if row.years == years:
            inside = price - row.strike if row.call > 0.0 else row.strike - price
            total += row.quantity * max(inside, 0.0)
    return total


@kernel
def worst_payoff_to(positions: Any, years: float) -> float:
    """Least that the positions of an expiry pay at prices from 0 to the highest strike [USD].

    Between strikes the payoff is straight, so that it is least at one of them, or at 0.
    """
    worst = payoff(positions, years, 0.0)
    for at in range(len(positions)):
        if positions[at].years == years:
            worst = min(worst, payoff(positions, years, positions[at].strike))
    return worst


@kernel
def worst_payoff(positions: Any) -> float:
    """Least that all positions pay, each expiry at its worst price; -inf where there is no least [USD]."""
    total = 0.0
    for at in range(len(positions)):
        if first_of_expiry(positions, at):
            years = positions[at].years
            if net_calls(positions, years) < 0.0:
                return -math.inf
            total += worst_payoff_to(positions, years)
    return total
