"""A lottery by stake whose winners are known ahead: the leaders of an epoch are drawn an epoch before it begins.

So at any time the leaders of the rest of this epoch and of the next one are public: a coming leader can promise places
in its block, and senders can hold an intent back for it. A leader that has lost its stake since it was drawn misses its
slots. Draws are those of the stake lottery; a lottery for the coming slot alone differs in what is known, not in law.
Source: Ethereum consensus specifications: 32 slots of 12 s in an epoch; EIP-7917 fixes the proposers of the next epoch
ahead.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, PrivateAttr

from market.sequencing.leaders.stake_lottery import StakeLottery as _StakeLottery

if TYPE_CHECKING:
    from market.domain import Domain


class Lookahead(_StakeLottery):
    """Draws in proportion to bonded stake, an epoch ahead."""

    kind: Literal["lookahead"] = "lookahead"  # pyright: ignore[reportIncompatibleVariableOverride]
    epoch_slots: int = Field(default=32, ge=1, description="slots whose leaders are drawn together, an epoch ahead [1]")
    _drawn: list[int] = PrivateAttr(default_factory=list)  # seats by slot, -1: nobody had the least stake
    _rng: np.random.Generator = PrivateAttr()

    def start(self) -> Lookahead:
        """Stakes and epochs of one domain."""
        own = super().start()
        assert isinstance(own, Lookahead)
        own._drawn = []
        return own

    def seated(self, domain: Domain) -> None:
        """Bond the stakes, take the domain's stream, and draw the leaders of the first two epochs."""
        super().seated(domain)
        root = domain.market.streams["leaders"]
        key = (*root.spawn_key, domain.first)
        self._rng = np.random.default_rng(np.random.SeedSequence(entropy=root.entropy, spawn_key=key))
        self._draw_up_to(0)

    def _draw_up_to(self, slot: int) -> None:
        """Draw what has to be known once a slot has begun: its own epoch and the next one."""
        bonds = self._bonds
        while len(self._drawn) < (slot // self.epoch_slots + 2) * self.epoch_slots:
            for draw in self._rng.random(self.epoch_slots).tolist():
                self._drawn.append(min(bisect_right(bonds.ladder, draw), bonds.last) if bonds.alive else -1)

    def choose(self, domain: Domain, now: float) -> Any:
        """Return whoever was drawn for this slot; None where it has lost its stake since."""
        self._draw_up_to(domain.slot)
        seat = self._drawn[domain.slot]
        return domain.leaders[seat] if seat >= 0 and self._bonds.shares[seat] > 0.0 else None

    def ahead(self, domain: Domain, slots: int) -> list[Any]:
        """Return the leaders of the current slot and those after it, to the end of the next epoch."""
        slot = max(0, domain.slot)  # before the first slot the first one comes
        self._draw_up_to(slot)
        coming = self._drawn[slot : slot + slots]
        return [domain.leaders[seat] if seat >= 0 else None for seat in coming]
