"""The desk: how a strategy submits intents.

Every call writes one row; nothing is carried out before the domain's slot. A call that no market can carry out (a
number that is not finite, an unknown venue, a bundle across domains) is the strategy's fault and raises at once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from market.intents.rows import Purpose
from market.venues import KINDS, Kind
from market.venues.pools.ranges import name as name_of
from market.venues.pools.ticks import MOST_TICK

if TYPE_CHECKING:
    from market.access.outbox import Outbox

AUCTIONS = tuple(at for at, (_, statement) in enumerate(KINDS) if statement.submit == "auction")
PERPETUALS = (Kind.PERPETUAL_TRADE, Kind.PERPETUAL_DEPOSIT, Kind.PERPETUAL_WITHDRAW, Kind.PERPETUAL_LIQUIDATE)


class Desk:
    """Submits the intents of the agent that acts.

    Every method returns nothing; amounts are in units of the asset, tips in USD. `bundle` is a number obtained from
    :meth:`bundle`: intents with the same number execute all or none, in the order submitted, and must be submitted one
    after the other, all for rollups of one domain.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._add = outbox.add
        self._fault = outbox.fault

    def draft(self) -> Draft:
        """Return a desk whose intents are sent nowhere, to ask `seen.preview(draft.rows)` about them."""
        return Draft(self._outbox.aside())

    def bundle(self, around: int = -1) -> int:
        """Open a bundle; `around` is the id of a pending intent to be carried in its middle."""
        return self._outbox.open_bundle(around)

    def wake_at(self, time: float) -> None:
        """Ask to act once more at a time [s], besides before each block."""
        self._outbox.alarms.at(self._outbox.agent(), time)

    def wake_on_price(self, asset: int, move_bp: float) -> None:
        """Ask to act as soon as a reference price has moved by `move_bp` [bp] from now, once."""
        self._outbox.alarms.on_price(self._outbox.agent(), asset, move_bp)

    def wake_on_change(self, table: str, row: int) -> None:
        """Ask to act as soon as a block has changed a row of a table, such as "pools" or "loans", once."""
        self._outbox.alarms.on_change(self._outbox.agent(), table, row)

    def through_l1(self, waited_s: float = 0.0) -> None:
        """Hand in on L1, where the regime has an inbox, own intents that wait since at least `waited_s` ago [s]."""
        self._outbox.through_l1(waited_s)

    def _pool(self, pool: int) -> int:
        if not 0 <= pool < len(self._outbox.pool_rollup):
            raise self._fault(f"names pool {pool}; there are {len(self._outbox.pool_rollup)}")
        return self._outbox.pool_rollup[pool]

    def _lending(self, market: int) -> int:
        if not 0 <= market < len(self._outbox.market_rollup):
            raise self._fault(f"names lending market {market}; there are {len(self._outbox.market_rollup)}")
        return self._outbox.market_rollup[market]

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
            Kind.SWAP, self._pool(pool), pool, asset_in, asset_out, amount, limit=minimum, tip=tip, purpose=purpose,
            bundle=bundle, expires_s=expires_s,
        )  # fmt: skip

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
        self._add(Kind.OUTSIDE, rollup, -1, asset_in, asset_out, amount, limit=minimum, purpose=purpose, bundle=bundle)

    @property
    def next_bundle(self) -> int:
        """Number that the bundle opened next will have, by which its receipts are found."""
        return self._outbox.next_bundle

    def exchange(self, rows: np.ndarray) -> None:
        """Submit swaps and exchanges outside all at once, as `swap` and `outside` would one after the other.

        For compiled functions that write many: one call instead of one for each.

        Parameters
        ----------
        rows
            shape (n,), dtype `INTENT`: of kind SWAP or OUTSIDE. Read are `venue` (of a swap; else -1), `rollup` (of an
            exchange outside), `asset_in`, `asset_out`, `amount`, `limit`, `tip`, `purpose`, `expiry` (a time, [s]) and
            `bundle`: -1, or bundles of their own counted from 0 in the order in which they stand. The first of them
            gets the number `next_bundle`
        """
        self._outbox.exchange(rows)

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
            Kind.LIQUIDATE,
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
        self._add(
            Kind.ADD_LIQUIDITY, self._pool(pool), pool, -1, -1, amount, limit=most_second, tip=tip,
            purpose=Purpose.INVENTORY,
        )  # fmt: skip

    def remove_liquidity(self, pool: int, shares: float, *, tip: float = 0.0) -> None:
        """Burn shares for reserves and fees."""
        self._add(Kind.REMOVE_LIQUIDITY, self._pool(pool), pool, -1, -1, shares, tip=tip, purpose=Purpose.INVENTORY)

    def _range(
        self, kind: int, pool: int, lower: int, upper: int, liquidity: float, *, limit: float = 0.0, tip: float = 0.0,
        bundle: int = -1,
    ) -> None:  # fmt: skip
        rollup, spacing = self._pool(pool), int(self._outbox.tables.pools["spacing"][pool])
        if not spacing:
            raise self._fault(f"names a range on pool {pool}, which is not concentrated")
        if not -MOST_TICK <= lower < upper <= MOST_TICK or lower % spacing or upper % spacing:
            raise self._fault(
                f"names the range from tick {lower} to {upper}; allowed: multiples of {spacing}, one below the other, "
                f"within {MOST_TICK}"
            )
        self._add(
            kind, rollup, pool, -1, -1, liquidity, target=name_of(lower, upper), limit=limit, tip=tip, bundle=bundle,
            purpose=Purpose.INVENTORY,
        )  # fmt: skip

    def mint_range(
        self, pool: int, lower: int, upper: int, liquidity: float, most_second: float = 0.0, *, tip: float = 0.0,
        bundle: int = -1,
    ) -> None:  # fmt: skip
        """Provide liquidity between two ticks of a concentrated pool, for at most `most_second` (0: any)."""
        self._range(Kind.MINT_RANGE, pool, lower, upper, liquidity, limit=most_second, tip=tip, bundle=bundle)

    def burn_range(
        self, pool: int, lower: int, upper: int, liquidity: float, *, tip: float = 0.0, bundle: int = -1
    ) -> None:
        """Take liquidity out of one's range between two ticks, with all fees owed."""
        self._range(Kind.BURN_RANGE, pool, lower, upper, liquidity, tip=tip, bundle=bundle)

    def collect_range(self, pool: int, lower: int, upper: int, liquidity: float, *, tip: float = 0.0) -> None:
        """Collect the fees owed to one's range, which must have `liquidity` at least."""
        self._range(Kind.COLLECT_RANGE, pool, lower, upper, liquidity, tip=tip)

    def position(self, kind: int, market: int, position: int, amount: float, *, bundle: int = -1) -> None:
        """Deposit, withdraw, borrow or repay on a position of a lending market."""
        if kind not in (Kind.DEPOSIT, Kind.WITHDRAW, Kind.BORROW, Kind.REPAY):
            raise self._fault(f"of kind {kind!r} is no change of a position")
        rollup = self._lending(market)
        self._add(int(kind), rollup, market, -1, -1, amount, target=position, purpose=Purpose.BORROWER, bundle=bundle)

    def bridge(self, bridge: int, rollup: int, asset: int, amount: float, *, tip: float = 0.0) -> None:
        """Send `amount` from `rollup` over a bridge."""
        if not 0 <= bridge < self._outbox.bridges:
            raise self._fault(f"names bridge {bridge}; there are {self._outbox.bridges}")
        self._add(Kind.BRIDGE, rollup, bridge, asset, asset, amount, tip=tip, purpose=Purpose.INVENTORY)

    def perpetual(
        self, kind: int, market: int, contract: int, amount: float = 1.0, *, buy: bool = True, limit: float = 0.0,
        tip: float = 0.0, purpose: int = Purpose.USER, bundle: int = -1, expires_s: float = math.inf,
    ) -> None:  # fmt: skip
        """Trade, deposit, withdraw or liquidate on a contract of a perpetual."""
        if kind not in PERPETUALS:
            raise self._fault(f"of kind {kind!r} is nothing that one does on a perpetual")
        table = self._outbox.tables.perpetuals
        if not 0 <= market < len(table):
            raise self._fault(f"names perpetual {market}; there are {len(table)}")
        asset = int(table["asset"][market]) if kind == Kind.PERPETUAL_TRADE else 0
        self._add(
            int(kind), int(table["rollup"][market]), market, 0 if buy else asset, asset if buy else 0, amount,
            target=contract, limit=limit, tip=tip, bundle=bundle, expires_s=expires_s,
            purpose=Purpose.LIQUIDATION if kind == Kind.PERPETUAL_LIQUIDATE else purpose,
        )  # fmt: skip

    def quote(self, market: int, half_spread: float, *, tip: float = 0.0) -> None:
        """Quote a half spread [1] on a perpetual whose maker is one's own."""
        table = self._outbox.tables.perpetuals
        if not 0 <= market < len(table):
            raise self._fault(f"names perpetual {market}; there are {len(table)}")
        if not 0.0 <= half_spread < 1.0:
            raise self._fault(f"quotes a half spread of {half_spread}; allowed: from 0 to below 1")
        rollup, purpose = int(table["rollup"][market]), Purpose.INVENTORY
        self._add(Kind.PERPETUAL_QUOTE, rollup, market, 0, 0, half_spread, tip=tip, purpose=purpose)

    def auction(
        self, kind: int, market: int, target: int, amount: float = 1.0, minimum: float = 0.0, *, tip: float = 0.0,
        bundle: int = -1, expires_s: float = math.inf,
    ) -> None:  # fmt: skip
        """Start an auction of a position or a contract, or take, bid, settle or reset in an auction's number.

        `market` is a lending market or a perpetual, as the kind says.
        """
        if kind not in AUCTIONS:
            raise self._fault(f"of kind {kind!r} is nothing that one does in an auction")
        tables = self._outbox.tables
        if KINDS[kind][0] == "lending":
            rollup, row = self._lending(market), tables.lending[market]
            given, wanted = int(row["debt"]), int(row["collateral"])
        else:
            if not 0 <= market < len(self._outbox.perpetual_rollup):
                raise self._fault(f"names perpetual {market}; there are {len(self._outbox.perpetual_rollup)}")
            rollup, asset = self._outbox.perpetual_rollup[market], int(tables.perpetuals["asset"][market])
            # of a lot of contracts one takes a number of contracts, and bids money
            given, wanted = (asset, 0) if kind == Kind.CONTRACT_AUCTION_TAKE else (0, asset)
        self._add(
            int(kind), rollup, market, given, wanted, amount, target=target, limit=minimum, tip=tip, bundle=bundle,
            expires_s=expires_s, purpose=Purpose.LIQUIDATION,
        )  # fmt: skip

    def submit(
        self, kind: int, rollup: int, venue: int, amount: float, *, target: int = -1, asset_in: int = -1,
        asset_out: int = -1, limit: float = 0.0, tip: float = 0.0, bundle: int = -1, expires_s: float = math.inf,
        purpose: int = Purpose.USER,
    ) -> None:  # fmt: skip
        """Submit an intent of a kind that has no method of its own; its meaning says what the numbers are."""
        if not 0 <= kind < len(KINDS):
            raise self._fault(f"is of kind {kind}; there are {len(KINDS)}")
        self._add(
            int(kind), rollup, venue, asset_in, asset_out, amount, target=target, limit=limit, tip=tip, bundle=bundle,
            expires_s=expires_s, purpose=purpose,
        )  # fmt: skip

    def pay(self, rollup: int, payee: int, asset: int, amount: float, *, bundle: int = -1) -> None:
        """Pay an account on the same rollup."""
        self._add(Kind.PAYMENT, rollup, -1, asset, asset, amount, target=payee, bundle=bundle)


class Draft(Desk):
    """A desk whose intents are sent nowhere."""

    @property
    def rows(self) -> np.ndarray:
        """What has been drafted so far: shape (n,), dtype `INTENT`, a copy."""
        return self._outbox.drafted()
