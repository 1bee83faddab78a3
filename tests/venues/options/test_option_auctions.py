"""Margin and close-out of accounts of options: models by name, auctions of shares, who pays what is missing."""

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
    OPERATOR,
    OTHER_MAKER,
    USD,
    check_ledger,
    execute,
    fates,
    founded,
    intent,
    rollup,
)  # fmt: skip

from market.config import OptionsConfig, PerpetualConfig
from market.errors import InputError
from market.genesis import World
from market.settings import DAY_S
from market.state.ledger import Why, totals
from market.venues import Kind
from market.venues.options import auctions, instrument
from market.venues.options import rules as options
from market.venues.perpetuals import instrument as contracts
from market.venues.perpetuals import rules as perpetuals

WEEK_S = 7.0 * DAY_S
DEEP_CALL, DEEP_PUT, CALL, PUT, HIGH_CALL, HIGH_PUT = range(6)
"""Series of the first expiry: calls and puts, strikes ascending; the middle one is at the price."""
EVERYBODY = (ALICE, BOB, MAKER, OTHER_MAKER, OPERATOR)
START, TAKE, END, CLOSE = (Kind[f"OPTION_AUCTION_{act}"] for act in ("START", "TAKE", "END", "CLOSE"))
FUTURE = PerpetualConfig(
    traders=0, fee_bp=0.0, spread_bp=0.0, depth_usd=1e30, fund_usd=0.0, max_leverage=10.0, maintenance=0.02,
    leverage_high=5.0,
)  # fmt: skip


def house(cash: float = 2e5, stake: float = 0.0, beside: tuple[PerpetualConfig, ...] = (), **terms: Any) -> World:
    """A market of options on the first of two rollups, where everybody has paid in margin."""
    plain: dict[str, Any] = {
        "expiries_s": (WEEK_S, 2.0 * WEEK_S), "strikes": 3, "step": 0.2, "fee_bp": 0.0, "fund_usd": 0.0
    }  # fmt: skip
    listed = OptionsConfig(**plain | terms)
    world = founded(rollup("a", options=(listed,), perpetuals=beside, security_usd=stake), rollup("b"))
    rows = [ask(Kind.OPTION_DEPOSIT, who, who, amount=cash) for who in EVERYBODY]
    assert set(do(world, *rows)) == {"FILLED"}
    return world


def ask(kind: int, sender: int, target: int, **fields: Any) -> np.ndarray:
    return intent(kind, sender, **({"venue": 0, "rollup": 0, "target": target, "amount": 1.0} | fields))


def do(world: World, *rows: np.ndarray, time: float = 0.0) -> list[str]:
    """Execute; coins, sizes and equities add up afterwards."""
    opening = totals(world.tables)
    found = fates(execute(world, *rows, time=time))
    check_ledger(world.tables, opening)
    check_books(world)
    return found


def check_books(world: World) -> None:
    """As many options are held as are owed, and equities add up to what the vault holds."""
    table = world.tables.option_positions
    for series in range(12):
        assert table["quantity"][table["series"] == series].sum() == 0.0
    vault = int(world.tables.option_markets["account"][0])
    equities = sum(instrument.equity_of(world.state, who) for who in EVERYBODY)
    equities += sum(contracts.measure(world.state, at)[0] for at in range(len(world.tables.contracts)))
    held = world.tables.balance[vault, 0, USD]
    scale = np.abs(world.tables.option_accounts["cash"]).sum() + held
    assert equities == pytest.approx(held, abs=1e-9 * scale)


def give(world: World, seller: int, buyer: int, series: int, size: float) -> None:
    """Let somebody have sold options to somebody at their mark."""
    price = instrument.mark(world.state, series)
    options.shift(world.state, buyer, series, size, price)
    options.shift(world.state, seller, series, -size, price)


def post(world: World, price: float) -> None:
    world.tables.feeds["price"][int(world.tables.option_markets["feed"][0])] = price


def margin(world: World, who: int) -> tuple[float, float, float]:
    return options.margin_of(world.state, who)


def set_equity(world: World, who: int, equity: float) -> None:
    """Let somebody have cash so that equity is this, at the expense of Bob."""
    change = equity - margin(world, who)[0]
    cash = world.tables.option_accounts["cash"]
    cash[who] += change
    cash[BOB] -= change


