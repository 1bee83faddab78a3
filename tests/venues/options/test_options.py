"""Options: quotes and who may take them, margin, expiries, and that equity is marks and cash at every moment."""

from __future__ import annotations

from statistics import NormalDist
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

from market.config import OptionsConfig, PerpetualConfig
from market.genesis import World
from market.sequencing.ordering.cancel_first import cancellations
from market.settings import DAY_S, YEAR_S
from market.state.ledger import totals
from market.venues import Kind
from market.venues.options import instrument
from market.venues.options import rules as options
from market.venues.options.clock import Calendar

WEEK_S = 7.0 * DAY_S
PLAIN: dict[str, Any] = {"expiries_s": (WEEK_S, 2.0 * WEEK_S), "strikes": 3, "step": 0.2, "fee_bp": 0.0}
DEEP_CALL, DEEP_PUT, CALL, PUT, HIGH_CALL = range(5)
"""Series of the first expiry: calls and puts, strikes ascending; the middle one is at the price."""
CASH = 2e5


def chain(**terms: Any) -> OptionsConfig:
    return OptionsConfig(**PLAIN | terms)


def world(*, paid: bool = True, beside: tuple[PerpetualConfig, ...] = (), **terms: Any) -> World:
    """A market of options on the first of two rollups, where Alice, Bob and both makers have paid in margin."""
    market = founded(rollup("a", options=(chain(**terms),), perpetuals=beside), rollup("b"))
    if paid:
        rows = [sent(Kind.OPTION_DEPOSIT, who, target=who, amount=CASH) for who in (ALICE, BOB, MAKER, OTHER_MAKER)]
        assert set(fates(execute(market, *rows))) == {"FILLED"}
    return market


def sent(kind: int, sender: int, *, buy: bool = True, **fields: Any) -> np.ndarray:
    sides = {"asset_in": USD if buy else ETH, "asset_out": ETH if buy else USD}
    return intent(kind, sender, **{"venue": 0, "rollup": 0, "target": CALL, "amount": 1.0} | sides | fields)


def ask(price: float, sender: int = MAKER, **fields: Any) -> np.ndarray:
    return sent(Kind.OPTION_QUOTE, sender, buy=False, limit=price, **fields)


def bid(price: float, sender: int = MAKER, **fields: Any) -> np.ndarray:
    return sent(Kind.OPTION_QUOTE, sender, limit=price, **fields)


def trade(sender: int = ALICE, **fields: Any) -> np.ndarray:
    return sent(Kind.OPTION_TRADE, sender, **fields)


def equity(market: World, who: int) -> float:
    return instrument.equity_of(market.state, who)


def held(market: World, who: int, series: int = CALL) -> float:
    return float(market.tables.option_positions["quantity"][options.position_of(market.state, who, series)])


def passes(market: World, *times: float, **terms: Any) -> None:
    """Let time go by, with a look of the venue at each of these."""
    listed = config(rollup("a", options=(chain(**terms),)), rollup("b"))
    calendar = Calendar(market, listed)
    for time in times:
        calendar.tick(time)


def post(market: World, price: float) -> None:
    """Let the oracle say a price."""
    market.tables.feeds["price"][int(market.tables.option_markets["feed"][0])] = price


# -- the chain ---------------------------------------------------------------------------------------------------------


def test_a_chain_has_a_call_and_a_put_at_every_strike_of_every_expiry() -> None:
    series = world().tables.options
    assert series["expires"].tolist() == [WEEK_S] * 6 + [2.0 * WEEK_S] * 6
    assert series["call"].tolist() == [1.0, 0.0] * 6
    assert series["strike"][:6] == pytest.approx(ETH_USD * np.exp([-0.2, -0.2, 0.0, 0.0, 0.2, 0.2]))


def test_strikes_by_delta_have_equal_steps_of_delta_and_by_deviations_of_deviations() -> None:
    sd = 0.8 * np.sqrt(WEEK_S / YEAR_S)
    strike = world(spaced="delta", strikes=9).tables.options["strike"][:18:2]
    d1 = np.log(ETH_USD / strike) / sd + 0.5 * sd
    assert [NormalDist().cdf(x) for x in d1] == pytest.approx(np.arange(0.9, 0.05, -0.1))
    strike = world(spaced="deviations", step=0.5, strikes=5).tables.options["strike"][:10:2]
    assert np.diff(np.log(strike)) == pytest.approx(np.full(4, 0.5 * sd))


