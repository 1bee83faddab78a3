"""Takes and bids in auctions, ready to be put into a block by whoever writes it.

Of a Dutch lot the author lets the price fall as long as no rival comes: it takes at the top of the block in which it
reads a rival's take, at the very price that the rival would have paid, or at a discount at which it would rather not
wait any longer. Where contents are sealed, any of them may be a rival. In an English auction it bids last: behind the
last rival's bid that it reads, in the last block before the end.
"""

from __future__ import annotations

import numpy as np

from agents.blocks.contract_auctions import ready_for_contracts, ready_on_rollup
from agents.means.auctions import SALE_SLACK, market_of, sides, worth_outside
from market.access.observation import BlockView
from market.intents.rows import Purpose, blank
from market.venues import Kind
from market.venues.liquidation.design import DUTCH
from market.venues.liquidation.designs.english import least_bid

MOST_STARTS = 16
TOP = -1
PATIENCE = 0.05
"""Discount on what a lot brings at which the author takes it though no rival is in sight [1]."""


def ready_auctions(seen: BlockView) -> tuple[list[np.ndarray], list[int]]:
    """Starts, bundles [take or settle, sell outside], bids; and the index of the pending intent that each follows."""
    if not (seen.lots.size or seen.perpetuals.size):  # nothing can be put up, nor bought
        return [], []
    parts = [_start(seen, rollup, entry) for rollup in seen.distressed() for entry in _startable(seen, rollup)]
    parts += [rows for rollup in seen.rollups for rows in ready_on_rollup(seen, rollup)]
    places = [TOP] * len(parts)
    for rollup in seen.rollups:
        lots = seen.open_lots(rollup)
        if not lots.size:
            continue
        left = seen.funds[rollup].copy()
        for at in lots:
            lot = seen.lots[at]
            terms = seen.auctions[int(lot["auction"])]
            falls = terms["design"] == DUTCH
            if lot["contract"] >= 0.0:
                rivals = _rivals(seen, lot, Kind.CONTRACT_AUCTION_TAKE if falls else Kind.CONTRACT_AUCTION_BID)
                rows, place = ready_for_contracts(seen, rollup, int(at), left, rivals)
            else:
                rows, place = (_take if falls else _bid)(seen, rollup, int(at), left)
            if rows is not None:
                parts.append(rows)
                places.append(place)
    return parts, places


def _startable(seen: BlockView, rollup: int) -> np.ndarray:
    """First unhealthy positions of a rollup that can be auctioned: shape (n,), dtype `LIQUIDATABLE`."""
    table = seen.unhealthy(rollup)
    terms = seen.auctions[seen.lending["auction"][table["market"].astype(np.int64)].astype(np.int64)]
    return table[(terms["design"] > 0.0) & (terms["open"] < terms["lots"])][:MOST_STARTS]


def _start(seen: BlockView, rollup: int, entry: np.ndarray) -> np.ndarray:
    """Row that puts a position up for auction: without a lot there is nothing to take."""
    rows = blank(1)
    _fill(rows, seen, rollup)
    rows["kind"], rows["venue"], rows["target"], rows["amount"] = (
        Kind.LOAN_AUCTION_START,
        entry["market"],
        entry["loan"],
        1.0,
    )
    rows["asset_in"], rows["asset_out"] = entry["debt"], entry["collateral"]
    return rows


def _rivals(seen: BlockView, lot: np.ndarray, kind: int) -> np.ndarray:
    """Indices of the pending intents of a kind, of others, for a lot."""
    due = seen.due
    mine = (due["venue"] == market_of(seen, lot)) & (due["target"] == lot["id"])
    return np.flatnonzero((due["kind"] == kind) & mine & (due["sender"] != seen.account) & (due["sealed"] == 0))


