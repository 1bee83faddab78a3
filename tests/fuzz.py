"""Random intents of every kind: mostly plausible, with something odd about every fourth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from worlds import ALICE, BOB, MAKER, OPERATOR, OTHER_MAKER, execute, founded, intent, lender, rollup

from market.config import (
    BorrowersConfig,
    GraphConfig,
    MiningConfig,
    OptionsConfig,
    OracleConfig,
    PerpetualConfig,
    PoolConfig,
)
from market.genesis import World
from market.intents.rows import blank
from market.state.store import Tables
from market.venues import KINDS, VENUES, Kind
from market.venues.mining.rules import measure
from market.venues.pools.config import ConcentratedConfig
from market.venues.pools.ranges import name as name_of

ODD = (0.0, -0.0, -1.0, np.nan, np.inf, -np.inf, 5e-324, 1e-300, 1e-18, 1e300, 1.7e308)
FIELDS = ("amount", "amount", "limit", "tip", "venue", "target", "rollup", "asset_in", "asset_out", "kind", "sender")
AMOUNTS = (1e-6, 0.01, 0.4, 3.0, 40.0, 900.0, 2.5e4, 4e5, 1e6, 3e6)
TABLE_OF = {"oracles": "feeds", "options": "option_markets"}
"""Table of what an intent's `venue` names, by venue, where it is not named alike."""
IN_AUCTIONS = {
    venue: tuple(Kind[f"{lot}_AUCTION_{act}"] for act in ("TAKE", "BID", "SETTLE", "RESET"))
    for venue, lot in (("lending", "LOAN"), ("perpetuals", "CONTRACT"))
}
"""Kinds that name an open auction, by venue."""
WIDE = {"bond_usd": 1e-3, "band_bp": 9000.0, "quorum": 1, "reporters": 3, "judged_after_s": 0.0}
"""A committee whose price moves as easily as that of an oracle which posts what random intents say."""
ON_COMMITTEES = (
    Kind.COMMITTEE_JOIN, Kind.COMMITTEE_LEAVE, Kind.REPORT, Kind.BRIBE_OFFER, Kind.BRIBE_CLOSE,
)  # fmt: skip
OPTIONS = OptionsConfig(
    strikes=2, expiries_s=(2.0, 6.0), exercise="holder", exercise_s=100.0, fund_usd=10.0, roll=False, sales=2
)
"""Options that are printed, and may be exercised, while random intents are sent."""
OWNER_OF = {"lending": "loans", "perpetuals": "contracts"}
"""Table of what an auction seizes, by venue."""
ON_ACCOUNTS = (
    Kind.OPTION_DEPOSIT, Kind.OPTION_WITHDRAW, Kind.OPTION_AUCTION_START, Kind.OPTION_AUCTION_TAKE,
    Kind.OPTION_AUCTION_END, Kind.OPTION_AUCTION_CLOSE,
)  # fmt: skip
QUOTING = (Kind.OPTION_QUOTE, Kind.OPTION_CANCEL, Kind.OPTION_SHEET, Kind.OPTION_REQUOTE)
TRADING = (Kind.PERPETUAL_TRADE, Kind.PERPETUAL_DEPOSIT, Kind.PERPETUAL_WITHDRAW, Kind.PERPETUAL_LIQUIDATE)


def world() -> World:
    """Three pools on two rollups, one concentrated, one of two risky assets; borrowers near the edge; small bridges."""
    pools = (
        PoolConfig(assets=("ETH", "USD"), depth_usd=1e6, fee_bp=30.0, price_usd=2500.0),
        PoolConfig(
            assets=("USD", "BTC"),
            depth_usd=5e5,
            fee_bp=5.0,
            price_usd=1 / 50_000.0,
            concentrated=ConcentratedConfig(everywhere=0.3, bell_bp=200.0, most_ranges=24),
        ),
    )
    cross = (PoolConfig(assets=("BTC", "ETH"), depth_usd=2e5, fee_bp=0.0, price_usd=20.0),)
    falling = {"kind": "dutch", "lots": 3, "step_s": 0.5, "tail_s": 1.5, "cusp": 0.3}
    rising = {"kind": "english", "lots": 2, "bid_s": 1.0, "most_s": 2.0}
    future = PerpetualConfig(traders=6, fund_usd=2000.0, depth_usd=1e6, margin_median_usd=5e3, quoted_by=0)
    sold = [
        PerpetualConfig(traders=4, fund_usd=fund, depth_usd=1e6, cross_share=share, asset=asset, liquidation=design)
        for asset, share, fund, design in (
            ("ETH", 0.5, 2e5, falling | {"penalty": 0.002}),
            ("BTC", 0.5, 500.0, falling | {"penalty": 0.0}),
            ("ETH", 0.0, 500.0, rising | {"penalty": 0.01}),
        )
    ]
    market = founded(
        rollup(
            "a",
            pools=pools,
            lending=(lender(rates={"base": 0.3}), lender(rate=0.1, liquidation=falling)),
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
            options=(OPTIONS,),
            oracle=OracleConfig.model_validate({"source": "committee", "committee": WIDE}),
        ),
        assets=({"name": "ETH", "price_usd": 2500.0}, {"name": "BTC", "price_usd": 50_000.0}),
        graph=GraphConfig(kind="complete", delay_s=1.0, fee_bp=10.0, capacity_usd=2e4),
        borrowers=BorrowersConfig(ltv_low=0.6, ltv_high=0.74, reserve_share=0.5),
        mining=(MiningConfig(treasury_usd=1e5, quotes_share=0.3),),
    )
    _open_options(market)
    measure(market.state, 1.0)
    return market