# -- quotes ------------------------------------------------------------------------------------------------------------


def test_the_best_price_is_taken_first_and_of_equal_prices_the_one_made_first() -> None:
    market = world()
    quotes = [ask(100.0, OTHER_MAKER, amount=2.0), ask(90.0, amount=1.0), ask(100.0, amount=5.0)]
    assert set(fates(execute(market, *quotes))) == {"FILLED"}
    # the second quote of MAKER has replaced its first, and stands behind that of the other
    assert market.tables.options[["ask", "ask_size"]][CALL].tolist() == (100.0, 2.0)
    [receipt] = execute(market, trade(amount=3.0))
    assert (receipt["filled_in"], receipt["filled_out"]) == (300.0, 3.0)
    assert (held(market, ALICE), held(market, OTHER_MAKER), held(market, MAKER)) == (3.0, -2.0, -1.0)


def test_a_trade_goes_on_to_worse_quotes_down_to_its_limit() -> None:
    market = world()
    execute(market, ask(90.0, amount=1.0), ask(100.0, OTHER_MAKER, amount=2.0))
    [receipt] = execute(market, trade(amount=10.0, limit=95.0))
    assert (receipt["filled_in"], receipt["filled_out"]) == (90.0, 1.0)
    assert fates(execute(market, trade(limit=95.0))) == ["LIMIT"]
    [receipt] = execute(market, trade(amount=10.0))
    assert (receipt["filled_in"], receipt["filled_out"]) == (200.0, 2.0)
    assert fates(execute(market, trade())) == ["NO_LIQUIDITY"]
    assert market.tables.options[["ask", "asker"]][CALL].tolist() == (0.0, -1.0)


def test_one_sells_on_bids() -> None:
    market = world()
    execute(market, bid(80.0, amount=2.0), bid(85.0, OTHER_MAKER, amount=1.0))
    assert fates(execute(market, trade(buy=False, amount=2.0, limit=86.0))) == ["LIMIT"]
    [receipt] = execute(market, trade(buy=False, amount=2.0))
    assert (receipt["filled_in"], held(market, ALICE)) == (165.0, -2.0)


def test_a_quote_that_is_named_is_taken_whatever_the_best_one() -> None:
    market = world()
    execute(market, ask(90.0), ask(100.0, OTHER_MAKER))
    there = int(np.flatnonzero(market.tables.option_quotes["ask"] == 100.0)[0])
    [receipt] = execute(market, sent(Kind.OPTION_TAKE, ALICE, target=there, amount=7.0))
    assert (receipt["filled_in"], receipt["filled_out"]) == (100.0, 1.0)
    assert fates(execute(market, sent(Kind.OPTION_TAKE, ALICE, target=there))) == ["NO_LIQUIDITY"]


def test_nobody_trades_with_himself() -> None:
    market = world()
    execute(market, ask(90.0))
    there = int(market.tables.options["asker"][CALL])
    assert fates(execute(market, trade(MAKER), sent(Kind.OPTION_TAKE, MAKER, target=there))) == [
        "NO_LIQUIDITY", "NOT_ALLOWED",
    ]  # fmt: skip


def test_only_makers_quote() -> None:
    market = world(makers=1)
    rows = [ask(90.0), ask(90.0, OTHER_MAKER), ask(90.0, ALICE), sent(Kind.OPTION_CANCEL, ALICE, target=-1)]
    assert fates(execute(market, *rows)) == ["FILLED", "NOT_ALLOWED", "NOT_ALLOWED", "NOT_ALLOWED"]


def test_a_stale_quote_is_sniped_by_whoever_comes_before_its_cancellation() -> None:
    """First come decides the race; a block that takes cancellations first lets nobody win it."""
    for first, fate in ((True, ["FILLED", "FILLED"]), (False, ["FILLED", "NO_LIQUIDITY"])):
        market = world()
        execute(market, ask(90.0))
        post(market, 1.2 * ETH_USD)
        race = [trade(BOB, limit=90.0), sent(Kind.OPTION_CANCEL, MAKER, target=-1)]
        assert fates(execute(market, *(race if first else reversed(race)))) == fate
    rows = np.concatenate([trade(BOB), sent(Kind.OPTION_CANCEL, MAKER), ask(1.0), sent(Kind.OPTION_REQUOTE, MAKER)])
    assert cancellations(rows).tolist() == [False, True, True, True]


