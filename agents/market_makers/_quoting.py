"""What makers of options share: margin, prices to quotes, limits of gamma and vega, what was traded, and hedges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypedDict

import numpy as np

from agents.base import MarketMaker
from agents.means.delta_hedge import DeltaHedge
from agents.means.hedge_habits import HedgeHabits
from agents.means.option_accounts import Margin, markets_of, own_account
from agents.means.option_chain import Chain, chain_of, held, within_limits
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Purpose
from market.venues import Kind

AFTER_S = 1e-6
"""How long after a block is sealed a maker looks once more, to put up again what was taken [s]."""
NOTED = ("ask_traded", "ask_premium", "bid_traded", "bid_premium")


@dataclass(frozen=True)
class Habits:
    """How a maker quotes, whatever its prices.

    Attributes
    ----------
    volatility
        at which it values options [1/sqrt(year)]
    size
        options that each bid and each ask are for [1]
    series
        which of a market's series it quotes, counted from the first; None: all
    margin_share
        of its money on a rollup, paid in as margin [1]
    tip_usd
        tip of every quote [USD]
    most_gamma_usd
        most that the value of its delta may change by a move of the price of 1%; a side of a series that would lead
        beyond is not quoted; None: no limit [USD]
    most_vega_usd
        most that its options may change in value by 0.01 of volatility; None: no limit [USD]
    hedge_s
        time between two trades that make up for its delta; None: it never hedges [s]
    hedge_venue
        where: "outside", "pool" or "perpetual"; see :class:`agents.means.hedge_habits.HedgeHabits`
    hedge_rollup
        name of the rollup on which it hedges; None: that of the options
    hedge_slippage_bp
        by how much worse than what is seen a hedge on a pool or a perpetual may be; None: by any amount [bp]
    hedge_tip_usd
        tip of every hedge on a pool or a perpetual [USD]
    """

    volatility: float = 0.8
    size: float = 1.0
    series: Sequence[int] | None = None
    margin_share: float = 0.5
    tip_usd: float = 0.0
    most_gamma_usd: float | None = None
    most_vega_usd: float | None = None
    hedge_s: float | None = None
    hedge_venue: Literal["outside", "pool", "perpetual"] = "outside"
    hedge_rollup: str | None = None
    hedge_slippage_bp: float | None = None
    hedge_tip_usd: float = 0.0

    def hedging(self) -> HedgeHabits:
        """Where and when it hedges."""
        return HedgeHabits(
            self.hedge_venue, self.hedge_rollup, self.hedge_s or 0.0, slippage_bp=self.hedge_slippage_bp,
            tip_usd=self.hedge_tip_usd,
        )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse what is no habit."""
        if not (self.volatility > 0.0 and self.size > 0.0 and self.tip_usd >= 0.0):
            raise ValueError("volatility and size must be positive, and tip_usd not negative")
        if not all(most is None or most >= 0.0 for most in (self.most_gamma_usd, self.most_vega_usd)):
            raise ValueError("most_gamma_usd and most_vega_usd must not be negative")
        if self.hedge_s is not None and not self.hedge_s >= 0.0:
            raise ValueError(f"hedge_s must not be negative, not {self.hedge_s}")


class HabitsOptions(TypedDict, total=False):
    """What a maker may be told of its `Habits`, by name."""

    volatility: float
    size: float
    series: Sequence[int] | None
    margin_share: float
    tip_usd: float
    most_gamma_usd: float | None
    most_vega_usd: float | None
    hedge_s: float | None
    hedge_venue: Literal["outside", "pool", "perpetual"]
    hedge_rollup: str | None
    hedge_slippage_bp: float | None
    hedge_tip_usd: float


class Traded(NamedTuple):
    """What was traded on one's quotes since one last looked, by series: options and their premiums [1, USD]."""

    sold: np.ndarray
    received: np.ndarray
    bought: np.ndarray
    paid: np.ndarray


