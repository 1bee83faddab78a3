"""Certificates: regret, payoff tables, dynamics and screens, on games whose answers are known."""

import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import equilibrium as eq

PENNIES = np.array([[1.0, -1.0], [-1.0, 1.0]])
DILEMMA = np.array([[3.0, 0.0], [5.0, 1.0]])


def noisy(table, sd=0.1):
    """Payoffs of a bimatrix game plus noise that only the seed determines."""

    def evaluate(profile, seed):
        shock = np.random.default_rng(seed).normal(0.0, sd, 2)
        i, j = profile
        return np.array([table[i, j], table[j, i]]) + shock

    return evaluate


class TestRegret:
    def test_common_seeds_remove_the_noise(self):
        found = eq.nash_conv(noisy(DILEMMA), (0, 0), [(0, 1)] * 2, range(10), exhaustive=True)
        assert found.value == pytest.approx(4.0)
        assert found.standard_error == pytest.approx(0.0, abs=1e-12)
        assert [regret.deviation for regret in found.regrets] == [1, 1]
        assert not found.lower_bound

    def test_equilibrium_has_none_and_a_search_is_called_a_lower_bound(self):
        found = eq.nash_conv(noisy(DILEMMA), (1, 1), [(0, 1)] * 2, range(6))
        assert found.value == 0.0
        assert found.lower_bound
        assert "lower bound" in str(found)
        assert all(regret.deviation is None for regret in found.regrets)

    def test_symmetric_short_cut_agrees(self):
        full = eq.nash_conv(noisy(DILEMMA), (0, 0), [(1,)] * 2, range(8))
        short = eq.nash_conv(noisy(DILEMMA), (0, 0), [(1,)] * 2, range(8), symmetric=True)
        assert short.value == pytest.approx(full.value)
        assert len(short.regrets) == 1

    def test_choosing_the_best_of_many_worthless_deviations_is_not_biased_upwards(self):
        gains = np.random.default_rng(1).normal(size=(300, 50, 40))
        found = [eq.best_deviation(g, range(50), 0, False) for g in gains]
        naive = np.mean([g.mean(axis=1).max() for g in gains])
        # What is left comes from reporting no negative gain.
        assert np.mean([r.gain for r in found]) < 0.3 * naive

    def test_profile_and_too_few_seeds(self):
        profile = [0, 0]
        eq.nash_conv(noisy(DILEMMA), profile, [(1,)] * 2, range(4))
        assert profile == [0, 0]
        with pytest.raises(ValueError, match="four seeds"):
            eq.nash_conv(noisy(DILEMMA), profile, [(1,)] * 2, range(2))

    @settings(max_examples=40, deadline=None)
    @given(seed=st.integers(0, 10**6), a=st.integers(1, 4), b=st.integers(1, 4))
    def test_support_enumeration_finds_profiles_without_regret(self, seed, a, b):
        rng = np.random.default_rng(seed)
        row, column = rng.normal(size=(a, b)), rng.normal(size=(a, b))
        kept = row.copy()
        found = eq.support_enumeration(row, column)
        assert len(found) % 2 == 1  # nondegenerate games have an odd number of equilibria
        for profile in found:
            assert eq.exact_nash_conv([row, column], [profile.row, profile.column]) == pytest.approx(0.0, abs=1e-7)
        np.testing.assert_array_equal(row, kept)

    def test_nash_conv_of_three_players(self):
        # Whoever is alone with a choice pays 1 to each of the others.
        table = np.zeros((3, 2, 2, 2))
        for index in np.ndindex(2, 2, 2):
            for player in range(3):
                others = [index[k] for k in range(3) if k != player]
                alone = others[0] == others[1] != index[player]
                table[(player, *index)] = -2.0 if alone else (0.0 if len(set(index)) == 1 else 1.0)
        pure = [np.array([1.0, 0.0])] * 3
        assert eq.exact_nash_conv(list(table), pure) == 0.0
        half = [np.array([0.5, 0.5])] * 3
        assert eq.exact_nash_conv(list(table), half) == pytest.approx(0.0)


