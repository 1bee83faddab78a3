"""Strategies that learn inside the full market: what they learn, what they are frozen into, what is certified."""

from __future__ import annotations

import numpy as np
import pytest

from agents.bidding.shading import Shading
from agents.learning import QLearning
from experiments.equilibrium.market import Seat, certify, learned, payoffs, play, replies, seated
from experiments.games.monitored_auction import MonitoredAuction, collusion_index, deviate, learn
from experiments.markets.small_market import small
from market import regimes
from market.config import AgentConfig
from market.intents.rows import INTENT

PBS = regimes.load("pbs")


def shading(margins: tuple[float, ...] = (0.0, 0.1, 0.5), **options) -> Shading:
    return Shading(
        lambda grid, states: QLearning(grid, states, rate=0.2, start=0.5, decay=0.01, seed=1), margins, **options
    )


class TestShading:
    def test_learns_the_largest_margin_that_still_wins(self):
        bidder = shading()
        for value in np.random.default_rng(1).lognormal(0.0, 3.0, 2000):
            bid = value * (1.0 - bidder.margin(float(value)))
            won = bid > 0.8 * value  # the rivals always bid four fifths
            bidder.heard(won, bid if won else 0.0, max(bid, 0.8 * value))
        assert bidder.policies() == [[0.0, 1.0, 0.0]]

    def test_sizes_are_learned_apart(self):
        bidder = shading(edges_usd=(10.0,))
        for at in range(4000):
            value, rival = (1.0, 0.8) if at % 2 else (100.0, 0.95)
            bid = value * (1.0 - bidder.margin(value))
            won = bid > rival * value
            bidder.heard(won, bid if won else 0.0, max(bid, rival * value))
        small_blocks, large_blocks = bidder.policies()
        assert np.argmax(small_blocks) == 1
        assert np.argmax(large_blocks) == 0

    def test_monitoring_tells_prices_apart(self):
        assert shading(monitoring=True).learner.policy(2).size == 3
        assert len(shading(edges_usd=(1.0, 2.0)).policies()) == 3

    @pytest.mark.parametrize("margins", [(), (-0.1,), (1.5,), (float("nan"),)])
    def test_margins_are_shares(self, margins):
        with pytest.raises(ValueError, match="margins"):
            shading(margins)


class TestBuilders:
    @pytest.mark.slow
    def test_equilibrium_shading_of_uniform_private_values(self):
        """With nothing in common and values uniform, the bid tends to (n - 1) / n of the value."""
        market = play(small(PBS, 2), "builder", [Seat("equilibrium_shading", {"memory": 20_000})] * 3, 1)
        builder = seated(market, "builder")[0]
        builder._blocks = 0
        for share in np.random.default_rng(1).random(20_000):
            builder.shaded(1.0 - share, 1.0)
        assert builder.shaded(0.4, 1.0) == pytest.approx(0.4 + 0.6 * 2 / 3, abs=0.01)
        assert builder.shaded(1.0, 1.0) == 1.0
        assert builder.shaded(0.0, 0.0) == 0.0

    def test_a_frozen_learner_plays_its_policy(self):
        profile = [Seat("q_learning"), Seat("exp3")]
        market = play(small(PBS, 60), "builder", profile, 1)
        frozen = learned(market, "builder", profile)
        assert [seat.strategy for seat in frozen] == ["mixed_margin"] * 2
        assert max(frozen[0].parameters["weights"][0]) == 1.0
        again = play(small(PBS, 20), "builder", frozen, 2)
        assert len(seated(again, "builder")) == 2
        assert learned(again, "builder", frozen) == frozen

    def test_a_policy_that_answers_prices_is_frozen_whole(self):
        """Not the state that learning happened to end in: each price keeps the answer learned for it."""
        profile = [Seat("q_learning", {"monitoring": True})] * 2
        frozen = learned(play(small(PBS, 40), "builder", profile, 1), "builder", profile)
        assert all(len(seat.parameters["weights"]) == 3 for seat in frozen)
        answers = Seat("mixed_margin", {"margins": [0.5, 0.1], "weights": [[1, 0], [0, 1], [0, 1]], "monitoring": True})
        market = play(small(PBS, 2), "builder", [answers, Seat("naive")], 1)
        builder = seated(market, "builder")[0]
        builder.heard(False, 0.0, 0.0)
        builder._value = 10.0
        builder.heard(False, 0.0, 1.0)
        assert builder.bid(10.0) == pytest.approx(5.0)
        builder.heard(False, 0.0, 9.0)
        assert builder.bid(10.0) == pytest.approx(9.0)

    @pytest.mark.parametrize("strategy", ["last_minute", "stealth", "bluff", "outbid"])
    def test_open_auctions_are_won_by_every_rule(self, strategy):
        regime = PBS.model_copy(update={"auction": {"kind": "ascending"}})
        market = play(small(regime, 60), "builder", [Seat(strategy), Seat("naive")], 1)
        accounts = [agent.account for agent in seated(market, "builder")]
        assert market.tally.blocks_won.get(accounts[0], 0) > 0

    def test_exclusive_flow_reaches_its_holder_alone(self):
        regime = PBS.model_copy(update={"visibility": {"kind": "exclusive"}})
        market = play(small(regime, 2), "builder", [Seat("exclusive_flow", {"exclusive_share": 0.2}), Seat("naive")], 1)
        holder, other = seated(market, "builder")
        assert holder.contract == pytest.approx((0.8, 1.0))
        rows = np.zeros(1000, INTENT)
        rows["route"] = np.linspace(0.0, 0.9999, 1000)
        visibility = market.domains[0].regime.visibility
        mine = rows["route"] >= 0.8
        assert visibility.received(holder.account, rows)[mine].all()
        assert not visibility.received(other.account, rows)[mine].any()
        assert visibility.received(other.account, rows)[rows["route"] < 0.6].all()


