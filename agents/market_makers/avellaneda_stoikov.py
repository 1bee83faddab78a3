"""A maker of options that minds the risk of what it holds: it leans against its inventory."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from agents.market_makers._quoting import Habits, HabitsOptions, Quoter
from agents.market_makers.zero_profit import exposure
from agents.means.option_chain import Chain
from market.access.observation import Observation
from market.access.seat import Seat
from market.settings import YEAR_S


class AvellanedaStoikov(Quoter):
    """Quotes about a reservation price, which its inventory moves, at a spread by risk and by the flow of orders.

    With x the standard deviation of what one option gains in a year and a time T - t left in its session, of an
    inventory q the reservation price is s - q g x^2 (T - t), and the spread g x^2 (T - t) + (2/g) ln(1 + g/k), where
    orders reach a quote at a distance d from s at a rate in proportion to exp(-k d). Of several series the shift is
    that of all that is held: x_i g sum_j q_j x_j. x is delta sigma S, or, where the maker hedges, what is left of gamma
    between two hedges: so the plain instrument of the source is a call with a strike of next to nothing.
    Source: M. Avellaneda and S. Stoikov (2008), High-frequency trading in a limit order book, Quantitative Finance 8,
    217-224.

    Parameters
    ----------
    risk_aversion
        g [1/USD]
    decay
        k: by what distance from s the flow of orders falls by a factor e [1/USD]
    session_s
        length of a session, over which it minds what it holds: the first begins with its first quotes, the next one
        follows at once [s]
    symmetric
        whether it quotes that spread about what a series is worth, whatever it holds
    volatility, size, series, margin_share, tip_usd, most_gamma_usd, most_vega_usd, hedge_s, hedge_venue, hedge_rollup,
    hedge_slippage_bp, hedge_tip_usd
        see :class:`agents.market_makers._quoting.Habits`
    """

    def __init__(
        self,
        seat: Seat,
        risk_aversion: float = 0.1,
        decay: float = 1.5,
        session_s: float = 3600.0,
        symmetric: bool = False,
        **habits: Unpack[HabitsOptions],
    ) -> None:
        super().__init__(seat, Habits(**habits))
        if not (risk_aversion > 0.0 and decay > 0.0 and session_s > 0.0):
            raise ValueError("risk_aversion, decay and session_s must be positive")
        self.risk_aversion, self.session_s, self.symmetric = risk_aversion, session_s, symmetric
        self._began: dict[int, float] = {}
        self.flow_spread = 2.0 / risk_aversion * float(np.log1p(risk_aversion / decay))

    def prices(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray) -> tuple[np.ndarray, ...]:
        """Half the spread below and above the reservation price."""
        since = seen.time - self._began.setdefault(market, seen.time)
        left = (self.session_s - since % self.session_s) / YEAR_S
        risk = exposure(chain, self.habits)
        half = 0.5 * (self.risk_aversion * risk**2 * left + self.flow_spread)
        middle = chain.greeks["price"]
        if not self.symmetric:
            middle = middle - self.risk_aversion * risk * float(positions @ risk) * left
        return middle - half, middle + half
