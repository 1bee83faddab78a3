"""The express lane sold on within a round: who takes it, at which price, what the ledger says, who is early then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import worlds
from hypothesis import given
from hypothesis import strategies as st

from market import regimes
from market.config import AgentConfig, RegimeConfig
from market.errors import StrategyError
from market.intents.rows import Status, blank
from market.measures.outcomes import outcomes
from market.measures.outcomes.express_lane import rank_correlation
from market.sequencing.ordering._rounds import CONTROL, Round, note_round
from market.state.ledger import Why

ROUND_S = 10.0
LANE = {"kind": "express_lane", "round_s": ROUND_S, "closing_s": 1.0, "reserve_usd": 2.0, "resale_s": 4.0}


def market_of(*parameters: dict[str, Any], horizon_s: float = 45.0, **changes: Any) -> Any:
    agents = tuple(
        AgentConfig(role="trader", strategy="players:LaneTrader", capital_usd=1e4, parameters=of) for of in parameters
    )
    regime = RegimeConfig(name="lane", domains={"kind": "alone"}, ordering=LANE | changes)
    return worlds.opened(worlds.config(worlds.rollup("a"), regime=regime, agents=agents, horizon_s=horizon_s))


def resales(market: Any) -> np.ndarray:
    return market.world.tables.flows[:, :, Why.RESALE, 0]


def rounds(market: Any) -> Iterator[Round]:
    yield from market.domains[0].regime.ordering.rounds.values()


def test_whoever_offers_most_takes_it_at_the_price_asked_and_pays_the_controller() -> None:
    market = market_of({"bid": 20.0, "ask": 3.0}, {"offer": 4.0}, {"offer": 5.0})
    market.run()
    seller, low, high = (agent for agent in market.participants if agent.role == "trader")
    handed = [sold for sold in rounds(market) if sold.resold]
    assert len(handed) >= 3
    for sold in handed:
        assert [account for _, account in sold.holders] == [seller.account, high.account]
        since = sold.holders[1][0]
        assert sold.controller(since - 1e-3) == seller.account
        assert sold.controller(since) == high.account
        assert sold.resale_usd == 3.0
    groups = market.world.tables.accounts["group"].astype(int)
    assert resales(market).sum() == resales(market)[groups[high.account], groups[seller.account]] == 3.0 * len(handed)
    assert not low.bought and len(high.bought) == len(handed)
    assert seller.answers.count(True) == len(handed)
    worlds.check_ledger(market.world.tables, market.audit.opening)


@pytest.mark.parametrize(
    ("seller", "buyer", "changes"),
    [
        ({"bid": 20.0, "ask": 6.0}, {"offer": 5.0}, {}),  # asks for more than it is worth to others
        ({"bid": 20.0}, {"offer": 5.0}, {}),  # not for sale
        ({"bid": 20.0, "ask": 3e4}, {"offer": 5e4}, {}),  # nobody can pay that
        ({"bid": 20.0, "ask": 3.0}, {"offer": 5.0}, {"resale_s": 0.0}),  # no occasion
    ],
)
def test_it_stays_with_the_controller(seller: dict[str, Any], buyer: dict[str, Any], changes: dict[str, Any]) -> None:
    market = market_of(seller, buyer, **changes)
    market.run()
    assert all(not sold.resold and len(sold.holders) == 1 for sold in rounds(market))
    assert resales(market).sum() == 0.0
    assert outcomes(market)["lane_rounds_resold"] == 0


def test_a_price_that_is_no_number_is_the_sellers_fault() -> None:
    with pytest.raises(StrategyError, match="for the lane"):
        market_of({"bid": 20.0, "ask": float("nan")}, {"offer": 5.0}).run()


def test_equal_offers_are_drawn_by_lot() -> None:
    market = market_of({"bid": 20.0, "ask": 3.0}, {"offer": 5.0}, {"offer": 5.0}, horizon_s=250.0)
    market.run()
    assert len({sold.holders[1][1] for sold in rounds(market) if sold.resold}) == 2


def test_the_outcomes_count_what_rounds_did() -> None:
    market = market_of({"bid": 20.0, "ask": 3.0}, {"bid": 15.0, "offer": 5.0})
    market.run()
    found, over = outcomes(market), [sold for number, sold in enumerate(rounds(market), 1) if number <= 3]
    assert found["lane_rounds"] == len(over) == found["lane_rounds_resold"]
    assert found["lane_top_two_share"] == 1.0
    assert found["lane_paid_over_highest"] == pytest.approx(0.75)
    assert found["lane_effective_bidders"] == pytest.approx(4.0)
    assert found["lane_resale_usd"] == 3.0 * len(over)
    assert "lane_rounds" not in outcomes(worlds.ran(worlds.config(horizon_s=3.0)))


def test_transactions_through_the_lane_are_counted_by_what_became_of_them() -> None:
    """A bundle of two that fails is one transaction; a hand-over in between decides who sent through the lane."""
    rows = blank(6)
    rows["sender"] = [1, 1, 1, 2, 2, 1]
    rows["arrival"] = [0.0, 1.0, 1.0, 1.5, 5.0, 6.0]
    rows["bundle"] = [-1, 7, 7, -1, -1, -1]
    rows["status"] = [Status.FILLED, *[Status.REVERTED] * 2, Status.FILLED, Status.FILLED, Status.FILLED]
    rows["position"] = np.arange(6)
    rows["filled_in"], rows["filled_out"], rows["asset_out"], rows["tip"] = 10.0, 2.0, 1, 0.5
    sold = Round(1, 2.0, 3.0, [(0.0, 1), (4.0, 2)])
    prices, gas, brought = np.array([1.0, 7.0]), np.array([0.25]), np.empty(6)
    number, last, sent, reverted, filled = note_round(
        rows, np.array(sold.control(0), CONTROL), 60.0, -1, prices, gas, brought
    )
    assert number == last == 0
    sold.note(sent, reverted, brought[:filled])
    assert (sold.sent, sold.reverted) == (3, 1)
    assert sold.gained == pytest.approx(2 * (2.0 * 7.0 - 10.0 - 0.5 - 0.25))


@given(st.lists(st.integers(-3, 3), min_size=3, max_size=20), st.randoms(use_true_random=False))
def test_rank_correlation_is_of_ranks_alone(sample: list[int], shuffler: Any) -> None:
    first = np.array(sample, float)
    second = np.array(shuffler.sample(sample, len(sample)), float)
    found = rank_correlation(first, second)
    if np.ptp(first) == 0.0:
        assert np.isnan(found)
        return
    assert -1.0 - 1e-9 <= found <= 1.0 + 1e-9
    assert rank_correlation(np.exp(first), second) == pytest.approx(found)
    assert rank_correlation(first, first**3) == pytest.approx(1.0)
    assert rank_correlation(first, -second) == pytest.approx(-found)


def test_a_reseller_sells_to_whoever_values_the_lane_more() -> None:
    """The other believes in a hundred times its value: in the end most rounds are sold on, at more than they cost."""
    config = worlds.stressed(
        RegimeConfig(name="lane", domains={"kind": "alone"}, ordering=LANE), horizon_s=200.0,
        agents=(
            AgentConfig(role="trader", strategy="express_reseller", parameters={"first_bid_usd": 5.0}),
            AgentConfig(role="trader", strategy="players:LaneTrader", parameters={"bid": 1.0, "offer": 500.0}),
        ),
    )  # fmt: skip
    market = worlds.ran(config)
    seller, other = (agent for agent in market.participants if agent.role == "trader")
    assert seller.rounds_sold_on == len(other.bought) > 5
    assert resales(market).sum() == pytest.approx(sum(price for price, _ in other.bought))
    assert seller.resale_usd > 0.0


def test_the_named_regime_lets_a_round_be_sold_on() -> None:
    agents = tuple(
        AgentConfig(role="trader", strategy="players:LaneTrader", capital_usd=1e4, parameters=of)
        for of in ({"bid": 20.0, "ask": 3.0}, {"offer": 5.0})
    )
    config = worlds.config(worlds.rollup("a"), regime=regimes.load("timeboost"), agents=agents, horizon_s=185.0)
    market = worlds.opened(config)
    market.run()
    seller, buyer = (agent for agent in market.participants if agent.role == "trader")
    handed = [sold for sold in rounds(market) if sold.resold]
    assert handed
    assert all([account for _, account in sold.holders][:2] == [seller.account, buyer.account] for sold in handed)