def _open_options(market: World) -> None:
    """Let everybody have margin, makers quote, and somebody hold one of each."""
    everybody, last = range(OPERATOR + 1), len(market.tables.options)
    deposits = [intent(Kind.OPTION_DEPOSIT, who, rollup=2, venue=0, target=who, amount=2e5) for who in everybody]
    quotes = [
        intent(Kind.OPTION_QUOTE, MAKER, rollup=2, venue=0, target=at, amount=50.0, limit=5.0 + side, asset_in=side)
        for at in range(last)
        for side in (0, 1)
    ]
    trades = [
        intent(Kind.OPTION_TRADE, ALICE, rollup=2, venue=0, target=at, amount=1.0, asset_in=0) for at in range(last)
    ]
    sales = [intent(Kind.OPTION_TRADE, BOB, rollup=2, venue=0, target=at, amount=1.0, asset_in=1) for at in range(last)]
    execute(market, *deposits, *quotes, *trades, *sales)
    # two are under margin, of whom one has nothing left; what they lack the operator has
    cash = market.tables.option_accounts["cash"]
    for who, kept in ((BOB, 200.0), (ALICE, -200.0)):
        cash[OPERATOR] += cash[who] - kept
        cash[who] = kept


def offered(tables: Tables) -> np.ndarray:
    """How many venues there are for each kind, one at least."""
    return np.array([max(1, len(getattr(tables, TABLE_OF.get(venue, venue)))) for venue, _ in KINDS])


def random_rows(market: World, rng: np.random.Generator, count: int, often: np.ndarray | None = None) -> np.ndarray:
    """Rows of every kind, mostly plausible, with something wrong about a quarter of them; half of the kinds `often`."""
    tables = market.tables
    rows = blank(count)
    senders = [0, 1, 2, 3, 4, market.account_of["retail"], market.account_of["oracle"], market.account_of["passive"]]
    senders += market.accounts_of("borrowers")
    rows["sender"] = rng.choice(senders, count)
    rows["kind"] = rng.integers(0, len(Kind), count)
    if often is not None and often.size:
        rows["kind"] = np.where(rng.random(count) < 0.5, rng.choice(often, count), rows["kind"])
    rows["rollup"] = rng.integers(0, len(tables.rollups), count)
    rows["venue"] = rng.integers(0, offered(tables)[rows["kind"]])
    rows["target"] = rng.integers(0, len(tables.loans), count)
    rows["asset_in"], rows["asset_out"] = rng.integers(0, len(tables.assets), (2, count))
    for row in rows:
        _make_plausible(market, row, rng)
    fill_in(rows, rng)
    return bundled(rows, rng)


def fill_in(rows: np.ndarray, rng: np.random.Generator, most: np.ndarray | float = np.inf) -> None:
    """Write amounts up to `most`, limits, tips and times into rows, and something wrong into about a quarter."""
    count = rows.size
    rows["amount"] = np.minimum(rng.choice(AMOUNTS, count) * rng.uniform(0.1, 1.0, count), most)
    rows["limit"] = np.where(rng.random(count) < 0.1, rng.choice(AMOUNTS, count), 0.0)
    rows["tip"] = np.where(rng.random(count) < 0.2, rng.choice((0.01, 5.0), count), 0.0)
    timed = np.isin(rows["kind"], (Kind.BRIBE_OFFER, Kind.OPTION_OFFER))
    rows["expiry"] = np.where(timed, rng.uniform(0.0, 4.0, count), np.inf)
    posting = np.isin(rows["kind"], (Kind.ORACLE_UPDATE, Kind.REPORT))
    rows["amount"][posting] = 2500.0 * rng.uniform(0.5, 1.5, int(posting.sum()))
    parts = rows["kind"] == Kind.OPTION_AUCTION_TAKE
    rows["amount"][parts] = rng.uniform(0.0, 1.2, int(parts.sum()))
    quoting = np.isin(rows["kind"], (Kind.OPTION_QUOTE, Kind.OPTION_SHEET, Kind.OPTION_BID))
    rows["limit"][quoting] = rng.uniform(0.1, 50.0, int(quoting.sum()))
    for at in np.flatnonzero(rng.random(count) < 0.25):
        spoil(rows[at], rng)


