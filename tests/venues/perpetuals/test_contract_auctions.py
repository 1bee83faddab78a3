"""Auctions of a perpetual's contracts: what is seized, at which price it is had, who has the rest and who pays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import ALICE, BOB, ETH, OPERATOR, USD, check_ledger, execute, fates, founded, intent
from worlds import rollup as a_rollup

from market.config import PerpetualConfig
from market.errors import InputError
from market.genesis import World
from market.sequencing.margin.checked import check
from market.state.ledger import totals
from market.venues import Kind
from market.venues.perpetuals import funding
from market.venues.perpetuals import rules as perpetuals
from market.venues.perpetuals.instrument import next_contract

START, TAKE, BID, SETTLE, RESET = (
    Kind[f"CONTRACT_AUCTION_{act}"] for act in ("START", "TAKE", "BID", "SETTLE", "RESET")
)
DUTCH = {"kind": "dutch", "buf": 1.1, "cut": 0.99, "step_s": 10.0, "tail_s": 500.0, "cusp": 0.5, "penalty": 0.002}
ENGLISH = {"kind": "english", "increment": 0.05, "bid_s": 10.0, "most_s": 30.0, "penalty": 0.002}
PRICE, SIZE, MARGIN, FUND = 2500.0, 2.0, 1000.0, 1e4
MAKER_ROW, FIRST, SECOND = 0, 1, 2
FALLEN = {1.0: 2020.0, -1.0: 2960.0}
"""Prices at which equity of a long, or a short, is 40 or 80 USD and its maintenance margin 80.8 or 118.4."""


def house(design: dict[str, Any], side: float = 1.0, markets: int = 1, fall: bool = True, **terms: Any) -> World:
    """Three traders of one side with 1000 USD and 2 contracts each, under margin; no fees, no impact."""
    plain: dict[str, Any] = {
        "traders": 3, "margin_median_usd": MARGIN, "margin_log_sd": 0.0, "leverage_low": 5.0, "leverage_high": 5.0,
        "max_leverage": 10.0, "maintenance": 0.02, "long_share": max(side, 0.0), "cross_share": 1.0, "fee_bp": 0.0,
        "spread_bp": 0.0, "depth_usd": 1e30, "reward_bp": 0.0, "fund_usd": FUND, "liquidation": design,
    }  # fmt: skip
    world = founded(a_rollup("a", perpetuals=tuple(PerpetualConfig(**plain | terms) for _ in range(markets))))
    if fall:
        post(world, FALLEN[side])
    return world


def post(world: World, price: float) -> None:
    row = intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=0, rollup=0, amount=price)
    assert fates(execute(world, row)) == ["FILLED"]


def ask(kind: int, target: int = 0, amount: float = 1.0, sender: int = OPERATOR, **fields: Any) -> np.ndarray:
    return intent(kind, sender, **({"venue": 0, "rollup": 0, "target": target, "amount": amount} | fields))


def do(world: World, *rows: np.ndarray, time: float = 0.0) -> list[str]:
    opening = totals(world.tables)
    found = fates(execute(world, *rows, time=time))
    check_ledger(world.tables, opening)
    contracts = world.tables.contracts
    for market in range(len(world.tables.perpetuals)):
        assert contracts["quantity"][contracts["market"] == market].sum() == 0.0
    return found


def own(world: World, market: int = 0) -> int:
    """The operator's contract."""
    table = world.tables.contracts
    return int(
        np.flatnonzero((table["owner"] == OPERATOR) & (table["market"] == market))[0]
    )  # fmt: skip


def fund(world: World, amount: float = 1e5) -> None:
    assert do(world, ask(Kind.PERPETUAL_DEPOSIT, own(world), amount)) == ["FILLED"]


def held(world: World, lot: int = 0) -> np.ndarray:
    """The contract of a lot."""
    return world.tables.contracts[int(world.tables.lots["contract"][lot])]


def equity(world: World, contract: int) -> float:
    return perpetuals.margin_of(world.state, contract)[0]


def insurance(world: World) -> float:
    return float(world.tables.balance[int(world.tables.perpetuals["fund"][0]), 0, USD])


