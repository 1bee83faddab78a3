"""A small market in which to try one strategy: what its tests are made of.

    played = play_one("my_strategies:Patient", seconds=60, seed=1)
    assert played.filled.size
    assert played.profit_usd > 0.0

It is the small market of three rollups, with what the role needs: somebody to liquidate, an auction to bid in, an order
to choose, networks to move among.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.population import strategy_class
from experiments.markets.small_market import small
from experiments.runs.run import run_one
from market import regimes
from market.config import AgentConfig, EpisodeConfig, LendingConfig, MarketConfig
from market.domain import Slot
from market.intents.rows import INTENT, Status
from market.measures.profit_by_agent import ProfitByAgent
from market.measures.recorder import Recorder
from market.model import SequencerMarket

BLOCK_S, YEAR_S = 2.0, 365.0 * 86400.0
REGIMES = {"builder": "pbs", "sequencer": "siloed_extractive", "protocol": "roaming"}
"""Regime in which a role has something to decide; any other role: `centralized_shared`."""
BORROWERS, FALL = 200, 0.15
"""Borrowers on each rollup of a liquidator's market, and by how much the price falls there in the second quarter."""
REVIEWS = 6
"""How often protocols review where their rollups are."""


@dataclass(frozen=True)
class Played:
    """What a strategy did in a market and got by it.

    Attributes
    ----------
    agent
        the strategy as it ended, with all that it learned
    name
        under which it played
    receipts
        own intents that were decided on, in the order of decision: shape (n,), dtype `market.intents.INTENT`
    intents
        own intents, those still pending included [1]
    profit_usd
        what it gained, marked at reference prices, see `market.measures.profit_by_agent` [USD]
    by_kind
        the same by what it did for it [USD]
    outcomes
        of the market
    """

    agent: Any
    name: str
    receipts: np.ndarray
    intents: int
    profit_usd: float
    by_kind: dict[str, float]
    outcomes: dict[str, float | int | str]

    @property
    def filled(self) -> np.ndarray:
        """Receipts of what was filled: shape (n,), dtype `INTENT`."""
        return self.receipts[self.receipts["status"] == Status.FILLED]


class Own(Recorder):
    """Keeps what the first agent of a strategy sent, and what became of it."""

    def __init__(self, strategy: type) -> None:
        self._strategy = strategy
        self._receipts: list[np.ndarray] = [np.zeros(0, INTENT)]

    def on_start(self, market: SequencerMarket) -> None:
        """Find the agent."""
        self._market = market
        self.agent = next(agent for agent in market.participants if type(agent) is self._strategy)

    def on_block(self, slot: Slot) -> None:
        """Keep the agent's receipts of a block."""
        self.on_orders(slot.rows)

    def on_orders(self, rows: np.ndarray) -> None:
        """Keep the agent's orders."""
        if (own := rows["sender"] == self.agent.account).any():
            self._receipts.append(rows[own])

    def close(self) -> None:
        """Count what is still pending."""
        self.receipts = np.concatenate(self._receipts)
        kept = [self.receipts]
        for domain in self._market.domains:
            kept.append(self._market.mempool.waiting(domain.index))
            kept += [] if domain.sealed is None else [domain.sealed.rows, domain.sealed.expired]
        every = np.concatenate(kept)
        self.intents = int(np.unique(every["id"][every["sender"] == self.agent.account]).size)


def play_one(
    strategy: str | type,
    role: str = "trader",
    *,
    seconds: float = 60.0,
    seed: int = 1,
    parameters: Mapping[str, Any] | None = None,
    market: MarketConfig | None = None,
    recorders: Iterable[Recorder] = (),
) -> Played:
    """Let a strategy play in a small market, and return what it did and got.

    Parameters
    ----------
    strategy
        the class, "package.module:Class", or the name of a built-in strategy
    role
        its role; a class knows its own
    seconds
        length of the run [s]
    seed
        root of all streams of random numbers
    parameters
        of the strategy
    market
        market in place of the role's own; agents of the strategy in it are replaced, and its length is kept
    recorders
        what else takes note of the run

    Raises
    ------
    market.errors.InputError
        where there is no such strategy, or it has no such parameters
    market.errors.StrategyError
        where it raises, or asks for what no market can carry out
    """
    if isinstance(strategy, type):
        role, strategy = str(getattr(strategy, "role", role)), f"{strategy.__module__}:{strategy.__qualname__}"
    own, profits = Own(strategy_class(role, strategy)), ProfitByAgent()
    base = trial(role, seconds) if market is None else market
    count = len(base.rollups) if role == "protocol" else 1
    mine = AgentConfig(role=role, strategy=strategy, count=count, parameters=dict(parameters or {}))  # type: ignore[arg-type]
    others = tuple(group for group in base.agents if (group.role, group.strategy) != (role, strategy))
    outcomes = run_one(base.model_copy(update={"agents": (mine, *others)}), seed, [own, profits, *recorders])
    name = own.agent.name
    gained = profits.by_agent[name]
    return Played(own.agent, name, own.receipts, own.intents, gained["total_usd"], gained["by_kind"], outcomes)


def trial(role: str, seconds: float = 60.0) -> MarketConfig:
    """Return the small market in which a strategy of a role has something to do, for so long [s]."""
    base = small(regimes.load(REGIMES.get(role, "centralized_shared")), 1, block_time_s=BLOCK_S)
    base = base.model_copy(update={"horizon_s": float(seconds)})
    if role == "builder":
        rivals = AgentConfig(role="builder", strategy="adaptive", count=2)
        return base.model_copy(update={"agents": (*base.agents, rivals)})
    if role == "protocol":
        domains = base.regime.domains | {"period_s": seconds / REVIEWS, "notice_s": 0.0}
        return base.model_copy(update={"regime": base.regime.model_copy(update={"domains": domains})})
    return _indebted(base) if role == "liquidator" else base


def _indebted(base: MarketConfig) -> MarketConfig:
    """Add borrowers, and a fall of the price in the second quarter of the run."""
    quarter = 0.25 * base.horizon_s
    fall = EpisodeConfig(start_s=quarter, end_s=2.0 * quarter, drift=math.log1p(-FALL) * YEAR_S / quarter)
    rollups = tuple(
        rollup.model_copy(
            update={"lending": (LendingConfig(cash_usd=rollup.pools[0].depth_usd),), "borrowers": BORROWERS}
        )
        for rollup in base.rollups
    )
    prices = base.prices.model_copy(update={"episodes": (fall,)})
    return base.model_copy(update={"rollups": rollups, "prices": prices})
