"""An arbitrageur without stock: it buys where an asset is cheap, sends it over a bridge, and sells where it is dear.

It needs funds in the numeraire alone, and every trade takes as long as the bridge; what is left of the gap by then is
its risk. Both ways are found in practice: Cross-chain arbitrage (2025), arXiv 2501.17335.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agents.base import Trader
from agents.blocks.arbitrage import best_input, compose
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Purpose, Status
from market.venues import Kind

NUMERAIRE, ASSET = 0, 1
LIFE_S = 10.0
"""After which buying is not worth waiting for [s]."""
YEAR_S = 365.0 * 86_400.0


@dataclass(frozen=True)
class Trip:
    """Something bought, and on its way to where it is sold."""

    amount: float  # [units of the asset]
    bridge: int
    source: int  # rollup
    target: int  # rollup
    due: float  # when it arrives [s]; infinite before it is sent


class BridgingArbitrageur(Trader):
    """One gap at a time: the best between the main pools of two rollups with a bridge between them.

    Parameters
    ----------
    least_usd
        least profit after gas and the bridge's fee [USD]
    aversion
        how many standard deviations of the price over the time of the bridge count as a cost [1]
    """

    def __init__(self, seat: Seat, least_usd: float = 0.02, aversion: float = 0.2) -> None:
        super().__init__(seat)
        if not aversion >= 0.0:
            raise ValueError(f"aversion must not be negative, not {aversion}")
        self.least_usd, self.aversion = least_usd, aversion
        self._pools = seat.main_pools[ASSET].tolist()
        self._sd = seat.config.assets[ASSET - 1].volatility / np.sqrt(YEAR_S)  # of the log price [1/sqrt(s)]
        self._asked: Trip | None = None  # bought as soon as its receipt says so
        self._trip: Trip | None = None
        self._selling, self._delay = False, 0.0

    def act(self, seen: Observation, desk: Desk) -> None:
        """Buy, send or sell, whichever is next and can be done in this slot."""
        trip = self._trip
        if trip is None:
            if self._asked is None:
                self._buy(seen, desk)
        elif trip.due == np.inf:
            if trip.source in seen.rollups:
                desk.bridge(trip.bridge, trip.source, ASSET, trip.amount)
                self._trip = replace(trip, due=np.nan)  # until the bridge has taken it
        elif seen.time >= trip.due and trip.target in seen.rollups and not self._selling:
            # at any price: it has no other use for it
            pool, amount = self._pools[trip.target], min(trip.amount, seen.funds.item(trip.target, ASSET))
            desk.swap(pool, ASSET, NUMERAIRE, amount, 0.0, purpose=Purpose.CYCLE)
            self._selling = True

    def learn(self, receipts: np.ndarray) -> None:
        """Go on to the next step of the trade once the last one is done; begin anew where buying failed."""
        for row in receipts:
            filled = row["status"] == Status.FILLED
            if row["kind"] == Kind.BRIDGE and self._trip is not None:
                # a bridge that cannot take it now is asked again
                self._trip = replace(
                    self._trip,
                    amount=float(row["filled_out"]) if filled else self._trip.amount,
                    due=float(row["executed"]) + self._delay if filled else np.inf,
                )
            elif row["kind"] == Kind.SWAP and self._selling:
                self._selling = False
                self._trip = None if filled else self._trip
            elif row["kind"] == Kind.SWAP and self._asked is not None:
                self._trip = replace(self._asked, amount=float(row["filled_out"])) if filled else None
                self._asked = None

    def _buy(self, seen: Observation, desk: Desk) -> None:
        """Buy what pays best to buy in this domain and to sell elsewhere, as far as money there reaches."""
        best, found = self.least_usd, None
        for bridge in range(len(seen.bridges)):
            row = seen.bridges[bridge]
            for source, target in ((int(row["source"]), int(row["target"])), (int(row["target"]), int(row["source"]))):
                if source not in seen.rollups or min(self._pools[source], self._pools[target]) < 0:
                    continue
                profit, amount, out = self._worth(seen, source, target, float(row["fee"]), float(row["delay"]))
                if profit > best:
                    best, found = profit, (bridge, source, target, amount, out, float(row["delay"]))
        if found is not None:
            bridge, source, target, amount, out, self._delay = found
            least = out * (1.0 - 0.25 * best / amount)
            pool = self._pools[source]
            desk.swap(pool, NUMERAIRE, ASSET, amount, least, purpose=Purpose.CYCLE, expires_s=LIFE_S)
            self._asked = Trip(out, bridge, source, target, np.inf)

    def _worth(
        self, seen: Observation, source: int, target: int, fee: float, delay: float
    ) -> tuple[float, float, float]:
        """Profit of the best size that money reaches for [USD], what it costs [USD], and what is bought [units]."""
        (money, buys), (sells, paid) = (
            _sides(seen, self._pools[source], NUMERAIRE),
            _sides(seen, self._pools[target], ASSET),
        )
        fees = seen.pools["fee"][[self._pools[source], self._pools[target]]]
        keep = (1.0 - fees) * [1.0, 1.0 - fee]
        a, b, c = compose(np.array([money, sells]), np.array([buys, paid]), keep)
        amount = min(best_input(a, b, c)[0], seen.funds.item(source, NUMERAIRE))
        if not amount > 0.0:
            return 0.0, 0.0, 0.0
        risk = self.aversion * self._sd * np.sqrt(delay) * amount
        gas = seen.gas.item(source) * 2.0 + seen.gas.item(target)
        bought = buys * keep[0] * amount / (money + keep[0] * amount)
        return a * amount / (b + c * amount) - amount - risk - gas, amount, bought


def _sides(seen: Observation, pool: int, source: int) -> tuple[float, float]:
    """Reserves of a pool: of the asset that goes in, and of the other."""
    side = 0 if int(seen.pools["asset"][pool, 0]) == source else 1
    return float(seen.pools["reserve"][pool, side]), float(seen.pools["reserve"][pool, 1 - side])
