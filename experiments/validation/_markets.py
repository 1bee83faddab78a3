"""Small still markets: a few pools and agents, no retail flow, no borrowers, no gas unless asked for.

What a known answer needs of a market and nothing else moves in it. Everything runs through the market's own model; only
the scenery is bare.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from agents.population import Population
from market import regimes
from market.access.observation import BLANK
from market.config import (
    AgentConfig,
    AssetConfig,
    FlowConfig,
    GraphConfig,
    MarketConfig,
    PoolConfig,
    PriceConfig,
    RollupConfig,
)
from market.domain import Slot
from market.execution import execute_block
from market.intents.rows import blank
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.venues import Kind

NO_OUTSIDE_BP = 9999.0
"""Fee at which nobody trades with the outside market [bp]."""
YEAR_S = 365.0 * 86400.0


class Blocks(Recorder):
    """Keeps blocks with their receipts, and what somebody wants measured after each."""

    def __init__(self, measure: Callable[[Any], Any] | None) -> None:
        self.blocks: list[np.ndarray] = []
        self.measured: list[Any] = []
        self._measure = measure

    def on_start(self, market: SequencerMarket) -> None:
        """Remember whom to measure."""
        self._market = market

    def on_block(self, slot: Slot) -> None:
        """Add the block to the record."""
        self.blocks.append(slot.rows.copy())
        if self._measure is not None:
            self.measured.append(self._measure(self._market))


class Watched(SequencerMarket):
    """A market that keeps its blocks with their receipts, and what somebody wants measured after each.

    Attributes
    ----------
    blocks : list of (n,) arrays, dtype `INTENT`
        the rows of every block
    measured : list
        what `measure(market)` returned after every block
    """

    def __init__(self, config: MarketConfig, seed: int, measure: Callable[[Any], Any] | None = None) -> None:
        kept = Blocks(measure)
        super().__init__(config, seed, Population(config), [kept])
        self.blocks, self.measured = kept.blocks, kept.measured

    @property
    def rows(self) -> np.ndarray:
        """All rows of all blocks: shape (n,), dtype `INTENT`."""
        return np.concatenate([BLANK, *self.blocks])

    def account(self, role: str) -> int:
        """Account of the first agent of a role."""
        return next(agent.account for agent in self.participants if agent.role == role)


def pool(reserves: tuple[float, float], names: tuple[str, str], fee_bp: float, price_usd: float) -> PoolConfig:
    """A pool with the given reserves of two assets; `price_usd` is the reference price of the first."""
    first, second = reserves
    return PoolConfig(assets=names, depth_usd=first * price_usd, fee_bp=fee_bp, price_usd=second / first)


def rollup(name: str, *pools: PoolConfig, **changes: Any) -> RollupConfig:
    """A rollup with these pools and no gas."""
    return RollupConfig(name=name, pools=pools, gas_usd=0.0, **changes)


def asset(name: str, price_usd: float, volatility: float = 0.0) -> AssetConfig:
    """An asset whose price stands still unless a volatility is given [1/sqrt(year)]."""
    return AssetConfig(name=name, price_usd=price_usd, volatility=volatility)


def still(
    rollups: Sequence[RollupConfig],
    assets: Sequence[AssetConfig],
    agents: Sequence[AgentConfig] = (),
    regime: str = "siloed",
    **changes: Any,
) -> MarketConfig:
    """Configuration of a market without retail flow and bridges; four seconds long unless changed."""
    settings: dict[str, Any] = {
        "horizon_s": 4.0,
        "prices": PriceConfig(kind="gbm"),
        "graph": GraphConfig(kind="list"),
        "flow": FlowConfig(per_second=0.0),
        "outside_fee_bp": NO_OUTSIDE_BP,
    }
    return MarketConfig(
        rollups=tuple(rollups),
        assets=tuple(assets),
        agents=tuple(agents),
        regime=regimes.load(regime),
        **(settings | changes),
    )


def trader(strategy: str, capital_usd: float, **parameters: Any) -> AgentConfig:
    """One trader without latency."""
    return AgentConfig(
        role="trader", strategy=strategy, capital_usd=capital_usd, latency_s=0.0, latency_spread_s=0.0,
        parameters=parameters,
    )  # fmt: skip


def intents(market: SequencerMarket, count: int, sender: str, **fields: Any) -> np.ndarray:
    """Rows of a named sender, such as "retail", who brings its own funds: shape (count,), dtype `INTENT`."""
    rows = blank(count)
    rows["sender"] = market.world.account_of[sender]
    for name, value in fields.items():
        rows[name] = int(value) if isinstance(value, Kind) else value
    return rows


def execute(market: SequencerMarket, rows: np.ndarray) -> np.ndarray:
    """Execute rows as a block of the market, at once; returns them with their receipts."""
    operator = market.domains[0].leaders[0].account
    execute_block(market.world.state, rows, market.time, operator, operator)
    return rows


def held(market: SequencerMarket, account: int) -> np.ndarray:
    """What an account holds over all rollups: shape (assets,) [units of the asset]."""
    return market.world.tables.balance[account].sum(axis=0)


def set_reserves(market: SequencerMarket, at: int, reserves: np.ndarray) -> None:
    """Put a pool's reserves where history had them: shape (2,), in the order of its assets."""
    tables = market.world.tables
    row = tables.pools[at]
    tables.balance[int(row["account"]), int(row["rollup"]), row["asset"].astype(np.int64)] = reserves


def bisect(happens: Callable[[float], bool], low: float, high: float, steps: int) -> float:
    """Where something begins to happen between `low`, at which it does not, and `high`, at which it does."""
    if happens(low) or not happens(high):
        return float("nan")
    for _ in range(steps):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if happens(middle) else (middle, high)
    return 0.5 * (low + high)
