"""Auctions of contracts in whole markets: when waiters buy, who wins for nothing, every order, and pauses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from relabelled import Relabelled
from worlds import check_ledger, on_block, opened, reported, rollup, sealed_by_one, stressed

from experiments.validation._markets import Watched, asset, pool, still
from experiments.validation._markets import rollup as bare
from market.config import AgentConfig, FlowConfig, MarketConfig, PerpetualConfig, RegimeConfig
from market.intents.extraction import Extraction
from market.intents.rows import Status
from market.model import SequencerMarket
from market.sequencing.breakers._exempt import passes
from market.state.ledger import totals
from market.venues import Kind
from market.venues.liquidation.reindex import reindex

PRICE, CUT, STEP_S, BLOCK_S = 100.0, 0.99, 90.0, 30.0
TERMS: dict[str, Any] = {
    "margin_median_usd": 1000.0, "margin_log_sd": 0.0, "leverage_low": 10.0, "leverage_high": 10.0,
    "max_leverage": 10.0, "maintenance": 0.05, "fee_bp": 0.0, "spread_bp": 0.0, "depth_usd": 1e30, "reward_bp": 0.0,
    "fund_usd": 1e7, "cross_share": 0.0,
}  # fmt: skip


def impoverish(market: SequencerMarket, share: float) -> None:
    """Leave all traders this share of their maintenance margin; the maker has what they lose."""
    tables = market.world.tables
    for contract in range(1, 1 + market.config.rollups[0].perpetuals[0].traders):
        left = share * 0.05 * 10_000.0
        table = tables.contracts
        lost = table["cash"][contract] + table["quantity"][contract] * PRICE - left
        table["cash"][contract] -= lost
        table["cash"][int(tables.perpetuals["maker"][0])] += lost
    reindex(market.world.state)


# -- M7: the falling price ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("long", [1.0, 0.0])
@pytest.mark.parametrize(("buf", "cost"), [(1.2, 0.0), (1.3, 0.0), (1.2, 0.05)])
def test_a_waiter_takes_at_the_first_step_that_leaves_it_its_share(long: float, buf: float, cost: float) -> None:
    """The steps to the market's price of M7, 19 from 1.2 and 27 from 1.3 times it, and more for who wants a share."""
    steps = math.ceil(math.log((1.0 - cost) / buf) / math.log(CUT))
    assert cost > 0.0 or steps == {1.2: 19, 1.3: 27}[buf]
    design = {"kind": "dutch", "buf": buf, "cut": CUT, "step_s": STEP_S, "penalty": 0.0}
    spec = PerpetualConfig(traders=1, long_share=long, liquidation=design, **TERMS)
    waiter = AgentConfig(
        role="liquidator", strategy="dutch_waiter", latency_s=0.0, latency_spread_s=0.0,
        parameters={"cost_share": cost, "tip_share": 0.0},
    )  # fmt: skip
    home = bare("one", pool((1e4, 1e6), ("ETH", "USD"), 30.0, PRICE), perpetuals=(spec,), block_time_s=BLOCK_S)
    settings = still([home], [asset("ETH", PRICE)], (waiter,), horizon_s=STEP_S * steps + 5.0 * BLOCK_S)
    market = Watched(settings, seed=0)
    impoverish(market, 0.5)
    market.run()
    done = market.rows[market.rows["status"] == int(Status.FILLED)]
    (begun,) = done[done["kind"] == int(Kind.CONTRACT_AUCTION_START)]
    (taken,) = done[done["kind"] == int(Kind.CONTRACT_AUCTION_TAKE)]
    (closed,) = done[done["kind"] == int(Kind.PERPETUAL_TRADE)]
    assert taken["executed"] - begun["executed"] == pytest.approx(STEP_S * steps)
    ratio = (
        PRICE * taken["filled_out"] / taken["filled_in"] if long else taken["filled_out"] / taken["filled_in"] / PRICE
    )
    assert 1.0 / ratio == pytest.approx(buf * CUT**steps, rel=1e-9)
    # it has closed what it took, and taken home its margin
    assert closed["filled_out"] == 100.0
    account = next(at for at, member in enumerate(market.members) if member.role == "liquidator")
    own = market.world.tables.contracts[market.public.own_contract(account, 0)]
    assert own[["quantity", "cash"]].item() == (0.0, 0.0)


