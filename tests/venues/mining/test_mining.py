"""Programmes that pay for liquidity: who is paid how much, how it is split, and what happens once it is gone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from worlds import (
    ALICE,
    ETH,
    MAKER,
    OTHER_MAKER,
    USD,
    check_ledger,
    config,
    execute,
    fates,
    founded,
    intent,
    on_block,
    opened,
    reported,
    rollup,
)

from market.config import AgentConfig, FlowConfig, MiningConfig, OptionsConfig, PoolConfig
from market.errors import InputError
from market.genesis import World
from market.intents.rows import Reason, Status
from market.state.ledger import Why, totals
from market.venues import Kind
from market.venues.mining.clock import Payer
from market.venues.mining.rules import measure
from market.venues.mining.splits import Found, make
from market.venues.mining.splits.equal import Equal
from market.venues.pools.config import ConcentratedConfig
from market.venues.pools.ranges import name

DEPTH_USD = 2.5e6
ROLES = ("market_maker", "trader")
QUOTING = (
    AgentConfig(role="market_maker", strategy="reallocator"),
    AgentConfig(role="trader", strategy="arbitrageur"),
)


def world(**terms: Any) -> World:
    return founded(mining=(MiningConfig(**terms),))


def provide(sender: int, ether: float, pool: int = 0) -> np.ndarray:
    return intent(Kind.ADD_LIQUIDITY, sender, venue=pool, rollup=pool, amount=ether, asset_in=ETH, asset_out=USD)


def pay(market: World, amount: float, rollup: int = 0, sender: int | None = None) -> str:
    treasury = market.accounts_of("mining treasuries")[0]
    row = intent(Kind.MINING_PAY, treasury if sender is None else sender, venue=0, target=rollup, amount=amount)
    return fates(execute(market, row))[0]


def received(market: World, account: int) -> float:
    group = int(market.tables.accounts["group"][account])
    return float(market.tables.flows[:, group, Why.REWARD, USD].sum())


# -- who is paid -------------------------------------------------------------------------------------------------------


def test_a_payment_is_shared_by_what_was_provided_and_for_how_long() -> None:
    market = world()
    opening = totals(market.tables)
    measure(market.state, 10.0)  # the passive provider alone
    execute(market, provide(MAKER, 100.0), provide(OTHER_MAKER, 300.0))
    measure(market.state, 20.0)
    assert pay(market, 240.0) == "FILLED"
    # 10 s of 1000, then 10 s of 1000, 100 and 300
    assert received(market, MAKER) == pytest.approx(240.0 * 1000.0 / 24000.0)
    assert received(market, OTHER_MAKER) == pytest.approx(240.0 * 3000.0 / 24000.0)
    assert received(market, market.account_of["passive"]) == pytest.approx(240.0 * 20000.0 / 24000.0)
    assert market.tables.mining_rollups["depth"] == pytest.approx([2.0 * 1.4 * DEPTH_USD, 2.0 * DEPTH_USD])
    check_ledger(market.tables, opening)
    assert pay(market, 240.0) == "NO_LIQUIDITY"  # what was paid for is paid for


def test_ranges_count_while_the_price_is_in_them() -> None:
    pool = PoolConfig(depth_usd=DEPTH_USD, fee_bp=30.0, price_usd=2500.0, concentrated=ConcentratedConfig())
    market = founded(rollup("a", pools=(pool,)), rollup("b"), mining=(MiningConfig(),))
    around, above = (
        intent(Kind.MINT_RANGE, who, target=name(*ends), amount=5e4, asset_in=ETH, asset_out=USD)
        for who, ends in ((MAKER, (78_000, 78_500)), (OTHER_MAKER, (78_500, 79_000)))
    )
    assert fates(execute(market, around, above)) == ["FILLED", "FILLED"]
    measure(market.state, 10.0)
    pay(market, 100.0)
    active = float(market.tables.pools["shares"][0])
    assert received(market, MAKER) == pytest.approx(100.0 * 5e4 / active)
    assert received(market, OTHER_MAKER) == 0.0


CHAIN = OptionsConfig(expiries_s=(1e5,), strikes=1, fee_bp=0.0)


def quote(sender: int, size: float, bid: float, ask: float, market: int = 0, more: float = 0.0) -> list[np.ndarray]:
    """Both sides of a quote for the first series of a market, which is on the rollup of the same number."""
    sides = ((USD, ETH, bid, size), (ETH, USD, ask, size + more))
    where = {"venue": market, "rollup": market, "target": 2 * market}
    return [
        intent(Kind.OPTION_QUOTE, sender, **where, amount=amount, limit=price, asset_in=a, asset_out=b)
        for a, b, price, amount in sides
    ]


def test_quotes_count_where_both_sides_stand_closely_and_what_nobody_earns_stays() -> None:
    terms = MiningConfig(quotes_share=0.5, within_bp=40.0, treasury_usd=1000.0)
    market = founded(rollup("a", options=(CHAIN,)), rollup("b"), mining=(terms,))
    execute(market, *quote(MAKER, 3.0, 50.0, 69.0), *quote(OTHER_MAKER, 1.0, 50.0, 71.0))
    measure(market.state, 10.0)
    pay(market, 100.0)
    assert market.tables.mining_rollups["quoted"][0] == 3.0 * 2500.0
    assert (received(market, MAKER), received(market, OTHER_MAKER)) == (pytest.approx(50.0), 0.0)
    measure(market.state, 20.0)
    pay(market, 100.0, rollup=1)  # where there are no options
    assert float(market.tables.mining["paid"][0]) == pytest.approx(150.0)


def test_quotes_are_paid_by_their_size_and_time_on_their_rollup_out_of_the_treasury() -> None:
    """The smaller side counts, for as long as it stands; what one rollup is paid is no other's."""
    terms = MiningConfig(quotes_share=1.0, within_bp=40.0, treasury_usd=250.0)
    market = founded(rollup("a", options=(CHAIN,)), rollup("b", options=(CHAIN,)), mining=(terms,))
    opening = totals(market.tables)
    execute(market, *quote(MAKER, 3.0, 50.0, 60.0, more=2.0), *quote(MAKER, 1.0, 50.0, 60.0, market=1))
    measure(market.state, 10.0)
    execute(market, *quote(OTHER_MAKER, 9.0, 49.0, 61.0))
    measure(market.state, 20.0)
    assert [pay(market, each, at) for at, each in enumerate((120.0, 80.0))] == ["FILLED"] * 2
    # on the first 3 x 20 s and 9 x 10 s; on the second nobody else
    assert received(market, MAKER) == pytest.approx(120.0 * 60.0 / 150.0 + 80.0)
    assert received(market, OTHER_MAKER) == pytest.approx(120.0 * 90.0 / 150.0)
    assert market.tables.mining_rollups["paid"].tolist() == pytest.approx([120.0, 80.0])
    measure(market.state, 30.0)
    assert pay(market, 120.0) == "FILLED"  # what is left: 50
    assert float(market.tables.mining["paid"][0]) == pytest.approx(250.0)
    measure(market.state, 40.0)
    assert pay(market, 1.0) == "INSUFFICIENT_BALANCE"
    check_ledger(market.tables, opening)


