"""Lists of whom a price can liquidate: equal to a look at everybody, whatever happened and whatever was undone."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ALICE, ETH, USD, execute, fates, founded, intent, lender, rollup

from experiments.bench.health_checks import NEAR, health_checks, scan_contracts, scan_positions
from market.config import BorrowersConfig, OracleConfig, PerpetualConfig
from market.genesis import World
from market.state.store import cell
from market.venues import Kind
from market.venues.lending import at_risk
from market.venues.lending import rules as lending
from market.venues.liquidation import genesis, thresholds
from market.venues.liquidation.reindex import reindex
from market.venues.liquidation.tables import Bucket
from market.venues.perpetuals import close_out, funding
from market.venues.perpetuals import rules as perpetuals
from market.venues.perpetuals.instrument import next_contract

PRICE = 2500.0
BORROWERS, TRADERS = 25, 12


def world(buckets: int = 64) -> World:
    """Two rollups, each with a lending market and three perpetuals on ETH, most of whose traders share margin."""
    terms = PerpetualConfig(
        traders=TRADERS, margin_median_usd=1000.0, leverage_low=2.0, leverage_high=10.0, max_leverage=12.0,
        maintenance=0.02, long_share=0.5, cross_share=0.7, depth_usd=1e6, fund_usd=500.0, reward_bp=10.0,
        funding_period_s=3600.0,
    )  # fmt: skip
    places = [
        rollup(
            name, lending=(lender(rate=0.5),), perpetuals=(terms, terms, terms), borrowers=BORROWERS,
            oracle=OracleConfig(deviation_bp=25.0),
        )
        for name in ("a", "b")
    ]  # fmt: skip
    law = BorrowersConfig(ltv_low=0.1, ltv_high=0.79, reserve_share=0.5)
    with patch.object(genesis, "bucket_count", lambda groups, members: buckets):
        return founded(*places, borrowers=law)


def listed(market: World, look: Any, at: int, room: int) -> list[int]:
    found = np.full(room, -7, np.int64)
    return found[: look(market.state, at, found)].tolist()


def check_lists(market: World, room: int = 512) -> int:
    """Lists equal scans on every rollup; returns how many were found."""
    total = 0
    for at in range(2):
        by_scan = listed(market, scan_positions, at, room)
        assert listed(market, at_risk.unhealthy, at, room) == by_scan
        contracts = listed(market, scan_contracts, at, room)
        assert listed(market, close_out.under_margin, at, room) == contracts
        total += len(by_scan) + len(contracts)
    return total


def check_links(market: World) -> None:
    """Every list is linked both ways, and holds exactly those with a key in its bucket."""
    state, tables = market.state, market.tables
    listed_members = set()
    for group in range(len(tables.buckets)):
        for bucket in np.flatnonzero(tables.buckets["first"][group]).tolist():
            before, at = 0, thresholds.first(state, group, bucket)
            while at >= 0:
                assert int(tables.entries["before"][at]) == before
                assert int(tables.entries["bucket"][at]) == cell(state, Bucket.first + bucket, group)
                assert at not in listed_members
                listed_members.add(at)
                if group < len(tables.lending):
                    assert bucket == thresholds.bucket_of(state, group, lending.position_key(state, at))
                before, at = at + 1, thresholds.following(state, at)
    positions = [at for at, row in enumerate(tables.loans) if row["debt"] > 0.0 < row["collateral"]]
    makers = set(tables.perpetuals["maker"].astype(int).tolist())
    contracts = [
        len(tables.loans) + at for at, row in enumerate(tables.contracts) if row["quantity"] != 0.0 and at not in makers
    ]
    assert listed_members == set(positions) | set(contracts)


def random_intent(market: World, rng: np.random.Generator) -> np.ndarray:
    """Something that may change who can be liquidated, sent by its owner or by anybody."""
    if rng.random() < 0.5:
        kind = [Kind.DEPOSIT, Kind.WITHDRAW, Kind.BORROW, Kind.REPAY, Kind.LIQUIDATE][rng.integers(5)]
        at = int(rng.integers(len(market.tables.loans)))
        venue = int(market.tables.loans["market"][at])
        amount = float(rng.exponential(4.0 if kind in (Kind.DEPOSIT, Kind.WITHDRAW) else 8000.0))
        own = int(market.tables.loans["owner"][at])
        sender = own if kind in (Kind.WITHDRAW, Kind.BORROW) else ALICE
        return intent(
            kind, sender, amount=amount, venue=venue, rollup=venue, target=at, asset_in=USD, asset_out=ETH
        )  # fmt: skip
    kind = [
        Kind.PERPETUAL_TRADE, Kind.PERPETUAL_DEPOSIT, Kind.PERPETUAL_WITHDRAW, Kind.PERPETUAL_LIQUIDATE,
    ][rng.integers(4)]  # fmt: skip
    at = int(rng.integers(len(market.tables.contracts)))
    venue = int(market.tables.contracts["market"][at])
    own = int(market.tables.contracts["owner"][at])
    amount = float(rng.exponential(1.0 if kind == Kind.PERPETUAL_TRADE else 300.0))
    if kind == Kind.PERPETUAL_TRADE and rng.random() < 0.2:
        amount = abs(float(market.tables.contracts["quantity"][at])) or 1.0  # close one leg of a ring, or the whole
    buy = rng.random() < 0.5
    return intent(
        kind, own if kind != Kind.PERPETUAL_DEPOSIT else ALICE, amount=amount, venue=venue, target=at,
        rollup=int(market.tables.perpetuals["rollup"][venue]),
        asset_in=USD if buy else ETH, asset_out=ETH if buy else USD,
    )  # fmt: skip


def post(market: World, feed: int, price: float) -> None:
    sent = intent(Kind.ORACLE_UPDATE, market.account_of["oracle"], venue=feed, rollup=feed, amount=price)
    assert fates(execute(market, sent)) == ["FILLED"]


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.002, 0.02, 0.15]), st.sampled_from([64, 4096]))
def test_lists_equal_scans_whatever_happens(seed: int, size: float, buckets: int) -> None:
    """Prices, interest, funding, trades, liquidations, and bundles that revert; also when the room is too small."""
    rng, market, found, reverted = np.random.default_rng(seed), world(buckets), 0, 0
    prices, time = np.full(2, PRICE), 0.0
    for _ in range(25):
        prices *= np.exp(size * rng.standard_normal(2))
        time += float(rng.exponential(2000.0))
        lending.accrue(market.state, time)
        funding.accrue(market.state, time)
        for feed in range(2):
            post(market, feed, float(prices[feed]))
        found += check_lists(market)
        block = [random_intent(market, rng) for _ in range(12)]
        doomed = [random_intent(market, rng) for _ in range(4)]
        impossible = intent(Kind.PAYMENT, ALICE, target=0, amount=1e18)
        for row in (*doomed, impossible):
            row["bundle"] = 1
        execute(market, *block)
        before = market.state.cells.tobytes()
        receipts = execute(market, *doomed, impossible)
        assert market.state.cells.tobytes() == before
        reverted += int((receipts["status"] == 2).sum())
        check_lists(market)
        check_lists(market, room=3)
    check_links(market)
    assert found > 0
    assert reverted == 25 * 5


def test_a_list_built_anew_says_the_same() -> None:
    rng, market = np.random.default_rng(5), world()
    for _ in range(20):
        execute(market, *(random_intent(market, rng) for _ in range(10)))
        post(market, 0, PRICE * float(rng.uniform(0.6, 1.4)))
    room = 512
    before = [listed(market, look, 0, room) for look in (at_risk.unhealthy, close_out.under_margin)]
    reindex(market.state)
    check_links(market)
    assert [listed(market, look, 0, room) for look in (at_risk.unhealthy, close_out.under_margin)] == before


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(0, 12))
def test_the_lowest_are_kept_in_order(numbers: list[int], room: int) -> None:
    found, count = np.zeros(room, np.int64), 0
    for number in numbers:
        count = thresholds.keep(found, count, number)
    thresholds.in_order(found, count)
    assert found[:count].tolist() == sorted(numbers)[:room]


def test_a_shared_margin_is_found_after_its_first_contract_was_closed() -> None:
    """What is left of the ring still falls: the list names the first contract that has a size."""
    market = world()
    ring = 1
    table = market.tables.contracts
    size = float(table["quantity"][ring])
    sent = intent(
        Kind.PERPETUAL_TRADE, int(table["owner"][ring]), amount=abs(size), venue=0, target=ring, rollup=0,
        asset_in=ETH if size > 0.0 else USD, asset_out=USD if size > 0.0 else ETH,
    )  # fmt: skip
    assert fates(execute(market, sent)) == ["FILLED"]
    other = next_contract(market.state, ring)
    net = sum(float(table["quantity"][at]) for at in (other, next_contract(market.state, other)))
    post(market, 0, 0.3 * PRICE if net > 0.0 else 3.0 * PRICE)
    assert perpetuals.margin_of(market.state, other)[0] < perpetuals.margin_of(market.state, other)[1]
    assert other in listed(market, close_out.under_margin, 0, 512)


def test_looking_costs_by_who_crossed_and_not_by_how_many_there_are() -> None:
    """Members read by a look, counted: with ten times the borrowers below the line, not one more."""

    def read(borrowers: int) -> tuple[int, int]:
        law = BorrowersConfig(ltv_low=0.1, ltv_high=0.4, ltv_law="log_uniform")
        place = rollup("a", lending=(lender(),), borrowers=borrowers + 5)
        market = founded(place, rollup("b"), borrowers=law)
        table = market.tables.loans
        table["debt"][:5] = 0.7 * table["collateral"][:5] * PRICE
        reindex(market.state)
        post(market, 0, 0.8 * PRICE)
        market.tables.lending["key_bound"][0] = np.inf
        line = lending.liquidation_line(market.state, 0)
        lowest = thresholds.bucket_of(market.state, 0, line)
        count = 0
        for bucket in range(lowest, market.tables.buckets["first"].shape[1]):
            at = thresholds.first(market.state, 0, bucket)
            while at >= 0:
                count, at = count + 1, thresholds.following(market.state, at)
        return count, len(listed(market, at_risk.unhealthy, 0, 512))

    assert read(200) == read(2000) == (5, 5)


def test_a_close_out_too_long_to_be_undone_ends_and_is_undone() -> None:
    """Auto-deleveraging against more contracts than the journal holds used to go on for ever."""
    terms = PerpetualConfig(
        traders=40, margin_median_usd=1000.0, margin_log_sd=0.0, leverage_low=5.0, leverage_high=5.0, max_leverage=10.0,
        maintenance=0.02, long_share=0.0, fund_usd=0.0, depth_usd=1e30,
    )  # fmt: skip
    market = founded(rollup("a", perpetuals=(terms,)), rollup("b"))
    table = market.tables.contracts
    sizes = table["quantity"].copy()
    sizes[0], sizes[1] = 0.0, -sizes[2:].sum()
    table["cash"] += (table["quantity"] - sizes) * PRICE
    table["quantity"] = sizes
    reindex(market.state)
    post(market, 0, 0.9 * PRICE)
    short = market.state._replace(journal=np.zeros(1 + 2 * 60))
    market.state = short
    before = short.cells.tobytes()
    sent = intent(Kind.PERPETUAL_LIQUIDATE, ALICE, amount=1.0, venue=0, target=1, rollup=0)
    assert fates(execute(market, sent)) == ["TOO_LONG"]
    assert short.cells.tobytes() == before
    market.state = market.state._replace(journal=np.zeros(1 + 2 * 4000))
    assert fates(execute(market, sent)) == ["FILLED"]
    assert not market.tables.contracts["quantity"].any()


@pytest.mark.parametrize("price", [0.0, 1e-300, 1e300])
def test_prices_beyond_all_buckets_hide_nobody(price: float) -> None:
    market = world()
    market.tables.feeds["price"] = price
    check_lists(market)


def test_the_bench_finds_by_list_what_it_finds_by_scan() -> None:
    """A smaller market: the bench compares both, and as many cross whatever the total."""
    report = health_checks((NEAR, 2 * NEAR))
    assert report["liquidations_at_2e4"] == report["liquidations_at_4e4"] > 0
    assert report["most_over_the_line_at_2e4"] == report["most_over_the_line_at_4e4"] > 0
