"""What strategies know of a chain of options at a look: what each series is worth to them, and how it moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.means.option_accounts import own_account
from market.access.observation import Observation
from market.pricing.black import chain
from market.pricing.greeks import GREEKS
from market.settings import YEAR_S


@dataclass(frozen=True)
class Chain:
    """The series of a market, in the market's order, valued by Black's formula at a price of the underlying.

    Where options are paid at a mean of prints, that is what they are worth before the first of them.

    Attributes
    ----------
    first
        row of the first series in `seen.options`
    rollup, asset
        where the market stands, and its underlying
    price
        of the underlying [USD]
    alive
        whether a series has not expired: shape (series,)
    greeks
        rows of `GREEKS`: what a series is worth, and how that moves: shape (series,)
    """

    first: int
    rollup: int
    asset: int
    price: float
    alive: np.ndarray
    greeks: np.ndarray


def chain_of(seen: Observation, market: int, volatility: float, price: float = 0.0) -> Chain:
    """Value a market's chain: once a slot, however many ask.

    Parameters
    ----------
    seen
        what one sees
    market
        market of options
    volatility
        of all series [1/sqrt(year)]
    price
        of the underlying; 0: the reference price [USD]
    """
    key = "chain of options", market, volatility, price
    return seen.derived(key, lambda: _valued(seen, market, volatility, price))


def _valued(seen: Observation, market: int, volatility: float, price: float) -> Chain:
    terms = seen.option_markets[market]
    first, count, rollup, asset = (int(terms[name]) for name in ("first_series", "series", "rollup", "asset"))
    series = np.asarray(seen.options)[first : first + count]
    years = np.maximum(series["expires"] - seen.time, 0.0) / YEAR_S
    price = price or float(seen.prices[asset])
    greeks = np.zeros(count, GREEKS)
    chain(
        price, 0.0, 0.0, series["strike"].copy(), years, series["call"] == 1.0, np.full(count, volatility), greeks
    )  # fmt: skip
    return Chain(first, rollup, asset, price, years > 0.0, greeks)


def held(seen: Observation, market: int) -> np.ndarray:
    """What one holds of a market's series, below 0 where one owes: shape (series,) [options]."""
    terms = seen.option_markets[market]
    at = int(seen.option_accounts["positions"][own_account(seen, market)])
    return np.asarray(seen.option_positions["quantity"])[at : at + int(terms["series"])]


def within_limits(
    chain: Chain, positions: np.ndarray, size: float, most_gamma_usd: float | None, most_vega_usd: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Which series one may buy `size` more of, and which one may sell: two of shape (series,), bool.

    Parameters
    ----------
    chain, positions
        the series, and what is held of them
    size
        options of one trade [1]
    most_gamma_usd
        most that the value of one's delta may change by a move of the price of 1%; None: no limit [USD]
    most_vega_usd
        most that one's options may change in value by 0.01 of volatility; None: no limit [USD]

    What leads back towards a limit that one is beyond is allowed.
    """
    limits = (
        (chain.greeks["gamma"] * chain.price**2 / 100.0, most_gamma_usd),
        (chain.greeks["vega"] / 100.0, most_vega_usd),
    )
    may = np.ones((2, positions.size), np.bool_)
    for allowed, change in zip(may, (size, -size), strict=True):
        for each, most in limits:
            if most is None:
                continue
            now = float(positions @ each)
            after = np.abs(now + change * each)
            allowed &= (after <= most) | (after < abs(now))
    return may[0], may[1]
