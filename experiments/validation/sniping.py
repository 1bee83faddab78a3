"""Sniping and spreads: what a maker must ask for where whoever is first takes a stale quote.

Published by E. Budish, P. Cramton and J. Shim (2015), The high-frequency trading arms race: frequent batch auctions as
a market design response, Quarterly Journal of Economics 130(4); closed forms derived. With one unit on either side,
investors at rate a and jumps |J| at rate b, the half spread h at which a maker earns nothing solves
a h = b E(|J| - h)+, however many fast firms there are and whatever speed costs. For exponential |J| of mean m it is
m W(b / a), W the Lambert function. An auction of priority leaves h as it is. Where a batch, or a block, honours what is
taken back in it, h is next to nothing. Contents that are sealed leave h as it is as long as arrival decides: a sniper
need not read the maker's new quote, it sees the price.

The plain instrument of the source is here a call whose strike is next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import lambertw

from experiments.validation._rows import mean_and_error, row, three_errors
from experiments.validation._sniping import MEAN, Scene, learned

ID = "M13"
TITLE = "Sniping and spreads"

RATES = {0.1: (0.04, 0.4), 1.0: (0.3, 0.3), 10.0: (0.4, 0.04)}
"""By ratio of jumps to investors: chance of a jump, and number of investors, in a slot [1]."""
HONOURING = ("cancellations first", "speed bump", "batch")


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Learned half spreads by ratio, by number of snipers, and by ordering; `quick` keeps three markets, shorter."""
    slots, seeds = (800, range(100, 106)) if quick else (2000, range(100, 112))
    known = {ratio: MEAN * float(np.real(lambertw(ratio))) for ratio in RATES}
    for ratio in RATES if not quick else (1.0,):
        found = learned(_plain(ratio), "first come", slots, seeds)[:, 0]
        yield _same(f"first come, jumps over investors {ratio:g}", known[ratio], found)
    for regime in HONOURING if not quick else HONOURING[:1]:
        rest, error = mean_and_error(learned(_plain(1.0), regime, slots, seeds)[:, 0] / known[1.0])
        yield row(ID, regime, "half spread over that of first come", 0.0, rest, 0.1, error)
    if not quick:
        yield _same("first come, three snipers", known[1.0], learned(_plain(1.0, 3), "first come", slots, seeds)[:, 0])
        tipping = _plain(1.0, 2)._replace(tip_share=0.9)
        yield _same("priority fee, snipers who tip", known[1.0], learned(tipping, "priority fee", slots, seeds)[:, 0])
    yield _same("sealed, first come", known[1.0], learned(_plain(1.0), "sealed", slots, seeds)[:, 0])


def _plain(ratio: float, snipers: int = 1) -> Scene:
    """One call at a strike of exp(-10) of the price; the other series are not quoted."""
    jumps, investors = RATES[ratio]
    return Scene(2, 20.0, (0,), (0.0,), jumps, investors, snipers)


def _same(case: str, expected: float, found: np.ndarray) -> dict[str, Any]:
    mean, error = mean_and_error(found)
    return row(ID, case, "half spread, USD", expected, mean, three_errors(error), error)
