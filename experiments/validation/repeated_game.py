"""Critical discount factors of bidding cartels under a grim trigger.

Source: J. Friedman (1971), A non-cooperative equilibrium for supergames, Review of Economic Studies 38; the rotation's
threshold solves d^(n-1) + ... + d^(2n-2) >= 1 summed over the turns, that is d^(n-1) / (1 - d^n) = 1.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.games.repeated import critical_discount
from experiments.validation._rows import row

ID = "A9"
TITLE = "Patience that holds a bidding cartel together"

TOLERANCE = 1e-4  # the thresholds are known to four digits


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` changes nothing."""
    for n in (2, 3, 5, 10):
        found = critical_discount("first_price", "split", n)
        yield row(ID, f"equal split n={n}", "critical discount factor", 1 - 1 / n, found, TOLERANCE)
    # With value 3 and a reserve of 1 the cartel shares 2; the threshold depends on neither.
    found = critical_discount("first_price", "split", 4, value=3.0, reserve=1.0)
    yield row(ID, "equal split n=4, V=3, reserve 1", "critical discount factor", 0.75, found, TOLERANCE)
    for n, expected in ((2, 0.6180), (3, 0.7549), (5, 0.8567)):
        found = critical_discount("first_price", "rotation", n)
        yield row(ID, f"rotation n={n}", "critical discount factor", expected, found, TOLERANCE)
