"""Allocation and payment rules: hand-worked cases and properties that hold for all bids."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.sequencing.auctions import _formats as formats
from market.sequencing.auctions import ascending, tullock

BIDS = st.lists(st.floats(-1.0, 1e6, allow_nan=False) | st.just(float("nan")), min_size=1, max_size=8)
UNIT = st.floats(0.0, 1.0, exclude_max=True)
DETERMINISTIC = ("first_price", "second_price", "all_pay")


def settle(auction, bids, reserve=0.0, u=0.0):
    bids = np.array(bids, dtype=float)
    payments = np.full(bids.size, np.nan)
    winner = formats.settle(formats.CODES[auction], bids, reserve, u, payments)
    return winner, payments


@pytest.mark.parametrize(
    ("auction", "bids", "reserve", "winner", "payments"),
    [
        ("first_price", [3, 5, 4], 0.0, 1, [0, 5, 0]),
        ("first_price", [3, 5, 4], 6.0, -1, [0, 0, 0]),
        ("first_price", [5, -1, 5], 5.0, 0, [5, 0, 0]),
        ("second_price", [3, 5, 4], 0.0, 1, [0, 4, 0]),
        ("second_price", [3, 5, 4], 4.5, 1, [0, 4.5, 0]),
        ("second_price", [7], 2.0, 0, [2]),
        ("second_price", [7, -1], 0.0, 0, [0, 0]),
        ("all_pay", [3, 5, 4], 0.0, 1, [3, 5, 4]),
        ("all_pay", [3, 5, 4], 3.5, 1, [0, 5, 4]),
        ("tullock", [3, 5, 4], 3.5, 1, [0, 5, 4]),
        ("tullock", [-1, -1], 0.0, -1, [0, 0]),
    ],
)
def test_hand_worked(auction, bids, reserve, winner, payments):
    found, paid = settle(auction, bids, reserve)
    assert found == winner
    np.testing.assert_array_equal(paid, payments)


@settings(deadline=None)  # the first example compiles
@given(bids=BIDS, reserve=st.floats(0.0, 10.0), u=UNIT)
def test_rules_of_every_format(bids, reserve, u):
    bids = np.array(bids)
    admitted = bids >= reserve
    for auction in formats.CODES:
        before = bids.copy()
        winner, payments = settle(auction, bids, reserve, u)
        np.testing.assert_array_equal(bids, before)
        assert (winner >= 0) == admitted.any()
        assert (payments >= 0).all()
        assert (payments[~admitted] == 0).all()
        assert (payments <= np.where(admitted, bids, 0)).all()
        if winner >= 0:
            assert admitted[winner]
        if winner >= 0 and auction in DETERMINISTIC:
            assert bids[winner] == bids[admitted].max()
        if auction in ("first_price", "second_price"):
            assert (np.delete(payments, winner) == 0).all() if winner >= 0 else (payments == 0).all()


@settings(deadline=None)  # the first example compiles
@given(bids=st.lists(st.floats(0, 100), min_size=2, max_size=6), u=UNIT)
def test_second_price_is_the_best_losing_bid(bids, u):
    winner, payments = settle("second_price", bids, u=u)
    assert payments[winner] == max(np.delete(bids, winner))


@pytest.mark.parametrize("auction", formats.CODES)
def test_exact_ties_are_broken_evenly(auction):
    draws = (np.arange(300) + 0.5) / 300
    bids = [2, 2, 1, 2] if auction != "tullock" else [2, 2, 0, 2]
    winners = [settle(auction, bids, u=u)[0] for u in draws]
    np.testing.assert_array_equal(np.bincount(winners, minlength=4), [100, 100, 0, 100])


@settings(deadline=None)  # the first example compiles
@given(bids=st.lists(st.floats(0.01, 100), min_size=2, max_size=5), r=st.floats(0.2, 5.0))
def test_ticket_lottery_is_proportional_to_the_power(bids, r):
    bids, payments = np.array(bids), np.empty(len(bids))
    draws = (np.arange(2000) + 0.5) / 2000
    won = [tullock.settle(bids, 0.0, u, payments, r) for u in draws]
    chance = bids**r / (bids**r).sum()
    np.testing.assert_allclose(np.bincount(won, minlength=bids.size) / 2000, chance, atol=2e-3)


def test_lottery_of_nothing_is_even_and_extreme_powers_stay_finite():
    won = [settle("tullock", [0, 0, 0], u=u)[0] for u in (0.1, 0.5, 0.9)]
    assert won == [0, 1, 2]
    payments = np.empty(2)
    assert tullock.settle(np.array([1e300, 1e299]), 0.0, 0.99, payments, 200.0) == 0


def relay(bidders, longest=8):
    pending, standing = np.empty((longest + 1, bidders)), np.empty(bidders)
    ascending.clear(pending, standing)
    return pending, standing


def test_a_bid_arrives_after_its_delay():
    pending, standing = relay(2)
    ascending.post(pending, 0, 0, 3, 1.5)
    best = [ascending.advance(pending, standing, step, True) for step in range(5)]
    assert best == [0, 0, 0, 1.5, 1.5]


@pytest.mark.parametrize(("cancellation", "after"), [(True, 0.5), (False, 2.0)])
def test_cancellation_lets_a_bid_fall(cancellation, after):
    pending, standing = relay(1)
    ascending.post(pending, 0, 0, 1, 2.0)
    ascending.post(pending, 0, 1, 1, 0.5)
    assert ascending.advance(pending, standing, 1, cancellation) == 2.0
    assert ascending.advance(pending, standing, 2, cancellation) == after


def test_the_relay_is_empty_after_clearing_and_breaks_ties_evenly():
    pending, standing = relay(3)
    assert ascending.winner_of(standing, 0.5) == -1
    standing[:] = (1.0, 2.0, 2.0)
    assert [ascending.winner_of(standing, u) for u in (0.0, 0.49, 0.5, 0.99)] == [1, 1, 2, 2]
    ascending.clear(pending, standing)
    assert ascending.advance(pending, standing, 0, True) == 0.0
