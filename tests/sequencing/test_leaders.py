"""Leader rules: who leads how often, what it costs, what a fault costs."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from worlds import on_block, opened, ran, stressed

from market.config import RegimeConfig
from market.domain import Domain
from market.errors import InputError, StrategyError
from market.measures.outcomes import outcomes
from market.sequencing import make
from market.sequencing.leaders.round_robin import RoundRobin
from market.sequencing.leaders.stake_lottery import StakeLottery
from market.sequencing.leaders.stake_rotation import Priorities, StakeRotation
from market.state.ledger import Why

LIMIT = 1e-9


def bare(seats: int, seed: int = 1) -> Any:
    """What a leader rule looks at when it draws."""
    return cast(
        Domain, SimpleNamespace(leaders=list(range(seats)), rng=np.random.default_rng(seed), slot=0, rollups=(0,))
    )


def regime(leader: Any, **changes: Any) -> RegimeConfig:
    """One shared domain whose leader orders as it likes, and reads everything."""
    settings = {"domains": "shared", "visibility": "public", "ordering": "leader", "sequencer": "honest"}
    return RegimeConfig(name="test", leader=leader, **settings | changes)


def paid(market: Any, payer: str, payee: str, why: Why) -> float:
    """USD that one group paid another for a reason."""
    groups = market.world.groups
    return float(market.world.tables.flows[groups.index(payer), groups.index(payee), why, 0])


@pytest.mark.parametrize("stakes", [(1.0, 1.0), (0.2, 0.5, 0.3), (5.0, 1.0, 1.0, 3.0)])
def test_lottery_frequencies_match_the_stakes(stakes: tuple[float, ...]) -> None:
    lottery, domain = StakeLottery(stakes=stakes).start(), bare(len(stakes), seed=4)
    counts = np.bincount([lottery.choose(domain, 0.0) for _ in range(20_000)], minlength=len(stakes))
    assert stats.chisquare(counts, np.array(stakes) / sum(stakes) * 20_000).pvalue > 1e-3


def test_lottery_draws_of_successive_slots_are_independent() -> None:
    lottery, domain = StakeLottery(stakes=(0.4, 0.6)).start(), bare(2, seed=5)
    led = np.array([lottery.choose(domain, 0.0) for _ in range(20_000)])
    table = np.histogram2d(led[:-1], led[1:], bins=2)[0]
    assert stats.chi2_contingency(table).pvalue > 1e-3


@given(members=st.integers(1, 9), slots=st.integers(1, 60))
def test_round_robin_is_exact(members: int, slots: int) -> None:
    rule, domain = RoundRobin(members=members), bare(members)
    order = []
    for slot in range(slots):
        domain.slot = slot
        order.append(rule.choose(domain, 0.0))
    assert order == [slot % members for slot in range(slots)]


def turns(powers: list[int], slots: int) -> np.ndarray:
    """Who leads in each slot of a rotation by these powers."""
    priorities = Priorities(powers)
    return np.array([priorities.next() for _ in range(slots)])


def test_the_rotation_worked_by_hand() -> None:
    # powers 1 and 3; priorities after each slot: (1, -1), (-2, 2), (-1, 1), (0, 0)
    assert turns([1, 3], 8).tolist() == [1, 0, 1, 1] * 2
    # powers 5, 3, 2 as (5 3 2) 0 leads (-5 3 2), (0 6 4) 1 (0 -4 4), (5 -1 6) 2 (5 -1 -4), (10 2 -2) 0 (0 2 -2), ...
    assert turns([5, 3, 2], 10).tolist() == [0, 1, 2, 0, 0, 1, 0, 2, 1, 0]
    assert turns([7, 7, 7], 6).tolist() == [0, 1, 2, 0, 1, 2]
    assert turns([0, 4], 3).tolist() == [1, 1, 1]
    assert turns([0, 0], 1).tolist() == [-1]


@given(powers=st.lists(st.integers(1, 10**6), min_size=1, max_size=8), slots=st.integers(1, 400))
def test_a_rotation_never_leads_far_ahead_of_stake_nor_falls_far_behind(powers: list[int], slots: int) -> None:
    led = np.cumsum(turns(powers, slots)[:, None] == np.arange(len(powers)), axis=0)
    owed = np.outer(np.arange(1, slots + 1), np.array(powers) / sum(powers))
    count = len(powers)
    assert (led - owed <= 1.0 - 1.0 / count + LIMIT).all()
    assert (owed - led <= (count - 1) ** 2 / count + LIMIT).all()


@given(powers=st.lists(st.integers(1, 30), min_size=1, max_size=6))
def test_a_whole_round_of_a_rotation_is_exact_and_repeats(powers: list[int]) -> None:
    total = sum(powers)
    order = turns(powers, 2 * total)
    assert np.bincount(order[:total], minlength=len(powers)).tolist() == powers
    assert (order[:total] == order[total:]).all()


@given(before=st.lists(st.integers(0, 1000), min_size=2, max_size=6), slots=st.integers(0, 50), seed=st.integers(0, 99))
def test_when_stakes_change_priorities_stay_close_and_newcomers_wait(before: list[int], slots: int, seed: int) -> None:
    priorities = Priorities(list(before))
    for _ in range(slots):
        priorities.next()
    after = np.random.default_rng(seed).integers(0, 1000, len(before)).tolist()
    priorities.update(after)
    known = [priority for priority in priorities.of if priority is not None]
    assert [priority is None for priority in priorities.of] == [power == 0 for power in after]
    if known:
        # dividing whole numbers loses less than one for each of the two ends
        assert max(known) - min(known) <= 2 * sum(after) + 2
        assert 0 <= sum(known) < len(known)


def test_whoever_joins_a_rotation_begins_behind_everybody() -> None:
    priorities = Priorities([5, 5, 0])
    priorities.update([5, 5, 5])
    # the third joins at -(15 + 15 // 8) = -16; the mean, -16 // 3 = -6, is taken off
    assert priorities.of == [6, 6, -10]
    priorities.update([1, 1, 1])
    # a spread of 16 is 3 times 2 P = 6, rounded up: (2, 2, -3), less the mean 0
    assert priorities.of == [2, 2, -3]


def test_a_market_rotates_by_stake_and_a_slashed_sequencer_leads_less() -> None:
    rule = {"kind": "stake_rotation", "stakes": [3.0, 1.0], "stake_usd": 4e5, "least_usd": 1e5}
    market = opened(stressed(regime(rule, block_time_s=1.0)))
    domain, leaders = market.domains[0], []
    on_block(market, lambda slot: leaders.append(domain.leaders.index(slot.leader)))
    market.run_until(8.5)
    assert leaders[:8] == [0, 0, 1, 0] * 2
    domain.regime.leader.slash(domain, domain.leaders[0], 0.7, "equivocation")  # leaves 90,000: below the least
    market.run_until(14.5)
    assert set(leaders[10:]) == {1}
    assert isinstance(domain.regime.leader, StakeRotation)
    assert market.tally.conservation_error < LIMIT


def tail(threshold: int, among: int, held: int, size: int) -> float:
    """Chance that at least `threshold` of `size` drawn without replacement are among the `held`, by counting."""
    ways = sum(math.comb(held, k) * math.comb(among - held, size - k) for k in range(threshold, size + 1))
    return ways / math.comb(among, size)


@pytest.mark.parametrize(("stakes", "among", "held"), [((1.0, 1.0), 20, 10), ((1.0, 3.0), 32, 8), ((0.6, 0.4), 12, 7)])
def test_committees_have_the_exact_hypergeometric_tail(stakes: tuple[float, ...], among: int, held: int) -> None:
    lottery, domain = StakeLottery(stakes=stakes).start(), bare(len(stakes))
    assert lottery.candidates(domain, among).tolist() == [held, among - held]
    draws, size = 20_000, 8
    drawn = lottery.committee(domain, size, among, np.random.default_rng(2), draws)
    assert (drawn.sum(axis=1) == size).all()
    for threshold in range(1, size + 1):
        exact = tail(threshold, among, held, size)
        error = (exact * (1.0 - exact) / draws) ** 0.5
        assert (drawn[:, 0] >= threshold).mean() == pytest.approx(exact, abs=4 * error + 1e-12)


def test_a_committee_of_all_candidates_leaves_nothing_to_chance() -> None:
    lottery, domain = StakeLottery(stakes=(1.0, 3.0)).start(), bare(2)
    drawn = lottery.committee(domain, 16, 16, np.random.default_rng(2), 100)
    assert (drawn == [4, 12]).all()


@given(
    stakes=st.lists(st.floats(0.01, 100.0), min_size=1, max_size=6).map(tuple), among=st.integers(1, 300),
    share=st.floats(0.0, 1.0), seed=st.integers(0, 9),
)  # fmt: skip
def test_no_candidate_is_drawn_twice(stakes: tuple[float, ...], among: int, share: float, seed: int) -> None:
    lottery, domain, size = StakeLottery(stakes=stakes, least_usd=0.0).start(), bare(len(stakes)), int(share * among)
    candidates = lottery.candidates(domain, among)
    assert candidates.sum() == among
    assert (abs(candidates - lottery.weights(domain) * among) < 1.0 + 1e-9).all()
    drawn = lottery.committee(domain, size, among, np.random.default_rng(seed))
    assert drawn.sum() == size
    assert ((drawn >= 0) & (drawn <= candidates)).all()


def test_stakes_are_bonded_and_slashing_burns_them() -> None:
    market = opened(stressed(regime({"kind": "stake_lottery", "stakes": [2.0, 1.0, 1.0], "stake_usd": 4e5})))
    domain = market.domains[0]
    leader, sequencer = domain.regime.leader, domain.leaders[0]
    assert paid(market, sequencer.name, "stakes", Why.STAKE) == pytest.approx(2e5)
    assert leader.slash(domain, sequencer, 0.5, "equivocation") == pytest.approx(1e5)
    assert leader.weights(domain) == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert paid(market, sequencer.name, "burnt", Why.SLASHING) == pytest.approx(1e5)
    # without a share, the one that the rule sets for such a fault
    assert leader.slash(domain, sequencer, None, "early_decryption") == pytest.approx(0.2 * 1e5)
    market.run()
    assert outcomes(market)["slashed_usd"] == pytest.approx(1.2e5)
    assert market.tally.conservation_error < LIMIT


def test_whoever_falls_below_the_least_stake_leads_no_more_and_without_anybody_slots_are_missed() -> None:
    rule = {"kind": "stake_lottery", "stakes": [1.0, 1.0], "stake_usd": 2e5, "least_usd": 6e4}
    market = opened(stressed(regime(rule)))
    domain = market.domains[0]
    leader = domain.regime.leader
    leader.slash(domain, domain.leaders[0], 0.5, "broken_promise")
    assert {leader.choose(domain, 0.0).account for _ in range(50)} == {domain.leaders[1].account}
    leader.slash(domain, domain.leaders[1], 0.5, "broken_promise")
    assert leader.choose(domain, 0.0) is None
    market.run()
    report = outcomes(market)
    assert report["missed_slots"] == report["slots"]
    assert report["filled"] == 0


def test_a_rule_without_stakes_slashes_nothing() -> None:
    market = opened(stressed(regime("operator")))
    domain = market.domains[0]
    assert domain.regime.leader.slash(domain, domain.leaders[0], 1.0, "skipped_order") == 0.0


def test_reinvesting_sequencers_gain_stake_out_of_their_income() -> None:
    rule = {"kind": "stake_lottery", "stakes": [1.0, 1.0], "stake_usd": 1e4, "restake_slots": 2}
    market = ran(stressed(regime(rule, sequencer="stake_concentrator")))
    domain = market.domains[0]
    bonded = domain.regime.leader.bonded()
    assert bonded.sum() > 1e4
    stakes = market.world.account_of["stakes"]
    assert market.world.tables.balance[stakes, :, 0].sum() == pytest.approx(bonded.sum())
    assert market.tally.conservation_error < LIMIT


@pytest.mark.parametrize("rule_of_sale", ["first_price", "second_price", "all_pay", "ticket_lottery"])
@pytest.mark.parametrize("when", ["just_in_time", "ahead"])
def test_slots_are_sold_and_their_price_follows_the_revenue_rule(when: str, rule_of_sale: str) -> None:
    rule = {"kind": "slot_auction", "when": when, "ahead_slots": 3, "format": rule_of_sale}
    revenue = {"kind": "pro_rata", "share": 1.0}
    market = ran(stressed(regime(rule, sequencer="slot_bidder", revenue=revenue)))
    report = outcomes(market)
    assert report["slot_sales_usd"] > 0.0
    # what is sold and not yet led stays with the protocol
    held = market.world.tables.balance[market.world.account_of["protocol"], :, 0].sum()
    assert report["slot_sales_usd"] == pytest.approx(report["revenue_to_rollups_usd"] + held)
    # what passes through leaves the rounding of a sum behind
    kept = held > LIMIT * report["slot_sales_usd"]
    assert kept == (when == "ahead") or rule_of_sale == "second_price"
    assert market.tally.conservation_error < LIMIT


class _Bids:
    """A seat that bids a number and remembers what it was told."""

    def __init__(self, real: Any, amount: float) -> None:
        self.account, self.name, self.role, self.acts = real.account, real.name, real.role, False
        self.arrange, self.learn = real.arrange, real.learn
        self.amount = amount
        self.facts: list[tuple[int, bool, float, float]] = []

    def bid_for_slot(self, seen: Any, slot: int) -> float:
        return self.amount

    def heard_slot(self, *facts: Any) -> None:
        self.facts.append(facts)


def test_the_highest_bidder_leads_and_pays_and_one_that_lacks_the_money_is_at_fault() -> None:
    market = opened(stressed(regime({"kind": "slot_auction", "members": 2})))
    domain = market.domains[0]
    low, high = (_Bids(real, amount) for real, amount in zip(domain.leaders, (3.0, 7.0), strict=True))
    domain.leaders[:] = [low, high]
    market.run()
    slots = market.tally.slots
    assert [fact[1:] for fact in high.facts] == [(True, 7.0, 7.0)] * slots
    assert [fact[1:] for fact in low.facts] == [(False, 0.0, 7.0)] * slots
    assert paid(market, high.name, "protocol", Why.BID) == pytest.approx(7.0 * slots)
    rich = opened(stressed(regime({"kind": "slot_auction", "members": 2})))
    rich.domains[0].leaders[:] = [_Bids(real, 1e12) for real in rich.domains[0].leaders]
    with pytest.raises(StrategyError, match="for a slot"):
        rich.run()


def test_a_slot_that_consensus_misses_is_not_paid_for_just_in_time() -> None:
    consensus = {"kind": "instant", "scheduled": [[0.0, 1e3]]}
    market = ran(stressed(regime("slot_auction", sequencer="slot_bidder", consensus=consensus)))
    assert outcomes(market)["slot_sales_usd"] == 0.0


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"kind": "stake_lottery", "stakes": []}, "stakes"),
        ({"kind": "stake_lottery", "stakes": [1.0, -1.0]}, "stakes"),
        ({"kind": "stake_lottery", "least_usd": 1e9}, "least_usd"),
        ({"kind": "slot_auction", "format": "english"}, "format"),
        ({"kind": "round_robin", "members": 0}, "members"),
        ({"kind": "round_robin", "seats": 2}, "seats"),
    ],
)
def test_bad_parameters_are_named_in_one_line(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError, match=what) as error:
        make("leader", settings)
    assert "\n" not in str(error.value)


def test_stakes_beyond_the_sequencers_means_are_refused() -> None:
    with pytest.raises(InputError, match="capital_usd"):
        opened(stressed(regime({"kind": "stake_lottery", "stake_usd": 1e12})))
