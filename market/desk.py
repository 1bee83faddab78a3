"""The desk: how a strategy submits intents.

Every call writes one row; nothing is carried out before the domain's slot. A call that no market can carry out (a
number that is not finite, an unknown venue, a bundle across domains) is the strategy's fault and raises at once.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from market import state
from market.errors import StrategyError
from market.intents import INTENT, Kind, Purpose

if TYPE_CHECKING:
    from market.model import SequencerMarket

PURPOSES = len(Purpose)
SWAP, ADD, REMOVE, DEPOSIT, WITHDRAW, BORROW, REPAY, LIQUIDATE, _, BRIDGE, PAYMENT, OUTSIDE = (
    int(k) for k in Kind if k <= 11
)
AUCTIONS = (
    Kind.AUCTION_START, Kind.AUCTION_TAKE, Kind.AUCTION_BID, Kind.AUCTION_SETTLE, Kind.AUCTION_RESET
)  # fmt: skip
QUOTE = int(Kind.PERPETUAL_QUOTE)
ROW = struct.Struct("@" + "".join({"i": "q", "f": "d"}[INTENT[name].kind] for name in INTENT.names or ()))
"""A row of `INTENT` as Python packs it, in half the time that an assignment to the array takes."""
PERPETUALS = (Kind.PERPETUAL_TRADE, Kind.PERPETUAL_DEPOSIT, Kind.PERPETUAL_WITHDRAW, Kind.PERPETUAL_LIQUIDATE)


class Desk:
    """Collects the intents of the agents that act in a slot.

    Every method returns nothing; amounts are in units of the asset, tips in USD. `bundle` is a number obtained from
    :meth:`bundle`: intents with the same number execute all or none, in the order submitted, and must be submitted one
    after the other, all for rollups of one domain.
    """

    def __init__(self, market: SequencerMarket) -> None:
        self._market = market
        self._make_room(np.zeros(1024, INTENT))
        self._count = 0
        self._agent: Any = None
        self._account = -1
        self._now = 0.0
        self._arrival = 0.0
        self._bundles = 0
        self._around: dict[int, int] = {}
        self._opened: dict[int, tuple[int, int, int]] = {}  # bundle: account, domain (-1: none yet), its last row
        self._pool_rollup = [int(row[0]) for row in market.world.tables.pool]
        self._market_rollup = [int(row[0]) for row in market.world.tables.lending]
        self._perpetual_rollup = [int(row[state.M_ROLLUP]) for row in market.world.tables.perpetual]
        self._bridges = len(market.world.tables.bridge)
        self._rollups, self._assets = market.world.tables.balance.shape[1:]

    def open_for(self, agent, now: float) -> Desk:
        """Hand the desk to an agent."""
        self._agent = agent
        self._account = agent.account
        self._now = now
        self._arrival = -1.0  # drawn with the first intent: most agents send none in most slots
        return self

    def take(self) -> np.ndarray:
        """Everything submitted since the last call, as a view valid until the next submission."""
        rows = self._rows[: self._count]
        self._count = 0
        self._agent = None
        self._around.clear()
        self._opened.clear()
        return rows

    def bundle(self, around: int = -1) -> int:
        """Open a bundle; `around` is the id of a pending intent to be carried in its middle."""
        self._bundles += 1
        self._opened[self._bundles] = (self._account, -1, -1)
        if around >= 0:
            self._around[self._bundles] = around
        return self._bundles

    def _make_room(self, rows: np.ndarray) -> None:
        self._rows, self._bytes, self._room = rows, rows.view(np.uint8).data, len(rows)

    def _fault(self, what: str) -> StrategyError:
        return self._market.fault(self._agent, f"intent {self._count} {what}")

    def _add(
        self,
        kind: int,
        rollup: int,
        venue: int,
        asset_in: int,
        asset_out: int,
        amount: float,
        *,
        target: int = -1,
        limit: float = 0.0,
        tip: float = 0.0,
        purpose: int = Purpose.USER,
        bundle: int = -1,
        mid: float = 0.0,
        expires_s: float = math.inf,
    ) -> None:
        if self._agent is None:
            raise self._fault("was submitted outside of `act`")
        if not math.isfinite(amount + limit + tip):
            raise self._fault(f"has a number that is not finite: amount={amount}, limit={limit}, tip={tip}")
        if tip < 0.0:
            raise self._fault(f"has a negative tip: {tip}")
        if not 0 <= rollup < self._rollups:
            raise self._fault(f"names rollup {rollup}; there are {self._rollups}")
        if not 0 <= purpose < PURPOSES:
            raise self._fault(f"has purpose {purpose}; allowed: a member of market.intents.Purpose")
        if bundle >= 0:
            self._join(bundle, rollup)
        if self._arrival < 0.0:
            self._arrival = self._now + self._agent.latency_s
        if self._count == self._room:
            self._make_room(np.concatenate([self._rows, np.zeros_like(self._rows)]))
        try:
            ROW.pack_into(
                self._bytes, self._count * ROW.size,
                -1, bundle, self._around.get(bundle, -1), self._account, venue, target, rollup, asset_in, asset_out,
                kind, purpose, 0, 0, 0, 0, -1,
                amount, limit, tip, self._now, self._arrival, self._now + expires_s, mid, 0.0, 0.0, 0.0, 0.0, 0.0,
            )  # fmt: skip
        except struct.error as error:
            raise self._fault(f"has a field of the wrong type: {error}") from None
        self._count += 1

    def _join(self, bundle: int, rollup: int) -> None:
        """Check that the next row may go into a bundle, and note it."""
        owner, domain, last = self._opened.get(bundle, (-1, -1, -1))
        if owner != self._account:
            raise self._fault(f"joins bundle {bundle}, which its sender did not open in this slot")
        here = self._market.domain_of[rollup]
        if domain >= 0 and domain != here:
            raise self._fault(f"puts rollup {rollup} into a bundle of another domain; bundles live in one domain")
        if last >= 0 and last != self._count - 1:
            raise self._fault(f"comes back to bundle {bundle} after another intent; members follow one another")
        self._opened[bundle] = (owner, here, self._count)

    def _pool(self, pool: int) -> int:
        if not 0 <= pool < len(self._pool_rollup):
            raise self._fault(f"names pool {pool}; there are {len(self._pool_rollup)}")
        return self._pool_rollup[pool]

    def _lending(self, market: int) -> int:
        if not 0 <= market < len(self._market_rollup):
            raise self._fault(f"names lending market {market}; there are {len(self._market_rollup)}")
        return self._market_rollup[market]

    def swap(
        self,
        pool: int,
        asset_in: int,
        asset_out: int,
        amount: float,
        minimum: float,
        *,
        tip: float = 0.0,
        purpose: int = Purpose.USER,
        bundle: int = -1,
        expires_s: float = math.inf,
    ) -> None:
        """Exchange exactly `amount` for at least `minimum`."""
        self._add(
            SWAP,
            self._pool(pool),
            pool,
            asset_in,
            asset_out,
            amount,
            limit=minimum,
            tip=tip,
            purpose=purpose,
            bundle=bundle,
            expires_s=expires_s,
        )

    def outside(
        self,
        rollup: int,
        asset_in: int,
        asset_out: int,
        amount: float,
        minimum: float = 0.0,
        *,
        purpose: int = Purpose.USER,
        bundle: int = -1,
    ) -> None:
        """Exchange with the outside market at the reference price when the intent's turn comes."""
        self._add(OUTSIDE, rollup, -1, asset_in, asset_out, amount, limit=minimum, purpose=purpose, bundle=bundle)

    def liquidate(
        self,
        market: int,
        position: int,
        amount: float,
        minimum: float = 0.0,
        *,
        debt: int,
        collateral: int,
        tip: float = 0.0,
        bundle: int = -1,
        expires_s: float = math.inf,
    ) -> None:
        """Repay up to `amount` of a position's debt for at least `minimum` of its collateral."""
        self._add(
            LIQUIDATE,
            self._lending(market),
            market,
            debt,
            collateral,
            amount,
            target=position,
            limit=minimum,
            tip=tip,
            purpose=Purpose.LIQUIDATION,
            bundle=bundle,
            expires_s=expires_s,
        )

    def add_liquidity(self, pool: int, amount: float, most_second: float = 0.0, *, tip: float = 0.0) -> None:
        """Provide `amount` of the first asset with the second in proportion, at most `most_second` (0: any)."""
        self._add(ADD, self._pool(pool), pool, -1, -1, amount, limit=most_second, tip=tip, purpose=Purpose.INVENTORY)

    def remove_liquidity(self, pool: int, shares: float, *, tip: float = 0.0) -> None:
        """Burn shares for reserves and fees."""
        self._add(REMOVE, self._pool(pool), pool, -1, -1, shares, tip=tip, purpose=Purpose.INVENTORY)

    def position(self, kind: Kind, market: int, position: int, amount: float, *, bundle: int = -1) -> None:
        """Deposit, withdraw, borrow or repay on a position of a lending market."""
        if kind not in (Kind.DEPOSIT, Kind.WITHDRAW, Kind.BORROW, Kind.REPAY):
            raise self._fault(f"of kind {kind!r} is no change of a position")
        rollup = self._lending(market)
        self._add(int(kind), rollup, market, -1, -1, amount, target=position, purpose=Purpose.BORROWER, bundle=bundle)

    def bridge(self, bridge: int, rollup: int, asset: int, amount: float, *, tip: float = 0.0) -> None:
        """Send `amount` from `rollup` over a bridge."""
        if not 0 <= bridge < self._bridges:
            raise self._fault(f"names bridge {bridge}; there are {self._bridges}")
        self._add(BRIDGE, rollup, bridge, asset, asset, amount, tip=tip, purpose=Purpose.INVENTORY)

    def perpetual(
        self, kind: Kind, market: int, contract: int, amount: float = 1.0, *, buy: bool = True, limit: float = 0.0,
        tip: float = 0.0, purpose: int = Purpose.USER, bundle: int = -1, expires_s: float = math.inf,
    ) -> None:  # fmt: skip
        """Trade, deposit, withdraw or liquidate on a contract of a perpetual."""
        if kind not in PERPETUALS:
            raise self._fault(f"of kind {kind!r} is nothing that one does on a perpetual")
        table = self._market.world.tables.perpetual
        if not 0 <= market < len(table):
            raise self._fault(f"names perpetual {market}; there are {len(table)}")
        asset = int(table[market, state.M_ASSET]) if kind == Kind.PERPETUAL_TRADE else 0
        self._add(
            int(kind), int(table[market, state.M_ROLLUP]), market, 0 if buy else asset, asset if buy else 0, amount,
            target=contract, limit=limit, tip=tip, bundle=bundle, expires_s=expires_s,
            purpose=Purpose.LIQUIDATION if kind == Kind.PERPETUAL_LIQUIDATE else purpose,
        )  # fmt: skip

    def quote(self, market: int, half_spread: float, *, tip: float = 0.0) -> None:
        """Quote a half spread [1] on a perpetual whose maker is one's own."""
        table = self._market.world.tables.perpetual
        if not 0 <= market < len(table):
            raise self._fault(f"names perpetual {market}; there are {len(table)}")
        if not 0.0 <= half_spread < 1.0:
            raise self._fault(f"quotes a half spread of {half_spread}; allowed: from 0 to below 1")
        rollup, purpose = int(table[market, state.M_ROLLUP]), Purpose.INVENTORY
        self._add(QUOTE, rollup, market, 0, 0, half_spread, tip=tip, purpose=purpose)

    def auction(
        self, kind: Kind, market: int, target: int, amount: float = 1.0, minimum: float = 0.0, *, tip: float = 0.0,
        bundle: int = -1, expires_s: float = math.inf,
    ) -> None:  # fmt: skip
        """Start an auction of a position or a contract, or take, bid, settle or reset in an auction's number.

        `market` is a row of the table of auctions: lending markets first, perpetuals behind them.
        """
        if kind not in AUCTIONS:
            raise self._fault(f"of kind {kind!r} is nothing that one does in an auction")
        tables, loans = self._market.world.tables, len(self._market_rollup)
        if not 0 <= market < loans + len(self._perpetual_rollup):
            raise self._fault(f"names auctioning market {market}; there are {len(tables.auction)}")
        if market < loans:
            rollup, row = self._market_rollup[market], tables.lending[market]
            given, wanted = int(row[state.L_DEBT]), int(row[state.L_COLLATERAL])
        else:
            rollup, asset = self._perpetual_rollup[market - loans], int(tables.perpetual[market - loans, state.M_ASSET])
            # of a lot of contracts one takes a number of contracts, and bids money
            given, wanted = (asset, 0) if kind == Kind.AUCTION_TAKE else (0, asset)
        self._add(
            int(kind), rollup, market, given, wanted, amount, target=target, limit=minimum, tip=tip, bundle=bundle,
            expires_s=expires_s, purpose=Purpose.LIQUIDATION,
        )  # fmt: skip

    def pay(self, rollup: int, payee: int, asset: int, amount: float, *, bundle: int = -1) -> None:
        """Pay an account on the same rollup."""
        self._add(PAYMENT, rollup, -1, asset, asset, amount, target=payee, bundle=bundle)
