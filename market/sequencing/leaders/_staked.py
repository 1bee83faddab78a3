"""Stake: what all rules share by which sequencers lead in proportion to it.

Stakes are bonded: they leave the sequencer's account when the market opens and lie on the account "stakes" until they
are slashed, which burns them. Whoever falls below the least stake leads no more.
Source: Motepalli, Freitas and Livshits (2023), arXiv 2310.03616 (staking and slashing of rollup sequencers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from market.errors import InputError, blame, fault
from market.sequencing.leaders.base import Fault, Leaders
from market.sequencing.payments import pay
from market.state.ledger import Why

if TYPE_CHECKING:
    from market.domain import Domain, Slot

Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]
ROUNDING = 1e-9


class Bonds:
    """Stakes of one domain as they are now."""

    def __init__(self, bonded: np.ndarray, least: float) -> None:
        self.bonded = bonded  # by seat [USD]
        self.least = least
        self.draw_up()

    def draw_up(self) -> None:
        """Draw up the list that the lottery looks up: cumulative shares of whoever still may lead."""
        counted = np.where(self.bonded >= self.least, self.bonded, 0.0)
        total = float(counted.sum())
        self.shares = counted / total if total > 0.0 else counted
        self.alive = total > 0.0
        self.last = int(np.flatnonzero(counted)[-1]) if self.alive else -1
        self.ladder: list[float] = np.cumsum(self.shares).tolist()


class Staked(Leaders):
    """Sequencers who bond stake, and lose part of it by faults; a subclass says how stake leads."""

    portable: ClassVar[bool] = False
    stakes: tuple[Weight, ...] = Field(
        default=(1.0, 1.0, 1.0), min_length=1, description="relative stakes of the sequencers, one each [1]"
    )
    stake_usd: float = Field(default=300_000.0, gt=0, description="stakes bonded in a domain at the start, all [USD]")
    least_usd: float = Field(default=1_000.0, ge=0, description="stake below which a sequencer leads no more [USD]")
    slash_broken_promise: float = Field(default=0.05, ge=0, le=1, description="stake lost by a broken promise [1]")
    slash_equivocation: float = Field(default=0.05, ge=0, le=1, description="stake lost by signing two blocks [1]")
    slash_early_decryption: float = Field(default=0.2, ge=0, le=1, description="stake lost by decrypting early [1]")
    slash_skipped_order: float = Field(default=0.01, ge=0, le=1, description="stake lost by a skipped intent [1]")
    restake_slots: int = Field(
        default=0, ge=0, description="slots between two occasions to change one's stake; 0: never [1]"
    )
    __slots__ = ("_bonds",)  # read in every slot, which a private attribute makes slow
    if TYPE_CHECKING:
        _bonds: Bonds = PrivateAttr()

    @model_validator(mode="after")
    def _somebody_leads(self) -> Staked:
        if max(self.stakes) / sum(self.stakes) * self.stake_usd < self.least_usd:
            raise ValueError("nobody's stake reaches least_usd")
        return self

    def seats(self) -> int:
        """Return the number of stakes."""
        return len(self.stakes)

    def start(self) -> Staked:
        """Stakes of one domain."""
        own = self.model_copy()
        relative = np.array(self.stakes)
        own._bonds = Bonds(relative / relative.sum() * self.stake_usd, self.least_usd)
        return own

    def seated(self, domain: Domain) -> None:
        """Bond every sequencer's stake."""
        for seat, sequencer in enumerate(domain.leaders):
            stake = float(self._bonds.bonded[seat])
            if self._bond(domain, sequencer, stake) < stake * (1.0 - ROUNDING):
                raise InputError(
                    f"regime.leader.stakes: {sequencer.name} has less than its stake of {stake:.0f} USD; allowed: "
                    "stakes within the sequencers' capital_usd on their rollups"
                )

    def weights(self, domain: Domain) -> np.ndarray:
        """Return shares of the stake of those that may lead."""
        return self._bonds.shares.copy() if self._bonds.alive else super().weights(domain)

    def bonded(self) -> np.ndarray:
        """Return the stakes as they are: shape (seats,) [USD]."""
        return self._bonds.bonded.copy()

    def slash(self, domain: Domain, sequencer: Any, share: float | None, why: Fault) -> float:
        """Burn a share of a sequencer's stake: it comes back to the sequencer and goes on to "burnt"."""
        seat = domain.leaders.index(sequencer)
        lost = float(self._bonds.bonded[seat]) * (getattr(self, f"slash_{why}") if share is None else share)
        lost = self._release(domain, sequencer, lost)
        burnt = domain.market.world.account_of["burnt"]
        pay(domain.market, sequencer.account, burnt, domain.rollups, lost, Why.SLASHING)
        self._change(seat, -lost)
        return lost

    def opened(self, slot: Slot) -> None:
        """At the end of an epoch, let the sequencers add to their stakes or take from them."""
        domain = slot.domain
        if not self.restake_slots or domain.slot == 0 or domain.slot % self.restake_slots:
            return
        for seat, sequencer in enumerate(domain.leaders):
            with blame(domain.market, sequencer):
                change = float(
                    sequencer.restake(domain.market.observations[sequencer.account]._at(domain, slot.sealed_at))
                )
            if not np.isfinite(change):
                raise fault(domain.market, sequencer, f"restakes {change}; allowed: a finite amount")
            if change > 0.0:
                self._change(seat, self._bond(domain, sequencer, change))
            elif change < 0.0:
                self._change(seat, -self._release(domain, sequencer, min(-change, float(self._bonds.bonded[seat]))))

    def _change(self, seat: int, amount: float) -> None:
        self._bonds.bonded[seat] = max(0.0, self._bonds.bonded[seat] + amount)
        self._bonds.draw_up()

    def _bond(self, domain: Domain, sequencer: Any, amount: float) -> float:
        stakes = domain.market.world.account_of["stakes"]
        return pay(domain.market, sequencer.account, stakes, domain.rollups, amount, Why.STAKE)

    def _release(self, domain: Domain, sequencer: Any, amount: float) -> float:
        stakes = domain.market.world.account_of["stakes"]
        return pay(domain.market, stakes, sequencer.account, domain.rollups, amount, Why.STAKE)
