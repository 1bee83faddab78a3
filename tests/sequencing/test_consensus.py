"""Consensus: latency of committees, missed slots, outages and what they stop, finality."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import config, on_block, opened, ran, stressed

from market.config import RegimeConfig
from market.errors import InputError
from market.intents.rows import Status
from market.measures.outcomes import outcomes
from market.model import SequencerMarket
from market.sequencing import compose, make
from market.sequencing.consensus.committee import Committee, wait
from market.sequencing.leaders.round_robin import RoundRobin
from market.sequencing.leaders.stake_lottery import StakeLottery


def regime(consensus: Any, domains: str = "shared", **changes: Any) -> RegimeConfig:
    """An honest operator under a rule of consensus."""
    return RegimeConfig(name="test", domains=domains, consensus=consensus, block_time_s=1.0, **changes)


def voters(members: int, stakes: tuple[float, ...] = ()) -> Any:
    """What a committee looks at when it votes: sequencers in turn, or by stake."""
    leader = StakeLottery(stakes=stakes).start() if stakes else RoundRobin(members=members)
    return SimpleNamespace(leaders=list(range(members)), regime=SimpleNamespace(leader=leader))


def latencies(draws: int = 4000, **settings: Any) -> np.ndarray:
    """Latencies of a committee's successive slots [s]."""
    domain, rng = voters(settings.pop("members", 100)), np.random.default_rng(3)
    part, found = Committee(**settings).start(), []
    for _ in range(draws):
        assert part.agrees(domain, 0, rng)
        found.append(part.delay())
    return np.array(found)


class Blocks:
    """When and where a market's blocks executed something."""

    def __init__(self, market: SequencerMarket) -> None:
        self.executed: list[tuple[float, int]] = []

        def noted(slot: Any) -> None:
            rows = slot.rows[slot.rows["status"] == Status.FILLED]
            self.executed += [(slot.time, int(rollup)) for rollup in rows["rollup"]]

        on_block(market, noted)
        market.run()

    def between(self, start: float, end: float, rollup: int) -> int:
        return sum(start <= time < end and at == rollup for time, at in self.executed)


@pytest.mark.slow
def test_latency_rises_with_the_size_of_the_committee() -> None:
    means = [latencies(members=size).mean() for size in (4, 10, 30, 100, 300, 1000)]
    assert (np.diff(means) > 0.0).all()


def test_latency_is_the_order_statistic_of_the_members_round_trips() -> None:
    settings = {"members": 31, "quorum": 2 / 3, "rounds": 1, "work_s": 0.0, "round_trip_s": 0.2}
    found = latencies(draws=20_000, round_trip_log_sd=0.5, **settings)
    rng = np.random.default_rng(5)
    # the leader's own vote is at hand: 20 of the other 30 make 21 of 31
    direct = np.sort(0.2 * np.exp(0.5 * rng.standard_normal((20_000, 30))), axis=1)[:, 19]
    error = np.hypot(found.std(), direct.std()) / 20_000**0.5
    assert abs(found.mean() - direct.mean()) < 4 * error
    assert found.std() == pytest.approx(direct.std(), rel=0.05)


@pytest.mark.parametrize(("members", "needed"), [(1, 1), (3, 3), (4, 3), (7, 5), (100, 67)])
def test_a_quorum_is_more_than_two_thirds(members: int, needed: int) -> None:
    times = np.arange(1.0, members + 1.0)
    assert wait(times, np.full(members, 1.0 / members), 2.0 / 3.0) == needed


def test_votes_weigh_what_their_stake_does() -> None:
    times, shares = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.1, 0.5, 0.1, 0.3])
    assert wait(times, shares, 0.5) == 2.0
    assert wait(times, shares, 2.0 / 3.0) == 3.0
    assert wait(np.array([1.0, np.inf, 3.0, 4.0]), shares, 0.5) == np.inf


