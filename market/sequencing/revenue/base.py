"""What all revenue rules share: what a slot brought, who holds it, and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from market.intents.costs import gas_reverted
from market.intents.rows import Rows, Status
from market.kernel.direct import bound
from market.sequencing import Part
from market.sequencing.payments import pay
from market.state.ledger import Why
from market.state.store import State, get
from market.state.tables import Rollup
from market.venues.dispatch import CHARGED, pays, traded

if TYPE_CHECKING:
    from market.domain import Slot


@njit(cache=True)
def brought(
    state: State,
    rows: Rows,
    leader: int,
    author: int,
    fees: np.ndarray,
    paid: np.ndarray,
    offered: np.ndarray,
    value: np.ndarray,
) -> None:
    """Sum what a block brought the leader from others.

    Parameters
    ----------
    state, rows
        the market and the executed block
    leader, author
        accounts that received gas and tips; tips are the leader's only where it wrote the block
    fees
        shape (rollups,): tips and gas by rollup are added [USD]
    paid, offered, value
        shape (rows,): overwritten with the fees of each row that the leader received, those that it paid to whomever,
        and the value that it traded [USD]
    """
    for k in range(rows.size):
        row = rows[k]
        paid[k], offered[k], value[k] = 0.0, 0.0, 0.0
        if row.sender == leader:
            continue
        if row.status == Status.REVERTED and row.position >= 0 and pays(state, row):
            # what was taken out of the block before it was executed stands nowhere in it
            paid[k] = gas_reverted(state, row)
            fees[row.rollup] += paid[k]
            if row.sender != author:
                offered[k] = paid[k]
        if row.status != Status.FILLED:
            continue
        if CHARGED[row.kind]:
            paid[k] += get(state, Rollup.gas, row.rollup)
        if author == leader:
            paid[k] += row.tip
        fees[row.rollup] += paid[k]
        if row.sender != author:
            offered[k] = paid[k] if author == leader else paid[k] + row.tip
        value[k] = traded(state, row)


_brought = bound(brought)


class Purse(NamedTuple):
    """What a slot brought, and who holds it."""

    account: int
    fees: np.ndarray  # (rollups,) tips and gas by rollup [USD]
    bids: float  # paid for the right to build, or to lead [USD]
    paid: np.ndarray  # (rows,) fees of each row of the block that the leader received [USD]
    offered: np.ndarray  # (rows,) fees of each row, to the leader or to whoever built the block [USD]
    value: np.ndarray  # (rows,) value that each row traded [USD]

    @property
    def total(self) -> float:
        """Everything [USD]."""
        return float(self.fees.sum()) + self.bids


class Revenue(Part):
    """Who keeps what the sequencer takes in. The base leaves it with whoever received it."""

    def pass_on(self, slot: Slot) -> None:
        """Pass on, through the ledger, what the slot brought."""

    def purse(self, slot: Slot) -> Purse:
        """Return what the slot brought.

        It is the leader's tips, gas and builders' bids; but where the slot itself was sold, it is the price of the
        slot, which the protocol holds: the rest is the leader's, who paid for it.
        """
        market = slot.market
        fees = np.zeros(len(market.config.rollups))
        paid, offered, value = np.empty((3, slot.rows.size))
        done = 0
        for rows, author in slot.by_author(slot.rows):
            part = slice(done, done + rows.size)
            columns = paid[part], offered[part], value[part]
            _brought(market.world.state, rows, slot.leader.account, author, fees, *columns)
            done += rows.size
        if slot.price is None:
            return Purse(slot.leader.account, fees, slot.bids, paid, offered, value)
        return Purse(market.world.account_of["protocol"], np.zeros_like(fees), slot.price, paid, offered, value)

    def to_rollups(self, slot: Slot, payer: int, amounts: np.ndarray) -> None:
        """Pay each rollup's treasury: shape (rollups,) [USD]; on the rollup itself if the payer has funds there."""
        for rollup in slot.domain.rollups:
            if amounts[rollup] > 0.0:
                places = (rollup, *(other for other in slot.domain.rollups if other != rollup))
                treasury = slot.market.world.treasury[rollup]
                pay(slot.market, payer, treasury, places, float(amounts[rollup]), Why.REVENUE)


def in_proportion(weights: np.ndarray, rollups: tuple[int, ...]) -> np.ndarray:
    """Shares of a domain's rollups in proportion to weights, equal ones where all weigh nothing: shape (rollups,)."""
    shares = np.zeros(weights.size)
    own = weights[list(rollups)]
    total = float(own.sum())
    shares[list(rollups)] = own / total if total > 0.0 else 1.0 / len(rollups)
    return shares
