"""The channel to builders, of whom some have contracts: wallets send them a share of their intents exclusively.

Contracts take equal intervals of the senders' draws, from the most private end down, never from what is gossiped; so an
intent is exclusive in every run of a seed in which the contract exists.
Source: S. Yang, K. Nayak and F. Zhang (2024), Decentralization of Ethereum's builder market, arXiv 2405.01329.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import PrivateAttr

from market.sequencing.visibility.builders import Builders

if TYPE_CHECKING:
    from market.domain import Domain


class Exclusive(Builders):
    """Order flow that only one builder receives: `exclusive_share` of users' intents for each builder that has one."""

    kind: Literal["exclusive"] = "exclusive"  # pyright: ignore[reportIncompatibleVariableOverride]
    _contracts: dict[int, tuple[float, float]] = PrivateAttr(default_factory=dict)

    def start(self) -> Exclusive:
        """Contracts of one domain."""
        own = self.model_copy()
        own._contracts = {}
        return own

    def seated(self, domain: Domain) -> None:
        """Write the contracts down and tell their holders which draws are theirs."""
        high = 1.0
        for builder in domain.market.builders:
            low = max(self.gossip, high - getattr(builder, "exclusive_share", 0.0))
            if low < high:
                self._contracts[builder.account] = builder.contract = (low, high)
                high = low

    def received(self, account: int, rows: np.ndarray) -> np.ndarray:
        """Mask of the intents that one builder received: all of its own contract, none of another's."""
        mask = super().received(account, rows)
        for holder, (low, high) in self._contracts.items():
            exclusive = (rows["route"] >= low) & (rows["route"] < high)
            mask = mask | exclusive if holder == account else mask & ~exclusive
        return mask
