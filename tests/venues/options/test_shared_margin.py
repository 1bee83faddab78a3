"""One margin account over the rollups of a domain: what offsets, what is sold together, and what adds up always."""

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
    config,
    execute,
    fates,
    founded,
    intent,
    opened,
    rollup,
)  # fmt: skip

from market import regimes
from market.config import OptionsConfig, PerpetualConfig
from market.errors import InputError
from market.genesis import World
from market.settings import DAY_S
from market.state.ledger import totals
from market.venues import Kind
from market.venues.options import instrument
from market.venues.options import rules as options
from market.venues.perpetuals import instrument as contracts

WEEK_S = 7.0 * DAY_S
CALL = 2  # of the middle of three strikes, in the first expiry; its put follows
EVERYBODY = (ALICE, BOB, MAKER, OTHER_MAKER, OPERATOR)
START, TAKE, END, CLOSE = (Kind[f"OPTION_AUCTION_{act}"] for act in ("START", "TAKE", "END", "CLOSE"))
FUTURE = PerpetualConfig(
    traders=0, fee_bp=0.0, spread_bp=0.0, depth_usd=1e30, fund_usd=0.0, max_leverage=10.0, maintenance=0.02,
    leverage_high=5.0,
)  # fmt: skip
SHARED = {"domains": {"kind": "shared"}, "margin": {"kind": "shared"}}


def house(cash: float = 2e5, regime: dict[str, Any] | None = None, beside: bool = False, **terms: Any) -> World:
    """The same options on two rollups of one domain, where everybody has paid in margin on both."""
    plain: dict[str, Any] = {
        "expiries_s": (WEEK_S,), "strikes": 3, "step": 0.2, "fee_bp": 0.0, "fund_usd": 0.0, "share_margin": beside
    }  # fmt: skip
    listed, futures = OptionsConfig(**plain | terms), (FUTURE,) if beside else ()
    treatment = regimes.load("siloed").model_copy(update=SHARED if regime is None else regime)
    homes = [rollup(name, options=(listed,), perpetuals=futures) for name in ("a", "b")]
    world = founded(*homes, regime=treatment)
    rows = [ask(Kind.OPTION_DEPOSIT, who, who, at, amount=cash) for who in EVERYBODY for at in range(2)]
    assert set(do(world, *rows)) == {"FILLED"}
    return world


def ask(kind: int, sender: int, whose: int, market: int, **fields: Any) -> np.ndarray:
    """An intent on a market about somebody's account there."""
    target = market * len(EVERYBODY) + whose
    return intent(kind, sender, **({"venue": market, "rollup": market, "target": target, "amount": 1.0} | fields))


def do(world: World, *rows: np.ndarray, time: float = 0.0) -> list[str]:
    """Execute; coins, sizes, vaults and margin accounts add up afterwards."""
    opening = totals(world.tables)
    found = fates(execute(world, *rows, time=time))
    check_ledger(world.tables, opening)
    check_accounts(world)
    return found


def check_accounts(world: World) -> None:
    """As many options are held as are owed; a vault holds the equities on its rollup, an account cash and marks."""
    tables, state = world.tables, world.state
    for series in range(len(tables.options)):
        assert tables.option_positions["quantity"][tables.option_positions["series"] == series].sum() == 0.0
    scale = np.abs(tables.option_accounts["cash"]).sum() + np.abs(tables.contracts["cash"]).sum()
    for market in range(2):
        here = [market * len(EVERYBODY) + who for who in EVERYBODY]
        equities = sum(instrument.equity_of(state, account) for account in here)
        there = np.flatnonzero(tables.perpetuals["rollup"][tables.contracts["market"].astype(int)] == market)
        equities += sum(contracts.measure(state, at)[0] for at in there.tolist())
        held = tables.balance[int(tables.option_markets["account"][market]), market, USD]
        assert equities == pytest.approx(held, abs=1e-9 * scale)
    for who in EVERYBODY:
        found = margin(world, who)[0]
        assert found == pytest.approx(worth(world, who), abs=1e-9 * scale)
        if shares(world):
            assert margin(world, who, 1) == pytest.approx(margin(world, who), abs=1e-9 * scale)