# -- seizing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("design", [DUTCH, ENGLISH])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_start_moves_the_whole_position_with_its_margin(design: dict[str, Any], side: float) -> None:
    world = house(design, side)
    left = equity(world, FIRST)
    assert do(world, ask(START, FIRST), ask(START, FIRST), time=5.0) == [
        "FILLED",
        "HEALTHY",
    ]
    assert world.tables.contracts[["quantity", "cash"]][FIRST].item() == (0.0, 0.0)
    assert held(world)["quantity"] == side * SIZE
    assert equity(world, int(world.tables.lots["contract"][0])) == pytest.approx(left, rel=1e-12)
    assert held(world)["entry"] == PRICE
    assert world.tables.lots[["amount", "debt"]][0].item() == (side * SIZE, SIZE * FALLEN[side])


def test_shared_margin_is_seized_as_a_whole_and_divided_by_value() -> None:
    world = house(DUTCH, markets=2)
    table = world.tables.contracts
    ring = [FIRST, next_contract(world.state, FIRST)]
    # the second contract twice as large, with the maker against it
    market = int(table["market"][ring[1]])
    other = int(world.tables.perpetuals["maker"][market])
    price = FALLEN[1.0]
    for contract, sign in ((ring[1], 1.0), (other, -1.0)):
        table["quantity"][contract] += sign * SIZE
        table["cash"][contract] -= sign * SIZE * price
    left = equity(world, FIRST)
    venue = 1 if ring[1] == SECOND else market
    assert do(world, ask(START, ring[1], venue=venue)) == ["FILLED"]
    assert table["quantity"][ring].tolist() == table["cash"][ring].tolist() == [0.0, 0.0]
    lots = [world.tables.lots[world.tables.lots["open"] > 0.0][k] for k in range(2)]
    shares = [equity(world, int(lot["contract"])) for lot in lots]
    assert shares == pytest.approx([left / 3.0, 2.0 * left / 3.0], rel=1e-9)
    assert world.tables.auctions["started"].tolist() == [1.0, 1.0]


def test_shared_margin_waits_while_any_of_its_markets_has_no_place() -> None:
    world = house(DUTCH | {"lots": 1}, markets=2)
    assert do(world, ask(START, FIRST)) == ["FILLED"]
    before = world.state.cells.tobytes()
    assert do(world, ask(START, SECOND)) == ["NO_LIQUIDITY"]
    assert world.state.cells.tobytes() == before


def test_nobody_trades_on_a_lot_and_it_is_not_seized_again() -> None:
    world = house(DUTCH)
    do(world, ask(START, FIRST))
    lot = int(world.tables.lots["contract"][0])
    rows = (
        ask(Kind.PERPETUAL_TRADE, lot),
        ask(Kind.PERPETUAL_DEPOSIT, lot),
        ask(Kind.PERPETUAL_LIQUIDATE, lot),
        ask(START, lot),
    )
    assert do(world, *rows) == ["NOT_ALLOWED"] * 4
    post(world, 100.0)
    assert do(world, ask(START, lot), ask(START, MAKER_ROW)) == ["NOT_ALLOWED"] * 2


def test_what_a_design_does_not_do_is_not_allowed() -> None:
    fixed, dutch, english = house({"kind": "fixed_spread"}), house(DUTCH), house(ENGLISH)
    assert (
        do(
            fixed,
            ask(START, FIRST),
            ask(TAKE),
            ask(BID),
            ask(SETTLE),
            ask(RESET),
        )
        == ["NOT_ALLOWED"] * 5
    )
    for world in (dutch, english):
        assert do(world, ask(Kind.PERPETUAL_LIQUIDATE, FIRST)) == ["NOT_ALLOWED"]
        assert do(world, ask(START, FIRST)) == ["FILLED"]
        assert (
            do(
                world,
                ask(START, FIRST, rollup=7),
                ask(START, FIRST, venue=1),
            )
            == ["WRONG_VENUE"] * 2
        )
    assert do(dutch, ask(BID), ask(SETTLE)) == ["NOT_ALLOWED"] * 2
    assert do(english, ask(TAKE)) == ["NOT_ALLOWED"]
    fund(dutch)
    # neither has a contract: nobody buys a position without one
    assert do(dutch, ask(TAKE, sender=ALICE)) == ["NOT_ALLOWED"]
    assert do(english, ask(BID, sender=BOB)) == ["NOT_ALLOWED"]


