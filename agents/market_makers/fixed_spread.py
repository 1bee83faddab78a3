"""A maker of options that quotes one volatility, and about it one spread, whatever happens."""

from __future__ import annotations

import numpy as np

from agents.base import MarketMaker
from agents.means.option_accounts import Margin, markets_of, own_account
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.venues import Kind


class FixedSpread(MarketMaker):
    """Quotes every series at a volatility less and plus half a spread, and makes all quotes anew as the price moves.

    Its sheet is written once; from then on one intent per market and move of the reference price replaces its quotes.

    Parameters
    ----------
    volatility
        about which it quotes [1/sqrt(year)]
    half_spread
        below and above it [1/sqrt(year)]
    size
        options that each bid and each ask are for [1]
    move_bp
        move of the reference price since the last quotes at which it makes them anew [bp]
    refresh_s
        time after which it does so in any case: quotes lose time value, and later expiries are listed [s]
    margin_share
        of its money on a rollup, paid in as margin [1]
    tip_usd
        tip of every intent that replaces quotes [USD]
    """

    def __init__(
        self,
        seat: Seat,
        volatility: float = 0.8,
        half_spread: float = 0.02,
        size: float = 10.0,
        move_bp: float = 5.0,
        refresh_s: float = 60.0,
        margin_share: float = 0.5,
        tip_usd: float = 0.0,
    ) -> None:
        super().__init__(seat)
        if not (0.0 <= half_spread < volatility and size > 0.0):
            raise ValueError("half_spread must be in [0, volatility), and size positive")
        if not (move_bp >= 0.0 and refresh_s > 0.0 and tip_usd >= 0.0):
            raise ValueError("move_bp and tip_usd must not be negative, and refresh_s positive")
        self.volatilities = volatility - half_spread, volatility + half_spread
        self.size, self.move, self.refresh_s, self.tip_usd = size, 1e-4 * move_bp, refresh_s, tip_usd
        self.margin = Margin(margin_share)
        self._places: dict[int, tuple[int, int, int]] = {}  # by market: its own first quote, rollup and asset
        self._written: set[int] = set()
        self._quoted: dict[int, tuple[float, float]] = {}  # by market: price and time of the last quotes

    def act(self, seen: Observation, desk: Desk) -> None:
        """Write the sheet; once it stands, quote."""
        if not len(seen.option_markets):
            self.wake_at = np.inf  # markets are founded, and never after
            return
        for market in markets_of(seen):
            first_quote, rollup, asset = self._places.get(market) or self._place(seen, market)
            if first_quote < 0 or not self.margin.pay_in(seen, desk, market):
                continue
            if market not in self._written:
                self._written.add(market)
                self._write(desk, market, rollup, asset)
            elif seen.option_quotes["ask_sheet"][first_quote] > 0.0:
                self._quote(seen, desk, market, rollup, asset)

    def _place(self, seen: Observation, market: int) -> tuple[int, int, int]:
        """Look up where a market is, once: that never changes."""
        terms = seen.option_markets
        first_quote = int(seen.option_accounts["quotes"][own_account(seen, market)])
        self._places[market] = first_quote, int(terms["rollup"][market]), int(terms["asset"][market])
        return self._places[market]

    def _write(self, desk: Desk, market: int, rollup: int, asset: int) -> None:
        for (given, taken), volatility in zip(((0, asset), (asset, 0)), self.volatilities, strict=True):
            if volatility > 0.0:
                desk.submit(
                    Kind.OPTION_SHEET, rollup, market, self.size, target=-1, asset_in=given, asset_out=taken,
                    limit=volatility,
                )  # fmt: skip

    def _quote(self, seen: Observation, desk: Desk, market: int, rollup: int, asset: int) -> None:
        price, (before, when) = float(seen.prices[asset]), self._quoted.get(market, (0.0, -np.inf))
        if abs(price - before) <= self.move * before and seen.time < when + self.refresh_s:
            return
        self._quoted[market] = price, seen.time
        desk.submit(
            Kind.OPTION_REQUOTE, rollup, market, price, target=-1, asset_in=0, asset_out=asset, tip=self.tip_usd
        )
