"""Splitting what a group earns together so that no part of it would do better by itself."""

from __future__ import annotations

import numpy as np

SLACK = 1e-9
"""Relative shortfall of a group that counts as rounding."""


def members(count: int) -> np.ndarray:
    """Return who belongs to each group: shape (2**count, count), 0 or 1; bit r of a group's number is member r."""
    return (np.arange(1 << count)[:, None] >> np.arange(count)) & 1


def group_values(own: np.ndarray) -> np.ndarray:
    """Value of each group if its members' values just add up: shape (2**count,)."""
    return members(own.size) @ own


def split(total: float, alone: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """Split `total` among members; the parts sum to it and none is negative.

    Parameters
    ----------
    total
        what there is to split
    alone
        shape (n,): what each would have alone; the split is in proportion to it (equal where all are zero)
    groups
        shape (2**n,): what each group would have by itself; where the proportional split gives some group less, the
        split is the nearest (in the largest deviation of any member) that gives no group less. If there is none, each
        group's shortfall is made as small as the largest one must be (the least core).
    """
    count, worth = alone.size, float(alone.sum())
    proportional = total * alone / worth if worth > 0.0 else np.full(count, total / count)
    if groups is None or count < 3:
        return proportional
    who = members(count)[1:-1]
    needs = groups[1:-1]
    if (who @ proportional >= needs - SLACK * total).all():
        return proportional
    shortfall = max(0.0, float(_solve(total, who, needs, None, 0.0)[-1]))
    return _solve(total, who, needs, proportional, shortfall + SLACK * total)[:-1]


def _solve(total: float, who: np.ndarray, needs: np.ndarray, target: np.ndarray | None, shortfall: float) -> np.ndarray:
    """Minimise the shortfall (no target) or the distance to the target within a given shortfall: (parts, minimum)."""
    from scipy.optimize import linprog  # takes a tenth of a second, and most splits never need it

    count = who.shape[1]
    goal = np.zeros(count + 1)
    goal[-1] = 1.0
    if target is None:
        rows, bounds = [np.column_stack([-who, -np.ones(len(who))])], [-needs]
    else:
        one, column = np.eye(count), np.ones((count, 1))
        rows = [
            np.column_stack([-who, np.zeros(len(who))]),
            np.hstack([one, -column]),
            np.hstack([-one, -column]),
        ]
        bounds = [shortfall - needs, target, -target]
    found = linprog(
        goal,
        A_ub=np.vstack(rows),
        b_ub=np.concatenate(bounds),
        A_eq=np.append(np.ones(count), 0.0)[None, :],
        b_eq=[total],
        bounds=[(0.0, None)] * count + [(None, None)],
    )
    assert found.success, found.message  # both programmes have a solution whatever the numbers
    return found.x