@given(st.lists(st.tuples(st.floats(0.0, 9.0), st.floats(0.01, 1.0)), min_size=1, max_size=9), st.floats(0.01, 0.99))
def test_a_wait_ends_with_the_vote_that_makes_the_quorum(votes: list[tuple[float, float]], quorum: float) -> None:
    times, stakes = (np.array(column) for column in zip(*votes, strict=True))
    shares = stakes / stakes.sum()
    end = wait(times, shares, quorum)
    assert shares[times <= end].sum() > quorum
    assert shares[times < end].sum() <= quorum + 1e-8


def test_slots_are_missed_as_often_as_leaders_fail() -> None:
    part, domain, rng = Committee(miss=0.2).start(), voters(20), np.random.default_rng(1)
    missed = [not part.agrees(domain, slot % 2, rng) for slot in range(10_000)]
    assert np.mean(missed) == pytest.approx(0.2, abs=4 * (0.16 / 10_000) ** 0.5)
    assert part.faults.tolist() == [sum(missed[0::2]), sum(missed[1::2])] + [0] * 18


def test_too_few_members_make_no_quorum_and_missing_ones_slow_the_rest() -> None:
    part, domain, rng = Committee(offline=0.5).start(), voters(4), np.random.default_rng(1)
    agreed = np.mean([part.agrees(domain, 0, rng) for _ in range(10_000)])
    # two of the three others must be up
    assert agreed == pytest.approx(0.5, abs=4 * (0.25 / 10_000) ** 0.5)
    assert latencies(members=300, offline=0.2).mean() > latencies(members=300).mean()
    assert part.faults[0] == 0
    # of the three others, all were away or two, this one among them: 1/8 + 2/8
    assert part.faults[1:] / 10_000 == pytest.approx([3 / 8] * 3, abs=4 * (0.24 / 10_000) ** 0.5)


def test_without_whoever_holds_a_third_of_the_stake_there_is_no_quorum() -> None:
    part, domain, rng = Committee(offline=0.5).start(), voters(4, (4.0, 1.0, 1.0, 4.0)), np.random.default_rng(1)
    agreed = np.mean([part.agrees(domain, 0, rng) for _ in range(10_000)])
    # the leader's 0.4 takes the other's 0.4: 0.4 + 0.1 + 0.1 is not enough
    assert agreed == pytest.approx(0.5, abs=4 * (0.25 / 10_000) ** 0.5)


@pytest.mark.parametrize("part", ["consensus", "visibility", "ordering"])
def test_a_committee_is_the_set_of_leaders_or_is_refused(part: str) -> None:
    kind = {"consensus": "committee", "visibility": "sealed", "ordering": "median_arrival"}[part]
    leader = {"kind": "round_robin", "members": 4}
    compose(RegimeConfig(name="test", leader=leader, **{part: {"kind": kind}}))
    compose(RegimeConfig(name="test", leader=leader, **{part: {"kind": kind, "members": 4}}))
    with pytest.raises(InputError, match=f"regime.{part}.members: 5 is not the number of leaders; allowed: 4") as error:
        compose(RegimeConfig(name="test", leader=leader, **{part: {"kind": kind, "members": 5}}))
    assert "\n" not in str(error.value)


def test_agreement_delays_inclusion_and_shows_in_soft_finality() -> None:
    slow, leader = {"kind": "committee", "round_trip_s": 0.2}, {"kind": "round_robin", "members": 100}
    instant, committee = (outcomes(ran(config(regime=regime(part, leader=leader)))) for part in ("instant", slow))
    assert instant["soft_finality_s"] == 0.0
    assert committee["soft_finality_s"] > 0.3
    assert committee["inclusion_delay_s"] > instant["inclusion_delay_s"] + 0.5 * committee["soft_finality_s"]


def test_hard_finality_is_the_wait_for_a_batch_and_for_l1() -> None:
    part = {"kind": "instant", "batch_s": 10.0, "l1_finality_s": 100.0}
    found = outcomes(ran(config(regime=regime(part), horizon_s=60.0)))["hard_finality_s"]
    assert 100.0 < found < 110.0
    assert found == pytest.approx(105.0, abs=1.0)


