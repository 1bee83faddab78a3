"""Auctions for the right to build, as parts of a market: who builds, who pays, what is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import on_block, opened, ran, stressed

from market.config import RegimeConfig
from market.domain import Slot
from market.errors import InputError, StrategyError
from market.intents.rows import Status
from market.measures.outcomes import outcomes
from market.model import SequencerMarket
from market.sequencing import make
from market.sequencing.auctions._bundles import determine
from market.sequencing.auctions.ticket_lottery import TicketLottery
from market.state.ledger import Why

FORMATS: dict[str, dict[str, Any]] = {
    "first_price": {},
    "second_price": {},
    "all_pay": {},
    "ticket_lottery": {"ticket_usd": 0.5},
    "ascending": {"rounds": 10},
    "combinatorial": {"bundles": "any"},
    "per_rollup": {},
}


def regime(auction: Any, **changes: Any) -> RegimeConfig:
    """A shared domain whose block is sold to builders."""
    parts = {"domains": "shared", "visibility": "builders", "ordering": "builder"}
    return RegimeConfig(name="test", auction=auction, **parts | changes)


class Script:
    """Makes a builder bid given numbers on honest blocks; a dictionary bids by bundle of rollups."""

    def __init__(self, builder: Any, amount: Any) -> None:
        self.pack, self.amount = builder.pack, amount
        self.facts: list[tuple[bool, float, float]] = []
        builder.build, builder.heard = self.build, self.hear

    def build(self, seen: Any) -> Any:
        from market.access.protocols import Bid

        arrangement, value = self.pack(seen)
        amount = self.amount.get(seen.rollups, 0.0) if isinstance(self.amount, dict) else self.amount
        return Bid(arrangement, amount, value)

    def hear(self, *facts: Any) -> None:
        self.facts.append(facts)


def scripted(auction: Any, *amounts: Any, **changes: Any) -> tuple[SequencerMarket, list[Script]]:
    """A market about to run, whose builders bid what they are told to."""
    market = opened(stressed(regime(auction, **changes)))
    return market, [Script(builder, amount) for builder, amount in zip(market.builders, amounts, strict=True)]


def bids_paid(market: SequencerMarket) -> list[float]:
    """USD that each builder paid for the right to build."""
    leader = market.domains[0].leaders[0].account
    return [float(market.world.tables.flows[builder.account, leader, Why.BID, 0]) for builder in market.builders]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("domains", ["shared", "alone"])
def test_ledger_balances_and_bids_reach_the_leader_under_every_format(kind: str, domains: str) -> None:
    market = ran(stressed(regime({"kind": kind, **FORMATS[kind]}, domains=domains)))
    report = outcomes(market)
    assert report["conservation_error"] < 1e-9
    leaders = [domain.leaders[0].account for domain in market.domains]
    received = market.world.tables.flows[:, leaders, Why.BID, 0].sum()
    assert report["auction_revenue_usd"] == pytest.approx(float(received))
    assert report["auction_revenue_usd"] > 0.0
    assert report["filled"] > 100


@pytest.mark.parametrize(
    ("kind", "each"),
    [("first_price", (0.0, 5.0)), ("second_price", (0.0, 3.0)), ("all_pay", (3.0, 5.0)), ("ascending", (0.0, 5.0))],
)
def test_who_pays_what(kind: str, each: tuple[float, float]) -> None:
    market, (low, high) = scripted(kind, 3.0, 5.0)
    market.run()
    slots = market.tally.slots
    assert bids_paid(market) == pytest.approx([amount * slots for amount in each])
    assert low.facts == [(False, each[0], 5.0)] * slots
    assert high.facts == [(True, each[1], 5.0)] * slots


@given(
    bids=st.lists(st.floats(0.0, 1e4), min_size=1, max_size=6), ticket=st.floats(0.001, 10.0), u=st.floats(0.0, 0.999)
)
def test_tickets_are_whole_and_paid_for_and_only_buyers_win(bids: list[float], ticket: float, u: float) -> None:
    lottery, payments = TicketLottery(ticket_usd=ticket), np.zeros(len(bids))
    winner = lottery.allocate(np.array(bids), u, payments)
    tickets = payments / ticket
    assert np.allclose(tickets, np.round(tickets), atol=1e-6 * max(1.0, tickets.max()))
    assert (payments <= np.array(bids) * (1 + 1e-9) + 1e-9 * ticket).all()
    assert (np.array(bids) - payments < ticket * (1 + 1e-9)).all()
    assert (winner >= 0) == payments.any()
    assert winner < 0 or payments[winner] > 0.0


def test_a_decisive_lottery_is_won_in_proportion_to_a_power_of_the_tickets() -> None:
    draws, payments, bids = (np.arange(1000) + 0.5) / 1000, np.zeros(2), np.array([1.0, 2.0])
    for decisiveness, share in ((0.5, 2**0.5 / (1 + 2**0.5)), (1.0, 2 / 3), (2.0, 4 / 5)):
        lottery = TicketLottery(ticket_usd=0.0, decisiveness=decisiveness)
        won = np.mean([lottery.allocate(bids, u, payments) for u in draws])
        assert won == pytest.approx(share, abs=1e-3)
        np.testing.assert_array_equal(payments, bids)


def test_a_lottery_is_won_in_proportion_to_the_tickets() -> None:
    lottery, rng = TicketLottery(ticket_usd=1.0), np.random.default_rng(3)
    bids = np.array([1.0, 2.0, 5.0])
    wins = np.bincount([lottery.allocate(bids, u, np.zeros(3)) for u in rng.random(20_000)], minlength=3)
    assert wins / 20_000 == pytest.approx(bids / 8.0, abs=4 * (0.25 / 20_000) ** 0.5)


@pytest.mark.parametrize("kind", ["first_price", "second_price", "all_pay", "ascending", "combinatorial"])
def test_below_the_reserve_nothing_is_sold_and_intents_are_first_come(kind: str) -> None:
    market, scripts = scripted({"kind": kind, "reserve_usd": 10.0}, 3.0, 5.0)
    market.run()
    assert bids_paid(market) == [0.0, 0.0]
    assert not any(won for script in scripts for won, _, _ in script.facts)
    assert market.tally.statuses[Status.FILLED] > 0


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -1.0, 1e15])
@pytest.mark.parametrize("kind", ["first_price", "ascending", "combinatorial"])
def test_a_bid_that_is_none_or_cannot_be_paid_is_the_builders_fault(kind: str, amount: float) -> None:
    market, _ = scripted(kind, amount, 1.0)
    with pytest.raises(StrategyError, match="adaptive 0"):
        market.run()


# -- open auction ------------------------------------------------------------------------------------------------------


def revising(market: SequencerMarket, at: int, rule: Any) -> list[tuple[int, float]]:
    """Let a builder revise by a rule of (round, highest); returns where it notes what it saw."""
    seen: list[tuple[int, float]] = []

    def revise(value: float, now: int, rounds: int, highest: float) -> float:
        seen.append((now, highest))
        return rule(now, highest)

    market.builders[at].revise = revise
    return seen


def quick(market: SequencerMarket, at: int, latency_s: float) -> None:
    """Fix a builder's latency."""
    builder = market.builders[at]
    builder._latency, builder._delays = latency_s, [latency_s] * 100_000


