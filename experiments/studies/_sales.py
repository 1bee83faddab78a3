"""Recorders of what liquidations sell: collateral of loans, and contracts of perpetuals."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from market.intents.rows import Status
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.state.ledger import Why
from market.venues import Kind

NOTHING = 0.01
"""Price over the market's, or of a position over its margin, below which it counts as sold for nothing: zero, or just
above somebody's zero [1]."""


class Sale(NamedTuple):
    """Something that a liquidation sold, at reference prices."""

    value: float  # [USD]
    price: float  # what the borrower or the trader had for it, over its value [1]
    waited: float  # since it could be liquidated [s]
    nothing: bool  # whether it was sold for nothing


class Sales(Recorder):
    """Notes sales and since when somebody has been in default; a subclass says who and at what price."""

    starts: int
    """The kind that puts something up for auction."""
    at_once: int
    """The kind that liquidates without an auction."""
    ends: tuple[int, ...] = ()
    """Kinds that sell what is up for auction."""

    def __init__(self) -> None:
        self.sales: list[Sale] = []
        self._lots: dict[int, float] = {}

    def on_start(self, market: SequencerMarket) -> None:
        """Note who is in default at the start: nobody yet for long."""
        self.world = market.world
        self._since = np.full(self.defaults().size, np.inf)

    def on_block(self, slot: Any) -> None:
        """Add a block's sales, and note who is in default after it."""
        rows = slot.rows
        looked_at = np.isin(rows["kind"], (self.starts, self.at_once, *self.ends))
        for row in rows[(rows["status"] == Status.FILLED) & looked_at]:
            if row["kind"] == self.starts:
                lots = self.world.tables.lots
                lot = lots[np.flatnonzero((lots["position"] == row["target"]) & (lots["open"] > 0.0))]
                if len(lot):
                    self._lots[int(lot["id"][-1])] = min(float(self._since[row["target"]]), slot.time)
                continue
            if row["kind"] == self.at_once:
                since = float(self._since[row["target"]])
            else:
                since = self._lots.get(int(row["target"]), slot.time)
            sale = self.sale(row, slot.time - min(since, slot.time))
            self.sales += [] if sale is None else [sale]
        self._since = np.where(self.defaults(), np.minimum(self._since, slot.time), np.inf)

    def sale(self, row: np.void, waited: float) -> Sale | None:
        """Return what a filled row of one of the kinds sold, if anything."""
        raise NotImplementedError

    def defaults(self) -> np.ndarray:
        """Who can be liquidated: shape (positions or contracts,), bool."""
        raise NotImplementedError

    def lost(self) -> float:
        """Loss of lenders, or of the fund, with what is uncovered at the end [USD]."""
        raise NotImplementedError


class CollateralSales(Sales):
    """Of one lending market."""

    starts, at_once = Kind.LOAN_AUCTION_START, Kind.LIQUIDATE
    ends = (Kind.LOAN_AUCTION_TAKE, Kind.LOAN_AUCTION_SETTLE)

    def sale(self, row: np.void, waited: float) -> Sale:
        """Return the collateral that was sold."""
        prices = self.world.tables.prices
        value = float(row["filled_out"] * prices[row["asset_out"]])
        price = float(row["filled_in"] * prices[row["asset_in"]]) / value
        return Sale(value, price, waited, price < NOTHING)

    def defaults(self) -> np.ndarray:
        """Whose debt exceeds the threshold at the oracle's price."""
        tables = self.world.tables
        row, position = tables.lending[0], tables.loans
        price = tables.feeds["price"][int(row["feed_collateral"])]
        owed = position["debt"] * row["index"]
        return owed > row["threshold"] * position["collateral"] * price

    def lost(self) -> float:
        """Bad debt, and debt of positions and of open auctions that their collateral does not cover [USD]."""
        tables = self.world.tables
        price = float(tables.prices[1])
        lots = tables.lots[tables.lots["open"] > 0.0]
        owed = np.append(tables.loans["debt"] * tables.lending["index"][0], lots["tab"])
        held = np.append(tables.loans["collateral"], lots["amount"])
        short = np.maximum(owed - held * price, 0.0).sum()
        return float(tables.lending["bad_debt"][0] + short)


