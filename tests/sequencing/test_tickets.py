"""The marketplace of tickets: price, issue, resale and lottery, as rules and with agents of the market."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import cast, check_ledger, on_block, opened, ran, stressed

from agents.bidding.tickets import MEMORY, TicketBuyer, reply
from market.access.protocols import TicketSale
from market.config import AgentConfig, RegimeConfig
from market.domain import Slot
from market.errors import InputError, StrategyError
from market.measures.outcomes import outcomes
from market.model import SequencerMarket
from market.sequencing import make
from market.sequencing.auctions._tickets import issued, next_price, resale
from market.sequencing.ordering.base import EMPTY
from market.state.ledger import Why

WHOLE = (0, 1)
COUNTS = st.lists(st.integers(0, 5000), min_size=1, max_size=6)
PRICES = st.floats(0.0, 100.0)


# -- rules -------------------------------------------------------------------------------------------------------------


def test_the_price_worked_by_hand() -> None:
    assert next_price(8.0, 1000, 1000, 2000, 0.125, 0.01) == 8.0
    assert next_price(8.0, 2000, 1000, 2000, 0.125, 0.01) == 9.0
    assert next_price(8.0, 10**9, 1000, 2000, 0.125, 0.01) == 9.0  # no more than can be issued counts
    assert next_price(8.0, 0, 1000, 2000, 0.125, 0.01) == 7.0
    assert next_price(0.01, 0, 1000, 2000, 0.125, 0.01) == 0.01
    assert next_price(8.0, 12_345, 1000, 2000, 0.0, 0.01) == 8.0


@given(st.floats(1.0, 1e5), st.integers(100, 10_000), st.floats(0.01, 0.5), st.floats(1.0, 50.0))
def test_the_price_of_a_steady_outlay_ends_where_the_target_is_ordered(
    outlay: float, target: int, adjustment: float, above: float
) -> None:
    fixed = outlay / target
    price = first = above * fixed
    for block in range(1, 200):
        price = next_price(price, int(outlay / price), target, 2 * target, adjustment, 1e-12)
        # the part of a ticket that nobody can order moves the price by less than d p / T a block
        off = (1.0 - adjustment) ** block * (first - fixed)
        assert -first / target - 1e-9 <= price - fixed <= off + 1e-9 * first
    assert price == pytest.approx(fixed, rel=(0.99**199) * above + 2.0 * above / target)


@given(orders=COUNTS, most=st.integers(1, 4000), seed=st.integers(0, 9))
def test_what_is_issued_is_the_same_share_of_every_order(orders: list[int], most: int, seed: int) -> None:
    ordered = np.array(orders)
    got = issued(ordered, most, np.random.default_rng(seed).random(ordered.size))
    assert got.sum() == min(most, ordered.sum())
    assert ((got >= 0) & (got <= ordered)).all()
    if ordered.sum() > most:
        assert (abs(got - ordered * (most / ordered.sum())) < 1.0 + 1e-6).all()


def test_equal_orders_that_cannot_be_cut_alike_are_drawn_for() -> None:
    rng = np.random.default_rng(2)
    extra = np.array([issued(np.array([5, 5, 5]), 7, rng.random(3)) - 2 for _ in range(3000)])
    assert (extra.sum(axis=1) == 1).all()
    assert extra.mean(axis=0) == pytest.approx([1 / 3] * 3, abs=4 * (2 / 9 / 3000) ** 0.5)


@given(bids=st.lists(PRICES, min_size=1, max_size=6), reserve=PRICES, u=st.floats(0.0, 0.999), data=st.data())
def test_a_resale_is_between_reserve_and_bid_and_to_somebody_else(
    bids: list[float], reserve: float, u: float, data: Any
) -> None:
    seller = data.draw(st.integers(0, len(bids) - 1))
    buyer, price = resale(seller, np.array(bids), reserve, u)
    others = [bid for at, bid in enumerate(bids) if at != seller]
    if not others or max(others) <= reserve:
        assert buyer == -1
        return
    assert buyer != seller
    assert bids[buyer] == max(others)
    assert price == max(reserve, *sorted(others)[:-1]) if len(others) > 1 else price == reserve


@given(value=st.floats(0.0, 1e4), rivals=st.floats(0.0, 1e4), price=st.floats(0.01, 50.0))
def test_no_other_number_of_tickets_brings_more(value: float, rivals: float, price: float) -> None:
    def brings(count: int) -> float:
        return value * price * count / (price * count + rivals) - price * count if count else 0.0

    best = reply(value, rivals, price)
    tried = {0, 1, 2, 10, 1000, max(0, best - 1), best + 1, 2 * best}
    assert all(brings(best) >= brings(count) - 1e-9 * (1.0 + value) for count in tried)


@pytest.mark.parametrize("bidders", [2, 3, 5, 10, 30])
def test_replies_to_what_was_seen_come_to_rest_at_tullocks_equilibrium(bidders: int) -> None:
    assert bidders * MEMORY < 4.0
    sale = TicketSale((WHOLE,), np.array([0.001]), 10**9)
    buyers = [TicketBuyer(bidders) for _ in range(bidders)]
    for buyer in buyers:
        buyer.stale(sale.bundles)
        buyer.values(WHOLE, 100.0)
    rng = np.random.default_rng(1)
    own = rng.integers(0, 40_000, (bidders, 1))  # far from it
    for _ in range(400):
        for at, buyer in enumerate(buyers):
            buyer.heard(sale, own[at], own.sum(axis=0))
        own = np.array([buyer.orders(sale, 1e9) for buyer in buyers])
    assert own.sum() * 0.001 == pytest.approx((bidders - 1) / bidders * 100.0, rel=1e-3)


@given(st.lists(st.floats(0.0, 1e4), min_size=2, max_size=2), st.floats(0.0, 1e3))
def test_no_order_is_for_more_than_there_is(values: list[float], funds: float) -> None:
    sale, buyer = TicketSale(((0,), WHOLE), np.array([0.3, 0.7]), 10**9), TicketBuyer(3)
    for bundle, value in zip(sale.bundles, values, strict=True):
        buyer.values(bundle, value)
    assert (buyer.orders(sale, funds) * sale.price).sum() <= funds * (1.0 + 1e-12)


# -- in the market -----------------------------------------------------------------------------------------------------


def marketplace(builders: int = 3, horizon_s: float = 60.0, **settings: Any) -> SequencerMarket:
    """Two rollups whose blocks are drawn by ticket among builders that decide by themselves."""
    changes = settings.pop("changes", {})
    regime = RegimeConfig(
        name="test",
        domains="shared",
        visibility="builders",
        ordering="builder",
        auction={"kind": "tickets", **settings},
        revenue="stand_alone",
        block_time_s=1.0,
        **changes,
    )
    agents = (AgentConfig(role="builder", strategy="naive", count=builders), *cast()[1:])
    return opened(stressed(regime, agents=agents, horizon_s=horizon_s))


def worth(market: SequencerMarket, value: Callable[[Any, tuple[int, ...]], float]) -> None:
    """Let builders take blocks, which they leave empty, to be worth a value of (builder, rollups)."""
    for builder in market.builders:
        builder.pack = lambda seen, builder=builder: (EMPTY, value(builder, tuple(seen.rollups)))


def slots_of(market: SequencerMarket) -> list[Slot]:
    """Run a market and return its slots that have a block."""
    noted: list[Slot] = []
    on_block(market, noted.append)
    market.run()
    return noted


@pytest.mark.parametrize("builders", [2, 3, 6])
def test_at_a_fixed_price_builders_pay_what_tullock_says(builders: int) -> None:
    market = marketplace(builders, adjustment=0.0, first_usd=0.01, elasticity=1e6)
    worth(market, lambda _, rollups: 90.0 if rollups == WHOLE else 30.0)
    first, *slots = slots_of(market)
    share = (builders - 1) / builders
    assert first.bids == 0.0  # nobody could buy a ticket ahead
    for slot in slots:
        assert slot.bids == pytest.approx(share * 90.0, abs=0.02 * builders)
        assert slot.alone == pytest.approx([share * 30.0] * 2, abs=0.02 * builders)
    assert market.domains[0].regime.auction.resold == (0, 0.0)  # nobody has more use for a ticket than anybody else
    wins = np.array([market.tally.blocks_won.get(builder.account, 0) for builder in market.builders])
    assert wins.sum() == len(slots)
    assert (wins <= len(slots) / builders + 4.0 * (len(slots) / builders) ** 0.5).all()


def test_the_price_settles_where_the_target_is_sold() -> None:
    market = marketplace(3, horizon_s=80.0, first_usd=0.2, target=500)
    worth(market, lambda _, rollups: 90.0 if rollups == WHOLE else 30.0)
    slots_of(market)
    prices = market.domains[0].regime.auction.prices
    assert prices[WHOLE] == pytest.approx(2 / 3 * 90.0 / 500, rel=0.02)
    assert prices[(0,)] == pytest.approx(2 / 3 * 30.0 / 500, rel=0.02)


def test_bundles_are_sold_that_bring_most_and_no_rollup_has_less_than_alone() -> None:
    for together, parts in ((61.0, 1), (59.0, 2)):
        market = marketplace(3, horizon_s=20.0, adjustment=0.0, elasticity=1e6)
        worth(market, lambda _, rollups, together=together: together if rollups == WHOLE else 30.0)
        treasuries = [int(account) for account in market.world.treasury]
        before = market.world.tables.balance[treasuries, :, 0].sum(axis=1)
        slots = slots_of(market)[1:]
        got = market.world.tables.balance[treasuries, :, 0].sum(axis=1) - before
        assert all(max(1, len(slot.awards)) == parts for slot in slots)
        assert (got >= sum(slot.alone for slot in slots) - 1e-6).all()
        assert got.sum() >= sum(slot.bids for slot in slots) - 1e-6


def test_tickets_go_to_whoever_has_most_use_for_them_and_it_builds() -> None:
    market = marketplace(3, horizon_s=30.0, adjustment=0.0, elasticity=1e6)
    turn = {"best": 0}

    def value(builder: Any, rollups: tuple[int, ...]) -> float:
        best = market.builders.index(builder) == turn["best"]
        return (90.0 if best else 60.0) if rollups == WHOLE else 0.0

    worth(market, value)
    on_block(market, lambda slot: turn.update(best=int(slot.domain.slot % 3)))
    built: list[tuple[int, int]] = []
    on_block(market, lambda slot: built.append((slot.domain.slot, market.builders.index(slot.winner))
                                               if slot.winner else (-1, -1)))  # fmt: skip
    market.run()
    assert built[0] == (-1, -1)
    assert all(winner == (slot - 1) % 3 for slot, winner in built[1:])
    count, usd = market.domains[0].regime.auction.resold
    assert count > 0
    # whoever sells is paid what the next best would make of its tickets, which is 60 USD a block in all
    sold = sum(slot_bids for slot_bids in market.tally.bids_paid.values())
    assert usd > 0.0
    assert sold == pytest.approx(market.tally.auction_revenue + held(market))


def held(market: SequencerMarket) -> float:
    """USD that the protocol holds for blocks that are still to be made."""
    return float(sum(block.paid.sum() for block in market.domains[0].regime.auction._market.sold))


@pytest.mark.parametrize("changes", [{}, {"ahead_blocks": 4}, {"resale": False}, {"bundles": "any"}])
def test_no_coin_and_no_ticket_is_lost(changes: dict[str, Any]) -> None:
    market = marketplace(3, **changes)
    auction, rng = market.domains[0].regime.auction, np.random.default_rng(4)
    for builder in market.builders:
        builder.trade_tickets = lambda offer, tickets: tuple(rng.random(2) * 0.01)
    before: list[int] = []
    resell = auction._resell

    def noting(slot: Any, rollups: Any, offers: Any, tickets: np.ndarray, spent: np.ndarray) -> None:
        count, usd = tickets.sum(), spent.sum()
        resell(slot, rollups, offers, tickets, spent)
        assert tickets.sum() == count
        assert (tickets >= 0).all()
        assert spent.sum() == pytest.approx(usd)
        before.append(int(count))

    auction.__dict__["_resell"] = noting
    market.run()
    world, flows = market.world, market.world.tables.flows
    protocol, leader = world.account_of["protocol"], market.domains[0].leaders[0].account
    assert bool(before) == (changes.get("resale") is not False)
    assert (auction.resold[0] > 0) == bool(before)
    assert flows[:, protocol, Why.TICKET, 0].sum() == pytest.approx(market.tally.auction_revenue + held(market))
    assert flows[protocol, leader, Why.BID, 0].sum() == pytest.approx(market.tally.auction_revenue)
    assert world.tables.balance[protocol, :, 0].sum() == pytest.approx(held(market), abs=1e-6)
    assert outcomes(market)["auction_revenue_usd"] > 0.0
    check_ledger(world.tables, market.audit.opening)


def test_a_missed_slot_voids_no_ticket() -> None:
    market = marketplace(2, changes={"consensus": {"kind": "proposer", "miss": 0.4}})
    worth(market, lambda _, rollups: 50.0)
    slots = [slot for slot in slots_of(market) if not slot.missed]
    assert market.domains[0].regime.consensus.missed > 5
    assert slots[0].winner is None and not slots[0].awards
    assert all(slot.winner is not None for slot in slots[1:])
    assert market.tally.auction_revenue == pytest.approx(sum(slot.bids for slot in slots))


def test_a_builder_that_does_not_know_of_tickets_wins_none() -> None:
    market = marketplace(2)
    worth(market, lambda _, rollups: 50.0)
    strange = market.builders[0]

    class Plain:
        """Of all that a builder does, what every auction asks for."""

        def __init__(self) -> None:
            self.account, self.name, self.role = strange.account, strange.name, strange.role
            self.build, self.heard = strange.build, strange.heard

    market.builders[0] = Plain()
    market.run()
    assert market.tally.blocks_won.keys() == {market.builders[1].account}


@pytest.mark.parametrize("order", [[1], [0.5] * 3, [-1, 0, 0], [10**13, 0, 0], [10**9, 10**9, 10**9]])
def test_an_order_that_is_none_or_cannot_be_paid_is_the_builders_fault(order: list[Any]) -> None:
    market = marketplace(2, elasticity=1e6, first_usd=1.0)
    market.builders[1].order_tickets = lambda seen, sale: np.array(order)
    with pytest.raises(StrategyError, match="naive 1"):
        market.run()


@pytest.mark.parametrize("prices", [(float("nan"), 1.0), (-1.0, 1.0), (1.0, float("nan")), (1.0, -1.0)])
def test_a_price_of_a_ticket_that_is_none_is_the_builders_fault(prices: tuple[float, float]) -> None:
    market = marketplace(2)
    worth(market, lambda _, rollups: 50.0)
    market.builders[1].trade_tickets = lambda offer, tickets: prices
    with pytest.raises(StrategyError, match="naive 1"):
        market.run()


@pytest.mark.parametrize(
    ("settings", "what"),
    [({"target": 0}, "target"), ({"elasticity": 1.0}, "elasticity"), ({"least_usd": 1.0}, "must not exceed first_usd")],
)
def test_bad_parameters_are_named_in_one_line(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError, match=what) as error:
        make("auction", {"kind": "tickets", **settings})
    assert "\n" not in str(error.value)


def test_the_regime_espresso_draws_by_ticket_and_shares_what_that_brings() -> None:
    market = ran(stressed("espresso"))
    report = outcomes(market)
    assert report["auction_revenue_usd"] > 0.0
    assert report["revenue_to_rollups_usd"] >= report["auction_revenue_usd"] * (1.0 - 1e-9)
    assert report["conservation_error"] < 1e-9
