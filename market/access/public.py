"""The public state of a market at one instant, as everybody sees it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from market.access.preview import Trial
from market.graph.kept import read_only as read_only_graph
from market.kernel.direct import bind
from market.state.records import Records, read_only
from market.venues import VENUES
from market.venues.bridges.view import BridgesSeen
from market.venues.committees.view import CommitteesSeen, ReportersSeen
from market.venues.lending import at_risk
from market.venues.lending.view import (
    LIQUIDATABLE,
    LendingSeen,
    LiquidatableSeen,
    LoansSeen,
    SuppliesSeen,
    lines_at,
    liquidatable,
    liquidatable_at,
)
from market.venues.liquidation import view as liquidation
from market.venues.liquidation.view import AuctionsSeen, LotsSeen, SecuritySeen
from market.venues.mining.view import MiningRollupsSeen, MiningScoresSeen, MiningSeen
from market.venues.options import view as options
from market.venues.options.auctions import under_margin
from market.venues.options.view import (
    ExpiriesSeen,
    OptionAccountsSeen,
    OptionMarginsSeen,
    OptionMarketsSeen,
    OptionSalesSeen,
    OptionsSeen,
    PositionsSeen,
    QuotesSeen,
)
from market.venues.oracles.view import FeedsSeen
from market.venues.outside.view import OutsideSeen, StocksSeen
from market.venues.perpetuals import close_out
from market.venues.perpetuals import view as perpetuals
from market.venues.perpetuals.view import ContractsSeen, PerpetualsSeen
from market.venues.pools.view import SEEN_POOL, PoolsSeen, ProvisionsSeen, RangesSeen, TicksSeen, snapshot

if TYPE_CHECKING:
    from market.genesis import World

NO_LOTS = np.zeros(0, np.int64)
NO_LOANS = LiquidatableSeen.of(np.zeros(0, LIQUIDATABLE))
UNKNOWN = object()
"""In place of a fact that nobody has asked for yet."""
MOST_FOUND = 4096
"""Most loans or contracts that one search returns."""


def table_views() -> dict[str, type[Records]]:
    """Return the view of each table that a venue shows, by the name of the table."""
    return {name: view for venue in VENUES for name, view in import_module(f"market.venues.{venue}.view").VIEWS.items()}


class Shown:
    """What is shown to everybody; every table that a venue shows is an attribute of the table's name.

    Attributes
    ----------
    pools
        pools as they were at the start of the slot, shape (pools,)
    prices
        reference prices of the outside market, shape (assets,) [USD]
    gas
        fee of an included intent of usual size, gas and data, paid to the operator, shape (rollups,) [USD]
    gas_reverted
        the same of a reverted intent, 0 where it is left out of the block, shape (rollups,) [USD]
    balance
        what every account holds, shape (accounts, rollups, assets) [units of the asset]
    outside_fee
        fee of the outside market on its output [1]
    graph
        rollups and bridges with their flows, as they are now: see :mod:`market.graph`
    """

    pools: PoolsSeen
    provisions: ProvisionsSeen
    ticks: TicksSeen
    ranges: RangesSeen
    lending: LendingSeen
    loans: LoansSeen
    supplies: SuppliesSeen
    feeds: FeedsSeen
    bridges: BridgesSeen
    outside: OutsideSeen
    stocks: StocksSeen
    perpetuals: PerpetualsSeen
    contracts: ContractsSeen
    option_markets: OptionMarketsSeen
    option_margins: OptionMarginsSeen
    option_expiries: ExpiriesSeen
    options: OptionsSeen
    option_quotes: QuotesSeen
    option_accounts: OptionAccountsSeen
    option_positions: PositionsSeen
    option_sales: OptionSalesSeen
    committees: CommitteesSeen
    reporters: ReportersSeen
    auctions: AuctionsSeen
    lots: LotsSeen
    security: SecuritySeen
    mining: MiningSeen
    mining_rollups: MiningRollupsSeen
    mining_scores: MiningScoresSeen
    prices: np.ndarray
    gas: np.ndarray
    gas_reverted: np.ndarray
    balance: np.ndarray
    outside_fee: float
    graph: nx.Graph


class PublicView(Shown):
    """Public state, read-only: computed once per slot and shared by all who look at it."""

    def __init__(self, world: World, members: int) -> None:
        tables = world.tables
        self._state = world.state
        self._trial = Trial(world.state)
        self._pools = np.zeros(len(tables.pools), SEEN_POOL)
        self._loans = np.zeros(min(len(tables.loans), MOST_FOUND), np.int64)
        self._contracts = np.zeros(min(len(tables.contracts), MOST_FOUND), np.int64)
        self._unhealthy: dict[int, LiquidatableSeen] = {}
        self._distressed: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._calm: bool | None = None  # whether nobody can be liquidated anywhere; None: nobody has asked yet
        self._derived: dict[object, Any] = {}
        self._lasting: dict[object, Any] = {}
        self._fixed: dict[object, Any] = {}
        self._snapshot = bind(snapshot, self._state, self._pools)
        self._find_unhealthy = bind(at_risk.unhealthy, self._state, 0, self._loans)
        self._is_calm = bind(at_risk.calm, self._state, 0.0)
        self._views: dict[str, Any] = {name: view.of(getattr(tables, name)) for name, view in table_views().items()}
        self._views["pools"] = PoolsSeen.of(self._pools)
        self._views["prices"] = read_only(tables.prices)
        self._views["gas"] = read_only(tables.rollups)["usual"]
        self._views["gas_reverted"] = read_only(tables.rollups)["usual_reverted"]
        self._views["balance"] = read_only(tables.balance)
        self._views["outside_fee"] = float(tables.outside["fee"][0])
        self._views["graph"] = read_only_graph(world.graph)
        vars(self).update(self._views)
        self._lot_rollup = tables.auctions["rollup"][tables.lots["auction"].astype(np.int64)]
        self._own_contracts = self._owners(members)
        self._lending_rollups = frozenset(int(row["rollup"]) for row in tables.lending)
        self.refresh()

    def refresh(self) -> None:
        """Take the state as it is now."""
        if self._snapshot(self._state, self._pools):
            self._lasting.clear()
        self._calm = None
        if self._unhealthy:
            self._unhealthy.clear()
        if self._distressed:
            self._distressed.clear()
        if self._derived:
            self._derived.clear()

    def regrouped(self) -> None:
        """Forget what was found out while other rollups were sequenced together."""
        self._lasting.clear()
        self.refresh()

    def unhealthy(self, rollup: int) -> LiquidatableSeen:
        """Loans of a rollup that can be liquidated now: shape (n,), dtype `LIQUIDATABLE`."""
        found = self._unhealthy.get(rollup)
        if found is None:
            count, found = self._find_unhealthy(self._state, rollup, self._loans), NO_LOANS
            if count:
                terms = np.zeros(count, LIQUIDATABLE)
                liquidatable(self._state, self._loans[:count], terms)
                found = LiquidatableSeen.of(terms)
            self._unhealthy[rollup] = found
        return found

    def fallen(self, market: int, line: float, most: float) -> np.ndarray:
        """Positions of a lending market with keys above `line`, up to `most`: shape (n,), ascending, at most 4096."""
        if not self._loans.size:
            return self._loans.copy()
        count = at_risk.fallen(self._state, market, line, most, self._loans)
        return self._loans[:count].copy()

    def falls_at(self, feed: int, price: float) -> LiquidatableSeen:
        """Loans that an update of a feed to `price` makes liquidatable and that are not yet: shape (n,)."""
        found = [np.zeros(0, LIQUIDATABLE)]
        for market in np.flatnonzero(self.lending["feed_collateral"] == feed).tolist():
            ratio, line, now = lines_at(self._state, market, feed, price)
            if self.lending["key_bound"][market] <= line:
                continue
            loans = self.fallen(market, line, now)
            terms = np.zeros(loans.size, LIQUIDATABLE)
            liquidatable_at(self._state, loans, ratio, line, terms)
            found.append(terms)
        return LiquidatableSeen.of(np.concatenate(found))

    def distressed(self, rollups: tuple[int, ...]) -> tuple[int, ...]:
        """Those of these rollups on which some position can be liquidated now."""
        if self._calm is None:
            self._calm = self._is_calm(self._state, 1.0)
        if self._calm:
            return ()
        found = self._distressed.get(rollups)
        if found is None:
            found = tuple([at for at in rollups if at in self._lending_rollups and self.unhealthy(at) is not NO_LOANS])
            self._distressed[rollups] = found
        return found

    def under_margin(self, rollup: int) -> np.ndarray:
        """Contracts of a rollup's perpetuals that can be liquidated now: shape (n,), one of each shared margin."""

        def scan() -> np.ndarray:
            return self._contracts[: close_out.under_margin(self._state, rollup, self._contracts)].copy()

        return self.derived(("under margin", rollup), scan) if self._contracts.size else NO_LOTS

    def options_under_margin(self, rollup: int) -> np.ndarray:
        """Accounts of options on a rollup that are under their maintenance margin: shape (n,), ascending."""

        def scan() -> np.ndarray:
            found = np.zeros(len(self.option_accounts), np.int64)
            return found[: under_margin(self._state, rollup, found)]

        return self.derived(("options under margin", rollup), scan)

    def option_sale(self, account: int, time: float) -> tuple[float, float]:
        """Discount over the value of an account for sale, and payment for it over its maintenance margin [1]."""
        return options.sale(self._state, account, time)

    def option_funds(self, market: int) -> float:
        """What a market's insurance fund and the rollup's security module have left [USD]."""
        return options.funds(self._state, market)

    def _owners(self, members: int) -> dict[tuple[int, int], int]:
        """First contract of each participant on each perpetual, but for the contracts of makers."""
        makers = set(self.perpetuals["maker"].astype(np.int64).tolist())
        found: dict[tuple[int, int], int] = {}
        for at in np.flatnonzero(self.contracts["owner"] < members).tolist():
            if at not in makers:
                owner, market = int(self.contracts["owner"][at]), int(self.contracts["market"][at])
                found.setdefault((owner, market), at)
        return found

    def own_contract(self, account: int, market: int) -> int:
        """Contract of a participant on a perpetual, with which it buys in auctions; -1 for none."""
        return self._own_contracts.get((account, market), -1)

    def open_lots(self, rollup: int) -> np.ndarray:
        """Rows of the open auctions of a rollup in `lots`: shape (n,), int64."""

        def scan() -> np.ndarray:
            return np.flatnonzero((self._lot_rollup == rollup) & (self.lots["open"] > 0.0))

        some = self.lots.size and self.auctions["open"].any()
        return self.derived(("open lots", rollup), scan) if some else NO_LOTS

    def asked(self, lot: int, time: float) -> float:
        """Price of a unit in a Dutch auction, by its row; nan where it must be reset first [money of the lot]."""
        return liquidation.asked(self._state, lot, time)

    def ends(self, lot: int) -> float:
        """When an English auction ends unless there is another bid, by its row in `lots` [s]."""
        return liquidation.ends(self._state, lot)

    def cash(self, contract: int) -> float:
        """Cash of a contract once funding is paid [USD]."""
        return perpetuals.cash(self._state, contract)

    def closing_price(self, market: int, size: float) -> float:
        """What closing a signed size with a perpetual's maker brings, or costs, per contract, fee included [USD]."""
        return perpetuals.closing_price(self._state, market, size)

    def option_values(self, market: int, price: float | None) -> np.ndarray:
        """What each series of a market of options is worth at a price of the underlying: shape (series,) [USD]."""
        found = np.zeros(int(self.option_markets["series"][market]))
        if price is None:
            price = float(self.feeds["price"][int(self.option_markets["feed"][market])])
        options.values(self._state, market, price, found)
        return found

    def option_margin(self, account: int) -> tuple[float, float, float]:
        """Equity, maintenance and initial margin of the margin account of an account of options [USD]."""
        return options.margin(self._state, account)

    def derived(self, key: object, compute: Callable[..., Any], *about: Any) -> Any:
        """Return a fact derived from public state, computed once per slot however many ask for it."""
        found = self._derived.get(key, UNKNOWN)
        if found is UNKNOWN:
            found = self._derived[key] = compute(*about)
        return found

    def lasting(self, key: object, compute: Callable[..., Any], *about: Any) -> Any:
        """Return a fact that follows from the pools alone, computed once until a block changes one of them."""
        found = self._lasting.get(key, UNKNOWN)
        if found is UNKNOWN:
            found = self._lasting[key] = compute(*about)
        return found

    def fixed(self, key: object, compute: Callable[..., Any], *about: Any) -> Any:
        """Return a fact that never changes, such as where pools are, computed once."""
        found = self._fixed.get(key, UNKNOWN)
        if found is UNKNOWN:
            found = self._fixed[key] = compute(*about)
        return found