def test_a_sheet_makes_all_quotes_anew_at_a_price_of_the_underlying() -> None:
    market = world()
    sheet: dict[str, Any] = {"target": -1, "amount": 4.0}
    rows = [
        sent(Kind.OPTION_SHEET, MAKER, limit=0.7, **sheet),
        sent(Kind.OPTION_SHEET, MAKER, buy=False, limit=0.9, **sheet),
    ]
    assert fates(execute(market, *rows)) == ["FILLED", "FILLED"]
    chain = market.tables.options
    assert not chain["bid"].any() and not chain["ask"].any()
    assert fates(execute(market, sent(Kind.OPTION_REQUOTE, MAKER, target=-1, amount=2600.0, limit=0.05))) == ["FILLED"]
    for at in range(len(chain)):
        assert chain["bid"][at] == instrument.value_at(market.state, at, 2600.0, 0.7 + 0.05, 0.0)
        assert chain["ask"][at] == instrument.value_at(market.state, at, 2600.0, 0.9 + 0.05, 0.0)
    assert np.all(chain["bid_size"] == 4.0)
    # one expiry alone; a shift that leaves no volatility takes quotes back
    rows = [
        sent(Kind.OPTION_REQUOTE, MAKER, target=0, amount=2500.0),
        sent(Kind.OPTION_REQUOTE, MAKER, target=1, amount=2500.0, limit=-0.8),
    ]
    assert fates(execute(market, *rows)) == ["FILLED", "FILLED"]
    assert chain["bid"][0] == instrument.value_at(market.state, 0, 2500.0, 0.7, 0.0)
    assert not chain["bid_size"][6:].any() and chain["ask_size"][6:].all()
    assert fates(execute(market, sent(Kind.OPTION_CANCEL, MAKER, target=-1))) == ["FILLED"]
    assert not chain["bid_size"].any() and not chain["ask_size"].any()


@pytest.mark.parametrize(
    ("fields", "fate"),
    [
        ({"amount": 0.0}, "BAD_AMOUNT"), ({"amount": np.nan}, "BAD_AMOUNT"), ({"amount": 1e-7}, "BAD_AMOUNT"),
        ({"limit": 0.0}, "BAD_AMOUNT"), ({"limit": np.inf}, "BAD_AMOUNT"), ({"target": -1}, "WRONG_VENUE"),
        ({"target": 12}, "WRONG_VENUE"), ({"venue": 1}, "WRONG_VENUE"), ({"rollup": 1}, "WRONG_VENUE"),
    ],
)  # fmt: skip
def test_what_is_no_quote_is_refused_and_changes_nothing(fields: dict[str, Any], fate: str) -> None:
    market = world()
    before = market.state.cells.tobytes()
    assert fates(execute(market, sent(Kind.OPTION_QUOTE, MAKER, **{"limit": 5.0} | fields))) == [fate]
    assert market.state.cells.tobytes() == before


# -- margin ------------------------------------------------------------------------------------------------------------


def test_margin_of_what_is_owed_is_that_of_the_published_example() -> None:
    """Short calls at S 2000, sigma .8, a week: initial and maintenance margin with the mark (K13)."""
    published = {1600.0: (701.618, 581.618), 2000.0: (388.351, 268.351), 2400.0: (265.055, 185.055)}
    market = world()
    post(market, 2000.0)
    for strike, margins in published.items():
        market.tables.options["strike"][CALL] = strike
        worth = instrument.mark(market.state, CALL)
        market.tables.option_positions["quantity"][options.position_of(market.state, ALICE, CALL)] = -1.0
        maintenance, initial = instrument.requirement(market.state, ALICE)
        assert (initial + worth, maintenance + worth) == pytest.approx(margins, abs=6e-4)


def test_what_is_held_is_no_margin_for_what_is_owed() -> None:
    market = world()
    execute(market, ask(100.0, amount=10.0))
    execute(market, trade(amount=10.0))
    free = equity(market, ALICE) - instrument.requirement(market.state, ALICE)[1]
    assert free == pytest.approx(CASH - 1000.0)
    most = sent(Kind.OPTION_WITHDRAW, ALICE, target=ALICE, amount=free + 1e-6)
    assert fates(execute(market, most)) == ["UNHEALTHY"]
    most["amount"] = free - 1e-6
    assert fates(execute(market, most)) == ["FILLED"]