def test_in_an_open_auction_the_last_bid_that_arrives_in_time_stands() -> None:
    market, _ = scripted({"kind": "ascending", "rounds": 10, "round_s": 0.01}, 3.0, 4.0)
    quick(market, 0, 0.03)
    quick(market, 1, 0.01)
    # a bid decided in round 7 takes three rounds and is the last to arrive by round 10
    revising(market, 0, lambda now, highest: float(now))
    seen = revising(market, 1, lambda now, highest: 1.0)
    market.run()
    assert bids_paid(market) == pytest.approx([7.0 * market.tally.slots, 0.0])
    # what is seen in round 5 is what stood in round 4: the bid of round 1
    assert (5, 1.0) in seen and (10, 6.0) not in seen and (9, 5.0) in seen


@pytest.mark.parametrize(("cancellation", "paid"), [(True, 2.0), (False, 9.0)])
def test_a_bid_can_be_taken_back_only_with_cancellation(cancellation: bool, paid: float) -> None:
    market, _ = scripted({"kind": "ascending", "rounds": 10, "cancellation": cancellation}, 1.0, 1.0)
    quick(market, 0, 0.01)
    revising(market, 0, lambda now, highest: 9.0 if now < 5 else 2.0)
    market.run()
    assert bids_paid(market)[0] == pytest.approx(paid * market.tally.slots)


