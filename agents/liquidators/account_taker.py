"""A liquidator of accounts of options: starts their auctions, takes parts at a discount, closes what nobody takes."""

from __future__ import annotations

import numpy as np

from agents.base import Liquidator
from agents.means.auctions import EXPIRES_S, Asked
from agents.means.option_accounts import Margin, markets_of, own_account
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.venues import Kind

SHORTFALL = 1e-9
"""Of what an account lacks, by which funds may fall short of it in rounding."""


class AccountTaker(Liquidator):
    """Takes a part of an account as soon as the discount is large enough, as much as its own margin covers.

    What it takes stays on its own account. Of an insolvent account it takes once the payment over its maintenance
    margin is large enough, and asks for the close-out of one for which nobody can be paid.

    Parameters
    ----------
    least_discount
        at which it takes of a solvent account, over its value [1]
    least_payment
        at which it takes of an insolvent one, over its maintenance margin [1]
    use
        of its own margin beyond its initial margin, put behind what it takes [1]
    margin_share
        of its money on a rollup, paid in as margin [1]
    tip_usd
        tip of every intent [USD]
    """

    def __init__(
        self,
        seat: Seat,
        least_discount: float = 0.05,
        least_payment: float = 0.02,
        use: float = 0.5,
        margin_share: float = 0.5,
        tip_usd: float = 0.05,
    ) -> None:
        super().__init__(seat)
        if not (0.0 <= least_discount <= 1.0 and 0.0 <= least_payment <= 1.0 and 0.0 < use <= 1.0):
            raise ValueError("least_discount and least_payment must be in [0, 1], and use in (0, 1]")
        if not 0.0 <= tip_usd < np.inf:
            raise ValueError(f"tip_usd must be at least 0, not {tip_usd}")
        self.least_discount, self.least_payment, self.use, self.tip_usd = least_discount, least_payment, use, tip_usd
        self.margin, self.asked = Margin(margin_share), Asked()

    def act(self, seen: Observation, desk: Desk) -> None:
        """Pay in margin, then see to every account that is under its own."""
        if not len(seen.option_markets):
            self.wake_at = np.inf  # markets are founded, and never after
            return
        for market in markets_of(seen):
            if not self.margin.pay_in(seen, desk, market):
                continue
            own = own_account(seen, market)
            for account in seen.options_under_margin(int(seen.option_markets["rollup"][market])).tolist():
                if account != own and int(seen.option_accounts["market"][account]) == market:
                    self._see_to(seen, desk, market, account, own)

    def _see_to(self, seen: Observation, desk: Desk, market: int, account: int, own: int) -> None:
        """Start an auction, take a part, or have the account closed: whichever it is time for."""
        row, (equity, _, initial) = seen.option_accounts[account], seen.option_margin(account)
        if row["auctioned_at"] < 0.0 or (equity <= 0.0) != (row["insolvent_at"] >= 0.0):
            self._send(seen, desk, Kind.OPTION_AUCTION_START, market, account, 1.0)
            return
        discount, payment = seen.option_sale(account)
        lacking = seen.option_funds(market) < -equity * (1.0 - SHORTFALL)
        if equity <= 0.0 and (lacking or payment >= 1.0):
            self._send(seen, desk, Kind.OPTION_AUCTION_CLOSE, market, account, 1.0)
            return
        if discount < self.least_discount if equity > 0.0 else payment < self.least_payment:
            return
        covered, _, needed = seen.option_margin(own)
        spare = self.use * max(covered - needed, 0.0)
        part = min(1.0, spare / initial) if initial > 0.0 else 1.0
        if part > 0.0:
            self._send(seen, desk, Kind.OPTION_AUCTION_TAKE, market, account, part)

    def _send(self, seen: Observation, desk: Desk, kind: int, market: int, account: int, part: float) -> None:
        """Send an intent unless one like it is still to be answered."""
        if self.asked.may(seen.time, kind, market, account):
            desk.submit(
                kind, int(seen.option_markets["rollup"][market]), market, part, target=account, asset_in=0, asset_out=0,
                tip=self.tip_usd, expires_s=EXPIRES_S,
            )  # fmt: skip

    def learn(self, receipts: np.ndarray) -> None:
        """Note what was answered."""
        self.asked.answered(receipts)
