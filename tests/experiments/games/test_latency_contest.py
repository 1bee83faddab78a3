"""Contests for prizes that span rollups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.games import latency_contest as game
from experiments.games.latency_contest import Contest

QUICK = {"steps": 120, "batch": 2048}


@pytest.mark.parametrize(
    ("contest", "expected"),
    [
        (Contest("lottery", decisiveness=0.5, shared=True), 1 / 8),
        (Contest("lottery", decisiveness=0.5), 1 / 16),
        (Contest("lottery", players=3, decisiveness=0.5), 1 / 27),
        (Contest("winner_pays", shared=True), 1 / 3),
        (Contest("winner_pays", players=3), 0.4 / 3),
        (Contest("first_come", shared=True), 1 / 4),
        (Contest("first_come", curvature=0.0, cost=0.05, shared=True), 20**0.5 / 2),
        (Contest("timeboost", value=8.0, boost_s=2.0, shared=True), 1.0),
        (Contest("timeboost", value=1.0, boost_s=2.0, shared=True), 0.0),
    ],
)
def test_equilibria_by_hand(contest: Contest, expected: float) -> None:
    assert game.equilibrium(contest) == pytest.approx(expected)


@pytest.mark.parametrize("form", game.FORMS)
@pytest.mark.parametrize("shared", [True, False])
def test_learned_efforts_are_equilibria(form: str, shared: bool) -> None:
    contest = Contest(form, shared=shared, decisiveness=0.5, boost_s=2.0, value=10.0 if form == "timeboost" else 1.0)
    efforts = game.learn(contest, 3, **QUICK)
    assert efforts.shape == (2, 1 if shared else 2)
    np.testing.assert_allclose(efforts, game.equilibrium(contest), rtol=0.04)
    assert game.nash_conv(contest, efforts, batch=8000, points=17) <= 0.01 * contest.value


def test_nash_conv_tells_what_is_no_equilibrium() -> None:
    contest = Contest("lottery", shared=True)
    assert game.nash_conv(contest, np.full((2, 1), 0.05)) > 0.1
    assert game.nash_conv(contest, np.full((2, 1), 0.25)) < 1e-3


def test_the_same_seed_learns_the_same() -> None:
    contest = Contest("first_come")
    first, second = (game.learn(contest, 1, 20, 256) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert (game.learn(contest, 2, 20, 256) != first).any()


def test_an_advantage_larger_than_any_noise_always_wins() -> None:
    contest = Contest("first_come", noise="gaussian", scale_s=1e-3)
    luck = game.spread_draws(contest, 500, np.zeros(2))
    assert (game.winners(contest, np.array([0.0, 1.0]), luck) == 1).all()
    never = replace(contest, curvature=0.0)
    assert (game.winners(never, np.array([0.0, 1.0]), luck) == 1).all()


def test_a_bid_buys_less_than_the_most_time() -> None:
    contest = Contest("timeboost", noise="gaussian", scale_s=1e-9, boost_s=1.0)
    late = np.column_stack([np.full(4, 1.001), np.zeros(4)])
    assert (game.winners(contest, np.array([1e12, 0.0]), late) == 1).all()
    assert (game.winners(contest, np.array([1e12, 0.0]), 0.9 * late) == 0).all()


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_correlated_arrivals_are_won_whole_more_often(correlation: float) -> None:
    played = game.play(Contest("first_come", noise="gaussian"), np.zeros((2, 2)), 40_000, 5, correlation)
    expected = 0.5 + np.arcsin(correlation) / np.pi
    assert abs(played.realised - expected) < 4 * played.realised_error


def test_only_winners_pay_where_only_winners_pay() -> None:
    efforts = np.array([[0.2, 0.2], [0.2, 0.2]])
    assert game.play(Contest("winner_pays"), efforts, 1000, 1).paid == pytest.approx(0.4)
    assert game.play(Contest("lottery"), efforts, 1000, 1).paid == pytest.approx(0.8)


def test_spread_draws_are_even() -> None:
    for contest in (Contest("first_come"), Contest("first_come", noise="gaussian")):
        luck = game.spread_draws(contest, 4096, np.array([0.3, 0.8]))
        ahead = (luck[:, 0] < luck[:, 1]).mean()
        assert abs(ahead - 0.5) < 0.005