def test_whoever_is_too_slow_for_the_auction_has_no_bid() -> None:
    market, _ = scripted({"kind": "ascending", "rounds": 5, "round_s": 0.01}, 9.0, 1.0)
    quick(market, 0, 0.2)
    quick(market, 1, 0.01)
    market.run()
    assert bids_paid(market) == pytest.approx([0.0, 1.0 * market.tally.slots])


# -- bundles of rollups ------------------------------------------------------------------------------------------------


def partitions(items: list[int]) -> list[list[int]]:
    """Bundles (as bits) of every way to split items."""
    if not items:
        return [[]]
    first, rest = items[0], items[1:]
    found = []
    for pick in range(1 << len(rest)):
        chosen = [rest[k] for k in range(len(rest)) if pick >> k & 1]
        others = [item for item in rest if item not in chosen]
        bundle = sum(1 << item for item in [first, *chosen])
        found += [[bundle, *split] for split in partitions(others)]
    return found


@settings(deadline=None)
@given(data=st.data(), count=st.integers(1, 4))
def test_winner_determination_is_exact(data: st.DataObject, count: int) -> None:
    bids = np.array(data.draw(st.lists(st.floats(0.0, 100.0), min_size=1 << count, max_size=1 << count)))
    bids[0] = 0.0
    best, chosen = np.zeros(bids.size), np.zeros(bids.size, np.int64)
    determine(bids, best, chosen)
    everybody = max(sum(bids[bundle] for bundle in split) for split in partitions(list(range(count))))
    assert best[-1] == pytest.approx(everybody)
    # values of groups are superadditive: two groups apart never bring more than together
    for one in range(bids.size):
        for other in range(bids.size):
            if one & other == 0:
                assert best[one | other] >= best[one] + best[other] - 1e-9


@pytest.mark.parametrize("bundles", ["single_or_all", "any"])
@pytest.mark.parametrize(("together", "paid"), [(9.0, [0.0, 9.0]), (6.0, [4.0, 3.0])])
def test_rollups_go_together_or_apart_whichever_brings_more(bundles: str, together: float, paid: list[float]) -> None:
    first, second = {(0,): 4.0, (1,): 1.0}, {(0,): 2.0, (1,): 3.0, (0, 1): together}
    market, _ = scripted({"kind": "combinatorial", "bundles": bundles}, first, second)
    market.run()
    assert bids_paid(market) == pytest.approx([amount * market.tally.slots for amount in paid])
    assert outcomes(market)["conservation_error"] < 1e-9


def test_apart_each_winner_gets_the_tips_of_its_own_rollup_and_no_bundle_spans_both() -> None:
    market, _ = scripted({"kind": "combinatorial"}, {(0,): 4.0}, {(1,): 4.0})
    tips = np.zeros(2)

    def noted(slot: Slot) -> None:
        rows = slot.rows[slot.rows["status"] == Status.FILLED]
        assert (rows["position"] == np.sort(rows["position"])).all()
        for bundle in np.unique(rows["bundle"][rows["bundle"] >= 0]):
            assert np.unique(rows["rollup"][rows["bundle"] == bundle]).size == 1
        for at in range(2):
            others = rows["sender"] != market.builders[at].account
            tips[at] += rows["tip"][(rows["rollup"] == at) & others].sum()

    on_block(market, noted)
    market.run()
    flows = market.world.tables.flows
    for at, builder in enumerate(market.builders):
        others = np.arange(len(flows)) != builder.account
        assert flows[others, builder.account, Why.TIP, 0].sum() == pytest.approx(tips[at])
    assert tips.min() > 0.0
    assert sum(market.tally.blocks_won.values()) == 2 * market.tally.slots


