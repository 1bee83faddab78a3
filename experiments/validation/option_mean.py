"""Options that are paid at the mean of prints: they vary less than the price, and are worth what that leaves.

Derived. Of the mean over a window d before the expiry T, the log has the variance sigma^2 (T - 2 d / 3): the effective
volatility is sigma sqrt(1 - 2 d / (3 T)), .8165 sigma for half an hour of an hour. Of n prints, the first after t, then
one every e, it is sigma^2 (t + e (n - 1) (2 n - 1) / (6 n)) (`market.pricing.averaged`).

Assets on one rollup whose oracles post in every block, and on each a straddle that is listed anew at the price as it
expires. Its strike and the mean that it is paid at give the variance; a maker who quotes at sigma what the venue's
formula says neither gains nor loses by whoever buys at random and holds to the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._options import BUYER, MAKER, SIGMA, Fixed, agent, configured, ran
from experiments.validation._rows import mean_and_error, row, three_errors
from market.pricing.averaged import averaged_years, printed_years
from market.settings import YEAR_S
from market.state.ledger import Why
from market.venues.options.instrument import equity_of

ID = "K8"
TITLE = "Options paid at the mean of prints: effective volatility and value"

TENOR_S, SPACING_S, PRINTS, BLOCK_S = 60.0, 1.0, 30, 0.5
ASSETS = 10
EXPIRIES, QUICK_EXPIRIES = 240, 40


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """The formula, effective volatilities of a single print and of thirty, then what buyers are paid."""
    window = PRINTS * 60.0
    for hours, stated in ((1.0, 0.8165), (24.0, 0.9930)):
        share = float(np.sqrt(averaged_years(hours * 3600.0, window) / (hours * 3600.0)))
        yield row(ID, f"T={hours:g} h, d=30 min", "effective volatility over sigma", stated, share, 5e-5)
    expiries = QUICK_EXPIRIES if quick else EXPIRIES
    for prints in (1, PRINTS):
        fixed = Fixed()
        terms = {"expiries_s": (TENOR_S,), "prints": prints, "spacing_s": SPACING_S}
        terms |= {"exercise": "holder", "exercise_s": 2.0 * BLOCK_S}  # so that the mean can be read for a while
        ran(configured(ASSETS, [terms], (), BLOCK_S, expiries * TENOR_S), prints, fixed)
        yield _volatility(prints, fixed)
    yield _fair(expiries)


def _open_s(prints: int) -> float:
    """Time in which the price varies as much as the mean of so many prints [s]."""
    return printed_years(TENOR_S - (prints - 1) * SPACING_S, SPACING_S, prints)


def _volatility(prints: int, fixed: Fixed) -> dict[str, Any]:
    """One row: the standard deviation of the log of what was paid over the strike, in that of the price."""
    moves = np.array([np.log(price / strike) for price, strike in fixed.found.values()])
    found = float(np.sqrt(np.mean(moves**2) / (SIGMA**2 * TENOR_S / YEAR_S)))
    expected = float(np.sqrt(_open_s(prints) / TENOR_S))
    error = found / np.sqrt(2.0 * moves.size)
    case = f"prints={prints}, {moves.size} expiries"
    return row(ID, case, "effective volatility over sigma", expected, found, three_errors(error), error)


def _fair(expiries: int) -> dict[str, Any]:
    """One row: what a buyer gained by all that she bought, over the premiums; errors over assets."""
    terms = {"expiries_s": (TENOR_S,), "prints": PRINTS, "spacing_s": SPACING_S}
    agents = [
        agent(MAKER, "fixed_spread", volatility=SIGMA, half_spread=0.0, size=1e3, move_bp=0.0, refresh_s=BLOCK_S),
        agent(BUYER, "option_buyer", per_hour=600.0, slippage_bp=5000.0),
    ]
    market = ran(configured(ASSETS, [terms], agents, BLOCK_S, expiries * TENOR_S + BLOCK_S), 3)
    tables, buyer = market.world.tables, market.account("trader")
    group = int(tables.accounts["group"][buyer])
    paid_in = float(tables.flows[group, :, Why.OPTION_MARGIN, 0].sum()) / ASSETS
    premiums = float(market.tally.totals()["options_premium"]) / ASSETS
    accounts = tables.option_markets["first_account"].astype(np.int64) + buyer
    gains = np.array([equity_of(market.world.state, int(account)) - paid_in for account in accounts]) / premiums
    mean, error = mean_and_error(gains)
    return row(ID, "bought from a maker at sigma", "gain over premiums", 0.0, mean, three_errors(error), error)
