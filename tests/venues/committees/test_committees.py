"""Committees of reporters: the median, who counts, bonds, pay, and that no coin is made or lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from worlds import (
    ALICE,
    BOB,
    ETH,
    MAKER,
    OTHER_MAKER,
    USD,
    check_ledger,
    execute,
    fates,
    founded,
    intent,
    lender,
    rollup,
)

from market.config import OracleConfig
from market.genesis import World
from market.state.ledger import totals
from market.venues import Kind
from market.venues.committees.config import CommitteeConfig
from market.venues.committees.rules import majority, median
from market.venues.oracles.rules import due

BOND, FUND, PRICE = 1000.0, 500.0, 2500.0


def committee(**changes: Any) -> World:
    """Three seats, a quorum of two, reports that count for 100 s, a band of 10%, a bond of 1000 and 36 USD an hour."""
    settings: dict[str, Any] = {
        "reporters": 3, "quorum": 2, "fresh_s": 100.0, "band_bp": 1000.0, "bond_usd": BOND, "fund_usd": FUND,
        "income_usd_per_hour": 36.0, "judged_after_s": 50.0,
    }  # fmt: skip
    oracle = OracleConfig(source="committee", committee=CommitteeConfig.model_validate(settings | changes))
    return founded(rollup("a", lending=(lender(),), borrowers=2, oracle=oracle), rollup("b"))


def joins(sender: int, amount: float = BOND) -> np.ndarray:
    return intent(Kind.COMMITTEE_JOIN, sender, venue=0, amount=amount)


def reports(sender: int, price: float) -> np.ndarray:
    return intent(Kind.REPORT, sender, venue=0, amount=price)


def offers(target: int, amount: float, price: float, until: float, sender: int = OTHER_MAKER) -> np.ndarray:
    return intent(Kind.BRIBE_OFFER, sender, venue=0, target=target, amount=amount, limit=price, expiry=until)


def closes(sender: int, target: int) -> np.ndarray:
    return intent(Kind.BRIBE_CLOSE, sender, venue=0, target=target, amount=1.0)


def seated(**changes: Any) -> World:
    """ALICE, BOB and MAKER have the seats."""
    world = committee(**changes)
    assert fates(execute(world, joins(ALICE), joins(BOB), joins(MAKER))) == ["FILLED"] * 3
    return world


def price(world: World) -> float:
    return float(world.tables.feeds["price"][0])


def held(world: World, account: int) -> float:
    return float(world.tables.balance[account, 0, USD])


def check_account(world: World) -> None:
    """The committee's account holds its fund, the bonds and what is offered, and nothing else."""
    terms, table = world.tables.committees[0], world.tables.reporters
    expected = terms["fund"] + table["bond"].sum() + table["bribe"].sum()
    assert held(world, int(terms["account"])) == pytest.approx(expected, rel=1e-12)


# -- the median --------------------------------------------------------------------------------------------------------

prices = st.floats(1.0, 1e4)


@given(st.lists(prices, min_size=1, max_size=12), prices)
def test_it_is_a_median_and_of_all_medians_the_nearest_to_the_price_in_force(
    found: list[float], standing: float
) -> None:
    reported = np.array(found)
    chosen = median(reported, standing)
    assert (reported <= chosen).sum() >= reported.size / 2 <= (reported >= chosen).sum()
    low, high = np.quantile(reported, 0.5, method="lower"), np.quantile(reported, 0.5, method="higher")
    assert chosen == np.clip(standing, low, high)
    assert reported.tolist() == found, "it has put its argument in order"


@given(st.integers(1, 15), st.data())
def test_a_strict_majority_decides_and_half_decides_nothing(size: int, data: st.DataObject) -> None:
    """Liars who report 1 against honest reports around 100: with a majority 1 is the median, with fewer it is not."""
    liars = data.draw(st.integers(0, size))
    honest = data.draw(st.lists(st.floats(99.0, 101.0), min_size=size - liars, max_size=size - liars))
    chosen = median(np.array([1.0] * liars + honest), 100.0)
    if liars >= majority(size):
        assert chosen == 1.0
    else:
        assert 99.0 <= chosen <= 101.0


def test_reports_move_the_feed_once_there_is_a_quorum() -> None:
    world = seated()
    assert fates(execute(world, reports(ALICE, 2600.0), time=1.0)) == ["FILLED"]
    assert price(world) == PRICE, "one of two that it takes"
    # of two the price in force lies outside: the nearer one
    execute(world, reports(BOB, 2550.0), time=2.0)
    assert price(world) == 2550.0
    execute(world, reports(MAKER, 2700.0), time=3.0)
    assert price(world) == 2600.0
    assert world.tables.feeds["posted_at"][0] == 3.0


