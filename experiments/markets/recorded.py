"""A market that keeps what the measures of cascades need: receipts block by block, and prices second by second."""

from __future__ import annotations

import numpy as np

from agents.population import Population
from market import state, tally
from market.cascades import Block, Scene
from market.config import MarketConfig
from market.domain import Slot
from market.intents import Kind, Status
from market.model import SequencerMarket
from market.venues.oracle import EXTERNAL, POOL_SPOT

KEPT = np.zeros(len(Kind), np.bool_)
KEPT[[
    Kind.SWAP, Kind.OUTSIDE, Kind.LIQUIDATE, Kind.ORACLE_UPDATE, Kind.DEPOSIT, Kind.WITHDRAW, Kind.BORROW, Kind.REPAY,
]] = True  # fmt: skip
FILLED = int(Status.FILLED)


class Recorded(SequencerMarket):
    """A market of one risky asset against the numeraire whose lending markets read pools or the outside price.

    Attributes
    ----------
    scene : market.cascades.Scene
        what it began with
    blocks : list of market.cascades.Block
        filled receipts of every block
    debt : (rollups,) array
        what was owed on each rollup at the start [USD]
    gaps : list of (pools,) arrays
        log of each pool's price over the outside price, once a second

    Raises
    ------
    ValueError
        for a second risky asset, debt in the asset, or an oracle that reads a mean over time
    """

    def __init__(self, config: MarketConfig, seed: int) -> None:
        super().__init__(config, seed, Population(config))
        self.scene = scene(self)
        self.blocks: list[Block] = []
        self.gaps: list[np.ndarray] = []
        self.debt = np.bincount(
            self.scene.market_rollup[self.scene.position_market], self.scene.debt, minlength=len(config.rollups)
        )

    @property
    def liquidated(self) -> np.ndarray:
        """Debt that liquidators repaid so far, by rollup: shape (rollups,) [USD]."""
        return self.tally.by_rollup[:, tally.LIQUIDATED].copy()

    def record(self, slot: Slot) -> None:
        """Add the block's filled receipts."""
        super().record(slot)
        rows = slot.rows
        rows = rows[rows["status"] == FILLED]
        # the price that the block was executed at: what its trades did to it shows from the next slot on
        self.blocks.append(Block(slot.time, rows[KEPT[rows["kind"]]], float(self.world.tables.price[1]), mids(self)))

    def step(self) -> None:
        """Once a second: note how far the pools are from the outside price."""
        super().step()
        self.gaps.append(np.log(mids(self) / self.path.current[1]))


def mids(market: SequencerMarket) -> np.ndarray:
    """Price of the asset in every pool [USD]: shape (pools,)."""
    tables = market.world.tables
    at = tables.pool[:, [state.P_ACCOUNT, state.P_ROLLUP]].astype(np.int64).T
    return tables.balance[at[0], at[1], 0] / tables.balance[at[0], at[1], 1]


def scene(market: SequencerMarket) -> Scene:
    """What a market begins with, for :func:`market.cascades.attribute`."""
    tables = market.world.tables
    if len(tables.price) != 2:
        raise ValueError(f"cascades are traced with one risky asset, not {len(tables.price) - 1}")
    if (tables.lending[:, state.L_DEBT] != 0).any():
        raise ValueError("cascades are traced where debt is owed in USD; a lending market lends the asset")
    source = tables.feed[:, state.F_SOURCE].astype(np.int64)
    if not np.isin(source, (EXTERNAL, POOL_SPOT)).all():
        raise ValueError("cascades are traced with oracles that read 'pool' or 'external'; a feed reads a mean")
    lending, position = tables.lending, tables.position
    return Scene(
        rollups=len(market.config.rollups),
        mid=mids(market),
        fee=tables.pool[:, state.P_FEE].copy(),
        feed_pool=np.where(source == POOL_SPOT, tables.feed[:, state.F_POOL], -1).astype(np.int64),
        feed_price=tables.feed[:, state.F_PRICE].copy(),
        market_feed=lending[:, state.L_FEED_COLLATERAL].astype(np.int64),
        market_rollup=lending[:, state.L_ROLLUP].astype(np.int64),
        threshold=lending[:, state.L_THRESHOLD].copy(),
        rate=lending[:, state.L_RATE].copy(),
        position_market=position[:, state.N_MARKET].astype(np.int64),
        collateral=position[:, state.N_COLLATERAL].copy(),
        debt=position[:, state.N_DEBT].copy(),
        impact=market.config.prices.impact_per_million / 1e6,
    )
