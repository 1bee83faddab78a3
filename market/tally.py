"""Running totals of a run: what each block added, in compiled code, with a size that does not grow with the horizon."""

from __future__ import annotations

import numpy as np

from market import state
from market.compiled import kernel
from market.intents import BATCHED, Kind, Purpose, Row, Rows, Status
from market.state import Book, get, index, length
from market.venues import batch

K_CLOSE_OUT, K_TRADE = int(Kind.PERPETUAL_LIQUIDATE), int(Kind.PERPETUAL_TRADE)
K_TAKE, K_SETTLE = int(Kind.AUCTION_TAKE), int(Kind.AUCTION_SETTLE)
K_START, K_BID, K_RESET = int(Kind.AUCTION_START), int(Kind.AUCTION_BID), int(Kind.AUCTION_RESET)
K_SWAP, K_LIQUIDATE, K_OUTSIDE, K_BRIDGE = int(Kind.SWAP), int(Kind.LIQUIDATE), int(Kind.OUTSIDE), int(Kind.BRIDGE)
USER, SANDWICH, ARBITRAGE = int(Purpose.USER), int(Purpose.SANDWICH), int(Purpose.ARBITRAGE)
LIQUIDATION, CYCLE = int(Purpose.LIQUIDATION), int(Purpose.CYCLE)
PURPOSES = len(Purpose)
FILLED, REVERTED = int(Status.FILLED), int(Status.REVERTED)

# columns of Tally.by_rollup
VOLUME, USER_VOLUME, USER_COST, USER_COUNT, USER_DELAY, SANDWICH_LOSS = range(6)
LP_FEES, LP_MARKED, LP_ARBITRAGE, LIQUIDATED, LIQUIDATIONS, PENALTY = range(6, 12)
PERPETUALS_LIQUIDATED = 12
COLUMNS = 13
DELAY_BINS = 420
DELAY_LOW, DELAY_PER_DECADE = 1e-3, 60.0
RING_S = 60


@kernel
def _delay_bin(delay: float) -> int:
    return min(DELAY_BINS - 1, max(0, int(np.log10(max(delay, DELAY_LOW) / DELAY_LOW) * DELAY_PER_DECADE)))


@kernel
def _user(book: Book, row: Row, value: float, out_price: float, at: np.ndarray, delays: np.ndarray) -> None:
    at[USER_VOLUME] += value
    at[USER_COUNT] += 1.0
    if row.mid > 0.0:
        at[USER_COST] += value * (1.0 - row.filled_out / (row.filled_in * row.mid)) + row.tip
    at[USER_DELAY] += row.executed - row.sent
    delays[_delay_bin(row.executed - row.sent)] += 1
    if row.fallback_out > 0.0:
        at[SANDWICH_LOSS] += (row.fallback_out - row.filled_out) * out_price


@kernel
def _swap(book: Book, row: Row, in_price: float, out_price: float, at: np.ndarray) -> None:
    value = row.filled_in * in_price
    # swaps that clear together pay no fee but on what is left over, which `_batch_fee` adds
    fee = 0.0 if row.carried == BATCHED else get(book, state.POOL, row.venue, state.P_FEE) * value
    at[VOLUME] += value
    at[LP_FEES] += fee
    marked = value - fee - row.filled_out * out_price
    at[LP_MARKED] += marked
    if row.purpose in (ARBITRAGE, CYCLE):
        at[LP_ARBITRAGE] -= marked


@kernel
def _batch_fee(book: Book, rows: Rows, first: int, by_rollup: np.ndarray) -> None:
    """Add the fee on what the pool traded in the clearing that begins at rows[first]."""
    asset, fee = batch.fee_taken(book, rows, first)
    value = fee * get(book, state.PRICE_OF, asset, 0)
    by_rollup[rows[first].rollup, LP_FEES] += value
    by_rollup[rows[first].rollup, LP_MARKED] -= value


