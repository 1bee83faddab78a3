"""Traders of combinations: what goes as one, what is done about legs left alone, and what a state elsewhere brings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents.base import Trader
from experiments.validation._markets import Watched, asset, pool, rollup, still
from market import regimes
from market.config import AgentConfig, LendingConfig, OptionsConfig
from market.errors import InputError
from market.intents.bundles import Atomicity
from market.intents.rows import Status
from market.venues import Kind

PRICE, DAY_S, HALF = 100.0, 86_400.0, 0.02


def scene(*traders: AgentConfig, horizon_s: float = 20.0, lends: bool = False, **parts: Any) -> Any:
    """Two rollups with the same chain, on which a maker quotes about what options are worth."""
    chain = OptionsConfig(expiries_s=(DAY_S,), strikes=5, step=0.02, fee_bp=0.0)
    homes = [
        rollup(
            name, pool((1e4, 1e6), ("ETH", "USD"), 30.0, PRICE), options=(chain,), block_time_s=1.0,
            lending=(LendingConfig(rate=0.0),) if lends else (),
        )
        for name in ("one", "two")
    ]  # fmt: skip
    maker = AgentConfig(role="market_maker", strategy="fixed_spread", capital_usd=1e8, parameters={"half_spread": HALF})
    plain = still(homes, [asset("ETH", PRICE)], [maker, *traders], horizon_s=horizon_s, outside_fee_bp=1.0)
    regime = regimes.load("siloed").model_copy(update={"block_time_s": 1.0} | parts)
    return plain.model_copy(update={"regime": regime})


def combiner(**parameters: Any) -> AgentConfig:
    wanted = {"per_hour": 1200.0, "over": 2, "life_s": 1.5} | parameters
    return AgentConfig(role="trader", strategy="option_combiner", capital_usd=1e8, parameters=wanted)


def ran(config: Any, seed: int = 1) -> tuple[Watched, Any]:
    market = Watched(config, seed)
    market.run()
    return market, market.participants[market.account("trader")]


SHARED: dict[str, Any] = {"domains": {"kind": "shared"}}


@pytest.mark.parametrize("shape", ["risk_reversal", "spread", "straddle", "condor", "collateral", "debt"])
def test_a_combination_costs_half_the_spread_of_each_leg_where_nothing_moves(shape: str) -> None:
    market, trader = ran(scene(combiner(shape=shape, slippage_bp=500.0), lends=True, **SHARED))
    assert len(trader.done) >= 2
    assert len({leg.rollup for leg in trader.done[0].legs}) == 2
    for combination in trader.done:
        assert combination.complete
        assert not combination.broken
        assert (combination.tries, combination.tied) == (1, Atomicity.EXECUTION)
        options = [leg for leg in combination.legs if leg.kind == Kind.OPTION_TRADE]
        crossed = sum(abs(leg.paid - leg.have * leg.worth) for leg in options)
        beside = sum(leg.cost() for leg in combination.legs if leg not in options)
        assert combination.cost == pytest.approx(crossed + beside)
        assert all(leg.have == leg.goal and leg.cost() > 0.0 for leg in options)
    rows = market.rows[market.rows["bundle"] >= 0]
    assert (np.unique(rows["bundle"], return_counts=True)[1] == len(trader.done[0].legs)).all()


def test_what_it_says_it_paid_is_what_its_accounts_have_less() -> None:
    """Cash of its accounts on options falls by what its combinations have cost, premiums included."""
    market, trader = ran(scene(combiner(shape="straddle", slippage_bp=500.0), **SHARED))
    tables = market.world.tables
    mine = tables.option_accounts["owner"] == trader.account
    deposits = market.rows[(market.rows["kind"] == Kind.OPTION_DEPOSIT) & (market.rows["sender"] == trader.account)]
    legs = [leg for combination in trader.done for leg in combination.legs]
    if trader._open is not None:
        legs += trader._open.legs
    spent = float(deposits["filled_in"].sum()) - float(tables.option_accounts["cash"][mine].sum())
    assert spent == pytest.approx(sum(leg.paid for leg in legs), rel=1e-9)
    assert spent > 0.0


def test_nothing_goes_as_one_where_domains_are_apart_or_it_does_not_want_to() -> None:
    for config in (scene(combiner()), scene(combiner(tied=False), **SHARED)):
        market, trader = ran(config)
        assert trader.done
        assert all(combination.tied == Atomicity.NONE for combination in trader.done)
        assert (market.rows["bundle"] < 0).all()


def broken(response: str, tries: int = 4) -> tuple[Watched, Any]:
    """The second rollup's sequencer is down for twelve seconds while combinations are due."""
    consensus = {"kind": "proposer", "scheduled": [{"start_s": 4.0, "duration_s": 12.0, "rollup": "two"}]}
    taker = combiner(response=response, per_hour=3600.0, tries=tries, slippage_bp=500.0)
    return ran(scene(taker, horizon_s=30.0, consensus=consensus))