@pytest.mark.parametrize("domains", ["shared", "alone"])
def test_a_shared_operators_outage_stops_all_rollups_a_siloed_one_its_own(domains: str) -> None:
    part = {"kind": "instant", "scheduled": [{"start_s": 10.0, "duration_s": 10.0, "rollup": "a"}]}
    market = opened(config(regime=regime(part, domains)))
    blocks = Blocks(market)
    assert blocks.between(10.0, 20.0, 0) == 0
    assert (blocks.between(10.0, 20.0, 1) == 0) == (domains == "shared")
    assert all(blocks.between(0.0, 10.0, rollup) for rollup in (0, 1))
    assert blocks.between(20.0, 30.0, 0)
    report = outcomes(market)
    assert report["outage_s"] == pytest.approx(10.0 if domains == "shared" else 5.0)
    assert report["missed_slots"] == 10


def test_a_backlog_executes_after_the_restart() -> None:
    part = {"kind": "instant", "scheduled": [[10.0, 8.0]]}
    usual, broken = (Blocks(opened(config(regime=regime(kind)))) for kind in ("instant", part))
    assert broken.between(10.0, 18.0, 0) + broken.between(10.0, 18.0, 1) == 0
    caught_up = sum(broken.between(18.0, 19.0, rollup) for rollup in (0, 1))
    missed = sum(usual.between(10.0, 18.0, rollup) for rollup in (0, 1))
    assert missed > 10
    assert caught_up > 0.6 * missed  # some limits no longer hold


def test_random_outages_hit_a_rollup_at_the_same_times_whatever_the_regime() -> None:
    settings = {"outages_per_day": 86400 / 20.0, "outage_mean_s": 5.0}
    found = []
    for kind, domains in (("instant", "alone"), ("instant", "shared"), ("committee", "shared")):
        market = ran(config(regime=regime({"kind": kind, **settings}, domains), horizon_s=400.0))
        found.append(market.domains[0].regime.consensus._record.outages)
    assert len(found[0]) > 2
    assert found[0] == found[1] == found[2]


def test_random_outages_of_siloed_rollups_are_independent_and_as_frequent_as_said() -> None:
    settings = {"kind": "instant", "outages_per_day": 86400 / 10.0, "outage_mean_s": 2.0}
    quiet = config(regime=regime(settings, "alone"), horizon_s=3000.0)
    quiet = quiet.model_copy(update={"flow": quiet.flow.model_copy(update={"per_second": 0.0})})
    first, second = (domain.regime.consensus._record.outages for domain in ran(quiet).domains)
    assert first[0] != second[0]
    for outages in (first, second):
        assert len(outages) == pytest.approx(3000.0 / 12.0, abs=4 * 16)


def test_overload_brings_the_sequencer_down_and_its_backlog_does_not_keep_it_there() -> None:
    busy = stressed(regime({"kind": "instant", "overload": 7, "overload_s": 4.0}))
    report = outcomes(ran(busy))
    assert 0 < report["missed_slots"] < report["slots"]
    calm = outcomes(ran(stressed(regime({"kind": "instant", "overload": 100_000}))))
    assert calm["missed_slots"] == 0
    assert report["conservation_error"] < 1e-9


def test_overlapping_outages_count_once() -> None:
    part = {"kind": "instant", "scheduled": [[5.0, 10.0], [7.0, 2.0], [10.0, 10.0]]}
    assert outcomes(ran(config(regime=regime(part))))["outage_s"] == pytest.approx(15.0)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"kind": "committee", "members": 0}, "members"),
        ({"kind": "committee", "quorum": 1.5}, "quorum"),
        ({"kind": "instant", "members": 3}, "members"),
        ({"kind": "instant", "scheduled": [[5.0, -1.0]]}, "scheduled"),
        ({"kind": "instant", "outages_per_day": float("nan")}, "outages_per_day"),
    ],
)
def test_bad_parameters_are_named_in_one_line(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError, match=what) as error:
        make("consensus", settings)
    assert "\n" not in str(error.value)


def test_an_outage_of_an_unknown_rollup_is_refused() -> None:
    part = {"kind": "instant", "scheduled": [{"start_s": 1.0, "duration_s": 1.0, "rollup": "nowhere"}]}
    with pytest.raises(InputError, match="nowhere"):
        opened(config(regime=regime(part)))
