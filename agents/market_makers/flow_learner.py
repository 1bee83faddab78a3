"""A maker of options that learns from who trades at which volatility to quote each strike."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from agents.market_makers._quoting import Habits, HabitsOptions, Quoter, Traded
from agents.means.option_chain import Chain
from market.access.observation import Observation
from market.access.seat import Seat
from market.pricing.black import chain as value_chain
from market.pricing.greeks import GREEKS
from market.settings import YEAR_S


class FlowLearner(Quoter):
    """Raises the volatility of a strike by each option bought from it there, and lowers it by each sold to it.

    Calls and puts at a strike of an expiry have one volatility, about which it quotes one spread: where as many buy as
    sell, it stays. What is left of a volatility that half the spread would make negative is not bid for.

    Parameters
    ----------
    step
        by how much volatility changes with each option [1/sqrt(year)]
    half_spread
        below and above it [1/sqrt(year)]
    volatility
        of all strikes to begin with, and by which it reckons limits and hedges [1/sqrt(year)]
    size, series, margin_share, tip_usd, most_gamma_usd, most_vega_usd, hedge_s, hedge_venue, hedge_rollup,
    hedge_slippage_bp, hedge_tip_usd
        see :class:`agents.market_makers._quoting.Habits`

    Attributes
    ----------
    volatilities : dict
        by market: volatility of each strike of each expiry, in the order of the series [1/sqrt(year)]
    """

    def __init__(
        self,
        seat: Seat,
        step: float = 0.01,
        half_spread: float = 0.02,
        **habits: Unpack[HabitsOptions],
    ) -> None:
        super().__init__(seat, Habits(**habits))
        if not (step >= 0.0 and 0.0 <= half_spread < self.habits.volatility):
            raise ValueError("step must not be negative, and half_spread lie in [0, volatility)")
        self.step, self.half_spread = step, half_spread
        self.volatilities: dict[int, np.ndarray] = {}

    def traded(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray, since: Traded) -> None:
        """Follow the flow."""
        if market not in self.volatilities:
            self.volatilities[market] = np.full(positions.size // 2, self.habits.volatility)
        # at every strike stand the call and the put
        self.volatilities[market] += self.step * (since.sold - since.bought).reshape(-1, 2).sum(axis=1)

    def prices(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray) -> tuple[np.ndarray, ...]:
        """What series are worth at their strike's volatility less and plus half the spread."""
        middle = self.volatilities[market].repeat(2)
        return self._worth(seen, chain, middle - self.half_spread), self._worth(seen, chain, middle + self.half_spread)

    @staticmethod
    def _worth(seen: Observation, chain: Chain, volatility: np.ndarray) -> np.ndarray:
        """Value series at volatilities of their own; nan where there is none [USD]."""
        rows, found = (
            np.asarray(seen.options)[chain.first : chain.first + volatility.size],
            np.zeros(volatility.size, GREEKS),
        )
        years = np.maximum(rows["expires"] - seen.time, 0.0) / YEAR_S
        value_chain(
            chain.price, 0.0, 0.0, rows["strike"].copy(), years, rows["call"] == 1.0, volatility, found
        )  # fmt: skip
        return np.where(volatility > 0.0, found["price"], np.nan)
