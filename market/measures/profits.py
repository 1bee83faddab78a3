"""What agents gained by trading according to the ledger, whatever their trades are counted as.

The gain of a block is the change, at reference prices, of what an account holds while the block is executed, the
equity of its contracts and its standing bids in auctions included. Left out are tips and gas, and what is moved without
being traded: liquidity provided, lent or borrowed assets, transfers over bridges, payments. Prices that move what
somebody holds are no gain of trading.

It is the check on classes of extraction: they add up to what the ledger shows, but for trades that take nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.intents.rows import Rows, Status
from market.kernel.compiled import kernel
from market.kernel.direct import bind, bound
from market.measures.classes.bundles import MARKED
from market.measures.recorder import Recorder
from market.state.ledger import Why
from market.state.store import State, assets, balance, get, index, length
from market.state.tables import Asset
from market.venues import VENUES
from market.venues.dispatch import LIQUIDATES, MOVES, REWARDS, stating
from market.venues.lending.tables import LendingMarket
from market.venues.liquidation.tables import Auction, Lot
from market.venues.perpetuals.rules import cash_of
from market.venues.perpetuals.tables import Contract, Perpetual

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

FEES = [Why.TIP, Why.GAS]
MOVED = [
    Why.LIQUIDITY, Why.COLLATERAL, Why.LOAN, Why.REPAYMENT, Why.BRIDGE, Why.BRIDGE_FEE, Why.PAYMENT, Why.BOND,
    Why.REPORT, Why.BRIBE, Why.OPTION_MARGIN, Why.OPTION_COVER,
    Why.REWARD,
]  # fmt: skip
"""Reasons for which something moves without being traded; fees of a pool, too, where a provider receives them.

