"""Whoever can prove a leader's fault in ordering has its stake slashed by the leader part.

Equivocation: a leader that signed an order of sealed intents, saw them opened, and signed another one has put its name
under two blocks of a slot. A skipped order: a leader left out an intent and included a later one of the same rollup;
whoever sent it first can show both. Bundles are offers, and may be left out; so may whatever the block had no room for.
Early decryption: shares of a key bear the name of the member that holds them, so that whoever was sold some before the
order was signed can show whose they are.
Sources: Motepalli, Freitas and Livshits (2023), arXiv 2310.03616 (slashing of rollup sequencers); Buterin (2017),
Minimal slashing conditions (signing twice).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, PrivateAttr

from market.sequencing.leaders.base import Fault
from market.sequencing.oversight.base import Oversight

if TYPE_CHECKING:
    from market.domain import Domain, Slot


class Proofs(Oversight):
    """Stake slashed for faults in ordering that leave evidence."""

    portable: ClassVar[bool] = False
    kind: Literal["proofs"] = "proofs"
    equivocation: float = Field(default=1.0, ge=0, le=1, description="chance that a second signature is proven [1]")
    skipped_order: float = Field(default=1.0, ge=0, le=1, description="chance, per block, that a skip is proven [1]")
    early_decryption: float = Field(
        default=0.5, ge=0, le=1, description="chance, per block, that shares of a key sold ahead of time are proven [1]"
    )
    _rng: np.random.Generator = PrivateAttr()
    _slashed_usd: dict[str, float] = PrivateAttr()

    def start(self) -> Proofs:
        """Give each domain a record of its own."""
        own = self.model_copy()
        own._slashed_usd = {"equivocation": 0.0, "skipped_order": 0.0, "early_decryption": 0.0}
        return own

    def seated(self, domain: Domain) -> None:
        """Take a stream of its own, so that the draws of the order do not depend on who watches."""
        faults = domain.market.streams["faults"]
        key = (*faults.spawn_key, domain.first, 2)
        self._rng = np.random.default_rng(np.random.SeedSequence(entropy=faults.entropy, spawn_key=key))

    @property
    def slashed_usd(self) -> dict[str, float]:
        """What leaders lost so far by fault [USD]."""
        return dict(self._slashed_usd)

    def ordered(self, slot: Slot, rows: np.ndarray) -> None:
        """Slash the leader for what can be proven of its order; only where the order is the leader's to choose."""
        if slot.domain.regime.ordering.kind != "leader":
            return
        committed: tuple[tuple[Fault, bool], ...] = (
            ("equivocation", slot.signed_twice),
            ("skipped_order", skipped(slot.due, rows).size > 0),
        )
        for why, done in committed:
            if done and self._rng.random() < getattr(self, why):
                self._slashed_usd[why] += slot.domain.regime.leader.slash(slot.domain, slot.leader, None, why)

    def opened_early(self, slot: Slot, shares: list[tuple[Any, float]]) -> float:
        """Slash, if it can be proven, what is bonded for each share of the key that it took."""
        rule = slot.domain.regime.leader
        if not hasattr(rule, "bonded") or self._rng.random() >= self.early_decryption:
            return 0.0
        lost = sum(
            rule.slash(slot.domain, agent, rule.slash_early_decryption * bonded, "early_decryption")
            for agent, bonded in shares
        )
        self._slashed_usd["early_decryption"] += lost
        return lost

    def chance(self, why: Fault) -> float:
        """Return the chance that a fault in ordering is proven [1]; there is none of what it does not look for."""
        return getattr(self, why) if why in self._slashed_usd else 0.0

    def expected_penalty(self, domain: Domain, leader: Any, why: Fault) -> float:
        """Return chance of proof times the stake that it costs: nothing where no stake is bonded [USD]."""
        rule = domain.regime.leader
        if why not in self._slashed_usd or not hasattr(rule, "bonded"):
            return 0.0
        stake = float(rule.bonded()[domain.leaders.index(leader)])
        return getattr(self, why) * getattr(rule, f"slash_{why}") * stake


def skipped(due: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Ids of the pending intents that were left out although a later arrival of their rollup was included."""
    included = np.isin(due["id"], rows["id"])
    if included.all() or not included.any():
        return due["id"][:0]
    latest = np.full(int(due["rollup"].max()) + 1, -np.inf)
    np.maximum.at(latest, due["rollup"][included], due["arrival"][included])
    out = ~included & (due["bundle"] < 0) & (due["arrival"] < latest[due["rollup"]])
    return due["id"][out]