@kernel
def _liquidated(row: Row, in_price: float, out_price: float, at: np.ndarray, ring: np.ndarray) -> None:
    value = row.filled_in * in_price
    at[LIQUIDATED] += value
    at[LIQUIDATIONS] += 1.0
    at[PENALTY] += row.filled_out * out_price - value
    second = np.floor(row.executed)
    slot = int(second) % RING_S
    if ring[slot, 0] != second:
        ring[slot, 0] = second
        ring[slot, 1] = 0.0
    ring[slot, 1] += value
    total = 0.0
    for k in range(RING_S):
        if ring[k, 0] > second - RING_S:
            total += ring[k, 1]
    ring[RING_S, 0] = max(ring[RING_S, 0], total)


@kernel
def _winner(book: Book, row: Row) -> int:
    """Account that has won the auction which an intent settles: it stands in the lot until the next block."""
    places = index(book, state.AUCTION, row.venue, state.D_LOTS)
    lot = index(book, state.AUCTION, row.venue, state.D_FIRST) + row.target % places
    return index(book, state.LOT, lot, state.Q_BIDDER)


@kernel
def _closed(book: Book, row: Row) -> float:
    """What a trade on a perpetual gains at the reference price, its fee taken off [USD]."""
    asset = index(book, state.PERPETUAL, row.venue, state.M_ASSET)
    gain = row.filled_out * get(book, state.PRICE_OF, asset, 0) - row.filled_in
    fee = row.filled_in * get(book, state.PERPETUAL, row.venue, state.M_FEE)
    return (gain if row.asset_in == 0 else -gain) - fee


@kernel
def _costs(book: Book, row: Row, operator: int) -> float:
    """Tip and gas of an intent, as far as they are not the sender's own income [USD]."""
    return row.tip if row.sender == operator else row.tip + get(book, state.ROLLUP, row.rollup, state.R_GAS)


@kernel
def record_block(
    book: Book,
    rows: Rows,
    builder: int,
    operator: int,
    by_rollup: np.ndarray,
    gains: np.ndarray,
    statuses: np.ndarray,
    delays: np.ndarray,
    ring: np.ndarray,
) -> int:
    """Add a block's receipts to the totals; returns how many bridge transfers were filled.

    Gains are what a sender received less what it gave, at reference prices, less tips and gas: by group and purpose. A
    tip out of an extraction is a gain, of the same purpose, of whoever built the block.
    """
    bridged = 0
    author = index(book, state.ACCOUNT, builder, state.A_GROUP)
    for k in range(rows.size):
        row = rows[k]
        statuses[row.status] += 1
        if row.carried == BATCHED and (k == 0 or rows[k - 1].carried != BATCHED or rows[k - 1].venue != row.venue):
            _batch_fee(book, rows, k, by_rollup)
        if row.status != FILLED:
            continue
        if row.kind == K_BRIDGE:
            bridged += 1
        if row.kind == K_CLOSE_OUT:
            by_rollup[row.rollup, PERPETUALS_LIQUIDATED] += row.filled_in
            gain = row.filled_out - _costs(book, row, operator)
            gains[index(book, state.ACCOUNT, row.sender, state.A_GROUP), row.purpose] += gain
            gains[author, row.purpose] += row.tip
        if row.kind in (K_START, K_BID, K_RESET, K_SETTLE):
            gains[index(book, state.ACCOUNT, row.sender, state.A_GROUP), row.purpose] -= _costs(book, row, operator)
            gains[author, row.purpose] += row.tip
        if row.kind == K_RESET:
            # a lot that could not be sold was closed, for a reward; nothing where the auction began again
            by_rollup[row.rollup, PERPETUALS_LIQUIDATED] += row.filled_in
            gains[index(book, state.ACCOUNT, row.sender, state.A_GROUP), row.purpose] += row.filled_out
        if row.kind == K_TRADE and row.purpose == LIQUIDATION:
            gain = _closed(book, row) - _costs(book, row, operator)
            gains[index(book, state.ACCOUNT, row.sender, state.A_GROUP), LIQUIDATION] += gain
            gains[author, LIQUIDATION] += row.tip
        if row.kind not in (K_SWAP, K_LIQUIDATE, K_OUTSIDE, K_TAKE, K_SETTLE):
            continue
        in_price = get(book, state.PRICE_OF, row.asset_in, 0)
        out_price = get(book, state.PRICE_OF, row.asset_out, 0)
        at = by_rollup[row.rollup]
        if row.kind == K_SWAP:
            _swap(book, row, in_price, out_price, at)
            if row.purpose == USER:
                _user(book, row, row.filled_in * in_price, out_price, at, delays)
        elif row.kind != K_OUTSIDE and row.venue >= length(book, state.LENDING):
            at[PERPETUALS_LIQUIDATED] += row.filled_in * in_price
        elif row.kind != K_OUTSIDE:
            _liquidated(row, in_price, out_price, at, ring)
        if row.kind == K_SETTLE:
            winner = index(book, state.ACCOUNT, _winner(book, row), state.A_GROUP)
            gains[winner, LIQUIDATION] += row.filled_out * out_price - row.filled_in * in_price
            continue
        gain = row.filled_out * out_price - row.filled_in * in_price - row.tip
        if row.sender != operator:
            gain -= get(book, state.ROLLUP, row.rollup, state.R_GAS)
        gains[index(book, state.ACCOUNT, row.sender, state.A_GROUP), row.purpose] += gain
        if row.purpose in (SANDWICH, ARBITRAGE, CYCLE, LIQUIDATION):
            gains[author, row.purpose] += row.tip
    return bridged