class Quoter(MarketMaker):
    """Base of makers that name a bid and an ask for each series and replace those that have changed.

    It looks before each block and right after it. What it quotes are prices: between two looks they stay where they
    are, whatever the price of the underlying does.
    """

    def __init__(self, seat: Seat, habits: Habits) -> None:
        super().__init__(seat)
        self.habits, self.margin = habits, Margin(habits.margin_share)
        self._noted: dict[int, np.ndarray] = {}  # by market: what had been traded when it last looked
        self._looks: dict[int, float] = {}  # by domain: when it has asked to look after a block [s]
        self.hedge = DeltaHedge(seat, habits.hedging())

    def prices(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return bids and asks by series, nan for none: two arrays of shape (series,) [USD]."""
        raise NotImplementedError

    def traded(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray, since: Traded) -> None:
        """Take note of what was traded on one's quotes since the last look."""

    def why(self, market: int, chain: Chain) -> np.ndarray:
        """What a quote that is not to stand any more is taken back for: shape (series,), members of `Purpose`."""
        return np.full(chain.alive.size, Purpose.USER)

    def act(self, seen: Observation, desk: Desk) -> None:
        """Note what was traded, quote, hedge."""
        if not len(seen.option_markets):
            self.wake_at = np.inf  # markets are founded, and never after
            return
        deltas: dict[tuple[int, int], float] = {}
        for market in markets_of(seen):
            first_quote = int(seen.option_accounts["quotes"][own_account(seen, market)])
            if first_quote < 0 or not self.margin.pay_in(seen, desk, market):
                continue
            chain, positions = chain_of(seen, market, self.habits.volatility), held(seen, market)
            quotes = np.asarray(seen.option_quotes)[first_quote : first_quote + len(positions)]
            self.traded(seen, market, chain, positions, self._since(market, quotes))
            bids, asks = self.prices(seen, market, chain, positions)
            self._quote(desk, market, chain, quotes, self._admitted(chain, positions, bids, asks))
            place = chain.rollup, chain.asset
            deltas[place] = deltas.get(place, 0.0) + float(positions @ chain.greeks["delta"])
        if self.habits.hedge_s is not None:
            for place, delta in deltas.items():
                self.hedge.keep(seen, desk, place, delta)
        after = seen.sealing + AFTER_S
        if after > self._looks.get(seen.domain, 0.0):
            self._looks[seen.domain] = after
            desk.wake_at(after)

    def learn(self, receipts: np.ndarray) -> None:
        """Take note of what became of hedges."""
        self.hedge.learn(receipts)

    def traded_outside(self, receipts: np.ndarray) -> None:
        """Take note of hedges that were carried out apart from blocks."""
        super().traded_outside(receipts)
        self.hedge.learn(receipts)

    def _since(self, market: int, quotes: np.ndarray) -> Traded:
        now = np.array([quotes[name] for name in NOTED])
        before = self._noted.get(market)
        self._noted[market] = now
        return Traded(*(now - (now if before is None else before)))

    def _admitted(self, chain: Chain, positions: np.ndarray, bids: np.ndarray, asks: np.ndarray) -> list[np.ndarray]:
        """Bids and asks that are to stand, 0 for none: of series that are quoted, within the limits."""
        quoted = chain.alive.copy()
        if self.habits.series is not None:
            chosen = np.zeros(quoted.size, np.bool_)
            chosen[list(self.habits.series)] = True
            quoted &= chosen
        habits = self.habits
        within = within_limits(chain, positions, habits.size, habits.most_gamma_usd, habits.most_vega_usd)
        found = []
        for prices, may in zip((bids, asks), within, strict=True):
            stands = quoted & may & np.isfinite(prices) & (prices > 0.0)
            found.append(np.where(stands, prices, 0.0))
        return found

    def _quote(self, desk: Desk, market: int, chain: Chain, quotes: np.ndarray, wanted: list[np.ndarray]) -> None:
        """Replace what has changed or was taken; what is not to stand any more is taken back, with its other side."""
        sides = (("bid", 0, chain.asset), ("ask", chain.asset, 0))
        standing = [np.where(quotes[f"{name}_size"] > 0.0, quotes[name], 0.0) for name, _, _ in sides]
        size, tip = self.habits.size, self.habits.tip_usd
        stale = [(standing[at] > 0.0) & (wanted[at] == 0.0) for at in range(2)]
        back = stale[0] | stale[1]
        why = self.why(market, chain) if back.any() else None
        for series in np.flatnonzero(back).tolist():
            desk.submit(
                Kind.OPTION_CANCEL, chain.rollup, market, 1.0, target=chain.first + series, asset_in=0, asset_out=0,
                tip=tip, purpose=Purpose.USER if why is None else int(why[series]),
            )  # fmt: skip
        for at, (name, given, taken) in enumerate(sides):
            fresh = (wanted[at] != standing[at]) | (quotes[f"{name}_size"] != size) | back
            for series in np.flatnonzero(fresh & (wanted[at] > 0.0)).tolist():
                desk.submit(
                    Kind.OPTION_QUOTE, chain.rollup, market, size, target=chain.first + series, asset_in=given,
                    asset_out=taken, limit=float(wanted[at][series]), tip=tip,
                )  # fmt: skip
