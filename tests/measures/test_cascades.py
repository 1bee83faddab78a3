"""Who was liquidated because of whose sale: chains made by hand, and the waves of a known cascade."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments.markets.recorded import Recorded
from experiments.validation._cascades import PRICE_USD, Crowd, place, pools_fall
from experiments.validation._markets import asset, pool, rollup, still
from market.config import LendingConfig, OracleConfig
from market.errors import InputError
from market.intents.rows import blank
from market.measures.cascades import Block, Liquidated, Scene, attribute
from market.venues import Kind

FEE = 0.003
LIQUIDATOR, ARBITRAGEUR, SOMEBODY, ORACLE = 1, 2, 3, 4
RESERVE = 1000.0


class Story:
    """Receipts written by hand, on pools of 1000 units at a price of 1000 USD with a fee of 30 bp."""

    def __init__(
        self, lines: list[list[float]], outside: float = 1000.0, impact: float = 0.0, pools: bool = True
    ) -> None:
        """`lines[rollup]`: log price falls at which its borrowers, of one unit each, can be liquidated."""
        rollups = len(lines)
        self.reserves = np.full((rollups, 2), (RESERVE, RESERVE * 1000.0))
        market = np.repeat(np.arange(rollups), [len(part) for part in lines])
        falls = np.concatenate([np.array(part, float) for part in lines])
        self.scene = Scene(
            rollups=rollups, mid=np.full(rollups, 1000.0), fee=np.full(rollups, FEE),
            feed_pool=np.arange(rollups) if pools else np.full(rollups, -1), feed_price=np.full(rollups, 1000.0),
            market_feed=np.arange(rollups), market_rollup=np.arange(rollups), threshold=np.full(rollups, 0.8),
            rate=np.zeros(rollups), position_market=market, collateral=np.ones(falls.size),
            debt=0.8 * 1000.0 * np.exp(-falls), agents=SOMEBODY, impact=impact,
        )  # fmt: skip
        self.outside, self.blocks, self.time = outside, [], 0.0

    def block(self, *rows: np.ndarray) -> None:
        self.time += 1.0
        joined = np.concatenate(rows) if rows else blank(0)
        joined["executed"] = self.time
        self.blocks.append(Block(self.time, joined, self.outside, self.reserves[:, 1] / self.reserves[:, 0]))

    def sale(self, at: int, fall: float, sender: int, units: float | None = None) -> np.ndarray:
        """A sale that takes the log price of a pool down by `fall` (up, a purchase, where negative)."""
        x, y = self.reserves[at]
        if units is None:
            units = abs(x * np.expm1(0.5 * fall))
            paid = abs(y * np.expm1(-0.5 * fall))
        else:
            paid = y * units / (x + units)
        sells = fall > 0.0
        self.reserves[at] += (units, -paid) if sells else (-units, paid)
        row = self.row(Kind.SWAP, sender, venue=at, rollup=at)
        row["asset_in"], row["asset_out"] = (1, 0) if sells else (0, 1)
        row["filled_in"] = (units if sells else paid) / (1.0 - FEE)
        row["filled_out"] = paid if sells else units
        return row

    def outside_sale(self, units: float, sender: int) -> np.ndarray:
        row = self.row(Kind.OUTSIDE, sender, asset_in=1, asset_out=0)
        row["filled_in"] = units
        return row

    def post(self, at: int, price: float | None = None) -> np.ndarray:
        """What the oracle read after the last block, posted now."""
        row = self.row(Kind.ORACLE_UPDATE, ORACLE, venue=at, rollup=at)
        row["sent"] = self.time
        row["filled_in"] = self.blocks[-1].mid[at] if price is None else price
        return row

    def falls(self, position: int, fall: float) -> np.ndarray:
        """A liquidation whose collateral is sold on its rollup's pool, which falls by `fall`."""
        sold = self.sale(int(self.scene.position_market[position]), fall, LIQUIDATOR)
        return np.concatenate([self.liquidate(position, float(sold["filled_in"][0])), sold])

    def liquidate(self, position: int, units: float = 1.0) -> np.ndarray:
        at = int(self.scene.position_market[position])
        row = self.row(Kind.LIQUIDATE, LIQUIDATOR, venue=at, rollup=at, target=position)
        row["filled_in"], row["filled_out"] = self.scene.debt[position] * units, units
        return row

    def row(self, kind: int, sender: int, **fields: Any) -> np.ndarray:
        rows = blank(1)
        rows["kind"], rows["sender"] = int(kind), sender
        for name, value in fields.items():
            rows[name] = value
        return rows

    def told(self) -> Liquidated:
        return attribute(self.scene, self.blocks)