def test_a_trade_needs_initial_margin_and_a_quote_without_it_is_taken_out() -> None:
    market = world()
    execute(market, ask(100.0, amount=1e4), ask(101.0, OTHER_MAKER, amount=1.0), bid(80.0, amount=1e3))
    assert fates(execute(market, trade(buy=False, amount=900.0))) == ["UNHEALTHY"]
    # MAKER cannot owe 900: the trade goes on to the other one
    [receipt] = execute(market, trade(amount=900.0))
    assert (receipt["filled_in"], receipt["filled_out"]) == (101.0, 1.0)
    assert market.tables.options["ask_size"][CALL] == 0.0


def test_contracts_and_options_of_one_account_offset() -> None:
    """A call that is owed, hedged with a perpetual: what one loses the other gains, and the margin account has both."""
    future = PerpetualConfig(traders=0, fee_bp=0.0, spread_bp=0.0, depth_usd=1e30)
    market = world(beside=(future,), share_margin=True)
    opening = totals(market.tables)
    contracts = market.tables.contracts
    mine = int(np.flatnonzero(contracts["owner"] == MAKER)[0])
    hedge = intent(Kind.PERPETUAL_TRADE, MAKER, venue=0, rollup=0, target=mine, amount=1.0, asset_in=USD, asset_out=ETH)
    execute(market, ask(2500.0, target=DEEP_CALL))
    assert fates(execute(market, trade(target=DEEP_CALL), hedge)) == ["FILLED", "FILLED"]
    before = options.margin_of(market.state, MAKER)[0]
    alone = equity(market, MAKER)
    post(market, 3.0 * ETH_USD)
    check_ledger(market.tables, opening)
    assert equity(market, MAKER) - alone == pytest.approx(-2.0 * ETH_USD, rel=0.02)
    assert options.margin_of(market.state, MAKER)[0] - before == pytest.approx(0.0, abs=0.02 * ETH_USD)
    assert options.margin_of(market.state, OTHER_MAKER)[0] == CASH


def test_a_fee_is_on_the_underlying_and_at_most_a_part_of_the_premium() -> None:
    for price, fee in ((100.0, 3e-4 * ETH_USD), (1.0, 0.125)):
        market = world(fee_bp=3.0)
        execute(market, ask(price))
        fees = int(market.tables.option_markets["fee_account"][0])
        execute(market, trade())
        assert market.tables.balance[fees, 0, USD] == pytest.approx(fee)
        check_ledger(market.tables, totals(market.tables))


# -- expiry ------------------------------------------------------------------------------------------------------------


def bought(**terms: Any) -> World:
    """Alice holds two calls and owes a put at the money, both with MAKER."""
    market = world(**terms)
    execute(market, ask(100.0, amount=2.0), bid(60.0, target=PUT))
    assert fates(execute(market, trade(amount=2.0), trade(buy=False, target=PUT))) == ["FILLED", "FILLED"]
    return market


def test_at_expiry_options_are_paid_at_the_oracles_price_and_their_rows_listed_anew() -> None:
    market = bought()
    opening, began = totals(market.tables), equity(market, ALICE) - 2.0 * instrument.mark(market.state, CALL)
    began += instrument.mark(market.state, PUT)
    execute(market, ask(500.0))
    post(market, 2700.0)
    passes(market, WEEK_S)
    assert equity(market, ALICE) == pytest.approx(began + 2.0 * 200.0)
    assert equity(market, MAKER) + equity(market, ALICE) == pytest.approx(2.0 * CASH)
    assert held(market, ALICE) == held(market, ALICE, PUT) == 0.0
    series = market.tables.options
    assert series["expires"][:6].tolist() == [2.0 * WEEK_S] * 6
    assert series["strike"][CALL] == 2700.0
    assert not series["ask_size"].any() and not series["open"].any()
    assert market.tables.option_markets["paid"][0] == pytest.approx(400.0)
    check_ledger(market.tables, opening)


def test_an_expiry_that_is_not_rolled_stays_over() -> None:
    market = bought(roll=False)
    passes(market, WEEK_S, WEEK_S + 1.0, 2.5 * WEEK_S, roll=False)
    assert market.tables.option_expiries["over"].tolist() == [1.0, 1.0]
    assert market.tables.option_markets["due"][0] == np.inf
    assert fates(execute(market, ask(90.0), time=2.5 * WEEK_S)) == ["CLOSED"]