def test_only_the_treasury_pays_and_no_more_than_it_has() -> None:
    market = world(treasury_usd=100.0)
    measure(market.state, 10.0)
    assert pay(market, 10.0, sender=ALICE) == "NOT_OWNER"
    assert pay(market, 500.0) == "FILLED"
    assert float(market.tables.mining["paid"][0]) == pytest.approx(100.0)
    measure(market.state, 20.0)
    assert pay(market, 10.0) == "INSUFFICIENT_BALANCE"


# -- how it is split ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"kind": "equal"}, [0.5, 0.5, 0.0]),
        ({"kind": "fixed", "parts": (1.0, 2.0, 1.0)}, [0.25, 0.5, 0.25]),
        ({"kind": "volume"}, [0.9, 0.1, 0.0]),
        ({"kind": "depth_target", "target_usd": 6e6}, [0.25, 0.75, 0.0]),
        ({"kind": "depth_target", "target_usd": 1e6}, [0.0, 0.0, 0.0]),
    ],
)
def test_rules_split_as_they_say(rule: dict[str, Any], expected: list[float]) -> None:
    found = Found(np.array([True, True, False]), np.array([5e6, 3e6, 0.0]), np.array([9e3, 1e3, 0.0]))
    assert make(rule, "split").weights(found).tolist() == expected


def test_where_nothing_is_swapped_volume_is_nobodys() -> None:
    found = Found(np.array([True, True, False]), np.zeros(3), np.zeros(3))
    assert make({"kind": "volume"}, "split").weights(found).tolist() == [0.5, 0.5, 0.0]


