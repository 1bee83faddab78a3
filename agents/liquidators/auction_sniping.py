"""Takes and bids in auctions, ready to be put into a block by whoever writes it.

Of a Dutch lot the author lets the price fall as long as no rival comes: it takes at the top of the block in which it
reads a rival's take, at the very price that the rival would have paid, or at a discount at which it would rather not
wait any longer. Where contents are sealed, any of them may be a rival. In an English auction it bids last: behind the
last rival's bid that it reads, in the last block before the end.
"""

from __future__ import annotations

import numpy as np

from agents.liquidators._auctions import end_of, least_bid, sides, worth_outside
from agents.liquidators.contract_sniping import ready_for_contracts, ready_on_rollup
from market import state
from market.intents import Kind, Purpose, blank
from market.observation import U_COLLATERAL, U_DEBT, U_MARKET, U_POSITION, BlockView
from market.venues.liquidations import DUTCH
from market.venues.liquidations.dutch import price_after

START, TAKE, BID = int(Kind.AUCTION_START), int(Kind.AUCTION_TAKE), int(Kind.AUCTION_BID)
MOST_STARTS = 16
TOP = -1
PATIENCE = 0.05
"""Discount on what a lot brings at which the author takes it though no rival is in sight [1]."""


def ready_auctions(seen: BlockView) -> tuple[list[np.ndarray], list[int]]:
    """Starts, bundles [take or settle, sell outside], bids; and the index of the pending intent that each follows."""
    parts = [_start(seen, rollup, entry) for rollup in seen.distressed() for entry in _startable(seen, rollup)]
    parts += [rows for rollup in seen.rollups for rows in ready_on_rollup(seen, rollup)]
    places = [TOP] * len(parts)
    for rollup in seen.rollups:
        lots = seen.public.open_lots(rollup)
        if not lots.size:
            continue
        left = seen.funds[rollup].copy()
        for at in lots:
            lot = seen.public.lots[at]
            terms = seen.public.auctions[int(lot[state.Q_VENUE])]
            falls = terms[state.D_DESIGN] == DUTCH
            if lot[state.Q_CONTRACT] >= 0.0:
                rivals = _rivals(seen, lot, TAKE if falls else BID)
                rows, place = ready_for_contracts(seen, rollup, int(at), left, rivals)
            else:
                rows, place = (_take if falls else _bid)(seen, rollup, lot, terms, left)
            if rows is not None:
                parts.append(rows)
                places.append(place)
    return parts, places


def _startable(seen: BlockView, rollup: int) -> np.ndarray:
    """First unhealthy positions of a rollup that can be auctioned: shape (n, 7), columns U_*."""
    table = seen.unhealthy(rollup)
    terms = seen.public.auctions[table[:, U_MARKET].astype(np.int64)]
    return table[(terms[:, state.D_DESIGN] > 0.0) & (terms[:, state.D_OPEN] < terms[:, state.D_LOTS])][:MOST_STARTS]


def _start(seen: BlockView, rollup: int, entry: np.ndarray) -> np.ndarray:
    """Row that puts a position up for auction: without a lot there is nothing to take."""
    rows = blank(1)
    _fill(rows, seen, rollup)
    rows["kind"], rows["venue"], rows["target"], rows["amount"] = START, entry[U_MARKET], entry[U_POSITION], 1.0
    rows["asset_in"], rows["asset_out"] = entry[U_DEBT], entry[U_COLLATERAL]
    return rows


def _rivals(seen: BlockView, lot: np.ndarray, kind: int) -> np.ndarray:
    """Indices of the pending intents of a kind, of others, for a lot."""
    due = seen.due
    mine = (due["venue"] == lot[state.Q_VENUE]) & (due["target"] == lot[state.Q_ID])
    return np.flatnonzero((due["kind"] == kind) & mine & (due["sender"] != seen.account) & (due["sealed"] == 0))