def test_a_rollup_that_nobody_buys_is_first_come() -> None:
    market, _ = scripted({"kind": "combinatorial"}, {(0,): 4.0}, {(0,): 2.0})
    seen = []

    def noted(slot: Slot) -> None:
        rows = slot.rows[(slot.rows["rollup"] == 1) & (slot.rows["position"] >= 0) & (slot.rows["bundle"] < 0)]
        seen.append(rows["arrival"].copy())

    on_block(market, noted)
    market.run()
    assert sum(arrivals.size for arrivals in seen) > 10
    assert all((np.diff(arrivals) >= 0.0).all() for arrivals in seen)


@pytest.mark.parametrize(
    ("parameters", "what"),
    [
        ({"kind": "second_price", "reserve_usd": -1.0}, "reserve_usd"),
        ({"kind": "ascending", "rounds": 0}, "rounds"),
        ({"kind": "combinatorial", "bundles": "pairs"}, "bundles"),
        ({"kind": "ticket_lottery", "ticket_usd": float("inf")}, "ticket_usd"),
        ({"kind": "dutch"}, "dutch"),
    ],
)
def test_bad_parameters_are_named_in_one_line(parameters: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError, match=what) as error:
        make("auction", parameters)
    assert "\n" not in str(error.value)


# -- an auction for every rollup ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "prices"), [("first_price", (4.0, 6.0)), ("second_price", (1.0, 2.0))])
def test_every_rollup_is_sold_by_itself_and_winners_may_differ(rule: str, prices: tuple[float, float]) -> None:
    bids = {(0,): 4.0, (1,): 2.0}, {(0,): 1.0, (1,): 6.0}
    market, scripts = scripted({"kind": "per_rollup", "format": rule}, *bids)
    noted: list[Slot] = []
    on_block(market, noted.append)
    market.run()
    assert bids_paid(market) == pytest.approx([price * len(noted) for price in prices])
    for slot in noted:
        assert [(award.rollups, award.winner) for award in slot.awards] == [
            ((0,), market.builders[0]), ((1,), market.builders[1]),
        ]  # fmt: skip
        assert [sale.winner for sale in slot.sales] == [0, 1]
    assert [won for won, _, _ in scripts[0].facts] == [True, False] * len(noted)
    assert market.tally.conservation_error < 1e-9


@pytest.mark.parametrize("extent", ["top", "end"])
def test_each_winner_has_the_place_of_its_own_rollup_and_nothing_else(extent: str) -> None:
    place = {"kind": "auctioned_place", "extent": extent}
    market, _ = scripted("per_rollup", {(0,): 4.0}, {(1,): 6.0}, ordering=place, visibility="operator_only")
    blocks: list[np.ndarray] = []
    on_block(market, lambda slot: blocks.append(slot.rows[slot.rows["position"] >= 0]))
    market.run()
    accounts = [builder.account for builder in market.builders]
    seen = [0, 0]
    for rows in blocks:
        rows = rows[np.argsort(rows["position"])]
        for rollup in (0, 1):
            assert accounts[1 - rollup] not in rows["sender"][rows["rollup"] == rollup]
        own = np.isin(rows["sender"], accounts)
        ends = own if extent == "top" else own[::-1]
        assert not (np.diff(ends.astype(int)) > 0).any(), "an insertion stands among others' intents"
        seen = [seen[at] + int((rows["sender"] == accounts[at]).sum()) for at in (0, 1)]
    assert min(seen) > 0
    leader = market.domains[0].leaders[0].account
    assert market.world.tables.flows[:, leader, Why.TIP, 0].sum() > 0.0, "tips are the leader's"


def test_builders_learn_to_trust_what_the_parts_that_they_won_brought() -> None:
    market, _ = scripted("per_rollup", {(0,): 4.0}, {(1,): 6.0})
    builder = market.builders[0]
    builder._promises = {(0,): 10.0, (1,): 90.0}
    builder.builds(((0,),))
    assert builder._promised == 10.0
    builder.builds(((0,), (1,)))
    assert builder._promised == 100.0
