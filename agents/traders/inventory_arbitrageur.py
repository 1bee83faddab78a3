"""An arbitrageur against the outside market whose capital moves slowly: it trades from stock and restocks later.

Between a rollup and an exchange outside lie deposits and withdrawals, so whoever holds the two prices together does it
from funds that lie on the rollup already and turns them round every so often. After a large one-sided flow they are
used up, and the gap stays open until they are back (slow-moving capital: Duffie 2010).
"""

from __future__ import annotations

from agents.blocks.arbitrage import outside_seen
from agents.traders.arbitrageur import Arbitrageur
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Purpose
from market.venues.pools.seen import quote


class InventoryArbitrageur(Arbitrageur):
    """Takes gaps to the outside price out of stock, and trades the stock back outside once every `restock_s`.

    Parameters
    ----------
    restock_s
        time between two restockings on a rollup [s]
    least_usd
        least profit after gas of any trade [USD]
    tip_share
        as of the arbitrageur
    """

    def __init__(
        self, seat: Seat, restock_s: float = 600.0, least_usd: float = 0.02, tip_share: float | None = None
    ) -> None:
        super().__init__(seat, outside=True, cycles=False, least_usd=least_usd, tip_share=tip_share)
        if not restock_s > 0.0:
            raise ValueError(f"restock_s must be positive, not {restock_s}")
        self.restock_s = restock_s
        # not all rollups at once, nor all agents
        self._restocks = restock_s * self.rng_own.random(len(self._home))

    def act(self, seen: Observation, desk: Desk) -> None:
        """Trade the gaps of this domain, and restock where it is time."""
        for rollup in seen.rollups:
            if seen.time >= self._restocks[rollup]:
                self._restock(seen, desk, rollup)
                self._restocks[rollup] += self.restock_s
        super().act(seen, desk)

    def _restock(self, seen: Observation, desk: Desk, rollup: int) -> None:
        """Sell outside what there is too much of, or buy what is missing, as far as cash reaches."""
        for asset in range(1, seen.funds.shape[1]):
            surplus = float(seen.funds[rollup, asset] - self._home[rollup, asset])
            if abs(surplus) <= 1e-6 * self._home[rollup, asset]:
                continue
            if surplus > 0.0:
                desk.outside(rollup, asset, 0, surplus, purpose=Purpose.ARBITRAGE)
            else:
                cash = min(-surplus * float(seen.prices[asset]), float(seen.funds[rollup, 0]))
                if cash > 0.0:
                    desk.outside(rollup, 0, asset, cash, purpose=Purpose.ARBITRAGE)

    def _trade_outside(self, seen: Observation, desk: Desk) -> None:
        net = self.hedging.net(seen)
        table = seen.derived(
            ("outside", seen.domain, net.outside_fee), lambda: outside_seen(net).tolist()
        )  # fmt: skip
        for pool, source, sink, amount, _, profit in table:
            pool, source, sink = int(pool), int(source), int(sink)
            row = seen.pools[pool]
            rollup = int(row["rollup"])
            gas = float(seen.gas[rollup])
            if profit <= gas + self.least_usd:
                continue
            best, amount = amount, min(amount, float(seen.funds[rollup, source]))
            if amount <= 0.0:
                continue
            # the profit is concave in size: a smaller trade earns at least in proportion
            tip = self.tips.bid(seen, (pool, amount), profit * amount / best - gas)
            out = quote(seen.pools, seen.ticks, pool, source, amount)
            desk.swap(pool, source, sink, amount, out * (1.0 - 1e-9), tip=tip, purpose=Purpose.ARBITRAGE, expires_s=5.0)
