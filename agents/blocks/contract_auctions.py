"""Close-outs of contracts, and takes and bids in auctions of them, ready to be put into a block by whoever writes it.

Where contracts are closed with the maker at once, it does so for the reward, at the top of the block.
As with collateral (`loan_auctions`): Dutch lots at the top of the block in which a rival wants one or at a price at
which it would rather not wait, bids in English auctions behind the last rival's in the last block. It bids up to what
closing brings now, and bears what the lot loses until it can be settled.
"""

from __future__ import annotations

import numpy as np

from agents.means.contract_auctions import (
    Position,
    escrow,
    left_over,
    own_of,
    position_at,
    purchase,
    startable,
    worth,
)
from agents.means.contract_orders import row_of, rows_of_purchase
from market.access.observation import BlockView
from market.venues import Kind
from market.venues.liquidation.design import DUTCH, FIXED_SPREAD
from market.venues.liquidation.designs.english import least_bid

TOP = -1
MOST_STARTS = 16
PATIENCE = 0.005
"""Discount of an auction's price to the oracle's at which the author takes a lot though no rival is in sight [1].

It is much smaller than that for collateral: a lot of contracts has no more than a maintenance margin to lose."""


def ready_on_rollup(seen: BlockView, rollup: int) -> list[np.ndarray]:
    """Rows for the top of the block: close-outs, starts, and what is left over from earlier purchases."""
    if not seen.perpetuals.size:
        return []
    parts = _close_outs(seen, rollup)
    parts += [
        row_of(seen, Kind.CONTRACT_AUCTION_START, market, contract, 1.0)
        for market, contract in startable(seen, rollup, MOST_STARTS)
    ]
    for market, contract, change, cash in left_over(seen, rollup):
        kind = Kind.PERPETUAL_TRADE if change else Kind.PERPETUAL_WITHDRAW
        parts.append(row_of(seen, kind, market, contract, abs(change) or cash, buy=change > 0.0))
    return parts


def _close_outs(seen: BlockView, rollup: int) -> list[np.ndarray]:
    """Rows that close contracts under margin for a reward larger than gas, on markets without auctions."""
    gas, parts = float(seen.gas[rollup]), []
    for contract in seen.under_margin(rollup).tolist():
        market = int(seen.contracts["market"][contract])
        terms = seen.perpetuals[market]
        price = float(seen.feeds["price"][int(terms["feed"])])
        reward = abs(float(seen.contracts["quantity"][contract])) * price * float(terms["reward"])
        if seen.auctions["design"][int(seen.perpetuals["auction"][market])] == FIXED_SPREAD and reward > gas:
            parts.append(row_of(seen, Kind.PERPETUAL_LIQUIDATE, market, contract, 1.0))
    return parts


def ready_for_contracts(
    seen: BlockView, rollup: int, at: int, left: np.ndarray, rivals: np.ndarray
) -> tuple[np.ndarray | None, int]:
    """Rows for a lot, and the index of the pending intent that they follow; None where there is nothing to do.

    `rivals`: indices of the pending intents of others who take or bid for it.
    """
    position = position_at(seen, rollup, at)
    if position is None:
        return None, TOP
    if seen.auctions["design"][position.auction] == DUTCH:
        return _take(seen, left, bool(rivals.size), position), TOP
    return _bid(seen, at, left, rivals, position)


def _take(seen: BlockView, left: np.ndarray, wanted: bool, position: Position) -> np.ndarray | None:
    """Bundle that takes a Dutch lot, if it is time to, or row that resets or closes it."""
    if np.isnan(position.asked):
        return row_of(seen, Kind.CONTRACT_AUCTION_RESET, position.market, position.number, 1.0)
    found = purchase(seen, position, float(left[0]))
    gas = 3.0 * float(seen.gas[int(seen.perpetuals["rollup"][position.market])])
    if found is None or found.profit <= gas:
        return None
    side = np.sign(position.size)
    contested = wanted or bool((seen.due["sealed"] == 1).any())
    if not (contested or side * (position.price - position.asked) >= PATIENCE * position.price):
        return None
    left[0] -= found.margin
    return rows_of_purchase(seen, found)


def _bid(
    seen: BlockView, at: int, left: np.ndarray, rivals: np.ndarray, position: Position
) -> tuple[np.ndarray | None, int]:
    """The last bid in an English auction, the settlement of one that was won, or the close of one without a bid."""
    end = seen.ends(at)
    lot, terms = seen.lots[at], seen.auctions[position.auction]
    nobody, own = lot["bidder"] < 0.0, lot["bidder"] == seen.account
    if seen.time >= end:
        if nobody:
            return row_of(seen, Kind.CONTRACT_AUCTION_RESET, position.market, position.number, 1.0), TOP
        if not own:
            return None, TOP
        rows = [row_of(seen, Kind.CONTRACT_AUCTION_SETTLE, position.market, position.number, 1.0)]
        if position.size != 0.0:
            trade = Kind.PERPETUAL_TRADE, position.market, own_of(seen, position), abs(position.size)
            rows.append(row_of(seen, *trade, buy=position.size < 0.0))
        return np.concatenate(rows), TOP
    standing = -1.0 if nobody else float(lot["bid"])
    highest = max([standing, *seen.due["amount"][rivals].tolist()])
    if (own and highest <= standing) or not (nobody or rivals.size or end <= seen.time + seen.block_time):
        return None, TOP
    offer = 0.0 if highest < 0.0 else least_bid(highest, float(terms["increment"]))
    margin = escrow(seen, position)
    fees = 3.0 * float(seen.gas[int(seen.perpetuals["rollup"][position.market])])
    if offer >= worth(seen, position, 0.0) - fees or offer + margin > left[0]:
        return None, TOP
    left[0] -= offer + margin
    singles = rivals[seen.due["bundle"][rivals] < 0]
    behind = int(singles[np.argmax(seen.due["arrival"][singles])]) if singles.size else TOP
    return row_of(seen, Kind.CONTRACT_AUCTION_BID, position.market, position.number, offer), behind
