"""Rules of ordering: what each of them promises, for any intents."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ALICE, BOB, ETH, MAKER, USD, on_block

from market.config import AgentConfig, RegimeConfig
from market.errors import InputError, StrategyError
from market.intents.rows import BATCHED, INTENT, Status, blank
from market.sequencing import make
from market.sequencing.ordering.base import first_come_order, write_block
from market.sequencing.ordering.median_arrival import medians
from market.sequencing.ordering.priority_fee import tip_order
from market.sequencing.ordering.timeboost_score import advantage, score, scores
from market.state.ledger import Why, totals
from market.venues import Kind
from market.venues.pools import batch
from market.venues.pools.clearing import price_of

KINDS = (
    "first_come",
    "priority_fee",
    "median_arrival",
    "timeboost_score",
    "express_lane",
    "random_batch",
    "uniform_price_batch",
    "cancel_first",
    "speed_bump",
)
TIMES = st.floats(0.0, 4.0, allow_nan=False)
TIPS = st.one_of(st.just(0.0), st.floats(0.0, 1e3, allow_nan=False))


@st.composite
def pending(draw):
    """Pending intents of which some are bundles: members stand together and arrive together."""
    units = draw(st.lists(st.tuples(st.integers(1, 3), TIMES, TIPS, st.integers(0, 3)), max_size=12))
    rows = blank(sum(size for size, *_ in units))
    at = 0
    for number, (size, arrival, tip, sender) in enumerate(units):
        part = rows[at : at + size]
        part["bundle"] = number if size > 1 else -1
        part["arrival"], part["tip"], part["sender"] = arrival, tip, sender
        part["venue"] = sender % 2
        at += size
    rows["id"] = np.arange(rows.size)
    return rows


def slot_of(rows, time=5.0, seed=0):
    """As much of a slot as a rule of ordering looks at."""
    market = SimpleNamespace(participants=[])
    rng, domain = np.random.default_rng(seed), SimpleNamespace(leaders=range(5))
    return SimpleNamespace(due=rows, time=time, sealed_at=time, rng=rng, market=market, domain=domain)


def regime(ordering, **changes):
    return RegimeConfig(**{"name": "tested", "domains": "shared", "ordering": ordering} | changes)


# -- every rule --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)  # the first example compiles
@given(rows=pending())
def test_an_enforced_order_is_a_permutation_that_keeps_bundles_whole(kind, rows):
    arrangement, author = make("ordering", {"kind": kind}).start().arrange(slot_of(rows))
    assert author is None and not arrangement.inserted.size
    assert sorted(arrangement.order) == list(range(rows.size))
    block, included = np.empty(rows.size, INTENT), np.zeros(rows.size, np.bool_)
    fault = write_block(
        rows, arrangement.order, arrangement.bundle, arrangement.inserted, -1, rows.size, 0, block, included
    )
    assert fault == 0 and included.all()


@pytest.mark.parametrize("kind", KINDS)
def test_ledger_balances_and_everybody_is_served(kind):
    market = worlds.ran(worlds.stressed(regime(kind)))
    worlds.check_ledger(market.world.tables, market.audit.opening)
    assert market.tally.statuses[Status.FILLED] > 50
    again = worlds.ran(worlds.stressed(regime(kind)))
    np.testing.assert_array_equal(market.world.tables.balance, again.world.tables.balance)


@settings(deadline=None)  # the first example compiles
@given(rows=pending())
def test_first_come_is_stable(rows):
    order = first_come_order(rows, np.zeros(rows.size))
    np.testing.assert_array_equal(order, np.argsort(rows["arrival"], kind="stable"))


@settings(deadline=None)  # the first example compiles
@given(rows=pending())
def test_offers_fall_in_tip_order(rows):
    order = tip_order(rows, np.zeros(rows.size))
    of_unit = {b: rows["tip"][rows["bundle"] == b].sum() for b in set(rows["bundle"].tolist()) - {-1}}
    offers = [of_unit.get(int(rows["bundle"][k]), float(rows["tip"][k])) for k in order]
    assert all(a >= b or np.isclose(a, b) for a, b in pairwise(offers))


# -- median arrival ----------------------------------------------------------------------------------------------------


@settings(deadline=None)  # the first example compiles
@given(rows=pending(), key=st.integers(0, 2**62))
def test_without_noise_the_median_is_the_arrival(rows, key):
    np.testing.assert_array_equal(medians(rows, 5, 0.0, key), rows["arrival"])


@settings(deadline=None)  # the first example compiles
@given(rows=pending(), key=st.integers(0, 2**62), members=st.integers(1, 9))
def test_what_was_measured_stays_measured(rows, key, members):
    times = medians(rows, members, 0.1, key)
    assert np.all(times >= rows["arrival"])
    later = rows[rows["bundle"] < 0][::-1].copy()
    alone = dict(zip(rows["id"].tolist(), times.tolist(), strict=True))
    np.testing.assert_array_equal(medians(later, members, 0.1, key), [alone[int(k)] for k in later["id"]])


def test_a_larger_committee_disagrees_less():
    rows = blank(4000)
    rows["id"] = np.arange(rows.size)
    small, large = (medians(rows, members, 0.1, 7) for members in (1, 101))
    assert small.mean() == pytest.approx(0.1, rel=0.05) and small.std() == pytest.approx(0.1, rel=0.05)
    # median of the exponential law, and its large-sample deviation 1/sqrt(n)
    assert large.mean() == pytest.approx(0.1 * np.log(2.0), rel=0.02)
    assert large.std() == pytest.approx(0.1 / np.sqrt(101), rel=0.1)


# -- Timeboost ---------------------------------------------------------------------------------------------------------

BIDS = st.floats(0.0, 1e9, allow_nan=False)


@settings(deadline=None)  # the first example compiles
@given(low=BIDS, high=BIDS, time=TIMES)
def test_a_higher_bid_never_lowers_the_score(low, high, time):
    low, high = sorted((low, high))
    assert 0.0 <= advantage(low, 0.5, 2.0) <= advantage(high, 0.5, 2.0) <= 0.5
    assert score(time, low, 0.5, 2.0) <= score(time, high, 0.5, 2.0)
    assert advantage(0.0, 0.5, 2.0) == 0.0


@settings(deadline=None)  # the first example compiles
@given(bid=BIDS, early=st.integers(0, 100), lag=st.integers(0, 100))
def test_no_bid_makes_up_for_a_lag_of_g(bid, early, lag):
    # eighths of a second are exact
    assert score(early / 8, 0.0, 0.5, 2.0) >= score(early / 8 + 0.5 + lag / 8, bid, 0.5, 2.0)


@settings(max_examples=50, deadline=None)
@given(rows=pending(), step=st.floats(0.1, 2.0))
def test_scores_fall_across_blocks(rows, step):
    rule = make("ordering", {"kind": "timeboost_score", "longest_s": 0.5, "scale_usd": 2.0})
    found = dict(zip(rows["id"].tolist(), scores(rows, 0.5, 2.0).tolist(), strict=True))
    done, waiting, time = [], rows, 0.0
    while waiting.size:
        time += step
        due = waiting[waiting["arrival"] <= time]
        arrangement, _ = rule.arrange(slot_of(due, time))
        done += due["id"][arrangement.order].tolist()
        waiting = waiting[~np.isin(waiting["id"], done)]
    assert len(done) == rows.size
    assert all(found[a] >= found[b] for a, b in pairwise(done))


# -- random batch ------------------------------------------------------------------------------------------------------


def test_every_unit_is_equally_often_first():
    rows = blank(4)
    rows["bundle"] = -1, 3, 3, -1
    rule = make("ordering", {"kind": "random_batch"})
    first = [rule.arrange(slot_of(rows, seed=seed))[0].order[0] for seed in range(3000)]
    counts = np.bincount(first, minlength=4)
    assert counts[2] == 0
    assert np.all(np.abs(counts[[0, 1, 3]] - 1000) < 4 * np.sqrt(3000 * 2 / 9))


# -- uniform price -----------------------------------------------------------------------------------------------------

SWAPS = st.lists(
    st.tuples(
        st.booleans(),
        st.floats(10.0, 4e5),  # value [USD]
        st.one_of(st.none(), st.floats(-300.0, 600.0)),  # slack of the limit against the mid [bp]; none: no limit
        st.sampled_from((ALICE, BOB, MAKER)),
    ),
    min_size=1,
    max_size=12,
)


def batched(specifications, fee_bp=30.0):
    """Ledger of one pool, and a batch of swaps on it: 1000 ETH against 2.5 million USD."""
    pool = worlds.PoolConfig(assets=("ETH", "USD"), depth_usd=2.5e6, fee_bp=fee_bp, price_usd=worlds.ETH_USD)
    world = worlds.founded(worlds.rollup("a", pools=(pool,)))
    rows = []
    for buys, value, slack, sender in specifications:
        amount = value if buys else value / worlds.ETH_USD
        mid = 1.0 / worlds.ETH_USD if buys else worlds.ETH_USD
        limit = 0.0 if slack is None else amount * mid * (1.0 - slack * 1e-4)
        rows.append(worlds.swap(sender, amount, buy=buys, limit=limit, carried=BATCHED))
    return world, np.concatenate(rows)


def rates(receipts):
    """USD per ETH of every filled swap."""
    done = receipts[receipts["status"] == Status.FILLED]
    rate = done["filled_in"] / done["filled_out"]
    return np.where(done["asset_in"] == USD, rate, 1.0 / rate)


@settings(deadline=None)  # the first example compiles
@given(specifications=SWAPS)
def test_a_batch_gives_one_price_within_all_limits(specifications):
    world, rows = batched(specifications)
    opening, (x, y) = totals(world.tables), worlds.reserves(world)
    receipts = worlds.execute(world, rows)
    worlds.check_ledger(world.tables, opening)
    done = receipts["status"] == Status.FILLED
    assert set(receipts["status"]) <= {int(Status.FILLED), int(Status.REVERTED)}
    assert np.all(receipts["filled_out"][done] >= receipts["limit"][done])
    found = rates(receipts)
    assert np.allclose(found, found[:1], rtol=1e-12)
    after = worlds.reserves(world)
    assert after[0] * after[1] >= x * y * (1 - 1e-12)
    if done.any():
        left_out = np.flatnonzero(receipts["reason"] == int(worlds.Reason.LIMIT))
        _check_nobody_else_fits(rows, done, left_out, x, y)


def _check_nobody_else_fits(rows, done, left_out, x, y):
    for extra in left_out:
        within = rows[done | (np.arange(rows.size) == extra)]
        buys = within["asset_in"] == USD
        price = price_of(x, y, 0.003, within["amount"][buys].sum(), within["amount"][~buys].sum())
        out = np.where(buys, within["amount"] / price, within["amount"] * price)
        assert not np.all(out >= within["limit"] * (1 + 1e-9)), "somebody was left out for no reason"


@pytest.mark.slow
@settings(deadline=None)  # the first example compiles
@given(specifications=SWAPS, seed=st.integers(0, 1000))
def test_the_place_in_a_batch_does_not_matter(specifications, seed):
    (world, rows), (other, _) = batched(specifications), batched(specifications)
    order = np.random.default_rng(seed).permutation(rows.size)
    first, second = worlds.execute(world, rows), worlds.execute(other, rows[order])
    if (first["status"] == Status.FILLED).all():
        np.testing.assert_allclose(first["filled_out"][order], second["filled_out"], rtol=1e-9)


@settings(deadline=None)  # the first example compiles
@given(buys=st.booleans(), value=st.floats(10.0, 4e5))
def test_a_batch_of_one_is_a_swap(buys, value):
    world, rows = batched([(buys, value, None, ALICE)])
    alone, _ = batched([(buys, value, None, ALICE)])
    plain = rows.copy()
    plain["carried"] = 0
    one, other = worlds.execute(world, rows), worlds.execute(alone, plain)
    assert one["filled_out"][0] == pytest.approx(other["filled_out"][0], rel=1e-12)
    np.testing.assert_allclose(world.tables.balance, alone.tables.balance, rtol=1e-10, atol=1e-6)


def test_what_crosses_does_not_touch_the_pool():
    world, rows = batched([(True, 50_000.0, None, ALICE), (False, 50_000.0, None, BOB)])
    before = worlds.reserves(world)
    receipts = worlds.execute(world, rows)
    assert worlds.reserves(world) == pytest.approx(before, rel=1e-12)
    assert rates(receipts) == pytest.approx([worlds.ETH_USD] * 2, rel=1e-12)
    # what the two sides differ by after rounding may still go to the pool
    assert world.tables.flows[:, :, Why.POOL_FEE, USD].sum() == pytest.approx(0.0, abs=1e-9 * 50_000.0)
    assert world.tables.flows[:, :, Why.POOL_FEE, ETH].sum() == pytest.approx(0.0, abs=1e-9 * 20.0)


def test_the_pool_is_paid_for_the_imbalance_alone():
    world, rows = batched([(True, 80_000.0, None, ALICE), (False, 50_000.0, None, BOB)])
    receipts = worlds.execute(world, rows)
    price = rates(receipts)[0]
    left = 80_000.0 - 20.0 * price
    assert world.tables.flows[:, :, Why.POOL_FEE, USD].sum() == pytest.approx(0.003 * left, rel=1e-12)
    assert batch.fee_taken(world.state, receipts, 0) == (USD, pytest.approx(0.003 * left, rel=1e-9))
    fees = world.tables.balance[int(world.tables.pools["fee_account"][0])]
    assert fees[:, ETH].sum() == 0.0


def test_a_swap_that_would_push_the_price_past_its_own_limit_stays_out():
    world, rows = batched([(True, 400_000.0, 100.0, ALICE), (True, 1_000.0, 100.0, BOB)])
    receipts = worlds.execute(world, rows)
    assert worlds.fates(receipts) == ["LIMIT", "FILLED"]


def test_who_cannot_pay_does_not_take_part():
    world, rows = batched([(True, 400_000.0, None, ALICE)] * 3 + [(False, 10_000.0, None, BOB)])
    opening = totals(world.tables)
    rows["tip"][3] = 2e6
    receipts = worlds.execute(world, rows)
    assert worlds.fates(receipts) == ["FILLED", "FILLED", "INSUFFICIENT_BALANCE", "INSUFFICIENT_BALANCE"]
    worlds.check_ledger(world.tables, opening)


def test_swaps_of_a_block_clear_before_everything_else():
    market = worlds.opened(worlds.stressed(regime("uniform_price_batch")))
    blocks = []
    on_block(market, lambda slot: blocks.append(slot.rows.copy()))
    market.run()
    seen = 0
    for rows in blocks:
        single = (rows["kind"] == Kind.SWAP) & (rows["bundle"] < 0) & (rows["status"] == Status.FILLED)
        for pool in np.unique(rows["venue"][single]):
            found = rates(rows[single & (rows["venue"] == pool)])
            assert np.allclose(found, found[0], rtol=1e-9)
            seen += found.size > 1
        if single.any() and not single.all():
            assert np.flatnonzero(single).max() < rows.size
    assert seen > 5
    # fees by receipts are fees by ledger, up to the price at which they are counted
    fees = market.world.tables.flows[:, market.world.groups.index("pool fees"), Why.POOL_FEE]
    counted = market.tally.by_rollup["lp_fees"].sum()
    assert counted == pytest.approx(fees[:, USD].sum() + fees[:, ETH].sum() * worlds.ETH_USD, rel=0.1)


# -- express lane ------------------------------------------------------------------------------------------------------

LANE = {"kind": "express_lane", "round_s": 6.0, "closing_s": 1.0, "reserve_usd": 2.0}


def bidders(*bids):
    return tuple(
        AgentConfig(
            role="trader",
            strategy="experiments.validation.timeboost:LaneBidder",
            capital_usd=1e4,
            parameters={"bids": own},
        )
        for own in bids
    )


def test_only_what_the_deposit_covers_is_a_bid():
    market = worlds.ran(worlds.config(regime=regime(LANE), agents=bidders((1e5,), (5.0,))))
    rich, poor = (agent for agent in market.participants if agent.role == "trader")
    assert not any(won for won, _ in rich.results) and all(won for won, _ in poor.results)
    assert {price for _, price in poor.results} == {2.0}
    assert market.tally.bids_paid == {poor.account: pytest.approx(2.0 * len(poor.results))}


def test_a_bid_that_is_no_number_is_the_bidders_fault():
    with pytest.raises(StrategyError, match="for the lane"):
        worlds.ran(worlds.config(regime=regime(LANE), agents=bidders((float("nan"),))))


def test_express_bidders_pay_for_what_they_learn_the_lane_to_be_worth():
    agents = (*worlds.cast(), AgentConfig(role="trader", strategy="express_bidder", count=2))
    market = worlds.ran(worlds.stressed(regime(LANE), agents=agents, horizon_s=60.0))
    found = [agent for agent in market.participants if hasattr(agent, "bid_for_lane")]
    assert sum(agent.rounds_won for agent in found) > 0
    assert market.tally.auction_revenue == pytest.approx(sum(market.tally.bids_paid.values()))
    assert any(agent.premium_usd != 20.0 for agent in found)
    worlds.check_ledger(market.world.tables, market.audit.opening)


@pytest.mark.parametrize(
    ("ordering", "complaint"),
    [
        ({"kind": "timeboost_score", "longest_s": 0.0}, "longest_s"),
        ({"kind": "median_arrival", "members": 0}, "members"),
        ({"kind": "express_lane", "closing_s": 60.0}, "closing_s must be less"),
        ({"kind": "speed_bump", "delay_s": -1.0}, "delay_s"),
        ({"kind": "random_batch", "period_s": 1.0}, "period_s"),
    ],
)
def test_bad_parameters_are_one_line(ordering, complaint):
    with pytest.raises(InputError, match=complaint) as error:
        make("ordering", ordering)
    assert "\n" not in str(error.value)
