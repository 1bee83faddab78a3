"""What a strategy is given to read, and the desk through which it acts.

Everything here is read-only: the arrays are windows on memory that cannot be written through them. A strategy sees the
public state, its own funds, and of the pending intents what the regime's visibility entitles its role to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from market import state
from market.intents import CONTENT_FIELDS, INTENT
from market.state import POOL, Book, get, index, length
from market.venues import at_risk, close_out
from market.venues.liquidations import fixed_spread
from market.venues.pools import reserve

if TYPE_CHECKING:
    from market.model import Domain, SequencerMarket
    from market.sequencing.breakers.base import Gauge

# columns of Observation.pools
ROLLUP, ASSET0, ASSET1, FEE, RESERVE0, RESERVE1, KEPT = range(7)
# columns of Observation.unhealthy
U_POSITION, U_MARKET, U_ROLLUP, U_COLLATERAL, U_DEBT, U_MOST, U_RATE, U_PLACE = range(8)


@njit(cache=True)
def _snapshot(book: Book, out: np.ndarray) -> None:
    for pool in range(length(book, POOL)):
        out[pool, ROLLUP] = get(book, POOL, pool, state.P_ROLLUP)
        out[pool, ASSET0] = get(book, POOL, pool, state.P_ASSET0)
        out[pool, ASSET1] = get(book, POOL, pool, state.P_ASSET1)
        out[pool, FEE] = get(book, POOL, pool, state.P_FEE)
        out[pool, RESERVE0] = reserve(book, pool, index(book, POOL, pool, state.P_ASSET0))
        out[pool, RESERVE1] = reserve(book, pool, index(book, POOL, pool, state.P_ASSET1))
        inside = get(book, POOL, pool, state.P_FEES_INSIDE) > 0.0
        out[pool, KEPT] = 1.0 if inside else 1.0 - out[pool, FEE]


@njit(cache=True)
def _terms(book: Book, positions: np.ndarray, out: np.ndarray) -> None:
    for k in range(positions.size):
        market = index(book, state.POSITION, positions[k], state.N_MARKET)
        most, rate = fixed_spread.liquidation_terms(book, positions[k])
        out[k, U_POSITION] = positions[k]
        out[k, U_MARKET] = market
        out[k, U_ROLLUP] = get(book, state.LENDING, market, state.L_ROLLUP)
        out[k, U_COLLATERAL] = get(book, state.LENDING, market, state.L_COLLATERAL)
        out[k, U_DEBT] = get(book, state.LENDING, market, state.L_DEBT)
        out[k, U_MOST] = most
        out[k, U_RATE] = rate
        out[k, U_PLACE] = get(book, state.LENDING, market, state.L_COLLATERAL_ROLLUP)


NO_LOTS = np.zeros(0, np.int64)


def read_only(array: np.ndarray) -> np.ndarray:
    """Return a window on an array that cannot be written through, nor made writable again."""
    window = np.frombuffer(memoryview(array.reshape(-1).view(np.uint8)).toreadonly(), array.dtype)
    return window.reshape(array.shape)


def redact(rows: np.ndarray) -> np.ndarray:
    """Copy of pending intents without their contents: who sent something where, and when it arrived, stays."""
    sealed = rows.copy()
    for name in CONTENT_FIELDS:
        sealed[name] = 0 if name in ("amount", "limit", "mid") else -1
    sealed["route"] = 0.0
    sealed["sealed"] = 1
    return sealed


class PublicView:
    """The public state at one instant: computed once per slot and shared by all who look at it."""

    def __init__(self, market: SequencerMarket) -> None:
        self._market = market
        tables, book = market.world.tables, market.world.book
        self._pools = np.zeros((len(tables.pool), 7))
        self._positions = np.zeros(min(len(tables.position), 4096), np.int64)
        self._unhealthy: dict[int, np.ndarray] = {}
        self._derived: dict[object, Any] = {}
        self._book = book
        self.pools = read_only(self._pools)
        self.prices = read_only(tables.price)
        self.balance = read_only(tables.balance)
        self.gas = read_only(tables.rollup)
        self.bridges = read_only(tables.bridge)
        self.feeds = read_only(tables.feed)
        self.lending = read_only(tables.lending)
        self.positions = read_only(tables.position)
        self.pool_table = read_only(tables.pool)
        self.perpetuals = read_only(tables.perpetual)
        self.contracts = read_only(tables.contract)
        self.auctions = read_only(tables.auction)
        self.lots = read_only(tables.lot)
        homes = np.append(tables.lending[:, state.L_ROLLUP], tables.perpetual[:, state.M_ROLLUP])
        self._lot_rollup = homes[tables.lot[:, state.Q_VENUE].astype(np.int64)]
        self._own_contracts = self._owners(len(market.members))
        self._contracts = np.zeros(min(len(tables.contract), 4096), np.int64)
        self.provision = read_only(tables.provision)
        self.outside_fee = float(tables.outside[0, state.O_FEE])
        self._lending_rollups = frozenset(int(row[state.L_ROLLUP]) for row in tables.lending)
        self._distressed: dict[tuple[int, ...], tuple[int, ...]] = {}

    def refresh(self) -> None:
        """Take the state as it is now."""
        _snapshot(self._book, self._pools)
        if self._unhealthy:
            self._unhealthy.clear()
        if self._distressed:
            self._distressed.clear()
        if self._derived:
            self._derived.clear()

    def unhealthy(self, rollup: int) -> np.ndarray:
        """Positions of a rollup that can be liquidated now: shape (n, 8), columns U_*."""
        found = self._unhealthy.get(rollup)
        if found is None:
            count = at_risk.unhealthy(self._book, rollup, self._positions)
            found = np.zeros((count, 8))
            if count:
                _terms(self._book, self._positions[:count], found)
            self._unhealthy[rollup] = found = read_only(found)
        return found

    def fallen(self, market: int, line: float, most: float) -> np.ndarray:
        """Positions of a lending market with keys above `line`, up to `most`: shape (n,), ascending, at most 4096."""
        if not self._positions.size:
            return self._positions
        count = at_risk.fallen(self._book, market, line, most, self._positions)
        return self._positions[:count].copy()

    def distressed(self, rollups: tuple[int, ...]) -> tuple[int, ...]:
        """Those of these rollups on which some position can be liquidated now."""
        found = self._distressed.get(rollups)
        if found is None:
            found = tuple(at for at in rollups if at in self._lending_rollups and len(self.unhealthy(at)))
            self._distressed[rollups] = found
        return found

    def under_margin(self, rollup: int) -> np.ndarray:
        """Contracts of a rollup's perpetuals that can be liquidated now: shape (n,), one of each shared margin."""

        def scan() -> np.ndarray:
            return self._contracts[: close_out.under_margin(self._book, rollup, self._contracts)].copy()

        return self.derived(("under margin", rollup), scan) if self._contracts.size else self._contracts

    def _owners(self, members: int) -> dict[tuple[int, int], int]:
        """First contract of each participant on each perpetual, but for the contracts of makers."""
        makers = set(self.perpetuals[:, state.M_MAKER].astype(np.int64).tolist())
        found: dict[tuple[int, int], int] = {}
        for at in np.flatnonzero(self.contracts[:, state.X_OWNER] < members).tolist():
            if at not in makers:
                owner, market = int(self.contracts[at, state.X_OWNER]), int(self.contracts[at, state.X_MARKET])
                found.setdefault((owner, market), at)
        return found

    def own_contract(self, account: int, market: int) -> int:
        """Contract of a participant on a perpetual, with which it buys in auctions; -1 for none."""
        return self._own_contracts.get((account, market), -1)

    def open_lots(self, rollup: int) -> np.ndarray:
        """Places of the open auctions of a rollup, to be looked up in `lots`: shape (n,), int64."""

        def scan() -> np.ndarray:
            return np.flatnonzero((self._lot_rollup == rollup) & (self.lots[:, state.Q_OPEN] > 0.0))

        some = self.lots.size and self.auctions[:, state.D_OPEN].any()
        return self.derived(("open lots", rollup), scan) if some else NO_LOTS

    def derived(self, key: object, compute: Callable[[], Any]) -> Any:
        """Return a fact derived from public state, computed once per slot however many ask for it."""
        if key not in self._derived:
            self._derived[key] = compute()
        return self._derived[key]


