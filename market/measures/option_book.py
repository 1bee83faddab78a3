"""What stands on the markets of options: each series as it is quoted, and what each account is exposed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from market.measures.recorder import Recorder
from market.pricing import black, implied
from market.pricing.greeks import GREEKS
from market.settings import DAY_S, YEAR_S
from market.venues.options.rules import margin_of

if TYPE_CHECKING:
    from market.model import SequencerMarket

SIDES = ("bid", "ask")


class OptionBook(Recorder):
    """Notes, as the market reaches its horizon, its chains of options and the accounts on them.

    Attributes
    ----------
    chain : list of dict
        a row for each series that has not expired: see :func:`chain`
    accounts : list of dict
        a row for each account with positions or margin: see :func:`accounts`
    """

    def on_start(self, market: SequencerMarket) -> None:
        """Note the market."""
        self._market = market
        self.chain: list[dict[str, Any]] = []
        self.accounts: list[dict[str, Any]] = []

    def close(self) -> None:
        """Note what stands at the end."""
        self.chain, self.accounts = chain(self._market), accounts(self._market)


def chain(market: SequencerMarket) -> list[dict[str, Any]]:
    """Describe every series that has not expired.

    Returns
    -------
    list of dict
        `rollup`, `asset`, `kind`, `days` to expiry [d], `strike` [USD], best `bid` and `ask` [USD] and what they are
        for [1], the volatilities that they imply [1/sqrt(year)], the volatility of the mark and the mark [USD], its
        sensitivities, and options `open` [1]. A side that nobody quotes is nan; so is the volatility of a price that
        has none, and `no_volatility` says why. Sensitivities are those of Black's formula at the reference price and
        the volatility of the mark: `delta` [1], `gamma` [1/USD], `vega` by .01 of volatility [USD], `theta` [USD/d].
    """
    tables, found = market.world.tables, []
    for number, terms in enumerate(tables.option_markets):
        series = _series(market, number)
        greeks = _greeks(market, number, series)
        sides = {side: np.where(series[f"{side}_size"] > 0.0, series[side], np.nan) for side in SIDES}
        known = {side: _implied(market, number, series, sides[side]) for side in SIDES}
        place = {
            "rollup": market.config.rollups[int(terms["rollup"])].name,
            "asset": market.config.asset_names[int(terms["asset"])],
        }
        for at, each in enumerate(series):
            if not each["expires"] > market.time:
                continue
            row: dict[str, Any] = place | {
                "kind": "call" if each["call"] else "put",
                "days": float(each["expires"] - market.time) / DAY_S,
                "strike": float(each["strike"]),
            }
            for side in SIDES:
                row[side], row[f"{side}_size"] = float(sides[side][at]), float(each[f"{side}_size"])
                row[f"{side}_volatility"] = float(known[side]["volatility"][at])
            reasons = (
                f"{side}: {implied.NoVolatility(int(known[side]['reason'][at])).name.lower().replace('_', ' ')}"
                for side in SIDES
                if np.isfinite(sides[side][at]) and known[side]["reason"][at]
            )
            row |= {"volatility": float(each["volatility"]), "mark": float(greeks["price"][at])}
            row |= _exposed(greeks[at]) | {"open": float(each["open"]), "no_volatility": "; ".join(reasons)}
            found.append(row)
    return found


def accounts(market: SequencerMarket) -> list[dict[str, Any]]:
    """Describe every account of options that holds, owes or has paid in anything.

    Returns
    -------
    list of dict
        `agent`, `rollup`, `asset`, its sensitivities (see :func:`chain`; of all positions together, options of other
        markets and contracts left out), and of the margin account that it belongs to `equity`, `maintenance` and
        `initial` margin [USD]
    """
    tables, names, found = market.world.tables, [member.name for member in market.members], []
    greeks = [_greeks(market, number, _series(market, number)) for number in range(len(tables.option_markets))]
    for number, account in enumerate(tables.option_accounts):
        terms = tables.option_markets[int(account["market"])]
        first, count = int(account["positions"]), int(terms["series"])
        held = tables.option_positions["quantity"][first : first + count]
        if not (held.any() or account["cash"]):
            continue
        owner, whole = int(account["owner"]), greeks[int(account["market"])]
        equity, maintenance, initial = margin_of(market.world.state, number)
        summed = np.zeros(1, GREEKS)
        for name in GREEKS.names or ():
            summed[name] = held @ np.nan_to_num(whole[name], nan=0.0)  # an expired series is worth nothing any more
        found.append(
            {
                "agent": names[owner] if owner < len(names) else f"account {owner}",
                "rollup": market.config.rollups[int(terms["rollup"])].name,
                "asset": market.config.asset_names[int(terms["asset"])],
                **_exposed(summed[0]),
                "equity": float(equity),
                "maintenance": float(maintenance),
                "initial": float(initial),
            }
        )
    return found


def _series(market: SequencerMarket, number: int) -> np.ndarray:
    terms = market.world.tables.option_markets[number]
    first = int(terms["first_series"])
    return market.world.tables.options[first : first + int(terms["series"])]


def _greeks(market: SequencerMarket, number: int, series: np.ndarray) -> np.ndarray:
    """Rows of `GREEKS` of a market's series at their marks' volatilities."""
    found = np.zeros(series.size, GREEKS)
    given = _price(market, number), 0.0, 0.0, series["strike"].copy(), _years(market, series), series["call"] == 1.0
    black.chain(*given, series["volatility"].copy(), found)
    return found


def _implied(market: SequencerMarket, number: int, series: np.ndarray, prices: np.ndarray) -> np.ndarray:
    """Rows of `IMPLIED` of a market's series at these prices."""
    found = np.zeros(series.size, implied.IMPLIED)
    given = _price(market, number), 0.0, 0.0, series["strike"].copy(), _years(market, series), series["call"] == 1.0
    implied.chain(*given, prices, found)
    return found


def _price(market: SequencerMarket, number: int) -> float:
    tables = market.world.tables
    return float(tables.prices[int(tables.option_markets[number]["asset"])])


def _years(market: SequencerMarket, series: np.ndarray) -> np.ndarray:
    return np.maximum(series["expires"] - market.time, 0.0) / YEAR_S


def _exposed(greeks: np.void) -> dict[str, float]:
    """Sensitivities in the units that a trader says them in."""
    units = {"delta": 1.0, "gamma": 1.0, "vega": 0.01, "theta": DAY_S / YEAR_S}
    return {name: unit * float(greeks[name]) for name, unit in units.items()}
