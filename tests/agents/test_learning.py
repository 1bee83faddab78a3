"""Learners: the contract that all share, exact properties of each, and the draws that they use."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.learning import (
    LEARNERS,
    BestResponse,
    FictitiousPlay,
    GradientShading,
    QLearning,
    best_response,
    draws,
    exp3,
    fictitious_play,
    moran,
    q_learning,
    regret_matching,
    replicator,
)

GRID = np.linspace(0.0, 1.0, 11)
PEAK = 0.7


def payoffs(shift=0.0):
    return 1.0 - (GRID - PEAK) ** 2 + shift


def train(name, seed, rounds=2000, **options):
    learner = LEARNERS[name](GRID, seed=seed, **options)
    chosen = []
    for _ in range(rounds):
        action = learner.choose()
        chosen.append(action)
        learner.learn(1.0 - (action - PEAK) ** 2, payoffs())
    return learner, np.array(chosen)


@pytest.mark.parametrize("name", LEARNERS)
class TestContract:
    def test_same_seed_same_choices(self, name):
        first, a = train(name, 5, 300)
        second, b = train(name, 5, 300)
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(first.policy(), second.policy())

    def test_inputs_stay_as_they_were(self, name):
        grid, given_payoffs = GRID.copy(), payoffs()
        learner = LEARNERS[name](grid)
        for _ in range(20):
            learner.learn(0.3 * learner.choose(), given_payoffs)
        np.testing.assert_array_equal(grid, GRID)
        np.testing.assert_array_equal(given_payoffs, payoffs())
        grid[:] = 99.0
        np.testing.assert_array_equal(learner.actions, GRID)
        with pytest.raises(ValueError, match="read-only"):
            learner.actions[0] = 1.0

    def test_policy_is_a_distribution_that_the_learner_does_not_share(self, name):
        learner, _ = train(name, 1, 50)
        policy = learner.policy()
        assert policy.shape == GRID.shape
        assert (policy >= 0).all()
        assert policy.sum() == pytest.approx(1.0)
        policy[:] = 0.0
        assert learner.policy().sum() == pytest.approx(1.0)

    def test_finds_the_best_action(self, name):
        options = {"exp3": {"rate": 0.003}, "hedge": {"rate": 20.0}}.get(name, {})
        learner, chosen = train(name, 2, 30_000 if name == "exp3" else 4000, **options)
        # Uniform play would earn .851. Exp3 keeps exploring and weighs by chance, so that it mixes good actions for
        # long.
        bar = 0.95 if name == "exp3" else 0.99
        assert learner.policy() @ payoffs() > bar
        assert np.mean(1.0 - (chosen[-500:] - PEAK) ** 2) > bar

    def test_what_all_actions_would_have_earned_is_asked_for_when_needed(self, name):
        learner = LEARNERS[name](GRID)
        learner.choose()
        if learner.full_information:
            with pytest.raises(ValueError, match="none were given"):
                learner.learn(0.0)
            with pytest.raises(ValueError, match="shape"):
                learner.learn(0.0, np.zeros(3))
        else:
            learner.learn(0.0)

    def test_grids_that_make_no_sense_are_refused(self, name):
        for grid in ([], [[1.0]], [np.nan]):
            with pytest.raises(ValueError, match="actions"):
                LEARNERS[name](np.array(grid))


@pytest.mark.parametrize("name", ["q_learning", "fictitious_play", "best_response"])
def test_ties_are_broken_at_random(name):
    first = [LEARNERS[name](GRID, seed=seed, **({"decay": 50.0} if name == "q_learning" else {})) for seed in range(60)]
    for learner in first:
        learner.choose()
        learner.learn(0.0, np.zeros(GRID.size))
    assert len({learner.choose() for learner in first}) > 5


def test_a_full_tie_is_uniform_over_the_tied():
    stream, values = draws.stream(1), np.array([1.0, 3.0, 3.0, 0.0, 3.0])
    counts = np.bincount([draws.best(stream, values) for _ in range(6000)], minlength=5)
    assert counts[[0, 3]].sum() == 0
    assert np.abs(counts[[1, 2, 4]] - 2000).max() < 4 * np.sqrt(6000 * 2 / 9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), steps=st.integers(1, 300), discount=st.sampled_from([0.0, 0.5, 0.99]))
def test_greedy_action_is_always_the_best_and_the_second_bounds_the_rest(seed, steps, discount):
    rng = np.random.default_rng(seed)
    states, actions = 3, 4
    values = rng.integers(0, 3, (states, actions)).astype(float)
    greedy, second = np.empty(states, np.int64), np.empty(states)
    stream = draws.stream(seed)
    q_learning.lead(values, greedy, second, stream)
    for _ in range(steps):
        s, a, n = (int(rng.integers(k)) for k in (states, actions, states))
        before, payoff = values.copy(), float(rng.integers(0, 3))
        policy = greedy.copy()
        changed = q_learning.update(values, greedy, second, s, a, payoff, n, 0.5, discount, stream)
        expected = before[s, a] + 0.5 * (payoff + discount * before[n].max() - before[s, a])
        assert values[s, a] == pytest.approx(expected)
        assert changed == (greedy[s] != policy[s])
        for state in range(states):
            assert values[state, greedy[state]] == values[state].max()
            others = np.delete(values[state], greedy[state])
            assert second[state] >= others.max()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), discount=st.sampled_from([0.0, 0.5, 0.99]))
def test_learning_about_all_actions_is_an_update_of_each_from_the_same_future(seed, discount):
    rng = np.random.default_rng(seed)
    values, payoffs = rng.integers(0, 3, (3, 4)).astype(float), rng.integers(0, 3, 4).astype(float)
    greedy, second, stream = np.empty(3, np.int64), np.empty(3), draws.stream(seed)
    q_learning.lead(values, greedy, second, stream)
    before, policy = values.copy(), greedy.copy()
    state, then = (int(rng.integers(3)) for _ in range(2))
    changed = q_learning.update_all(values, greedy, second, state, payoffs, then, 0.5, discount, stream)
    expected = before.copy()
    expected[state] += 0.5 * (payoffs + discount * before[then].max() - before[state])
    np.testing.assert_allclose(values, expected)
    assert changed == (greedy[state] != policy[state])
    assert values[state, greedy[state]] == values[state].max()
    assert second[state] >= np.delete(values[state], greedy[state]).max()


def test_a_q_learner_that_is_told_everything_needs_no_exploration():
    told, left = (QLearning(GRID, decay=50.0, start=1.0, rate=0.5, counterfactual=full) for full in (True, False))
    for learner in (told, left):
        for _ in range(40):
            learner.choose()
            learner.learn(payoffs()[np.argmax(learner.policy())], payoffs())
    np.testing.assert_allclose(told.values[0], payoffs(), atol=1e-6)
    assert told.policy() @ payoffs() == payoffs().max()
    assert told.full_information
    assert not left.full_information
    with pytest.raises(ValueError, match="none were given"):
        told.learn(0.0)


@pytest.mark.parametrize(
    ("decay", "floor"),
    [(1e-3, 0.0), (1e-2, 0.05), *(pytest.param(*case, marks=pytest.mark.slow) for case in ((0.0, 0.2), (1e-5, 0.0)))],
)
def test_skipping_to_the_next_exploration_has_the_law_of_a_draw_per_period(decay, floor):
    horizon, stream = 5000, draws.stream(3)
    counts = np.zeros((400, 2))
    for run in range(400):
        t = q_learning.next_exploration(0, decay, floor, stream)
        while t < horizon:
            counts[run, int(t >= 500)] += 1
            t = q_learning.next_exploration(t + 1, decay, floor, stream)
    rates = np.maximum(np.exp(-decay * np.arange(horizon)), floor)
    for part, chance in enumerate((rates[:500], rates[500:])):
        error = max(np.sqrt((chance * (1 - chance)).sum() / 400), 1e-9)
        assert abs(counts[:, part].mean() - chance.sum()) < 4.5 * error


def test_draws_are_uniform_repeatable_and_apart_for_different_seeds():
    stream = draws.stream(7)
    sample = np.array([draws.uniform(stream) for _ in range(20_000)])
    assert sample.min() >= 0.0
    assert sample.max() < 1.0
    assert abs(sample.mean() - 0.5) < 4 / np.sqrt(12 * 20_000)
    assert abs(np.corrcoef(sample[1:], sample[:-1])[0, 1]) < 4 / np.sqrt(20_000)
    assert draws.stream(7)[0] == draws.stream(np.random.SeedSequence(7))[0] != draws.stream(8)[0]
    counts = np.bincount([draws.choice(stream, np.array([0.2, 0.0, 0.8])) for _ in range(5000)], minlength=3)
    assert counts[1] == 0
    assert abs(counts[0] - 1000) < 4 * np.sqrt(800)


def test_memory_lets_q_learning_answer_to_the_state():
    learner = QLearning(np.array([0.0, 1.0]), states=2, rate=0.2, decay=0.01, seed=1)
    state = 0
    for _ in range(2000):
        action = learner.choose(state)
        after = (state + 1) % 2
        learner.learn(1.0 if action == state else 0.0, next_state=after)
        state = after
    np.testing.assert_array_equal([learner.policy(0).argmax(), learner.policy(1).argmax()], [0, 1])
    assert learner.values.shape == (2, 2)


def test_weights_are_a_softmax_and_survive_large_scores():
    policy = np.empty(2)
    exp3.weights(np.array([0.0, np.log(3.0)]), 1.0, 0.0, policy)
    np.testing.assert_allclose(policy, [0.25, 0.75])
    exp3.weights(np.array([1e9, 0.0]), 1.0, 0.1, policy)
    np.testing.assert_allclose(policy, [0.95, 0.05])


def test_importance_weighting_is_unbiased():
    policy, true = np.array([0.2, 0.5, 0.3]), np.array([1.0, 2.0, 3.0])
    expected = np.zeros(3)
    for action in range(3):
        scores = np.zeros(3)
        exp3.credit_one(scores, policy, action, true[action])
        expected += policy[action] * scores
    np.testing.assert_allclose(expected, true)


def test_regrets_by_hand():
    regrets, policy = np.zeros(3), np.empty(3)
    regret_matching.accumulate(regrets, np.array([1.0, 2.0, 4.0]), 2.0, False)
    np.testing.assert_array_equal(regrets, [-1, 0, 2])
    regret_matching.probabilities(regrets, policy)
    np.testing.assert_array_equal(policy, [0, 0, 1])
    regret_matching.accumulate(regrets, np.array([0.0, 3.0, 0.0]), 2.0, True)
    np.testing.assert_array_equal(regrets, [0, 1, 0])


def test_fictitious_play_in_a_zero_sum_game():
    game = np.array([[3.0, -1.0], [-1.0, 1.0]])
    kept = game.copy()
    row, column = fictitious_play.play(game, -game, 200_000, draws.stream(1))
    np.testing.assert_array_equal(game, kept)
    np.testing.assert_allclose(row, [1 / 3, 2 / 3], atol=0.01)
    np.testing.assert_allclose(column, [1 / 3, 2 / 3], atol=0.01)


def test_fictitious_play_and_best_response_differ_in_memory():
    fictitious, myopic = FictitiousPlay(GRID), BestResponse(GRID, inertia=0.0)
    for learner in (fictitious, myopic):
        for target in (2, 2, 8):
            learner.choose()
            learner.learn(0.0, np.eye(GRID.size)[target])
    assert fictitious.choose() == GRID[2]
    assert myopic.choose() == GRID[8]


def test_best_reply_iteration_finds_cournot():
    start = np.array([0.0, 1.0])
    profile, converged = best_response.iterate(lambda q: (1.0 - q[::-1]) / 2, start)
    assert converged
    np.testing.assert_allclose(profile, [1 / 3, 1 / 3], atol=1e-8)
    np.testing.assert_array_equal(start, [0.0, 1.0])
    _, converged = best_response.iterate(lambda q: 1.0 - q[::-1], np.array([0.0, 0.0]), step=1.0, rounds=99)
    assert not converged


def test_gradient_stays_between_the_ends_of_its_grid():
    learner = GradientShading(GRID, rate=100.0)
    for _ in range(20):
        learner.learn(5.0 * learner.choose())
    assert learner.centre == 1.0


def test_replicator_keeps_the_product_in_rock_paper_scissors_and_its_inputs():
    game, start = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]), np.array([0.6, 0.3, 0.1])
    path = replicator.flow(game, start, 50.0, 5000)
    np.testing.assert_allclose(path.prod(axis=1), 0.018, rtol=1e-8)
    np.testing.assert_allclose(path.sum(axis=1), 1.0)
    np.testing.assert_array_equal(start, [0.6, 0.3, 0.1])
    shares = replicator.imitate(np.array([[-1.0, 2.0], [0.0, 1.0]]), np.array([0.9, 0.1]), 0.1, 2000)
    np.testing.assert_allclose(shares, [0.5, 0.5], atol=1e-6)


def test_neutral_mutant_takes_over_with_one_chance_in_m():
    same = np.ones(9)
    assert moran.fixation(same, same, 1.0) == pytest.approx(0.1)
    assert moran.fixation(same + 0.5, same, 1.0) == pytest.approx((1 - np.exp(-0.5)) / (1 - np.exp(-5.0)))
    assert moran.fixation(same - 1000.0, same, 1.0) == 0.0


def test_moran_process_agrees_with_its_fixation_probability():
    game, counts = np.array([[1.2, 1.2], [1.0, 1.0]]), np.array([1, 9])
    stream, taken, runs = draws.stream(2), 0, 2000
    for _ in range(runs):
        _, last = moran.simulate(game, counts, 1.0, 0.0, 600, stream)
        assert last.sum() == 10
        taken += last[0] == 10
    chance = moran.fixation(np.full(9, 1.2), np.full(9, 1.0), 1.0)
    assert abs(taken / runs - chance) < 4 * np.sqrt(chance * (1 - chance) / runs)
    np.testing.assert_array_equal(counts, [1, 9])