def test_a_long_gap_between_two_looks_rolls_an_expiry_as_often_as_it_passed() -> None:
    market = world()
    passes(market, 3.5 * WEEK_S)
    assert market.tables.option_expiries["expires"].tolist() == [4.0 * WEEK_S, 4.0 * WEEK_S]


def test_nobody_trades_from_expiry_on() -> None:
    market = world()
    execute(market, ask(100.0))
    assert fates(execute(market, trade(), time=WEEK_S)) == ["CLOSED"]
    assert fates(execute(market, trade(), time=np.nextafter(WEEK_S, 0.0))) == ["FILLED"]


def test_options_are_paid_at_the_mean_of_prints_and_marked_at_what_is_left_open() -> None:
    """Four prints: once two are in, half a unit of the price is open; what the others cannot change is certain."""
    terms = {"prints": 4, "spacing_s": 600.0}
    market = bought(**terms)
    prices = (2600.0, 2700.0, 2400.0, 2900.0)
    for number, price in enumerate(prices[:2]):
        post(market, price)
        passes(market, WEEK_S - 600.0 * (3 - number), **terms)
    assert market.tables.option_expiries["printed"][0] == 2.0
    post(market, 9000.0)
    assert instrument.mark(market.state, CALL) == pytest.approx((2600.0 + 2700.0 + 2 * 9000.0) / 4.0 - ETH_USD)
    for number, price in enumerate(prices[2:]):
        post(market, price)
        passes(market, WEEK_S - 600.0 * (1 - number), **terms)
    assert market.tables.option_markets["paid"][0] == pytest.approx(2.0 * (np.mean(prices) - ETH_USD))


def test_whoever_orders_chooses_the_block_of_a_print_within_its_window() -> None:
    terms = {"window_s": 30.0}
    market = bought(**terms)
    ask_for = sent(Kind.OPTION_PRINT, BOB, target=0)
    passes(market, WEEK_S - 1.0, **terms)
    assert fates(execute(market, ask_for, time=WEEK_S - 1.0)) == ["NOT_ALLOWED"]
    passes(market, WEEK_S, WEEK_S + 10.0, **terms)
    assert market.tables.option_expiries["printed"][0] == 0.0
    post(market, 2750.0)
    assert fates(execute(market, ask_for, ask_for, time=WEEK_S + 10.0)) == ["FILLED", "CLOSED"]
    post(market, 2500.0)
    passes(market, WEEK_S + 12.0, **terms)
    assert market.tables.option_markets["paid"][0] == pytest.approx(500.0)
    # who asks nobody has it taken at the end of the window
    market = bought(**terms)
    post(market, 2600.0)
    passes(market, WEEK_S + 29.0, **terms)
    assert market.tables.option_markets["paid"][0] == 0.0
    passes(market, WEEK_S + 30.0, **terms)
    assert market.tables.option_markets["paid"][0] == pytest.approx(200.0)


def test_what_holders_do_not_exercise_in_time_lapses_to_those_who_owe_it() -> None:
    terms = {"exercise": "holder", "exercise_s": 60.0}
    market = world(**terms)
    opening = totals(market.tables)
    execute(market, ask(100.0, amount=3.0), ask(110.0, OTHER_MAKER, amount=1.0))
    assert fates(execute(market, trade(amount=3.0), trade(BOB))) == ["FILLED", "FILLED"]
    post(market, 2600.0)
    exercise = sent(Kind.OPTION_EXERCISE, ALICE, amount=2.0)
    assert fates(execute(market, exercise, time=WEEK_S - 1.0)) == ["CLOSED"]
    passes(market, WEEK_S, **terms)
    assert fates(execute(market, exercise, time=WEEK_S + 1.0)) == ["FILLED"]
    assert fates(execute(market, sent(Kind.OPTION_EXERCISE, BOB, target=-1), time=WEEK_S + 60.0)) == ["CLOSED"]
    passes(market, WEEK_S + 60.0, **terms)
    # of four options two were exercised: whoever owes three pays three quarters of that
    cash = [CASH - 300.0 + 200.0, CASH - 110.0, CASH + 300.0 - 150.0, CASH + 110.0 - 50.0]
    assert [equity(market, who) for who in (ALICE, BOB, MAKER, OTHER_MAKER)] == pytest.approx(cash)
    assert market.tables.option_markets[["paid", "lapsed"]][0].tolist() == pytest.approx((200.0, 200.0))
    check_ledger(market.tables, opening)


