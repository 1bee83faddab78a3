"""Perpetuals: who may do what, funding, shared margin, and a ledger that balances whatever is sent."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import ETH, USD, check_ledger, execute, fates, founded, intent, rollup

from market.config import PerpetualConfig
from market.state.ledger import totals
from market.venues import Kind
from market.venues.perpetuals import funding
from market.venues.perpetuals import rules as perpetuals
from market.venues.perpetuals.instrument import next_contract

PRICE = 2500.0
MAKER_ROW, FIRST, SECOND = 0, 1, 2


def world(markets: int = 1, **terms):
    """Two traders and a maker on one rollup; no fees and no impact unless asked for."""
    plain = {
        "traders": 2, "margin_median_usd": 1000.0, "margin_log_sd": 0.0, "leverage_low": 5.0, "leverage_high": 5.0,
        "max_leverage": 10.0, "maintenance": 0.02, "long_share": 1.0, "cross_share": 1.0, "fee_bp": 0.0,
        "spread_bp": 0.0, "depth_usd": 1e30, "reward_bp": 0.0, "fund_usd": 1e5,
    }  # fmt: skip
    listed = tuple(PerpetualConfig(**plain | terms) for _ in range(markets))
    return founded(rollup("a", perpetuals=listed), rollup("b"))


def owner(market, contract=FIRST):
    return int(market.tables.contracts["owner"][contract])


def on(market, kind, amount=1.0, contract=FIRST, sender=None, *, buy=True, **fields):
    sides = {"asset_in": USD if buy else ETH, "asset_out": ETH if buy else USD}
    sender = owner(market, contract) if sender is None else sender
    venue = int(market.tables.contracts["market"][contract])
    return intent(kind, sender, **{"venue": venue, "target": contract, "amount": amount, "rollup": 0} | sides | fields)


def post(market, price):
    row = intent(Kind.ORACLE_UPDATE, market.account_of["oracle"], venue=0, rollup=0, amount=price)
    return execute(market, row)


def cash_in_vault(market):
    contract, perpetual = market.tables.contracts, market.tables.perpetuals
    of = contract["market"].astype(int)
    owed = contract["quantity"] * (perpetual["funding"][of] - contract["funded"])
    vault = int(perpetual["account"][0])
    return (contract["cash"] - owed).sum(), market.tables.balance[vault, 0, USD]


def test_initial_margin_bounds_what_one_may_buy():
    """Equity of 1000 USD and 2 contracts worth 5000: up to 10 times equity, 2 more."""
    market = world()
    assert fates(execute(market, on(market, Kind.PERPETUAL_TRADE, 2.001))) == ["UNHEALTHY"]
    assert market.tables.contracts["quantity"][FIRST] == pytest.approx(2.0)
    assert fates(execute(market, on(market, Kind.PERPETUAL_TRADE, 1.999))) == ["FILLED"]
    assert market.tables.contracts["quantity"].sum() == pytest.approx(0.0, abs=1e-12)


def test_only_the_owner_trades_and_withdraws_but_anybody_deposits():
    market = world()
    for kind, fate in (("TRADE", "NOT_OWNER"), ("WITHDRAW", "NOT_OWNER"), ("DEPOSIT", "FILLED")):
        assert fates(execute(market, on(market, Kind[f"PERPETUAL_{kind}"], sender=0))) == [fate]


def test_withdrawals_leave_the_initial_margin():
    market = world()
    assert fates(execute(market, on(market, Kind.PERPETUAL_WITHDRAW, 501.0))) == ["UNHEALTHY"]
    assert fates(execute(market, on(market, Kind.PERPETUAL_WITHDRAW, 499.0))) == ["FILLED"]


def test_limits_hold_on_both_sides():
    market = world(spread_bp=10.0)
    assert fates(execute(market, on(market, Kind.PERPETUAL_TRADE, 0.1, limit=2502.0))) == ["LIMIT"]
    assert fates(execute(market, on(market, Kind.PERPETUAL_TRADE, 0.1, limit=2503.0))) == ["FILLED"]
    assert fates(execute(market, on(market, Kind.PERPETUAL_TRADE, 0.1, buy=False, limit=2498.0))) == ["LIMIT"]


def test_the_healthy_and_the_maker_are_left_alone():
    market = world()
    sent = on(market, Kind.PERPETUAL_LIQUIDATE, sender=0)
    assert fates(execute(market, sent)) == ["HEALTHY"]
    assert fates(execute(market, on(market, Kind.PERPETUAL_LIQUIDATE, contract=MAKER_ROW, sender=0))) == ["NOT_ALLOWED"]


def test_longs_pay_the_premium_to_the_maker():
    """Traders are net long 10,000 USD on a depth of 1 million: 1% of value per period."""
    market = world(depth_usd=1e6, funding_period_s=100.0)
    funding.accrue(market.state, 50.0)
    paid = 1000.0 - (perpetuals.margin_of(market.state, FIRST)[0])
    assert paid == pytest.approx(0.5 * 0.01 * 5000.0)
    cash, held = cash_in_vault(market)
    assert cash == pytest.approx(held, rel=1e-12)


@pytest.mark.parametrize("move", [-0.1, 0.1])
def test_shared_margin_stands_and_falls_together(move):
    """Two longs that share margin: a loss on both is borne by both, and both are closed."""
    market = world(markets=2)
    first, second = 1, 4
    ring = [first, next_contract(market.state, first)]
    assert ring == [first, second]
    post(market, PRICE * (1.0 + move))
    equity, maintenance, _ = perpetuals.margin_of(market.state, first)
    assert equity == pytest.approx(2000.0 + move * 10_000.0)
    assert maintenance == pytest.approx(0.02 * (1.0 + move) * 10_000.0)
    post(market, 0.8 * PRICE)
    assert fates(execute(market, on(market, Kind.PERPETUAL_LIQUIDATE, sender=0))) == ["FILLED"]
    assert market.tables.contracts["quantity"][ring].tolist() == [0.0, 0.0]
    assert np.abs(market.tables.contracts["cash"][ring]).max() == pytest.approx(0.0, abs=1e-9)


def test_a_step_that_a_large_size_would_swallow_is_closed_against_it():
    """A long of ten million, short of margin with no fund, against a short of one step and the maker: all closed."""
    market = world(fund_usd=0.0, maker_usd=1e12, long_share=0.0)
    table = market.tables.contracts
    sizes = np.array([perpetuals.STEP - 1e7, 1e7, -perpetuals.STEP])
    table["cash"] += (table["quantity"] - sizes) * PRICE
    table["quantity"] = sizes
    post(market, 0.9 * PRICE)
    assert fates(execute(market, on(market, Kind.PERPETUAL_LIQUIDATE, sender=0))) == ["FILLED"]
    assert table["quantity"].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("price", [0.0, 1.7e308])
def test_nothing_is_closed_at_no_price_or_at_one_beyond_any_number(price):
    market = world(long_share=0.0)
    before = market.tables.contracts.copy()
    before["cash"][FIRST] = -1.0
    market.tables.contracts[:] = before
    market.tables.feeds["price"][0] = price
    assert fates(execute(market, on(market, Kind.PERPETUAL_LIQUIDATE, sender=0))) == ["NO_LIQUIDITY"]
    np.testing.assert_array_equal(market.tables.contracts, before)


def test_less_than_a_step_is_not_traded():
    market = world()
    assert fates(execute(market, on(market, Kind.PERPETUAL_TRADE, 0.9 * perpetuals.STEP))) == ["BAD_AMOUNT"]
    receipt = execute(market, on(market, Kind.PERPETUAL_TRADE, 1.4 * perpetuals.STEP))[0]
    assert receipt["filled_out"] == perpetuals.STEP


def test_random_trading_balances():
    """Whatever is sent at whatever price: no coin is made, sizes add up to nothing, cash is what the vault holds."""
    rng = np.random.default_rng(3)
    market = world(markets=2, fee_bp=5.0, spread_bp=3.0, depth_usd=1e5, fund_usd=200.0, reward_bp=10.0, traders=6)
    opening = totals(market.tables)
    kinds = [Kind.PERPETUAL_TRADE, Kind.PERPETUAL_DEPOSIT, Kind.PERPETUAL_WITHDRAW, Kind.PERPETUAL_LIQUIDATE]
    filled = set()
    price = PRICE
    for step in range(400):
        price *= np.exp(0.03 * rng.standard_normal())
        post(market, price)
        funding.accrue(market.state, 10.0 * step)
        batch = []
        for _ in range(8):
            kind, contract = kinds[rng.integers(4)], int(rng.integers(len(market.tables.contracts)))
            amount = float(rng.exponential(1.0 if kind == Kind.PERPETUAL_TRADE else 50.0))
            batch.append(on(market, kind, amount, contract, buy=bool(rng.random() < 0.5)))
        receipts = execute(market, *batch)
        filled |= set(receipts["kind"][receipts["status"] == 1].tolist())
        check_ledger(market.tables, opening)
        cash, held = cash_in_vault(market)
        assert cash == pytest.approx(held, rel=1e-9)
        for at in range(2):
            sizes = market.tables.contracts["quantity"][market.tables.contracts["market"] == at]
            assert sizes.sum() == 0.0
    assert filled == set(kinds)
    assert market.tables.perpetuals["deleveraged"].sum() > 0.0


def test_nobody_is_deleveraged_while_a_fund_holds_anything():
    """Of every single close-out: where it deleveraged, on whichever of the markets that share margin, no fund is left.

    Exactly, to the last bit, and both kinds of close-out occur: those a fund pays for and those it cannot.
    """
    rng = np.random.default_rng(11)
    paid, deleveraged, spared = 0, 0, 0
    for fund in (10.0, 100.0, 300.0, 1000.0, 3000.0):
        market = world(markets=2, traders=30, margin_log_sd=1.0, leverage_high=10.0, fund_usd=fund, long_share=0.6)
        perpetual, funds = market.tables.perpetuals, market.tables.perpetuals["fund"].astype(int)
        price = PRICE
        for _ in range(12):
            price *= np.exp(0.12 * rng.standard_normal())
            post(market, price)
            for contract in rng.permutation(len(market.tables.contracts)):
                before = perpetual["deleveraged"].copy()
                held = market.tables.balance[funds, 0, USD].copy()
                execute(market, on(market, Kind.PERPETUAL_LIQUIDATE, contract=int(contract), sender=0))
                left = market.tables.balance[funds, 0, USD]
                grew = perpetual["deleveraged"] > before
                assert not left[grew].any()
                deleveraged += int(grew.any())
                paid += int((left < held).any() and not grew.any())
                spared += int((left > held).any())
    assert min(paid, deleveraged, spared) > 0