def test_a_stale_report_does_not_count() -> None:
    world = seated()
    execute(world, reports(ALICE, 2600.0), time=0.0)
    execute(world, reports(BOB, 2600.0), time=100.0)
    assert price(world) == 2600.0, "a hundred seconds old is fresh"
    execute(world, reports(BOB, 2700.0), time=100.1)
    assert price(world) == 2600.0, "ALICE's is stale, and one is no quorum"
    execute(world, reports(MAKER, 2650.0), time=101.0)
    assert price(world) == 2650.0


def test_nobody_else_posts_on_its_feed() -> None:
    world = seated()
    world.tables.prices[ETH] = 9000.0
    which, found = np.zeros(1, np.int64), np.zeros(1)
    assert due(world.state, 1e6, which, found) == 0
    row = intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=0, amount=9000.0)
    assert fates(execute(world, row)) == ["NOT_OWNER"]


def test_what_is_refused_changes_nothing() -> None:
    world = seated()
    before = world.state.cells.tobytes()
    rows = [reports(ALICE, bad) for bad in (0.0, -1.0, np.nan, np.inf)]
    rows += [reports(OTHER_MAKER, PRICE), reports(ALICE, 1.1001 * PRICE), reports(ALICE, 0.8999 * PRICE)]
    rows += [joins(OTHER_MAKER), joins(ALICE, -1.0), intent(Kind.COMMITTEE_LEAVE, OTHER_MAKER, venue=0)]
    expected = ["BAD_AMOUNT"] * 4 + ["NOT_OWNER", "LIMIT", "LIMIT", "NOT_ALLOWED", "BAD_AMOUNT", "NOT_OWNER"]
    assert fates(execute(world, *rows)) == expected
    assert world.state.cells.tobytes() == before
    assert fates(execute(world, reports(ALICE, 1.1 * PRICE))) == ["FILLED"], "the edge of the band is within it"


def test_a_quorum_of_more_than_there_are_reporters_is_refused() -> None:
    with pytest.raises(ValidationError, match="quorum 4 is more than the 3 reporters; allowed: at most as many"):
        CommitteeConfig(reporters=3, quorum=4)


# -- bonds and pay -----------------------------------------------------------------------------------------------------


def test_a_seat_takes_the_whole_bond_and_gives_it_back() -> None:
    world = committee()
    opening, before = totals(world.tables), held(world, ALICE)
    assert fates(execute(world, joins(ALICE, BOND - 1.0))) == ["BAD_AMOUNT"]
    execute(world, joins(ALICE))
    assert held(world, ALICE) == before - BOND
    execute(world, reports(ALICE, PRICE), time=10.0)
    leaves = intent(Kind.COMMITTEE_LEAVE, ALICE, venue=0)
    assert fates(execute(world, leaves, time=60.0)) == ["NOT_ALLOWED"], "its report may still be judged"
    assert fates(execute(world, leaves, time=60.1)) == ["FILLED"]
    assert held(world, ALICE) == before
    assert world.tables.reporters["owner"].tolist() == [-1.0] * 3
    check_account(world)
    check_ledger(world.tables, opening)


def test_reporters_are_paid_for_the_time_in_which_their_reports_were_fresh() -> None:
    """One cent a second: for 70 s, then for the 100 s for which a report counts, then for what is left in the fund."""
    world = seated(fund_usd=2.0)
    before = held(world, ALICE)
    for time, earned in ((10.0, 0.0), (80.0, 0.7), (1000.0, 1.7), (1100.0, 2.0), (1200.0, 2.0)):
        execute(world, reports(ALICE, PRICE), time=time)
        assert held(world, ALICE) - before == pytest.approx(earned, abs=1e-9)
    check_account(world)