def _choose_range(market: World, row: np.ndarray, rng: np.random.Generator) -> None:
    """Let a row name a range around the price of the concentrated pool, of those that there are every other time."""
    tables = market.tables
    row["venue"] = int(np.flatnonzero(tables.pools["spacing"] > 0.0)[0])
    row["rollup"] = int(tables.pools["rollup"][row["venue"]])
    row["sender"] = rng.choice((MAKER, OTHER_MAKER))
    lower = -108_200 + 10 * int(rng.integers(-30, 20))
    row["target"] = name_of(lower, lower + 10 * int(rng.integers(1, 30)))
    there = tables.ranges[tables.ranges["liquidity"] > 0.0]
    if rng.random() < 0.5 and len(there):
        chosen = there[int(rng.integers(len(there)))]
        row["target"], row["sender"] = name_of(int(chosen["lower"]), int(chosen["upper"])), int(chosen["owner"])


def _make_plausible(market: World, row: np.ndarray, rng: np.random.Generator) -> None:
    """Let a row mostly name venues, assets and owners that fit."""
    tables, kind = market.tables, row["kind"]
    if kind in (Kind.SWAP, Kind.ADD_LIQUIDITY, Kind.REMOVE_LIQUIDITY):
        pool = tables.pools[row["venue"]]
        row["rollup"] = int(pool["rollup"])
        row["asset_in"], row["asset_out"] = rng.permutation(pool["asset"].astype(np.int64))
        if kind != Kind.SWAP:
            row["sender"] = rng.choice((MAKER, OTHER_MAKER, market.account_of["passive"]))
    elif kind in (Kind.MINT_RANGE, Kind.BURN_RANGE, Kind.COLLECT_RANGE):
        _choose_range(market, row, rng)
    elif kind in (Kind.DEPOSIT, Kind.WITHDRAW, Kind.BORROW, Kind.REPAY, Kind.LIQUIDATE):
        loan = tables.loans[row["target"]]
        row["venue"] = int(loan["market"])
        lender = tables.lending[row["venue"]]
        row["rollup"] = int(lender["rollup"])
        if rng.random() < 0.5:
            row["sender"] = int(loan["owner"])
        row["asset_in"], row["asset_out"] = int(lender["debt"]), int(lender["collateral"])
    elif kind in (Kind.SUPPLY, Kind.REDEEM, Kind.COLLECT_RESERVES):
        row["rollup"] = int(tables.lending["rollup"][row["venue"]])
        row["sender"] = rng.choice((MAKER, OTHER_MAKER, market.account_of["lenders"]))
    elif kind in (Kind.ORACLE_UPDATE, Kind.MINING_PAY):
        _send_by_itself(market, row, rng)
    elif kind in ON_COMMITTEES:
        row["rollup"] = int(tables.committees["rollup"][row["venue"]]) if len(tables.committees) else 0
        row["target"] = rng.integers(0, 3)
        row["sender"] = rng.integers(0, 4)
    elif kind == Kind.LOAN_AUCTION_START:
        _start(tables, row, "lending", rng)
    elif kind == Kind.CONTRACT_AUCTION_START:
        _start(tables, row, "perpetuals", rng)
    elif kind in IN_AUCTIONS["lending"]:
        _take_part(tables, row, "lending", rng)
    elif kind in IN_AUCTIONS["perpetuals"]:
        _take_part(tables, row, "perpetuals", rng)
        row["sender"] = OPERATOR if rng.random() < 0.5 else int(rng.choice(_holders(tables, int(row["venue"]))))
    elif kind == Kind.PERPETUAL_QUOTE:
        row["venue"], row["rollup"], row["sender"] = 0, 0, MAKER
    elif KINDS[kind][0] == "options" and len(tables.option_markets):
        choose_option(tables, row, rng, range(5), (MAKER, OTHER_MAKER))
    elif kind in TRADING and len(tables.contracts):
        row["target"] = rng.integers(0, len(tables.contracts))
        contract = tables.contracts[row["target"]]
        row["venue"] = int(contract["market"])
        row["rollup"] = int(tables.perpetuals["rollup"][row["venue"]])
        holder = int(contract["owner"])
        row["sender"] = holder if tables.accounts["venue"][holder] == 0.0 else OPERATOR
        row["asset_in"], row["asset_out"] = rng.permutation((0, 1))


