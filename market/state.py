"""State of the market: one vector of numbers, `cells`, laid out as tables.

Everything that an intent can change, and the parameters of the venues, live in one float64 vector. So undoing a bundle,
comparing two states and digesting one are each a single statement, and a compiled function takes three arrays instead
of thirty (numba pays for every array at every call). Compiled code reads a cell with :func:`get` and finds it with
:func:`cell`; Python code reads the same memory through the views of :class:`Tables`.

Whole numbers (accounts, assets) are stored as floats, which are exact up to 2**53.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import float64, int64, njit, types

# tables
BALANCE, FLOWS, POOL, LENDING, POSITION, FEED, BRIDGE, PROVISION, ACCOUNT, ROLLUP, PRICE_OF, OUTSIDE = range(12)
PERPETUAL, CONTRACT, AUCTION, LOT, BUCKET, ENTRY = range(12, 18)
TABLES = 18
# sizes that table widths do not tell; they follow the tables in `layout`
ROLLUPS_AT, ASSETS_AT, GROUPS_AT, REASONS_AT = (3 * TABLES + i for i in range(4))

# POOL: what it is, then what changes
P_ROLLUP, P_ACCOUNT, P_FEE_ACCOUNT, P_ASSET0, P_ASSET1, P_FEE = range(6)
P_SHARES, P_GROWTH0, P_GROWTH1, P_CUMULATIVE, P_CUMULATIVE_TIME = range(6, 11)
P_FEES_INSIDE = 11  # 1 where fees enter the reserves
# LENDING
L_ROLLUP, L_ACCOUNT, L_COLLATERAL, L_DEBT, L_FEED_COLLATERAL, L_FEED_DEBT = range(6)
L_THRESHOLD, L_MAX_LTV, L_CLOSE_FACTOR, L_FULL_CLOSE, L_BONUS, L_RATE = range(6, 12)
L_INDEX, L_ACCRUED_AT, L_SCALED_DEBT, L_BAD_DEBT, L_KEY_BOUND, L_INTEREST = range(12, 18)
L_COLLATERAL_ROLLUP = 18  # where the collateral lies and is priced
# POSITION
N_MARKET, N_OWNER, N_COLLATERAL, N_DEBT = range(4)
# FEED
F_ROLLUP, F_ACCOUNT, F_ASSET, F_POOL, F_SOURCE, F_WEIGHT, F_WINDOW, F_DEVIATION, F_HEARTBEAT, F_DELAY = range(10)
F_PRICE, F_POSTED_AT, F_PENDING_UNTIL, F_WINDOW_CUMULATIVE, F_WINDOW_START, F_TWAP = range(10, 16)
# BRIDGE; promised amounts by direction and asset follow
B_SOURCE, B_TARGET, B_ACCOUNT, B_DELAY, B_FEE, B_PROMISED = range(6)
# PROVISION: a row per provider and pool
V_SHARES, V_CLAIMED0, V_CLAIMED1 = range(3)
# ACCOUNT
A_GROUP, A_PROVIDER, A_OPEN, A_VENUE = range(4)
# ROLLUP
R_GAS, R_GRACE = range(2)  # R_GRACE: 1 while nobody is liquidated, after an outage
# OUTSIDE: one row
O_ACCOUNT, O_FEE = range(2)
# PERPETUAL: terms, then what changes
M_ROLLUP, M_ACCOUNT, M_FUND, M_FEE_ACCOUNT, M_ASSET, M_FEED, M_MAKER = range(7)
M_INITIAL, M_MAINTENANCE, M_FEE, M_SPREAD, M_DEPTH, M_PERIOD, M_REWARD = range(7, 14)
M_FUNDING, M_FUNDED_AT, M_DELEVERAGED = range(14, 17)
# CONTRACT: a position in a perpetual; X_NEXT leads around the contracts that share margin
X_MARKET, X_OWNER, X_SIZE, X_CASH, X_ENTRY, X_FUNDED, X_NEXT = range(7)
# AUCTION: how a market liquidates, a row for each lending market and behind them each perpetual; then what happened
D_DESIGN, D_FIRST, D_LOTS, D_PENALTY, D_BUF, D_CUT, D_STEP, D_TAIL, D_CUSP = range(9)
D_INCREMENT, D_BID_S, D_MAX_S = range(9, 12)
D_OPEN, D_STARTED, D_RESETS, D_SOLD, D_ZERO = range(12, 17)
# LOT: a place for an auction, which one after another use. On a perpetual: Q_POSITION is the contract that was seized,
# Q_AMOUNT its size (signed) and Q_DEBT its value then, Q_TAB the value sold so far; Q_CONTRACT is the place's own
# contract, which holds the lot, and Q_MARGIN what the standing bid has put up as margin
Q_VENUE, Q_ACCOUNT, Q_ID, Q_OPEN, Q_POSITION, Q_AMOUNT, Q_DEBT, Q_TAB, Q_TOP = range(9)
Q_STARTED, Q_SEIZED_AT, Q_BID, Q_BIDDER, Q_BID_AT, Q_CLOSED_AT, Q_CONTRACT, Q_MARGIN = range(9, 17)
# BUCKET: a row per group of `venues.thresholds`; the first member of each bucket follows. ENTRY: positions, contracts
G_CENTRE, G_TOP, G_FIRST = range(3)
E_BUCKET, E_BEFORE, E_NEXT = range(3)
MOST_BUCKETS = 1 << 16

WIDTHS = {POOL: 12, LENDING: 19, POSITION: 4, FEED: 16, PROVISION: 3, ACCOUNT: 4, ROLLUP: 2, PRICE_OF: 1, OUTSIDE: 2}
WIDTHS |= {PERPETUAL: 17, CONTRACT: 7, AUCTION: 17, LOT: 17}


class Book(NamedTuple):
    """What compiled functions work on."""

    cells: Any  # (n,) float64: all tables, end to end
    journal: Any  # (1 + 2 capacity,) float64: number of writes, then (cell, what it held) of each
    layout: Any  # int64: start, width and length of each table, then the sizes


BOOK = types.NamedTuple((float64[::1], float64[::1], int64[::1]), Book)
"""The compiled type of a book.

