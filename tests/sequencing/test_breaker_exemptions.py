"""What passes a pause: what intents do, whatever they are called and whatever company they keep."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.config import PerpetualConfig, RegimeConfig
from market.domain import Slot
from market.intents.rows import Purpose, Status, blank
from market.sequencing.breakers._exempt import passes
from market.venues import Kind
from market.venues.lending import rules as lending
from tests.worlds import ETH, ETH_USD, USD, config, lender, opened, rollup

EVERY = ("top_ups", "repayments", "oracle", "arbitrage")
MINE, YOURS, FREE = 0, 1, 2  # positions


def market(exempt=EVERY):
    """A shared market whose breaker has just gone off: two rollups, three borrowers on the first, nobody acts."""
    breaker = {"kind": "liquidation_volume", "threshold_usd": 1.0, "pause_s": 10.0, "exempt": exempt}
    regime = RegimeConfig(name="paused", domains={"kind": "shared"}, block_time_s=1.0, breaker=breaker)
    perpetual = PerpetualConfig(traders=1, fund_usd=1e5, maker_usd=1e7, margin_median_usd=2000.0)
    places = rollup("a", lending=(lender(),), borrowers=3, perpetuals=(perpetual,)), rollup("b")
    made = opened(config(*places, regime=regime, flow={"per_second": 0.0}))
    made.domains[0].regime.breaker._memory.until[-1] = 20.0
    made.world.tables.loans["debt"][FREE] = 0.0
    return made


MARKET = market()
"""For tests that only ask, and change nothing."""


def owner(made, position=MINE):
    return int(made.world.tables.loans["owner"][position])


def row(kind, **fields: Any) -> np.ndarray:
    """One intent of the first borrower's, on the first rollup."""
    made = blank(1)
    made["kind"], made["sender"], made["rollup"], made["amount"] = int(kind), owner(MARKET), 0, 1.0
    for name, value in fields.items():
        made[name] = value
    return made


def trade(amount, limit, *, sell=True, kind=Kind.SWAP, **fields: Any) -> np.ndarray:
    """Sell ETH for USD, or buy it."""
    sides = {"asset_in": ETH, "asset_out": USD} if sell else {"asset_in": USD, "asset_out": ETH}
    return row(kind, amount=amount, limit=limit, **sides | {"venue": 0} | fields)


def pass_together(*rows, exempt=EVERY):
    return passes(MARKET, np.concatenate(rows), exempt)


DEPOSIT, REPAY = row(Kind.DEPOSIT, target=MINE, venue=0), row(Kind.REPAY, target=MINE, venue=0, amount=1000.0)
LIQUIDATION = row(Kind.LIQUIDATE, target=YOURS, venue=0, amount=2000.0, limit=0.9, asset_in=USD, asset_out=ETH)
UPDATE, MARGIN = row(Kind.ORACLE_UPDATE, venue=0), row(Kind.PERPETUAL_DEPOSIT, target=1, venue=0)
ROUND = trade(1.0, 2400.0), trade(2400.0, 1.0, sell=False, kind=Kind.OUTSIDE, venue=-1)


@pytest.mark.parametrize(
    ("name", "rows"),
    [("top_ups", (DEPOSIT,)), ("repayments", (REPAY,)), ("oracle", (UPDATE,)), ("arbitrage", ROUND)],
)
def test_a_class_passes_if_and_only_if_it_is_exempt(name, rows):
    assert pass_together(*rows, exempt=(name,))
    assert not pass_together(*rows, exempt=tuple(other for other in EVERY if other != name))


def test_liquidations_pass_always_and_may_sell_what_they_seize_but_no_more():
    """Selling a whale's holding behind the liquidation of a minnow does not pass, nor another asset than was seized."""
    assert pass_together(LIQUIDATION, exempt=())
    for kind in (Kind.SWAP, Kind.OUTSIDE):
        assert pass_together(LIQUIDATION, trade(0.9, 2000.0, kind=kind), exempt=())
        assert not pass_together(LIQUIDATION, trade(0.9001, 0.0, kind=kind), exempt=())
        assert not pass_together(LIQUIDATION, trade(0.5, 0.0), trade(0.5, 0.0, kind=kind), exempt=())
        assert not pass_together(LIQUIDATION, trade(0.9, 0.0, sell=False, kind=kind), exempt=())


