"""What whoever writes a block foresees of the pending intents: what will be filled, and which tips count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import ALICE, BOB, cast, execute, founded, intent, opened, stressed, swap

from agents.blocks.foresight import carry_out, end_of_unit, liquidated, simulate_swap
from market.config import AgentConfig
from market.domain import Slot
from market.intents.rows import Status
from market.venues import Kind
from market.venues.pools.seen import NO_TICKS
from market.venues.pools.view import SEEN_POOL


def pools() -> np.ndarray:
    """One pool of 1000 ETH against 2.5 million USD at 30 bp, as observed: assets 1 and 0."""
    seen = np.zeros(1, SEEN_POOL)
    seen["asset"], seen["reserve"] = (1.0, 0.0), (1000.0, 2.5e6)
    seen["fee"], seen["kept"], seen["shares"] = 0.003, 0.997, 1.0
    return seen


def taken() -> np.ndarray:
    return np.zeros(9, np.int64)


def test_a_bundle_of_which_one_part_fails_changes_nothing() -> None:
    seen, before = pools(), pools()
    rows = np.concatenate([swap(ALICE, 1e4, bundle=1), swap(BOB, 1e4, limit=1e3, bundle=1)])
    assert end_of_unit(rows, np.arange(2), 0) == 2
    assert not carry_out(seen, NO_TICKS, rows, np.arange(2), taken())
    np.testing.assert_array_equal(seen, before)
    assert carry_out(seen, NO_TICKS, rows, np.arange(1), taken())
    assert seen["reserve"][0, 1] == pytest.approx(before["reserve"][0, 1] + 0.997 * 1e4, rel=1e-12)
    assert seen["reserve"][0, 0] < before["reserve"][0, 0]


def test_a_position_is_liquidated_once() -> None:
    list_of = taken()
    rows = np.concatenate([intent(Kind.LIQUIDATE, target=7), intent(Kind.LIQUIDATE, target=7)])
    assert carry_out(pools(), NO_TICKS, rows, np.arange(1), list_of)
    assert not carry_out(pools(), NO_TICKS, rows, np.arange(1, 2), list_of)
    assert liquidated(np.int64(7), list_of)
    assert not liquidated(np.int64(8), list_of)


def test_a_liquidation_of_a_bundle_that_fails_leaves_the_position_to_others() -> None:
    list_of = taken()
    rows = np.concatenate(
        [
            intent(Kind.LIQUIDATE, target=7, bundle=1),
            swap(ALICE, 1e4, limit=1e3, bundle=1),
            intent(Kind.LIQUIDATE, target=7),
        ]
    )
    assert not carry_out(pools(), NO_TICKS, rows, np.arange(2), list_of)
    assert carry_out(pools(), NO_TICKS, rows, np.arange(2, 3), list_of)


@pytest.mark.parametrize("limit", [3.9, 4.0])
def test_a_swap_is_foreseen_as_the_market_executes_it(limit: float) -> None:
    """10,000 USD into 1000 ETH against 2.5 million USD at 30 bp return 3.972 ETH."""
    world, row = founded(), swap(ALICE, 1e4, limit=limit)
    (receipt,) = execute(world, row.copy())
    assert simulate_swap(pools(), NO_TICKS, row[0]) == pytest.approx(receipt["filled_out"], rel=1e-12)


def test_builders_count_on_no_tips_that_they_do_not_get() -> None:
    """In a crash, liquidators tip for what the builder itself liquidates first: no builder may bid these tips away."""
    generous = AgentConfig(
        role="liquidator", strategy="greedy", count=3, parameters={"sell": "outside", "tip_share": 0.5}
    )
    poor = cast()[0].model_copy(update={"capital_usd": 2e4})  # cannot liquidate all in one block
    market = opened(stressed("pbs", agents=(poor, *cast()[1:], generous)), seed=4)
    expected, got, offered = 0.0, 0.0, 0.0
    execute: Any = market.execute

    def noted(slot: Slot) -> None:
        nonlocal expected, got, offered
        execute(slot)
        assert slot.winner is not None
        assert slot.winning is not None
        expected += slot.winning.value - slot.winner.trust * slot.winner._promised
        tips = slot.rows["tip"] * (slot.rows["sender"] != slot.winner.account)
        offered += float(tips.sum())
        got += float(tips[slot.rows["status"] == Status.FILLED].sum())

    market.execute = noted  # type: ignore[method-assign]
    market.run()
    assert offered > 1.5 * got > 0.0
    # cautious: what it can repay in part only, others may still liquidate
    assert 0.0 < expected < 1.02 * got
