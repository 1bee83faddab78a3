"""Repeated games: learners meet the market's auctions."""

import dataclasses

import numpy as np
import pytest

from agents.bidding import ascending
from agents.learning import draws, q_learning
from experiments.games import contest, matrix, pricing, role_selection, sealed_bid
from experiments.games.auction_learning import RepeatedAuction, learn, would_earn
from experiments.games.bidding_war import BiddingWar, OrderFlow, simulate
from market.sequencing.auctions import _formats as formats

WAR = BiddingWar(
    (ascending.NAIVE, ascending.ADAPTIVE, ascending.LAST_MINUTE, ascending.BLUFF), (1, 2, 1, 3), length_s=1.0
)


class TestBiddingWar:
    @pytest.mark.slow
    def test_same_seed_same_auctions(self):
        first, second = simulate(WAR, 200, 3)[0], simulate(WAR, 200, 3)[0]
        for field in ("winner", "paid", "profit", "available"):
            np.testing.assert_array_equal(getattr(first, field), getattr(second, field))
        assert (first.paid != simulate(WAR, 200, 4)[0].paid).any()

    def test_the_trace_ends_in_the_result_and_does_not_change_it(self):
        plain, empty = simulate(WAR, 50, 1)
        traced, trace = simulate(WAR, 50, 1, trace=True)
        assert empty.size == 0
        np.testing.assert_array_equal(plain.paid, traced.paid)
        assert trace.shape == (50, 101, 4)
        last = trace[:, 100]
        np.testing.assert_allclose(last.max(axis=1), plain.paid, rtol=1e-6)
        won = plain.winner >= 0
        np.testing.assert_array_equal(last.argmax(axis=1)[won], plain.winner[won])

    def test_late_rules_show_what_they_should_before_they_reveal(self):
        _, trace = simulate(WAR, 50, 2, trace=True)
        assert (trace[:, :99, 2] == 0).all()
        assert (trace[:, 10:99, 3] >= 0.3 - 1e-6).all()
        assert (trace[:, 10:99, 3] <= 0.4 + 1e-6).all()

    def test_honest_winner_keeps_its_margin(self):
        game = BiddingWar((ascending.NAIVE,) * 3, (1, 1, 1), margin_sd=0.0, length_s=3.0)
        outcome, _ = simulate(game, 300, 5)
        won = outcome.winner >= 0
        np.testing.assert_allclose(outcome.profit[won], game.margin)
        assert (outcome.paid <= outcome.available + 1e-12).all()

    def test_equals_win_equally_often_and_faster_ones_more(self):
        flow = OrderFlow(private_rate=0.2)
        even = BiddingWar((ascending.NAIVE,) * 4, (1,) * 4, length_s=2.0, flow=flow)
        winners = simulate(even, 4000, 1)[0].winner
        counts = np.bincount(winners[winners >= 0], minlength=4)
        assert np.abs(counts / counts.sum() - 0.25).max() < 4 * np.sqrt(0.25 * 0.75 / counts.sum())
        slow = dataclasses.replace(even, delays=(1, 40, 40, 40))
        winners = simulate(slow, 4000, 1)[0].winner
        assert (winners == 0).mean() > 0.4

    def test_bidders_must_be_described_equally_often(self):
        with pytest.raises(ValueError, match="same number"):
            BiddingWar((ascending.NAIVE,) * 2, (1,))
        with pytest.raises(ValueError, match="at least one step"):
            BiddingWar((ascending.NAIVE,), (0,), global_delay=0)

    def test_nobody_wins_an_auction_without_order_flow(self):
        game = BiddingWar((ascending.NAIVE,) * 2, (1, 1), flow=OrderFlow(public_rate=0.0, private_rate=0.0))
        outcome, _ = simulate(game, 20, 1)
        assert (outcome.winner == -1).all()
        assert (outcome.paid == 0).all()