def test_a_leg_alone_is_closed_or_the_other_is_tried_again() -> None:
    _, closer = broken("close")
    closed = [combination for combination in closer.done if combination.closing]
    assert closed
    for combination in closed:
        assert combination.broken
        assert combination.cost > 0.0
        assert all(leg.have == 0.0 for leg in combination.legs)
    _, retrier = broken("retry")
    late = [combination for combination in retrier.done if combination.broken]
    assert late
    assert all(combination.complete for combination in late)
    assert max(combination.ended_at - combination.decided_at for combination in late) > 8.0


def test_bundles_are_never_broken_by_what_stops_all_of_their_rollups() -> None:
    consensus = {"kind": "proposer", "miss": 0.5}
    for tied in (True, False):
        config = scene(
            combiner(tied=tied, per_hour=3600.0, slippage_bp=500.0), horizon_s=60.0, consensus=consensus,
            domains={"kind": "shared"} if tied else {"kind": "alone"},
        )  # fmt: skip
        _, trader = ran(config)
        assert any(combination.broken for combination in trader.done) != tied


def test_what_is_no_combination_is_refused() -> None:
    for wrong in ({"shape": "butterfly"}, {"response": "hope"}, {"size": 0.0}, {"slippage_bp": 1e4}, {"tries": 0}):
        with pytest.raises(InputError):
            ran(scene(combiner(**wrong)))


def test_a_shape_that_no_chain_where_its_legs_may_lie_is_long_enough_for_is_refused() -> None:
    """Each leg has to have a strike where it may lie; where chains differ, the longest of those counts."""

    def seated(strikes: tuple[int, int], shape: str, over: int) -> Any:
        config = scene(combiner(shape=shape, over=over, slippage_bp=500.0), **SHARED)
        homes = [
            home.model_copy(update={"options": (home.options[0].model_copy(update={"strikes": listed}),)})
            for home, listed in zip(config.rollups, strikes, strict=True)
        ]  # fmt: skip
        return ran(config.model_copy(update={"rollups": tuple(homes)}))[1]

    for strikes, shape, over in (
        ((3, 3), "condor", 2), ((4, 4), "condor", 0), ((5, 3), "condor", 2), ((1, 1), "spread", 0), ((1, 5), "debt", 1)
    ):  # fmt: skip
        with pytest.raises(InputError, match=f"'{shape}' needs a strike [+-][12] from the middle one"):
            seated(strikes, shape, over)
    for strikes, shape, over in (((3, 5), "condor", 0), ((3, 3), "spread", 2), ((1, 1), "straddle", 2)):
        assert seated(strikes, shape, over).done


def contingent(**parameters: Any) -> AgentConfig:
    return AgentConfig(role="trader", strategy="contingent_option", capital_usd=1e8, parameters=parameters)


def test_an_option_comes_into_being_by_an_outage_elsewhere_and_not_without() -> None:
    for outage in (False, True):
        scheduled = [{"start_s": 4.0, "duration_s": 8.0, "rollup": "two"}] if outage else []
        config = scene(
            contingent(state="down", level=4.0, slippage_bp=500.0),
            consensus={"kind": "proposer", "scheduled": scheduled},
        )  # fmt: skip
        _, trader = ran(config)
        assert (trader.bought == 1.0) == outage
        if outage:
            assert 7.0 <= trader.came_at <= 12.0
            assert trader.paid > 0.0


@pytest.mark.parametrize("kind", ["execution", "inclusion"])
def test_a_pool_vouches_for_a_fall_where_bundles_are_executed_as_one(kind: str) -> None:
    """Somebody sells on the other pool: before that no bundle is filled, after that the option is bought."""
    seller = AgentConfig(
        role="trader", strategy=f"{__name__}:Seller", capital_usd=1e8, latency_s=0.0, latency_spread_s=0.0
    )
    config = scene(
        contingent(state="price", level=0.02, near=1.0, slippage_bp=500.0), seller, guarantees={"kind": kind}, **SHARED
    )  # fmt: skip
    market, trader = ran(config)
    sold = market.rows[(market.rows["kind"] == Kind.SWAP) & (market.rows["asset_in"] == 1)]
    own = market.rows[(market.rows["sender"] == trader.account) & (market.rows["kind"] == Kind.OPTION_TRADE)]
    filled = own[own["status"] == Status.FILLED]
    assert sold.size == filled.size == 1
    assert trader.bought == 1.0
    assert filled["executed"][0] >= sold["executed"][0]
    # bundles stand ready in each block before; without them it can only follow
    assert (own.size > 5) == (kind == "execution")
    assert (filled["executed"][0] == sold["executed"][0]) == (kind == "execution")


class Seller(Trader):
    """Sells on the second pool at ten seconds, enough for a fall by 4%."""

    def __init__(self, seat: Any) -> None:
        super().__init__(seat)
        self.wake_at = 10.0

    def act(self, seen: Any, desk: Any) -> None:
        """Sell, once."""
        self.wake_at = np.inf
        desk.swap(1, 1, 0, 200.0, 0.0)