def _take(seen: BlockView, rollup: int, at: int, left: np.ndarray) -> tuple[np.ndarray | None, int]:
    """Bundle that takes a Dutch lot, if it is time to."""
    lot = seen.lots[at]
    debt, collateral = sides(seen, market_of(seen, lot))
    price, worth = seen.asked(at), worth_outside(seen, debt, collateral)
    # written so that an auction without a price is left alone
    if not price < worth:
        return None, TOP
    contested = bool(_rivals(seen, lot, Kind.LOAN_AUCTION_TAKE).size) or bool((seen.due["sealed"] == 1).any())
    amount = min(float(left[debt]), float(lot["tab"]), float(lot["amount"] * price))
    profit = amount * (worth / price - 1.0) * seen.prices[debt] - 2.0 * float(seen.gas[rollup])
    if profit <= 0.0 or not (contested or price <= worth * (1.0 - PATIENCE)):
        return None, TOP
    left[debt] -= amount
    taken = amount / price * (1.0 - 1e-9)
    rows = _pair(seen, rollup, lot, Kind.LOAN_AUCTION_TAKE, amount, taken, taken, amount)
    return rows, TOP


def _bid(seen: BlockView, rollup: int, at: int, left: np.ndarray) -> tuple[np.ndarray | None, int]:
    """The last bid in an English auction, or the settlement of one that was won."""
    lot = seen.lots[at]
    debt, collateral = sides(seen, market_of(seen, lot))
    end, amount = seen.ends(at), float(lot["amount"])
    worth = amount * worth_outside(seen, debt, collateral)
    nobody, own = lot["bidder"] < 0.0, lot["bidder"] == seen.account
    if seen.time >= end:
        if not own:
            return None, TOP
        sold = amount * (1.0 - 1e-9)
        return _pair(seen, rollup, lot, Kind.LOAN_AUCTION_SETTLE, 1.0, 0.0, sold, worth * (1.0 - SALE_SLACK)), TOP
    rivals = _rivals(seen, lot, Kind.LOAN_AUCTION_BID)
    standing = -1.0 if nobody else float(lot["bid"])
    highest = max([standing, *seen.due["amount"][rivals].tolist()])
    if (own and highest <= standing) or not (nobody or rivals.size or end <= seen.time + seen.block_time):
        return None, TOP
    offer = 0.0 if highest < 0.0 else least_bid(highest, float(seen.auctions["increment"][int(lot["auction"])]))
    if offer >= worth - 2.0 * float(seen.gas[rollup]) / seen.prices[debt] or offer > left[debt]:
        return None, TOP
    left[debt] -= offer
    rows = blank(1)
    _fill(rows, seen, rollup)
    rows["kind"], rows["venue"], rows["target"] = Kind.LOAN_AUCTION_BID, market_of(seen, lot), lot["id"]
    rows["asset_in"], rows["asset_out"], rows["amount"] = debt, collateral, offer
    singles = rivals[seen.due["bundle"][rivals] < 0]
    behind = int(singles[np.argmax(seen.due["arrival"][singles])]) if singles.size else TOP
    return rows, behind


def _fill(rows: np.ndarray, seen: BlockView, rollup: int) -> None:
    rows["sender"], rows["sent"], rows["arrival"] = seen.account, seen.time, seen.time
    rows["rollup"], rows["purpose"] = rollup, int(Purpose.LIQUIDATION)


def _pair(
    seen: BlockView, rollup: int, lot: np.ndarray, kind: int, amount: float, limit: float, sold: float, least: float
) -> np.ndarray:
    """Bundle that gets collateral out of a lot and sells it outside."""
    debt, collateral = sides(seen, market_of(seen, lot))
    rows = blank(2)
    _fill(rows, seen, rollup)
    rows["kind"] = int(kind), int(Kind.OUTSIDE)
    rows["venue"], rows["target"] = market_of(seen, lot), (int(lot["id"]), -1)
    rows["asset_in"], rows["asset_out"] = (debt, collateral), (collateral, debt)
    rows["amount"], rows["limit"] = (amount, sold), (limit, least)
    return rows
