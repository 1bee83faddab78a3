"""What kinds of intents on perpetuals state: the margin check, fee caps, gas and traded value read it."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import ALICE, ETH, OPERATOR, USD, execute, fates, founded, intent
from worlds import rollup as a_rollup

from market.config import PerpetualConfig
from market.genesis import World
from market.intents.rows import Reason
from market.sequencing.capacity.gas import admit, capping_values
from market.sequencing.margin.checked import check
from market.sequencing.revenue.base import brought
from market.venues import Kind
from market.venues.dispatch import GAS

CONTRACT = 1
"""The first trader's; contract 0 is the maker's."""


def house() -> World:
    """One perpetual with two traders, no fees, no spread and no price impact."""
    spec = PerpetualConfig(
        traders=2, margin_median_usd=1000.0, margin_log_sd=0.0, leverage_low=5.0, leverage_high=5.0, max_leverage=10.0,
        maintenance=0.02, long_share=1.0, cross_share=0.0, fee_bp=0.0, spread_bp=0.0, depth_usd=1e30, reserve_share=1.0,
    )  # fmt: skip
    return founded(a_rollup("a", perpetuals=(spec,)))


def on_contract(world: World, kind: int, amount: float, *, buy: bool = True) -> np.ndarray:
    owner = int(world.tables.contracts["owner"][CONTRACT])
    sides = {"asset_in": USD, "asset_out": ETH} if buy else {"asset_in": ETH, "asset_out": USD}
    return intent(kind, owner, venue=0, rollup=0, target=CONTRACT, amount=amount, **sides)


def test_margin_that_nobody_has_is_not_let_into_a_block() -> None:
    world = house()
    row = intent(Kind.PERPETUAL_DEPOSIT, ALICE, venue=0, rollup=0, target=CONTRACT, amount=1e12)
    assert check(world.state, row).tolist() == [1]
    row["amount"] = 1e5
    assert check(world.state, row).tolist() == [0]
    assert check(world.state, np.concatenate([row] * 11)).tolist() == [0] * 10 + [1]


@pytest.mark.parametrize(
    ("kind", "amount", "value"),
    [
        (Kind.PERPETUAL_TRADE, 0.5, 0.5 * 2500.0),
        (Kind.PERPETUAL_DEPOSIT, 30.0, 30.0),
        (Kind.PERPETUAL_WITHDRAW, 30.0, 30.0),
        (Kind.PERPETUAL_LIQUIDATE, 1.0, 2.0 * 2500.0),
    ],
)
def test_a_fee_cap_holds_by_the_value_that_an_intent_moves(kind: int, amount: float, value: float) -> None:
    world = house()
    rows = on_contract(world, kind, amount)
    values = capping_values(world.state, rows)
    assert values.tolist() == pytest.approx([value], rel=1e-6)
    for fee, goes_in in ((0.0099 * value, True), (0.0101 * value, False)):
        used, kept = np.zeros(1), np.zeros(1, np.bool_)
        admit(rows, values, GAS, np.full(rows.size, fee), 1e9, 0.01, used, kept)
        assert kept.tolist() == [goes_in]


def test_every_kind_has_gas_of_its_own() -> None:
    perpetual = [GAS[kind] for kind in Kind if kind.name.startswith("PERPETUAL")]
    assert len(set(perpetual)) == len(perpetual) == 5


@pytest.mark.parametrize("buy", [True, False])
def test_a_trade_of_contracts_is_value_traded(buy: bool) -> None:
    world = house()
    receipts = execute(world, on_contract(world, Kind.PERPETUAL_TRADE, 0.25, buy=buy))
    assert fates(receipts) == ["FILLED"]
    assert receipts["reason"][0] == Reason.NONE
    fees, columns = np.zeros(1), np.empty((3, 1))
    brought(world.state, receipts, OPERATOR, OPERATOR, fees, *columns)
    assert columns[2, 0] == pytest.approx(0.25 * 2500.0, rel=1e-9)