def test_a_liquidation_that_promises_nothing_allows_no_sale():
    unsure = LIQUIDATION.copy()
    unsure["limit"] = 0.0
    assert not pass_together(unsure, trade(0.9, 0.0), exempt=())


def test_what_a_liquidation_seizes_is_what_its_market_holds_whatever_the_row_says():
    posing = LIQUIDATION.copy()
    posing["asset_out"], posing["limit"] = USD, 1e6
    assert not pass_together(posing, trade(1e6, 0.0, sell=False), exempt=())


@pytest.mark.parametrize("member", [DEPOSIT, REPAY, UPDATE, LIQUIDATION], ids=["deposit", "repay", "oracle", "take"])
@pytest.mark.parametrize(
    "other",
    [
        trade(100.0, 0.0),
        trade(1e5, 0.0, sell=False),
        row(Kind.BRIDGE, venue=0, asset_in=USD, asset_out=USD),
        row(Kind.WITHDRAW, target=MINE, venue=0),
        row(Kind.BORROW, target=MINE, venue=0),
        row(Kind.PERPETUAL_TRADE, target=1, venue=0),
        row(Kind.PAYMENT, target=1, asset_in=USD),
    ],
    ids=["sale", "purchase", "bridge", "withdrawal", "loan", "contract", "payment"],
)
def test_one_exempt_member_does_not_carry_the_others(member, other):
    assert pass_together(member)
    assert not pass_together(member, other)
    assert not pass_together(other, member)


def test_two_exempt_classes_pass_together():
    assert pass_together(DEPOSIT, REPAY, UPDATE, *ROUND, LIQUIDATION)


@pytest.mark.parametrize("kind", [Kind.DEPOSIT, Kind.REPAY])
@pytest.mark.parametrize("target", [YOURS, FREE, -1, 10**6])
def test_defence_is_of_ones_own_position_that_owes(kind, target):
    sender = owner(MARKET, FREE) if target == FREE else owner(MARKET)
    assert not pass_together(row(kind, target=target, venue=0, sender=sender))


def test_margin_is_topped_up_on_ones_own_open_contract():
    contract = MARKET.world.tables.contracts
    held = int(np.flatnonzero(contract["quantity"] != 0.0)[0])
    own = MARGIN.copy()
    own["target"], own["sender"] = held, int(contract["owner"][held])
    assert pass_together(own, exempt=("top_ups",))
    own["sender"] += 1
    assert not pass_together(own)


def test_a_sale_in_order_to_repay_brings_about_what_is_repaid():
    brings = lambda amount: 2500.0 * amount * 0.997 / (1.0 + amount * 0.997 / 1000.0)  # noqa: E731
    assert pass_together(trade(0.4, 900.0), REPAY, exempt=("repayments",))
    assert brings(0.44) < 1100.0 < brings(0.445)  # 1.1 times what is repaid
    assert pass_together(trade(0.44, 0.0), REPAY, exempt=("repayments",))
    assert not pass_together(trade(0.445, 0.0), REPAY, exempt=("repayments",))


def test_repaying_more_than_one_owes_allows_no_larger_sale():
    owes = lending.owed(MARKET.world.state, MINE)
    much = REPAY.copy()
    much["amount"] = 1e9
    assert pass_together(trade(1.05 * owes / ETH_USD, 0.0), much)
    assert not pass_together(trade(1.4 * owes / ETH_USD, 0.0), much)


def test_no_label_opens_the_gate():
    """The purpose that a sender writes on an intent changes nothing."""
    for purpose in Purpose:
        assert not pass_together(trade(1.0, 0.0, purpose=int(purpose)))
        assert not pass_together(trade(1.0, 2400.0, purpose=int(purpose)), trade(100.0, 0.01, sell=False))
        labelled = [part.copy() for part in ROUND]
        for part in labelled:
            part["purpose"] = int(purpose)
        assert pass_together(*labelled)


@given(st.floats(1.0, 100.0), st.floats(0.0, 1.0), st.floats(1e-5, 1e3))
def test_a_round_trip_that_may_end_with_less_is_no_arbitrage(sold, kept, short):
    """Whoever wants out of an asset cannot pose: what the bundle is not sure to buy back is a sale."""
    proceeds = 2400.0 * sold
    back = max(0.0, sold * (1.0 - 2e-6) - kept * short)
    assert not pass_together(trade(sold, proceeds), trade(proceeds, back, sell=False, kind=Kind.OUTSIDE, venue=-1))


