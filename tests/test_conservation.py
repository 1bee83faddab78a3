"""No sequence of intents makes or destroys an asset: random blocks, and whole markets under every regime."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import BOB, MAKER, OPERATOR, books, check_books, execute, fates, lender, opened, rollup, stressed

from market import regimes
from market.config import BorrowersConfig, GraphConfig, OracleConfig, PoolConfig
from market.execution import execute_block
from market.founding import World
from market.intents import INTENT, Kind, Status, blank
from market.ledger import totals
from market.metrics import outcomes
from market.venues import bridges, lending

ODD = (0.0, -0.0, -1.0, np.nan, np.inf, -np.inf, 5e-324, 1e-300, 1e-18, 1e300, 1.7e308)
FIELDS = ("amount", "amount", "limit", "tip", "venue", "target", "rollup", "asset_in", "asset_out", "kind", "sender")
AMOUNTS = (1e-6, 0.01, 0.4, 3.0, 40.0, 900.0, 2.5e4, 4e5, 1e6, 3e6)


def world() -> World:
    """Three pools over two rollups (one between two risky assets), lending with borrowers near the edge, small bridges."""
    pools = (
        PoolConfig(assets=("ETH", "USD"), depth_usd=1e6, fee_bp=30.0, price_usd=2500.0),
        PoolConfig(assets=("USD", "BTC"), depth_usd=5e5, fee_bp=5.0, price_usd=1 / 50_000.0),
    )
    cross = (PoolConfig(assets=("BTC", "ETH"), depth_usd=2e5, fee_bp=0.0, price_usd=20.0),)
    return books(
        rollup("a", pools=pools, lending=(lender(rate=0.3),), borrowers=6, gas_usd=0.02),
        rollup("b", pools=cross, lending=(lender(collateral="BTC", debt="ETH"),), borrowers=3, gas_usd=0.0),
        assets=({"name": "ETH", "price_usd": 2500.0}, {"name": "BTC", "price_usd": 50_000.0}),
        graph=GraphConfig(kind="complete", delay_s=1.0, fee_bp=10.0, capacity_usd=2e4),
        borrowers=BorrowersConfig(ltv_low=0.6, ltv_high=0.74, reserve_share=0.5),
    )


def random_rows(market: World, rng: np.random.Generator, count: int) -> np.ndarray:
    """Rows of every kind, mostly plausible, with something wrong about a quarter of them."""
    tables = market.tables
    rows = blank(count)
    senders = [0, 1, 2, 3, 4, market.account_of["retail"], market.account_of["oracle"], market.account_of["passive"]]
    senders += list(range(market.first_borrower, market.first_borrower + market.borrowers))
    rows["sender"] = rng.choice(senders, count)
    rows["kind"] = rng.integers(0, len(Kind), count)
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
        _spoil(rows[at], rng)
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
            row["asset_in"], row["asset_out"] = int(tables.lending[row["venue"], 3]), int(tables.lending[row["venue"], 2])
        elif kind == Kind.ORACLE_UPDATE:
            row["sender"] = market.account_of["oracle"]
            row["rollup"] = int(tables.feed[row["venue"], 0])
        elif kind == Kind.BRIDGE:
            row["venue"] = 0


def _spoil(row: np.ndarray, rng: np.random.Generator) -> None:
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
    edges = [0]
    for k in range(1, rows.size):
        if rows["bundle"][k] < 0 or rows["bundle"][k] != rows["bundle"][k - 1]:
            edges.append(k)
    return list(zip(edges, [*edges[1:], rows.size], strict=True))


def drive(seed: int, blocks: int, size: int) -> np.ndarray:
    """Execute random blocks bundle by bundle, checking everything after each; returns how often each kind was filled."""
    rng = np.random.default_rng(seed)
    market = world()
    opening = totals(market.tables)
    deliveries: list[tuple[int, int, int, float]] = []
    filled = np.zeros(len(Kind) + 1, np.int64)
    for number in range(blocks):
        lending.accrue(market.book, 3600.0 * number)
        market.tables.price[1:] *= np.exp(rng.normal(0.0, 0.03, 2))
        rows = random_rows(market, rng, size)
        rows = rows[~absurd(market, rows)]
        for first, last in bundle_ends(rows):
            part = rows[first:last].copy()
            before = market.book.cells.copy()
            execute_block(market.book, part, float(number), BOB, OPERATOR)
            _check_receipts(part, before, market)
            check_books(market.tables, opening)
            done = part[part["status"] == Status.FILLED]
            filled += np.bincount(np.clip(done["kind"], 0, len(Kind)), minlength=len(Kind) + 1)
            for row in done[done["kind"] == Kind.BRIDGE]:
                deliveries.append((int(row["rollup"]), int(row["asset_in"]), int(row["sender"]), float(row["filled_out"])))
        while deliveries and rng.random() < 0.7:
            direction, asset, account, amount = deliveries.pop(0)
            assert bridges.deliver(market.book, 0, direction, asset, account, amount), "a promise was broken"
            check_books(market.tables, opening)
    return filled


def _check_receipts(part: np.ndarray, before: np.ndarray, market: World) -> None:
    """Everybody has a fate; a bundle's own members share it; a stretch without a filled row left every bit alone."""
    assert np.isin(part["status"], (Status.FILLED, Status.REVERTED)).all()
    reverted = part["status"] == Status.REVERTED
    assert (part["reason"][reverted] > 0).all()
    assert not part["filled_in"][reverted].any()
    assert np.isfinite(part["filled_in"]).all()
    assert np.isfinite(part["filled_out"]).all()
    own = part["carried"] == 0
    assert len(set(part["status"][own].tolist())) <= 1
    if reverted.all():
        assert market.book.cells.tobytes() == before.tobytes()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_random_blocks_keep_the_books(seed: int) -> None:
    drive(seed, blocks=4, size=60)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_many_random_blocks_keep_the_books(seed: int) -> None:
    drive(seed, blocks=6, size=150)


