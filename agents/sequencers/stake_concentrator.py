"""A sequencer that puts what it earns into its stake, and so leads more slots, and so earns more."""

from __future__ import annotations

from agents.sequencers.extractive import Extractive
from market.access.observation import Observation
from market.access.seat import Seat


class StakeConcentrator(Extractive):
    """Reinvests a share of its income of each epoch; it never takes stake out.

    Income is the change of what it holds, at today's prices, since the last occasion, with what it staked then added
    back. Leaders' shares under reinvestment follow an urn: Fanti et al. (2019), Compounding of wealth in proof-of-stake
    cryptocurrencies, Financial Cryptography.

    Parameters
    ----------
    reinvest
        share of an epoch's income put into the stake [1]
    least_usd
        profit below which an insertion is not worth its while [USD]
    """

    def __init__(self, seat: Seat, reinvest: float = 1.0, least_usd: float = 0.05) -> None:
        super().__init__(seat, least_usd=least_usd)
        if not 0.0 <= reinvest <= 1.0:
            raise ValueError(f"reinvest must lie in [0, 1], not {reinvest}")
        self.reinvest = reinvest
        self._held = None
        self._staked = 0.0

    def restake(self, seen: Observation) -> float:
        """Return the share of what came in since the last occasion."""
        income = 0.0
        if self._held is not None:
            income = float(((seen.funds - self._held) @ seen.prices).sum()) + self._staked
        self._held = seen.funds.copy()
        self._staked = self.reinvest * max(0.0, income)
        return self._staked