def test_what_is_automatic_needs_no_exercise() -> None:
    market = bought()
    assert fates(execute(market, sent(Kind.OPTION_EXERCISE, ALICE), time=WEEK_S)) == ["NOT_ALLOWED"]


@pytest.mark.parametrize("fund", [1e7, 100_000.0, 0.0])
def test_what_an_account_cannot_pay_the_fund_does_and_then_those_who_gained(fund: float) -> None:
    market = world(fund_usd=fund)
    opening = totals(market.tables)
    execute(market, ask(100.0, amount=400.0))
    assert fates(execute(market, trade(amount=300.0), trade(BOB, amount=100.0))) == ["FILLED", "FILLED"]
    post(market, 2.0 * ETH_USD)
    passes(market, WEEK_S)
    check_ledger(market.tables, opening)
    owed, could = 400.0 * ETH_USD, CASH + 400.0 * 100.0
    insured = min(fund, owed - could)
    missing = owed - could - insured
    row = market.tables.option_markets[0]
    assert (row["insured"], row["socialised"]) == pytest.approx((insured, missing))
    assert equity(market, MAKER) == pytest.approx(0.0, abs=1e-6)
    assert equity(market, ALICE) == pytest.approx(CASH - 3e4 + 0.75 * (owed - missing))
    assert equity(market, BOB) == pytest.approx(CASH - 1e4 + 0.25 * (owed - missing))


# -- at every moment ---------------------------------------------------------------------------------------------------

ACTS = (
    Kind.OPTION_QUOTE,
    Kind.OPTION_TRADE,
    Kind.OPTION_TRADE,
    Kind.OPTION_SHEET,
    Kind.OPTION_REQUOTE,
    Kind.OPTION_TAKE,
)


def _random(market: World, rng: np.random.Generator, time: float) -> np.ndarray:
    kind = ACTS[int(rng.integers(len(ACTS)))]
    sender = int(rng.choice((ALICE, BOB, MAKER, OTHER_MAKER)))
    row = sent(
        kind, sender, buy=bool(rng.random() < 0.5), target=int(rng.integers(12)), amount=float(rng.exponential(3.0))
    )
    if kind == Kind.OPTION_QUOTE:
        fair = instrument.mark(market.state, int(row["target"][0]))
        row["limit"] = fair * (1.0 + rng.normal(0.0, 0.1)) + 1e-9
    elif kind == Kind.OPTION_SHEET:
        row["limit"] = rng.uniform(0.4, 1.2)
    elif kind == Kind.OPTION_REQUOTE:
        row["amount"], row["target"] = ETH_USD * rng.uniform(0.9, 1.1), int(rng.integers(-1, 2))
    elif kind == Kind.OPTION_TAKE:
        row["target"] = int(rng.integers(24))
    return row


@pytest.mark.slow
@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1))
def test_equities_are_marks_and_cash_and_add_up_to_the_vault(seed: int) -> None:
    """Through quotes, trades, moves of the price, prints, expiries and defaults."""
    rng = np.random.default_rng(seed)
    terms = {
        "prints": 3,
        "spacing_s": 3600.0,
        "exercise": "holder",
        "exercise_s": DAY_S,
        "fee_bp": 3.0,
        "fund_usd": 1e3,
    }
    market = world(**terms)
    opening, time = totals(market.tables), 0.0
    vault = int(market.tables.option_markets["account"][0])
    for _ in range(60):
        time += rng.exponential(0.05) * WEEK_S
        post(market, ETH_USD * float(np.exp(rng.normal(0.0, 0.3))))
        passes(market, time, **terms)
        exercised = [sent(Kind.OPTION_EXERCISE, ALICE, target=-1, amount=1e6)]
        execute(market, *[_random(market, rng, time) for _ in range(6)], *exercised, time=time)
        check_ledger(market.tables, opening)
        equities = [equity(market, who) for who in range(5)]
        there = market.tables.balance[vault, 0, USD]
        scale = max(there, np.abs(market.tables.option_accounts["cash"]).sum())
        assert abs(sum(equities) - there) <= 1e-9 * scale
        for who in range(5):
            marks = sum(held(market, who, at) * instrument.mark(market.state, at) for at in range(12))
            cash = market.tables.option_accounts["cash"][who]
            assert equities[who] == pytest.approx(cash + marks, rel=1e-12, abs=1e-9)
