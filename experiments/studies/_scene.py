"""The plain scene that studies of crashes share: four indebted rollups, oracles that read pools, plentiful capital."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.population import Population
from experiments.markets.scenarios import reference
from experiments.studies._stage import DEPTHS_USD, NAMES, regime, rollup
from market.config import AgentConfig, FlowConfig, MarketConfig
from market.intents.rows import blank
from market.model import SequencerMarket
from market.venues import Kind

BORROWERS = 500
SHOCK = 0.08  # fall of the log price of one rollup's pool that somebody's sale causes


class Liquidations:
    """What a finished market says about liquidations, by rollup."""

    def __init__(self, market: SequencerMarket, debt: np.ndarray) -> None:
        tables = market.world.tables
        price = float(market.path.current[1])
        of = tables.loans["market"].astype(np.int64)
        owed = tables.loans["debt"] * tables.lending["index"][of]
        short = np.maximum(owed - tables.loans["collateral"] * price, 0.0).sum()
        self.debt = debt
        # of borrowers, and of whoever has sold options
        self.liquidated = market.tally.by_rollup["liquidated"] + market.tally.by_rollup["options_liquidated"]
        # what was written off, and what no collateral covers any more
        self.bad_debt = float(tables.lending["bad_debt"].sum() + short)
        self.peak = market.tally.peak_liquidated()
        self.market = market
        self.missed = sum(domain.regime.consensus.missed for domain in market.domains)


def simulate(config: MarketConfig, seed: int, shocked: int) -> Liquidations:
    """Run a market, with a sale on one rollup in the middle unless `shocked` is -1."""
    market = SequencerMarket(config, seed, Population(config))
    debt = market.world.tables.lending["scaled_debt"].copy()
    if shocked >= 0:
        sell(market, (shocked,), SHOCK, 0.5 * config.horizon_s)
    market.run()
    return Liquidations(market, debt)


def sell(market: SequencerMarket, rollups: tuple[int, ...], shock: float, time: float) -> None:
    """Let somebody sell, at a time [s], what takes the log price of these rollups' pools of the start down by `shock`.

    The rollups have one pool each, in the order of the rollups.
    """
    rows = blank(len(rollups))
    rows["kind"], rows["sender"] = int(Kind.SWAP), market.world.account_of["retail"]
    rows["venue"] = rows["rollup"] = rollups
    rows["asset_in"] = 1
    depths = np.array([DEPTHS_USD[at] for at in rollups])
    rows["amount"] = depths / market.config.assets[0].price_usd * np.expm1(0.5 * shock)
    rows["sent"] = rows["arrival"] = time
    market.mempool.submit(rows)


def scene(sharing: str, outage_s: float, leverage: float, seed: int, quick: bool) -> MarketConfig:
    """Return four indebted rollups in a crash, with oracles that read pools and liquidators who sell there."""
    base = reference(quick=quick)
    rollups = tuple(rollup(at, leverage, borrowers=BORROWERS) for at in range(len(NAMES)))
    return base.model_copy(
        update={
            "horizon_s": 600.0 if quick else 3600.0,
            "prices": reference(quick=True).prices if quick else _within(base, 3600.0),
            "rollups": rollups,
            "regime": regime(sharing, seed, 600.0 if quick else 3600.0, outage_s, latest=0.75),
            "flow": FlowConfig(per_second=1.0),
            "agents": (
                AgentConfig(role="liquidator", strategy="greedy", count=3),
                AgentConfig(role="trader", strategy="arbitrageur", count=2),
                AgentConfig(role="trader", strategy="arbitrageur", count=2, parameters={"outside": False}),
            ),
        }
    )


def _within(scene: MarketConfig, horizon_s: float) -> Any:
    """Return the reference scenario's prices with the crash moved into a shorter run."""
    start = 0.3 * horizon_s
    episodes = tuple(
        episode.model_copy(update={"start_s": start, "end_s": start + episode.end_s - episode.start_s})
        for episode in scene.prices.episodes
    )
    return scene.prices.model_copy(update={"episodes": episodes})
