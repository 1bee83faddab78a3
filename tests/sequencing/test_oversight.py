"""Who watches bids and orders: screens, fines, proofs, and the cartels and faults that they find."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.cartel import Cartel
from experiments.equilibrium.market import Seat, Watched, play, seated
from experiments.markets.small_market import small
from market import regimes
from market.config import RegimeConfig
from market.errors import InputError
from market.intents.rows import blank
from market.sequencing.oversight._screens import bid_rotation, rotation_chance, runner_up_ratio, variation
from market.sequencing.oversight.proofs import skipped
from market.state.ledger import Why

SLOTS, PBS = regimes.load("slot_auction"), regimes.load("pbs")
CARTEL = (Seat("grim_trigger"),) * 3
COMPETING = (Seat("fixed_margin"),) * 3


def watched(regime: RegimeConfig, **screen: Any) -> RegimeConfig:
    return regime.model_copy(update={"oversight": {"kind": "bid_screen"} | screen})


def ran(regime: RegimeConfig, profile: tuple[Seat, ...], blocks: int = 90, role: str = "sequencer") -> Watched:
    return play(small(regime, blocks), role, profile, 1)


def prices(market: Watched, first: float = 0.0, last: float = 1.0) -> float:
    """Median price of a part of the sales: values are skewed [USD]."""
    size = len(market.sales)
    return float(np.median([price for _, _, price in market.sales[int(first * size) : int(last * size)]]))


class TestScreens:
    def test_turns_are_as_unlikely_as_shuffles_can_tell(self):
        turns = np.arange(30) % 3
        assert rotation_chance(turns, np.random.default_rng(1)) == pytest.approx(1 / 200)
        assert bid_rotation(turns)[1] < -3.0

    def test_it_accuses_those_who_compete_as_often_as_it_is_told(self):
        """Winners in random order, 600 windows: the share of chances of at most 5% is 5% (3 standard errors)."""
        rng = np.random.default_rng(2)
        chances = np.array([rotation_chance(rng.integers(3, size=30), rng) for _ in range(600)])
        assert (chances <= 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)
        assert 0.3 < (chances <= 0.5).mean() <= 0.5 + 3 * 0.5 / np.sqrt(600)

    def test_the_ratio_is_what_a_second_price_auction_is_paid(self):
        bids = np.array([[1.0, 3.0, 2.0], [0.0, 4.0, 0.0]])
        assert runner_up_ratio(bids) == pytest.approx(2.0 / 7.0)
        assert runner_up_ratio(np.zeros((4, 3))) == 1.0
        assert runner_up_ratio(np.random.default_rng(1).random((100_000, 4))) == pytest.approx(3 / 4, abs=0.005)

    def test_variation_is_relative(self):
        assert variation(np.array([1.0, 3.0])) == pytest.approx(0.5)
        assert variation(10 * np.array([1.0, 3.0])) == pytest.approx(0.5)
        assert variation(np.zeros(3)) == 0.0


class TestCartel:
    @given(st.sampled_from(["rotation", "slots", "rollups"]), st.integers(2, 6), st.integers(0, 500), st.integers(0, 9))
    def test_every_part_of_the_market_is_somebodys_alone(self, scheme, bidders, slot, domain):
        cartel = Cartel(scheme, 7, 0.02, 0, 1.0, 2, 0)
        assert sum(cartel.mine(seat, bidders, slot, domain) for seat in range(bidders)) == 1
        smaller = Cartel(scheme, 7, 0.02, 0, 1.0, 2, bidders - 1)
        assert not smaller.mine(bidders - 1, bidders, slot, domain)

    def test_it_leaves_when_fines_exceed_the_rent_and_not_before(self):
        cartel = Cartel("rotation", 1, 0.0, 0, 1.0, 2, 0)
        for slot in range(4):
            cartel.heard(slot, 2, 0.0, 10.0, 0.2)
        assert cartel.rent_usd == pytest.approx(4 * (5.0 - 1.0))
        cartel.fined(1e6)
        assert cartel.holds(10), "one fine is no lesson"
        cartel.fines_usd = 0.0
        cartel.fined(15.0)
        assert cartel.holds(10)
        cartel.fined(2.0)
        assert not cartel.holds(10)

    @pytest.mark.parametrize(
        ("change", "message"),
        [({"scheme": "tea"}, "scheme"), ({"token_usd": -0.9}, "token"), ({"caution": -1.0}, "caution")],
    )
    def test_wrong_settings_are_named(self, change, message):
        settings: dict[str, Any] = {"scheme": "rotation", "stretch": 1, "token_usd": 0.0}
        settings |= {"punish_slots": 0, "caution": 1.0, "lessons": 1, "members": 0}
        with pytest.raises(ValueError, match=message):
            Cartel(**settings | change)


class TestFines:
    @pytest.mark.parametrize("receiver", ["burnt", "protocol"])
    def test_a_cartel_that_takes_turns_pays_from_its_bonds_to_the_receiver(self, receiver):
        stubborn = (Seat("grim_trigger", {"caution": 0.0}),) * 3
        market = ran(watched(SLOTS, bond_usd=100.0, fine_share=0.1, receiver=receiver), stubborn)
        rule = market.domains[0].regime.oversight
        assert rule.looks >= 2
        assert rule.accusations >= 2
        flows, names = market.world.tables.flows[:, :, :, 0], market.world.account_of
        assert rule.fines_usd == pytest.approx(3 * 10.0 * rule.accusations)
        assert flows[names["stakes"], names[receiver], Why.SLASHING] == pytest.approx(rule.fines_usd)
        assert flows[:, names["stakes"], Why.STAKE].sum() == pytest.approx(300.0 + rule.fines_usd)
        assert all(rule.bonded(agent.account) == pytest.approx(100.0) for agent in seated(market, "sequencer"))
        market.audit.check()

    def test_fines_end_the_cartel_where_they_exceed_its_rent_and_only_there(self):
        cartel = (Seat("grim_trigger", {"lessons": 1}),) * 3
        cheap = ran(watched(SLOTS, bond_usd=1.0, fine_share=0.01), cartel)
        dear = ran(watched(SLOTS, bond_usd=100_000.0, fine_share=0.5), cartel)
        assert not any(agent.cartel.left for agent in seated(cheap, "sequencer"))
        assert all(not agent.cartel.holds(90) for agent in seated(dear, "sequencer"))
        assert prices(cheap, 0.5) < 0.3 * prices(dear, 0.5)

    def test_nobody_is_fined_without_proof(self):
        market = ran(watched(SLOTS, proof=0.0), CARTEL)
        assert market.domains[0].regime.oversight.accusations >= 2
        assert market.domains[0].regime.oversight.fines_usd == 0.0

    def test_the_reference_tells_a_cartel_from_competition_by_its_losing_bids(self):
        loose = watched(SLOTS, screen="runner_up", window=10, false_positive=0.5, reference=(1.0,), proof=0.0)
        competing = ran(loose, COMPETING).domains[0].regime.oversight.statistics
        strict = watched(SLOTS, screen="runner_up", window=10, false_positive=0.12, reference=competing, proof=0.0)
        found = ran(strict, CARTEL).domains[0].regime.oversight
        assert found.accusations == found.looks > 5
        assert max(found.statistics) < min(competing)

    def test_watching_changes_nothing_but_what_is_fined(self):
        plain, seen = ran(SLOTS, COMPETING), ran(watched(SLOTS, proof=0.0, bond_usd=1.0), COMPETING)
        assert [winner for winner, _, _ in plain.sales] == [winner for winner, _, _ in seen.sales]

    @pytest.mark.parametrize(
        ("regime", "message"),
        [
            (watched(SLOTS, screen="variance"), "reference"),
            (watched(SLOTS, bond_usd=1e12), "bond_usd"),
            (watched(regimes.load("siloed")), "bid_screen needs bids"),
        ],
    )
    def test_wrong_settings_end_in_one_line(self, regime, message):
        with pytest.raises(InputError, match=message):
            ran(regime, COMPETING if regime.name == "slot_auction" else (Seat("honest"),) * 3, 2)


class TestCartels:
    def test_an_entrant_ends_the_cartel_when_it_enters(self):
        entrant = Seat("entrant", {"enters_s": 90.0})
        regime = SLOTS.model_copy(update={"leader": SLOTS.leader | {"members": 3}})
        market = ran(regime, (Seat("grim_trigger", {"members": 2}),) * 2 + (entrant,))
        assert prices(market, 0.6) > 5 * prices(market, 0.0, 0.5)
        assert all(agent.broken == 1 for agent in seated(market, "sequencer")[:2])

    def test_slots_shared_out_in_stretches_hide_from_the_screen_of_rotation(self):
        shared = (Seat("grim_trigger", {"scheme": "slots", "stretch": 10}),) * 3
        market = ran(watched(SLOTS, bond_usd=100.0), shared)
        assert market.domains[0].regime.oversight.accusations == 0
        assert prices(market) < 0.3 * prices(ran(SLOTS, COMPETING))

    @pytest.mark.parametrize("auction", ["first_price", "second_price", "ascending"])
    def test_builders_share_rollups_until_a_newcomer_bids(self, auction):
        regime = PBS.model_copy(update={"domains": {"kind": "alone"}, "auction": {"kind": auction}})
        cartel = (Seat("grim_trigger", {"scheme": "rollups", "members": 3}),) * 3
        market = ran(regime, (*cartel, Seat("entrant", {"enters_s": 1e9})), 40, "builder")
        for domain in market.domains:
            worth = [(winner, value) for winner, value, _ in market.sales if value > 0.0]
            assert worth
            assert domain.regime.auction.kind == auction
        calm = sum(price for _, _, price in market.sales) / sum(value for _, value, _ in market.sales)
        assert calm < 0.1
        entered = ran(regime, (*cartel, Seat("entrant", {"enters_s": 0.0})), 40, "builder")
        paid = sum(price for _, _, price in entered.sales) / sum(value for _, value, _ in entered.sales)
        assert paid > 0.5


class TestProofs:
    def regime(self, name: str = "rotation", **oversight: Any) -> RegimeConfig:
        base = regimes.load(name)
        leader = {"kind": "stake_lottery", "stakes": [1.0, 1.0, 1.0], "stake_usd": 3e5}
        preconfirmation = {"kind": "none"}
        changes = {"leader": leader, "preconfirmation": preconfirmation, "oversight": {"kind": "proofs"} | oversight}
        return base.model_copy(update=changes)

    def test_a_later_arrival_of_the_same_rollup_proves_a_skip(self):
        due = blank(4)
        due["id"], due["arrival"], due["rollup"] = range(4), (1.0, 2.0, 3.0, 4.0), (0, 1, 0, 0)
        assert skipped(due, due[[2]]).tolist() == [0]
        assert skipped(due, due[[0, 1]]).size == 0
        due["bundle"][0] = 7
        assert skipped(due, due[[2]]).size == 0

    def test_who_leaves_out_users_is_slashed_and_the_honest_are_not(self):
        censoring = (Seat("censoring", {"flagged_share": 0.2, "liquidations": False}),) * 3
        for profile, guilty in ((censoring, True), ((Seat("honest"),) * 3, False), ((Seat("extractive"),) * 3, False)):
            market = ran(self.regime(), profile, 60)
            slashed = market.domains[0].regime.oversight.slashed_usd
            assert (slashed["skipped_order"] > 0.0) == guilty, profile[0]
            assert slashed["equivocation"] == 0.0
            burnt = market.world.tables.flows[:, market.world.account_of["burnt"], Why.SLASHING, 0].sum()
            assert burnt == pytest.approx(slashed["skipped_order"])

    def test_signing_twice_pays_where_it_is_not_proven_and_is_left_where_it_is(self):
        profile = (Seat("equivocator"),) * 3
        free, watched_closely = (
            ran(self.regime("encrypted", equivocation=chance), profile, 60) for chance in (0.0, 1.0)
        )
        assert sum(agent.signed_twice for agent in seated(free, "sequencer")) > 5
        # 5% of 100,000 USD is more than any of these blocks is worth
        assert sum(agent.signed_twice for agent in seated(watched_closely, "sequencer")) == 0
        reckless = ran(self.regime("encrypted", equivocation=1.0), (Seat("equivocator", {"caution": 0.0}),) * 3, 60)
        slashed = reckless.domains[0].regime.oversight.slashed_usd["equivocation"]
        assert slashed > 1000.0
        assert reckless.tally.totals() != watched_closely.tally.totals()