def _take(
    seen: BlockView, rollup: int, lot: np.ndarray, terms: np.ndarray, left: np.ndarray
) -> tuple[np.ndarray | None, int]:
    """Bundle that takes a Dutch lot, if it is time to."""
    debt, collateral = sides(seen, int(lot[state.Q_VENUE]))
    elapsed = seen.time - lot[state.Q_STARTED]
    price = price_after(lot[state.Q_TOP], terms[state.D_CUT], terms[state.D_STEP], elapsed)
    worth = worth_outside(seen, debt, collateral)
    if elapsed > terms[state.D_TAIL] or price < terms[state.D_CUSP] * lot[state.Q_TOP] or price >= worth:
        return None, TOP
    contested = bool(_rivals(seen, lot, TAKE).size) or bool((seen.due["sealed"] == 1).any())
    amount = min(float(left[debt]), float(lot[state.Q_TAB]), float(lot[state.Q_AMOUNT] * price))
    profit = amount * (worth / price - 1.0) * seen.prices[debt] - 2.0 * float(seen.public.gas[rollup, 0])
    if profit <= 0.0 or not (contested or price <= worth * (1.0 - PATIENCE)):
        return None, TOP
    left[debt] -= amount
    taken = amount / price * (1.0 - 1e-9)
    rows = _pair(seen, rollup, lot, Kind.AUCTION_TAKE, amount, taken, taken, amount)
    return rows, TOP


def _bid(
    seen: BlockView, rollup: int, lot: np.ndarray, terms: np.ndarray, left: np.ndarray
) -> tuple[np.ndarray | None, int]:
    """The last bid in an English auction, or the settlement of one that was won."""
    debt, collateral = sides(seen, int(lot[state.Q_VENUE]))
    end, amount = end_of(lot, terms), float(lot[state.Q_AMOUNT])
    worth = amount * worth_outside(seen, debt, collateral)
    nobody, own = lot[state.Q_BIDDER] < 0.0, lot[state.Q_BIDDER] == seen.account
    if seen.time >= end:
        if not own:
            return None, TOP
        sold = amount * (1.0 - 1e-9)
        return _pair(seen, rollup, lot, Kind.AUCTION_SETTLE, 1.0, 0.0, sold, worth * (1.0 - 1e-8)), TOP
    rivals = _rivals(seen, lot, BID)
    standing = -1.0 if nobody else float(lot[state.Q_BID])
    highest = max([standing, *seen.due["amount"][rivals].tolist()])
    if (own and highest <= standing) or not (nobody or rivals.size or end <= seen.time + seen.block_time):
        return None, TOP
    offer = 0.0 if highest < 0.0 else least_bid(highest, float(terms[state.D_INCREMENT]))
    if offer >= worth - 2.0 * float(seen.public.gas[rollup, 0]) / seen.prices[debt] or offer > left[debt]:
        return None, TOP
    left[debt] -= offer
    rows = blank(1)
    _fill(rows, seen, rollup)
    rows["kind"], rows["venue"], rows["target"] = BID, lot[state.Q_VENUE], lot[state.Q_ID]
    rows["asset_in"], rows["asset_out"], rows["amount"] = debt, collateral, offer
    singles = rivals[seen.due["bundle"][rivals] < 0]
    place = int(singles[np.argmax(seen.due["arrival"][singles])]) if singles.size else TOP
    return rows, place


def _fill(rows: np.ndarray, seen: BlockView, rollup: int) -> None:
    rows["sender"], rows["sent"], rows["arrival"] = seen.account, seen.time, seen.time
    rows["rollup"], rows["purpose"] = rollup, int(Purpose.LIQUIDATION)


def _pair(
    seen: BlockView, rollup: int, lot: np.ndarray, kind: Kind, amount: float, limit: float, sold: float, least: float
) -> np.ndarray:
    """Bundle that gets collateral out of a lot and sells it outside."""
    debt, collateral = sides(seen, int(lot[state.Q_VENUE]))
    rows = blank(2)
    _fill(rows, seen, rollup)
    rows["kind"] = int(kind), int(Kind.OUTSIDE)
    rows["venue"], rows["target"] = int(lot[state.Q_VENUE]), (int(lot[state.Q_ID]), -1)
    rows["asset_in"], rows["asset_out"] = (debt, collateral), (collateral, debt)
    rows["amount"], rows["limit"] = (amount, sold), (limit, least)
    return rows
