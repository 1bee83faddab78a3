"""Critical discount factors of bidding cartels under a grim trigger, found from whether breaking them pays.

Source: J. Friedman (1971), A non-cooperative equilibrium for supergames, Review of Economic Studies 38. A cartel that
splits the market at the reserve by chance holds from d = 1 - 1/n on; under a rotation, whoever has just had its turn
gives up d^(n-1) / (1 - d^n) of the prize, which must be 1: d = .6180, .7549, .8567 for n = 2, 3, 5.

The cartels are the market's: builders with a grim trigger bid for blocks of equal worth in its first-price auction, and
in another run one of them breaks the cartel once. What both runs brought that builder, slot by slot, is read off the
ledger; only the discounting is done here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq

from experiments.validation._prizes import builder, earned, prizes
from experiments.validation._rows import mean_and_error, row, three_errors

ID = "A9"
TITLE = "Patience that holds a bidding cartel together"

TOLERANCE = 1e-4  # the thresholds are known to four digits
TOKEN_USD = 1e-6
FINE = {"margin": 0.0, "sandwich": False, "over": 1e-6}  # who outbids by a hair, and competes to the last cent
LATER = 150  # slots after a break: what comes then counts for less than 1e-9 at the patience of interest
BREAK = 10  # slot in which a cartel is broken
SLOTS, QUICK_SLOTS = 12_000, 3_000


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` watches the cartel that splits for fewer slots and leaves out its largest."""
    slots = QUICK_SLOTS if quick else SLOTS
    for n in (2, 3, 5) if quick else (2, 3, 5, 10):
        yield _split(f"equal split n={n}", n, slots)
    # With value 3 and a reserve of 1 the cartel shares 2; the threshold depends on neither.
    yield _split("equal split n=4, V=3, reserve 1", 4, slots, value=3.0, reserve=1.0)
    for n, expected in ((2, 0.6180), (3, 0.7549), (5, 0.8567)):
        yield row(ID, f"rotation n={n}", "critical discount factor", expected, _rotation(n), TOLERANCE)


def _cartel(
    scheme: str, n: int, slots: int, defector: int = -1, value: float = 1.0, reserve: float = 0.0
) -> np.ndarray:
    """What each of n members earns in each slot [USD], one of them breaking the cartel unless `defector` is -1."""
    terms = {"scheme": scheme, "token_usd": max(reserve, TOKEN_USD), **FINE}
    loyal = {name: setting for name, setting in terms.items() if name != "over"}
    members = [
        builder("defector", breaks_slot=BREAK, **terms) if seat == defector else builder("grim_trigger", **loyal)
        for seat in range(n)
    ]
    auction = {"kind": "first_price", "reserve_usd": reserve}
    return earned(prizes(auction, members, slots, seed=n, prize=value), slots)


def _threshold(broken: np.ndarray, loyal: np.ndarray) -> float:
    """Patience at which breaking the cartel brings as much as keeping to it; `loyal` may be one mean for all slots."""
    gained = broken - loyal
    power = np.arange(gained.size)
    return float(brentq(lambda patience: float(gained @ patience**power), 0.01, 0.99))  # pyright: ignore[reportArgumentType]


def _rotation(n: int) -> float:
    """The patience that the least patient place in the turns needs."""
    slots = BREAK + LATER
    loyal = _cartel("rotation", n, slots)
    found = []
    for member in range(n):
        broken = _cartel("rotation", n, slots, member)[BREAK:, member]
        if broken[0] > loyal[BREAK, member]:  # in its own turn there is nothing to be had
            found.append(_threshold(broken, loyal[BREAK:, member]))
    return max(found)


def _split(case: str, n: int, slots: int, value: float = 1.0, reserve: float = 0.0) -> dict[str, Any]:
    """Chance decides who wins a slot of the cartel: what a member earns in one is a mean over slots, with its error."""
    broken = _cartel("split", n, BREAK + LATER, 0, value, reserve)[BREAK:, 0]
    stays, error = mean_and_error(_cartel("split", n, slots, -1, value, reserve)[:, 0])
    found = _threshold(broken, np.full(broken.size, stays))
    error = error * (1.0 - found) / stays  # the threshold is 1 - stays / what the break brings
    return row(ID, case, "critical discount factor", 1 - 1 / n, found, three_errors(error), error)