def shares(world: World) -> bool:
    return bool(world.tables.instruments["next"][int(world.tables.option_accounts["instrument"][0])] != 0)


def worth(world: World, who: int) -> float:
    """Cash and marks of what somebody has on all rollups that one margin account spans, from the tables themselves."""
    tables, state, total = world.tables, world.state, 0.0
    for market in range(2 if shares(world) else 1):
        account = market * len(EVERYBODY) + who
        total += float(tables.option_accounts["cash"][account])
        held = tables.option_positions[tables.option_positions["account"] == account]
        total += sum(float(row["quantity"]) * instrument.mark(state, int(row["series"])) for row in held)
        for contract in contract_of(world, who, market):
            price = contracts.price_of(state, market)
            total += contracts.cash_of(state, contract) + float(tables.contracts["quantity"][contract]) * price
    return total


def contract_of(world: World, who: int, market: int) -> list[int]:
    mine = (world.tables.contracts["owner"] == who) & (world.tables.contracts["market"] == market)
    return np.flatnonzero(mine).tolist()


def give(world: World, seller: int, buyer: int, market: int, series: int, size: float) -> None:
    """Let somebody have sold options to somebody at their mark."""
    base = market * len(EVERYBODY)
    at = int(world.tables.option_markets["first_series"][market]) + series
    price = instrument.mark(world.state, at)
    options.shift(world.state, base + buyer, at, size, price)
    options.shift(world.state, base + seller, at, -size, price)


def post(world: World, price: float) -> None:
    world.tables.feeds["price"][:] = price


def margin(world: World, who: int, market: int = 0) -> tuple[float, float, float]:
    return options.margin_of(world.state, market * len(EVERYBODY) + who)


def held(world: World, who: int, market: int, series: int) -> float:
    at = int(world.tables.option_markets["first_series"][market]) + series
    return float(
        world.tables.option_positions["quantity"][options.position_of(world.state, market * len(EVERYBODY) + who, at)]
    )


def test_a_call_owed_on_one_rollup_is_covered_by_one_held_on_another() -> None:
    """Of the same strike nothing is required, of a lower one what the two may cost: the gap between the strikes."""
    world = house(step=0.05)
    give(world, ALICE, BOB, 0, CALL, 1.0)
    alone = margin(world, ALICE)
    give(world, BOB, ALICE, 1, CALL, 1.0)
    marked = instrument.mark(world.state, CALL) - instrument.mark(world.state, 6 + CALL)
    assert alone[1] == pytest.approx(0.09 * ETH_USD)
    assert margin(world, ALICE)[1:] == pytest.approx((-marked, -marked), abs=1e-9)
    give(world, ALICE, BOB, 1, CALL, 1.0)
    give(world, BOB, ALICE, 1, CALL + 2, 1.0)
    strikes = world.tables.options["strike"]
    gap = float(strikes[CALL + 2] - strikes[CALL])
    value = instrument.mark(world.state, 6 + CALL + 2) - instrument.mark(world.state, CALL)
    assert gap + value < alone[1]
    assert margin(world, ALICE)[1] == pytest.approx(gap + value, rel=1e-9)


@pytest.mark.parametrize("model", ["derive", "deribit", "portfolio"])
def test_one_account_never_needs_more_than_its_rollups_apart_and_what_it_holds_of_what_it_owes_nothing(
    model: str,
) -> None:
    rng = np.random.default_rng(3)
    one, apart = house(margin=model), house(regime={"domains": {"kind": "shared"}}, margin=model)
    for _ in range(20):
        where = int(rng.integers(2)), int(rng.integers(6)), float(rng.integers(1, 40)) / 8.0
        seller, buyer = rng.choice(EVERYBODY, 2, replace=False).tolist()
        for world in (one, apart):
            give(world, seller, buyer, *where)
        for who in EVERYBODY:
            for at in (1, 2):
                siloed = margin(apart, who, 0)[at] + margin(apart, who, 1)[at]
                assert margin(one, who)[at] <= siloed + 1e-9 * abs(siloed)
    for series in range(6):
        for world, others in ((one, 1), (apart, 1)):
            give(world, ALICE, BOB, 0, series, held(world, ALICE, 0, series) + held(world, ALICE, others, series))
    assert margin(one, ALICE)[1] == pytest.approx(worth_of_options(one, ALICE), abs=1e-6)