# -- offers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "paid"),
    [
        (((10.0, 2400.0),), True),
        (((10.0, 2399.0),), True),
        (((10.0, 2401.0),), False),
        (((30.1, 2400.0),), False),
        (((10.0, 2400.0), (20.0, 2500.0)), False),
        (((10.0, 2500.0), (20.0, 2400.0)), True),
        (((10.0, 2400.0), (30.1, 2500.0)), True),
        ((), False),
    ],
    ids=["delivered", "beyond", "short", "late", "withdrawn", "second thought", "true again once it is over", "silent"],
)
def test_an_offer_is_paid_if_the_report_stands_when_it_ends(told: tuple[tuple[float, float], ...], paid: bool) -> None:
    world = seated(income_usd_per_hour=0.0)
    opening, reporter, briber = totals(world.tables), held(world, ALICE), held(world, OTHER_MAKER)
    execute(world, reports(ALICE, 2390.0), time=1.0)  # a report from before the offer earns nothing
    assert fates(execute(world, offers(0, 70.0, 2400.0, 30.0), time=5.0)) == ["FILLED"]
    assert held(world, OTHER_MAKER) == briber - 70.0
    check_account(world)
    for time, price in told:
        execute(world, reports(ALICE, price), time=time)
    assert fates(execute(world, closes(ALICE, 0), time=30.0)) == ["NOT_ALLOWED"]
    assert fates(execute(world, closes(BOB, 0), time=31.0)) == ["NOT_OWNER"]
    assert fates(execute(world, closes(ALICE if paid else OTHER_MAKER, 0), time=31.0)) == ["FILLED"]
    assert held(world, ALICE) - reporter == pytest.approx(70.0 if paid else 0.0, abs=1e-9)
    assert held(world, OTHER_MAKER) - briber == pytest.approx(-70.0 if paid else 0.0, abs=1e-9)
    assert world.tables.committees[["bribes", "bribed"]][0].item() == ((70.0, 1.0) if paid else (0.0, 0.0))
    assert fates(execute(world, closes(ALICE, 0), time=32.0)) == ["CLOSED"]
    check_account(world)
    check_ledger(world.tables, opening)


def test_an_offer_upwards_asks_for_that_price_or_more() -> None:
    world = seated(income_usd_per_hour=0.0)
    execute(world, offers(0, 70.0, 2600.0, 30.0), offers(1, 70.0, 2600.0, 30.0), time=5.0)
    execute(world, reports(ALICE, 2601.0), reports(BOB, 2599.0), time=6.0)
    assert world.tables.reporters["delivered"].tolist() == [1.0, 0.0, 0.0]


def test_offers_that_cannot_be_kept_are_refused() -> None:
    world = seated()
    assert fates(execute(world, offers(0, 1.0, 2400.0, 30.0), time=5.0)) == ["FILLED"]
    before = world.state.cells.tobytes()
    rows = [
        offers(0, 1.0, 2400.0, 30.0), offers(1, 1.0, 2400.0, 30.0, sender=BOB), offers(1, 1.0, 2400.0, 5.0),
        offers(1, 1.0, 2400.0, np.inf), offers(1, 0.0, 2400.0, 30.0), offers(1, 1.0, 0.0, 30.0),
        offers(3, 1.0, 2400.0, 30.0), offers(1, 1e9, 2400.0, 30.0), closes(ALICE, 1),
    ]  # fmt: skip
    expected = ["NOT_ALLOWED", "NOT_ALLOWED", "CLOSED", "CLOSED", "BAD_AMOUNT", "BAD_AMOUNT", "WRONG_VENUE"]
    assert fates(execute(world, *rows, time=5.0)) == [*expected, "INSUFFICIENT_BALANCE", "CLOSED"]
    assert world.state.cells.tobytes() == before


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(-1, 3), st.floats(0.85, 1.15)), max_size=40)
)
def test_whatever_is_done_the_account_holds_what_it_owes(acts: list[tuple[int, int, int, float]]) -> None:
    world = committee()
    opening = totals(world.tables)
    for at, (what, sender, target, factor) in enumerate(acts):
        row = (
            joins(sender, BOND * factor), reports(sender, PRICE * factor), closes(sender, target),
            offers(target, 100.0 * factor, PRICE * factor, 7.0 * at + 20.0, sender=sender),
            intent(Kind.COMMITTEE_LEAVE, sender, venue=0),
        )[what]  # fmt: skip
        execute(world, row, time=7.0 * at)
        check_account(world)
    check_ledger(world.tables, opening)
    owners = world.tables.reporters["owner"]
    assert np.unique(owners[owners >= 0.0]).size == (owners >= 0.0).sum(), "somebody has two seats"
    assert (owners[world.tables.reporters["bribe"] > 0.0] >= 0.0).all(), "an offer to nobody"


# -- loans liquidated that should not have been ------------------------------------------------------------------------


@pytest.mark.parametrize(("reference", "wrongful"), [(2500.0, True), (1500.0, False)])
def test_a_liquidation_is_wrongful_if_reference_prices_call_the_loan_healthy(reference: float, wrongful: bool) -> None:
    world = seated(band_bp=9000.0)
    execute(world, reports(ALICE, 1500.0), reports(BOB, 1500.0), reports(MAKER, 1500.0))
    world.tables.prices[ETH] = reference
    row = intent(Kind.LIQUIDATE, OTHER_MAKER, venue=0, target=0, amount=10.0, asset_in=USD, asset_out=ETH)
    [done] = execute(world, row, time=1.0)
    assert fates([done]) == ["FILLED"]
    assert world.tables.lending["wrongful"][0] == (done["filled_in"] if wrongful else 0.0)
