"""What programmes that pay for liquidity have paid one for quotes of options, and for which series."""

from __future__ import annotations

import numpy as np

from agents.means.option_accounts import markets_of
from agents.means.option_chain import Chain
from market.access.observation import Observation


class QuoteRewards:
    """Notes what has been paid for a market's quotes from look to look.

    Programmes say what they have paid to whom on a rollup, for depth and for quotes together: who provides no depth is
    paid for quotes alone.

    Parameters
    ----------
    provider
        one's row among those whom programmes pay
    """

    def __init__(self, provider: int) -> None:
        self._provider = provider
        self._noted: dict[int, float] = {}  # by market: what had been paid at the last look [USD]

    def since(self, seen: Observation, market: int, chain: Chain) -> np.ndarray:
        """Return what has been paid since the last look, by series: shape (series,) [USD].

        It is put down in equal parts to the markets of the asset on the rollup, and there to the series whose quotes
        count now, by the smaller of both sizes; to all that live where none does.
        """
        count = chain.alive.size
        if not len(seen.mining):
            return np.zeros(count)
        paid = self._paid(seen, chain) / self._alike(seen, chain)
        gained = paid - self._noted.get(market, 0.0)
        self._noted[market] = paid
        weights = self._counting(seen, market, chain)
        weights = weights if weights.any() else chain.alive.astype(float)
        return gained * weights / weights.sum() if weights.any() else np.zeros(count)

    def _paid(self, seen: Observation, chain: Chain) -> float:
        """What all programmes for the asset have paid one on the rollup [USD]."""
        fields = np.asarray(seen.mining_rollups)
        asset = np.asarray(seen.mining["asset"])[fields["programme"].astype(np.int64)]
        mine = (asset == chain.asset) & (fields["rollup"] == chain.rollup)
        return float(np.asarray(seen.mining_scores["paid"])[mine, self._provider].sum())

    def _alike(self, seen: Observation, chain: Chain) -> int:
        markets = seen.option_markets
        return sum(
            int(markets["rollup"][at]) == chain.rollup and int(markets["asset"][at]) == chain.asset
            for at in markets_of(seen)
        )

    def _counting(self, seen: Observation, market: int, chain: Chain) -> np.ndarray:
        """Smaller of both sizes of each quote that some programme counts, 0 for others: shape (series,)."""
        account = int(seen.option_markets["first_account"][market]) + seen.account
        first = int(seen.option_accounts["quotes"][account])
        quotes = np.asarray(seen.option_quotes)[first : first + chain.alive.size]
        programmes = np.asarray(seen.mining)
        widest = programmes["within"][programmes["asset"] == chain.asset].max(initial=0.0) * chain.price
        counts = 0.5 * (quotes["ask"] - quotes["bid"]) <= widest
        return np.where(counts, np.minimum(quotes["bid_size"], quotes["ask_size"]), 0.0)
