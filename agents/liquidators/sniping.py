"""Liquidations ready to be put into a block by whoever writes it."""

from __future__ import annotations

import numpy as np

from agents.liquidators.auction_sniping import ready_auctions
from market import state
from market.intents import INTENT, Kind, Purpose, blank
from market.observation import U_COLLATERAL, U_DEBT, U_MARKET, U_MOST, U_POSITION, U_RATE, BlockView

NO_ROWS, NOWHERE = np.zeros(0, INTENT), np.zeros(0, np.int64)
ORACLE = int(Kind.ORACLE_UPDATE)
MOST_PER_BLOCK = 64


def ready_liquidations(seen: BlockView) -> tuple[np.ndarray, np.ndarray]:
    """Bundles [liquidate, sell outside] for every position that falls in this block, and where they go.

    At the top what is unhealthy now; behind each oracle update that can be read what it will make unhealthy.
    Lots of auctions: as `ready_auctions` says.
    Returns (rows, index of the pending intent that each follows, -1 for the top).
    """
    parts: list[np.ndarray] = []
    places: list[int] = []
    for rollup in seen.distressed():
        _bundle(seen, seen.unhealthy(rollup)[:MOST_PER_BLOCK], rollup, -1, parts, places)
    if seen.due.size:
        # nothing can be put between the members of somebody's bundle
        for k in np.flatnonzero((seen.due["kind"] == ORACLE) & (seen.due["bundle"] < 0)):
            row = seen.due[k]
            table = fallen_at(seen, int(row["venue"]), float(row["amount"]))
            if len(table):
                _bundle(seen, table[:MOST_PER_BLOCK], int(row["rollup"]), int(k), parts, places)
    auctioned, where = ready_auctions(seen)
    parts += auctioned
    places += where
    if not parts:
        return NO_ROWS, NOWHERE
    return _numbered(parts, places), np.array([place for place, part in zip(places, parts, strict=True) for _ in part])


def _numbered(parts: list[np.ndarray], places: list[int]) -> np.ndarray:
    """Rows of bundles, each numbered by how many rows stand before it in its place."""
    before: dict[int, int] = {}
    for part, place in zip(parts, places, strict=True):
        part["bundle"] = before.get(place, 0)
        before[place] = before.get(place, 0) + part.size
    return np.concatenate(parts)


def fallen_at(seen: BlockView, feed: int, price: float) -> np.ndarray:
    """Positions that an oracle update to `price` makes liquidatable and that are not yet: shape (n, 7), columns U_*."""
    public = seen.public
    found = []
    for market in np.flatnonzero(public.lending[:, state.L_FEED_COLLATERAL] == feed):
        row = public.lending[market]
        debt_feed = int(row[state.L_FEED_DEBT])
        debt_price = 1.0 if debt_feed < 0 else float(public.feeds[debt_feed, state.F_PRICE])
        line = price / (debt_price * row[state.L_INDEX])
        if row[state.L_KEY_BOUND] <= line:
            continue
        found.append(_terms_at(public, int(market), line, price / debt_price))
    return np.concatenate(found) if found else np.zeros((0, 7))


def _terms_at(public, market: int, line: float, ratio: float) -> np.ndarray:
    row, table = public.lending[market], public.positions
    collateral, debt = table[:, state.N_COLLATERAL], table[:, state.N_DEBT]
    key = np.divide(debt, collateral * row[state.L_THRESHOLD], out=np.zeros_like(debt), where=collateral > 0.0)
    already = ratio_now(public, market) / row[state.L_INDEX]
    fallen = np.flatnonzero((table[:, state.N_MARKET] == market) & (key > line) & (key <= already))
    out = np.zeros((fallen.size, 7))
    rate = (1.0 + row[state.L_BONUS]) / ratio
    health = line / key[fallen]
    share = np.where(health >= row[state.L_FULL_CLOSE], row[state.L_CLOSE_FACTOR], 1.0)
    owed = debt[fallen] * row[state.L_INDEX] * share
    out[:, U_POSITION], out[:, U_MARKET], out[:, U_RATE] = fallen, market, rate
    out[:, U_COLLATERAL], out[:, U_DEBT] = row[state.L_COLLATERAL], row[state.L_DEBT]
    out[:, U_MOST] = np.minimum(owed, collateral[fallen] / rate)
    return out


def ratio_now(public, market: int) -> float:
    """Oracle price of a market's collateral in units of its debt, as posted."""
    row = public.lending[market]

    def posted(column: int) -> float:
        feed = int(row[column])
        return 1.0 if feed < 0 else float(public.feeds[feed, state.F_PRICE])

    return posted(state.L_FEED_COLLATERAL) / posted(state.L_FEED_DEBT)


def _bundle(seen, table, rollup, place, parts, places) -> None:
    """Write the bundles of one place, largest first, as far as own funds reach and a profit is left."""
    fee = seen.public.outside_fee
    left = seen.funds[rollup].copy()
    for entry in table[np.argsort(-table[:, U_MOST], kind="stable")]:
        debt, collateral = int(entry[U_DEBT]), int(entry[U_COLLATERAL])
        amount = min(float(entry[U_MOST]), left[debt])
        seized = amount * float(entry[U_RATE])
        back = seized * seen.prices[collateral] / seen.prices[debt] * (1.0 - fee)
        if amount <= 0.0 or back <= amount:
            continue
        left[debt] -= amount
        rows = blank(2)
        rows["sender"], rows["sent"], rows["arrival"] = seen.account, seen.time, seen.time
        rows["rollup"], rows["purpose"] = rollup, int(Purpose.LIQUIDATION)
        rows["kind"] = int(Kind.LIQUIDATE), int(Kind.OUTSIDE)
        rows["venue"], rows["target"] = int(entry[U_MARKET]), (int(entry[U_POSITION]), -1)
        rows["asset_in"], rows["asset_out"] = (debt, collateral), (collateral, debt)
        rows["amount"], rows["limit"] = (amount, seized * (1 - 1e-9)), (seized * (1 - 1e-9), amount)
        parts.append(rows)
        places.append(place)
