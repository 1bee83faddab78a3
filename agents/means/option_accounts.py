"""What strategies on options share: which markets a slot concerns, and margin in one's own account there."""

from __future__ import annotations

import numpy as np

from market.access.desk import Desk
from market.access.observation import Observation
from market.venues import Kind


def markets_of(seen: Observation) -> list[int]:
    """Markets of options on the rollups of this domain, looked up once: no market is founded later."""
    return seen.fixed(("markets of options", seen.rollups), _markets_of, seen)


def _markets_of(seen: Observation) -> list[int]:
    return np.flatnonzero(np.isin(seen.option_markets["rollup"], seen.rollups)).tolist()


def own_account(seen: Observation, market: int) -> int:
    """One's own account on a market of options."""
    return int(seen.option_markets["first_account"][market]) + seen.account


class Margin:
    """Pays a share of one's funds on a rollup into one's account on each of its markets of options, once.

    Parameters
    ----------
    share
        of the money that lies on the rollup when it is paid in [1]
    """

    def __init__(self, share: float) -> None:
        if not 0.0 < share <= 1.0:
            raise ValueError("margin_share must be in (0, 1]")
        self.share = share
        self._sent: dict[int, int] = {}  # by market: the account that it was paid into

    def pay_in(self, seen: Observation, desk: Desk, market: int) -> bool:
        """Pay in, the first time; returns whether it is there."""
        account = self._sent.get(market, -1)
        if account < 0:
            account = self._sent[market] = own_account(seen, market)
            rollup = int(seen.option_markets["rollup"][market])
            # margin of several markets on a rollup is shared out evenly
            beside = int((seen.option_markets["rollup"] == rollup).sum())
            amount = self.share * float(seen.funds[rollup, 0]) / beside
            if amount > 0.0:
                desk.submit(Kind.OPTION_DEPOSIT, rollup, market, amount, target=account, asset_in=0, asset_out=0)
        return seen.option_accounts["cash"].item(account) != 0.0
