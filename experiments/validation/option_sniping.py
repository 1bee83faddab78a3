"""Sniping of options: how a sequencing regime bends a surface of implied volatilities.

Derived, by what is known of sniping (M13): of a call C(S) quoted for one option on either side, the half spread at
which a maker earns nothing solves a h = b E(|dC| - h)+ with dC = C(S + J) - C(S), J of either sign and |J| exponential
of mean m; to first order it is |delta| m W(b / a). S 100, 7 days, sigma .8, m .5: at b / a = .1/1/10 it is
.0384/.2388/.7348 for a strike of 90, and .0238/.1480/.4557 for one of 100. In implied volatility, h over vega, spreads
are widest where vega is small beside delta: in the money. Where a block or a batch honours what is taken back in it, h
is next to nothing; sealed contents alone do little (M13).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from pathlib import Path
from typing import Any

from experiments.validation._rows import mean_and_error, row, three_errors
from experiments.validation._sniping import Scene, learned
from experiments.validation.sniping import HONOURING, LITTLE

ID = "K7"
TITLE = "Sniping of options"

STATED = {0.1: {90: 0.0384, 100: 0.0238}, 1.0: {90: 0.2388, 100: 0.1480}, 10.0: {90: 0.7348, 100: 0.4557}}
DIGIT = 1e-4
RATES = {0.1: (0.02, 0.2), 1.0: (0.2, 0.2), 10.0: (0.4, 0.04)}
"""By ratio of jumps to investors: chance of a jump, and number of investors in a series, in a slot [1]."""
BUCKETS = {90: 2, 100: 1}
"""Bucket of |delta| by strike."""


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Learned half spreads of calls by strike and ratio, and by ordering; `quick` keeps one of each, shorter."""
    slots, seeds = (800, range(100, 106)) if quick else (2000, range(100, 112))
    for ratio in STATED if not quick else (1.0,):
        found = learned(_calls(ratio), "first come", slots, seeds)
        for strike, expected in STATED[ratio].items():
            mean, error = mean_and_error(found[:, BUCKETS[strike]])
            case = f"strike {strike}, jumps over investors {ratio:g}"
            yield row(ID, case, "half spread, USD", expected, mean, three_errors(error, digit=DIGIT), error)
    for regime in HONOURING if not quick else HONOURING[1:2]:
        left = learned(_calls(1.0), regime, slots, seeds)
        for strike, expected in STATED[1.0].items():
            mean, error = mean_and_error(left[:, BUCKETS[strike]])
            case = f"strike {strike}, {regime}"
            yield row(ID, case, "half spread over that of first come", 0.0, mean / expected, LITTLE, error / expected)


def _calls(ratio: float) -> Scene:
    """Calls at 90, 100 and 111, each in a bucket of its own whatever the jump."""
    return Scene(3, log(100.0 / 90.0), (0, 2, 4), (0.0, 0.35, 0.68), *RATES[ratio])
