"""Breakers: what sets one off, whom it pauses, and that the paused come back."""

import numpy as np
import pytest

from market.config import BorrowersConfig, OracleConfig, RegimeConfig
from market.intents.rows import Status, blank
from market.measures.outcomes import outcomes
from market.sequencing import make
from market.venues import Kind
from tests.worlds import ETH, USD, config, lender, opened, ran, rollup, stressed

FALL = ({"name": "ETH", "price_usd": 2500.0, "volatility": 0.0, "drift": -2.5e5},)


def breaker(kind="liquidation_volume", **parameters):
    defaults = {"threshold_usd": 1.0} if kind == "liquidation_volume" else {"threshold_log": 0.01}
    return {"kind": kind, "window_s": 60.0, "pause_s": 10.0} | defaults | parameters


def regime(**parameters):
    return RegimeConfig(
        name="with_breaker", domains={"kind": "shared"}, block_time_s=1.0, breaker=breaker(**parameters)
    )  # fmt: skip


def paused_market(key=-1, **parameters):
    """A shared market whose breaker has just gone off; nobody acts, no flow."""
    market = opened(config(rollup("a"), rollup("b"), regime=regime(**parameters), flow={"per_second": 0.0}))
    memory = market.domains[0].regime.breaker._memory
    memory.until[key] = 20.0
    return market


def rows_of(market, *kinds, bundle=-1, rollup_at=0):
    rows = blank(len(kinds))
    rows["kind"], rows["bundle"], rows["rollup"] = kinds, bundle, rollup_at
    rows["sender"] = market.world.account_of["retail"]
    rows["amount"], rows["asset_in"], rows["asset_out"] = 1.0, USD, ETH
    return rows


def statuses(market, *batches):
    """Submit, run two slots of the paused domain, and tell what is still waiting, by kind."""
    for rows in batches:
        market.mempool.submit(rows)
    market.run_until(2.5)
    return sorted(market.mempool.waiting(0)["kind"].tolist())


def test_swaps_wait_and_come_back():
    market = paused_market()
    market.mempool.submit(rows_of(market, Kind.SWAP))
    market.run_until(19.0)
    waiting = market.mempool.waiting(0)
    assert waiting["status"].tolist() == [Status.PAUSED]
    assert market.tally.statuses[Status.PAUSED] == 1  # counted once however often the block passes it over
    assert market.tally.statuses[Status.FILLED] == 0
    market.run_until(25.0)
    assert market.mempool.waiting(0).size == 0
    assert market.tally.statuses[Status.FILLED] == 1


def test_scope_of_one_rollup_leaves_the_other_alone():
    market = paused_market(scope="rollup", key=1)
    free, halted = rows_of(market, Kind.SWAP), rows_of(market, Kind.SWAP, rollup_at=1)
    assert statuses(market, free, halted) == [Kind.SWAP]
    assert market.mempool.waiting(0)["rollup"].tolist() == [1]


@pytest.mark.parametrize("scope", ["domain", "rollup"])
def test_liquidations_set_it_off(scope):
    outcome = outcomes(ran(stressed(regime(scope=scope))))
    assert outcome["liquidated_usd"] > 0.0
    assert outcome["pauses"] > 0
    assert outcome["paused"] > 0
    assert outcome["paused_s"] == 10.0 * outcome["pauses"]


def test_no_pause_below_the_threshold():
    without = outcomes(ran(stressed(regime(threshold_usd=1e12))))
    never = outcomes(ran(stressed(regime(pause_s=0.0))))
    assert without["pauses"] == without["paused"] == never["paused"] == 0
    assert without["volume_usd"] == never["volume_usd"]


def falling(kind="volatility", **parameters):
    settings = {"kind": kind, "price": "reference"} | parameters
    return ran(config(rollup("a"), regime=regime(**settings), assets=FALL, flow={"per_second": 0.0}))


def test_volatility_goes_off_at_the_move():
    """The log price falls by 2.5e5 / (365 x 86400) a second, so that 0.05 take 6.3 s."""
    market = falling(threshold_log=0.05, pause_s=100.0)
    (until,) = market.domains[0].regime.breaker._memory.until.values()
    assert market.tally.pauses == 1
    assert 6.3 <= until - 100.0 - market.domains[0].phase <= 8.4


def test_a_rise_is_no_fall():
    up = ({"name": "ETH", "price_usd": 2500.0, "volatility": 0.0, "drift": 2.5e5},)
    for direction, pauses in (("down", 0), ("both", 1)):
        parts = regime(kind="volatility", price="reference", direction=direction, threshold_log=0.1)
        market = ran(config(rollup("a"), regime=parts, assets=up, flow={"per_second": 0.0}))
        assert (market.tally.pauses > 0) == (pauses > 0)


def test_random_thresholds_stay_within_their_width_and_change():
    part = make("breaker", breaker(threshold_usd=100.0, randomise=0.5)).start()
    market = opened(config())
    drawn = []
    for _ in range(200):
        drawn.append(part.level(market, 0, -1))
        assert part.level(market, 0, -1) == drawn[-1]
        part._memory.level.clear()
    assert 50.0 <= min(drawn) < 60.0
    assert 140.0 < max(drawn) <= 150.0
    assert np.mean(drawn) == pytest.approx(100.0, abs=4 * 50.0 / np.sqrt(3 * 200))


def test_what_is_far_from_the_breaker_is_the_same_market():
    """The same seed with a breaker that is never set off gives the same numbers, random threshold or not."""
    plain = outcomes(ran(stressed(regime().model_copy(update={"breaker": {"kind": "none"}}))))
    watched = outcomes(ran(stressed(regime(threshold_usd=1e12, randomise=0.5))))
    assert str(plain) == str(watched)  # as text, so that nan equals nan


def test_borrowers_may_defend_themselves_when_exempt():
    """Paused top-ups come too late: exempting them leaves less to liquidate."""
    law = BorrowersConfig(
        collateral_median_usd=2e4, ltv_low=0.6, ltv_high=0.79, top_up_share=1.0, deleverage_share=0.0,
        attention_s=2.0, reserve_share=0.5,
    )  # fmt: skip
    fast = OracleConfig(deviation_bp=1.0, heartbeat_s=3600.0, delay_s=0.0)
    place = rollup("a", lending=(lender(),), borrowers=200, oracle=fast)
    settings = {"assets": FALL, "borrowers": law, "flow": {"per_second": 0.0}}
    cast = ({"role": "liquidator", "strategy": "greedy", "parameters": {"sell": "outside"}},)
    taken = {}
    for exempt in (("oracle",), ("oracle", "top_ups")):
        parts = regime(exempt=exempt, pause_s=30.0)
        taken[exempt] = outcomes(ran(config(place, regime=parts, agents=cast, **settings)))["liquidated_usd"]
    assert taken[("oracle", "top_ups")] < 0.7 * taken[("oracle",)]