def held(world: World, who: int, series: int) -> float:
    return float(world.tables.option_positions["quantity"][options.position_of(world.state, who, series)])


# -- requirements ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "first", "least"), [("derive", 0.15, 0.09), ("deribit", 0.15, 0.075)]
)  # fmt: skip
def test_a_writer_must_hold_what_the_model_says_of_a_short_call(model: str, first: float, least: float) -> None:
    world = house(margin=model)
    give(world, ALICE, BOB, CALL, 2.0)
    equity, maintenance, initial = margin(world, ALICE)
    # beyond the marks, which equity has counted
    assert (maintenance, initial) == pytest.approx((2.0 * least * ETH_USD, 2.0 * first * ETH_USD), rel=1e-12)
    keep = equity - initial
    withdraw = ask(Kind.OPTION_WITHDRAW, ALICE, ALICE, amount=keep * (1.0 + 1e-9))
    assert do(world, withdraw) == ["UNHEALTHY"]
    assert do(world, ask(Kind.OPTION_WITHDRAW, ALICE, ALICE, amount=keep * (1.0 - 1e-9))) == ["FILLED"]


def test_a_spread_is_bounded_by_its_payoff_under_derive_and_not_under_deribit() -> None:
    width = ETH_USD * (1.0 - np.exp(-0.2))
    for model, bounded in (("derive", True), ("deribit", False)):
        world = house(margin=model)
        give(world, ALICE, BOB, DEEP_CALL, 1.0)
        give(world, BOB, ALICE, CALL, 1.0)
        _, maintenance, initial = margin(world, ALICE)
        marks = instrument.mark(world.state, CALL) - instrument.mark(world.state, DEEP_CALL)
        assert (max(maintenance, initial) - marks <= width * (1.0 + 1e-12)) == bounded
        assert (maintenance - marks == pytest.approx(width, rel=1e-12)) == bounded


def test_perpetuals_offset_options_in_one_portfolio() -> None:
    """A call sold against the perpetual on it needs less than the call alone, and than by the rules of each venue."""
    needs = {}
    for model in ("derive", "portfolio"):
        world = house(margin=model, beside=(FUTURE,), share_margin=True)
        give(world, ALICE, BOB, CALL, 10.0)
        alone = margin(world, ALICE)[2]
        contract = contract_of(world, ALICE)
        buy = ask(Kind.PERPETUAL_TRADE, ALICE, contract, amount=5.0, asset_in=USD, asset_out=ETH)
        assert do(world, buy) == ["FILLED"]
        needs[model] = alone, margin(world, ALICE)[2]
        assert margin(world, ALICE) == pytest.approx(perpetuals.margin_of(world.state, contract), rel=1e-12)
    assert needs["derive"][1] == pytest.approx(needs["derive"][0] + 5.0 * 0.1 * ETH_USD, rel=1e-9)
    assert needs["portfolio"][1] < needs["portfolio"][0]


def contract_of(world: World, who: int) -> int:
    table, makers = world.tables.contracts, world.tables.perpetuals["maker"].astype(int)
    return next(at for at in np.flatnonzero(table["owner"] == who).tolist() if at not in makers)


def test_a_model_is_named_or_refused() -> None:
    with pytest.raises(InputError, match=r"rollups\.a\.options\.margin\.kind.*deribit, derive, portfolio"):
        house(margin="span")
    with pytest.raises(InputError, match=r"rollups\.a\.options\.deleveraging\.kind"):
        house(deleveraging="lottery")


# -- auctions ----------------------------------------------------------------------------------------------------------


def short(equity_over_margin: float, **terms: Any) -> World:
    """Alice has sold ten calls and five puts, and has so much of her maintenance margin."""
    world = house(**terms)
    give(world, ALICE, BOB, CALL, 10.0)
    give(world, ALICE, MAKER, PUT, 5.0)
    give(world, MAKER, ALICE, HIGH_CALL, 3.0)
    set_equity(world, ALICE, equity_over_margin * margin(world, ALICE)[1])
    return world