Functions that are called with constants state their signature: numba would else compile one form per constant.
"""


class Tables(NamedTuple):
    """Views of a book's cells for Python code; G groups, W reasons, P pools, V liquidity providers."""

    balance: np.ndarray  # (accounts, rollups, assets) in units of the asset
    flows: np.ndarray  # (G, G, W, assets) moved from payer to payee, by reason
    pool: np.ndarray  # (P, 12) columns P_*
    lending: np.ndarray  # (markets, 19) columns L_*
    position: np.ndarray  # (positions, 4) columns N_*
    feed: np.ndarray  # (feeds, 16) columns F_*
    bridge: np.ndarray  # (bridges, 5 + 2 assets) columns B_*
    provision: np.ndarray  # (V, P, 3) columns V_*
    account: np.ndarray  # (accounts, 4) columns A_*
    rollup: np.ndarray  # (rollups, 2) columns R_*
    price: np.ndarray  # (assets,) reference price [USD]
    outside: np.ndarray  # (1, 2) columns O_*
    perpetual: np.ndarray  # (perpetual markets, 17) columns M_*
    contract: np.ndarray  # (contracts, 7) columns X_*
    auction: np.ndarray  # (lending markets and perpetuals, 17) columns D_*
    lot: np.ndarray  # (places for auctions, 17) columns Q_*
    bucket: np.ndarray  # (groups, 2 + buckets) columns G_*
    entry: np.ndarray  # (positions + contracts, 3) columns E_*


class Sizes(NamedTuple):
    """How much of everything a market has."""

    accounts: int
    rollups: int
    assets: int
    groups: int
    reasons: int
    pools: int
    markets: int
    positions: int
    feeds: int
    bridges: int
    providers: int
    perpetuals: int = 0
    contracts: int = 0
    lots: int = 0


@njit(int64(BOOK, int64, int64, int64), cache=True)
def cell(book: Book, table: int, row: int, column: int) -> int:
    """Where in `cells` a number of a table stands."""
    return book.layout[3 * table] + row * book.layout[3 * table + 1] + column