class TestTables:
    def test_payoff_table(self):
        means, errors = eq.payoff_table(noisy(DILEMMA, 0.0), [(0, 1), (0, 1)], range(3))
        np.testing.assert_allclose(means[0], DILEMMA)
        np.testing.assert_allclose(means[1], DILEMMA.T)
        np.testing.assert_allclose(errors, 0.0)

    def test_symmetric_table_runs_each_mixture_once(self):
        runs = []

        def evaluate(profile, seed):
            runs.append(profile)
            return np.array(profile, dtype=float) + seed

        table = eq.symmetric_table(evaluate, (10, 20), 3, range(2))
        assert sorted(table) == [(0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1)]
        assert len(runs) == 8
        mean, _ = table[(0, 0, 1)]
        np.testing.assert_allclose(mean, [10.5, 20.5])
        assert np.isnan(table[(0, 0, 0)][0][1])

    def test_known_equilibria(self):
        (pennies,) = eq.support_enumeration(PENNIES, -PENNIES)
        np.testing.assert_allclose([pennies.row, pennies.column], 0.5)
        (dilemma,) = eq.support_enumeration(DILEMMA, DILEMMA.T)
        assert dilemma.payoffs == (1.0, 1.0)


class TestDynamics:
    @settings(max_examples=25, deadline=None)
    @given(seed=st.integers(0, 10**6), k=st.integers(2, 5))
    def test_alpha_rank_is_a_distribution_and_neutral_games_are_even(self, seed, k):
        rank = eq.alpha_rank(np.random.default_rng(seed).normal(size=(k, k)), 10, 0.5)
        assert rank.min() > -1e-12
        assert rank.sum() == pytest.approx(1.0)
        np.testing.assert_allclose(eq.alpha_rank(np.ones((k, k))), 1 / k)

    def test_stag_hunt(self):
        np.testing.assert_allclose(eq.alpha_rank(np.array([[4.0, 1.0], [3.0, 3.0]])), [0.069, 0.931], atol=5e-4)

    def test_dominated_strategies_die_out(self):
        assert eq.evolve(DILEMMA, np.array([0.99, 0.01]))[-1, 0] < 1e-6


class TestScreens:
    def test_delta_at_its_ends(self):
        assert eq.collusion_index(0.2, 0.2, 0.4) == 0.0
        assert eq.collusion_index(0.4, 0.2, 0.4) == 1.0

    def test_punishment_depth_and_length(self):
        path = np.array([0.0, -0.4, -0.2, -0.05, 0.0, 0.0])
        found = eq.punishment(np.stack([path, path]), np.array([-0.1, 0.1]))
        assert (found.depth, found.length, found.unprofitable) == (pytest.approx(0.4), 3, 0.5)
        none = eq.punishment(np.zeros((4, 6)), np.full(4, 0.1))
        assert (none.depth, none.length, none.unprofitable) == (0.0, 0, 0.0)
        assert eq.punishment(np.array([[0.0, -1.0, -1.0]]), np.array([-1.0])).length == -1

    def test_rotation_shows_and_independent_winners_do_not(self):
        turns = np.arange(400) % 2
        assert eq.bid_rotation(turns)[0] == 0.0
        assert eq.bid_rotation(turns)[1] < -10
        rng = np.random.default_rng(1)
        z = [eq.bid_rotation(rng.choice(3, 400, p=[0.6, 0.3, 0.1]))[1] for _ in range(400)]
        assert abs(np.mean(z)) < 0.25
        assert 0.85 < np.std(z) < 1.15
        assert eq.bid_rotation(np.zeros(10, int)) == (1.0, 0.0)
        assert np.isnan(eq.bid_rotation(np.array([-1, 0]))[0])

    def test_variance_screen_by_window(self):
        prices = np.array([1.0, 3.0, 2.0, 2.0, 9.0])
        np.testing.assert_allclose(eq.variance_screen(prices, 2), [0.5, 0.0])

    def test_effective_bidders(self):
        assert eq.effective_bidders(np.array([0.5, 1.0]), np.array([1.0, 2.0])) == (0.5, 2.0)
        assert eq.effective_bidders(np.array([1.0]), np.array([1.0])) == (1.0, float("inf"))


KEYS = {"id", "case", "statistic", "expected", "simulated", "standard_error", "tolerance", "passed"}
FAST = ("empirical_games",)
SLOW = (
    "sealed_bid", "all_pay", "bidding_war", "q_bidders", "pricing", "repeated_game", "role_selection", "tullock",
)  # fmt: skip


@pytest.mark.parametrize("module", [*FAST, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_known_answers(module):
    validation = importlib.import_module(f"experiments.validation.{module}")
    for row in validation.rows(True, None):
        assert set(row) == KEYS
        assert row["id"] == validation.ID
        assert row["passed"], row