def test_only_an_account_under_its_margin_is_auctioned_and_once() -> None:
    world = short(1.001)
    assert do(world, ask(START, OTHER_MAKER, ALICE), ask(TAKE, OTHER_MAKER, ALICE)) == ["HEALTHY", "CLOSED"]
    world = short(0.9)
    rows = ask(START, OTHER_MAKER, ALICE), ask(START, OTHER_MAKER, ALICE), ask(END, OTHER_MAKER, ALICE)
    assert do(world, *rows) == ["FILLED", "NOT_ALLOWED", "UNHEALTHY"]
    assert do(world, ask(TAKE, ALICE, ALICE), ask(CLOSE, BOB, ALICE)) == ["NOT_ALLOWED", "NOT_ALLOWED"]
    assert do(world, ask(TAKE, BOB, ALICE, amount=1.5), ask(TAKE, BOB, 9)) == ["BAD_AMOUNT", "WRONG_VENUE"]
    assert do(world, ask(Kind.OPTION_DEPOSIT, ALICE, ALICE, amount=1e5), ask(END, BOB, ALICE)) == ["FILLED"] * 2
    assert world.tables.option_accounts["auctioned_at"][ALICE] == -1.0


def test_the_discount_is_derives() -> None:
    """5% at once, 30% after a quarter of an hour, all of it after twelve more hours."""
    world = short(0.9)
    found = [auctions.discount_after(world.state, 0, at) for at in (0.0, 450.0, 900.0, 900.0 + 21_600.0, 44_100.0, 1e6)]
    assert found == pytest.approx([0.05, 0.175, 0.3, 0.65, 1.0, 1.0], rel=1e-12)


@pytest.mark.parametrize("elapsed", [0.0, 600.0, 30_000.0])
@pytest.mark.parametrize("model", ["derive", "deribit", "portfolio"])
def test_as_much_is_sold_as_brings_the_account_back_to_its_buffer(model: str, elapsed: float) -> None:
    world = short(0.6, margin=model)
    equity, maintenance, _ = margin(world, ALICE)
    bidder = margin(world, OTHER_MAKER)[0]
    discount = auctions.discount_after(world.state, 0, elapsed)
    assert do(world, ask(START, OTHER_MAKER, ALICE)) == ["FILLED"]
    receipt = execute(world, ask(TAKE, OTHER_MAKER, ALICE), time=elapsed)[0]
    assert receipt["status"] == 1
    part = auctions.largest_part(equity, 1.15 * maintenance, discount)
    after, least, _ = margin(world, ALICE)
    assert after == pytest.approx(1.15 * least, rel=1e-6)
    assert least == pytest.approx((1.0 - part) * maintenance, rel=1e-6)
    assert held(world, OTHER_MAKER, CALL) == pytest.approx(-10.0 * part, rel=1e-6)
    gain = margin(world, OTHER_MAKER)[0] - bidder
    assert gain == pytest.approx(part * discount * equity, rel=1e-6)
    assert receipt["filled_out"] == pytest.approx(gain, rel=1e-9)
    assert equity - after == pytest.approx(gain, rel=1e-6)
    assert world.tables.option_accounts["auctioned_at"][ALICE] == -1.0
    assert do(world, ask(TAKE, OTHER_MAKER, ALICE)) == ["CLOSED"]


def test_parts_are_taken_by_several_and_limits_hold() -> None:
    world = short(0.5)
    assert do(world, ask(START, BOB, ALICE)) == ["FILLED"]
    takes = ask(TAKE, MAKER, ALICE, amount=0.1, limit=0.9), ask(TAKE, MAKER, ALICE, amount=0.1, limit=0.951)
    assert do(world, *takes) == ["LIMIT", "FILLED"]
    assert do(world, ask(TAKE, OTHER_MAKER, ALICE, amount=0.1)) == ["FILLED"]
    assert held(world, ALICE, CALL) == pytest.approx(-10.0 * 0.9 * 0.9, rel=1e-5)
    set_equity(world, OTHER_MAKER, margin(world, OTHER_MAKER)[2] * 1.0001)
    assert do(world, ask(TAKE, OTHER_MAKER, ALICE, amount=0.5)) == ["UNHEALTHY"]
    assert world.tables.option_accounts["auctioned_at"][ALICE] == 0.0