def _send_by_itself(market: World, row: np.ndarray, rng: np.random.Generator) -> None:
    """Let a row of a kind that the market itself sends come from whom it does."""
    if row["kind"] == Kind.ORACLE_UPDATE:
        row["sender"] = market.account_of["oracle"]
        row["rollup"] = int(market.tables.feeds["rollup"][row["venue"]])
    elif len(market.tables.mining):
        row["sender"] = market.accounts_of("mining treasuries")[0]
        row["rollup"], row["target"] = 0, rng.integers(0, len(market.tables.rollups))


def choose_option(
    tables: Tables, row: np.ndarray, rng: np.random.Generator, senders: Sequence[int], makers: Sequence[int]
) -> None:
    """Let a row say what its kind is about on the market of options that it names."""
    market = tables.option_markets[row["venue"]]
    row["rollup"] = int(market["rollup"])
    row["sender"] = rng.choice(makers if row["kind"] in QUOTING else senders)
    row["asset_in"], row["asset_out"] = rng.permutation((0, 1))
    sold = np.flatnonzero(tables.option_accounts["auctioned_at"] >= 0.0)
    if row["kind"] in (Kind.OPTION_AUCTION_TAKE, Kind.OPTION_AUCTION_END) and sold.size:
        row["target"], row["sender"] = rng.choice(sold), rng.choice((senders[-1], row["sender"]))
    elif row["kind"] in ON_ACCOUNTS:
        whose = row["sender"] if rng.random() < 0.8 else rng.choice(senders)
        row["target"] = int(market["first_account"]) + whose
    elif row["kind"] == Kind.OPTION_PRINT:
        row["target"] = int(market["first_expiry"]) + rng.integers(0, int(market["expiries"]))
    elif row["kind"] == Kind.OPTION_TAKE:
        row["target"] = int(market["first_quote"]) + rng.integers(0, int(market["series"] * market["makers"]))
    elif row["kind"] in (Kind.OPTION_BID, Kind.OPTION_ALLOT):
        row["target"] = rng.choice(np.flatnonzero(tables.option_sales["market"] == row["venue"]))
    elif row["kind"] in (Kind.OPTION_COVER, Kind.OPTION_UNCOVER, Kind.OPTION_OFFER):
        here = tables.options["market"] == row["venue"]
        row["target"] = rng.choice(np.flatnonzero(here & (tables.options["call"] == 1.0)))
    else:
        series = rng.integers(-1, int(market["series"]))  # -1: all
        row["target"] = series if series < 0 else int(market["first_series"]) + series


def _start(tables: Tables, row: np.ndarray, venue: str, rng: np.random.Generator) -> None:
    """Let a row start an auction of a loan, or of a contract that has a size, on a market that auctions."""
    seizable, markets = getattr(tables, OWNER_OF[venue]), getattr(tables, venue)
    auctions = markets["auction"][seizable["market"].astype(np.int64)].astype(np.int64)
    held = tables.auctions["lots"][auctions] > 0.0
    if venue == "perpetuals":
        held &= seizable["quantity"] != 0.0
    row["target"] = rng.choice(np.flatnonzero(held)) if held.any() else 0
    row["venue"] = int(seizable["market"][row["target"]])
    row["rollup"] = int(markets["rollup"][row["venue"]])


def _take_part(tables: Tables, row: np.ndarray, venue: str, rng: np.random.Generator) -> None:
    """Let a row name an open auction of a venue: to settle it mostly one that has been bid for, else one that has not.

    Where none is open it names a market of the venue.
    """
    lots = tables.lots
    here = tables.auctions["venue"][lots["auction"].astype(np.int64)] == VENUES.index(venue)
    settles = row["kind"] in (Kind.LOAN_AUCTION_SETTLE, Kind.CONTRACT_AUCTION_SETTLE)
    wanted = (lots["bidder"] >= 0.0) == settles
    lots = lots[here & (lots["open"] > 0.0) & (wanted | (rng.random() < 0.3))]
    if len(lots):
        lot = lots[rng.integers(len(lots))]
        row["venue"], row["target"] = int(tables.auctions["market"][int(lot["auction"])]), int(lot["id"])
    row["rollup"] = int(getattr(tables, venue)["rollup"][row["venue"]])


def _holders(tables: Tables, perpetual: int) -> np.ndarray:
    """Accounts with a contract on a perpetual, but for those of lots, which send nothing."""
    owners = tables.contracts["owner"][tables.contracts["market"] == perpetual].astype(np.int64)
    return owners[tables.accounts["venue"][owners] == 0.0]


def spoil(row: np.ndarray, rng: np.random.Generator) -> None:
    """Put something odd into one field."""
    field = rng.choice(FIELDS)
    if field in ("amount", "limit", "tip"):
        row[field] = rng.choice(ODD)
    else:
        row[field] = rng.choice((-(2**40), -2, -1, 7, 10_000, 2**40))


def bundled(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
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
