"""Rules of visibility: who can read a pending intent, and what it costs to find out."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from market.config import RegimeConfig
from market.errors import InputError
from market.intents.extraction import Extraction
from market.intents.rows import CONTENT_FIELDS, Purpose, blank
from market.sequencing import make
from market.sequencing.leaders.stake_lottery import StakeLottery
from market.state.ledger import Why
from market.venues import Kind

ROLES = ("sequencer", "builder", "market_maker", "liquidator", "trader")


def secrets(count=3):
    """Intents with something in every field that could be hidden."""
    rows = blank(count)
    rows["kind"], rows["purpose"], rows["venue"], rows["target"] = int(Kind.LIQUIDATE), int(Purpose.LIQUIDATION), 2, 5
    rows["asset_in"], rows["asset_out"], rows["around"] = 1, 2, 7
    rows["amount"], rows["limit"], rows["mid"], rows["route"] = 3.0, 4.0, 5.0, 0.6
    rows["id"], rows["sender"], rows["arrival"] = np.arange(count), 9, 0.1 * np.arange(count)
    return rows


def hidden(rows):
    """Whether nothing of the contents of rows is left."""
    told = secrets(rows.size)
    return all((rows[name] != told[name]).all() for name in (*CONTENT_FIELDS, "route")) and bool(rows["sealed"].all())


class Leader:
    """A sequencer that would open early below a penalty."""

    def __init__(self, account, up_to):
        self.account, self.up_to = account, up_to

    def opens_early(self, penalty_usd):
        return penalty_usd < self.up_to


class Bonds:
    """A leader part with stakes, of whose committees the sequencers hold so many members each."""

    slash_early_decryption = 0.2

    def __init__(self, held=()):
        self.held, self.slashed = held, []

    def bonded(self):
        return np.array([1000.0, 1000.0, 1000.0])

    def committee(self, domain, size, among, rng):
        assert sum(self.held) == size <= among
        return np.array(self.held)

    def slash(self, domain, sequencer, share, why):
        self.slashed.append((sequencer.account, share, why))
        return 0.0


def scene(colluders, bonds, seed=0):
    """A slot of a domain of three sequencers, of which some collude; the first leads."""
    leaders = [Leader(at, np.inf if at in colluders else 0.0) for at in range(3)]
    domain = SimpleNamespace(leaders=leaders, regime=SimpleNamespace(leader=bonds))
    return SimpleNamespace(domain=domain, leader=leaders[0], rng=np.random.default_rng(seed), sealed_at=1.0)


# -- sealed ------------------------------------------------------------------------------------------------------------


@settings(deadline=None)  # the first example compiles
@given(
    members=st.integers(1, 9), threshold=st.integers(1, 9), held=st.integers(0, 9), colluders=st.sets(st.integers(0, 2))
)
def test_sealed_intents_cannot_be_read_by_fewer_than_t(members, threshold, held, colluders):
    threshold, held = min(threshold, members), min(held, members)
    # members of the committee that are the leader's, the rest are the third sequencer's
    bonds = Bonds([held, 0, members - held])
    rule = make(
        "visibility", {"kind": "sealed", "members": members, "threshold": threshold, "committee": "sequencers"}
    ).start()
    rule.begin(scene(colluders, bonds))
    shares = held * (0 in colluders) + (members - held) * (2 in colluders)
    for account in range(3):
        read = rule.to_author("sequencer", account, secrets())
        assert hidden(read) == (account not in colluders or shares < threshold)
        assert hidden(rule.show("sequencer", account, secrets(), 1.0))
    for role in ROLES:
        assert hidden(rule.to_author(role, 17, secrets()))


def test_outsiders_are_bought_as_often_as_the_hypergeometric_law_says():
    chances = []
    for candidates in (20, 10**8):
        settings_of = {"kind": "sealed", "members": 16, "threshold": 11, "corrupt_share": 0.5, "candidates": candidates,
                       "committee": "outsiders"}  # fmt: skip
        rule, slot, opened = make("visibility", settings_of).start(), scene({0}, Bonds()), 0
        for _ in range(4000):
            rule.begin(slot)
            opened += not hidden(rule.to_author("sequencer", 0, secrets(1)))
        expected = hypergeom.sf(10, candidates, candidates // 2, 16)
        assert abs(opened / 4000 - expected) < 4 * np.sqrt(expected * (1 - expected) / 4000) + 1e-12
        chances.append(expected)
    # 16 of 20 with 10 sold hold 6 to 10 of these; with candidates without number, the law is binomial
    assert chances == pytest.approx([0.0, binom.sf(10, 16, 0.5)], rel=1e-6)


@settings(deadline=None)  # the first example compiles
@given(stakes=st.tuples(*[st.floats(1.0, 9.0)] * 3), colluders=st.sets(st.integers(0, 2)))
def test_leaders_hold_the_key_by_their_right_to_lead_and_two_thirds_of_it_open(stakes, colluders):
    rule = make("visibility", {"kind": "sealed", "detection": 0.0}).start()
    lottery = StakeLottery(stakes=stakes).start()
    slot = scene(colluders, lottery)
    rule.begin(slot)
    held = lottery.candidates(slot.domain, 3)
    assert rule.shares == sum(held[at] for at in colluders)
    assert rule.needed(3) == 3
    assert hidden(rule.to_author("sequencer", 0, secrets())) == (0 not in colluders or rule.shares < 3)


def test_early_decryption_is_found_out_once_a_slot_at_most():
    bonds = Bonds([2, 1, 0])
    rule = make(
        "visibility",
        {"kind": "sealed", "members": 3, "threshold": 2, "committee": "sequencers", "detection": 1.0},
    ).start()
    rule.begin(scene({0, 1}, bonds))
    assert not bonds.slashed
    rule.to_author("sequencer", 0, secrets())
    rule.to_author("sequencer", 0, secrets())
    assert bonds.slashed == [(0, None, "early_decryption"), (1, None, "early_decryption")]


def test_the_reader_alone_pays_for_shares_bought_outside():
    bonds = Bonds()
    rule = make(
        "visibility",
        {
            "kind": "sealed",
            "members": 3,
            "threshold": 2,
            "corrupt_share": 1.0,
            "detection": 1.0,
            "slash_share": 0.3,
            "committee": "outsiders",
        },
    ).start()
    rule.begin(scene({0, 1}, bonds))
    rule.to_author("sequencer", 0, secrets())
    assert bonds.slashed == [(0, 0.3, "early_decryption")]


def test_the_penalty_to_be_expected_deters():
    slot = scene({0}, Bonds())
    slot.leader.up_to = 99.0
    for detection, shares in ((0.4, 3), (0.6, 0)):  # of 1000 USD a fifth: 80 or 120 USD in expectation
        rule = make("visibility", {"kind": "sealed", "members": 3, "corrupt_share": 1.0, "threshold": 2,
                                   "committee": "outsiders", "detection": detection}).start()  # fmt: skip
        rule.begin(slot)
        assert rule.shares == shares


def test_a_threshold_beyond_the_committee_is_refused():
    with pytest.raises(InputError, match="threshold must not exceed members"):
        make("visibility", {"kind": "sealed", "members": 3, "threshold": 4})


def test_a_committee_larger_than_its_candidates_is_refused():
    with pytest.raises(InputError, match="members must not exceed candidates, which is 15"):
        make("visibility", {"kind": "sealed", "committee": "outsiders", "candidates": 15})


def regime(**changes):
    return RegimeConfig(**{"name": "tested", "domains": "shared", "ordering": "leader"} | changes)


def coalition(corrupt_share, **changes):
    drawn = {"kind": "sealed", "committee": "outsiders", "members": 5, "threshold": 3}
    visibility = drawn | {"corrupt_share": corrupt_share} | changes
    return regime(visibility=visibility, sequencer="early_decrypter")


def test_a_coalition_sandwiches_and_without_one_nobody_can():
    without, with_it = (worlds.ran(worlds.stressed(coalition(share))) for share in (0.0, 1.0))
    assert without.domains[0].leaders[0].opened == 0
    assert without.tally.gains[:, Extraction.SANDWICH].sum() == 0.0
    assert with_it.domains[0].leaders[0].opened > 0
    assert with_it.tally.gains[:, Extraction.SANDWICH].sum() > 0.0
    worlds.check_ledger(with_it.world.tables, with_it.audit.opening)


def test_found_out_it_loses_stake_until_it_gives_up():
    drawn = {"kind": "sealed", "committee": "outsiders", "members": 5, "threshold": 3}
    visibility = drawn | {"corrupt_share": 1.0, "detection": 0.9}
    leader = {"kind": "stake_lottery", "stakes": [0.5, 0.5], "stake_usd": 4000.0, "slash_early_decryption": 0.05}
    market = worlds.ran(worlds.stressed(regime(visibility=visibility, leader=leader, sequencer="early_decrypter")))
    assert market.world.tables.flows[:, :, Why.SLASHING].sum() > 0.0
    worlds.check_ledger(market.world.tables, market.audit.opening)


# -- delay-encrypted ---------------------------------------------------------------------------------------------------


@settings(deadline=None)  # the first example compiles
@given(delay=st.just(0.0) | st.floats(1e-9, 3.0), sealed_at=st.floats(0.0, 3.0), speedup=st.floats(1.0, 4.0))
def test_a_puzzle_opens_after_its_time_and_not_before(delay, sealed_at, speedup):
    rule = make("visibility", {"kind": "delay_encrypted", "delay_s": delay, "speedup": speedup}).start()
    rule.begin(SimpleNamespace(sealed_at=sealed_at))
    rows = secrets()
    read = rule.to_author("sequencer", 0, rows)
    np.testing.assert_array_equal(read["sealed"] == 0, rows["arrival"] <= sealed_at - delay / speedup)
    assert hidden(read[read["sealed"] == 1]) if (read["sealed"] == 1).any() else True
    shown = rule.show("trader", 0, rows, sealed_at)
    assert shown.size == (rows["arrival"] <= sealed_at).sum()
    assert np.all(rows["arrival"][: shown.size][shown["sealed"] == 0] <= sealed_at - delay)


def test_a_puzzle_that_takes_a_slot_protects_and_a_shorter_one_leaks():
    def sandwiched(delay):
        settings = regime(visibility={"kind": "delay_encrypted", "delay_s": delay}, sequencer="extractive")
        market = worlds.ran(worlds.stressed(settings, agents=()))
        worlds.check_ledger(market.world.tables, market.audit.opening)
        users = market.tally.by_rollup["user_count"].sum()
        return market.tally.gains[:, Extraction.SANDWICH].sum(), market.tally.by_rollup["user_delay"].sum() / users

    long, short = sandwiched(2.0), sandwiched(0.5)
    assert long[0] == 0.0 < short[0]
    assert long[1] - short[1] == pytest.approx(1.5, abs=0.5)  # what protection costs everybody


def test_sealing_costs_its_latency():
    delays = []
    for seconds in (0.0, 1.0):
        settings = regime(visibility={"kind": "sealed", "decryption_s": seconds}, ordering="first_come")
        market = worlds.ran(worlds.config(regime=settings, horizon_s=600.0))
        delays.append(market.tally.by_rollup["user_delay"].sum() / market.tally.by_rollup["user_count"].sum())
    assert delays[1] - delays[0] == pytest.approx(1.0, abs=0.1)
