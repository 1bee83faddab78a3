"""A sniper of options who remembers quotes, and races for them by tips or in the express lane."""

from __future__ import annotations

import numpy as np

from agents.means.option_accounts import own_account
from agents.means.option_chain import chain_of
from agents.traders.option_sniper import OptionSniper
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.venues import Kind


class OptionRacer(OptionSniper):
    """Values every series at one volatility and the reference price, and trades where quotes are off by enough.

    It goes by the last quote that it saw, since makers put up again what was taken, and trades up to what a series is
    worth to it. It races the maker's new quotes: by its latency, by a tip where tips are heeded, or in the express
    lane, for which it bids by what it has gone after since the last round was sold.

    Parameters
    ----------
    volatility
        at which it values options [1/sqrt(year)]
    least_usd
        gain on a quote, after the fee, below which it does nothing [USD]
    tip_share
        share of the gain that it tips where tips are heeded [1]
    lane_share
        share of that which it bids for a round of the express lane [1]
    margin_share
        of its money on a rollup, paid in as margin [1]
    """

    def __init__(
        self,
        seat: Seat,
        volatility: float = 0.8,
        least_usd: float = 0.0,
        tip_share: float = 0.0,
        lane_share: float = 0.0,
        margin_share: float = 0.5,
    ) -> None:
        super().__init__(seat, least_usd=least_usd, margin_share=margin_share)
        if not (volatility > 0.0 and 0.0 <= tip_share < 1.0 and lane_share >= 0.0):
            raise ValueError("volatility must be positive, tip_share in [0, 1), and lane_share at least 0")
        self.volatility, self.tip_share, self.lane_share = volatility, tip_share, lane_share
        self.seen_usd = 0.0  # gains that it has gone after [USD]
        self._bids_since = 0.0
        self._last: dict[tuple[int, str], tuple[np.ndarray, np.ndarray]] = {}  # by market and side: price, size

    def bid_for_lane(self, seen: Observation) -> float:
        """Bid for a round of the express lane by what there has been to earn since the last one was sold [USD]."""
        gone_after, self._bids_since = self.seen_usd - self._bids_since, self.seen_usd
        return min(self.lane_share * gone_after, float(seen.funds[list(seen.rollups), 0].sum()))

    def _snipe(self, seen: Observation, desk: Desk, market: int) -> None:
        """Trade each series on the side on which it pays."""
        chain = chain_of(seen, market, self.volatility)
        terms, worth = seen.option_markets[market], chain.greeks["price"]
        series = np.asarray(seen.options)[chain.first : chain.first + worth.size]
        own, tips = own_account(seen, market), self.tip_share if seen.heeds_tips else 0.0
        for side, sign, by, given, taken in (
            ("ask", 1.0, "asker", 0, chain.asset), ("bid", -1.0, "bidder", chain.asset, 0),
        ):  # fmt: skip
            price, size = self._last_seen(market, side, series)
            fee = np.minimum(float(terms["fee"]) * chain.price, float(terms["fee_cap"]) * price)
            gain = (sign * (worth - price) - fee) * size
            for at in np.flatnonzero((gain > self.least_usd) & chain.alive).tolist():
                quote, tip = int(series[by][at]), tips * float(gain[at])
                limit = float(worth[at] - sign * fee[at])
                if limit <= 0.0 or (quote >= 0 and int(seen.option_quotes["account"][quote]) == own):
                    continue
                self.seen_usd += float(gain[at])
                desk.submit(
                    Kind.OPTION_TRADE, chain.rollup, market, float(size[at]), target=chain.first + at, asset_in=given,
                    asset_out=taken, limit=limit, tip=tip, expires_s=seen.block_time,
                )  # fmt: skip

    def _last_seen(self, market: int, side: str, series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Price and size of the quote that was last seen on a side, by series; not a number where none ever was."""
        if (market, side) not in self._last:
            self._last[market, side] = np.full(series.size, np.nan), np.zeros(series.size)
        price, size = self._last[market, side]
        there = series[f"{side}_size"] > 0.0
        price[there], size[there] = series[side][there], series[f"{side}_size"][there]
        return price, size