def test_whoever_takes_an_insolvent_account_is_paid_by_the_fund_and_then_by_the_stake() -> None:
    world = short(-0.2, fund_usd=100.0, stake=1e6)
    equity, maintenance, _ = margin(world, ALICE)
    assert do(world, ask(START, BOB, ALICE), ask(START, BOB, ALICE)) == ["FILLED", "NOT_ALLOWED"]
    before = margin(world, OTHER_MAKER)[0]
    assert do(world, ask(TAKE, OTHER_MAKER, ALICE, amount=1.0), time=1800.0) == ["FILLED"]
    assert margin(world, ALICE)[0] == pytest.approx(0.0, abs=1e-6)
    # half an hour of an hour: half of the maintenance margin
    assert margin(world, OTHER_MAKER)[0] - before == pytest.approx(0.5 * maintenance, rel=1e-9)
    flows = world.tables.flows.sum(axis=(0, 1))[:, USD]
    assert flows[Why.INSURANCE] == pytest.approx(100.0, rel=1e-12)
    assert flows[Why.SECURITY] == pytest.approx(-equity + 0.5 * maintenance - 100.0, rel=1e-9)
    assert held(world, ALICE, CALL) == held(world, ALICE, PUT) == held(world, ALICE, HIGH_CALL) == 0.0


def test_a_solvent_account_that_becomes_insolvent_is_noted_anew() -> None:
    world = short(0.5, stake=1e6)
    assert do(world, ask(START, BOB, ALICE)) == ["FILLED"]
    assert world.tables.option_accounts["insolvent_at"][ALICE] == -1.0
    set_equity(world, ALICE, -100.0)
    assert do(world, ask(START, BOB, ALICE), time=700.0) == ["FILLED"]
    assert world.tables.option_accounts[["auctioned_at", "insolvent_at"]][ALICE].item() == (0.0, 700.0)
    # and when it is solvent again: whoever takes it after the next fall is not paid for the time before
    set_equity(world, ALICE, 100.0)
    assert do(world, ask(START, BOB, ALICE), ask(START, BOB, ALICE), time=800.0) == ["FILLED", "NOT_ALLOWED"]
    assert world.tables.option_accounts[["auctioned_at", "insolvent_at"]][ALICE].item() == (0.0, -1.0)


@pytest.mark.parametrize("rule", ["queue", "pro_rata", "capped"])
@pytest.mark.parametrize(("fund", "stake"), [(0.0, 0.0), (50.0, 20.0)])
def test_what_no_fund_covers_is_closed_against_the_other_side(rule: str, fund: float, stake: float) -> None:
    world = short(-0.3, fund_usd=fund, stake=stake, deleveraging=rule)
    give(world, OTHER_MAKER, OPERATOR, CALL, 4.0)
    lacking = -margin(world, ALICE)[0] - fund - stake
    before = [margin(world, who)[0] for who in EVERYBODY]
    value = sum(abs(held(world, ALICE, at)) * instrument.mark(world.state, at) for at in range(6))
    assert do(world, ask(START, BOB, ALICE), ask(TAKE, BOB, ALICE)) == ["FILLED", "NO_LIQUIDITY"]
    receipt = execute(world, ask(CLOSE, OPERATOR, ALICE))[0]
    assert (receipt["status"], receipt["filled_in"]) == (1, pytest.approx(value, rel=1e-12))
    check_books(world)
    after = [margin(world, who)[0] for who in EVERYBODY]
    assert after[ALICE] == pytest.approx(0.0, abs=1e-6)
    assert [held(world, ALICE, at) for at in range(6)] == [0.0] * 6
    haircuts = np.array(before[1:]) - after[1:]
    assert haircuts.sum() == pytest.approx(lacking, rel=1e-9)
    assert (haircuts >= -1e-9).all()
    assert world.tables.option_margins["deleveraged"][0] == pytest.approx(value, rel=1e-9)
    if rule == "pro_rata":
        # of fourteen calls held by others than Alice ten are closed: parts of Bob's ten and the operator's four
        assert held(world, BOB, CALL) == pytest.approx(10.0 * 4.0 / 14.0, abs=1e-5)
        assert held(world, OPERATOR, CALL) == pytest.approx(4.0 * 4.0 / 14.0, abs=1e-5)


