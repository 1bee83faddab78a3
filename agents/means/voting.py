"""How a holder of stake votes: for what it has earned more under, by its own account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from market.access.observation import Observation
    from market.access.protocols import Ballot
    from market.access.seat import Seat

ROUNDING = 1e-9
"""Relative difference of two incomes that is none."""


class _Look(NamedTuple):
    """What a holder had when it looked at its account."""

    slot: int
    funds: np.ndarray  # (rollups, assets) [units of the asset]
    stake_usd: float


class Voting:
    """Income by policy, from all stretches of slots in which the policy was in force, trials included.

    Income is the change of what one holds on all rollups, liquidity that one provides included, at the prices at the
    end of the stretch, and of the stake that one has bonded. Loans and contracts of perpetuals are left out: whoever
    moves funds into those while votes are held votes by a strategy of its own.
    """

    def __init__(self, seat: Seat) -> None:
        self._provider = seat.provider
        self._earned: dict[tuple[int, Any], tuple[float, int]] = {}  # by domain and policy [USD], [slots]
        self._values: dict[int, Any] = {}  # in force by domain
        self._looks: dict[int, _Look] = {}  # by domain

    def governed(self, seen: Observation, value: Any) -> None:
        """Begin a stretch under a policy."""
        self._close(seen)
        self._values[seen.domain] = value

    def vote(self, seen: Observation, ballot: Ballot) -> bool | None:
        """Whether the proposal has brought more per slot than what is in force; None where it cannot tell."""
        self._close(seen)
        current, proposed = (self.income(seen.domain, value) for value in (ballot.current, ballot.proposed))
        if current is None or proposed is None:
            return None
        if abs(proposed - current) <= ROUNDING * max(abs(proposed), abs(current)):
            return None
        return proposed > current

    def income(self, domain: int, value: Any) -> float | None:
        """Mean income under a policy of a domain [USD/slot]; None without experience of it."""
        earned, slots = self._earned.get((domain, value), (0.0, 0))
        return earned / slots if slots else None

    def _close(self, seen: Observation) -> None:
        """Add the stretch that ends to what its policy has brought, and look at the account for the next one."""
        now = _Look(seen.slot, self._held(seen), seen.stake_usd)
        before, self._looks[seen.domain] = self._looks.get(seen.domain), now
        if before is None or now.slot == before.slot:
            return
        gained = float(((now.funds - before.funds) @ seen.prices).sum()) + now.stake_usd - before.stake_usd
        key = seen.domain, self._values[seen.domain]
        earned, slots = self._earned.get(key, (0.0, 0))
        self._earned[key] = earned + gained, slots + now.slot - before.slot

    def _held(self, seen: Observation) -> np.ndarray:
        """Funds, and one's share of the reserves and fees of pools: shape (rollups, assets) [units of the asset]."""
        held = seen.funds.copy()
        if self._provider < 0:
            return held
        shares, claimed = (seen.provisions[name][self._provider] for name in ("shares", "claimed"))
        pools = seen.pools
        for at in np.flatnonzero(shares > 0.0).tolist():
            owed = shares[at] * (pools["growth"][at] - claimed[at])
            claim = pools["reserve"][at] * shares[at] / pools["shares"][at] + owed
            np.add.at(held[int(pools["rollup"][at])], pools["asset"][at].astype(np.int64), claim)
        return held
