"""Concentrated pools: hand-worked swaps over ticks, ranges over everything, and whose fees and losses are whose."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from worlds import (
    ALICE,
    BOB,
    ETH,
    MAKER,
    OTHER_MAKER,
    USD,
    check_ledger,
    execute,
    fates,
    founded,
    intent,
    reserves,
    rollup,
    swap,
)

from market.access.desk import Desk
from market.config import PoolConfig
from market.errors import InputError
from market.genesis import World
from market.state.ledger import totals
from market.venues import Kind
from market.venues.pools.config import ConcentratedConfig
from market.venues.pools.curve import quoted
from market.venues.pools.ranges import ends_of, name
from market.venues.pools.ticks import STEP

FEE = Fraction(3, 1000)
PRICE = 2500.0


def pool(fee_bp: float = 30.0, **concentrated: Any) -> PoolConfig:
    return PoolConfig(depth_usd=2.5e6, fee_bp=fee_bp, price_usd=PRICE, concentrated=ConcentratedConfig(**concentrated))


def opened(fee_bp: float = 30.0, **concentrated: Any) -> World:
    """A pool of 1000 ETH against 2.5 million USD as swaps meet it, on the first of two rollups."""
    return founded(rollup("a", pools=(pool(fee_bp, **concentrated),)), rollup("b"))


def on_range(kind: int, lower: int, upper: int, amount: float, sender: int = MAKER, **fields: float) -> np.ndarray:
    return intent(kind, sender, **{"venue": 0, "rollup": 0, "target": name(lower, upper), "amount": amount} | fields)


def mint(lower: int, upper: int, amount: float, sender: int = MAKER, **fields: float) -> np.ndarray:
    return on_range(Kind.MINT_RANGE, lower, upper, amount, sender, **fields)


def burn(lower: int, upper: int, amount: float, sender: int = MAKER, **fields: float) -> np.ndarray:
    return on_range(Kind.BURN_RANGE, lower, upper, amount, sender, **fields)


def row_of(world: World, owner: int) -> Any:
    """The only range of an account."""
    mine = (world.tables.ranges["owner"] == owner) & (world.tables.ranges["liquidity"] > 0.0)
    return world.tables.ranges[np.flatnonzero(mine)[0]]


# -- swaps -------------------------------------------------------------------------------------------------------------


class Exact:
    """A pool in exact arithmetic: liquidity over everything and between given roots of prices, fees outside.

    Written from the definition alone: at root s, a range (a, b, L) holds L (1/s' - 1/b) and L (s' - a), s' being s
    brought between a and b. A swap moves the root until the pool has taken what was given.
    """

    def __init__(self, root: Fraction, everywhere: Fraction, ranges: list[tuple[Fraction, Fraction, Fraction]]) -> None:
        self.root, self.everywhere, self.ranges = root, everywhere, ranges

    def held(self, root: Fraction) -> tuple[Fraction, Fraction]:
        x, y = self.everywhere / root, self.everywhere * root
        for lower, upper, liquidity in self.ranges:
            at = min(max(root, lower), upper)
            x, y = x + liquidity * (1 / at - 1 / upper), y + liquidity * (at - lower)
        return x, y

    def swap(self, amount: Fraction, *, buy: bool) -> Fraction:
        """Exact input, second asset if `buy`; returns the output."""
        net, before = amount * (1 - FEE), self.held(self.root)
        stops = sorted({end for lower, upper, _ in self.ranges for end in (lower, upper)}, reverse=not buy)
        for stop in [stop for stop in stops if (stop > self.root) == buy and stop != self.root]:
            taken = self.held(stop)[1 if buy else 0] - before[1 if buy else 0]
            if taken >= net:
                break
            self.root = stop
        left = net - (self.held(self.root)[1 if buy else 0] - before[1 if buy else 0])
        just = self.root * (1 + Fraction(1, 10**9) * (1 if buy else -1))
        active = self.everywhere + sum(size for low, high, size in self.ranges if low < just < high)
        self.root = self.root + left / active if buy else 1 / (1 / self.root + left / active)
        after = self.held(self.root)
        return before[0] - after[0] if buy else before[1] - after[1]


def _root(number: float) -> Fraction:
    return Fraction(float(STEP ** (0.5 * number)))


def exact(world: World) -> Exact:
    """The pool of a world, from its table of ranges."""
    there = world.tables.ranges[world.tables.ranges["liquidity"] > 0.0]
    spans = [(_root(row["lower"]), _root(row["upper"]), Fraction(float(row["liquidity"]))) for row in there]
    return Exact(Fraction(50), Fraction(float(world.tables.pools["everywhere"][0])), spans)


def thin() -> World:
    """Liquidity 5000 everywhere, and makers with ten million USD."""
    world = opened(everywhere=0.1, ranges=({"lower": 1.0, "upper": 1.1, "liquidity": 0.01},))
    world.tables.balance[[MAKER, OTHER_MAKER], 0] *= 10.0
    return world


def three_ranges() -> World:
    """Liquidity 5000 everywhere; 45,000 over 1% of the price, 20,000 above it, 30,000 below it."""
    world = thin()
    rows = mint(78190, 78290, 45_000.0), mint(78300, 78500, 20_000.0), mint(78000, 78190, 30_000.0)
    assert fates(execute(world, *rows)) == ["FILLED"] * 3
    return world


@pytest.mark.parametrize("buy", [True, False])
@pytest.mark.parametrize("value", [1.0, 10_000.0, 30_000.0, 100_000.0, 400_000.0])
def test_a_swap_over_ticks_is_that_of_exact_arithmetic(value: float, buy: bool) -> None:
    world = three_ranges()
    amount = value if buy else value / 2500.0
    expected = float(exact(world).swap(Fraction(amount), buy=buy))
    assert quoted(world.state, 0, USD if buy else ETH, amount) == pytest.approx(expected, rel=1e-11)
    [done] = execute(world, swap(ALICE, amount, buy=buy))
    assert fates([done]) == ["FILLED"]
    assert done["filled_out"] == pytest.approx(expected, rel=1e-11)


def test_there_and_back_over_several_ticks() -> None:
    world, twin = three_ranges(), exact(three_ranges())
    for amount, buy in ((90_000.0, True), (70.0, False), (5.0, False), (150_000.0, True), (10.0, False)):
        [done] = execute(world, swap(ALICE, amount, buy=buy))
        assert done["filled_out"] == pytest.approx(float(twin.swap(Fraction(amount), buy=buy)), rel=1e-10)
        x, y = (float(value) for value in twin.held(twin.root))
        held, small = reserves(world), sum(twin.held(Fraction(1)))
        assert held == pytest.approx((x, y), rel=1e-9)
        assert small > 0


def test_numbers_worked_by_hand() -> None:
    """Liquidity 100 everywhere and 300 between roots 2 and 2.5, price 4; no fee.

    Up: to the root 2.5 the pool takes 400 x 0.5 = 200 of the second asset and gives 400 (1/2 - 1/2.5) = 40 of the
    first. Another 50 at liquidity 100 move the root to 3 and bring 100 (1/2.5 - 1/3) = 20/3. Down: from 2, where the
    range ends, 100 / 100 of the first asset move 1/root from 1/2 to 3/2 and bring 100 (2 - 2/3) = 400/3.
    """
    world = opened(fee_bp=0.0, everywhere=1.0, spacing=1)
    pools, ticks = world.tables.pools, world.tables.ticks
    pools["shares"], pools["everywhere"], pools["virtual"] = 100.0, 100.0, (50.0, 200.0)
    execute(world, mint(10, 20, 300.0))
    low, high = (int(np.flatnonzero((ticks["ends"] > 0) & (ticks["number"] == number))[0]) for number in (10, 20))
    # ticks are where they are; for round numbers these two are moved, with the price between them
    ticks["root"][low], ticks["root"][high] = 2.0, 2.5
    ticks["level"][low], pools["below"], pools["above"] = 300.0, low, high
    pools["shares"], pools["virtual"] = 400.0, (200.0, 800.0)
    assert quoted(world.state, 0, USD, 200.0) == pytest.approx(40.0, rel=1e-14)
    assert quoted(world.state, 0, USD, 250.0) == pytest.approx(40.0 + 20.0 / 3.0, rel=1e-14)
    assert quoted(world.state, 0, ETH, 100.0) == pytest.approx(400.0 / 3.0, rel=1e-14)


@hypothesis_settings(max_examples=25)
@given(st.lists(st.tuples(st.booleans(), st.floats(min_value=1e-3, max_value=1e5)), min_size=1, max_size=10))
def test_a_range_over_everything_is_the_constant_product(trades: list[tuple[bool, float]]) -> None:
    """Liquidity between prices of 10^-30 and 10^30, and almost none beside it."""
    plain = founded()
    world = opened(everywhere=1e-6, most_ranges=1, ranges=({"lower": 1e-30, "upper": 1e30, "liquidity": 1.0 - 1e-6},))
    for buy, value in trades:
        rows = swap(ALICE, value if buy else value / PRICE, buy=buy)
        [one], [other] = execute(plain, rows.copy()), execute(world, rows.copy())
        assert one["reason"] == other["reason"]
        assert other["filled_out"] == pytest.approx(one["filled_out"], rel=1e-9)
    assert tuple(world.tables.pools["virtual"][0]) == pytest.approx(reserves(plain), rel=1e-9)


def test_a_concentrated_pool_without_ranges_is_the_constant_product_to_the_last_bit() -> None:
    plain, world = founded(), opened()
    for amount, buy in ((1e5, True), (7.0, False), (1e-3, True), (3e5, True), (90.0, False)):
        [one], [other] = execute(plain, swap(ALICE, amount, buy=buy)), execute(world, swap(ALICE, amount, buy=buy))
        assert other["filled_out"] == one["filled_out"]


# -- ranges ------------------------------------------------------------------------------------------------------------


def test_a_range_costs_what_it_holds_and_comes_back() -> None:
    world = three_ranges()
    before, held, cells = reserves(world), world.tables.balance[OTHER_MAKER, 0].copy(), world.tables.pools[0].copy()
    lower, upper = (STEP ** (0.5 * number) for number in (78100, 78400))
    assert fates(execute(world, mint(78100, 78400, 1000.0, OTHER_MAKER))) == ["FILLED"]
    x, y = reserves(world)
    assert x - before[0] == pytest.approx(1000.0 * (1.0 / 50.0 - 1.0 / upper), rel=1e-9)
    assert y - before[1] == pytest.approx(1000.0 * (50.0 - lower), rel=1e-9)
    assert world.tables.pools["shares"][0] == pytest.approx(cells["shares"] + 1000.0, rel=1e-12)
    assert fates(execute(world, burn(78100, 78400, 1000.0, OTHER_MAKER))) == ["FILLED"]
    np.testing.assert_allclose(world.tables.balance[OTHER_MAKER, 0], held, rtol=1e-12)
    for column in ("shares", "everywhere", "below", "above"):
        assert world.tables.pools[column][0] == cells[column]


@pytest.mark.parametrize(
    ("row", "fate"),
    [
        (mint(78190, 78290, 1.0, ALICE), "NOT_ALLOWED"),
        (mint(78190, 78290, 0.0), "BAD_AMOUNT"),
        (mint(78190, 78290, np.nan), "BAD_AMOUNT"),
        (mint(78195, 78290, 1.0), "WRONG_VENUE"),
        (mint(78290, 78190, 1.0), "WRONG_VENUE"),
        (mint(78290, 78290, 1.0), "WRONG_VENUE"),
        (mint(-887_280, 78290, 1.0), "WRONG_VENUE"),
        (mint(78190, 78290, 1.0, target=-1), "WRONG_VENUE"),
        (mint(78190, 78290, 1.0, target=2**62), "WRONG_VENUE"),
        (mint(78190, 78290, 1.0, venue=1, rollup=1), "WRONG_VENUE"),
        (mint(78190, 78290, 1.0, rollup=1), "WRONG_VENUE"),
        (mint(78190, 78290, 1e9), "INSUFFICIENT_BALANCE"),
        (mint(78190, 78290, 1000.0, limit=1.0), "LIMIT"),
        (burn(78190, 78290, 45_000.1), "INSUFFICIENT_BALANCE"),
        (burn(78190, 78300, 1.0), "NOT_OWNER"),
        (burn(78190, 78290, 1.0, OTHER_MAKER), "NOT_OWNER"),
        (on_range(Kind.COLLECT_RANGE, 78190, 78290, 1.0, OTHER_MAKER), "NOT_OWNER"),
    ],
)
def test_what_a_provider_may_not_do_leaves_no_trace(row: np.ndarray, fate: str) -> None:
    world = three_ranges()
    before = world.state.cells.copy()
    assert fates(execute(world, row.copy())) == [fate]
    assert world.state.cells.tobytes() == before.tobytes()


def test_a_pool_has_as_many_ranges_as_it_may() -> None:
    world = opened(most_ranges=2)
    rows = [mint(78190, 78200 + 10 * step, 1.0) for step in range(3)]
    assert fates(execute(world, *rows)) == ["FILLED", "FILLED", "NO_LIQUIDITY"]
    assert fates(execute(world, burn(78190, 78200, 1.0), rows[2])) == ["FILLED", "FILLED"]


def test_a_bundle_that_fails_undoes_swaps_over_ticks_and_ranges_alike() -> None:
    world = three_ranges()
    before = world.state.cells.copy()
    rows = (
        swap(ALICE, 90_000.0), mint(78120, 78130, 10.0), burn(78190, 78290, 45_000.0), swap(ALICE, 60.0, buy=False),
        on_range(Kind.COLLECT_RANGE, 78300, 78500, 1.0), swap(ALICE, 1.0, limit=1.0),
    )  # fmt: skip
    block = np.concatenate(rows)
    block["bundle"] = 1
    assert fates(execute(world, block))[-1] == "LIMIT"
    assert world.state.cells.tobytes() == before.tobytes()


# -- whose fees and losses they are ------------------------------------------------------------------------------------


def test_fees_go_to_the_liquidity_that_the_price_passed() -> None:
    """MAKER above the price and OTHER_MAKER around it; a purchase passes from the one into the other."""
    world = thin()
    execute(world, mint(78190, 78290, 45_000.0, OTHER_MAKER), mint(78290, 78500, 20_000.0))
    edge = STEP ** (0.5 * 78290)
    first, second = 50_000.0 * (edge - 50.0), 25_000.0 * 0.2
    execute(world, swap(ALICE, (first + second) / 0.997))
    held = world.tables.balance[[MAKER, OTHER_MAKER], 0, USD].copy()
    execute(
        world, on_range(Kind.COLLECT_RANGE, 78290, 78500, 1.0),
        on_range(Kind.COLLECT_RANGE, 78190, 78290, 1.0, OTHER_MAKER),
    )  # fmt: skip
    paid = world.tables.balance[[MAKER, OTHER_MAKER], 0, USD] - held
    rate = 0.003 / 0.997
    assert paid == pytest.approx([rate * second * 0.8, rate * first * 0.9], rel=1e-9)
    # at the reference price, 2500: what came in for what went out, by the share of each
    after = edge + 0.2
    lost = second * 0.8 - 20_000.0 * (1.0 / edge - 1.0 / after) * PRICE
    assert row_of(world, MAKER)["marked"] == pytest.approx(lost, rel=1e-9)
    gained = first * 0.9 - 45_000.0 * (1.0 / 50.0 - 1.0 / edge) * PRICE
    assert row_of(world, OTHER_MAKER)["marked"] == pytest.approx(gained, rel=1e-9)


STEPS = st.one_of(
    st.tuples(st.just("swap"), st.booleans(), st.floats(min_value=1.0, max_value=2e5)),
    st.tuples(st.just("mint"), st.integers(-30, 30), st.integers(1, 20)),
    st.tuples(st.just("burn"), st.floats(min_value=0.0, max_value=1.0), st.booleans()),
    st.tuples(st.just("share"), st.booleans(), st.floats(min_value=0.01, max_value=50.0)),
)


@hypothesis_settings(max_examples=30)
@given(st.lists(STEPS, min_size=1, max_size=25))
def test_whatever_happens_the_ledger_balances_and_every_range_is_solvent(steps: list[tuple[Any, ...]]) -> None:
    world = opened(everywhere=0.2, bell_bp=100.0)
    opening, passive = totals(world.tables), world.account_of["passive"]
    for what, one, two in steps:
        if what == "swap":
            execute(world, swap(BOB, two if one else two / PRICE, buy=bool(one)))
        elif what == "mint":
            lower = 78240 + 10 * int(one)
            execute(world, mint(lower, lower + 10 * int(two), 1000.0, MAKER if one % 2 else OTHER_MAKER))
        elif what == "share":
            execute(world, intent(Kind.ADD_LIQUIDITY, MAKER, venue=0, rollup=0, amount=two))
        else:
            there = world.tables.ranges[world.tables.ranges["liquidity"] > 0.0]
            chosen = there[int(one * (len(there) - 1))] if len(there) else None
            if chosen is not None:
                size = float(chosen["liquidity"]) * (1.0 if two else 0.5)
                ends = int(chosen["lower"]), int(chosen["upper"])
                assert fates(execute(world, burn(*ends, size, int(chosen["owner"])))) == ["FILLED"]
        check_ledger(world.tables, opening)
    there = world.tables.ranges[world.tables.ranges["liquidity"] > 0.0].copy()
    for row in there:
        ends = int(row["lower"]), int(row["upper"])
        assert fates(execute(world, burn(*ends, float(row["liquidity"]), int(row["owner"])))) == ["FILLED"]
    assert not world.tables.ticks["ends"].any()
    # what is left is the liquidity over everything, with fees for it alone
    x, y = reserves(world)
    assert (x, y) == pytest.approx(tuple(world.tables.pools["virtual"][0]), rel=1e-6)
    provided, row = world.tables.provisions[:, 0], world.tables.pools[0]
    owed = provided["shares"] @ (row["growth"] - provided["claimed"])
    held = world.tables.balance[int(row["fee_account"]), 0]
    assert held[[ETH, USD]] == pytest.approx(owed, rel=1e-6, abs=1e-6)
    assert passive >= 0


# -- at the start ------------------------------------------------------------------------------------------------------


def test_a_bell_has_its_depth_at_the_price_and_less_away_from_it() -> None:
    world = opened(everywhere=0.1, bell_bp=200.0)
    assert world.tables.pools["shares"][0] == pytest.approx(50_000.0, rel=1e-12)
    assert tuple(world.tables.pools["virtual"][0]) == pytest.approx((1000.0, 2.5e6), rel=1e-12)
    ticks = world.tables.ticks[world.tables.ticks["ends"] > 0.0]
    up = np.sort(ticks[ticks["root"] > 50.0], order="number")
    assert (np.diff(up["level"]) < 0.0).all()
    assert up["level"][-1] == 0.0
    distance = 2.0 * np.log(up["root"] / 50.0) / 0.02
    middle = 0.5 * (distance[1:] + distance[:-1])
    np.testing.assert_allclose(up["level"][:-1] / 45_000.0, np.exp(-0.5 * middle**2), atol=0.05)
    assert sum(reserves(world)) < 0.3 * (1000.0 + 2.5e6)
    assert world.tables.balance[world.account_of["passive"], 0] == pytest.approx(0.0, abs=1e-6)


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(ValueError, match="bell_bp or ranges"):
        pool(everywhere=0.5)
    with pytest.raises(ValueError, match="below 1 for a bell"):
        pool(bell_bp=100.0)
    with pytest.raises(ValueError, match="apart"):
        PoolConfig(fees="inside", concentrated=ConcentratedConfig())
    with pytest.raises(ValueError, match="below upper"):
        pool(ranges=({"lower": 2.0, "upper": 1.0},))
    with pytest.raises(InputError, match="887272"):
        opened(everywhere=0.5, bell_bp=1e6)


def test_a_range_is_named_by_its_ends() -> None:
    for lower, upper in ((-887_272, 887_272), (-10, 20), (0, 10), (78190, 78290)):
        assert ends_of(name(lower, upper)) == (lower, upper)


def test_providers_name_ranges_at_the_desk() -> None:
    """A row for each call, as the rules read it; a range that no pool can have is the strategy's fault."""
    called: list[dict[str, Any]] = []

    def add(kind: int, rollup: int, venue: int, *others: Any, **fields: Any) -> None:
        called.append({"kind": kind, "rollup": rollup, "venue": venue, "amount": others[-1]} | fields)

    outbox: Any = SimpleNamespace(pool_rollup=[3], tables=opened().tables, add=add, fault=ValueError)
    desk = Desk(outbox)
    desk.mint_range(0, 100, 200, 5.0, 7.0, tip=0.5)
    desk.burn_range(0, 100, 200, 4.0)
    desk.collect_range(0, 100, 200, 3.0)
    kinds = [Kind.MINT_RANGE, Kind.BURN_RANGE, Kind.COLLECT_RANGE]
    assert [row["kind"] for row in called] == kinds
    assert {(row["rollup"], row["venue"], row["target"]) for row in called} == {(3, 0, name(100, 200))}
    assert [(row["amount"], row["limit"], row["tip"]) for row in called] == [(5.0, 7.0, 0.5), (4.0, 0, 0), (3.0, 0, 0)]
    for lower, upper in ((105, 200), (200, 100), (100, 100), (-900_000, 100)):
        with pytest.raises(ValueError, match="allowed: multiples of 10"):
            desk.mint_range(0, lower, upper, 1.0)
