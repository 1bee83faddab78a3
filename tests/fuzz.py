"""Random intents of every kind: mostly plausible, with something odd about every fourth."""

from __future__ import annotations

import numpy as np
from worlds import MAKER, OPERATOR, books, lender, rollup

from market import state
from market.config import BorrowersConfig, GraphConfig, PerpetualConfig, PoolConfig
from market.founding import World
from market.intents import Kind, blank
from market.state import Tables

ODD = (0.0, -0.0, -1.0, np.nan, np.inf, -np.inf, 5e-324, 1e-300, 1e-18, 1e300, 1.7e308)
FIELDS = ("amount", "amount", "limit", "tip", "venue", "target", "rollup", "asset_in", "asset_out", "kind", "sender")
AMOUNTS = (1e-6, 0.01, 0.4, 3.0, 40.0, 900.0, 2.5e4, 4e5, 1e6, 3e6)


def world() -> World:
    """Three pools on two rollups, one of them between two risky assets; borrowers near the edge; a small bridge."""
    pools = (
        PoolConfig(assets=("ETH", "USD"), depth_usd=1e6, fee_bp=30.0, price_usd=2500.0),
        PoolConfig(assets=("USD", "BTC"), depth_usd=5e5, fee_bp=5.0, price_usd=1 / 50_000.0),
    )
    cross = (PoolConfig(assets=("BTC", "ETH"), depth_usd=2e5, fee_bp=0.0, price_usd=20.0),)
    falling = {"kind": "dutch", "places": 3, "step_s": 0.5, "tail_s": 1.5, "cusp": 0.3}
    rising = {"kind": "english", "places": 2, "bid_s": 1.0, "most_s": 2.0}
    future = PerpetualConfig(traders=6, fund_usd=2000.0, depth_usd=1e6, margin_median_usd=5e3, quoted_by=0)
    sold = [
        PerpetualConfig(traders=4, fund_usd=fund, depth_usd=1e6, cross_share=share, asset=asset, liquidation=design)
        for asset, share, fund, design in (
            ("ETH", 0.5, 2e5, falling | {"penalty": 0.002}),
            ("BTC", 0.5, 500.0, falling | {"penalty": 0.0}),
            ("ETH", 0.0, 500.0, rising | {"penalty": 0.01}),
        )
    ]
    return books(
        rollup(
            "a",
            pools=pools,
            lending=(lender(rate=0.3), lender(rate=0.1, liquidation=falling)),
            borrowers=6,
            gas_usd=0.02,
            perpetuals=(future,),
        ),
        rollup(
            "b",
            pools=cross,
            lending=(lender(collateral="BTC", debt="ETH"), lender(collateral="BTC", debt="ETH", liquidation=rising)),
            borrowers=3,
            gas_usd=0.0,
            perpetuals=tuple(sold[:2]),
        ),
        rollup(
            "c",
            pools=(),
            gas_usd=0.0,
            perpetuals=tuple(sold[2:]),
        ),
        assets=({"name": "ETH", "price_usd": 2500.0}, {"name": "BTC", "price_usd": 50_000.0}),
        graph=GraphConfig(kind="complete", delay_s=1.0, fee_bp=10.0, capacity_usd=2e4),
        borrowers=BorrowersConfig(ltv_low=0.6, ltv_high=0.74, reserve_share=0.5),
    )


def random_rows(market: World, rng: np.random.Generator, count: int, kinds: int = len(Kind)) -> np.ndarray:
    """Rows of the first `kinds` kinds, mostly plausible, with something wrong about a quarter of them."""
    tables = market.tables
    rows = blank(count)
    senders = [0, 1, 2, 3, 4, market.account_of["retail"], market.account_of["oracle"], market.account_of["passive"]]
    senders += list(range(market.first_borrower, market.first_borrower + market.borrowers))
    rows["sender"] = rng.choice(senders, count)
    rows["kind"] = rng.integers(0, kinds, count)
    rows["rollup"] = rng.integers(0, 2, count)
    rows["venue"] = rng.integers(0, 3, count)
    rows["target"] = rng.integers(0, len(tables.position), count)
    rows["asset_in"], rows["asset_out"] = rng.integers(0, 3, (2, count))
    _make_plausible(market, rows, rng)
    rows["amount"] = rng.choice(AMOUNTS, count) * rng.uniform(0.1, 1.0, count)
    rows["limit"] = np.where(rng.random(count) < 0.1, rng.choice(AMOUNTS, count), 0.0)
    rows["tip"] = np.where(rng.random(count) < 0.2, rng.choice((0.01, 5.0), count), 0.0)
    posting = rows["kind"] == Kind.ORACLE_UPDATE
    rows["amount"][posting] = 2500.0 * rng.uniform(0.5, 1.5, int(posting.sum()))
    for at in np.flatnonzero(rng.random(count) < 0.25):
        spoil(rows[at], rng)
    return _bundled(rows, rng)