def worth_of_options(world: World, who: int) -> float:
    cash = sum(float(world.tables.option_accounts["cash"][market * len(EVERYBODY) + who]) for market in range(2))
    return worth(world, who) - cash


def test_accounts_are_apart_where_nothing_shares_them() -> None:
    world = house(regime={"domains": {"kind": "shared"}})
    give(world, ALICE, BOB, 0, CALL, 1.0)
    give(world, BOB, ALICE, 1, CALL, 1.0)
    assert margin(world, ALICE, 0)[1] == pytest.approx(0.09 * ETH_USD)
    assert margin(world, ALICE, 1)[1] == pytest.approx(instrument.mark(world.state, 6 + CALL))  # it counts for nothing
    assert not shares(world)


def test_domains_apart_are_accounts_apart() -> None:
    world = house(regime={"margin": {"kind": "shared"}})
    assert not shares(world)


def test_what_is_paid_in_on_one_rollup_can_be_taken_out_on_another_while_its_vault_lasts() -> None:
    world = house(cash=1e4)
    assert do(world, ask(Kind.OPTION_WITHDRAW, ALICE, ALICE, 1, amount=15e3)) == ["FILLED"]
    assert world.tables.option_accounts["cash"][len(EVERYBODY) + ALICE] == -5e3
    assert do(world, ask(Kind.OPTION_WITHDRAW, ALICE, ALICE, 1, amount=6e3)) == ["UNHEALTHY"]
    assert do(world, ask(Kind.OPTION_WITHDRAW, ALICE, ALICE, 0, amount=5e3)) == ["FILLED"]
    assert margin(world, ALICE)[0] == pytest.approx(0.0, abs=1e-9)


def test_whoever_takes_an_account_takes_part_of_all_of_its_rollups() -> None:
    world = house(cash=500.0)
    give(world, ALICE, BOB, 0, CALL, 2.0)
    give(world, ALICE, BOB, 1, CALL + 1, 4.0)
    post(world, 0.999 * ETH_USD)
    assert margin(world, ALICE)[0] < margin(world, ALICE)[1]
    assert do(world, ask(Kind.OPTION_DEPOSIT, MAKER, MAKER, 0, amount=1e5)) == ["FILLED"]
    # it is sold by its account on the first rollup, and by no other
    assert do(world, ask(START, MAKER, ALICE, 1)) == ["NOT_ALLOWED"]
    assert do(world, ask(START, MAKER, ALICE, 0)) == ["FILLED"]
    assert do(world, ask(TAKE, MAKER, ALICE, 0, amount=0.25), time=1.0) == ["FILLED"]
    assert (held(world, MAKER, 0, CALL), held(world, MAKER, 1, CALL + 1)) == (-0.5, -1.0)
    assert (held(world, ALICE, 0, CALL), held(world, ALICE, 1, CALL + 1)) == (-1.5, -3.0)


def test_an_account_that_nobody_takes_is_closed_on_all_of_its_rollups() -> None:
    world = house(cash=2e3)
    give(world, ALICE, BOB, 0, CALL, 3.0)
    give(world, ALICE, BOB, 1, CALL, 3.0)
    post(world, 2.0 * ETH_USD)
    assert margin(world, ALICE)[0] < 0.0
    assert do(world, ask(START, MAKER, ALICE, 0), ask(CLOSE, MAKER, ALICE, 0)) == ["FILLED", "FILLED"]
    assert held(world, ALICE, 0, CALL) == held(world, ALICE, 1, CALL) == 0.0
    assert margin(world, ALICE)[0] == pytest.approx(0.0, abs=1e-6)
    # Bob, who holds the other side, has what there was: all that both had paid in
    assert margin(world, BOB)[0] == pytest.approx(8e3, abs=1e-6)


