"""A recorder of what the measures of cascades need: receipts block by block, and prices second by second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.errors import InputError
from market.intents.rows import Status
from market.measures.cascades import Block, Liquidated, Scene, attribute
from market.measures.recorder import Recorder
from market.venues import Kind
from market.venues.oracles.rules import EXTERNAL, POOL_SPOT

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

KEPT = np.zeros(len(Kind), np.bool_)
KEPT[[
    Kind.SWAP, Kind.OUTSIDE, Kind.LIQUIDATE, Kind.ORACLE_UPDATE, Kind.DEPOSIT, Kind.WITHDRAW, Kind.BORROW, Kind.REPAY,
]] = True  # fmt: skip


class Cascades(Recorder):
    """Records a market of one risky asset against the numeraire whose lending markets read pools or the outside price.

    Attributes
    ----------
    scene : market.measures.cascades.Scene
        what it began with
    blocks : list of market.measures.cascades.Block
        filled receipts of every block
    debt : (rollups,) array
        what was owed on each rollup at the start [USD]
    gaps : list of (pools,) arrays
        log of each pool's price over the outside price, once a second

    Raises
    ------
    InputError
        as the market is founded: for a second risky asset, debt in the asset, or an oracle that reads a mean over time
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.gaps: list[np.ndarray] = []

    def on_start(self, market: SequencerMarket) -> None:
        """Take what the market begins with."""
        self._market, self.scene = market, scene(market)
        rollup_of = self.scene.market_rollup[self.scene.position_market]
        self.debt = np.bincount(rollup_of, self.scene.debt, minlength=len(market.config.rollups))

    def on_block(self, slot: Slot) -> None:
        """Add the block's filled receipts."""
        rows, market = slot.rows[slot.rows["status"] == Status.FILLED], self._market
        # the price that the block was executed at: what its trades did to it shows from the next slot on
        price = float(market.world.tables.prices[1])
        self.blocks.append(Block(slot.time, rows[KEPT[rows["kind"]]], price, mids(market)))

    def on_second(self, market: SequencerMarket) -> None:
        """Note how far the pools are from the outside price."""
        self.gaps.append(np.log(mids(market) / market.path.current[1]))

    def attributed(self) -> Liquidated:
        """Return who was liquidated because of whose sale, of all that was recorded so far."""
        return attribute(self.scene, self.blocks)


def mids(market: SequencerMarket) -> np.ndarray:
    """Price of the asset in every pool [USD]: shape (pools,)."""
    tables = market.world.tables
    account, rollup = (tables.pools[column].astype(np.int64) for column in ("account", "rollup"))
    return tables.balance[account, rollup, 0] / tables.balance[account, rollup, 1]


def scene(market: SequencerMarket) -> Scene:
    """What a market begins with, for :func:`market.measures.cascades.attribute`."""
    tables = market.world.tables
    if len(tables.prices) != 2:
        raise InputError(f"cascades are traced with one risky asset, not {len(tables.prices) - 1}")
    if (tables.lending["debt"] != 0).any():
        raise InputError("cascades are traced where debt is owed in USD; a lending market lends the asset")
    if tables.lending["slope_below"].any() or tables.lending["slope_above"].any():
        raise InputError("cascades are traced where rates are constant; a lending market's follow its utilisation")
    source = tables.feeds["source"].astype(np.int64)
    if not np.isin(source, (EXTERNAL, POOL_SPOT)).all():
        raise InputError(
            "cascades are traced with oracles that read 'pool' or 'external'; a feed reads a mean, or reports"
        )
    if tables.pools["spacing"].any():
        raise InputError("cascades are traced on constant-product pools; one is concentrated")
    lending, position = tables.lending, tables.loans
    return Scene(
        rollups=len(market.config.rollups),
        mid=mids(market),
        fee=tables.pools["fee"].copy(),
        feed_pool=np.where(source == POOL_SPOT, tables.feeds["pool"], -1).astype(np.int64),
        feed_price=tables.feeds["price"].copy(),
        market_feed=lending["feed_collateral"].astype(np.int64),
        market_rollup=lending["rollup"].astype(np.int64),
        threshold=lending["threshold"].copy(),
        rate=lending["rate"].copy(),
        position_market=position["market"].astype(np.int64),
        collateral=position["collateral"].copy(),
        debt=position["debt"].copy(),
        agents=len(market.members),
        impact=market.config.prices.impact_per_million / 1e6,
    )
