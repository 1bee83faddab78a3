"""Liquidators' slack: what it lets through exactly, what it bears, and that it is learned from what bundles earn."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import worlds
from hypothesis import given
from hypothesis import strategies as st
from worlds import ETH, ETH_USD, USD

from agents.liquidators._slack import SLACKS, earned
from agents.liquidators.greedy import Greedy
from experiments.markets.scenarios import reference
from experiments.studies import _breaker_scenes, circuit_breaker, contagion
from experiments.studies._stage import SLACKS as SLACK_NAMES
from market.config import AgentConfig, BorrowersConfig, MarketConfig, OracleConfig
from market.intents.rows import INTENT, Status, blank
from market.measures.tape import Tape
from market.venues import Kind
from market.venues.pools.tables import NO_TICK

GREEDY = AgentConfig(role="liquidator", strategy="greedy", latency_s=0.01, latency_spread_s=0.0)


def liquidated(slack: float, rise: float, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The first liquidation, before whose block is executed an arbitrage lifts the feed's price by `rise`.

    The loan is worth 0.78 of its collateral, and 0.83 once the feed has fallen by 6%; 0.8 is the threshold.
    """
    home = worlds.rollup(
        "a",
        lending=(worlds.lender(close_factor=1.0),),
        borrowers=1,
        oracle=OracleConfig(deviation_bp=5000.0, heartbeat_s=3600.0),
    )
    law = BorrowersConfig(
        collateral_median_usd=1e4, collateral_log_sd=0.0, ltv_low=0.78, ltv_high=0.7801, top_up_share=0.0,
        deleverage_share=0.0,
    )  # fmt: skip
    agent = GREEDY.model_copy(update={"parameters": {"sell": "outside", "slack": slack}})
    still = ({"name": "ETH", "price_usd": ETH_USD, "volatility": 0.0},)
    setting = worlds.config(home, agents=(agent,), assets=still, borrowers=law, horizon_s=3.0)
    setting = setting.model_copy(update={"flow": setting.flow.model_copy(update={"per_second": 0.0})})
    market = worlds.opened(setting)
    price, kept, finish = market.world.tables.feeds["price"], [], market.finish
    price *= 0.94

    def lifted(slot: Any) -> None:
        tried = (slot.rows["kind"] == Kind.LIQUIDATE).any()
        if tried and not kept:
            price[:] *= 1.0 + rise
        finish(slot)
        if tried:
            kept.append(slot.rows[slot.rows["kind"] == Kind.LIQUIDATE].copy())

    monkeypatch.setattr(market, "finish", lifted)
    market.run()
    worlds.check_ledger(market.world.tables, market.audit.opening)
    return kept[0][0]


@given(values=st.lists(st.floats(0.1, 10.0), min_size=4, max_size=4))
def test_a_bundle_earned_what_its_funds_gained_at_the_price_of_its_sale(values: list[float]) -> None:
    repaid, seized, sold, income = values
    rows = blank(2)
    rows["status"], rows["amount"] = int(Status.FILLED), repaid
    rows["filled_in"], rows["filled_out"] = (repaid, sold), (seized, income)
    price = income / sold
    assert earned(*rows) == pytest.approx((income - repaid + (seized - sold) * price) / repaid, rel=1e-9, abs=1e-9)
    rows["status"][1] = int(Status.REVERTED)
    assert earned(*rows) == 0.0


def seat_of() -> Any:
    market = worlds.opened(worlds.config(agents=(GREEDY.model_copy(update={"parameters": {"slack": None}}),)))
    return next(agent for agent in market.participants if agent.role == "liquidator")


def test_the_candidate_that_earns_most_is_chosen_in_the_end() -> None:
    """In a world that moves every price by 0.5% before execution, 1% is enough and 0.3% is not; 2% loses the more."""
    slack = seat_of().slack
    chosen: list[float] = []
    for slot in range(1500):
        share = slack.choose(float(slot))
        chosen.append(share)
        rows = np.zeros(2, INTENT)
        rows["bundle"], rows["sent"], rows["amount"] = 7, float(slot), 100.0
        through = share > 0.005
        rows["status"] = int(Status.FILLED if through else Status.REVERTED)
        if through:
            # of the 5% bonus the move takes half a percent; whoever shows 2% has it taken by others
            lost = 0.5 if share <= 0.01 else 2.0
            rows["filled_in"], rows["filled_out"] = (100.0, 1.0), (1.0, 105.0 - lost)
        slack.learn(rows)
    assert set(chosen[:300]) == set(SLACKS), "a candidate was never tried"
    assert np.mean(np.array(chosen[-300:]) == 0.01) > 0.9