def test_an_account_that_can_be_paid_for_is_closed_only_when_its_time_is_over() -> None:
    world = short(-0.1, stake=1e6)
    assert do(world, ask(START, BOB, ALICE), ask(CLOSE, BOB, ALICE)) == ["FILLED", "NOT_ALLOWED"]
    before = [margin(world, who)[0] for who in EVERYBODY]
    assert do(world, ask(CLOSE, BOB, ALICE), time=3600.0) == ["FILLED"]
    after = [margin(world, who)[0] for who in EVERYBODY]
    # the stake pays all that is missing: everybody is closed at the marks
    assert after[1:] == pytest.approx(before[1:], rel=1e-9)
    assert after[ALICE] == pytest.approx(0.0, abs=1e-6)


def test_a_contract_is_sold_with_the_options_that_share_its_margin() -> None:
    world = house(margin="portfolio", beside=(FUTURE,), share_margin=True)
    contract = contract_of(world, ALICE)
    give(world, ALICE, BOB, PUT, 10.0)
    buy = ask(Kind.PERPETUAL_TRADE, ALICE, contract, amount=5.0, asset_in=USD, asset_out=ETH)
    assert do(world, buy) == ["FILLED"]
    set_equity(world, ALICE, 0.5 * margin(world, ALICE)[1])
    alone = ask(Kind.PERPETUAL_LIQUIDATE, BOB, contract)
    assert do(world, alone, ask(START, BOB, ALICE), ask(TAKE, BOB, ALICE)) == ["NOT_ALLOWED", "FILLED", "FILLED"]
    after, least, _ = margin(world, ALICE)
    assert after == pytest.approx(1.15 * least, rel=1e-6)
    size = world.tables.contracts["quantity"]
    assert size[contract] / 5.0 == pytest.approx(held(world, ALICE, PUT) / -10.0, rel=1e-5)
    assert size[contract] + size[contract_of(world, BOB)] == 5.0
    # and when nothing is left, all of it is closed
    set_equity(world, ALICE, -500.0)
    assert do(world, ask(START, BOB, ALICE), ask(CLOSE, BOB, ALICE)) == ["FILLED", "FILLED"]
    assert (size[contract], held(world, ALICE, PUT)) == (0.0, 0.0)
    assert margin(world, ALICE)[0] == pytest.approx(0.0, abs=1e-6)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["derive", "deribit", "portfolio"]))
def test_equity_is_marks_and_cash_through_defaults_and_auctions(seed: int, model: str) -> None:
    closed_out(seed, model)


def test_random_prices_start_auctions_that_are_taken() -> None:
    filled = set[int]().union(*(closed_out(seed, "derive") for seed in range(3)))
    assert {int(START), int(TAKE)} <= filled


def closed_out(seed: int, model: str) -> set[int]:
    """Random positions, prices and close-outs: `do` checks after each block that coins, sizes and equities add up.

    Returns the kinds of which something was done.
    """
    rng = np.random.default_rng(seed)
    world = house(
        cash=4e3, margin=model, fund_usd=float(rng.choice([0.0, 500.0])), stake=float(rng.choice([0.0, 300.0])),
        deleveraging=str(rng.choice(["queue", "pro_rata", "capped"])), beside=(FUTURE,), share_margin=True,
    )  # fmt: skip
    for _ in range(12):
        seller, buyer = rng.choice(EVERYBODY, 2, replace=False).tolist()
        give(world, seller, buyer, int(rng.integers(6)), float(rng.integers(1, 40)) / 8.0)
    filled, price, time = set(), ETH_USD, 0.0
    for _ in range(25):
        price *= float(np.exp(0.12 * rng.standard_normal()))
        time += float(rng.exponential(600.0))
        post(world, price)
        rows = []
        for _ in range(6):
            kind = int(rng.choice([START, START, TAKE, TAKE, END, CLOSE, Kind.PERPETUAL_TRADE]))
            who, target = (int(rng.choice(EVERYBODY)) for _ in range(2))
            amount = float(rng.uniform(0.01, 1.0))
            if kind == Kind.PERPETUAL_TRADE:
                target = contract_of(world, who)
            sides = {"asset_in": USD, "asset_out": ETH} if rng.random() < 0.5 else {"asset_in": ETH, "asset_out": USD}
            rows.append(ask(kind, who, target, amount=amount, **sides))
        found = do(world, *rows, time=time)
        filled |= {int(row["kind"][0]) for row, fate in zip(rows, found, strict=True) if fate == "FILLED"}
    return filled
