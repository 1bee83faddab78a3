"""What the tape says of intents on perpetuals beyond their receipts: whose contract, who won, what fee was paid."""

from __future__ import annotations

import numpy as np

from market.venues import Kind
from market.venues.dispatch import stating
from market.venues.founding import World
from market.venues.liquidation.numbered import lots_of

CONTRACTS = np.zeros(len(Kind), np.bool_)
CONTRACTS[[
    Kind.PERPETUAL_TRADE, Kind.PERPETUAL_DEPOSIT, Kind.PERPETUAL_WITHDRAW, Kind.PERPETUAL_LIQUIDATE,
    Kind.CONTRACT_AUCTION_START,
]] = True  # fmt: skip
"""By kind: whether the target is a contract."""
AUCTIONS = np.zeros(len(Kind), np.bool_)
AUCTIONS[[
    Kind.CONTRACT_AUCTION_TAKE, Kind.CONTRACT_AUCTION_BID, Kind.CONTRACT_AUCTION_SETTLE, Kind.CONTRACT_AUCTION_RESET,
]] = True  # fmt: skip
"""By kind: whether the target is the number of an auction."""


def note(world: World, rows: np.ndarray, filled: np.ndarray, notes: np.ndarray) -> None:
    """Write the contract, its owner, the winner of a settlement and the fee of a trade into `notes`.

    Parameters
    ----------
    world
        the market's, as an executed block left it
    rows, filled
        the block's receipts, and which of them were filled: shape (n,)
    notes
        shape (n,), dtype `market.measures.notes.NOTES`: `contract`, `owner`, `receiver` and `fee_usd` are written
    """
    tables = world.tables
    direct, numbered = stating(CONTRACTS, rows["kind"]), stating(AUCTIONS, rows["kind"])
    if not (direct.any() or numbered.any()):
        return
    contract = np.where(direct, rows["target"], -1)
    if numbered.any():
        lot = np.full(rows.size, -1, np.int64)
        lot[numbered] = lots_of(tables, tables.perpetuals, rows[numbered])
        at = lot >= 0
        contract[at] = tables.lots["position"].astype(np.int64)[lot[at]]
        won = at & filled & (rows["kind"] == Kind.CONTRACT_AUCTION_SETTLE)
        notes["receiver"][won] = tables.lots["bidder"].astype(np.int64)[lot[won]]
    contract[(contract < 0) | (contract >= len(tables.contracts))] = -1
    mine = contract >= 0
    notes["contract"][mine] = contract[mine]
    notes["owner"][mine] = tables.contracts["owner"].astype(np.int64)[contract[mine]]
    traded = filled & (rows["kind"] == Kind.PERPETUAL_TRADE)
    notes["fee_usd"][traded] = rows["filled_in"][traded] * tables.perpetuals["fee"][rows["venue"][traded]]
