"""A trader who takes quotes of options that the price has left behind."""

from __future__ import annotations

import numpy as np

from agents.base import Trader
from agents.means.option_accounts import Margin, markets_of
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.venues import Kind

SIDES = ("bid", "ask")


class OptionSniper(Trader):
    """Values every series at the reference price, and takes the best quotes that are off by more than it costs.

    Its limit is what leaves `least_usd` after the fee, so that a quote which its maker has moved in time is not taken.

    Parameters
    ----------
    least_usd
        gain on a quote below which it is not worth an intent, after fee, gas and tip [USD]
    most
        options that it takes of one quote at most [1]
    margin_share
        of its money on a rollup, paid in as margin [1]
    tip_usd
        tip of every intent [USD]
    """

    def __init__(
        self, seat: Seat, least_usd: float = 0.1, most: float = 100.0, margin_share: float = 0.5, tip_usd: float = 0.0
    ) -> None:
        super().__init__(seat)
        if not (least_usd >= 0.0 and most > 0.0 and tip_usd >= 0.0):
            raise ValueError("least_usd and tip_usd must not be negative, and most positive")
        self.least_usd, self.most, self.tip_usd = least_usd, most, tip_usd
        self.margin = Margin(margin_share)

    def act(self, seen: Observation, desk: Desk) -> None:
        """Look at the chain of each market."""
        if not len(seen.option_markets):
            self.wake_at = np.inf  # markets are founded, and never after
            return
        for market in markets_of(seen):
            if self.margin.pay_in(seen, desk, market):
                self._snipe(seen, desk, market)

    def _snipe(self, seen: Observation, desk: Desk, market: int) -> None:
        """Take all that is off by enough, on either side."""
        row = seen.option_markets[market]
        first, rollup, asset = int(row["first_series"]), int(row["rollup"]), int(row["asset"])
        price = float(seen.prices[asset])
        worth = seen.option_values(market, price)
        chain = np.asarray(seen.options)[first : first + worth.size]
        alive = chain["expires"] > seen.sealing
        for sign, side in zip((-1.0, 1.0), SIDES, strict=True):
            offered, size = chain[side], np.minimum(chain[f"{side}_size"], self.most)
            fee = np.minimum(price * row["fee"], offered * row["fee_cap"])
            gain = size * (sign * (worth - offered) - fee)
            costs = float(seen.gas[rollup]) + self.tip_usd + self.least_usd
            for at in np.flatnonzero(alive & (gain > costs)).tolist():
                spare = (gain[at] - costs) / size[at]
                given, taken = (0, asset) if side == "ask" else (asset, 0)
                desk.submit(
                    Kind.OPTION_TRADE, rollup, market, float(size[at]), target=first + at, asset_in=given,
                    asset_out=taken, limit=float(max(offered[at] + sign * spare, 1e-9)), tip=self.tip_usd,
                    expires_s=seen.block_time,
                )  # fmt: skip