def test_a_branching_chain() -> None:
    """One falls by news; its sale fells two; theirs fell one more; one would have fallen by news anyway."""
    story = Story([[0.01, 0.03, 0.035, 0.06, 0.005]])
    story.block(story.sale(0, 0.02, SOMEBODY))
    story.block(story.post(0))
    story.block(story.falls(0, 0.02))  # the pool is 4% down
    story.block(story.post(0))
    story.block(story.falls(1, 0.01), story.falls(2, 0.015))
    story.block(story.post(0))
    story.block(story.liquidate(3), story.liquidate(4))
    told = story.told()
    assert told.generation.tolist() == [0, 1, 1, 2, 0]
    assert told.cause.tolist() == [[0.0], [1.0], [1.0], [1.0], [0.0]]
    # causes split by generation: those before its own, which here are held down by 0.02 and by 0.01 + 0.015
    assert [source.shape for source in told.source] == [(1, 0), (1, 1), (1, 1), (1, 2), (1, 0)]
    np.testing.assert_allclose(told.source[3], [[0.02 / 0.045, 0.025 / 0.045]], rtol=1e-9)


def test_generation_is_decided_by_what_would_have_been_enough() -> None:
    """Two sales of different generations hold the price down; whoever falls by the first alone is of the first."""
    story = Story([[0.01, 0.03, 0.035, 0.045]])
    story.block(story.sale(0, 0.02, SOMEBODY))
    story.block(story.post(0))
    story.block(story.falls(0, 0.02))
    story.block(story.post(0))
    story.block(story.falls(1, 0.01))
    story.block(story.post(0))
    story.block(story.liquidate(2), story.liquidate(3))
    assert story.told().generation.tolist() == [0, 1, 1, 2]


def test_a_purchase_undoes_the_share_of_the_gap_that_it_closes() -> None:
    """A liquidator's sale of 2% of which a purchase closes three quarters leaves half a percent, not two."""
    for fall, generation in ((0.002, 0), (0.007, 1)):
        story = Story([[0.0, fall]])
        story.block(story.falls(0, 0.02))
        story.block(story.sale(0, -0.015, SOMEBODY))
        story.block(story.sale(0, 0.003, SOMEBODY))
        story.block(story.post(0))
        story.block(story.liquidate(1))
        assert story.told().generation.tolist() == [0, generation]


def test_arbitrage_carries_displacement_to_another_rollup() -> None:
    """Bought on the first rollup's pool and sold on the second's, within one bundle."""
    story = Story([[0.0], [0.008]])
    story.block(story.falls(0, 0.02))
    units = float(story.reserves[0, 0] * -np.expm1(-0.5 * 0.01))
    story.block(story.sale(0, -0.01, ARBITRAGEUR), story.sale(1, 1.0, ARBITRAGEUR, units=units))
    story.block(story.post(1))
    story.block(story.liquidate(1))
    told = story.told()
    assert told.rollup.tolist() == [0, 1]
    assert told.generation.tolist() == [0, 1]
    assert told.cause[1].tolist() == [1.0, 0.0]


def test_a_cycle_in_legs_may_sell_first() -> None:
    """Separate legs in the other order say the same."""
    story = Story([[0.0], [0.008]])
    story.block(story.falls(0, 0.02))
    units = float(story.reserves[0, 0] * -np.expm1(-0.5 * 0.01))
    story.block(story.sale(1, 1.0, ARBITRAGEUR, units=units))
    story.block(story.sale(0, -0.01, ARBITRAGEUR))
    story.block(story.post(1))
    story.block(story.liquidate(1))
    assert story.told().cause[1].tolist() == [1.0, 0.0]


