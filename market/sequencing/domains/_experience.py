"""What a rollup and its users experience in a network, counted from what the market adds up anyway."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import numpy as np

from market.access.networks import Experience
from market.venues.options.stakes import OptionStakes

if TYPE_CHECKING:
    from market.measures.recorder import Recorder
    from market.model import SequencerMarket

COUNTED = (
    "revenue", "user_volume", "unfilled_volume", "user_cost", "unfilled_cost", "user_delay", "user_count",
    "sandwich_loss", "user_sandwich_loss", "lp_arbitrage", "lp_fees", "lp_marked", "penalty", "bad_debt",
    "options", "stale", "makers", "unhedged",
)  # fmt: skip
"""Totals of a rollup whose growth is an experience."""
APART = ("revenue", "bad_debt", "options", "stale", "makers", "unhedged")
"""Of them, those that are not in the market's tally."""


class Meter:
    """Cuts the totals of each rollup into stretches, one after the other.

    Attributes
    ----------
    options : OptionStakes
        what options have brought and cost so far
    """

    def __init__(self, market: SequencerMarket, where: tuple[int, ...]) -> None:
        self._market = market
        self.options = OptionStakes()
        self.options.on_start(market)
        if len(market.world.tables.option_markets):
            market.recorders.append(cast("Recorder", self.options))
        self._since = [(network, market.time, self._totals(at)) for at, network in enumerate(where)]
        self._ended: list[Experience] = []

    def _totals(self, rollup: int) -> dict[str, float]:
        """Totals of a rollup as of the last executed block."""
        market, tables = self._market, self._market.world.tables
        own = market.tally.by_rollup[rollup]
        lending = tables.lending[tables.lending["rollup"] == rollup]
        debt = tables.prices[lending["debt"].astype(np.int64)]
        found = {name: float(own[name]) for name in COUNTED if name not in APART}
        found["revenue"] = float(tables.balance[market.world.treasury[rollup], :, 0].sum())
        found["penalty"] += float(lending["penalties"].sum())
        found["bad_debt"] = float((lending["bad_debt"] * debt).sum())
        options = self.options
        found["options"], found["stale"] = options.customers(rollup), options.stale(rollup)
        found["makers"], found["unhedged"] = float(options.made[rollup]), float(options.squared[rollup])
        return found

    def cut(self, rollup: int, network: int) -> None:
        """End a rollup's stretch and begin one in a network; one of no length is none."""
        before, start, then = self._since[rollup]
        now, time = self._totals(rollup), self._market.time
        self._since[rollup] = network, time, now
        if time <= start:
            return
        grown = {name: now[name] - then[name] for name in COUNTED}
        self._ended.append(
            Experience(
                rollup=rollup,
                network=before,
                start_s=start,
                end_s=time,
                revenue_usd=grown["revenue"],
                demand_usd=grown["user_volume"] + grown["unfilled_volume"],
                cost_usd=grown["user_cost"] + grown["unfilled_cost"],
                delay_s=grown["user_delay"] / grown["user_count"] if grown["user_count"] > 0.0 else math.nan,
                sandwich_usd=grown["sandwich_loss"],
                retail_sandwich_usd=grown["user_sandwich_loss"],
                arbitrage_usd=grown["lp_arbitrage"],
                providers_usd=grown["lp_fees"] + grown["lp_marked"],
                penalty_usd=grown["penalty"],
                bad_debt_usd=grown["bad_debt"],
                options_usd=grown["options"],
                stale_usd=grown["stale"],
                makers_usd=grown["makers"],
                unhedged_usd2=grown["unhedged"],
            )
        )

    def ended(self) -> tuple[Experience, ...]:
        """Return, and forget, the stretches that have ended since the last call."""
        found, self._ended = tuple(self._ended), []
        return found
