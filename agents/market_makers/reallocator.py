"""A provider of liquidity that moves it towards where fees less loss-versus-rebalancing pay best."""

from __future__ import annotations

import numpy as np

from agents.base import MarketMaker
from agents.means.inventory import rebalance
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat


class Reallocator(MarketMaker):
    """Measures what each pool paid per unit of value provided, net of loss-versus-rebalancing, and follows it.

    The loss is measured, not modelled: the change of the reserves' value at reference prices beyond what holding the
    reserves of the last look would have brought.

    Parameters
    ----------
    review_s
        time between two looks [s]
    share
        largest share of own capital on a rollup moved at one look [1]
    memory
        weight of the newest look in the remembered return [1]
    """

    def __init__(
        self,
        seat: Seat,
        review_s: float = 300.0,
        share: float = 0.2,
        memory: float = 0.3,
    ) -> None:
        super().__init__(seat)
        if not (review_s > 0.0 and 0.0 < share <= 1.0 and 0.0 < memory <= 1.0):
            raise ValueError("review_s must be positive, share and memory in (0, 1]")
        self.review_s, self.share, self.memory = review_s, share, memory
        self.wake_at = float(self.rng_own.random()) * review_s
        self._provider = seat.provider
        self._last: tuple[np.ndarray, np.ndarray] | None = None
        self.net_return = np.zeros(len(seat.public.pools))
        self._home = seat.funds

    def act(self, seen: Observation, desk: Desk) -> None:
        """Review, withdraw from the worst pool of this domain, provide to the best one."""
        if self._last is None or seen.time >= self._next_review:
            self._review(seen)
            self._next_review = seen.time + self.review_s
            self._moved: set[int] = set()
        mine = [pool for pool in range(len(seen.pools)) if int(seen.pools["rollup"][pool]) in seen.rollups]
        mine = [pool for pool in mine if int(seen.pools["rollup"][pool]) not in self._moved]
        if mine:
            self._move(seen, desk, mine)
            self._moved |= {int(seen.pools["rollup"][pool]) for pool in mine}
            rebalance(seen, desk, self._home)
        if len(self._moved) == seen.funds.shape[0]:
            self.wake_at = self._next_review

    def _review(self, seen: Observation) -> None:
        """Update the remembered net return of every pool [1/s], from public state alone."""
        pools, table = seen.pools, seen.pools
        prices = np.stack(
            [seen.prices[pools["asset"][:, 0].astype(np.int64)], seen.prices[pools["asset"][:, 1].astype(np.int64)]]
        )
        reserves = np.stack([pools["reserve"][:, 0], pools["reserve"][:, 1]])
        shares = table["shares"]
        growth = table["growth"].T
        per_share = np.concatenate([reserves / shares, growth])
        if self._last is not None:
            before, then = self._last
            fees = ((per_share[2:] - before[2:]) * prices).sum(axis=0)
            # value of the reserves now less value now of the reserves held at the last look
            lost = ((per_share[:2] - before[:2]) * prices).sum(axis=0)
            value = (per_share[:2] * prices).sum(axis=0)
            paid = (fees + lost) / value / max(1e-9, seen.time - float(then[0]))
            self.net_return += self.memory * (paid - self.net_return)
        self._last = (per_share, np.array([seen.time]))

    def _move(self, seen: Observation, desk: Desk, mine: list[int]) -> None:
        """Withdraw where the return is below the mean of all pools, provide where it is above."""
        mean = float(self.net_return.mean())
        best = max(mine, key=lambda pool: self.net_return[pool])
        for pool in mine:
            owned = float(seen.provisions["shares"][self._provider, pool])
            if owned > 0.0 and self.net_return[pool] < min(mean, 0.0):
                desk.remove_liquidity(pool, owned * self.share)
        if self.net_return[best] >= mean and self.net_return[best] >= 0.0:
            self._provide(seen, desk, best)

    def _provide(self, seen: Observation, desk: Desk, pool: int) -> None:
        row = seen.pools[pool]
        rollup, first, second = int(row["rollup"]), int(row["asset"][0]), int(row["asset"][1])
        price = row["reserve"][1] / row["reserve"][0]
        amount = min(float(seen.funds[rollup, first]), float(seen.funds[rollup, second] / price)) * self.share
        if amount * float(seen.prices[first]) > 1.0:
            desk.add_liquidity(pool, amount, 1.01 * amount * price)
