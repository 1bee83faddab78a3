"""A lottery by stake in every slot; provable faults cost stake.

Each slot is an independent draw, so a share p of the stake leads runs of k slots with chance p^k.
Sources: Bentov, Pass and Shi (2016), Snow White, ePrint 2016/919 (stake-weighted leaders); Motepalli, Freitas and
Livshits (2023), arXiv 2310.03616 (rotation and slashing of rollup sequencers).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Literal

from market.sequencing.leaders._staked import Staked

if TYPE_CHECKING:
    from market.domain import Domain


class StakeLottery(Staked):
    """Independent draws in proportion to bonded stake."""

    kind: Literal["stake_lottery"] = "stake_lottery"

    def choose(self, domain: Domain, now: float) -> Any:
        """Draw the leader; None when nobody has the least stake."""
        bonds = self._bonds
        if not bonds.alive:
            return None
        # rounding may leave the last step of the ladder a hair below 1
        return domain.leaders[min(bisect_right(bonds.ladder, domain.rng.random()), bonds.last)]
