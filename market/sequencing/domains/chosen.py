"""Rollups choose among shared networks, and may stay by themselves.

Who sequences whom is the outcome of a game played before the market opens: rollups reply in turn to where the others
are until nobody moves. They go by what the configuration lets them expect, per day:

- sequencing revenue: gas and tips of the retail flow, less the fee of the network;
- users' delay: their volume times the additional wait for a block of the network, half a block time on average;
- atomicity: between two rollups of one network, cross-rollup demand saves what a second leg that comes later costs,
  half of the mean absolute price move in the meantime; each rollup keeps half. Demand follows gravity: between i and j
  it is `cross_demand` times V_i V_j / V, V_i being the retail volume of i and V that of all.

So the value of a network grows with who else is there. What two rollups save by each other's company they share evenly:
the game has a potential, and the replies come to rest (Monderer and Shapley 1996). Where they do depends on where they
begin: nobody gains by being the first in an empty network. The partition stays as it is for the whole run. A game on
payoffs measured in markets is in `experiments.games.network_choice`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from market.config import MarketConfig, Share
from market.errors import InputError
from market.sequencing.domains import _choice as choice
from market.sequencing.domains._layer1 import apart, rollups_of
from market.sequencing.domains.base import SHARED_BLOCK_TIME_S, Domains
from market.settings import DAY_S, YEAR_S


class Chosen(Domains):
    """Best-response dynamics on configured expectations."""

    kind: Literal["chosen"] = "chosen"
    fees: tuple[Share, ...] = Field(
        (0.1, 0.05), min_length=1, description="share of its sequencing revenue that a rollup pays to each network [1]"
    )
    cross_demand: float = Field(
        0.3, ge=0, description="volume of trades that span rollups, relative to retail volume [1]"
    )
    delay_cost_bp_s: float = Field(0.05, ge=0, description="what users lose by waiting, of their volume [bp/s]")
    switching_usd: float = Field(0.0, ge=0, description="daily gain below which a rollup does not move [USD/day]")
    first: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        None, description="network that each rollup is with to begin with, 0: none (default: dealt out in turn)"
    )

    def partition(self, config: MarketConfig) -> list[list[int]]:
        """Rollups of each domain; raises InputError for a first choice that does not fit."""
        if apart(config):
            own = rollups_of(config)
            rest = config.model_copy(update={"rollups": tuple(config.rollups[at] for at in own)})
            return [[own[at] for at in part] for part in self.partition(rest)] + apart(config)
        count, networks = len(config.rollups), len(self.fees)
        first = self.first or tuple(1 + at % networks for at in range(count))
        if len(first) != count or max(first) > networks:
            raise InputError(
                f"regime.domains.first: {list(first)}; allowed: 0 to {networks} for each of {count} rollups"
            )
        return choice.partition(choice.converge(self.expectations(config), first, networks, self.switching_usd).state)

    def expectations(self, config: MarketConfig) -> choice.Value:
        """What a rollup expects of a network and its members, against a sequencer of its own [USD/day]."""
        flow = config.flow
        depth = np.array([sum(pool.depth_usd for pool in rollup.pools) for rollup in config.rollups])
        trades = flow.per_second * DAY_S * depth / depth.sum()
        volume = trades * flow.median_usd * np.exp(0.5 * flow.log_sd**2)
        income = trades * (np.array([rollup.gas_usd for rollup in config.rollups]) + flow.tip_mean_usd)
        own_block = np.array([rollup.block_time_s for rollup in config.rollups])
        shared_block = config.regime.block_time_s or SHARED_BLOCK_TIME_S
        volatility = max(asset.volatility for asset in config.assets) / np.sqrt(YEAR_S)
        waiting = self.delay_cost_bp_s * 1e-4 * 0.5 * (shared_block - own_block) * volume

        def value(rollup: int, network: int, together: frozenset[int]) -> float:
            if network == choice.ALONE:
                return 0.0
            saved = 0.0
            for other in together - {rollup} if volume.sum() > 0.0 else ():  # without volume nothing is saved
                later = 0.5 * (own_block[rollup] + own_block[other])
                leg_cost = volatility * np.sqrt(later / (2.0 * np.pi))
                saved += 0.5 * self.cross_demand * volume[rollup] * volume[other] / volume.sum() * leg_cost
            return float(saved - waiting[rollup] - self.fees[network - 1] * income[rollup])

        return value