class TestAuctionLearning:
    def prices(self, seeds=6, **changes):
        game = RepeatedAuction(**changes)
        return np.array([learn(game, 400_000, seed).highest_bid for seed in range(seeds)])

    def test_first_price_bids_collapse_and_second_price_bids_do_not(self):
        assert np.median(self.prices()) <= 0.40
        assert self.prices(auction="second_price").min() >= 0.93

    def test_without_a_future_there_is_no_collusion(self):
        assert self.prices(discount=0.0).min() >= 0.89

    def test_learning_of_all_bids_ends_collusion(self):
        for auction in ("first_price", "second_price"):
            game = RepeatedAuction(auction, counterfactual=True)
            assert learn(game, 100_000, 1).revenue in (pytest.approx(0.90), pytest.approx(0.95))
        assert learn(RepeatedAuction(), 400_000, 1).revenue < 0.5

    @pytest.mark.parametrize("auction", ["first_price", "second_price", "all_pay"])
    def test_what_other_bids_would_have_earned(self, auction):
        bids, grid, payoffs = np.array([0.5, 0.3]), np.array([0.2, 0.3, 0.4, 0.6]), np.empty(4)
        would_earn(formats.CODES[auction], bids, 1, 1.0, grid, 0.0, 0.0, payoffs)
        won = {"first_price": 0.4, "second_price": 0.5, "all_pay": 0.4}[auction]
        lost = -grid[:3] if auction == "all_pay" else np.zeros(3)
        np.testing.assert_allclose(payoffs, [*lost, won])
        np.testing.assert_array_equal(bids, [0.5, 0.3])

    def test_exploring_forever_destroys_second_price_revenue(self):
        revenue = [learn(RepeatedAuction("second_price", floor=0.02), 400_000, s).revenue for s in range(3)]
        assert max(revenue) < 0.8

    def test_same_seed_same_policy(self):
        first, second = (learn(RepeatedAuction(), 20_000, 9) for _ in range(2))
        assert first.revenue == second.revenue
        np.testing.assert_array_equal(first.greedy_bids, second.greedy_bids)

    def test_money_adds_up(self):
        found = learn(RepeatedAuction("all_pay", values=(1.0, 1.0, 1.0)), 50_000, 1)
        assert found.payoffs.sum() + found.revenue == pytest.approx(found.wins.sum())


class TestPricing:
    def test_benchmarks(self):
        found = pricing.LogitMarket().benchmarks()
        np.testing.assert_allclose(found, [1.472927, 1.924981, 0.222927, 0.337490], atol=1e-6)

    def test_nash_price_is_a_best_reply_and_table_is_by_own_action_first(self):
        market = pricing.LogitMarket(3)
        nash = market.nash_price()
        for price in (nash - 0.01, nash + 0.01):
            assert market.profits(np.array([price, nash, nash]))[0] < market.profits(np.full(3, nash))[0]
        grid = market.grid(4)
        table = market.table(grid)
        np.testing.assert_allclose(table[1 * 16 + 2 * 4 + 3], market.profits(grid[[1, 2, 3]]))

    def test_session_repeats_itself_and_leaves_the_table_alone(self):
        quick = pricing.Learning(decay=1e-4, patience=2000)
        first, second = (pricing.session(pricing.LogitMarket(), quick, 4) for _ in range(2))
        assert first.converged
        assert first.periods == second.periods
        np.testing.assert_array_equal(first.greedy, second.greedy)

    def test_the_fast_loop_is_the_learner_that_agents_use(self):
        """The loop writes the update out; period by period through `q_learning.update` it must come to the same."""
        market, points, periods = pricing.LogitMarket(), 5, 4000
        table = market.table(market.grid(points))
        found = []
        for fast in (True, False):
            stream = draws.stream(7)
            values = pricing.optimistic_start(market, table, points, 0.9)
            greedy, second = np.empty(len(values), np.int64), np.empty(len(values))
            q_learning.lead(values, greedy, second, stream)
            settings = (0.15, 0.9, 1e-3)
            if fast:
                pricing.learn(table, points, values, greedy, second, *settings, periods + 1, periods, stream)
            else:
                _slowly(table, points, values, greedy, second, settings, periods, stream)
            found.append((values, greedy, stream))
        for quick, slow in zip(*found, strict=True):
            np.testing.assert_array_equal(quick, slow)

    def test_the_cycle_is_what_the_policies_play(self):
        result = pricing.session(pricing.LogitMarket(), pricing.Learning(decay=1e-4, patience=2000), 5)
        path = np.empty(3 * result.cycle.size, np.int64)
        pricing.follow(result.greedy, 15, result.cycle[-1], path.size, -1, 0, path)
        np.testing.assert_array_equal(path, np.tile(result.cycle, 3))

    def test_a_grim_trigger_is_recognised_as_punishment(self):
        market, points = pricing.LogitMarket(), 15
        states = points**2
        high, low = 13, 1
        greedy = np.full((2, states), low, np.int64)
        greedy[:, high * points + high] = high
        grim = pricing.Session(greedy, 0, True, np.array([high * points + high]))
        shock = pricing.deviate(market, grim, 0.95)
        assert shock.gain < 0
        assert shock.rivals[0] == 0.0
        assert (shock.rivals[1:] < 0).all()
        assert pricing.deviate(market, grim, 0.1).gain > 0

    def test_stubborn_high_prices_are_not_collusion(self):
        market = pricing.LogitMarket()
        greedy = np.full((2, 225), 13, np.int64)
        stubborn = pricing.Session(greedy, 0, True, np.array([13 * 15 + 13]))
        shock = pricing.deviate(market, stubborn, 0.95)
        assert pricing.collusion_index(market, stubborn) > 0.9
        assert shock.gain > 0
        assert np.abs(shock.rivals).max() == 0

    @pytest.mark.slow
    def test_learned_collusion_is_held_up_by_punishment(self):
        market = pricing.LogitMarket()
        sessions = [pricing.session(market, pricing.Learning(), seed) for seed in range(16)]
        shocks = [pricing.deviate(market, result, 0.95) for result in sessions]
        assert 0.75 < np.mean([pricing.collusion_index(market, result) for result in sessions]) < 0.95
        assert np.mean([shock.gain < 0 for shock in shocks]) >= 0.9
        assert np.mean([shock.rivals[1] for shock in shocks]) < -0.1