@njit(float64(BOOK, int64, int64, int64), cache=True)
def get(book: Book, table: int, row: int, column: int) -> float:
    """Return a number of a table."""
    return book.cells[book.layout[3 * table] + row * book.layout[3 * table + 1] + column]


@njit(int64(BOOK, int64, int64, int64), cache=True)
def index(book: Book, table: int, row: int, column: int) -> int:
    """Return a whole number (account, asset, rollup, ...) of a table."""
    return int(book.cells[book.layout[3 * table] + row * book.layout[3 * table + 1] + column])


@njit(int64(BOOK, int64), cache=True)
def length(book: Book, table: int) -> int:
    """Number of rows of a table."""
    return book.layout[3 * table + 2]


@njit(int64(BOOK, int64, int64, int64), cache=True)
def balance_cell(book: Book, account: int, rollup: int, asset: int) -> int:
    """Where an account's balance of an asset on a rollup stands."""
    return book.layout[0] + (account * book.layout[ROLLUPS_AT] + rollup) * book.layout[ASSETS_AT] + asset


@njit(float64(BOOK, int64, int64, int64), cache=True)
def balance(book: Book, account: int, rollup: int, asset: int) -> float:
    """What an account holds of an asset on a rollup."""
    return book.cells[balance_cell(book, account, rollup, asset)]


@njit(int64(BOOK), cache=True)
def assets(book: Book) -> int:
    """Return the number of assets."""
    return book.layout[ASSETS_AT]


@njit(int64(BOOK), cache=True)
def rollups(book: Book) -> int:
    """Return the number of rollups."""
    return book.layout[ROLLUPS_AT]


def _buckets(sizes: Sizes) -> tuple[int, int]:
    """Groups, of each lending market and of each side of a perpetual, and columns: about a bucket per member."""
    groups, count = sizes.markets + 2 * sizes.perpetuals, 64
    while count < MOST_BUCKETS and count * groups < sizes.positions + sizes.contracts:
        count *= 2
    return groups, G_FIRST + count


def allocate(sizes: Sizes, journal: int = 1 << 15) -> tuple[Book, Tables]:
    """Lay out empty tables; `journal` is the largest number of writes of one bundle."""
    shapes: list[tuple[int, ...]] = [
        (sizes.accounts, sizes.rollups, sizes.assets),
        (sizes.groups, sizes.groups, sizes.reasons, sizes.assets),
        (sizes.pools, WIDTHS[POOL]),
        (sizes.markets, WIDTHS[LENDING]),
        (sizes.positions, WIDTHS[POSITION]),
        (sizes.feeds, WIDTHS[FEED]),
        (sizes.bridges, B_PROMISED + 2 * sizes.assets),
        (sizes.providers, sizes.pools, WIDTHS[PROVISION]),
        (sizes.accounts, WIDTHS[ACCOUNT]),
        (sizes.rollups, WIDTHS[ROLLUP]),
        (sizes.assets, WIDTHS[PRICE_OF]),
        (1, WIDTHS[OUTSIDE]),
        (sizes.perpetuals, WIDTHS[PERPETUAL]),
        (sizes.contracts, WIDTHS[CONTRACT]),
        (sizes.markets + sizes.perpetuals, WIDTHS[AUCTION]),
        (sizes.lots, WIDTHS[LOT]),
        _buckets(sizes),
        (sizes.positions + sizes.contracts, 3),
    ]
    layout = np.zeros(3 * TABLES + 4, np.int64)
    start = 0
    for table, shape in enumerate(shapes):
        rows = shape[0] if table in (BALANCE, FLOWS) else int(np.prod(shape[:-1]))
        size = int(np.prod(shape))
        width = int(np.prod(shape[1:])) if table in (BALANCE, FLOWS) else shape[-1]
        layout[3 * table : 3 * table + 3] = start, width, rows
        start += size
    layout[3 * TABLES :] = sizes.rollups, sizes.assets, sizes.groups, sizes.reasons
    cells = np.zeros(start)
    views = [
        cells[layout[3 * table] : layout[3 * table] + int(np.prod(shape))].reshape(shape)
        for table, shape in enumerate(shapes)
    ]
    views[PRICE_OF] = views[PRICE_OF].reshape(-1)
    return Book(cells, np.zeros(1 + 2 * journal), layout), Tables(*views)
