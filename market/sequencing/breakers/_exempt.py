"""What a pause lets through: decided by what intents do, never by what their senders call them.

A bundle passes if all of its own members do; one exempt member does not carry the others. Members are judged so:

- Liquidations always pass.
- "oracle": updates of feeds; execution refuses those that do not come from the feed itself.
- "top_ups": deposits onto a position of the sender's own that owes, or an open contract of his own.
- "repayments": onto a position of the sender's own that owes.
- Beside purchases of contracts in auctions: margin for them, and closing of them, on the sender's own contract.
- Trades pass where they sell what the bundle's liquidations are sure to seize; "repayments": where their proceeds go
  into the bundle's repayments; "arbitrage": where over the whole bundle they sell, of every asset, no more than the
  bundle is sure to acquire. What is sure is the limit that the sender himself sets: below it, the bundle is undone.

Why nobody gains from posing as an arbitrageur: whoever wants to sell one asset for another ends with less of the first,
which the rule excludes, so that he would have to buy it back in the same bundle. And such a round trip cannot drive two
prices apart. On a constant-product pool the average price of a trade is the geometric mean of the prices before and
after it; let the logs of the two prices go from a to a' >= a where one buys and from b to b' <= b where one sells. Not
to lose, one needs a + a' <= b + b', that is b' - a' >= -(b - a): the gap ends no wider than it began, and fees leave
less of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from market import state
from market.intents import Kind
from market.venues import lending, pools

if TYPE_CHECKING:
    from market.model import SequencerMarket

SWAP, OUTSIDE = int(Kind.SWAP), int(Kind.OUTSIDE)
LIQUIDATE, TAKE, SETTLE = int(Kind.LIQUIDATE), int(Kind.AUCTION_TAKE), int(Kind.AUCTION_SETTLE)
SALES = (LIQUIDATE, int(Kind.PERPETUAL_LIQUIDATE), TAKE, SETTLE, int(Kind.AUCTION_RESET))
LIQUIDATIONS = (*SALES, *(int(kind) for kind in (Kind.AUCTION_START, Kind.AUCTION_BID)))
"""Kinds that liquidate; `SALES` are those of them by which something is sold (a reset may close a lot of contracts)."""
DEPOSIT, MARGIN, REPAY = int(Kind.DEPOSIT), int(Kind.PERPETUAL_DEPOSIT), int(Kind.REPAY)
CONTRACTS = (MARGIN, int(Kind.PERPETUAL_TRADE))
ORACLE = int(Kind.ORACLE_UPDATE)
ROUNDING = 1e-6
"""Relative excess of a sale over what is sure to be acquired that counts as rounding."""
PROCEEDS = 1.1
"""Most that a sale may bring at present prices, over what the bundle repays: room for the seller's slippage limit."""


def passes(market: SequencerMarket, rows: np.ndarray, exempt: Collection[str]) -> bool:
    """Whether an intent, or a bundle's own members together, go on during a pause that exempts these classes."""
    trades = np.array([kind in (SWAP, OUTSIDE) for kind in rows["kind"].tolist()], np.bool_)
    if trades.all() and (rows.size == 1 or "arbitrage" not in exempt):
        return not rows.size  # most of what is paused: trades and nothing but trades
    bought = _bought(market, rows)
    if not all(_allowed(market, row, exempt) or _belongs(market, row, bought) for row in rows[~trades]):
        return False
    return not trades.any() or _covered(market, rows[~trades], rows[trades], exempt)


def _allowed(market: SequencerMarket, row: Any, exempt: Collection[str]) -> bool:
    """Whether an intent that is no trade passes."""
    kind = int(row["kind"])
    if kind in LIQUIDATIONS:
        return True
    if kind == ORACLE:
        return "oracle" in exempt
    tables = market.world.tables
    if kind == MARGIN:
        contract = _entry(tables.contract, row["target"])
        if contract is None or contract[state.X_OWNER] != row["sender"]:
            return False
        return "top_ups" in exempt and bool(contract[state.X_SIZE] != 0.0)
    if kind in (DEPOSIT, REPAY):
        position = _entry(tables.position, row["target"])
        if position is None or position[state.N_OWNER] != row["sender"]:
            return False
        return ("top_ups" if kind == DEPOSIT else "repayments") in exempt and bool(position[state.N_DEBT] > 0.0)
    return False