@given(st.floats(0.2, 5.0), st.floats(0.01, 0.99), st.sampled_from([0.0, 0.003]))
def test_a_round_trip_that_pays_cannot_widen_the_gap_it_trades_on(ratio, size, fee):
    """On two constant-product pools, whatever its size: the proof of the rule, in numbers."""

    def bought(x, y, amount):  # (x, y): what goes in, what comes out
        net = amount * (1.0 - fee)
        return y * net / (x + net), x + net

    cheap, dear = (1000.0, 1000.0), (1000.0, 1000.0 * max(ratio, 1.0 / ratio))  # (ETH, USD)
    spent = size * cheap[1]
    got, usd = bought(cheap[1], cheap[0], spent)
    back, eth = bought(dear[0], dear[1], got)
    if back < spent:
        return
    before = np.log(dear[1] / dear[0]) - np.log(cheap[1] / cheap[0])
    after = np.log((dear[1] - back) / eth) - np.log(usd / (cheap[0] - got))
    assert abs(after) <= before * (1.0 + 1e-9) + 1e-12


# -- in a market -------------------------------------------------------------------------------------------------------


def waiting(made, *bundles):
    """Submit bundles, run two slots of the paused domain, and tell which are still waiting."""
    for number, rows in enumerate(bundles):
        rows = np.concatenate(rows)
        rows["bundle"] = number
        made.mempool.submit(rows)
    made.run_until(2.5)
    left = made.mempool.waiting(0)
    return left["bundle"].tolist()


def test_bundles_wait_or_go_as_a_whole():
    assert waiting(market(), (DEPOSIT, trade(0.01, 0.0)), (DEPOSIT, REPAY), ROUND) == [0, 0]


def test_the_whale_behind_the_minnow_waits():
    made = market(exempt=("oracle",))
    assert waiting(made, (LIQUIDATION, trade(100.0, 0.0)), (LIQUIDATION, trade(0.9, 0.0))) == [0, 0]


# -- what a block's author puts around others --------------------------------------------------------------------------


def screened(exempt, *parts):
    """Screen a block of one bundle: rows with whether each is somebody else's; the author's own have no number."""
    made = market(exempt)
    rows = np.concatenate([part for part, _ in parts])
    carried = np.array([other for _, other in parts])
    rows["id"] = np.where(carried, np.arange(rows.size), -1)
    due = rows[carried].copy()
    rows["bundle"], rows["carried"] = 7, carried
    domain = made.domains[0]
    slot = Slot(made, domain, 1.0, due, rows[:0].copy(), domain.leaders[0], domain.rng)
    return domain.regime.breaker.screen(slot, rows), made.mempool.waiting(0), slot.expired


def test_a_sandwich_around_a_liquidation_lets_go_of_it():
    front, back = trade(1.0, 2400.0), trade(2400.0, 1.0, sell=False)
    left, pending, dropped = screened((), (front, False), (LIQUIDATION, True), (back, False))
    assert left["kind"].tolist() == [Kind.LIQUIDATE]
    assert (left["bundle"].tolist(), left["carried"].tolist()) == ([-1], [0])
    assert not pending.size
    assert dropped["status"].tolist() == [Status.PAUSED] * 2


def test_a_sandwich_is_no_round_trip_though_arbitrage_is_exempt():
    front, back = trade(1.0, 2400.0), trade(2400.0, 1.0, sell=False)
    left, _, dropped = screened(("arbitrage",), (front, False), (LIQUIDATION, True), (back, False))
    assert left["kind"].tolist() == [Kind.LIQUIDATE]
    assert dropped.size == 2


def test_a_back_run_of_what_passes_is_arbitrage_and_of_what_does_not_waits():
    parts = [(part, False) for part in ROUND]
    left, _, _ = screened(("arbitrage",), (LIQUIDATION, True), *parts)
    assert left["bundle"].tolist() == [7, 7, 7]
    left, pending, dropped = screened(("arbitrage",), (trade(1.0, 0.0), True), *parts)
    assert not left.size
    assert pending["status"].tolist() == [Status.PAUSED]
    assert pending["bundle"].tolist() == [-1]  # as it was sent
    assert dropped.size == 2
