"""Searcher or builder: how the choice moves with the probability that bundles conflict. Comparative statics only.

Source: Y. Li and Z. Wang (2025), Role-selection game in block production under proposer-builder separation, arXiv
2503.15184.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from experiments.games.role_selection import RoleGame, RolesLearned, learn_roles, stable_builders
from experiments.validation._rows import row

ID = "A11"
TITLE = "Role selection under proposer-builder separation"

AGENTS, BUILDERS = 10, 3


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer: five conflict probabilities, three when `quick`."""
    conflicts = (0.0, 0.5, 1.0) if quick else (0.0, 0.25, 0.5, 0.75, 1.0)
    found = {p: _by_builders(p, 12_000 if quick else 40_000) for p in conflicts}
    three = [found[p][BUILDERS] for p in conflicts]

    shares = [learned.share for learned in three]
    rises = sum(later > earlier for earlier, later in pairwise(shares))
    yield row(ID, "3 builders", "rises of the share bid", len(conflicts) - 1, rises, 0)

    revenue = np.array([learned.proposer for learned in three])
    peak = int(revenue.argmax())
    single = (np.diff(revenue[: peak + 1]) > 0).all() and (np.diff(revenue[peak:]) < 0).all()
    yield row(ID, "3 builders", "revenue has one inner peak", 1, float(single and 0 < peak < len(revenue) - 1), 0)

    stable = [_stable(found[p]) for p in conflicts]
    yield row(ID, "roles may switch", "settings without equilibrium", 0, sum(not numbers for numbers in stable), 0)
    if not all(stable):
        return
    for name, pick in (("fewest", min), ("most", max)):
        numbers = [pick(numbers) for numbers in stable]
        falls = sum(later < earlier for earlier, later in pairwise(numbers))
        yield row(ID, "roles may switch", f"falls of the {name} builders", 0, falls, 0)
        yield row(ID, "roles may switch", f"{name} builders gain with conflict", 1, numbers[-1] > numbers[0], 0)


def _by_builders(conflict: float, rounds: int) -> dict[int, RolesLearned]:
    return {
        k: learn_roles(RoleGame(AGENTS, k, conflict), rounds, seed=k, measured=40_000) for k in range(1, AGENTS + 1)
    }


def _stable(by_builders: dict[int, RolesLearned]) -> list[int]:
    searcher, builder = np.zeros(AGENTS + 1), np.zeros(AGENTS + 1)
    for k, learned in by_builders.items():
        searcher[k], builder[k] = learned.searcher, learned.builder
    return stable_builders(searcher, builder)
