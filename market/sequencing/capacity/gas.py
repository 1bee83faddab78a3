"""Blocks have a gas limit; what does not fit waits in line; a base fee follows congestion.

Each rollup of a domain has a limit and a base fee of its own. The fee is paid per included intent, through the
ledger, to the operator, and changes from block to block by up to `adjustment`: up when the block used more than the
target, down when less. A sender whose fee cap, a share of what the intent moves, lies below the fee waits until it
has fallen.
Source: EIP-1559 (Buterin et al. 2019): target half of the limit, adjustment 1/8; Arbitrum's speed limit of 7 million
gas per second; gas by kind: medians of the respective contracts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numba import njit
from pydantic import Field, PrivateAttr, field_validator

from market.intents.costs import fees
from market.intents.rows import Rows
from market.sequencing.capacity.base import Capacity
from market.state.store import State
from market.venues import Kind
from market.venues.dispatch import GAS, caps, pays

if TYPE_CHECKING:
    from market.domain import Domain, Slot


@njit(cache=True)
def capping_values(state: State, rows: Rows) -> np.ndarray:
    """Value by which the sender of each row caps its fee [USD], below 0 for none: shape (n,)."""
    values = np.empty(rows.size)
    for k in range(rows.size):
        values[k] = caps(state, rows[k])
    return values


@njit(cache=True)
def asked_fees(state: State, rows: Rows) -> np.ndarray:
    """What the sender of each row would pay in fees [USD], 0 where it is not charged: shape (n,)."""
    found = np.zeros(rows.size)
    for k in range(rows.size):
        if pays(state, rows[k]):
            found[k] = fees(state, rows[k])
    return found


@njit(cache=True)
def admit(
    rows: Rows, values: np.ndarray, gas: np.ndarray, fees: np.ndarray, limit: float, share: float, used: np.ndarray,
    kept: np.ndarray,
) -> None:  # fmt: skip
    """Mark in `kept` what goes into the block, and add its gas to `used` (per rollup).

    Bundles fit as a whole or not at all. Once something has not fitted on a rollup, nothing behind it goes in there: a
    small intent does not overtake a large one. A sender who waits for a lower fee is overtaken. `values` (n,) are those
    by which senders cap the fee [USD], below 0 where they do not; `fees` (n,) is what they would pay [USD].
    """
    closed = np.zeros(used.size, np.bool_)
    asked = np.zeros(used.size)
    start = 0
    while start < rows.size:
        end = start + 1
        while end < rows.size and rows[start].bundle >= 0 and rows[end].bundle == rows[start].bundle:
            end += 1
        asked[:] = 0.0
        cost, value, cap = 0.0, 0.0, False
        for k in range(start, end):
            row = rows[k]
            # what names no rollup or is of no kind is reverted at no cost
            if not (0 <= row.rollup < used.size and 0 <= row.kind < gas.size):
                continue
            asked[row.rollup] += gas[row.kind]
            cost += fees[k]
            if values[k] >= 0.0:
                cap = True
                value = max(value, values[k])
        fits = True
        if not cap or cost <= share * value:
            for rollup in range(used.size):
                if asked[rollup] > 0.0 and (closed[rollup] or used[rollup] + asked[rollup] > limit):
                    fits = False
                    closed[rollup] = True
        else:
            fits = False
        if fits:
            used += asked
            kept[start:end] = True
        start = end


class Gas(Capacity):
    """Gas limit per rollup and block, with a backlog and a base fee."""

    kind: Literal["gas"] = "gas"
    limit_per_s: float = Field(
        7e6, gt=0, allow_inf_nan=False, description="gas limit of a rollup's block per second of block time [gas/s]"
    )
    target_share: float = Field(
        0.5, gt=0, le=1, description="share of the limit at which the base fee stays where it is [1]"
    )
    adjustment: float = Field(
        0.125,
        ge=0,
        lt=1,
        description="relative change of the base fee after a block that is empty or twice the target [1]",
    )
    floor_usd: float = Field(
        0.001, ge=0, allow_inf_nan=False,
        description="least base fee of an intent, if larger than the rollup's gas_usd [USD]",
    )  # fmt: skip
    most_fee_share: float = Field(
        0.01, gt=0, allow_inf_nan=False, description="senders' fee cap: share of the value that an intent moves [1]"
    )
    gas: dict[str, float] = Field(default_factory=dict, description="gas by kind of intent where not the default [gas]")
    _fee: np.ndarray = PrivateAttr(default_factory=lambda: np.zeros(0))
    _floor: np.ndarray = PrivateAttr(default_factory=lambda: np.zeros(0))
    _gas: np.ndarray = PrivateAttr(default_factory=lambda: np.zeros(0))

    @field_validator("gas")
    @classmethod
    def _known_kinds(cls, values: dict[str, float]) -> dict[str, float]:
        allowed = [kind.name.lower() for kind in Kind]
        for name, amount in values.items():
            if name not in allowed:
                raise ValueError(f"unknown kind of intent {name!r}; allowed: {', '.join(allowed)}")
            if not (amount >= 0.0 and np.isfinite(amount)):
                raise ValueError(f"gas of {name} must be finite and not negative, not {amount}")
        return values

    @property
    def base_fee(self) -> np.ndarray:
        """Fee of an intent in the next block, by rollup (those of other domains: 0) [USD]."""
        return self._fee

    def fit(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Fill the block up to the limit, charge the base fee, and set that of the next block."""
        tables, rollups = slot.market.world.tables, list(slot.domain.rollups)
        tables.rollups["gas"][rollups] = self._fee[rollups]
        self._quote(slot.domain, slot.time)
        limit = self.limit_per_s * slot.domain.block_time
        used, kept = np.zeros(self._fee.size), np.zeros(rows.size, np.bool_)
        share = self.most_fee_share
        state = slot.market.world.state
        admit(rows, capping_values(state, rows), self._gas, asked_fees(state, rows), limit, share, used, kept)
        target = self.target_share * limit
        change = np.clip((used[rollups] - target) / target, -1.0, 1.0)
        self._fee[rollups] = np.maximum(self._floor[rollups], self._fee[rollups] * (1.0 + self.adjustment * change))
        if kept.all():
            return rows
        slot.give_back(rows[~kept])
        return rows[kept]

    def seated(self, domain: Domain) -> None:
        """Begin with the fees that the rollups are configured with."""
        super().seated(domain)
        config, rollups = domain.market.config, list(domain.rollups)
        self._floor = np.zeros(len(config.rollups))
        self._floor[rollups] = [max(self.floor_usd, config.rollups[at].gas_usd) for at in rollups]
        self._fee = self._floor.copy()
        names = {kind.name.lower(): int(kind) for kind in Kind}
        self._gas = GAS.copy()
        for name, amount in self.gas.items():
            self._gas[names[name]] = amount

    def joined(self, domain: Domain, rollups: tuple[int, ...]) -> None:
        """Begin with the fees that rollups that join are configured with, and forget those of rollups that left."""
        here = np.isin(np.arange(self._fee.size), domain.rollups)
        self._floor[~here] = self._fee[~here] = 0.0
        at = list(rollups)
        self._floor[at] = [max(self.floor_usd, domain.market.config.rollups[rollup].gas_usd) for rollup in rollups]
        self._fee[at] = self._floor[at]
        super().joined(domain, rollups)