def _bought(market: SequencerMarket, rows: np.ndarray) -> dict[int, float]:
    """Contracts that a bundle is sure to have from auctions, by perpetual: signed as the lots are."""
    tables, sure = market.world.tables, defaultdict[int, float](float)
    loans, lots = len(tables.lending), tables.lot
    for row in rows[np.isin(rows["kind"], (TAKE, SETTLE)) & (rows["venue"] >= loans)]:
        mine = (lots[:, state.Q_VENUE] == row["venue"]) & (lots[:, state.Q_ID] == row["target"])
        for lot in lots[mine & (lots[:, state.Q_OPEN] > 0.0)]:
            size = float(tables.contract[int(lot[state.Q_CONTRACT]), state.X_SIZE])
            amount = abs(size) if row["kind"] == SETTLE else min(float(row["amount"]), abs(size))
            if row["kind"] == TAKE or lot[state.Q_BIDDER] == row["sender"]:
                sure[int(row["venue"]) - loans] += np.copysign(amount, size)
    return sure


def _belongs(market: SequencerMarket, row: Any, bought: dict[int, float]) -> bool:
    """Whether a row is margin for contracts that its bundle buys in auctions, or closes what is left of them."""
    perpetual, contract = int(row["venue"]), _entry(market.world.tables.contract, row["target"])
    if row["kind"] not in CONTRACTS or contract is None or perpetual not in bought:
        return False
    if contract[state.X_OWNER] != row["sender"] or contract[state.X_MARKET] != perpetual:
        return False
    if row["kind"] == MARGIN:
        return True
    change, left = float(row["amount"]) * (1.0 if row["asset_in"] == 0 else -1.0), bought[perpetual]
    if not (change * left < 0.0 and abs(change) <= abs(left) * (1.0 + ROUNDING)):
        return False
    bought[perpetual] += change
    return True


def _covered(market: SequencerMarket, others: np.ndarray, trades: np.ndarray, exempt: Collection[str]) -> bool:
    """Whether a bundle's trades sell no more than it is sure to acquire, but for what is sold in order to repay."""
    tables = market.world.tables
    sure: dict[int, float] = defaultdict(float)  # by asset [units]
    for row in others[np.isin(others["kind"], (LIQUIDATE, TAKE, SETTLE))]:
        loan = _entry(tables.lending, row["venue"])
        if loan is not None:  # the market says what is seized, whatever the row does
            won = _won(tables.lot, row) if row["kind"] == SETTLE else float(row["limit"])
            sure[int(loan[state.L_COLLATERAL])] += won
    repaid: dict[int, float] = defaultdict(float)  # by asset [units]
    for row in others[others["kind"] == REPAY]:  # none but exempt ones come this far
        position = int(row["target"])
        debt = int(tables.lending[int(tables.position[position, state.N_MARKET]), state.L_DEBT])
        repaid[debt] += min(float(row["amount"]), lending.owed(market.world.book, position))
    if "arbitrage" in exempt:
        for row in trades:
            sure[int(row["asset_out"])] += float(row["limit"])
    left = {asset: PROCEEDS * amount for asset, amount in repaid.items()}
    for row in trades:
        source, amount = int(row["asset_in"]), float(row["amount"])
        if amount <= sure[source] * (1.0 + ROUNDING):
            sure[source] -= amount
            continue
        sink, proceeds = int(row["asset_out"]), _proceeds(market, row)
        if not proceeds <= left.get(sink, 0.0):
            return False
        left[sink] -= proceeds
    return True


def _won(lots: np.ndarray, row: Any) -> float:
    """Collateral of the lot that the sender of a settlement has won [units]."""
    lot = (lots[:, state.Q_VENUE] == row["venue"]) & (lots[:, state.Q_ID] == row["target"])
    return float(lots[lot & (lots[:, state.Q_BIDDER] == row["sender"]), state.Q_AMOUNT].sum())


def _proceeds(market: SequencerMarket, row: Any) -> float:
    """Output of a trade at the state before the block [units of its output]; inf where there is no such trade."""
    book, tables = market.world.book, market.world.tables
    source, sink, amount = int(row["asset_in"]), int(row["asset_out"]), float(row["amount"])
    if not 0 <= min(source, sink) <= max(source, sink) < len(tables.price):
        return np.inf
    if row["kind"] == OUTSIDE:
        return amount * tables.price[source] / tables.price[sink]
    pool = int(row["venue"])
    if not (0 <= pool < len(tables.pool) and pools.trades(book, pool, int(row["rollup"]), source, sink)):
        return np.inf
    fee = float(tables.pool[pool, state.P_FEE])
    return pools.output(pools.reserve(book, pool, source), pools.reserve(book, pool, sink), fee, amount)


def _entry(table: np.ndarray, at: Any) -> np.ndarray | None:
    """Row of a table; None where there is none of that number."""
    return table[int(at)] if 0 <= int(at) < len(table) else None
