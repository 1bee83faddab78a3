"""An arbitrageur that bids for the express lane of a regime that sells one.

Where there is no lane it is an ordinary arbitrageur. The lane is worth to it what it earns in rounds that it
controls more than in others; as the price is the second highest bid, it bids what it believes the lane to be worth.
Where a controller may sell the lane on within a round, it offers that much of its value as is left of the round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.traders.arbitrageur import Arbitrageur
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Status
from market.venues import Kind

if TYPE_CHECKING:
    from market.access.protocols import Reason


FILLED, EXCHANGES = int(Status.FILLED), (int(Kind.SWAP), int(Kind.OUTSIDE))


class ExpressBidder(Arbitrageur):
    """Bids its learned value of a round.

    Parameters
    ----------
    first_bid_usd
        value of a round that it believes in at first [USD]
    memory
        weight of a new round in what it remembers of rounds with the lane, and of rounds without [1]
    shading
        bid over believed value [1]; 1 is optimal where bidders do not collude
    outside, cycles, least_usd, unwind_bp, tip_share
        as of the arbitrageur
    """

    def __init__(
        self,
        seat: Seat,
        first_bid_usd: float = 20.0,
        memory: float = 0.1,
        shading: float = 1.0,
        outside: bool = True,
        cycles: bool = True,
        least_usd: float = 0.02,
        unwind_bp: float = 10.0,
        tip_share: float | None = None,
    ) -> None:
        super().__init__(
            seat, outside=outside, cycles=cycles, least_usd=least_usd, unwind_bp=unwind_bp, tip_share=tip_share
        )
        if not (first_bid_usd >= 0.0 and 0.0 < memory <= 1.0 and shading >= 0.0):
            raise ValueError(
                "first_bid_usd and shading must be at least 0 and memory in (0, 1], not "
                f"{first_bid_usd}, {shading}, {memory}"
            )
        self.memory, self.shading = memory, shading
        self.premium_usd = first_bid_usd  # believed gain of a round with the lane over one without
        self.without_usd = 0.0  # remembered gain of a round without the lane
        self.rounds_won = 0
        self._rounds: dict[int, list[tuple[float, float, bool]]] = {}  # by domain: (start, end, won), the last three
        self._gains: list[tuple[float, int, float]] = []  # (arrival, domain, gain) not yet put down to a round
        self._rollups = seat.public.graph.nodes  # each with the domain that sequences it now
        self._prices, self._gas = seat.public.prices, seat.public.gas
        self._bidding_in = 0
        self._traded: set[tuple[int, float]] = set()  # rounds that were handed on from or to it: (domain, start)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Return what an arbitrageur looks for."""
        return super().reasons

    def bid_for_lane(self, seen: Observation) -> float:
        """Bid for the coming round of this domain's lane [USD]."""
        self._bidding_in = seen.domain
        funds = float(seen.funds[list(seen.rollups), 0].sum())
        return min(self.shading * max(0.0, self.premium_usd), funds)

    def offer_for_lane(self, seen: Observation, start_s: float, end_s: float) -> float:
        """Offer for the rest of the present round of this domain's lane [USD]."""
        return self.bid_for_lane(seen) * (end_s - seen.time) / (end_s - start_s)

    def lane_bought(self, price_usd: float, start_s: float) -> None:
        """Note that the round from `start_s` on is its own from now on: such a round teaches nothing."""
        self._traded.add((self._bidding_in, start_s))

    def heard_lane(self, won: bool, price_usd: float, start_s: float, end_s: float) -> None:
        """Learn from the round before last, which is over, and note the coming one."""
        self.rounds_won += won
        rounds = self._rounds.setdefault(self._bidding_in, [])
        rounds.append((start_s, end_s, won))
        if len(rounds) < 3:
            return
        begin, end, had = rounds.pop(0)
        domain = self._bidding_in
        earned = sum(gain for at, where, gain in self._gains if where == domain and begin <= at < end)
        self._gains = [entry for entry in self._gains if entry[1] != domain or entry[0] >= end]
        if (domain, begin) in self._traded:
            self._traded.discard((domain, begin))
        elif had:
            self.premium_usd += self.memory * (earned - self.without_usd - self.premium_usd)
        else:
            self.without_usd += self.memory * (earned - self.without_usd)

    def learn(self, receipts: np.ndarray) -> None:
        """State what trades earned, at reference prices less tips and gas, to the time at which they arrived."""
        super().learn(receipts)
        # as lists: there are few at a time, and most often none was executed
        fates = zip(receipts["status"].tolist(), receipts["kind"].tolist(), strict=True)
        traded = [at for at, (status, kind) in enumerate(fates) if status == FILLED and kind in EXCHANGES]
        if not traded:
            return
        done = receipts.take(traded)
        price, gas = self._prices, self._gas
        gain = done["filled_out"] * price[done["asset_out"]] - done["filled_in"] * price[done["asset_in"]]
        gain -= done["tip"] + gas[done["rollup"]]
        self._gains += [
            (at, self._rollups[rollup]["domain"], earned)
            for at, rollup, earned in zip(done["arrival"].tolist(), done["rollup"].tolist(), gain.tolist(), strict=True)
        ]
