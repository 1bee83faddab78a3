"""Sniping and spreads: what a maker must ask for where whoever is first takes a stale quote.

Published by E. Budish, P. Cramton and J. Shim (2015), The high-frequency trading arms race: frequent batch auctions as
a market design response, Quarterly Journal of Economics 130(4); closed forms derived. With one unit on either side,
investors at rate a and jumps |J| at rate b, the half spread h at which a maker earns nothing solves
a h = b E(|J| - h)+, however many fast firms there are and whatever speed costs. For exponential |J| of mean m it is
m W(b / a), W the Lambert function. Where a batch, or a block, honours what is taken back in it, h is next
to nothing. Sealed contents alone do little as long as arrival decides: a sniper need not read the maker's new quote, it
sees the price. But makers learn later what was taken, and snipers come before what they put up again.

Each of N snipers who are as fast as one another earns a h / N. Where the highest tip is first, the sequencer has of a h
what is tipped, whoever tips most has the rest, and who is outbid nothing, so that nothing is left of it to who competes
by tips. To the maker it is the same who has it: the spread is the same whatever is tipped. In blocks tips also come
before what it puts up again: a quote that an investor took in one block, with chance i, is missing when snipers come in
the next, so that the spread is m W((1 - i) b / a). It is first come's where little is taken in a block. What snipers
took is put up again in the same block, behind them, as the maker has seen the price.

The plain instrument of the source is here a call whose strike is next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import lambertw

from experiments.validation._rows import mean_and_error, row, three_errors
from experiments.validation._sniping import MEAN, Scene, learned, sniped

ID = "M13"
TITLE = "Sniping and spreads"

RATES = {0.1: (0.04, 0.4), 1.0: (0.3, 0.3), 10.0: (0.4, 0.04)}
"""By ratio of jumps to investors: chance of a jump, and number of investors, in a slot [1]."""
HONOURING = ("cancellations first", "speed bump", "batch")
TIPS, LOWER_TIPS = (0.9, 0.5, 0.5), (0.5, 0.1, 0.1)
"""Of what they snipe, what each of three snipers tips."""
LITTLE = 0.1
"""Of the half spread of first come, below which one is that is to be nothing: what is learned stays above nothing."""
ROUNDED = 1e-9


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Half spreads by ratio, snipers and ordering, and who earns them; `quick` keeps some markets, shorter."""
    slots, seeds = (800, range(200, 206)) if quick else (2000, range(200, 224))
    known = {ratio: MEAN * float(np.real(lambertw(ratio))) for ratio in RATES}
    one = learned(_plain(1.0), "first come", slots, seeds)[:, 0]
    yield _same("first come, jumps over investors 1", known[1.0], one)
    for ratio in () if quick else (0.1, 10.0):
        found = learned(_plain(ratio), "first come", slots, seeds[:12])[:, 0]
        yield _same(f"first come, jumps over investors {ratio:g}", known[ratio], found)
    for regime in HONOURING if not quick else HONOURING[:1]:
        rest, error = mean_and_error(learned(_plain(1.0), regime, slots, seeds[:12])[:, 0] / known[1.0])
        yield row(ID, regime, "half spread over that of first come", 0.0, rest, LITTLE, error)
    yield from _shared(slots, seeds[:12], known[1.0], one)
    yield from _tipped(slots, seeds[:12])
    if not quick:
        found = learned(_plain(1.0, 0.0, 0.0), "sealed", slots, seeds[:12])[:, 0]
        yield _same("sealed, first come", _behind_snipers(*RATES[1.0]), found)


def _shared(slots: int, seeds: Sequence[int], half: float, alone: np.ndarray) -> Iterator[dict[str, Any]]:
    """Three snipers: the spread is what it was with one, and each earns a third."""
    case, found = "first come, three snipers", sniped(_plain(1.0, 0.0, 0.0, 0.0), "first come", slots, seeds)
    more = float(np.abs(found.halves[:, 0] - alone[: len(seeds)]).max())
    yield row(ID, case, "less that with one, USD", 0.0, more, ROUNDED)
    for place, gains in zip(("first", "second", "third"), found.gains.T, strict=True):
        yield _same(case, RATES[1.0][1] * half / 3.0, gains, f"profit of the {place}, USD a slot")


def _tipped(slots: int, seeds: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Three snipers who race by tips: what the maker quotes, and who has what it loses."""
    most, case = TIPS[0], f"priority fee, tips of {TIPS[0]:g} and {TIPS[1]:g}"
    found = sniped(_plain(1.0, *TIPS), "priority fee", slots, seeds)
    jumps, investors = RATES[1.0]
    half = MEAN * float(np.real(lambertw((1.0 - 0.5 * investors) * jumps / investors)))
    rent = investors * half
    yield _same(case, half, found.halves[:, 0])
    yield _same(case, most * rent, found.tips, "tips to the sequencer, USD a slot")
    yield _same(case, (1.0 - most) * rent, found.gains[:, 0], "profit of who tips most, USD a slot")
    outbid = float(np.abs(found.gains[:, 1:]).max())
    yield row(ID, case, "profit of who is outbid, USD a slot", 0.0, outbid, ROUNDED)
    lower = learned(_plain(1.0, *LOWER_TIPS), "priority fee", slots, seeds[:3])[:, 0]
    more = float(np.abs(found.halves[:3, 0] - lower).max())
    yield row(ID, case, f"half spread less that with tips of {LOWER_TIPS[0]:g}, USD", 0.0, more, ROUNDED)


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


def _plain(ratio: float, *tips: float) -> Scene:
    """One call at a strike of exp(-10) of the price; the other series are not quoted."""
    jumps, investors = RATES[ratio]
    return Scene(2, 20.0, (0,), (0.0,), jumps, investors, tips or (0.0,))


def _same(case: str, expected: float, found: np.ndarray, statistic: str = "half spread, USD") -> dict[str, Any]:
    mean, error = mean_and_error(found)
    return row(ID, case, statistic, expected, mean, three_errors(error), error)
