"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import PrivateAttr

from market.sequencing import Part
from market.sequencing.ordering.base import first_come_order
from market.state.ledger import Why, transfer

if TYPE_CHECKING:
    from market.domain import Domain, Slot
    from market.model import SequencerMarket


class ForcedInclusion(Part):
    """The way around the sequencer, through L1. The base does nothing; a mechanism says what differs."""

    _forced: int = PrivateAttr(default=0)
    _forced_s: float = PrivateAttr(default=0.0)

    @property
    def takes(self) -> bool:
        """Whether senders can hand in on L1 what the sequencer leaves out."""
        return False

    @property
    def handed_in(self) -> int:
        """Intents handed in on L1 so far."""
        return 0

    @property
    def forced(self) -> int:
        """Intents forced into blocks so far."""
        return self._forced

    @property
    def forced_s(self) -> float:
        """Sum over those of the time from sending to inclusion [s]."""
        return self._forced_s

    def hand_in(self, domain: Domain, chosen: np.ndarray, now: float) -> None:
        """Hand pending intents of a domain in on L1, where there is a way: a mask over all that wait there."""

    def enforce(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Return the block with the intents put on top of it that may no longer be left out."""
        return rows

    def put_on_top(self, slot: Slot, forced: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the block with these due intents on top, in order of arrival, taken out of the mempool and counted."""
        slot.market.mempool.withdraw(slot.domain.index, forced["id"])
        self._forced += forced.size
        self._forced_s += float((slot.time - forced["sent"]).sum())
        return np.concatenate([forced, rows])


def by_arrival(slot: Slot, rows: np.ndarray) -> np.ndarray:
    """Return rows by arrival, exact ties at random."""
    return rows[first_come_order(rows, slot.rng.random(rows.size))]


def whole(rows: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return a mask with the rest of each bundle of which it has a member."""
    bundled = mask & (rows["bundle"] >= 0)
    return mask | np.isin(rows["bundle"], rows["bundle"][bundled]) if bundled.any() else mask


def charged(market: SequencerMarket, rows: np.ndarray, fee_usd: float) -> np.ndarray:
    """Take the fee of L1 [USD] for each intent or bundle, members in a row; a mask of those whose sender had it."""
    paid = np.ones(rows.size, np.bool_)
    if fee_usd <= 0.0:
        return paid
    layer1 = market.world.account_of["outside"]
    for at, row in enumerate(rows):
        if at and row["bundle"] >= 0 and row["bundle"] == rows["bundle"][at - 1]:
            paid[at] = paid[at - 1]
            continue
        payer, rollup = int(row["sender"]), int(row["rollup"])
        paid[at] = transfer(market.world.state, payer, layer1, rollup, 0, fee_usd, Why.GAS)
    return paid