class TestCertificate:
    @pytest.mark.slow
    def test_it_finds_the_builder_that_asks_for_too_much(self):
        """Both keep half of the block: undercutting pays, and who undercuts is found out."""
        greedy = [Seat("naive", {"margin": 0.5})] * 2
        config = small(PBS, 40)
        found = certify(config, "builder", greedy, [Seat("naive", {"margin": m}) for m in (0.45, 0.9)], range(12))
        share, error = found.share()
        assert share > 0.1
        assert error > 0.0
        assert [regret.deviation.parameters["margin"] for regret in found.nash_conv.regrets] == [0.45, 0.45]
        assert found.paid_share == pytest.approx(0.5, abs=0.1)
        assert "lower bound" in str(found)

    @pytest.mark.slow
    def test_a_learned_reply_finds_what_fixed_margins_miss(self):
        """Rivals keep half: the learner ends with the margin just below, and no other deviation is tried."""
        greedy = [Seat("naive", {"margin": 0.5})] * 2
        own = replies(
            small(PBS, 150), "builder", greedy, Seat("q_learning", {"decay": 0.03, "margins": [0.05, 0.45, 0.9]}), 77
        )
        chosen = [float(np.dot(seat.parameters["margins"], seat.parameters["weights"][0])) for seat in own]
        assert chosen == [0.45, 0.45]
        found = certify(small(PBS, 40), "builder", greedy, [], range(8), own)
        assert found.share()[0] > 0.1
        assert [regret.deviation for regret in found.nash_conv.regrets] == list(own)

    def test_payoffs_are_what_moved_between_accounts(self):
        market = play(small(PBS, 30), "builder", [Seat("naive")] * 3, 3)
        gained = payoffs(market, "builder")
        paid = sum(price for _, _, price in market.sales)
        assert paid == pytest.approx(market.tally.auction_revenue)
        assert gained.shape == (3,)
        everybody = (market.world.tables.balance[: len(market.members)].sum(axis=1)).sum()
        assert np.isfinite(everybody)

    def test_sequencers_may_differ_by_seat(self):
        profile = [Seat("grim_trigger"), Seat("grim_trigger"), Seat("fixed_margin", {"margin": 0.1})]
        config = small(regimes.load("slot_auction"), 40)
        market = play(config, "sequencer", profile, 1)
        assert [type(agent).__name__ for agent in seated(market, "sequencer")][-1] == "FixedMargin"
        assert all(agent.broken == 1 for agent in seated(market, "sequencer")[:2])
        with pytest.raises(ValueError, match="seats"):
            play(config, "sequencer", profile[:2], 1)

    def test_an_unbroken_cartel_takes_turns_and_pays_tokens(self):
        config = small(regimes.load("slot_auction"), 60)
        market = play(config, "sequencer", [Seat("grim_trigger")] * 3, 1)
        competing = play(config, "sequencer", [Seat("fixed_margin")] * 3, 1)
        paid, competed = (sum(price for _, _, price in m.sales) for m in (market, competing))
        assert paid < 0.5 * competed


class TestOthersThatLearn:
    def test_searchers_liquidators_and_providers_move(self):
        groups = (
            AgentConfig(role="trader", strategy="learning_searcher", count=2),
            AgentConfig(role="liquidator", strategy="learning", parameters={"review_s": 10.0}),
            AgentConfig(role="market_maker", strategy="learning_provider", parameters={"review_s": 10.0}),
        )
        config = small(PBS, 60)
        config = config.model_copy(update={"agents": (*config.agents, *groups)})
        market = play(config, "builder", [Seat("naive")] * 2, 1)
        by_role = {role: seated(market, role) for role in ("trader", "liquidator", "market_maker")}
        assert all(0.0 < agent.tip_share < 1.0 for agent in by_role["trader"][-2:])
        liquidator = by_role["liquidator"][0]
        assert liquidator._latency == pytest.approx(liquidator.line.own_latency_s / liquidator.speed)
        # nobody can be liquidated here: all that speed brings is its rent
        assert payoffs(market, "liquidator")[0] <= 0.0
        assert -1 <= by_role["market_maker"][0].target < 3


class TestMonitoredAuction:
    def test_same_seed_same_policy_and_prices_in_range(self):
        first, second = (learn(MonitoredAuction(monitoring=True), 20_000, 3) for _ in range(2))
        np.testing.assert_array_equal(first.greedy, second.greedy)
        assert first.price == second.price
        assert 0.05 <= first.price <= 0.95

    def test_impatient_bidders_compete_and_patient_ones_do_not(self):
        prices = [learn(MonitoredAuction(discount=d), 200_000, 1).price for d in (0.0, 0.99)]
        assert prices[0] >= 0.9
        assert prices[1] <= 0.6

    def test_fines_end_suspicious_prices(self):
        game = MonitoredAuction(detection=0.5)
        assert learn(game, 200_000, 1).price >= game.suspicious - 0.05

    def test_blind_bidders_punish_nobody(self):
        ended = learn(MonitoredAuction(), 200_000, 1)
        change, gain = deviate(MonitoredAuction(), ended)
        np.testing.assert_array_equal(change, 0.0)
        assert gain > 0.0

    def test_the_index_runs_from_competition_to_the_lowest_bid(self):
        assert collusion_index(MonitoredAuction(), 0.95) == 0.0
        assert collusion_index(MonitoredAuction(), 0.05) == 1.0