@kernel
def dispersion(book: Book, main: np.ndarray, out: np.ndarray) -> None:
    """Spread of an asset's price over rollups: standard deviation of the log mids of its main pools, in bp.

    `main` has shape (assets, rollups): the deepest pool against the numeraire, -1 for none; `out` (assets,).
    """
    for asset in range(main.shape[0]):
        total, squares, count = 0.0, 0.0, 0
        for rollup in range(main.shape[1]):
            pool = main[asset, rollup]
            if pool < 0:
                continue
            account = index(book, state.POOL, pool, state.P_ACCOUNT)
            other = state.balance(book, account, rollup, 0)
            log_mid = np.log(other / state.balance(book, account, rollup, asset))
            total += log_mid
            squares += log_mid * log_mid
            count += 1
        out[asset] = 0.0
        if count > 1:
            out[asset] = 1e4 * np.sqrt(max(0.0, squares / count - (total / count) ** 2))


class Tally:
    """Totals of one run.

    Parameters
    ----------
    rollups, groups
        how many there are
    """

    def __init__(self, rollups: int, groups: int) -> None:
        self.by_rollup = np.zeros((rollups, COLUMNS))
        self.gains = np.zeros((groups, PURPOSES))
        self.statuses = np.zeros(len(Status), np.int64)
        self.delays = np.zeros(DELAY_BINS, np.int64)
        self.ring = np.full((RING_S + 1, 2), -1e18)
        self.ring[RING_S] = 0.0
        self.dispersion = 0.0
        self.samples = 0
        self.slots = 0
        self.auction_revenue = 0.0
        self.bids_paid: dict[int, float] = {}
        self.blocks_won: dict[int, int] = {}
        self.pauses = 0
        self.paused_s = 0.0
        self.conservation_error = 0.0

    def record(self, book: Book, parts: list[tuple[Rows, int]], operator: int) -> int:
        """Add a block, in stretches with the account of each one's author; returns its filled bridge transfers."""
        self.slots += 1
        bridged = 0
        for rows, author in parts:
            bridged += record_block(
                book, rows, author, operator, self.by_rollup, self.gains, self.statuses, self.delays, self.ring
            )
        return bridged

    def paid_bid(self, account: int, amount: float) -> None:
        """Add a payment for the right to build [USD]."""
        self.bids_paid[account] = self.bids_paid.get(account, 0.0) + amount

    def built(self, account: int) -> None:
        """Note whose block was taken."""
        self.blocks_won[account] = self.blocks_won.get(account, 0) + 1

    def delay_quantile(self, share: float) -> float:
        """Quantile of users' inclusion delay, to the resolution of the histogram (4%) [s]; nan without executions."""
        count = self.delays.sum()
        if not count:
            return float("nan")
        at = int(np.searchsorted(np.cumsum(self.delays), share * count))
        return float(DELAY_LOW * 10 ** ((at + 0.5) / DELAY_PER_DECADE))