def _slowly(table, points, values, greedy, second, settings, periods, stream) -> None:
    """Two firms that learn, one call of the learner's own functions after the other."""
    rate, discount, decay = settings
    states = len(table)
    explore = [q_learning.next_exploration(0, decay, 0.0, stream) for _ in range(2)]
    state = draws.below(stream, states)
    for t in range(periods):
        action = [int(greedy[i * states + state]) for i in range(2)]
        for i in range(2):
            if t == explore[i]:
                action[i] = draws.below(stream, points)
                explore[i] = q_learning.next_exploration(t + 1, decay, 0.0, stream)
        joint = action[0] * points + action[1]
        for i in range(2):
            q_learning.update(
                values, greedy, second, i * states + state, action[i], table[joint, i], i * states + joint,
                rate, discount, stream,
            )  # fmt: skip
        state = joint


class TestSealedBid:
    def test_values_have_even_margins_and_repeat(self):
        values = sealed_bid.uniform_values(1000, 3, 1)
        np.testing.assert_array_equal(np.floor(np.sort(values, axis=0) * 1000), np.arange(1000)[:, None] * np.ones(3))
        np.testing.assert_array_equal(values, sealed_bid.uniform_values(1000, 3, 1))

    def test_playing_leaves_bids_alone_and_conserves_money(self):
        values = sealed_bid.uniform_values(5000, 3, 2)
        bids = 0.5 * values
        kept = bids.copy()
        played = sealed_bid.play("all_pay", values, bids)
        np.testing.assert_array_equal(bids, kept)
        surplus = played.payoffs.sum(axis=1) + played.revenue
        np.testing.assert_allclose(surplus, values.max(axis=1))

    def test_cartel_sends_one_bid(self):
        values = np.array([[0.2, 0.9, 0.5], [0.7, 0.1, 0.8]])
        np.testing.assert_array_equal(sealed_bid.cartel_bids(values, 2), [[-1, 0.9, 0.5], [0.7, -1, 0.8]])

    def test_equilibrium_has_no_regret_and_truth_in_first_price_does(self):
        values, rivals = (np.arange(50) + 0.5) / 50, sealed_bid.uniform_values(20_000, 1, 3)
        grid = np.linspace(0, 1, 101)
        none, gains = sealed_bid.regret("first_price", values, values / 2, grid, rivals / 2)
        assert (gains >= 0).all()
        assert none < 5e-4
        some, _ = sealed_bid.regret("first_price", values, values, grid, rivals)
        assert some == pytest.approx(1 / 12, abs=1e-3)

    def test_learned_first_price_bids_are_half_the_value(self):
        learned = sealed_bid.learn("first_price", 2, 300_000, 1, bins=20, grid=np.linspace(0, 1, 51))
        assert np.abs(learned.bids - learned.values / 2).max() < 0.03
        again = sealed_bid.learn("first_price", 2, 300_000, 1, bins=20, grid=np.linspace(0, 1, 51))
        np.testing.assert_array_equal(learned.bids, again.bids)

    def test_gradient_finds_the_same_share(self):
        assert sealed_bid.learn_shade("first_price", 2, seed=1, steps=200) == pytest.approx(0.5, abs=0.03)