class ContractSales(Sales):
    """Of one perpetual whose contracts have margin of their own.

    A trader's loss is what she does not get back of the margin that she has left when her contract is sold. Of a
    position worth less than nothing she has nothing to lose: what is missing is the buyer's loss, or the fund's.
    """

    starts, at_once = Kind.CONTRACT_AUCTION_START, Kind.PERPETUAL_LIQUIDATE
    ends = (Kind.CONTRACT_AUCTION_TAKE, Kind.CONTRACT_AUCTION_SETTLE, Kind.CONTRACT_AUCTION_RESET)

    def before_block(self, slot: Any) -> None:
        """Note what contracts have left, at reference prices."""
        self._left = self._equity(float(self.world.tables.prices[1]))

    def sale(self, row: np.void, waited: float) -> Sale | None:
        """Return the contracts that were sold, or closed with the maker for all of their margin."""
        tables, kind = self.world.tables, int(row["kind"])
        if kind in (Kind.PERPETUAL_LIQUIDATE, Kind.CONTRACT_AUCTION_RESET):
            value = float(row["filled_in"])
            contract = int(row["target"]) if kind == Kind.PERPETUAL_LIQUIDATE else int(self._lot(row)["contract"])
            return Sale(value, 1.0 - max(float(self._left[contract]), 0.0) / value, waited, False) if value else None
        given, had = (float(row[f"filled_{way}"] * tables.prices[row[f"asset_{way}"]]) for way in ("in", "out"))
        value = had if row["asset_in"] == 0 else given
        if not value:
            return None
        gain, lot = had - given, self._lot(row)
        contract, bid = int(lot["contract"]), float(lot["bid"])
        left = float(self._left[contract])
        self._left[contract] = left - gain
        # the winner's gain is the margin that was left less the bid
        nothing = kind == Kind.CONTRACT_AUCTION_SETTLE and gain > 0.0 and bid < NOTHING * (gain + bid)
        penalty = float(self._terms(row)["penalty"]) * value
        return Sale(value, 1.0 - (max(left, 0.0) - max(left - gain - penalty, 0.0)) / value, waited, nothing)

    def _lot(self, row: np.void) -> np.ndarray:
        """Lot of an auction: what stands in it is left until the next block."""
        terms = self._terms(row)
        return self.world.tables.lots[int(terms["first"]) + int(row["target"]) % int(terms["lots"])]

    def _terms(self, row: np.void) -> np.ndarray:
        """How the market of a row auctions."""
        tables = self.world.tables
        return tables.auctions[int(tables.perpetuals["auction"][int(row["venue"])])]

    def _equity(self, price: float) -> np.ndarray:
        table, funding = self.world.tables.contracts, self.world.tables.perpetuals["funding"][0]
        size = table["quantity"]
        return table["cash"] + size * (price - funding + table["funded"])

    def defaults(self) -> np.ndarray:
        """Whose equity is below the maintenance margin at the oracle's price."""
        tables = self.world.tables
        row, size = tables.perpetuals[0], tables.contracts["quantity"]
        price = float(tables.feeds["price"][int(row["feed"])])
        return (self._equity(price) < row["maintenance"] * np.abs(size) * price) & (size != 0.0)

    def lost(self) -> float:
        """What the fund paid, and what contracts and lots that are still open lack at the reference price [USD]."""
        paid = self.world.tables.flows[self.world.groups.index("insurance funds"), :, Why.INSURANCE, 0].sum()
        return float(paid + np.maximum(-self._equity(float(self.world.tables.prices[1])), 0.0).sum())
