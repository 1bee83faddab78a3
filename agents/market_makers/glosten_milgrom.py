"""A maker of options that does not know whether the price has moved, and learns it from who trades."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from agents.market_makers._quoting import Habits, HabitsOptions, Quoter, Traded
from agents.means.option_chain import Chain, chain_of
from market.access.observation import Observation
from market.access.seat import Seat


class GlostenMilgrom(Quoter):
    """Goes by the oracle on the rollup and by nobody else: since it posted, the price has risen or fallen by a jump.

    It believes the price to have risen with a chance p, begins at the prior whenever the oracle posts, and takes a
    share a of traders to know: so it asks what a series is worth on average given that somebody buys it, and bids what
    it is worth given that somebody sells. With values H and L, the ask is (p (1+a) H + (1-p) (1-a) L) / (1 + a (2p-1)),
    the bid (p (1-a) H + (1-p) (1+a) L) / (1 - a (2p-1)).
    Source: L. Glosten and P. Milgrom (1985), Bid, ask and transaction prices in a specialist market with
    heterogeneously informed traders, Journal of Financial Economics 14, 71-100.

    Parameters
    ----------
    jump_bp
        by how much the price may have risen or fallen [bp]
    informed_share
        of traders, who know it [1]
    prior
        chance that it has risen, before anybody trades [1]
    volatility, size, series, margin_share, tip_usd, most_gamma_usd, most_vega_usd, hedge_s, hedge_venue, hedge_rollup,
    hedge_slippage_bp, hedge_tip_usd
        see :class:`agents.market_makers._quoting.Habits`

    Attributes
    ----------
    beliefs : dict
        by market: chance that the price has risen [1]
    """

    def __init__(
        self,
        seat: Seat,
        jump_bp: float = 50.0,
        informed_share: float = 0.2,
        prior: float = 0.5,
        **habits: Unpack[HabitsOptions],
    ) -> None:
        super().__init__(seat, Habits(**habits))
        if not (0.0 < jump_bp < 1e4 and 0.0 <= informed_share < 1.0 and 0.0 < prior < 1.0):
            raise ValueError("jump_bp must be in (0, 10000), informed_share in [0, 1) and prior in (0, 1)")
        self.jump, self.share, self.prior = 1e-4 * jump_bp, informed_share, prior
        self.beliefs: dict[int, float] = {}
        self._posted: dict[int, float] = {}

    def traded(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray, since: Traded) -> None:
        """Believe more in a rise by each option that was bought from it, and less by each that was sold to it.

        Whoever knows of a rise buys calls and sells puts.
        """
        posted = self._oracle(seen, market)
        if self._posted.get(market) != posted:
            self._posted[market], self.beliefs[market] = posted, self.prior
            return
        rises = np.where(chain.greeks["delta"] > 0.0, 1.0, -1.0)
        up = float((since.sold - since.bought) @ rises) / self.habits.size
        odds = self.beliefs[market] / (1.0 - self.beliefs[market])
        odds *= ((1.0 + self.share) / (1.0 - self.share)) ** up
        self.beliefs[market] = odds / (1.0 + odds)

    def prices(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray) -> tuple[np.ndarray, ...]:
        """What a series is worth on average given that somebody sells, and given that somebody buys."""
        posted, volatility = self._oracle(seen, market), self.habits.volatility
        risen, fallen = (
            chain_of(seen, market, volatility, posted * (1.0 + sign * self.jump)).greeks["price"] for sign in (1, -1)
        )
        p, a = self.beliefs[market], self.share
        calls = chain.greeks["delta"] > 0.0
        better, worse, q = np.where(calls, risen, fallen), np.where(calls, fallen, risen), np.where(calls, p, 1.0 - p)
        ask = (q * (1.0 + a) * better + (1.0 - q) * (1.0 - a) * worse) / (1.0 + a * (2.0 * q - 1.0))
        bid = (q * (1.0 - a) * better + (1.0 - q) * (1.0 + a) * worse) / (1.0 - a * (2.0 * q - 1.0))
        return bid, ask

    @staticmethod
    def _oracle(seen: Observation, market: int) -> float:
        """Price that the oracle of a market last posted [USD]."""
        return float(seen.feeds["price"][int(seen.option_markets["feed"][market])])