class TestContest:
    def test_learned_effort(self):
        prizes = np.ones(2)
        effort = contest.learn_effort(prizes, 1.0, 300, 1000, 0.1, 0.1, draws.stream(1))
        np.testing.assert_allclose(effort, 0.25, rtol=0.02)
        np.testing.assert_array_equal(prizes, 1.0)

    def test_more_decisive_contests_waste_more(self):
        effort = [contest.learn_effort(np.ones(2), r, 200, 500, 0.1, 0.1, draws.stream(1)).sum() for r in (0.5, 1.5)]
        assert effort[0] < effort[1]

    def test_chances_are_in_proportion_to_outlays(self):
        np.testing.assert_allclose(contest.lottery_chance(np.array([1.0, 3.0]), 1.0, 400, 0.5), [0.25, 0.75])

    def test_all_pay_learners_burn_the_prize(self):
        grid = np.linspace(0, 1, 51)
        mixed = contest.learn_mixed("all_pay", np.ones(2), grid, 300_000, 1)
        np.testing.assert_allclose(mixed.sum(axis=1), 1.0)
        np.testing.assert_allclose(mixed @ grid, 0.5, atol=0.03)
        bids = contest.sample(mixed, grid, 100, 1)
        assert np.isin(bids, grid).all()


class TestRoleSelection:
    def test_block_is_packed_greedily_without_conflicts(self):
        bids, packed = np.array([0.5, 9.0, 0.4, 0.3, 0.2]), np.empty(5, bool)
        conflicts = np.zeros((5, 5), bool)
        conflicts[0, 2] = conflicts[2, 0] = True
        total = role_selection.pack(bids, 2, 0, conflicts, 20, packed)
        np.testing.assert_array_equal(packed, [True, False, False, True, True])  # not the rival's own bundle
        assert total == pytest.approx(1.0)
        assert role_selection.pack(bids, 2, 0, conflicts, 2, packed) == pytest.approx(0.8)

    def test_money_adds_up(self):
        rng = np.random.default_rng(1)
        for _ in range(50):
            values, bids = rng.exponential(0.1, 6), np.empty(6)
            bids[:] = np.where(np.arange(6) < 2, values, 0.4 * values)
            conflicts = np.triu(rng.random((6, 6)) < 0.5, 1)
            conflicts |= conflicts.T
            packed, payoffs = np.empty(6, bool), np.empty(6)
            revenue = role_selection.settle(
                values, bids, 2, conflicts, 20, 0.5, np.empty(2), np.empty(2), packed, payoffs
            )
            assert revenue + payoffs.sum() == pytest.approx(values[packed].sum())
            assert (payoffs >= 0).all()

    def test_conflict_makes_searchers_bid_more(self):
        shares = [
            role_selection.learn_roles(role_selection.RoleGame(conflict=p), 8000, 1, 100).share for p in (0.0, 0.5, 1.0)
        ]
        assert shares[0] < shares[1] < shares[2]

    def test_stable_numbers_of_builders(self):
        searcher = np.array([0.0, 3.0, 2.0, 1.0, 0.0])
        builder = np.array([0.0, 9.0, 5.0, 1.5, 0.5])
        assert role_selection.stable_builders(searcher, builder) == [2]


class TestMatrix:
    SCISSORS = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    DILEMMA = np.array([[3.0, 0.0], [5.0, 1.0]])

    @pytest.mark.parametrize("learner", matrix.CODES)
    def test_dominant_actions_are_found_and_runs_repeat(self, learner):
        kept = self.DILEMMA.copy()
        first, second = (matrix.play(self.DILEMMA, self.DILEMMA.T, (learner, learner), 50_000, 3) for _ in range(2))
        np.testing.assert_array_equal(first.row, second.row)
        np.testing.assert_array_equal(self.DILEMMA, kept)
        # Exp3 keeps 5% of uniform play, Q-learning explores on average a fifth of 50,000 periods away.
        assert first.row[1] > 0.85
        assert first.column[1] > 0.85

    @pytest.mark.parametrize("learner", ["exp3", "hedge", "regret_matching", "fictitious_play"])
    def test_learners_without_regret_play_the_value_of_a_zero_sum_game(self, learner):
        found = matrix.play(self.SCISSORS, -self.SCISSORS, (learner, "regret_matching"), 200_000, 1)
        assert found.payoffs[0] == -found.payoffs[1]
        assert abs(found.payoffs[0]) < 0.03

    def test_a_learner_exploits_one_who_never_learns_to_mix(self):
        found = matrix.play(self.SCISSORS, -self.SCISSORS, ("hedge", "q_learning"), 200_000, 1)
        assert found.payoffs[0] > 0
