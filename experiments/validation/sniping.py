"""Sniping and spreads: what a maker must ask for where whoever is first takes a stale quote.

Published by E. Budish, P. Cramton and J. Shim (2015), The high-frequency trading arms race: frequent batch auctions as
a market design response, Quarterly Journal of Economics 130(4); closed forms derived. With one unit on either side,
investors at rate a and jumps |J| at rate b, the half spread h at which a maker earns nothing solves
a h = b E(|J| - h)+, however many fast firms there are and whatever speed costs. For exponential |J| of mean m it is
m W(b / a), W the Lambert function. Where a batch, or a block, honours what is taken back in it, h is next
to nothing. Sealed contents alone do little as long as arrival decides: a sniper need not read the maker's new quote, it
sees the price. But makers learn later what was taken, and snipers come before what they put up again.

The plain instrument of the source is here a call whose strike is next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import lambertw

from experiments.validation._rows import mean_and_error, row, three_errors
from experiments.validation._sniping import MEAN, Scene, learned

ID = "M13"
TITLE = "Sniping and spreads"

RATES = {0.1: (0.04, 0.4), 1.0: (0.3, 0.3), 10.0: (0.4, 0.04)}
"""By ratio of jumps to investors: chance of a jump, and number of investors, in a slot [1]."""
HONOURING = ("cancellations first", "speed bump", "batch")
ROUNDED = 1e-9


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Learned half spreads by ratio, by number of snipers, and by ordering; `quick` keeps three markets, shorter."""
    slots, seeds = (800, range(200, 206)) if quick else (2000, range(200, 224))
    known = {ratio: MEAN * float(np.real(lambertw(ratio))) for ratio in RATES}
    one = learned(_plain(1.0), "first come", slots, seeds)[:, 0]
    yield _same("first come, jumps over investors 1", known[1.0], one)
    for ratio in () if quick else (0.1, 10.0):
        found = learned(_plain(ratio), "first come", slots, seeds[:12])[:, 0]
        yield _same(f"first come, jumps over investors {ratio:g}", known[ratio], found)
    for regime in HONOURING if not quick else HONOURING[:1]:
        rest, error = mean_and_error(learned(_plain(1.0), regime, slots, seeds[:12])[:, 0] / known[1.0])
        yield row(ID, regime, "half spread over that of first come", 0.0, rest, 0.1, error)
    more = learned(_plain(1.0, 3), "first come", slots, seeds[:3])[:, 0]
    yield row(
        ID, "first come, three snipers", "less that with one, USD", 0.0, float(np.abs(more - one[:3]).max()), ROUNDED
    )
    if not quick:
        found = learned(_plain(1.0, 2), "sealed", slots, seeds[:12])[:, 0]
        yield _same("sealed, first come", _behind_snipers(*RATES[1.0]), found)


def _behind_snipers(jumps: float, investors: float) -> float:
    """Half spread at which a maker earns nothing where snipers come before what makers put up again [USD].

    What was taken in a block is missing when snipers come in the next one: they find a quote with chance p, and the
    half spread solves a h = b p E(|J| - h)+. Of one side, i is the chance that an investor takes it, and s that a
    sniper does who finds it: 1 - p = i + (1 - i) p s.
    """
    taken = 0.5 * investors

    def short(half: float) -> float:
        left = float(np.exp(-half / MEAN))
        found = (1.0 - taken) / (1.0 + (1.0 - taken) * 0.5 * jumps * left)
        return investors * half - jumps * found * MEAN * left

    solved: Any = brentq(short, 0.0, 10.0 * MEAN)
    return float(solved)


def _plain(ratio: float, snipers: int = 1) -> Scene:
    """One call at a strike of exp(-10) of the price; the other series are not quoted."""
    jumps, investors = RATES[ratio]
    return Scene(2, 20.0, (0,), (0.0,), jumps, investors, snipers)


def _same(case: str, expected: float, found: np.ndarray) -> dict[str, Any]:
    mean, error = mean_and_error(found)
    return row(ID, case, "half spread, USD", expected, mean, three_errors(error), error)
