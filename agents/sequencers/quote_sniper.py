"""A sequencer that trades on quotes of options which the price has left behind, before anything else in its block."""

from __future__ import annotations

import numpy as np

from agents.means.option_accounts import Margin, markets_of, own_account
from agents.means.option_chain import chain_of
from agents.sequencers.base import Sequencer
from market.access.desk import Desk
from market.access.observation import BlockView, Observation
from market.access.protocols import Arrangement
from market.access.seat import Seat
from market.intents.rows import Purpose, blank
from market.sequencing.ordering.base import first_come_order, untouched
from market.venues import Kind


class QuoteSniper(Sequencer):
    """Arrival order, and in front of it own trades on quotes of options that are off the price by enough.

    It needs no speed, and reads nothing of what waits: quotes and prices are public, so that sealed contents keep it
    from nothing. Whoever makes a quote anew in the block comes behind it.

    Parameters
    ----------
    volatility
        at which it values options [1/sqrt(year)]
    least_usd
        gain on a quote, after the fee, below which it does nothing [USD]
    margin_share
        of its money on a rollup, paid in as margin [1]
    """

    def __init__(
        self, seat: Seat, volatility: float = 0.8, least_usd: float = 0.1, margin_share: float = 0.5
    ) -> None:  # fmt: skip
        super().__init__(seat)
        if not (volatility > 0.0 and least_usd >= 0.0):
            raise ValueError("volatility must be positive, and least_usd not negative")
        self.volatility, self.least_usd, self.margin = volatility, least_usd, Margin(margin_share)

    def act(self, seen: Observation, desk: Desk) -> None:
        """Pay in margin."""
        if not len(seen.option_markets):
            self.wake_at = np.inf  # markets are founded, and never after
            return
        for market in markets_of(seen):
            self.margin.pay_in(seen, desk, market)

    def arrange(self, seen: BlockView) -> Arrangement:
        """Put its trades in front of what is pending."""
        order = first_come_order(seen.due, self.ties(seen))
        found = [row for market in markets_of(seen) for row in self._snipes(seen, market)]
        if not found:
            return untouched(order)
        own, rows = -1 - np.arange(len(found)), np.concatenate(found)
        return Arrangement(np.concatenate([own, order]), np.full(own.size + order.size, -1), rows)

    def _snipes(self, seen: BlockView, market: int) -> list[np.ndarray]:
        """Trades on the best quotes of a market, as much as each is for."""
        chain, terms = chain_of(seen, market, self.volatility), seen.option_markets[market]
        if seen.option_accounts["cash"][own_account(seen, market)] <= 0.0:
            return []
        worth, found = chain.greeks["price"], []
        series = np.asarray(seen.options)[chain.first : chain.first + worth.size]
        alive = series["expires"] > seen.sealing
        for side, sign, given, taken in (("ask", 1.0, 0, chain.asset), ("bid", -1.0, chain.asset, 0)):
            price, size = series[side], series[f"{side}_size"]
            fee = np.minimum(float(terms["fee"]) * chain.price, float(terms["fee_cap"]) * price)
            gain = (sign * (worth - price) - fee) * size
            for at in np.flatnonzero(alive & (size > 0.0) & (gain > self.least_usd)).tolist():
                row = blank(1)
                row["sender"], row["sent"], row["arrival"] = self.account, seen.time, seen.time
                row["kind"], row["venue"], row["rollup"] = int(Kind.OPTION_TRADE), market, chain.rollup
                row["target"], row["amount"], row["limit"] = chain.first + at, size[at], price[at]
                row["asset_in"], row["asset_out"], row["purpose"] = given, taken, int(Purpose.ARBITRAGE)
                found.append(row)
        return found