def _make_plausible(market: World, rows: np.ndarray, rng: np.random.Generator) -> None:
    """Let most rows name venues, assets and owners that fit."""
    tables = market.tables
    for row in rows:
        kind = row["kind"]
        if kind in (Kind.SWAP, Kind.ADD_LIQUIDITY, Kind.REMOVE_LIQUIDITY):
            pool = tables.pool[row["venue"]]
            row["rollup"] = int(pool[0])
            sides = [int(pool[3]), int(pool[4])]
            rng.shuffle(sides)
            row["asset_in"], row["asset_out"] = sides
            if kind != Kind.SWAP:
                row["sender"] = rng.choice((MAKER, MAKER + 1, market.account_of["passive"]))
        elif kind in (Kind.DEPOSIT, Kind.WITHDRAW, Kind.BORROW, Kind.REPAY, Kind.LIQUIDATE):
            row["venue"] = int(tables.position[row["target"], 0])
            row["rollup"] = int(tables.lending[row["venue"], 0])
            if rng.random() < 0.5:
                row["sender"] = int(tables.position[row["target"], 1])
            row["asset_in"], row["asset_out"] = (
                int(tables.lending[row["venue"], 3]),
                int(tables.lending[row["venue"], 2]),
            )
        elif kind == Kind.ORACLE_UPDATE:
            row["sender"] = market.account_of["oracle"]
            row["rollup"] = int(tables.feed[row["venue"], 0])
        elif kind == Kind.BRIDGE:
            row["venue"] = 0
        elif kind == Kind.AUCTION_START:
            _start(tables, row, rng)
        elif Kind.AUCTION_TAKE <= kind <= Kind.AUCTION_RESET and tables.lot[:, state.Q_OPEN].any():
            wanted = (tables.lot[:, state.Q_BIDDER] >= 0.0) == (kind == Kind.AUCTION_SETTLE)
            lots = tables.lot[(tables.lot[:, state.Q_OPEN] > 0.0) & (wanted | (rng.random() < 0.3))]
            if not len(lots):
                continue
            lot = lots[rng.integers(len(lots))]
            row["venue"], row["target"] = int(lot[state.Q_VENUE]), int(lot[state.Q_ID])
            row["rollup"] = _home(tables, int(row["venue"]))
            if lot[state.Q_CONTRACT] >= 0.0:
                perpetual = int(row["venue"]) - len(tables.lending)
                row["sender"] = OPERATOR if rng.random() < 0.5 else int(rng.choice(_holders(tables, perpetual)))
        elif Kind.PERPETUAL_TRADE <= kind <= Kind.PERPETUAL_LIQUIDATE and len(tables.contract):
            row["target"] = rng.integers(0, len(tables.contract))
            row["venue"] = int(tables.contract[row["target"], state.X_MARKET])
            row["rollup"] = int(tables.perpetual[row["venue"], state.M_ROLLUP])
            holder = int(tables.contract[row["target"], state.X_OWNER])
            row["sender"] = holder if tables.account[holder, state.A_VENUE] == 0.0 else OPERATOR
            row["asset_in"], row["asset_out"] = rng.permutation((0, 1))
        elif kind == Kind.PERPETUAL_QUOTE:
            row["venue"], row["rollup"], row["sender"] = 0, 0, MAKER


