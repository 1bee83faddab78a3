"""What a circuit breaker asks of intents on perpetuals: whether they defend, or belong to a purchase in an auction."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from market.state.store import Tables
from market.venues import Kind

ROUNDING = 1e-6
"""Relative excess of what is closed over what is sure to be bought that counts as rounding."""

BUYING = frozenset((int(Kind.CONTRACT_AUCTION_TAKE), int(Kind.CONTRACT_AUCTION_SETTLE)))
"""Kinds that buy contracts in auctions."""


def defends(tables: Tables, row: Any) -> bool:
    """Whether margin is paid in on an open contract of the sender's own."""
    contract = _contract(tables, row)
    return contract is not None and bool(contract["owner"] == row["sender"] and contract["quantity"] != 0.0)


def belonging(tables: Tables, rows: np.ndarray) -> np.ndarray:
    """Tell of each row of a bundle whether it is margin for contracts that the bundle buys in auctions, or closes them.

    Both on the sender's own contract; no more is closed than is sure to be bought. Shape (n,) of bool.
    """
    if not BUYING.intersection(rows["kind"].tolist()):  # as of most bundles that a pause meets
        return np.zeros(rows.size, np.bool_)
    bought = _bought(tables, rows)
    return np.array([_belongs(tables, row, bought) for row in rows], np.bool_)


def _contract(tables: Tables, row: Any) -> Any:
    at = int(row["target"])
    return tables.contracts[at] if 0 <= at < len(tables.contracts) else None


def _bought(tables: Tables, rows: np.ndarray) -> dict[int, float]:
    """Contracts that a bundle is sure to have from auctions, by perpetual: signed as the lots are."""
    sure, lots = defaultdict[int, float](float), tables.lots
    for row in rows[np.isin(rows["kind"], list(BUYING))]:
        market = int(row["venue"])
        if not 0 <= market < len(tables.perpetuals):
            continue
        mine = (lots["auction"] == tables.perpetuals["auction"][market]) & (lots["id"] == row["target"])
        for lot in lots[mine & (lots["open"] > 0.0)]:
            size = float(tables.contracts["quantity"][int(lot["contract"])])
            settles = row["kind"] == Kind.CONTRACT_AUCTION_SETTLE
            amount = abs(size) if settles else min(float(row["amount"]), abs(size))
            if not settles or lot["bidder"] == row["sender"]:
                sure[market] += np.copysign(amount, size)
    return sure


def _belongs(tables: Tables, row: Any, bought: dict[int, float]) -> bool:
    market, contract = int(row["venue"]), _contract(tables, row)
    if row["kind"] not in (Kind.PERPETUAL_DEPOSIT, Kind.PERPETUAL_TRADE) or contract is None or market not in bought:
        return False
    if contract["owner"] != row["sender"] or contract["market"] != market:
        return False
    if row["kind"] == Kind.PERPETUAL_DEPOSIT:
        return True
    change, left = float(row["amount"]) * (1.0 if row["asset_in"] == 0 else -1.0), bought[market]
    if not (change * left < 0.0 and abs(change) <= abs(left) * (1.0 + ROUNDING)):
        return False
    bought[market] += change
    return True
