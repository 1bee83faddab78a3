"""A maker of options that quotes one volatility, and about it one spread, whatever happens."""

from __future__ import annotations

from typing import Literal

import numpy as np

from agents.base import MarketMaker
from agents.means.delta_hedge import DeltaHedge
from agents.means.hedge_habits import HedgeHabits
from agents.means.option_accounts import Margin, markets_of, own_account
from agents.means.option_chain import chain_of, held, within_limits
from agents.means.vega_hedge import VegaHedge
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
    most_gamma_usd
        most that the value of its delta may change by a move of the price of 1%; a side of a series that would lead
        beyond is taken from its sheet; None: no limit [USD]
    most_vega_usd
        most that its options may change in value by 0.01 of volatility; None: no limit [USD]
    hedge_s, hedge_venue, hedge_rollup, hedge_slippage_bp, hedge_tip_usd
        time between two trades that make up for its delta at `volatility` (None: it never hedges), and where they are:
        see :class:`agents.means.hedge_habits.HedgeHabits` [s]
    rollup
        name of the only rollup on which it quotes; None: all
    vega_rollup
        name of another rollup, whose options it takes where its own have more vega than `vega_usd`; None: none
    vega_usd
        most that all its options may change in value by 0.01 of volatility before it does so [USD]
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
        most_gamma_usd: float | None = None,
        most_vega_usd: float | None = None,
        hedge_s: float | None = None,
        hedge_venue: Literal["outside", "pool", "perpetual"] = "outside",
        hedge_rollup: str | None = None,
        hedge_slippage_bp: float | None = None,
        hedge_tip_usd: float = 0.0,
        rollup: str | None = None,
        vega_rollup: str | None = None,
        vega_usd: float = 0.0,
    ) -> None:
        super().__init__(seat)
        if not (0.0 <= half_spread < volatility and size > 0.0):
            raise ValueError("half_spread must be in [0, volatility), and size positive")
        if not (move_bp >= 0.0 and refresh_s > 0.0 and tip_usd >= 0.0):
            raise ValueError("move_bp and tip_usd must not be negative, and refresh_s positive")
        if not all(most is None or most >= 0.0 for most in (most_gamma_usd, most_vega_usd)):
            raise ValueError("most_gamma_usd and most_vega_usd must not be negative")
        self.volatility, self.most = volatility, (most_gamma_usd, most_vega_usd)
        self.volatilities = volatility - half_spread, volatility + half_spread
        self.size, self.move, self.refresh_s, self.tip_usd = size, 1e-4 * move_bp, refresh_s, tip_usd
        self.margin, self.hedges = Margin(margin_share), hedge_s is not None
        habits = HedgeHabits(
            hedge_venue, hedge_rollup, hedge_s or 0.0, slippage_bp=hedge_slippage_bp, tip_usd=hedge_tip_usd
        )
        self.hedge = DeltaHedge(seat, habits)
        self.rollup = None if rollup is None else seat.rollup(rollup)
        self.vega: VegaHedge | None = None
        if vega_rollup is not None:
            if rollup in (None, vega_rollup):
                raise ValueError("vega_rollup must be another than rollup, the only one on which it quotes")
            if not vega_usd >= 0.0:
                raise ValueError(f"vega_usd must not be negative, not {vega_usd}")
            self.vega = VegaHedge(seat.rollup(vega_rollup), vega_usd, self.volatilities, self.margin)
        self._places: dict[int, tuple[int, int, int]] = {}  # by market: its own first quote, rollup and asset
        self._written: set[int] = set()
        self._quoted: dict[int, tuple[float, float]] = {}  # by market: price and time of the last quotes
        self._may: dict[int, np.ndarray] = {}  # by market: which bids and which asks its sheet has

    def act(self, seen: Observation, desk: Desk) -> None:
        """Write the sheet; once it stands, quote."""
        if not len(seen.option_markets):
            self.wake_at = np.inf  # markets are founded, and never after
            return
        for market in markets_of(seen):
            first_quote, rollup, asset = self._places.get(market) or self._place(seen, market)
            if first_quote < 0 or self.rollup not in (None, rollup) or not self.margin.pay_in(seen, desk, market):
                continue
            if market not in self._written:
                self._written.add(market)
                self._write(desk, market, rollup, asset)
            elif market in self._quoted or seen.option_quotes["ask_sheet"][first_quote] > 0.0:
                at_once = self.most != (None, None) and self._limit(seen, desk, market, first_quote)
                self._quote(seen, desk, market, (rollup, asset), at_once)
        if self.vega is not None:
            self.vega.keep(seen, desk)
        if self.hedges:
            self._keep(seen, desk)

    def learn(self, receipts: np.ndarray) -> None:
        """Take note of what became of hedges."""
        if self.vega is not None:
            self.vega.learn(receipts)
        if self.hedges:
            self.hedge.learn(receipts)

    def traded_outside(self, receipts: np.ndarray) -> None:
        """Take note of hedges that were carried out apart from blocks."""
        super().traded_outside(receipts)
        self.hedge.learn(receipts)

    def _keep(self, seen: Observation, desk: Desk) -> None:
        """Trade what leaves the options of each place and their hedge without delta."""
        deltas: dict[tuple[int, int], float] = {}
        for market in markets_of(seen):
            chain = chain_of(seen, market, self.volatility)
            delta = float(held(seen, market) @ chain.greeks["delta"])
            deltas[chain.rollup, chain.asset] = deltas.get((chain.rollup, chain.asset), 0.0) + delta
        for place, delta in deltas.items():
            self.hedge.keep(seen, desk, place, delta)

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

    def _limit(self, seen: Observation, desk: Desk, market: int, first: int) -> bool:
        """Take from the sheet what would lead beyond a limit, and put back what no longer does.

        `first` is its own first quote. Returns whether quotes have to be made anew for that.
        """
        chain, positions = chain_of(seen, market, self.volatility), held(seen, market)
        may = np.array(within_limits(chain, positions, self.size, *self.most))
        before = self._may.get(market, np.ones_like(may))
        self._may[market] = may
        quotes, beyond = np.asarray(seen.option_quotes)[first : first + positions.size], False
        for at, (side, given, taken) in enumerate((("bid", 0, chain.asset), ("ask", chain.asset, 0))):
            volatility = self.volatilities[at]
            for series in np.flatnonzero(may[at] != before[at]).tolist() if volatility > 0.0 else ():
                size = self.size if may[at, series] else 0.0
                desk.submit(
                    Kind.OPTION_SHEET, chain.rollup, market, size, target=chain.first + series, asset_in=given,
                    asset_out=taken, limit=volatility,
                )  # fmt: skip
            # a sheet that comes behind the intent that makes quotes anew has not taken back what stands
            beyond |= bool((~may[at] & (quotes[f"{side}_size"] > 0.0)).any())
        return beyond or not np.array_equal(may, before)

    def _quote(self, seen: Observation, desk: Desk, market: int, place: tuple[int, int], at_once: bool) -> None:
        rollup, asset = place
        price, (before, when) = seen.prices.item(asset), self._quoted.get(market, (0.0, -np.inf))
        if not at_once and abs(price - before) <= self.move * before and seen.time < when + self.refresh_s:
            return
        self._quoted[market] = price, seen.time
        desk.submit(
            Kind.OPTION_REQUOTE, rollup, market, price, target=-1, asset_in=0, asset_out=asset, tip=self.tip_usd
        )
