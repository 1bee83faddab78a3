"""Covered calls and their sealed auctions: what clears at which price, and what writers and holders end with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import (
    ALICE,
    BOB,
    ETH,
    ETH_USD,
    MAKER,
    OTHER_MAKER,
    USD,
    check_ledger,
    config,
    execute,
    fates,
    founded,
    intent,
    rollup,
)

from market.config import OptionsConfig
from market.execution import execute_block
from market.genesis import World
from market.state.ledger import totals
from market.venues import Kind
from market.venues.options import rules as options
from market.venues.options.clock import Calendar
from market.venues.options.instrument import equity_of

HOUR_S = 3600.0
TERMS: dict[str, Any] = {"expiries_s": (HOUR_S,), "strikes": 3, "step": 0.02, "fee_bp": 0.0, "sales": 1}
CALL, PUT = 2, 3
"""Series of which the strike is the price."""
CLOSES_S = 600.0


def chain(**terms: Any) -> OptionsConfig:
    return OptionsConfig(**TERMS | terms)


def world(**terms: Any) -> World:
    """A market of options of an hour, where everybody but Alice, who sells, has paid in margin."""
    market = founded(rollup("a", options=(chain(**terms),)), rollup("b"))
    rows = [sent(Kind.OPTION_DEPOSIT, who, target=who, amount=1e5) for who in (BOB, MAKER, OTHER_MAKER)]
    assert set(fates(execute(market, *rows))) == {"FILLED"}
    return market


def sent(kind: int, sender: int, **fields: Any) -> np.ndarray:
    return intent(kind, sender, **{"venue": 0, "rollup": 0, "target": CALL, "amount": 1.0} | fields)


def cover(amount: float, sender: int = ALICE, target: int = CALL) -> np.ndarray:
    return sent(Kind.OPTION_COVER, sender, amount=amount, target=target)


def offer(amount: float, reserve: float, sender: int = ALICE, closes: float = CLOSES_S) -> np.ndarray:
    row = sent(Kind.OPTION_OFFER, sender, amount=amount, limit=reserve)
    row["expiry"] = closes
    return row


def bid(sender: int, calls: float, price: float) -> np.ndarray:
    return sent(Kind.OPTION_BID, sender, target=0, amount=calls * price, limit=price)


def opened(market: World, time: float = CLOSES_S) -> np.ndarray:
    row = sent(Kind.OPTION_ALLOT, BOB, target=0)
    execute_block(market.state, row, time, BOB, BOB)
    return row


def held(market: World, who: int) -> float:
    return float(market.tables.option_positions["quantity"][options.position_of(market.state, who, CALL)])


def cash(market: World, who: int) -> float:
    return float(market.tables.option_accounts["cash"][who])


def ether(market: World, who: int) -> float:
    return float(market.tables.balance[who, 0, ETH])


def expired_at(market: World, price: float, **terms: Any) -> None:
    """Let the options expire with the oracle at a price."""
    market.tables.feeds["price"][int(market.tables.option_markets["feed"][0])] = price
    Calendar(market, config(rollup("a", options=(chain(**terms),)), rollup("b"))).tick(HOUR_S)


def sold(*bids: np.ndarray, amount: float = 10.0, reserve: float = 5.0) -> World:
    """A market on which an auction was held."""
    market = world()
    assert set(fates(execute(market, cover(amount), offer(amount, reserve), *bids))) == {"FILLED"}
    assert fates(opened(market)) == ["FILLED"]
    return market


# -- who gets what at which price --------------------------------------------------------------------------------------


def test_all_pay_the_price_of_the_lowest_bid_that_is_served_if_everything_is_sold() -> None:
    market = sold(bid(BOB, 4.0, 30.0), bid(MAKER, 5.0, 20.0), bid(OTHER_MAKER, 5.0, 10.0))
    sale = market.tables.option_sales[0]
    assert (sale["price"], sale["sold"], sale["open"]) == (10.0, 10.0, 0.0)
    assert [held(market, who) for who in (BOB, MAKER, OTHER_MAKER, ALICE)] == [4.0, 5.0, 1.0, -10.0]
    assert [cash(market, who) for who in (BOB, MAKER, OTHER_MAKER, ALICE)] == [
        1e5 - 40.0,
        1e5 - 50.0,
        1e5 - 10.0,
        100.0,
    ]


def test_what_nobody_bids_for_stays_and_the_price_is_then_the_reserve() -> None:
    market = sold(bid(BOB, 4.0, 30.0))
    assert market.tables.option_sales["price"][0] == 5.0
    assert (held(market, BOB), cash(market, BOB), cash(market, ALICE)) == (4.0, 1e5 - 20.0, 20.0)
    # what covers the others may be taken out, and no more
    before = ether(market, ALICE)
    assert fates(execute(market, sent(Kind.OPTION_UNCOVER, ALICE, amount=100.0))) == ["FILLED"]
    assert ether(market, ALICE) == before + 6.0
    assert fates(execute(market, sent(Kind.OPTION_UNCOVER, ALICE, amount=1.0))) == ["NO_LIQUIDITY"]


def test_of_equal_bids_the_earliest_is_served_first_and_a_later_bid_stands_in_place_of_ones_earlier() -> None:
    market = sold(bid(BOB, 8.0, 50.0), bid(MAKER, 8.0, 20.0), bid(BOB, 8.0, 20.0))
    assert (held(market, MAKER), held(market, BOB)) == (8.0, 2.0)
    assert cash(market, BOB) == 1e5 - 40.0


def test_bids_below_the_reserve_after_the_end_and_without_margin_are_refused() -> None:
    market = world()
    execute(market, cover(10.0), offer(10.0, 5.0))
    refused = execute(
        market, bid(BOB, 1.0, 4.0), bid(ALICE, 1.0, 10.0), bid(BOB, 2e4, 6.0), sent(Kind.OPTION_ALLOT, BOB, target=0)
    )
    assert fates(refused) == ["LIMIT", "NOT_ALLOWED", "UNHEALTHY", "NOT_ALLOWED"]
    late = bid(BOB, 1.0, 6.0)
    execute_block(market.state, late, CLOSES_S, BOB, BOB)
    assert fates(late) == ["CLOSED"]


def test_no_more_is_offered_than_is_covered_and_puts_cannot_be() -> None:
    market = world()
    rows = execute(market, cover(3.0), cover(1.0, target=PUT), offer(10.0, 5.0), offer(1.0, 5.0))
    assert fates(rows) == ["FILLED", "NOT_ALLOWED", "FILLED", "NO_LIQUIDITY"]
    assert market.tables.option_sales["amount"][0] == 3.0
    assert fates(execute(market, sent(Kind.OPTION_UNCOVER, ALICE))) == ["NO_LIQUIDITY"]


def test_an_auction_that_is_opened_too_late_sells_nothing_and_gives_all_bids_back() -> None:
    market = world()
    execute(market, cover(10.0), offer(10.0, 5.0), bid(BOB, 10.0, 30.0))
    assert cash(market, BOB) == 1e5 - 300.0
    assert fates(opened(market, HOUR_S)) == ["FILLED"]
    assert (cash(market, BOB), held(market, BOB), market.tables.option_sales["sold"][0]) == (1e5, 0.0, 0.0)


def test_nobody_is_shown_bids() -> None:
    from market.access.public import table_views

    shown = {name for view in table_views().values() for name, _, _ in view.described}
    assert "option_bids" not in table_views()
    assert "money" not in shown


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from((BOB, MAKER, OTHER_MAKER)), st.floats(0.1, 20.0), st.floats(1.0, 100.0))),
    st.floats(0.5, 30.0),
    st.floats(0.0, 60.0),
)
def test_any_auction_has_one_price_that_nobody_outbids_in_vain(
    bids: list[tuple[int, float, float]], amount: float, reserve: float
) -> None:
    market = world()
    opening = totals(market.tables)
    rows = execute(market, cover(amount), offer(amount, reserve), *(bid(*each) for each in bids))
    last = {
        who: (calls, price) for (who, calls, price), row in zip(bids, fates(rows)[2:], strict=True) if row == "FILLED"
    }
    assert fates(opened(market)) == ["FILLED"]
    check_ledger(market.tables, opening)
    price, taken = (float(market.tables.option_sales[name][0]) for name in ("price", "sold"))
    on_offer = float(market.tables.option_sales["amount"][0])
    assert price >= reserve
    assert -held(market, ALICE) == taken == sum(held(market, who) for who in last) <= on_offer
    for who, (calls, limit) in last.items():
        got = held(market, who)
        assert cash(market, who) == pytest.approx(1e5 - got * price)
        assert got == 0.0 or price <= limit
        if limit > price:  # whoever bids more has all
            assert got == pytest.approx(calls, abs=2.0 * options.STEP)
    wanted = sum(calls for calls, _ in last.values())
    assert taken == pytest.approx(min(wanted, on_offer), abs=4.0 * options.STEP)
    if taken < on_offer:
        assert price == reserve


# -- what becomes of it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moved", [0.7, 1.0, 1.3])
@pytest.mark.parametrize("exercise", ["automatic", "holder"])
def test_who_writes_a_covered_call_ends_with_the_lesser_of_price_and_strike_and_the_premium(
    moved: float, exercise: str
) -> None:
    """Paid in the underlying: min(S, K) + premium a unit, to the last unit that is not sold, whose cover comes back."""
    market, price = world(), moved * ETH_USD
    before, opening = [ether(market, who) for who in (ALICE, BOB)], totals(market.tables)
    execute(market, cover(10.0), offer(8.0, 5.0), bid(BOB, 8.0, 30.0))
    opened(market)
    strike = float(market.tables.options["strike"][CALL])
    assert strike == ETH_USD
    terms = {"exercise": exercise, "exercise_s": 60.0}
    if exercise == "holder":
        market = world(**terms)
        execute(market, cover(10.0), offer(8.0, 5.0), bid(BOB, 8.0, 30.0))
        opened(market)
    expired_at(market, price, **terms)
    if exercise == "holder" and moved > 1.0:
        row = sent(Kind.OPTION_EXERCISE, BOB, amount=8.0)
        execute_block(market.state, row, HOUR_S + 1.0, BOB, BOB)
        assert fates(row) == ["FILLED"]
    if exercise == "holder":
        Calendar(market, config(rollup("a", options=(chain(**terms),)), rollup("b"))).tick(HOUR_S + 60.0)
    check_ledger(market.tables, opening)
    payoff = max(price - strike, 0.0)
    gained = (ether(market, ALICE) - before[0]) * price
    assert gained == pytest.approx(-8.0 * payoff)
    assert 8.0 * price + gained + cash(market, ALICE) == pytest.approx(8.0 * (min(price, strike) + 30.0))
    assert (ether(market, BOB) - before[1]) * price == pytest.approx(8.0 * payoff)
    assert cash(market, BOB) == pytest.approx(1e5 - 240.0)
    assert market.tables.option_markets["paid"][0] == pytest.approx(8.0 * payoff)
    assert not market.tables.option_positions["cover"].any()


def test_covered_calls_need_no_margin_and_uncovered_ones_beside_them_do() -> None:
    market = sold(bid(BOB, 10.0, 30.0))
    equity, maintenance, initial = options.margin_of(market.state, ALICE)
    assert (equity, maintenance, initial) == (300.0, 0.0, 0.0)
    assert fates(execute(market, sent(Kind.OPTION_WITHDRAW, ALICE, target=ALICE, amount=300.0))) == ["FILLED"]
    quote = sent(Kind.OPTION_QUOTE, MAKER, amount=5.0, limit=20.0, asset_in=USD, asset_out=ETH)
    sale = sent(Kind.OPTION_TRADE, ALICE, amount=1.0, asset_in=ETH, asset_out=USD)
    assert fates(execute(market, quote, sale)) == ["FILLED", "UNHEALTHY"]
    deposit = sent(Kind.OPTION_DEPOSIT, ALICE, target=ALICE, amount=1e4)
    assert fates(execute(market, deposit, sale)) == ["FILLED", "FILLED"]
    assert options.margin_of(market.state, ALICE)[1] > 0.0


def test_covered_and_uncovered_calls_are_paid_together() -> None:
    """Of eleven calls ten are covered: their holders have ten elevenths in the underlying, the rest in money."""
    market = sold(bid(BOB, 10.0, 30.0))
    quote = sent(Kind.OPTION_QUOTE, MAKER, amount=5.0, limit=20.0, asset_in=USD, asset_out=ETH)
    deposit = sent(Kind.OPTION_DEPOSIT, ALICE, target=ALICE, amount=1e4)
    sale = sent(Kind.OPTION_TRADE, ALICE, amount=1.0, asset_in=ETH, asset_out=USD)
    assert set(fates(execute(market, quote, deposit, sale))) == {"FILLED"}
    opening, before = totals(market.tables), [ether(market, who) for who in (BOB, MAKER)]
    money = [cash(market, who) for who in (BOB, MAKER, ALICE)]
    price = 1.1 * ETH_USD
    expired_at(market, price)
    check_ledger(market.tables, opening)
    payoff = price - ETH_USD
    for who, was, calls in ((BOB, before[0], 10.0), (MAKER, before[1], 1.0)):
        assert (ether(market, who) - was) * price == pytest.approx(calls * payoff * 10.0 / 11.0)
    changes = [cash(market, who) - was for who, was in zip((BOB, MAKER, ALICE), money, strict=True)]
    assert changes == pytest.approx([10.0 * payoff / 11.0, payoff / 11.0, -payoff])


def test_calls_that_were_bought_back_leave_their_cover_free() -> None:
    market = sold(bid(BOB, 10.0, 30.0))
    quote = sent(Kind.OPTION_QUOTE, MAKER, amount=4.0, limit=20.0, asset_in=ETH, asset_out=USD)
    trade = sent(Kind.OPTION_TRADE, ALICE, amount=4.0, asset_in=USD, asset_out=ETH)
    assert fates(execute(market, quote, trade)) == ["FILLED", "FILLED"]
    assert equity_of(market.state, ALICE) == pytest.approx(300.0 - 80.0)
    before = ether(market, ALICE)
    execute(market, sent(Kind.OPTION_UNCOVER, ALICE, amount=100.0))
    assert ether(market, ALICE) == before + 4.0