@pytest.mark.parametrize(
    ("share", "depth", "volume"),
    [(0.0, (5019940.0, 5e6), 1e4), (1.0, (7500.0, 0.0), 5000.0), (0.5, (5027440.0, 5e6), 15000.0)],
)
def test_rules_are_told_depth_and_volume_of_what_is_paid_for(
    share: float, depth: tuple[float, float], volume: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A swap of 10,000 USD; quotes for 3 options on either side, of which 2 are bought."""
    found: list[Found] = []
    monkeypatch.setattr(Equal, "weights", lambda rule, told: found.append(told) or np.zeros(2))
    terms = MiningConfig(quotes_share=share, within_bp=40.0, period_s=0.0)
    homes = [rollup(name, options=(CHAIN,)) for name in ("a", "b")]
    market = opened(config(*homes, flow=FlowConfig(per_second=0.0), mining=(terms,), agents=QUOTING))
    makes, trades = (next(each.account for each in market.participants if each.role == role) for role in ROLES)
    for who in (makes, trades):
        execute(market.world, intent(Kind.OPTION_DEPOSIT, who, venue=0, rollup=0, target=who, amount=1e5))
    slot: Any = SimpleNamespace(time=1.0, domain=SimpleNamespace(rollups=(0, 1)))
    payer = Payer(market)
    given = {"sender": trades, "venue": 0, "rollup": 0, "asset_in": USD, "asset_out": ETH}
    bought = intent(Kind.OPTION_TRADE, target=0, amount=2.0, limit=1e4, **given)
    swapped = intent(Kind.SWAP, amount=1e4, **given)
    slot.rows = execute(market.world, *quote(makes, 3.0, 50.0, 60.0), bought, swapped)
    assert fates(slot.rows) == ["FILLED"] * 4
    execute(market.world, *quote(makes, 3.0, 50.0, 60.0))
    payer.tick(1.0)
    market.world.tables.mining["due"] = 0.5
    payer.after_block(slot)
    told = found[-1]
    assert told.depth.tolist() == pytest.approx(depth)
    assert told.volume.tolist() == pytest.approx([volume, 0.0])
    assert told.there.all()


# -- on a market -------------------------------------------------------------------------------------------------------


def ran(horizon_s: float = 60.0, **terms: Any) -> Any:
    settings = config(
        flow=FlowConfig(per_second=2.0), horizon_s=horizon_s, mining=(MiningConfig(**terms),),
        agents=(AgentConfig(role="market_maker", strategy="reallocator"),), audit_every=1,
    )  # fmt: skip
    market = opened(settings)
    payments: list[np.ndarray] = []
    opening = totals(market.world.tables)

    def noted(slot: Any) -> None:
        payments.append(slot.rows[slot.rows["kind"] == Kind.MINING_PAY].copy())
        check_ledger(market.world.tables, opening)

    on_block(market, noted)
    market.run()
    return market, np.concatenate(payments)


def test_what_comes_due_is_paid_by_intents_period_by_period() -> None:
    market, payments = ran(usd_per_hour=3600.0, period_s=10.0)
    assert (payments["status"] == Status.FILLED).all()
    assert payments.size == 2 * 5  # one for each rollup; the sixth is on its way
    assert payments["amount"].sum() == pytest.approx(payments["executed"].max() - 1.0, abs=1.0)
    assert reported(market)["mining_paid_usd"] == pytest.approx(payments["filled_in"].sum())
    assert abs(reported(market)["unexplained_gain_usd"]) < 1.0


def test_a_period_of_nothing_pays_in_every_block_of_its_rollup() -> None:
    _, payments = ran(20.0, usd_per_hour=3600.0, period_s=0.0, home="b", split="volume")
    assert len(np.unique(payments["executed"])) >= 18
    assert (payments["rollup"] == 1).all()


def test_an_empty_treasury_ends_it_and_the_tape_says_so() -> None:
    market, payments = ran(usd_per_hour=36_000.0, period_s=10.0, treasury_usd=250.0)
    assert reported(market)["mining_left_usd"] == pytest.approx(0.0, abs=1e-9)
    last = payments[payments["status"] == Status.REVERTED]
    assert set(last["reason"].tolist()) == {Reason.INSUFFICIENT_BALANCE}
    assert reported(market)["mining_empty_s"] == last["executed"][0] < 45.0
    assert payments["executed"].max() == last["executed"].max()  # nothing is sent any more


def test_what_cannot_be_is_refused_in_one_line() -> None:
    for wrong, said in (
        ({"home": "z"}, "mining.0.home"), ({"asset": "USD"}, "mining.0.asset"),
        ({"split": {"kind": "fixed", "parts": (1.0,)}}, "mining.0.split.parts"), ({"split": "fair"}, "mining.0.split"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=said):
            world(**wrong)
