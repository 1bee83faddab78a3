"""Bundles by which contracts are bought in auctions and closed: through the desk, and for one's own block."""

from __future__ import annotations

import numpy as np

from agents.means.auctions import EXPIRES_S
from agents.means.contract_auctions import Position, Purchase, own_of
from market.access.desk import Desk
from market.access.observation import BlockView, Observation
from market.intents.rows import Purpose, blank
from market.venues import Kind


def take_and_close(seen: Observation, desk: Desk, found: Purchase, tip: float) -> None:
    """Pay margin in, take, close with the maker: all or none."""
    lot, bundle, own = found.position, desk.bundle(), own_of(seen, found.position)
    if found.margin > 0.0:
        desk.perpetual(
            Kind.PERPETUAL_DEPOSIT,
            lot.market,
            own,
            found.margin,
            bundle=bundle,
            purpose=Purpose.LIQUIDATION,
            expires_s=EXPIRES_S,
        )
    desk.auction(
        Kind.CONTRACT_AUCTION_TAKE, lot.market, lot.number, found.amount,
        found.price * (1.0 + 1e-9 * np.sign(lot.size)), tip=tip, bundle=bundle, expires_s=EXPIRES_S,
    )  # fmt: skip
    desk.perpetual(
        Kind.PERPETUAL_TRADE, lot.market, own, found.amount, buy=lot.size < 0.0, limit=found.least, bundle=bundle,
        purpose=Purpose.LIQUIDATION, expires_s=EXPIRES_S,
    )  # fmt: skip


def settle_and_close(seen: Observation, desk: Desk, position: Position, tip: float) -> None:
    """Settle what one has won, and close it in the same bundle at whatever the maker quotes."""
    bundle = desk.bundle()
    desk.auction(
        Kind.CONTRACT_AUCTION_SETTLE, position.market, position.number, tip=tip, bundle=bundle, expires_s=EXPIRES_S
    )
    if position.size != 0.0:
        desk.perpetual(
            Kind.PERPETUAL_TRADE, position.market, own_of(seen, position), abs(position.size), buy=position.size < 0.0,
            bundle=bundle, purpose=Purpose.LIQUIDATION, expires_s=EXPIRES_S,
        )  # fmt: skip


def row_of(
    seen: BlockView, kind: int, venue: int, target: int, amount: float, *, buy: bool = True, limit: float = 0.0
) -> np.ndarray:
    """One row of a block's author; `venue` is a perpetual: shape (1,)."""
    rows = blank(1)
    terms = seen.perpetuals[venue]
    asset = int(terms["asset"])
    rows["sender"], rows["sent"], rows["arrival"] = seen.account, seen.time, seen.time
    rows["rollup"], rows["purpose"] = int(terms["rollup"]), int(Purpose.LIQUIDATION)
    rows["kind"], rows["venue"], rows["target"] = int(kind), venue, target
    rows["amount"], rows["limit"] = amount, limit
    given = asset if kind == Kind.CONTRACT_AUCTION_TAKE or (kind == Kind.PERPETUAL_TRADE and not buy) else 0
    rows["asset_in"], rows["asset_out"] = given, asset - given
    return rows


def rows_of_purchase(seen: BlockView, found: Purchase) -> np.ndarray:
    """Bundle that pays margin in, takes and closes: shape (2 or 3,)."""
    lot, side, own = found.position, np.sign(found.position.size), own_of(seen, found.position)
    parts = [row_of(seen, Kind.PERPETUAL_DEPOSIT, lot.market, own, found.margin)] if found.margin > 0.0 else []
    limit = found.price * (1.0 + 1e-9 * side)
    parts.append(row_of(seen, Kind.CONTRACT_AUCTION_TAKE, lot.market, lot.number, found.amount, limit=limit))
    parts.append(
        row_of(seen, Kind.PERPETUAL_TRADE, lot.market, own, found.amount, buy=lot.size < 0.0, limit=found.least)
    )
    return np.concatenate(parts)
