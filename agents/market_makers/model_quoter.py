"""A maker of options that values them by a model that it is given by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

import numpy as np

from agents.market_makers._quoting import Habits, HabitsOptions, Quoter
from agents.means.option_chain import Chain
from agents.means.pricing_models import Series, make
from market.access.observation import Observation
from market.access.seat import Seat
from market.settings import YEAR_S


class ModelQuoter(Quoter):
    """Quotes half a spread below and above what options are worth under black76, merton or heston.

    Its limits and hedges go by Black's formula at `volatility`, whatever the model.

    Parameters
    ----------
    model
        black76, merton or heston
    law
        numbers of the model's law by name; what is left out is the model's default: see `agents.means.pricing_models`
    half_bp
        half spread [bp of the underlying's price]
    rate, dividend
        rate of interest and yield of the underlying that it reckons with, continuous [1/year]
    volatility, size, series, margin_share, tip_usd, most_gamma_usd, most_vega_usd, hedge_s, hedge_venue, hedge_rollup,
    hedge_slippage_bp, hedge_tip_usd
        see :class:`agents.market_makers._quoting.Habits`
    """

    def __init__(
        self,
        seat: Seat,
        model: str = "black76",
        law: Mapping[str, float] | None = None,
        half_bp: float = 10.0,
        rate: float = 0.0,
        dividend: float = 0.0,
        **habits: Unpack[HabitsOptions],
    ) -> None:
        super().__init__(seat, Habits(**habits))
        if not half_bp >= 0.0:
            raise ValueError(f"half_bp must not be negative, not {half_bp}")
        self.model, self.half = make(model, law or {}), 1e-4 * half_bp
        self.rate, self.dividend = rate, dividend

    def prices(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray) -> tuple[np.ndarray, ...]:
        """Half a spread below and above the model's values."""
        rows = np.asarray(seen.options)[chain.first : chain.first + positions.size]
        asked = Series(
            rows["strike"].copy(), np.maximum(rows["expires"] - seen.time, 0.0) / YEAR_S, rows["call"] == 1.0,
            self.rate, self.dividend,
        )  # fmt: skip
        worth, away = self.model.greeks(chain.price, asked)["price"], self.half * chain.price
        return worth - away, worth + away