def test_margin_that_is_shared_is_liquidated_in_one_way() -> None:
    specs = [PerpetualConfig(traders=4, cross_share=0.5, liquidation=kind) for kind in ("dutch", "english")]
    with pytest.raises(InputError, match=r"rollups.a.perpetuals.liquidation: kinds dutch, english; allowed: one kind"):
        founded(a_rollup("a", perpetuals=tuple(specs)))
    alone = tuple(spec.model_copy(update={"cross_share": 0.0}) for spec in specs)
    assert len(founded(a_rollup("a", perpetuals=alone)).tables.auctions) == 2


# -- Dutch -------------------------------------------------------------------------------------------------------------


@given(st.sampled_from([1.0, -1.0]), st.integers(0, 19), st.floats(0.0, 0.999), st.integers(1, 2**21))
def test_the_price_is_cut_once_a_step_for_long_and_short_alike(side: float, steps: int, part: float, sold: int) -> None:
    world = house(DUTCH, side, fund_usd=1e6)
    do(world, ask(START, FIRST), time=3.0)
    fund(world)
    amount = sold * perpetuals.STEP
    [row] = execute(world, ask(TAKE, 0, amount), time=3.0 + 10.0 * (steps + part))
    assert fates([row]) == ["FILLED"]
    price = FALLEN[side] * (1.1 * 0.99**steps) ** side
    paid, had = (row["filled_in"], row["filled_out"]) if side > 0.0 else (row["filled_out"], row["filled_in"])
    assert had == amount
    assert paid == pytest.approx(amount * price, rel=1e-12)
    assert (row["asset_in"], row["asset_out"]) == ((USD, ETH) if side > 0.0 else (ETH, USD))
    assert world.tables.contracts["quantity"][own(world)] == side * amount


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("steps", [11, 14])
def test_what_a_sale_at_a_loss_lacks_the_fund_pays(side: float, steps: int) -> None:
    """M8: the fund changes by q (P_exec - P_bankrupt), of a short with the other sign."""
    world = house(DUTCH, side)
    bankrupt = PRICE - side * MARGIN / SIZE
    do(world, ask(START, FIRST))
    fund(world)
    price = FALLEN[side] * (1.1 * 0.99**steps) ** side
    assert side * (price - bankrupt) < 0.0
    before = insurance(world)
    assert do(world, ask(TAKE, 0, SIZE), time=10.0 * steps) == ["FILLED"]
    assert insurance(world) - before == pytest.approx(side * SIZE * (price - bankrupt), rel=1e-9)
    assert equity(world, FIRST) == 0.0
    assert held(world)[["quantity", "cash"]].item() == (0.0, 0.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_what_a_sale_leaves_is_the_penalty_and_the_traders(side: float) -> None:
    world = house(DUTCH, side)
    do(world, ask(START, FIRST))
    fund(world)
    before = insurance(world)
    assert do(world, ask(TAKE, 0, 0.5), ask(TAKE, 0, 1.5), time=0.0) == [
        "FILLED",
        "FILLED",
    ]
    rest = MARGIN + side * SIZE * (FALLEN[side] * 1.1**side - PRICE)
    penalty = 0.002 * SIZE * FALLEN[side]
    assert insurance(world) - before == pytest.approx(penalty, rel=1e-9)
    assert equity(world, FIRST) == pytest.approx(rest - penalty, rel=1e-9)
    assert world.tables.auctions[["sold", "open"]][0].item() == (1.0, 0.0)


def test_whoever_takes_needs_the_initial_margin() -> None:
    world = house(DUTCH)
    do(world, ask(START, FIRST))
    # at the first step the position costs 10% more than it is worth: 404 USD, and its margin is as much
    assert do(world, ask(TAKE, 0, SIZE)) == ["UNHEALTHY"]
    assert do(world, ask(Kind.PERPETUAL_DEPOSIT, own(world), 807.0), ask(TAKE, 0, SIZE)) == [
        "FILLED",
        "UNHEALTHY",
    ]
    assert do(world, ask(Kind.PERPETUAL_DEPOSIT, own(world), 1.1), ask(TAKE, 0, SIZE)) == [
        "FILLED",
        "FILLED",
    ]


def test_a_take_is_of_whole_steps_exact_and_keeps_its_limit() -> None:
    world = house(DUTCH)
    do(world, ask(START, FIRST))
    fund(world)
    top = 1.1 * FALLEN[1.0]
    assert do(world, ask(TAKE, 0, 1.0, limit=top * 0.999), ask(TAKE, 0, 2.1)) == ["LIMIT"] * 2
    assert (
        do(
            world,
            ask(TAKE, 0, 0.9 * perpetuals.STEP),
            ask(TAKE, 0, math.nan),
            ask(TAKE, 0, -1.0),
        )
        == ["BAD_AMOUNT"] * 3
    )
    assert do(
        world,
        ask(TAKE, 0, 1.0, limit=top * 1.001),
        ask(TAKE, 0, 1.0 + perpetuals.STEP),
    ) == ["FILLED", "LIMIT"]


def test_bought_and_closed_in_one_bundle_with_margin_that_comes_back() -> None:
    world = house(DUTCH)
    do(world, ask(START, FIRST))
    rows = np.concatenate(
        [
            ask(Kind.PERPETUAL_DEPOSIT, own(world), 500.0),
            ask(TAKE, 0, SIZE),
            ask(Kind.PERPETUAL_TRADE, own(world), SIZE, asset_in=ETH),
            ask(Kind.PERPETUAL_WITHDRAW, own(world), 500.0),
        ]
    )
    rows["bundle"] = 1
    assert do(world, rows, time=100.0) == ["FILLED"] * 4
    gain = SIZE * FALLEN[1.0] * (1.0 - 1.1 * 0.99**10)
    assert world.tables.contracts["cash"][own(world)] == pytest.approx(gain, rel=1e-9)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_an_auction_is_reset_after_its_tail_or_below_its_cusp_and_not_before(side: float) -> None:
    for terms, over in (({"tail_s": 100.0}, 101.0), ({"cusp": 0.95}, 60.0)):
        world = house(DUTCH | terms, side, fund_usd=1e6)
        do(world, ask(START, FIRST))
        fund(world)
        assert do(world, ask(RESET), ask(TAKE, 0, 0.1), time=over - 1.5) == [
            "NOT_ALLOWED",
            "FILLED",
        ]
        assert do(
            world,
            ask(TAKE, 0, 0.1),
            ask(RESET),
            ask(RESET),
            time=over,
        ) == ["CLOSED", "FILLED", "NOT_ALLOWED"]
        assert world.tables.lots["top"][0] == pytest.approx(FALLEN[side] * 1.1**side)
        assert world.tables.auctions["resets"][0] == 1.0


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_no_price_is_taken_at_which_more_is_missing_than_the_fund_holds(side: float) -> None:
    world = house(DUTCH, side, fund_usd=20.0)
    do(world, ask(START, FIRST))
    fund(world)
    bankrupt = PRICE - side * MARGIN / SIZE
    prices = [FALLEN[side] * (1.1 * 0.99**step) ** side for step in range(30)]
    first = next(step for step, price in enumerate(prices) if side * SIZE * (price - bankrupt) < -20.0)
    assert do(world, ask(RESET), time=10.0 * (first - 1)) == ["NOT_ALLOWED"]
    assert do(world, ask(TAKE, 0, SIZE), ask(RESET), time=10.0 * first) == [
        "CLOSED",
        "FILLED",
    ]
    # its equity was positive: it was put up again, at the price of the day
    assert world.tables.lots[["open", "started"]][0].item() == (1.0, 10.0 * first)


@pytest.mark.parametrize(("holds", "deleveraged"), [(1e4, False), (30.0, True), (0.0, True)])
def test_a_lot_with_nothing_left_is_closed_by_the_fund_and_only_then_against_winners(
    holds: float, deleveraged: bool
) -> None:
    world = house(DUTCH, fund_usd=holds)
    do(world, ask(START, FIRST))
    # the others would not survive either: they pay in
    for contract in (SECOND, SECOND + 1):
        assert do(world, ask(Kind.PERPETUAL_DEPOSIT, contract, 5000.0)) == ["FILLED"]
    post(world, 1950.0)  # bankrupt at 2000
    assert do(world, ask(RESET), time=501.0) == ["FILLED"]
    assert (world.tables.perpetuals["deleveraged"][0] > 0.0) == deleveraged
    assert insurance(world) == pytest.approx(max(holds - 100.0, 0.0))
    assert world.tables.lots["open"][0] == 0.0
    assert held(world)[["quantity", "cash"]].item() == (0.0, 0.0)


# -- English -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_winner_has_the_position_and_its_margin_the_bid_pays_penalty_and_trader(side: float) -> None:
    world = house(ENGLISH, side)
    do(world, ask(START, FIRST))
    left, mine = equity(world, int(world.tables.lots["contract"][0])), own(world)
    money, before = float(world.tables.balance[OPERATOR, 0, USD]), insurance(world)
    value = SIZE * FALLEN[side]
    assert do(world, ask(BID, 0, 30.0), time=1.0) == ["FILLED"]
    assert money - world.tables.balance[OPERATOR, 0, USD] == pytest.approx(30.0 + 0.1 * value)
    assert do(world, ask(SETTLE), ask(RESET), time=10.9) == ["NOT_ALLOWED"] * 2
    [row] = execute(world, ask(SETTLE, sender=ALICE), time=11.0)
    assert fates([row]) == ["FILLED"]
    assert world.tables.contracts["quantity"][mine] == side * SIZE
    assert equity(world, mine) == pytest.approx(left + 0.1 * value, rel=1e-9)
    assert insurance(world) - before == pytest.approx(0.002 * value)
    assert equity(world, FIRST) == pytest.approx(30.0 - 0.002 * value)
    # the receipt prices the purchase: what was had less what was given is the margin less the bid
    prices = {USD: 1.0, ETH: FALLEN[side]}
    gain = row["filled_out"] * prices[int(row["asset_out"])] - row["filled_in"] * prices[int(row["asset_in"])]
    assert gain == pytest.approx(left - 30.0, abs=1e-8)


def test_whoever_is_outbid_has_bid_and_margin_back() -> None:
    world = house(ENGLISH)
    trader = int(world.tables.contracts["owner"][SECOND])
    world.tables.balance[trader, 0, USD] += 1e4
    world.tables.balance[OPERATOR, 0, USD] -= 1e4
    do(world, ask(START, FIRST))
    had = float(world.tables.balance[trader, 0, USD])
    assert do(world, ask(BID, 0, 10.0, trader), ask(BID, 0, 10.4), ask(BID, 0, 10.5), time=1.0) == [
        "FILLED", "LIMIT", "FILLED",
    ]  # fmt: skip
    assert world.tables.balance[trader, 0, USD] == pytest.approx(had, abs=1e-9 * 10.0)
    assert do(world, ask(BID, 0, 1e9), time=2.0) == ["INSUFFICIENT_BALANCE"]


def test_a_bid_of_nothing_wins_and_nothing_is_left_for_the_trader() -> None:
    world = house(ENGLISH)
    do(world, ask(START, FIRST))
    before = insurance(world)
    assert do(world, ask(BID, 0, 0.0), ask(BID, 0, 0.0), time=1.0) == [
        "FILLED",
        "LIMIT",
    ]
    assert do(world, ask(SETTLE), time=11.0) == ["FILLED"]
    assert equity(world, FIRST) == 0.0
    assert insurance(world) == before
    assert world.tables.auctions[["sold", "zero"]][0].item() == (1.0, 1.0)


def test_a_lot_moves_with_the_price_until_it_is_had() -> None:
    world = house(ENGLISH)
    do(world, ask(START, FIRST))
    do(world, ask(BID, 0, 30.0), time=1.0)
    post(world, FALLEN[1.0] - 100.0)
    assert do(world, ask(SETTLE), time=11.0) == ["FILLED"]
    assert equity(world, own(world)) == pytest.approx(40.0 - 100.0 * SIZE + 0.1 * SIZE * FALLEN[1.0])


def test_without_a_bid_a_lot_is_closed_with_the_maker() -> None:
    world = house(ENGLISH, reward_bp=10.0)
    do(world, ask(START, FIRST))
    before, value = insurance(world), SIZE * FALLEN[1.0]
    assert do(world, ask(RESET), time=29.0) == ["NOT_ALLOWED"]
    [row] = execute(world, ask(RESET), time=30.0)
    assert (row["filled_in"], row["filled_out"]) == pytest.approx((value, 1e-3 * value))
    assert insurance(world) - before == pytest.approx(40.0 - 1e-3 * value)
    assert world.tables.lots["open"][0] == 0.0
    assert do(world, ask(RESET), time=31.0) == ["CLOSED"]


# -- whatever is sent --------------------------------------------------------------------------------------------------

ACTS = (
    START,
    TAKE,
    BID,
    SETTLE,
    RESET,
    Kind.PERPETUAL_TRADE,
    Kind.PERPETUAL_DEPOSIT,
)


@pytest.mark.slow
@given(
    st.sampled_from([DUTCH, ENGLISH]),
    st.lists(
        st.tuples(
            st.sampled_from(ACTS), st.integers(0, 7), st.floats(1e-3, 1.0), st.booleans(), st.floats(-0.08, 0.08)
        ),
        min_size=5,
        max_size=40,
    ),
    st.sampled_from([0.0, 50.0, 1e4]),
)
def test_sizes_add_up_to_nothing_and_cash_to_the_vault(
    design: dict[str, Any], acts: list[tuple[Kind, int, float, bool, float]], holds: float
) -> None:
    """Sizes exactly, cash to rounding, whoever starts, takes, bids, settles, resets or trades as the price moves."""
    world = house(
        design, markets=2, fund_usd=holds, long_share=0.5, fee_bp=5.0, spread_bp=2.0, depth_usd=1e6, reward_bp=5.0
    )
    fund(world, 2e5)
    table, price = world.tables.contracts, FALLEN[1.0]
    for number, (kind, which, share, buy, move) in enumerate(acts):
        price *= math.exp(move)
        post(world, price)
        funding.accrue(world.state, 7.0 * number)
        sides = {"asset_in": USD if buy else ETH, "asset_out": ETH if buy else USD}
        lots = np.flatnonzero(world.tables.lots["open"] > 0.0)
        venue, target, sender, amount = which % 2, 0, OPERATOR, 4.0 * share
        if kind in (START, Kind.PERPETUAL_TRADE, Kind.PERPETUAL_DEPOSIT):
            target = which
            venue = int(table["market"][target])
            sender = int(table["owner"][target]) if kind != Kind.PERPETUAL_DEPOSIT else OPERATOR
            sender, amount = (
                sender if kind == Kind.PERPETUAL_TRADE else OPERATOR,
                amount if kind == Kind.PERPETUAL_TRADE else 300.0 * share,
            )
        elif lots.size:
            lot = world.tables.lots[lots[which % lots.size]]
            venue, target = int(world.tables.auctions["market"][int(lot["auction"])]), int(lot["id"])
            left = abs(float(table["quantity"][int(lot["contract"])]))
            amount = {
                TAKE: left if buy else left * share,
                BID: 200.0 * share,
            }.get(kind, 1.0)
        row = ask(kind, target, amount, sender, **{"venue": venue} | sides)
        do(world, row, time=7.0 * number)


def test_a_check_of_balances_counts_the_margin_of_a_bid_and_nothing_for_a_take() -> None:
    world = house(ENGLISH)
    do(world, ask(START, FIRST))
    margin = 0.1 * SIZE * FALLEN[1.0]
    world.tables.balance[OPERATOR, 0, USD] = 100.0 + margin
    assert check(world.state, ask(BID, 0, 100.0)).tolist() == [0]
    assert check(world.state, ask(BID, 0, 100.1)).tolist() == [1]
    # a take gives nothing away, and its limit, a price, pays for nothing
    rows = np.concatenate([ask(TAKE, 0, 1e6, limit=1e6), ask(Kind.PAYMENT, BOB, 101.0 + margin)])
    rows["bundle"] = 1
    assert check(world.state, rows).tolist() == [2, 1]
