"""Retail users whom blocks leave out, and who go through L1: how long they wait for that, and what it may cost.

A user knows that the sequencer has its intent and that it is in no block. It hands the intent in on L1 once it has
waited for long, if the fee there is small against the trade. Whoever trades less stays with the sequencer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.intents.rows import INTENT

if TYPE_CHECKING:
    from market.model import SequencerMarket

NONE = np.zeros(0, INTENT)


class Appeals:
    """The decisions of retail users to hand in on L1. It sends nothing of its own.

    Parameters
    ----------
    market
        where they trade
    """

    def __init__(self, market: SequencerMarket) -> None:
        self._market, self._flow = market, market.config.flow
        self._retail = market.world.account_of["retail"]
        self._domains = [domain for domain in market.domains if domain.regime.forced_inclusion.takes]

    def submit(self, time: float, until: float) -> np.ndarray:
        """Hand in what has waited for too long, up to `until` [s]."""
        for domain in self._domains:
            waiting = self._market.mempool.waiting(domain.index)
            own = (waiting["sender"] == self._retail) & (waiting["arrival"] + self._flow.l1_after_s <= until)
            if own.any():
                rule = domain.regime.forced_inclusion
                worth = waiting["amount"] * self._market.world.tables.prices[np.maximum(0, waiting["asset_in"])]
                rule.hand_in(domain, own & (rule.fee_usd <= self._flow.l1_fee_share * worth), until)
        return NONE

    def learn(self, rows: np.ndarray) -> None:
        """Nothing to learn."""