def test_somebody_elses_sale_is_news() -> None:
    """A retail sale on the second rollup is nobody's cascade, even after a liquidation on the first."""
    story = Story([[0.0], [0.008]])
    story.block(story.falls(0, 0.02))
    story.block(story.sale(1, 0.01, SOMEBODY))
    story.block(story.post(1))
    story.block(story.liquidate(1))
    assert story.told().generation.tolist() == [0, 0]


def test_news_outside_makes_the_sale_moot() -> None:
    """Where the outside price has fallen below the pool, the sale only did what arbitrage would have done."""
    for outside, generation in ((1000.0, 1), (900.0, 0)):
        story = Story([[0.0, 0.01]], outside=outside)
        story.block(story.falls(0, 0.02))
        story.block(story.post(0))
        story.block(story.liquidate(1))
        assert story.told().generation.tolist() == [0, generation]


def test_permanent_impact_displaces_the_outside_price() -> None:
    """Sold outside, 10 units of 1000 USD each at 1e-6 per USD take one percent off what every oracle reads."""
    for news, generation in ((0.025, 1), (0.035, 0)):
        story = Story([[0.0], [0.03]], impact=1e-6, pools=False)
        story.block(story.liquidate(0, units=10.0), story.outside_sale(10.0, LIQUIDATOR))
        story.outside = 1000.0 * float(np.exp(-0.01 - news))
        story.block()
        story.block(story.post(1, story.outside))
        story.block(story.liquidate(1))
        told = story.told()
        assert told.generation.tolist() == [0, generation]
        assert told.cause[1].tolist() == [float(generation), 0.0]


def test_blocks_out_of_order_are_refused() -> None:
    story = Story([[0.0]])
    story.block()
    story.blocks.append(story.blocks[0]._replace(time=-1.0))
    with pytest.raises(ValueError, match="back in time"):
        story.told()


def test_generations_of_a_known_cascade_are_its_waves() -> None:
    """Even density, one shock: every wave of liquidations is one generation, and psi times the one before.

    A wave of sales takes the log price down by 2 log(1 + q / X), with psi = 2 g / X to first order psi times the last
    fall: the ratio of consecutive generations is psi, within three standard errors of the counts.
    """
    crowd = Crowd(1000.0, 0.5, 0.035, 10_000)
    spot, agents = place("one", crowd, 0.01)
    market = Recorded(still([spot], [asset("ETH", PRICE_USD)], agents, horizon_s=60.0), 1)
    pools_fall(market, [crowd], 0.01)  # pyright: ignore[reportArgumentType]
    market.run()
    told = attribute(market.scene, market.blocks)
    waves = np.unique(told.time, return_inverse=True)[1]
    # no wave is larger than what a slot's liquidators see, so each takes one block
    assert (told.generation == waves).all()
    count = np.bincount(told.generation)[:6].astype(float)
    ratio = count[1:] / count[:-1]
    error = ratio * np.sqrt(1.0 / count[1:] + 1.0 / count[:-1])
    assert (np.abs(ratio - 0.5) < 3.0 * error).all()
    assert float(told.value.sum()) == pytest.approx(float(market.liquidated.sum()), rel=1e-12)


def test_what_cannot_be_traced_is_refused() -> None:
    lending = (LendingConfig(),)
    twap = rollup("one", pool_of(), lending=lending, borrowers=2, oracle=OracleConfig(source="pool_twap"))
    with pytest.raises(InputError, match="a feed reads a mean"):
        Recorded(still([twap], [asset("ETH", PRICE_USD)]), 1)
    with pytest.raises(InputError, match="one risky asset"):
        Recorded(still([twap], [asset("ETH", PRICE_USD), asset("BTC", PRICE_USD)]), 1)


def pool_of() -> Any:
    return pool((1000.0, 1000.0 * PRICE_USD), ("ETH", "USD"), 30.0, PRICE_USD)
