"""Options on a price with stochastic variance, as a maker of the market quotes them.

Source: A. L. Lewis (2000), Option valuation under stochastic volatility, Finance Press: kappa 4, theta .25, xi 1, rho
-.5, v .04, r .01, q .02, S 100, a year; and, computed in two ways, a set as of a crypto asset: v .64, kappa 2, theta
.5, xi 1.5, rho -.4. The maker is given the model by name; what stands on the venue is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.validation._model_quotes import HALF_DIGIT, STRIKES, quoted
from experiments.validation._rows import row

ID = "K1"
TITLE = "Quotes by Heston's model"

LEWIS = {"now": 0.04, "reversion": 4.0, "mean": 0.25, "vol_of_vol": 1.0, "correlation": -0.5}
CRYPTO = {"now": 0.64, "reversion": 2.0, "mean": 0.5, "vol_of_vol": 1.5, "correlation": -0.4}
PUTS = (7.958878113256768, 17.055270961270109, 29.811026202682472)
CALLS = (26.774758743998854, 16.070154917028834, 9.024913483457836)
CRYPTO_CALLS = {7: (20.11008772, 4.39046964, 0.20222512), 30: (21.95275150, 8.90313835, 2.59842902)}
EXACT = 1e-8


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Quotes of both sets; `quick` changes nothing."""
    found = quoted(365, "heston", LEWIS, rate=0.01, dividend=0.02)
    for side, stated, quotes in zip(("put", "call"), (PUTS, CALLS), found, strict=True):
        for strike, value, quote in zip(STRIKES, stated, quotes, strict=True):
            yield row(ID, f"Lewis, 365 d, {side} at {strike:g}", "quote, USD", value, quote, EXACT)
    for days, values in CRYPTO_CALLS.items():
        _, quotes = quoted(days, "heston", CRYPTO)
        for strike, value, quote in zip(STRIKES, values, quotes, strict=True):
            yield row(ID, f"crypto, {days} d, call at {strike:g}", "quote, USD", value, quote, HALF_DIGIT)
