"""Speed of the compiled prices of options, on one core: a chain of four expiries and fifty strikes each."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from market.pricing import black, implied
from market.pricing.greeks import GREEKS
from market.pricing.implied import IMPLIED, NoVolatility

SPOT, RATE, DIVIDEND = 2000.0, 0.03, 0.01
DAYS, STRIKES = (7.0, 30.0, 90.0, 180.0), 50
WIDEST = 2.5
"""Strikes reach as many standard deviations of the log price to either side."""
REPEAT = 200


class Chain(NamedTuple):
    """Options in columns: those out of the money, as they are quoted."""

    strike: np.ndarray
    years: np.ndarray
    call: np.ndarray
    volatility: np.ndarray


def listed() -> Chain:
    """Return the chain that is timed, with a smile."""
    years = np.repeat(np.array(DAYS) / 365.0, STRIKES)
    place = np.tile(np.linspace(-WIDEST, WIDEST, STRIKES), len(DAYS))
    volatility = 0.6 + 0.03 * place**2 - 0.02 * place
    strike = SPOT * np.exp(volatility * np.sqrt(years) * place)
    return Chain(strike, years, strike >= SPOT, volatility)


def chain_200_greeks_us() -> float:
    """Time to value 200 options with all sensitivities [us]."""
    options, found = listed(), np.zeros(len(DAYS) * STRIKES, GREEKS)
    return _fastest_us(lambda: black.chain(SPOT, RATE, DIVIDEND, *options, found))


def implied_200_us() -> float:
    """Time to imply 200 volatilities to the last digits [us]; raises RuntimeError if one is not found."""
    options = listed()
    priced, found = np.zeros(len(DAYS) * STRIKES, GREEKS), np.zeros(len(DAYS) * STRIKES, IMPLIED)
    black.chain(SPOT, RATE, DIVIDEND, *options, priced)
    price = priced["price"].copy()
    taken = _fastest_us(
        lambda: implied.chain(SPOT, RATE, DIVIDEND, options.strike, options.years, options.call, price, found)
    )
    if (found["reason"] != NoVolatility.FOUND).any():
        raise RuntimeError("a price of the chain has no implied volatility")
    return taken


def _fastest_us(call: Callable[[], None]) -> float:
    """Time of the fastest of many calls; the first one, which may compile, does not count [us]."""
    call()
    times = []
    for _ in range(REPEAT):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return 1e6 * min(times)