def _start(tables: Tables, row: np.ndarray, rng: np.random.Generator) -> None:
    """Let a row start an auction, of a position or, every other time, of a contract that has a size."""
    loans = len(tables.lending)
    if rng.random() < 0.5:
        row["target"] = rng.choice(np.flatnonzero(tables.auction[_markets(tables), state.D_LOTS] > 0.0))
        row["venue"] = int(tables.position[row["target"], state.N_MARKET])
    else:
        venues = loans + tables.contract[:, state.X_MARKET].astype(np.int64)
        held = (tables.auction[venues, state.D_LOTS] > 0.0) & (tables.contract[:, state.X_SIZE] != 0.0)
        row["target"] = rng.choice(np.flatnonzero(held)) if held.any() else 0
        row["venue"] = venues[row["target"]]
    row["rollup"] = _home(tables, int(row["venue"]))


def _holders(tables: Tables, perpetual: int) -> np.ndarray:
    """Accounts with a contract on a perpetual, but for those of places for auctions, which send nothing."""
    owners = tables.contract[tables.contract[:, state.X_MARKET] == perpetual, state.X_OWNER].astype(np.int64)
    return owners[tables.account[owners, state.A_VENUE] == 0.0]


def _home(tables: Tables, venue: int) -> int:
    """Rollup of a row of the table of auctions."""
    loans = len(tables.lending)
    if venue < loans:
        return int(tables.lending[venue, state.L_ROLLUP])
    return int(tables.perpetual[venue - loans, state.M_ROLLUP])


def _markets(tables: Tables) -> np.ndarray:
    """Lending market of every position."""
    return tables.position[:, state.N_MARKET].astype(np.int64)


def spoil(row: np.ndarray, rng: np.random.Generator) -> None:
    """Put something odd into one field."""
    field = rng.choice(FIELDS)
    if field in ("amount", "limit", "tip"):
        row[field] = rng.choice(ODD)
    else:
        row[field] = rng.choice((-(2**40), -2, -1, 7, 10_000, 2**40))


def _bundled(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Tie stretches of rows into bundles, some of which carry rows of others."""
    at = number = 0
    while at < rows.size:
        size = int(rng.choice((1, 1, 1, 2, 3, 5)))
        if size > 1 or rng.random() < 0.1:
            number += 1
            rows["bundle"][at : at + size] = number
            rows["carried"][at : at + size] = rng.random(rows[at : at + size].size) < 0.3
        at += size
    return rows


def absurd(market: World, rows: np.ndarray) -> np.ndarray:
    """Rows of open accounts, which can pay anything, with amounts beside which all others are rounding errors."""
    open_accounts = [market.account_of[name] for name in ("retail", "outside")]
    most = np.maximum(np.abs(rows["amount"]), np.abs(rows["tip"]))
    return np.isin(rows["sender"], open_accounts) & (most > 1e9) & np.isfinite(most)


def bundle_ends(rows: np.ndarray) -> list[tuple[int, int]]:
    """First and last (exclusive) rows of every bundle and every single row."""
    number = rows["bundle"]
    starts = [0, *(np.flatnonzero((number[1:] < 0) | (number[1:] != number[:-1])) + 1).tolist()]
    return list(zip(starts, [*starts[1:], rows.size], strict=True))


def random_rows_of(market: World, rng: np.random.Generator, count: int) -> np.ndarray:
    """Random rows for a world of ETH and USD alone, without absurd amounts of open accounts."""
    tables = market.tables
    rows = blank(count)
    senders = [0, 1, 2, 3, market.account_of["retail"], market.first_borrower]
    rows["sender"] = rng.choice(senders, count)
    rows["kind"] = rng.integers(0, len(Kind), count)
    rows["rollup"] = rng.integers(0, 2, count)
    rows["venue"] = rng.integers(0, 2, count)
    rows["target"] = rng.integers(0, len(tables.position), count)
    rows["asset_in"] = rng.integers(0, 2, count)
    rows["asset_out"] = 1 - rows["asset_in"]
    rows["amount"] = rng.choice(AMOUNTS, count) * rng.uniform(0.1, 1.0, count)
    for at in np.flatnonzero(rng.random(count) < 0.3):
        spoil(rows[at], rng)
    rows["tip"] = 0.0  # the desk lets no odd tip through, and builders believe what they read
    rows["rollup"] = np.clip(rows["rollup"], 0, 1)
    return _bundled(rows[~absurd(market, rows)], rng)
