"""What posting on L1 costs and who bears it, and what reverted intents pay."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from worlds import (
    ALICE,
    BOB,
    CAPITAL_USD,
    OPERATOR,
    USD,
    check_ledger,
    config,
    execute,
    fates,
    founded,
    intent,
    lender,
    on_block,
    opened,
    ran,
    reported,
    rollup,
    stressed,
    swap,
)  # fmt: skip

from market.config import FlowConfig, RegimeConfig
from market.errors import InputError
from market.genesis import World
from market.intents.rows import Status
from market.measures.tally import Tally
from market.prices.l1 import L1Price, L1PriceConfig
from market.sequencing import make
from market.state.ledger import Why, totals
from market.streams import spawn
from market.venues import STATEMENTS, Kind
from market.venues.dispatch import CHARGED

BYTES = {Kind[statement.name.upper()]: statement.bytes for statement in STATEMENTS}
PRICE = 1e-3


def world(passed_on: float = 1.0, reverted: float = 0.0, gas_usd: float = 0.5, price: float = PRICE) -> World:
    """A rollup on which a byte costs a tenth of a cent."""
    market = founded(rollup("a", gas_usd=gas_usd))
    rollups = market.tables.rollups
    rollups["data_cost"], rollups["data_fee"], rollups["reverted"] = price, passed_on * price, reverted
    return market


def pay(sender: int, amount: float, **fields: Any) -> np.ndarray:
    return intent(Kind.PAYMENT, sender, **{"rollup": 0, "target": BOB, "asset_in": USD, "amount": amount} | fields)


def gained(market: World, account: int) -> float:
    return float(market.tables.balance[account, 0, USD]) - CAPITAL_USD


def flow(market: World, why: Why) -> float:
    return float(market.tables.flows[:, :, why, USD].sum())


# -- the ledger --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("passed_on", [0.0, 0.5, 1.0, 1.2])
def test_senders_pay_the_sequencer_and_the_sequencer_pays_l1(passed_on: float) -> None:
    market = world(passed_on)
    opening = totals(market.tables)
    assert fates(execute(market, pay(ALICE, 10.0), swap(ALICE, 100.0))) == ["FILLED", "FILLED"]
    cost = PRICE * (BYTES[Kind.PAYMENT] + BYTES[Kind.SWAP])
    assert gained(market, ALICE) == pytest.approx(-110.0 - 1.0 - passed_on * cost)
    assert gained(market, OPERATOR) == pytest.approx(1.0 + (passed_on - 1.0) * cost)
    assert market.tables.balance[market.account_of["l1"], 0, USD] == pytest.approx(cost)
    assert flow(market, Why.DATA_FEE) == pytest.approx(passed_on * cost)
    assert flow(market, Why.DATA_COST) == pytest.approx(cost)
    check_ledger(market.tables, opening)


def test_who_is_not_charged_costs_the_sequencer() -> None:
    market = founded(rollup("a", lending=(lender(),)))
    assert not CHARGED[Kind.ORACLE_UPDATE]
    market.tables.rollups["data_cost"] = market.tables.rollups["data_fee"] = PRICE
    row = intent(Kind.ORACLE_UPDATE, market.account_of["oracle"], venue=0, rollup=0, amount=2400.0)
    assert fates(execute(market, row)) == ["FILLED"]
    assert gained(market, OPERATOR) == pytest.approx(-PRICE * BYTES[Kind.ORACLE_UPDATE])


def test_who_cannot_pay_for_the_data_is_not_included() -> None:
    market = world()
    market.tables.balance[ALICE, 0, USD] = 10.5 + 0.9 * PRICE * BYTES[Kind.PAYMENT]
    before = market.state.cells.tobytes()
    assert fates(execute(market, pay(ALICE, 10.0))) == ["INSUFFICIENT_BALANCE"]
    assert market.state.cells.tobytes() == before


# -- reverted intents --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "price", "paid"), [(0.0, PRICE, 0.0), (0.4, 0.0, 0.2), (1.0, PRICE, 0.5 + 0.12)])
def test_reverted_intents_pay_what_the_regime_says(share: float, price: float, paid: float) -> None:
    """Gas of 0.50 USD, and 120 bytes at 0.1 cents."""
    market = world(reverted=share, price=price)
    assert fates(execute(market, pay(ALICE, -1.0, tip=7.0))) == ["BAD_AMOUNT"]
    assert gained(market, ALICE) == pytest.approx(-paid)
    assert gained(market, OPERATOR) == pytest.approx(paid - (0.12 if paid > 0.5 else 0.0))


def test_nobody_pays_more_for_a_reverted_intent_than_is_there() -> None:
    market = world(reverted=1.0)
    market.tables.balance[ALICE, 0, USD] = 0.55
    opening = totals(market.tables)
    execute(market, pay(ALICE, 10.0))
    assert market.tables.balance[ALICE, 0, USD] == pytest.approx(0.0, abs=1e-12)
    assert gained(market, OPERATOR) == pytest.approx(0.55 - 0.12)
    check_ledger(market.tables, opening)


def test_members_of_a_broken_bundle_pay_but_not_for_what_it_carried() -> None:
    market = world(reverted=1.0, price=0.0)
    rows = [pay(ALICE, 10.0, bundle=4), pay(BOB, 10.0, bundle=4, carried=1, target=ALICE), pay(ALICE, -1.0, bundle=4)]
    assert fates(execute(market, *rows)) == ["BUNDLE", "FILLED", "BAD_AMOUNT"]
    assert gained(market, BOB) == pytest.approx(-10.0 - 0.5)
    assert gained(market, ALICE) == pytest.approx(10.0 - 2 * 0.5)


def test_what_names_no_sender_and_no_kind_costs_nobody() -> None:
    market = world(reverted=1.0)
    before = market.state.cells.tobytes()
    execute(market, pay(-1, 1.0), pay(ALICE, 1.0, rollup=99), intent(10**6, ALICE, rollup=0))
    assert market.state.cells.tobytes() == before


def test_whoever_reverts_pays_for_every_attempt() -> None:
    capacity = {"kind": "unlimited", "reverted_gas": 1.0}
    market = opened(stressed(RegimeConfig(name="tested", domains="shared", capacity=capacity)))
    traders = [agent.account for agent in market.participants if agent.role == "trader"]
    attempts = np.zeros(len(market.world.groups))

    def noted(slot: Any) -> None:
        rows = slot.rows[(slot.rows["sender"] < attempts.size) & (slot.rows["position"] >= 0)]
        np.add.at(attempts, rows["sender"], rows["status"] != Status.EXPIRED)

    on_block(market, noted)
    market.run()
    assert market.tally.statuses[Status.REVERTED] > 10
    for account in traders:
        # a cent for each, filled or reverted
        paid = market.world.tables.flows[account, :, Why.GAS, USD].sum()
        assert paid == pytest.approx(0.01 * attempts[account])
    check_ledger(market.world.tables, market.audit.opening)


def test_gains_count_what_is_lost_on_reverted_intents() -> None:
    market = world(reverted=1.0, price=0.0)
    tally, leader = Tally(1, len(market.groups)), SimpleNamespace(account=OPERATOR)
    tally.on_start(SimpleNamespace(world=market, members=market.groups[: OPERATOR + 1]))  # pyright: ignore[reportArgumentType]
    receipts = execute(market, pay(ALICE, -1.0), pay(OPERATOR, -1.0))
    slot = SimpleNamespace(rows=receipts, leader=leader, by_author=lambda rows: [(rows, OPERATOR)])
    tally.on_block(slot)  # pyright: ignore[reportArgumentType]
    assert tally.gains[ALICE].sum() == pytest.approx(-0.5)
    assert tally.gains[OPERATOR].sum() == 0.0


# -- a market ----------------------------------------------------------------------------------------------------------


def regime(domains: str = "shared", **capacity: Any) -> RegimeConfig:
    return RegimeConfig(name="tested", domains=domains, capacity={"kind": "unlimited"} | capacity)


@pytest.mark.parametrize(("domains", "kind"), [("alone", "unlimited"), ("shared", "gas")])
def test_every_regime_has_the_same_price_at_the_same_time(domains: str, kind: str) -> None:
    law = {"spikes_per_day": 500.0}
    capacity = {"kind": kind, "l1_data": law | {"passed_on": 0.5}}
    market, seen = opened(config(regime=regime(domains, **capacity), horizon_s=60.0), seed=3), []

    def noted(slot: Any) -> None:
        row = market.world.tables.rollups[slot.domain.rollups[0]]
        seen.append((slot.time, float(row["data_cost"]), float(row["data_fee"])))

    on_block(market, noted)
    market.run()
    price = L1Price(L1PriceConfig(**law), spawn(3)["l1"])
    costs = [price.at(time) for time, *_ in sorted(seen)]
    assert len(set(costs)) >= 5  # five blocks of L1 in a minute
    assert [cost for _, cost, _ in sorted(seen)] == pytest.approx(costs, rel=1e-12)
    assert [fee for *_, fee in sorted(seen)] == pytest.approx([0.5 * cost for cost in costs], rel=1e-12)


def test_a_market_pays_l1_for_what_it_posts() -> None:
    market = ran(stressed(regime(l1_data={"median_usd": 1e-3, "log_sd": 0.0, "spikes_per_day": 0.0})))
    flows, l1 = market.world.tables.flows, market.world.account_of["l1"]
    groups = market.world.groups
    assert market.world.tables.balance[l1, :, USD].sum() == pytest.approx(flows[:, groups.index("l1"), :, USD].sum())
    assert flows[:, :, Why.DATA_COST, USD].sum() > flows[:, :, Why.DATA_FEE, USD].sum() > 0.0  # oracles are not charged
    assert flows[groups.index("retail"), :, Why.DATA_FEE, USD].sum() > 0.0
    check_ledger(market.world.tables, market.audit.opening)
    assert reported(market)["conservation_error"] < 1e-9


def test_senders_wait_until_a_spike_is_over() -> None:
    """Swaps of 300 USD pay a fee of 3 USD at most: none goes in while its 160 bytes cost more."""
    flow_ = FlowConfig(per_second=2.0, median_usd=300.0, log_sd=0.0, latency_s=0.0, patience_s=1e6)
    counts = []
    for cents in (1.5, 2.5):
        law = {"median_usd": cents * 1e-2, "log_sd": 0.0, "spikes_per_day": 0.0}
        capacity = {"kind": "gas", "limit_per_s": 1e9, "floor_usd": 0.0, "l1_data": law}
        market = ran(config(rollup("a"), regime=regime(**capacity), flow=flow_))
        counts.append(int(market.tally.statuses[Status.FILLED]))
    assert counts[0] > 20
    assert counts[1] == 0


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"l1_data": {"median_usd": 0.0}}, "l1_data.median_usd"),
        ({"l1_data": {"passed_on": -1.0}}, "l1_data.passed_on"),
        ({"l1_data": {"spike": 1.0}}, "l1_data.spike"),
        ({"reverted_gas": 1.5}, "reverted_gas"),
    ],
)
def test_bad_parameters_are_one_line(parameters: dict[str, Any], complaint: str) -> None:
    for kind in ("unlimited", "gas"):
        with pytest.raises(InputError, match=complaint) as error:
            make("capacity", {"kind": kind} | parameters)
        assert "\n" not in str(error.value)