# -- bids for nothing --------------------------------------------------------------------------------------------------


def bidding(bidders: int, congested: bool) -> MarketConfig:
    """Eight contracts to be auctioned; users who tip more than the bidders' habit want twice what a block holds.

    Blocks go to the highest tips. One bidder tips more after an intent of its that has expired, the others do not.
    """
    design = {"kind": "english", "penalty": 0.0, "bid_s": 20.0, "most_s": 200.0, "increment": 0.03}
    spec = PerpetualConfig(traders=8, liquidation=design, **TERMS)
    home = bare("one", pool((1e5, 1e7), ("ETH", "USD"), 30.0, PRICE), perpetuals=(spec,))
    habit = {"cost_share": 0.001, "tip_usd": 0.02}
    agents = [AgentConfig(role="liquidator", strategy="auction_bidder", parameters=habit | {"tip_growth": 3.0})]
    if bidders > 1:
        agents.append(AgentConfig(role="liquidator", strategy="auction_bidder", count=bidders - 1, parameters=habit))
    gas = {"kind": "gas", "limit_per_s": 4.5e5, "floor_usd": 0.0, "adjustment": 0.0}
    regime = RegimeConfig(
        name="highest tip", visibility={"kind": "public"}, ordering={"kind": "priority_fee"},
        capacity=gas if congested else {"kind": "unlimited"},
    )  # fmt: skip
    settings = still([home], [asset("ETH", PRICE)], agents, horizon_s=240.0)
    flow = FlowConfig(per_second=6.0, tip_mean_usd=1.0, slippage_median_bp=500.0, patience_s=30.0)
    return settings.model_copy(update={"regime": regime, "flow": flow, "outside_fee_bp": 0.0})


@pytest.mark.parametrize(("bidders", "congested", "some"), [(3, False, False), (3, True, True), (1, False, True)])
def test_who_is_left_alone_wins_for_nothing(bidders: int, congested: bool, some: bool) -> None:
    market = opened(bidding(bidders, congested), 1)
    impoverish(market, 0.5)
    market.run()
    counters = market.world.tables.auctions[0]
    assert counters["sold"] > 0.0
    assert (counters["zero"] > 0.0) == some


# -- every order -------------------------------------------------------------------------------------------------------

FAST = {
    "dutch": {"kind": "dutch", "buf": 1.02, "cut": 0.997, "step_s": 0.5, "tail_s": 20.0, "penalty": 0.002},
    "english": {"kind": "english", "bid_s": 2.0, "most_s": 6.0, "penalty": 0.002},
}
STRATEGY = {"dutch": "dutch_waiter", "english": "auction_bidder"}


def auctioning(design: str, regime: str | RegimeConfig, **changes: Any) -> MarketConfig:
    """The stressed market with leveraged perpetuals on both rollups, two of which share margin, for loans."""
    base = stressed(regime, **changes)
    spec = PerpetualConfig(
        traders=40, leverage_low=4.0, depth_usd=2e7, fund_usd=5e4, liquidation=FAST[design], cross_share=0.4
    )
    homes = tuple(
        rollup(name, perpetuals=(spec, spec) if name == "a" else (spec,), gas_usd=0.01) for name in ("a", "b")
    )
    buyers = AgentConfig(
        role="liquidator", strategy=STRATEGY[design], count=3, parameters={"cost_share": 0.001, "tip_usd": 0.01}
    )
    others = tuple(group for group in base.agents if group.role != "liquidator")
    return base.model_copy(update={"rollups": homes, "agents": (*others, buyers)})


