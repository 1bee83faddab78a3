"""Markets that note what liquidations sell: collateral of loans, and contracts of perpetuals."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from agents.population import Population
from market import state
from market.config import MarketConfig
from market.intents import Kind, Status
from market.ledger import Why
from market.model import SequencerMarket

START, TAKE, SETTLE = int(Kind.AUCTION_START), int(Kind.AUCTION_TAKE), int(Kind.AUCTION_SETTLE)
LIQUIDATE, CLOSE_OUT, RESET = int(Kind.LIQUIDATE), int(Kind.PERPETUAL_LIQUIDATE), int(Kind.AUCTION_RESET)
FILLED = int(Status.FILLED)
NOTHING = 0.01
"""Price over the market's, or of a position over its margin, below which it counts as sold for nothing: zero, or just
above somebody's zero [1]."""


class Sale(NamedTuple):
    """Something that a liquidation sold, at reference prices."""

    value: float  # [USD]
    price: float  # what the borrower or the trader had for it, over its value [1]
    waited: float  # since it could be liquidated [s]
    nothing: bool  # whether it was sold for nothing


class Sales(SequencerMarket):
    """A market that notes sales and since when somebody has been in default; a subclass says who and at what price."""

    kinds: tuple[int, ...] = ()

    def __init__(self, config: MarketConfig, seed: int) -> None:
        super().__init__(config, seed, Population(config))
        self.sales: list[Sale] = []
        self._since = np.full(self.defaults().size, np.inf)
        self._lots: dict[int, float] = {}

    def record(self, slot: Any) -> None:
        """Add a block's sales, and note who is in default after it."""
        super().record(slot)
        rows = slot.rows
        for row in rows[(rows["status"] == FILLED) & np.isin(rows["kind"], (*self.kinds, START))]:
            if row["kind"] == START:
                lots = self.world.tables.lot
                lot = lots[np.flatnonzero((lots[:, state.Q_POSITION] == row["target"]) & (lots[:, state.Q_OPEN] > 0.0))]
                if len(lot):
                    self._lots[int(lot[-1, state.Q_ID])] = min(float(self._since[row["target"]]), slot.time)
                continue
            since = float(self._since[row["target"]]) if row["kind"] in (LIQUIDATE, CLOSE_OUT) else slot.time
            since = self._lots.get(int(row["target"]), since) if row["kind"] in (TAKE, SETTLE, RESET) else since
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

    kinds = (LIQUIDATE, TAKE, SETTLE)

    def sale(self, row: np.void, waited: float) -> Sale:
        """Return the collateral that was sold."""
        prices = self.world.tables.price
        value = float(row["filled_out"] * prices[row["asset_out"]])
        price = float(row["filled_in"] * prices[row["asset_in"]]) / value
        return Sale(value, price, waited, price < NOTHING)

    def defaults(self) -> np.ndarray:
        """Whose debt exceeds the threshold at the oracle's price."""
        tables = self.world.tables
        row, position = tables.lending[0], tables.position
        price = tables.feed[int(row[state.L_FEED_COLLATERAL]), state.F_PRICE]
        owed = position[:, state.N_DEBT] * row[state.L_INDEX]
        return owed > row[state.L_THRESHOLD] * position[:, state.N_COLLATERAL] * price

    def lost(self) -> float:
        """Bad debt, and debt of positions and of open auctions that their collateral does not cover [USD]."""
        tables = self.world.tables
        price = float(tables.price[1])
        lots = tables.lot[tables.lot[:, state.Q_OPEN] > 0.0]
        owed = np.append(tables.position[:, state.N_DEBT] * tables.lending[0, state.L_INDEX], lots[:, state.Q_TAB])
        held = np.append(tables.position[:, state.N_COLLATERAL], lots[:, state.Q_AMOUNT])
        short = np.maximum(owed - held * price, 0.0).sum()
        return float(tables.lending[0, state.L_BAD_DEBT] + short)


class ContractSales(Sales):
    """Of one perpetual whose contracts have margin of their own.

    A trader's loss is what she does not get back of the margin that she has left when her contract is sold. Of a
    position worth less than nothing she has nothing to lose: what is missing is the buyer's loss, or the fund's.
    """

    kinds = (CLOSE_OUT, TAKE, SETTLE, RESET)

    def execute(self, slot: Any) -> None:
        """Carry out the block; what contracts had left, at reference prices, is noted before."""
        self._left = self._equity(float(self.world.tables.price[1]))
        super().execute(slot)

    def sale(self, row: np.void, waited: float) -> Sale | None:
        """Return the contracts that were sold, or closed with the maker for all of their margin."""
        tables, kind = self.world.tables, int(row["kind"])
        if kind in (CLOSE_OUT, RESET):
            value = float(row["filled_in"])
            contract = int(row["target"]) if kind == CLOSE_OUT else int(self._lot(row)[state.Q_CONTRACT])
            return Sale(value, 1.0 - max(float(self._left[contract]), 0.0) / value, waited, False) if value else None
        given, had = (float(row[f"filled_{way}"] * tables.price[row[f"asset_{way}"]]) for way in ("in", "out"))
        value = had if row["asset_in"] == 0 else given
        if not value:
            return None
        gain, lot = had - given, self._lot(row)
        contract, bid = int(lot[state.Q_CONTRACT]), float(lot[state.Q_BID])
        left = float(self._left[contract])
        self._left[contract] = left - gain
        # the winner's gain is the margin that was left less the bid
        nothing = kind == SETTLE and gain > 0.0 and bid < NOTHING * (gain + bid)
        penalty = float(tables.auction[int(row["venue"]), state.D_PENALTY]) * value
        return Sale(value, 1.0 - (max(left, 0.0) - max(left - gain - penalty, 0.0)) / value, waited, nothing)

    def _lot(self, row: np.void) -> np.ndarray:
        """Place of an auction: what stands in it is left until the next block."""
        tables = self.world.tables
        terms = tables.auction[int(row["venue"])]
        return tables.lot[int(terms[state.D_FIRST]) + int(row["target"]) % int(terms[state.D_LOTS])]

    def _equity(self, price: float) -> np.ndarray:
        table, funding = self.world.tables.contract, self.world.tables.perpetual[0, state.M_FUNDING]
        size = table[:, state.X_SIZE]
        return table[:, state.X_CASH] + size * (price - funding + table[:, state.X_FUNDED])

    def defaults(self) -> np.ndarray:
        """Whose equity is below the maintenance margin at the oracle's price."""
        tables = self.world.tables
        row, size = tables.perpetual[0], tables.contract[:, state.X_SIZE]
        price = float(tables.feed[int(row[state.M_FEED]), state.F_PRICE])
        return (self._equity(price) < row[state.M_MAINTENANCE] * np.abs(size) * price) & (size != 0.0)

    def lost(self) -> float:
        """What the fund paid, and what contracts and lots that are still open lack at the reference price [USD]."""
        paid = self.world.tables.flows[self.world.groups.index("insurance funds"), :, Why.INSURANCE, 0].sum()
        return float(paid + np.maximum(-self._equity(float(self.world.tables.price[1])), 0.0).sum())