class Observation:
    """One agent's view of a slot.

    Attributes
    ----------
    time : float
        now [s]
    slot : int
        number of the slot in its domain
    domain : int
        the domain whose slot this is
    rollups : tuple of int
        rollups of that domain
    account : int
        the agent's own account
    pools : (P, 7) array
        rollup, assets, fee and reserves of every pool, and the share of an input that enters the reserves: columns
        ROLLUP .. KEPT
    prices : (assets,) array
        reference prices of the outside market [USD]
    funds : (rollups, assets) array
        own balances [units of the asset]
    """

    __slots__ = ("_domain", "_market", "_role", "account", "domain", "funds", "public", "rollups", "slot", "time")

    def __init__(self, market: SequencerMarket, account: int, role: str) -> None:
        self._market = market
        self._role = role
        self.account = account
        self.public: PublicView = market.public
        self.funds = self.public.balance[account]
        self.time = 0.0
        self.slot = 0
        self.domain = 0
        self.rollups: tuple[int, ...] = ()

    def at(self, domain: Domain, time: float) -> Observation:
        """Point this view at a slot."""
        self._domain = domain
        self.time, self.slot, self.domain, self.rollups = time, domain.slot, domain.index, domain.rollups
        return self

    @property
    def block_time(self) -> float:
        """Time between two slots of this domain [s]."""
        return self._domain.block_time

    @property
    def pools(self) -> np.ndarray:
        """All pools: shape (P, 7)."""
        return self.public.pools

    @property
    def prices(self) -> np.ndarray:
        """Reference prices [USD]: shape (assets,)."""
        return self.public.prices

    def unhealthy(self, rollup: int) -> np.ndarray:
        """Positions of a rollup that can be liquidated now: shape (n, 8), columns U_*."""
        return self.public.unhealthy(rollup)

    def distressed(self) -> tuple[int, ...]:
        """Rollups of this domain on which some position can be liquidated now."""
        return self.public.distressed(self.rollups)

    def atomic(self, first: int, second: int) -> bool:
        """Whether a bundle may span these two rollups: whether one domain sequences both."""
        return self._market.domain_of[first] == self._market.domain_of[second]

    def breaker(self, rollup: int) -> Gauge:
        """What everybody knows of the breaker over a rollup: how near its trigger is, and whether it pauses now."""
        domain = self._market.domains[self._market.domain_of[rollup]]
        return domain.regime.breaker.gauge(self._market, rollup)

    @property
    def reads_pending(self) -> bool:
        """Whether the regime shows this agent's role anything of what is pending, be it redacted."""
        visibility = self._domain.regime.visibility
        return self._role in visibility.readers or self._role in visibility.counters

    def pending(self) -> np.ndarray:
        """Return what this agent may read of this domain's pending intents: shape (n,), dtype `INTENT`, a copy.

        Whoever is not entitled to contents gets redacted rows; whoever is not entitled to anything gets none.
        """
        return self._domain.regime.visibility.show(
            self._role, self.account, self._market.mempool.waiting(self.domain), self.time
        )


class BlockView(Observation):
    """What the author of a block reads: the observation, and the intents that are due, as far as the regime shows them.

    Attributes
    ----------
    due : (n,) array, dtype `INTENT`
        intents that may go into the block, in the order handed in; contents redacted where sealed
    """

    __slots__ = ("due",)

    due: np.ndarray

    @property
    def place(self) -> str:
        """What the author decides: "all" of the block, or its own intents at its "top" or "end" alone."""
        return getattr(self._domain.regime.ordering, "place", "all")


BLANK = np.zeros(0, INTENT)