@pytest.mark.parametrize("design", FAST)
@pytest.mark.parametrize(
    "regime",
    [
        "siloed", "siloed_extractive", "centralized_shared", "pbs", pytest.param(sealed_by_one(), id="encrypted"),
        "frequent_batch", "timeboost",
    ],
)  # fmt: skip
def test_auctions_of_contracts_end_and_the_ledger_is_kept_under_every_order(
    design: str, regime: str | RegimeConfig
) -> None:
    market = opened(auctioning(design, regime, horizon_s=30.0), 2)
    opening = totals(market.world.tables)

    def checked(slot: Any) -> None:
        check_ledger(market.world.tables, opening)

    on_block(market, checked)
    market.run()
    assert reported(market)["unexplained_gain_usd"] < 1e-3, "somebody gained by trading more than classes say"
    auctions, contract = market.world.tables.auctions, market.world.tables.contracts
    assert auctions["started"].sum() > 0.0
    assert auctions["sold"].sum() > 0.0
    for at in range(3):
        assert contract["quantity"][contract["market"] == at].sum() == 0.0
    assert market.tally.by_rollup["perpetuals_liquidated"].sum() > 0.0


def test_who_orders_the_block_takes_the_gain_of_those_who_wait() -> None:
    """At one seed, of Dutch auctions: liquidators gain under an honest operator, the operator where it may insert."""

    def gains(regime: str) -> tuple[float, float]:
        market = opened(auctioning("dutch", regime, horizon_s=30.0), 2)
        market.run()
        of, roles = market.tally.gains[:, int(Extraction.LIQUIDATION)], [member.role for member in market.members]
        return tuple(
            sum(of[at] for at, name in enumerate(roles) if name == role) for role in ("liquidator", "sequencer")
        )

    honest, extractive = gains("siloed"), gains("siloed_extractive")
    assert honest[0] > 0.0
    assert extractive[0] <= 1e-9 * extractive[1]  # nothing, but for the rounding of a sum
    assert extractive[1] > honest[1]


@pytest.mark.parametrize("regime", ["siloed", "siloed_extractive"])
def test_liquidators_are_known_by_what_they_close(regime: str) -> None:
    """Whatever they call it: what they take over in an auction, and what turns it round."""
    plain, renamed = (opened(auctioning("dutch", regime, horizon_s=30.0), 2, calls) for calls in ((), (Relabelled(),)))
    plain.run()
    renamed.run()
    assert repr(reported(plain)) == repr(reported(renamed))
    assert plain.tally.gains[:, int(Extraction.LIQUIDATION)].any()


# -- pauses ------------------------------------------------------------------------------------------------------------


def test_a_pause_lets_purchases_of_contracts_through_with_their_margin_and_no_other_trade() -> None:
    market = opened(auctioning("dutch", "siloed", horizon_s=30.0), 2)
    bundles: list[np.ndarray] = []
    execute = market.execute

    def watched(slot: Any) -> None:
        rows = slot.rows
        for number in np.unique(rows["bundle"][rows["kind"] == int(Kind.CONTRACT_AUCTION_TAKE)]):
            bundle = rows[rows["bundle"] == number].copy()
            bundles.append(bundle)
            assert passes(market, bundle, ())
            trade = bundle["kind"] == int(Kind.PERPETUAL_TRADE)
            assert not passes(market, bundle[bundle["kind"] != int(Kind.CONTRACT_AUCTION_TAKE)], ())
            larger = bundle.copy()
            larger["amount"][trade] *= 1.01
            assert not passes(market, larger, ())
            other = bundle.copy()
            other["asset_in"][trade], other["asset_out"][trade] = bundle["asset_out"][trade], bundle["asset_in"][trade]
            assert not passes(market, other, ())
            foreign = bundle.copy()
            foreign["target"][bundle["kind"] == int(Kind.PERPETUAL_DEPOSIT)] = 1
            assert not passes(market, foreign, ())
        execute(slot)

    market.execute = watched
    market.run()
    assert bundles
