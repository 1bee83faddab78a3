"""A trader who writes or buys options, holds them to expiry, and keeps them without delta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from agents.base import Trader
from agents.means.delta_hedge import DeltaHedge
from agents.means.hedge_habits import HedgeHabits
from agents.means.option_accounts import Margin
from agents.means.option_chain import Chain, chain_of, held
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Status
from market.venues import Kind

NEAR = 0.02
"""Part of the options wanted by which one may have more or fewer of them and does not trade [1]."""


class OptionHedger(Trader):
    """Takes quotes until it holds what it wants of some series, and trades the underlying so that delta is nothing.

    Where the rollup of the options and that of the hedge allow for it, the first hedge is tied to the trade in one
    bundle; else it follows once the trade is in, or goes with it unbound. Later hedges depend on nothing but latency,
    blocks and what the venue does.

    Parameters
    ----------
    quantity
        options of each series that it wants to hold; below 0: to have written [1]
    series
        which of a market's series, counted from the first
    volatility
        at which it values options and takes their delta [1/sqrt(year)]
    venue, rollup, every_s, move_bp, delay_s, slippage_bp, tip_usd
        where and when it hedges: see :class:`agents.means.hedge_habits.HedgeHabits`
    first
        how the first hedge goes with a trade: "tied" in one bundle where that is possible, else behind it; "together"
        with it, each by itself; "behind" it, once it is in
    most_gamma_usd
        most that the value of its delta on a market may change by a move of the price of 1%; beyond, it wants fewer
        options in proportion; None: no limit [USD]
    most_vega_usd
        most that its options on a market may change in value by 0.01 of volatility; None: no limit [USD]
    margin_share
        of its money on a rollup, paid in as margin [1]
    """

    def __init__(
        self,
        seat: Seat,
        quantity: float = -1.0,
        series: Sequence[int] = (0,),
        volatility: float = 0.8,
        venue: Literal["outside", "pool", "perpetual"] = "outside",
        rollup: str | None = None,
        every_s: float = 60.0,
        move_bp: float | None = None,
        delay_s: float = 0.0,
        slippage_bp: float | None = None,
        tip_usd: float = 0.0,
        first: Literal["tied", "together", "behind"] = "tied",
        most_gamma_usd: float | None = None,
        most_vega_usd: float | None = None,
        margin_share: float = 0.5,
    ) -> None:
        super().__init__(seat)
        if not (np.isfinite(quantity) and quantity != 0.0 and volatility > 0.0 and len(series)):
            raise ValueError("quantity must be finite and not 0, volatility positive, and series name some")
        if first not in ("tied", "together", "behind"):
            raise ValueError(f"first must be tied, together or behind, not {first!r}")
        if not all(most is None or most >= 0.0 for most in (most_gamma_usd, most_vega_usd)):
            raise ValueError("most_gamma_usd and most_vega_usd must not be negative")
        self.quantity, self.series, self.volatility, self.first = quantity, list(series), volatility, first
        self.most = most_gamma_usd, most_vega_usd
        self.margin = Margin(margin_share)
        habits = HedgeHabits(venue, rollup, every_s, move_bp, delay_s, slippage_bp, tip_usd)
        self.hedge = DeltaHedge(seat, habits)
        self._way: dict[tuple[int, int], float] = {}  # options on their way with a hedge, by market and series
        self._had: dict[int, bytes] = {}  # by market: what it held when it last looked
        self._hedged: set[int] = set()  # markets on which trades have gone with their hedges since it last changed
        self._there: set[int] = set()  # markets on which it holds what it wants

    def act(self, seen: Observation, desk: Desk) -> None:
        """Pay in margin, trade options, hedge; then sleep until the next hedge is due, if nothing else is open."""
        if not len(seen.option_markets):
            self.wake_at = np.inf  # markets are founded, and never after
            return
        settled = self.hedge.habits.move_bp is None
        for market, terms in enumerate(seen.option_markets):
            place = int(terms["rollup"]), int(terms["asset"])
            self._note(market, place, held(seen, market).tobytes())
            if market not in self._there:
                settled = False
                if place[0] in seen.rollups:
                    self._hold(seen, desk, market, place)
            if self.hedge.is_due(seen, place):
                self.hedge.keep(seen, desk, place, self._delta(seen, place))
        if settled:
            self.wake_at = max(seen.time, min(self.hedge.next_look(), self._next_expiry(seen)))

    def learn(self, receipts: np.ndarray) -> None:
        """Take note of trades and hedges."""
        for row in receipts[receipts["kind"] == int(Kind.OPTION_TRADE)]:
            self._way.pop((int(row["venue"]), int(row["target"])), None)
            if row["status"] != Status.FILLED:
                self._hedged.discard(int(row["venue"]))
        self._learn_hedges(receipts)

    def traded_outside(self, receipts: np.ndarray) -> None:
        """Take note of hedges that were carried out apart from blocks."""
        super().traded_outside(receipts)
        self._learn_hedges(receipts)

    def _learn_hedges(self, receipts: np.ndarray) -> None:
        """Take note of hedges; where one has failed, wake for the next look."""
        self.hedge.learn(receipts)
        if self.hedge.next_look() < self.wake_at:
            self.wake_at = 0.0

    def _note(self, market: int, place: tuple[int, int], has: bytes) -> None:
        """Where holdings have changed, by a trade or at an expiry, hedge at once, unless that went with the trade."""
        if self._had.setdefault(market, has) == has:
            return
        self._had[market] = has
        self._there.discard(market)
        if market in self._hedged:
            self._hedged.remove(market)
        else:
            self.hedge.hasten(place)

    def _hold(self, seen: Observation, desk: Desk, market: int, place: tuple[int, int]) -> None:
        """Trade towards what is wanted."""
        if not self.margin.pay_in(seen, desk, market):
            return
        chain, has = chain_of(seen, market, self.volatility), held(seen, market)
        wanted, there = self._wanted(chain), True
        for at in self.series:
            missing = float(wanted[at] - has[at])
            if not chain.alive[at] or abs(missing) <= NEAR * abs(self.quantity):
                continue
            there = False
            if (market, chain.first + at) not in self._way:
                self._trade(seen, desk, market, chain, at, missing, place)
        if there and self.most == (None, None):  # limits may want something else as time goes by
            self._there.add(market)

    def _wanted(self, chain: Chain) -> np.ndarray:
        """Options wanted of each series, as far as the limits let them: shape (series,)."""
        wanted = np.zeros(chain.alive.size)
        wanted[self.series] = self.quantity * chain.alive[self.series]
        share = 1.0
        for greek, scale, most in zip(("gamma", "vega"), (chain.price**2, 1.0), self.most, strict=True):
            exposure = abs(float(wanted @ chain.greeks[greek])) * scale / 100.0
            if most is not None and exposure > most:
                share = min(share, most / exposure)
        return share * wanted

    def _trade(
        self, seen: Observation, desk: Desk, market: int, chain: Chain, at: int, missing: float, place: tuple[int, int]
    ) -> None:  # fmt: skip
        """Take the best quote of a series, with the hedge of what that adds."""
        series, side = chain.first + at, "ask" if missing > 0.0 else "bid"
        if seen.options[f"{side}_size"][series] == 0.0:
            return
        tied = self.first == "tied" and bool(seen.atomic(place[0], self.hedge.place_of(place)[0]))
        bundle = desk.bundle() if tied else -1
        given, taken = (0, chain.asset) if missing > 0.0 else (chain.asset, 0)
        desk.submit(
            Kind.OPTION_TRADE, chain.rollup, market, abs(missing), target=series, asset_in=given, asset_out=taken,
            bundle=bundle,
        )  # fmt: skip
        with_hedge = tied or self.first == "together"
        self._way[market, series] = missing if with_hedge else 0.0
        if with_hedge:
            self._hedged.add(market)
            self.hedge.keep(seen, desk, place, self._delta(seen, place), bundle, now=True)

    def _delta(self, seen: Observation, place: tuple[int, int]) -> float:
        """Delta of all options on an asset of a rollup that it holds or has sent for with a hedge [units]."""
        markets, found = seen.option_markets, 0.0
        for market in np.flatnonzero((markets["rollup"] == place[0]) & (markets["asset"] == place[1])).tolist():
            chain = chain_of(seen, market, self.volatility)
            deltas = chain.greeks["delta"]
            found += float(held(seen, market) @ deltas)
            for (on, series), options in self._way.items():
                found += options * float(deltas[series - chain.first]) if on == market else 0.0
        return found

    @staticmethod
    def _next_expiry(seen: Observation) -> float:
        """When the next of all expiries is, now where one is not paid out yet [s]; inf: none is to come."""
        times = seen.option_expiries["expires"]
        ahead = times > seen.time
        if (~ahead & (seen.option_expiries["over"] == 0.0)).any():
            return seen.time  # what has expired is not paid out yet
        return float(times[ahead].min()) if ahead.any() else np.inf
