"""A sequencer that buys shares of the key when it leads and sells its own when others do, each where it pays.

It sells a share for more than it expects to lose by it: the stake that it may be slashed, and what it would earn less
for having less stake. It buys as many as it lacks where reading is worth more to it than they cost, and what it expects
to lose by using its own. What others ask beyond their expected penalty it does not know: it offers more after it was
refused, and less after it was served.
"""

from __future__ import annotations

import numpy as np

from agents.sequencers.early_decrypter import EarlyDecrypter
from market.access.observation import Observation
from market.access.protocols import Offer, Risk, Tender
from market.access.seat import Seat


class ShareTrader(EarlyDecrypter):
    """Optimal insertion into what it can read, shares of the key bought where that pays.

    Parameters
    ----------
    gain_usd
        what it first believes reading a block to be worth [USD]; moves to what it earns
    memory
        weight of a newly read block in that belief [1]
    least_usd
        profit below which an insertion is not worth its while [USD]
    premium_usd
        first offer for a share beyond what it must be expected to cost its holder by slashing, and the least [USD]
    step
        relative change of the premium after an offer: up if it was refused, down if it was taken [1]
    caution
        factor on what it expects to lose by selling: 1 is risk-neutral, more is averse to being caught [1]
    horizon_slots
        slots of its income that it counts as the rent of its right to lead, of which slashing takes a share [1]
    """

    def __init__(
        self,
        seat: Seat,
        gain_usd: float = 100.0,
        memory: float = 0.02,
        least_usd: float = 0.05,
        premium_usd: float = 0.01,
        step: float = 0.2,
        caution: float = 1.0,
        horizon_slots: float = 1000.0,
    ) -> None:
        super().__init__(seat, gain_usd=gain_usd, memory=memory, least_usd=least_usd)
        if not (premium_usd > 0.0 and 0.0 <= step < 1.0):
            raise ValueError(f"premium_usd must be positive and step in [0, 1), not {premium_usd} and {step}")
        if not (caution >= 0.0 and horizon_slots >= 0.0):
            raise ValueError(f"caution and horizon_slots must be at least 0, not {caution} and {horizon_slots}")
        self.premium_usd = self._floor_usd = premium_usd
        self.step, self.caution, self.horizon_slots = step, caution, horizon_slots
        self._first: tuple[int, np.ndarray, float] | None = None  # slot, funds and stake when it was first asked

    def price_of_shares(self, seen: Observation, tender: Tender) -> float | None:
        """Return what it offers for a share [USD]; None where reading is not worth what it takes, or beyond its means.

        Its offer is the expected loss of the dearest share among the cheapest that it needs, and the premium.
        """
        price = float(tender.penalties[tender.needed - 1]) + self.premium_usd if tender.needed else 0.0
        cost = tender.needed * price
        if cost > float(seen.funds[list(seen.rollups), 0].sum()):
            return None
        return price if self.gain_usd > cost + tender.own * self._loss(seen, tender.risk) else None

    def heard_shares(self, bought: bool) -> None:
        """Offer less next time if enough were sold, more if not."""
        factor = 1.0 - self.step if bought else 1.0 + self.step
        self.premium_usd = max(self._floor_usd, self.premium_usd * factor)

    def sells_share(self, seen: Observation, offer: Offer) -> bool:
        """Whether the price exceeds the slashing to be expected and the rent that would go with it."""
        return offer.price > self._loss(seen, offer.risk)

    def _loss(self, seen: Observation, risk: Risk) -> float:
        """What it expects to lose by a share of its own that is used ahead of time [USD]."""
        rent = risk.chance * risk.lost_share * self.horizon_slots * self._income(seen)
        return self.caution * (risk.penalty + rent)

    def _income(self, seen: Observation) -> float:
        """Mean income since it was first asked, at today's prices, not below nothing [USD/slot]."""
        if self._first is None:
            self._first = seen.slot, seen.funds.copy(), seen.stake_usd
        slot, funds, stake = self._first
        if seen.slot == slot:
            return 0.0
        gained = float(((seen.funds - funds) @ seen.prices).sum()) + seen.stake_usd - stake
        return max(0.0, gained / (seen.slot - slot))