What is gained with options is not in the ledger before it is taken out: it is left out here."""
LENDING = VENUES.index("lending")
UNTRADED = MOVES & ~MARKED & ~LIQUIDATES
"""By kind: whether it may move something without trading it."""


@kernel
def _add_bids(state: State, rollups: np.ndarray, sign: float, gains: np.ndarray) -> None:
    """Add, or take off, the standing bids of agents in auctions of some rollups, with the margin put up [USD]."""
    for lot in range(length(state, Lot.auction)):
        bidder = index(state, Lot.bidder, lot)
        if get(state, Lot.open, lot) == 0.0 or not 0 <= bidder < gains.size:
            continue
        auction = index(state, Lot.auction, lot)
        asset = 0
        if index(state, Auction.venue, auction) == LENDING:
            asset = index(state, LendingMarket.debt, index(state, Auction.market, auction))
        for at in range(rollups.size):
            if rollups[at] == index(state, Auction.rollup, auction):
                bid = get(state, Lot.bid, lot) * get(state, Asset.price, asset)
                gains[bidder] += sign * (bid + get(state, Lot.margin, lot))


@kernel
def _add_worth(state: State, rollups: np.ndarray, contracts: np.ndarray, sign: float, gains: np.ndarray) -> None:
    """Add, or take off, what each agent holds on some rollups and the equity of contracts [USD]: shape (agents,)."""
    for account in range(gains.size):
        for at in range(rollups.size):
            for asset in range(assets(state)):
                held = balance(state, account, rollups[at], asset)
                gains[account] += sign * held * get(state, Asset.price, asset)
    for at in range(contracts.size):
        contract = contracts[at]
        price = get(state, Asset.price, index(state, Perpetual.asset, index(state, Contract.market, contract)))
        worth = cash_of(state, contract) + get(state, Contract.quantity, contract) * price
        gains[index(state, Contract.owner, contract)] += sign * worth
    _add_bids(state, rollups, sign, gains)


@kernel
def _untraded(rows: Rows, agents: int) -> tuple[bool, bool]:
    """Whether an intent may pay agents that have sent nothing, and whether one of an agent may move what is its own."""
    rewarding, moving = False, False
    for k in range(rows.size):
        kind = rows[k].kind
        if 0 <= kind < UNTRADED.size:  # an author may write a kind that does not exist
            rewarding = rewarding or bool(REWARDS[kind])
            moving = moving or (bool(UNTRADED[kind]) and 0 <= rows[k].sender < agents)
    return rewarding, moving


_moves_untraded = bound(_untraded)


class Profits(Recorder):
    """Adds up gains of trading by agent.

    Attributes
    ----------
    in_blocks : (agents,) array
        change of what each held over the execution of blocks, and of orders apart from them, at reference prices, but
        for what was only moved [USD]
    """

    of_rows = frozenset({"before_block", "executed"})

    def on_start(self, market: SequencerMarket) -> None:
        """Note whose contracts there are."""
        tables = market.world.tables
        self._market, self._tables, self._state = market, tables, market.world.state
        self.in_blocks = np.zeros(len(market.members))
        owner = tables.contracts["owner"].astype(np.int64)
        makers = tables.perpetuals["maker"].astype(np.int64)
        self._contracts = np.setdiff1d(np.flatnonzero(owner < len(market.members)), makers)
        self._moved: list[tuple[int, float]] = []
        self._rollups: dict[tuple[int, ...], np.ndarray] = {}
        none = np.zeros(0, np.int64)
        self._add_worth = bind(_add_worth, self._state, none, self._contracts, 0.0, self.in_blocks)

    def _add(self, slot: Slot, sign: float) -> None:
        """Add, or take off, what everybody holds on the rollups of a slot's domain [USD]."""
        rollups = self._rollups.get(slot.domain.rollups)
        if rollups is None:
            rollups = self._rollups[slot.domain.rollups] = np.array(slot.domain.rollups, np.int64)
        self._add_worth(self._state, rollups, self._contracts, sign, self.in_blocks)

    def before_block(self, slot: Slot) -> None:
        """Take off what everybody holds."""
        rows = slot.rows
        if not rows.size:
            return
        self._add(slot, -1.0)
        self._moved = []
        rewarding, moving = _moves_untraded(rows, self.in_blocks.size)
        if rewarding:
            self._moved = [(account, self._received(account)) for account in range(self.in_blocks.size)]
        elif moving:
            theirs = stating(UNTRADED, rows["kind"]) & (rows["sender"] >= 0) & (rows["sender"] < self.in_blocks.size)
            self._moved = [(account, self._received(account)) for account in set(rows["sender"][theirs].tolist())]

    def executed(self, slot: Slot) -> None:
        """Add what everybody holds now, less what was moved to them and not traded."""
        if not slot.rows.size:
            return
        self._add(slot, 1.0)
        for account, before in self._moved:
            self.in_blocks[account] -= self._received(account) - before

    def on_orders(self, rows: np.ndarray) -> None:
        """Add what orders that were carried out apart from blocks brought less what they took."""
        prices = self._tables.prices
        mine = rows[(rows["status"] == Status.FILLED) & (rows["sender"] < self.in_blocks.size)]
        brought = mine["filled_out"] * prices[mine["asset_out"]] - mine["filled_in"] * prices[mine["asset_in"]]
        np.add.at(self.in_blocks, mine["sender"], brought)

    def _received(self, account: int) -> float:
        """What was moved to an account so far without being traded, at the prices of now [USD]."""
        flows = self._tables.flows
        net = flows[:, account, MOVED].sum(axis=(0, 1)) - flows[account][:, MOVED].sum(axis=(0, 1))
        return float((net + flows[:, account, Why.POOL_FEE].sum(axis=0)) @ self._tables.prices)

    def by_trading(self) -> np.ndarray:
        """Gains of trading before tips and gas: shape (agents,) [USD]."""
        flows, agents = self._tables.flows[:, :, :, 0], self.in_blocks.size
        received = flows[:, :agents, FEES].sum(axis=(0, 2)) - flows[:agents][:, :, FEES].sum(axis=(1, 2))
        return self.in_blocks - received