def test_the_random_blocks_reach_every_kind() -> None:
    """A fuzzer whose intents all revert would prove nothing."""
    filled = sum(drive(seed, blocks=6, size=120) for seed in range(4))
    names = {Kind(kind).name for kind in np.flatnonzero(filled[:-1] == 0)}
    assert not names, f"never filled: {names}"
    assert filled[-1] == 0, "a kind that does not exist was filled"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.integers(0, 2**32 - 1))
def test_a_failed_bundle_is_its_carried_rows_alone(seed: int) -> None:
    """Whatever a bundle holds: if it fails, the market is where its carried rows alone would have brought it."""
    rng = np.random.default_rng(seed)
    whole, alone = world(), world()
    rows = random_rows(whole, rng, 6)
    rows = rows[~absurd(whole, rows)]
    rows["bundle"] = 1
    rows["carried"] = rng.random(rows.size) < 0.5
    receipts = execute(whole, rows.copy())
    carried = rows[rows["carried"] == 1].copy()
    carried["bundle"] = -1
    if not (receipts["status"][receipts["carried"] == 0] == Status.REVERTED).any():
        return
    if carried.size:
        expected = execute(alone, carried)
        assert fates(receipts[receipts["carried"] == 1]) == fates(expected)
    assert whole.book.cells.tobytes() == alone.book.cells.tobytes()


# -- whole markets -----------------------------------------------------------------------------------------------------


class Noise:
    """A population that sends random rows of every kind on top of whatever the market does."""

    def __init__(self, market, seed: int) -> None:
        self._world, self._rng, self._numbers = market.world, np.random.default_rng(seed), 1 << 30

    def submit(self, time: float, until: float) -> np.ndarray:
        rows = random_rows_of(self._world, self._rng, 6)
        rows["carried"] = 0
        rows["sent"] = time
        rows["arrival"] = until - self._rng.random(rows.size) * (until - time)
        rows["expiry"] = time + 4.0 * self._rng.random(rows.size)
        tied = rows["bundle"] >= 0
        rows["bundle"][tied] += self._numbers
        self._numbers += 1000
        for name in ("arrival", "expiry"):  # a bundle is handed in at once
            for first, last in bundle_ends(rows):
                rows[name][first:last] = rows[name][first]
        return rows

    def learn(self, rows: np.ndarray) -> None:
        """Noise learns nothing."""


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
        _spoil(rows[at], rng)
    rows["tip"] = 0.0  # the desk lets no odd tip through, and builders believe what they read
    rows["rollup"] = np.clip(rows["rollup"], 0, 1)
    return _bundled(rows[~absurd(market, rows)], rng)


@pytest.mark.parametrize("regime", regimes.names())
@pytest.mark.parametrize("seed", [1, 2])
def test_a_market_with_noise_keeps_its_books(regime: str, seed: int) -> None:
    config = stressed(regime, horizon_s=12.0)
    market = opened(config, seed)
    opening = totals(market.world.tables)
    market.populations.append(Noise(market, seed))
    record = market.record

    def checked(slot) -> None:
        record(slot)
        check_books(market.world.tables, opening)
        assert slot.rows.dtype == INTENT

    market.record = checked
    market.run()
    report = outcomes(market)
    assert report["conservation_error"] <= 1e-9
    assert report["filled"] > 0
    assert report["reverted"] > 0


@pytest.mark.parametrize("regime", regimes.names())
def test_every_intent_has_one_fate(regime: str) -> None:
    """What was submitted is in a block, expired, or still waiting; nothing is lost and nothing is done twice."""
    market = opened(stressed(regime, horizon_s=15.0))
    seen: dict[int, int] = {}
    record = market.record

    def noted(slot) -> None:
        record(slot)
        for row in slot.rows:
            assert row["id"] not in seen, f"intent {row['id']} was decided on twice"
            seen[int(row["id"])] = int(row["status"])

    market.record = noted
    market.run()
    waiting = {int(row["id"]) for domain in market.domains for row in market.mempool.waiting(domain.index)}
    assert not waiting & seen.keys()
    assert waiting | seen.keys() == set(range(market.mempool.submitted))
    assert set(seen.values()) <= {Status.FILLED, Status.REVERTED, Status.EXPIRED, Status.PAUSED}


def test_the_stressed_market_does_what_it_is_meant_to() -> None:
    """Liquidations, arbitrage, bridges: a calm market would test little."""
    market = opened(stressed("siloed_extractive", horizon_s=30.0), 1)
    market.run()
    report = outcomes(market)
    assert report["liquidations"] > 0
    assert report["extracted_arbitrage_usd"] != 0.0
    assert report["retail_volume_usd"] > 0.0


def test_oracle_source_needs_no_pool_to_be_conserved() -> None:
    """A market whose oracle reads its own pool keeps its books as well."""
    pool_fed = tuple(
        rollup(name, lending=(lender(),), borrowers=10, oracle=OracleConfig(source="pool", deviation_bp=5.0))
        for name in ("a", "b")
    )
    market = opened(stressed("centralized_shared", horizon_s=10.0, rollups=pool_fed))
    market.run()
    assert outcomes(market)["conservation_error"] <= 1e-9
