"""Who was liquidated because of whose sale: the generations of a cascade, from receipts.

Every price carries a *displacement*: by how much liquidators' sales hold its logarithm down, split by the rollup where
the liquidation took place and by its generation. It follows the asset that was seized:

- a liquidator's sale displaces the pool that it is sold on, by what it moves the log price; sold outside, it displaces
  the reference price by its permanent impact, if the market has any;
- whoever buys on a displaced pool undoes of its displacement the share that the purchase closes of the pool's gap to
  the outside price. An agent carries it on, with the asset, to where it sells: another pool, or outside. Accounts of
  populations carry nothing: they hold many people each, and who sells is not who bought;
- a pool's own displacement never exceeds its gap to the outside price: where exogenous news would have brought the pool
  anyway is nobody's doing. Arbitrage brings to pools what displaces the outside price;
- an oracle has the displacement of what it read, from when its update is executed.

A position that would be liquidatable at the oracle's price without displacement has generation 0. One of generation
n + 1 would be healthy had none but generations up to n - 1 sold, and is not once generation n has. So in a cascade that
runs in waves the generation is the number of the wave; the definition needs no waves. What caused a liquidation is
shared among rollups as the displacement is that made it one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from market.intents.rows import BATCHED
from market.venues import Kind

GENERATIONS = 64
"""Generations told apart; the last one stands for all beyond."""
LEG_S = 10.0
"""Longest time by which the sale of a cycle in separate legs may precede its purchase [s]."""


class Scene(NamedTuple):
    """What a market begins with; one risky asset (1) against the numeraire (0)."""

    rollups: int
    mid: np.ndarray  # (pools,) price of the asset in each pool; NaN for pools of other assets
    fee: np.ndarray  # (pools,) on the input [1]
    feed_pool: np.ndarray  # (feeds,) int: pool that a feed reads, -1: the outside price
    feed_price: np.ndarray  # (feeds,) price posted at the start
    market_feed: np.ndarray  # (lending markets,) int: feed of the collateral
    market_rollup: np.ndarray  # (lending markets,) int
    threshold: np.ndarray  # (lending markets,) [1]
    rate: np.ndarray  # (lending markets,) continuously compounded [1/s]
    position_market: np.ndarray  # (positions,) int
    collateral: np.ndarray  # (positions,) [units of the asset]
    debt: np.ndarray  # (positions,) [USD at the start]
    agents: int  # accounts below this number are agents of the market
    impact: float  # permanent log impact on the outside price of a USD of net sales [1/USD]


class Block(NamedTuple):
    """A block and what held around it."""

    time: float  # [s]
    rows: np.ndarray  # its filled receipts in order, dtype `INTENT`
    outside: float  # price of the asset outside, when the block was executed [USD]
    mid: np.ndarray  # (pools,) after the block


class Liquidated(NamedTuple):
    """Liquidations in order of execution; n of them."""

    time: np.ndarray  # (n,) [s]
    rollup: np.ndarray  # (n,) int
    value: np.ndarray  # (n,) debt repaid [USD]
    generation: np.ndarray  # (n,) int
    cause: np.ndarray  # (n, rollups) shares of the displacement that made it a liquidation; zeros in generation 0
    source: tuple[np.ndarray, ...]  # the cause split by generation: (rollups, generations before its own) of each


def attribute(scene: Scene, blocks: list[Block]) -> Liquidated:
    """Attribute the liquidations of a finished market.

    Raises ValueError when a block goes back in time.
    """
    trace = _Trace(scene)
    for block in blocks:
        trace.follow(block)
    return trace.result()


class _Trace:
    """Displacements as they stand after the blocks followed so far."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.now = scene, -np.inf
        shape = (scene.rollups, GENERATIONS)
        self.log_mid = np.log(scene.mid)
        self.own = np.zeros((scene.mid.size, *shape))
        self.total = np.zeros(scene.mid.size)
        self.outside = np.zeros(shape)
        self.log_outside = 0.0
        self.carried: dict[int, np.ndarray] = {}  # by account: units of the asset on their way from liquidations
        self.sold_short: dict[int, tuple[float, int, float, float]] = {}  # account: (time, pool, units, log move)
        self.posted = [np.zeros(shape) for _ in scene.feed_pool]
        self.log_posted = np.log(scene.feed_price)
        self.collateral, self.scaled = scene.collateral.copy(), scene.debt.copy()
        self.found: list[tuple[float, int, float, int, np.ndarray, np.ndarray]] = []
        self.marks: list[tuple[float, list[np.ndarray]]] = [(-np.inf, [np.zeros(shape) for _ in scene.feed_pool])]

    def follow(self, block: Block) -> None:
        """Let a block's receipts displace prices, undo displacements, and liquidate."""
        if block.time < self.now:
            raise ValueError(f"blocks go back in time: from {self.now} s to {block.time} s")
        self.now, self.log_outside = block.time, float(np.log(block.outside))
        self.released = np.zeros_like(self.outside)  # what this block sells outside [USD]
        for row in block.rows:
            kind = int(row["kind"])
            if kind == Kind.SWAP:
                self._swap(row)
            elif kind == Kind.OUTSIDE:
                if int(row["asset_in"]) == 1:
                    units = float(row["filled_in"])
                    self.released += self._release(int(row["sender"]), units) * block.outside
            elif kind == Kind.LIQUIDATE:
                self._liquidate(row)
            elif kind == Kind.ORACLE_UPDATE:
                self._post(row)
            elif kind in (Kind.DEPOSIT, Kind.WITHDRAW, Kind.BORROW, Kind.REPAY):
                self._position(row)
        self.outside += self.scene.impact * self.released
        log_mid = np.log(block.mid)
        for pool in np.flatnonzero(log_mid - self.log_mid > 1e-12):
            self._undo(int(pool), float(log_mid[pool] - self.log_mid[pool]))
        self.log_mid = log_mid
        calm = not self.total.any() and not self.outside.any()
        readings = self.marks[0][1] if calm else [self._reading(int(pool)) for pool in self.scene.feed_pool]
        if self.marks[-1][0] == block.time:
            self.marks[-1] = (block.time, readings)
        else:
            self.marks.append((block.time, readings))

    def _reading(self, pool: int) -> np.ndarray:
        """Displacement of what a feed of this pool (-1: of the outside price) reads now."""
        if pool < 0:
            return self.outside.copy()
        self._cap(pool)
        inherited, above = float(self.outside.sum()), float(self.log_mid[pool]) - self.log_outside
        kept = 1.0 if above <= 0.0 else max(0.0, 1.0 - above / inherited) if inherited > 0.0 else 0.0
        return self.own[pool] + kept * self.outside

    def _cap(self, pool: int) -> None:
        gap = max(0.0, self.log_outside - float(self.log_mid[pool]))
        if self.total[pool] > gap:
            self.own[pool] *= gap / self.total[pool]
            self.total[pool] = gap

    def _undo(self, pool: int, move: float) -> np.ndarray | None:
        """Take back what a rise of the log price by `move` closes; returns the share of it that was displacement."""
        if self.total[pool] <= 0.0:
            return None
        self._cap(pool)
        gap = self.log_outside - float(self.log_mid[pool])
        if self.total[pool] <= 0.0 or gap <= 0.0:
            return None
        part = self.own[pool] / gap
        self.own[pool] *= max(0.0, 1.0 - move / gap)
        self.total[pool] = float(self.own[pool].sum())
        return part * min(1.0, gap / move)

    def _swap(self, row: np.void) -> None:
        pool, sells = int(row["venue"]), int(row["asset_in"]) == 1
        if np.isnan(self.log_mid[pool]) or int(row["carried"]) == BATCHED:
            return  # what clears at one price moves the pool at the end of the block
        kept, given, got = 1.0 - self.scene.fee[pool], float(row["filled_in"]), float(row["filled_out"])
        worth = self.log_mid[pool] if sells else -self.log_mid[pool]
        # selling d into reserves (x, y) pays y d / (x + d): price over what was paid on average is (x + d) / x
        push = max(0.0, 2.0 * (worth + float(np.log(kept * given / got))))
        account = int(row["sender"])
        carries = 0 <= account < self.scene.agents
        if not sells:
            part = self._undo(pool, push)
            self.log_mid[pool] += push
            if part is not None and carries:
                self._carry(account, part * self._cover_short(account, got, part))
            return
        self.log_mid[pool] -= push
        if not carries:
            return
        units = self._release(account, given)
        if units.any():
            self._displace(pool, push * units / given)
        else:
            self.sold_short[account] = (self.now, pool, given, push)

    def _displace(self, pool: int, by: np.ndarray) -> None:
        self.own[pool] += by
        self.total[pool] += float(by.sum())

    def _cover_short(self, account: int, units: float, part: np.ndarray) -> float:
        """Match a purchase with the sale of the same cycle that came first; returns the units left to carry."""
        time, pool, sold, push = self.sold_short.pop(account, (-np.inf, -1, 0.0, 0.0))
        if self.now - time > LEG_S:
            return units
        matched = min(units, sold)
        self._displace(pool, push * matched / sold * part)
        return units - matched

    def _carry(self, account: int, units: np.ndarray) -> None:
        before = self.carried.get(account)
        self.carried[account] = units if before is None else before + units

    def _release(self, account: int, units: float) -> np.ndarray:
        """Of what an account sells, the units that come from liquidations; the latest in come out first."""
        held = self.carried.get(account)
        if held is None:
            return np.zeros_like(self.outside)
        total = float(held.sum())
        if total <= units * (1.0 + 1e-9):
            del self.carried[account]
            return held
        self.carried[account] = held * (1.0 - units / total)
        return held * (units / total)

    def _post(self, row: np.void) -> None:
        feed, sent = int(row["venue"]), float(row["sent"])
        # a pool is read once its block is done, the outside price before
        own_block = self.scene.feed_pool[feed] >= 0
        at = len(self.marks) - 1
        while self.marks[at][0] > sent or (self.marks[at][0] == sent and not own_block):
            at -= 1
        self.posted[feed] = self.marks[at][1][feed]
        self.log_posted[feed] = float(np.log(row["filled_in"]))

    def _index(self, market: int) -> float:
        return float(np.exp(self.scene.rate[market] * self.now))

    def _position(self, row: np.void) -> None:
        kind, at, index = int(row["kind"]), int(row["target"]), self._index(int(row["venue"]))
        if kind == Kind.DEPOSIT:
            self.collateral[at] += row["filled_in"]
        elif kind == Kind.WITHDRAW:
            self.collateral[at] -= row["filled_out"]
        elif kind == Kind.BORROW:
            self.scaled[at] += row["filled_out"] / index
        else:
            self.scaled[at] = max(0.0, self.scaled[at] - row["filled_in"] / index)

    def _liquidate(self, row: np.void) -> None:
        market, at = int(row["venue"]), int(row["target"])
        feed, index = int(self.scene.market_feed[market]), self._index(market)
        rollup, displaced = int(self.scene.market_rollup[market]), self.posted[feed]
        line = np.log(self.scaled[at] * index / (self.collateral[at] * self.scene.threshold[market]))
        needed = float(self.log_posted[feed] + displaced.sum() - line)
        generation, cause, source = 0, np.zeros(self.scene.rollups), np.zeros((self.scene.rollups, 0))
        if needed > 1e-12:
            enough = np.cumsum(displaced.sum(axis=0)) >= needed * (1.0 - 1e-9)
            last = int(np.argmax(enough)) if enough.any() else GENERATIONS - 1
            generation = min(GENERATIONS - 1, last + 1)
            source = displaced[:, : last + 1]
            cause = source.sum(axis=1)
            source, cause = (part / cause.sum() if cause.sum() > 0.0 else part for part in (source, cause))
        self.found.append((self.now, rollup, float(row["filled_in"]), generation, cause, source))
        self.collateral[at] = max(0.0, self.collateral[at] - row["filled_out"])
        self.scaled[at] = max(0.0, self.scaled[at] - row["filled_in"] / index)
        seized = np.zeros_like(self.outside)
        seized[rollup, generation] = row["filled_out"]
        self._carry(int(row["sender"]), seized)

    def result(self) -> Liquidated:
        """Return what was found so far."""
        columns = list(zip(*self.found, strict=True)) or [()] * 6
        cause = np.array(columns[4], float).reshape(-1, self.scene.rollups)
        return Liquidated(
            np.array(columns[0], float), np.array(columns[1], np.int64), np.array(columns[2], float),
            np.array(columns[3], np.int64), cause, tuple(columns[5]),
        )  # fmt: skip