def test_a_setting_fixes_it_and_nonsense_is_refused() -> None:
    for strategy in ("greedy", "dutch_waiter", "auction_bidder", "learning"):
        fixed = AgentConfig(role="liquidator", strategy=strategy, parameters={"slack": 0.004})
        market = worlds.opened(worlds.config(agents=(fixed,)))
        agent = next(agent for agent in market.participants if agent.role == "liquidator")
        assert [agent.slack.choose(time) for time in (0.0, 1.0)] == [0.004, 0.004]
        with pytest.raises(ValueError, match=r"slack must lie in \(0, 1\), not 1.5"):
            worlds.opened(worlds.config(agents=(fixed.model_copy(update={"parameters": {"slack": 1.5}}),)))


@pytest.mark.parametrize(
    ("slack", "rise", "through"), [(1e-9, 0.0, True), (1e-9, 0.009, False), (0.01, 0.009, True), (0.01, 0.02, False)]
)
def test_a_rise_between_decision_and_execution_stops_what_the_slack_does_not_bear(
    slack: float, rise: float, through: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A price up by x seizes 1 / (1 + x) of what was expected: less than 1 - slack of it, and nothing is liquidated."""
    row = liquidated(slack, rise, monkeypatch)
    assert through == (1.0 / (1.0 + rise) >= 1.0 - slack)
    assert worlds.fates([row]) == ["FILLED" if through else "LIMIT"]
    assert (row["asset_in"], row["asset_out"]) == (USD, ETH)
    if through:
        assert row["filled_out"] == pytest.approx(row["limit"] / (1.0 - slack) / (1.0 + rise), rel=1e-9)


def test_the_reference_population_learns_its_slack_and_the_studies_sweep_it_around_that() -> None:
    """Every fixed slack is a condition of its own off the base case."""
    for group in (group for group in reference().agents if group.role == "liquidator"):
        assert group.parameters["slack"] is None
    crashes = [
        run for run in contagion.runs(1, False, lambda base: base)
        if run.levers["part"] == "crash" and all(run.levers[key] == value for key, value in contagion.BASE.items()
                                                 if key != "slack")
    ]  # fmt: skip
    for name, parameters in SLACK_NAMES.items():
        found = [run for run in crashes if run.levers["slack"] == name and run.regime == "shared"]
        assert len(found) == 1
        for run in found:
            assert isinstance(run.config, MarketConfig)
            liquidators = [group for group in run.config.agents if group.role == "liquidator"]
            assert all(group.parameters["slack"] == parameters["slack"] for group in liquidators)
    swept = {run.levers["slack"] for run in circuit_breaker.runs(1, False, lambda base: base)}
    assert swept == set(SLACK_NAMES)


@pytest.mark.parametrize("slack", ["exact", "2%"])
def test_a_pause_stops_no_liquidator_whatever_its_slack(slack: str, tmp_path: Path) -> None:
    breaker = circuit_breaker.BREAKERS["reference"] | {"threshold_usd": 1.0}
    config = _breaker_scenes.crash("pool", breaker, False, seed=1, quick=True, slack=slack)
    market = worlds.opened(config, recorders=[Tape(tmp_path / "tape.parquet")])
    market.run()
    tape = pd.read_parquet(tmp_path / "tape.parquet")
    assert tape["paused"].to_numpy().any()
    assert "liquidate" in set(tape["kind"])
    assert not tape.loc[tape["role"] == "liquidator", "paused"].to_numpy().any()


def test_an_empty_pool_sells_nothing_and_stops_nobody() -> None:
    """Of two pools the one with reserves is chosen; where both have lost one of theirs, none is."""
    fields = [(name, float) for name in ("rollup", "fee", "above", "below")]
    pools = np.zeros(2, [*fields, ("asset", float, 2), ("reserve", float, 2)]).view(np.recarray)
    pools["asset"], pools["above"], pools["below"] = (USD, ETH), NO_TICK, NO_TICK
    for reserves, chosen in (((1e6, 400.0), 1), ((0.0, 0.0), -1), ((0.0, 400.0), -1), ((1e6, 0.0), -1)):
        pools["reserve"][1] = reserves
        seen: Any = SimpleNamespace(pools=pools, lasting=lambda key, find, *about: find(*about))
        pool, amount, income = Greedy._best_sale(None, seen, 0, USD, ETH, 1000.0, 1.05 / 2500.0)  # type: ignore[arg-type]
        assert pool == chosen
        assert (0.0 < amount < income) == (chosen == 1)