@pytest.mark.parametrize("model", ["derive", "portfolio"])
@settings(max_examples=12)
@given(seed=st.integers(0, 2**32 - 1))
def test_margin_accounts_add_up_whatever_is_done(model: str, seed: int) -> None:
    done_at_random(model, seed)


def test_random_prices_start_auctions_that_are_taken() -> None:
    filled = set[int]().union(*(done_at_random("derive", seed) for seed in range(3)))
    assert {int(START), int(TAKE), int(Kind.PERPETUAL_TRADE), int(Kind.OPTION_WITHDRAW)} <= filled


def done_at_random(model: str, seed: int) -> set[int]:
    """Payments in and out, perpetuals and close-outs at random prices: `do` checks after each block.

    Returns the kinds of which something was done.
    """
    rng = np.random.default_rng(seed)
    world = house(cash=1.5e3, margin={"kind": model}, fund_usd=float(rng.choice([0.0, 500.0])), beside=True)
    do(world, ask(Kind.OPTION_DEPOSIT, OPERATOR, OPERATOR, 0, amount=1e5))  # somebody can take what is for sale
    for _ in range(8):
        seller, buyer = rng.choice(EVERYBODY, 2, replace=False).tolist()
        give(world, seller, buyer, int(rng.integers(2)), int(rng.integers(6)), float(rng.integers(1, 40)) / 8.0)
    filled, price, time = set(), ETH_USD, 0.0
    for _ in range(20):
        price *= float(np.exp(0.12 * rng.standard_normal()))
        time += float(rng.exponential(600.0))
        post(world, price)
        rows = [_drawn(world, rng) for _ in range(6)]
        found = do(world, *rows, time=time)
        filled |= {int(row["kind"][0]) for row, fate in zip(rows, found, strict=True) if fate == "FILLED"}
    return filled


def _drawn(world: World, rng: np.random.Generator) -> np.ndarray:
    kind = int(
        rng.choice(
            [START, START, TAKE, TAKE, END, CLOSE, Kind.PERPETUAL_TRADE, Kind.OPTION_DEPOSIT, Kind.OPTION_WITHDRAW]
        )
    )
    (who, whose), market = rng.choice(EVERYBODY, 2).tolist(), int(rng.integers(2))
    amount = float(rng.uniform(0.01, 1.0))
    sides = {"asset_in": USD, "asset_out": ETH} if rng.random() < 0.5 else {"asset_in": ETH, "asset_out": USD}
    if kind == Kind.PERPETUAL_TRADE:
        mine = contract_of(world, who, market)[-1]
        return intent(kind, who, venue=market, rollup=market, target=mine, amount=amount, **sides)
    if kind in (Kind.OPTION_DEPOSIT, Kind.OPTION_WITHDRAW):
        return ask(kind, who, who, market, amount=1e3 * amount)
    taker = OPERATOR if rng.random() < 0.7 else who
    return ask(kind, taker, whose, int(rng.random() < 0.1), amount=amount, **sides)


@pytest.mark.parametrize(
    ("regime", "reason"),
    [
        (SHARED | {"guarantees": {"kind": "inclusion"}}, "execute together"),
        ({"margin": {"kind": "shared"}, "domains": {"kind": "networks", "networks": [{"name": "n"}]}}, "margin"),
    ],
)
def test_rollups_that_do_not_execute_together_or_may_leave_share_no_margin(regime: dict[str, Any], reason: str) -> None:
    treatment = regimes.load("siloed").model_copy(update=regime)
    with pytest.raises(InputError, match=reason):
        opened(config(regime=treatment))
