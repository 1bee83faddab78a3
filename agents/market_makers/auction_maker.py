"""A maker of options that bids in auctions of covered calls, and quotes as if it had already what it expects to win."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from agents.market_makers._quoting import HabitsOptions
from agents.market_makers.avellaneda_stoikov import AvellanedaStoikov
from agents.market_makers.zero_profit import exposure
from agents.means.option_accounts import own_account
from agents.means.option_chain import Chain
from agents.means.option_sales import Sale, open_sales
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.settings import YEAR_S
from market.venues import Kind


class AuctionMaker(AvellanedaStoikov):
    """Quotes about its reservation price, and bids for covered calls what they are worth to it given what it holds.

    A bid is for a part of what is on offer, at its reservation price on average over so many calls more: paying that
    leaves it no better and no worse. It bids as it sees the auction, and once more in the last slots before bids are
    opened, if its price is another then. Since what is on offer is known before, it may reckon with the calls that it
    expects to win, by what part of its bids it has won so far: then its quotes fall ahead of the auction.

    Parameters
    ----------
    bid_share
        part of what is on offer that it bids for [1]
    anticipates
        whether it quotes as if it had what it expects to win
    memory
        weight of the newest auction in the part of its bids that it expects to win, all of them to begin with [1]
    risk_aversion, decay, session_s, symmetric
        see :class:`agents.market_makers.avellaneda_stoikov.AvellanedaStoikov`
    volatility, size, series, margin_share, tip_usd, most_gamma_usd, most_vega_usd, hedge_s, hedge_venue, hedge_rollup,
    hedge_slippage_bp, hedge_tip_usd
        see :class:`agents.market_makers._quoting.Habits`
    """

    def __init__(
        self,
        seat: Seat,
        bid_share: float = 0.5,
        anticipates: bool = True,
        memory: float = 0.5,
        risk_aversion: float = 0.1,
        decay: float = 1.5,
        session_s: float = 3600.0,
        symmetric: bool = False,
        **habits: Unpack[HabitsOptions],
    ) -> None:
        super().__init__(seat, risk_aversion, decay, session_s, symmetric, **habits)
        if not (0.0 < bid_share <= 1.0 and 0.0 < memory <= 1.0):
            raise ValueError("bid_share and memory must be in (0, 1]")
        self.bid_share, self.anticipates, self.memory = bid_share, anticipates, memory
        self.won_share = 1.0  # part of its bids that it expects to win
        # by market, row and number of an auction: series, calls bid for, and what it held of them before the end
        self._bids: dict[tuple[int, int, int], tuple[int, float, float]] = {}
        self._due: list[tuple[int, Sale, float, float]] = []  # bids to be sent: market, auction, calls, price

    def prices(self, seen: Observation, market: int, chain: Chain, positions: np.ndarray) -> tuple[np.ndarray, ...]:
        """Half the spread below and above the reservation price, given what it holds and expects to win."""
        sales, expected = open_sales(seen, market), positions.copy()
        self._close(market, positions, sales)
        for sale in sales:
            calls = self.bid_share * sale.amount
            price = self._worth(seen, market, chain, positions, sale.series, calls)
            self._bid(seen, market, sale, calls, price)
            key = market, sale.row, sale.number
            if key not in self._bids:
                continue
            self._bids[key] = sale.series, calls, float(positions[sale.series])
            if self.anticipates:
                expected[sale.series] += self.won_share * calls
        return super().prices(seen, market, chain, expected)

    def act(self, seen: Observation, desk: Desk) -> None:
        """Quote and hedge, and send the bids that this led to."""
        super().act(seen, desk)
        for market, sale, calls, price in self._due:
            terms = seen.option_markets[market]
            cash = float(seen.option_accounts["cash"][own_account(seen, market)])
            money = min(calls * price, cash)
            if money > 0.0:
                desk.submit(
                    Kind.OPTION_BID, int(terms["rollup"]), market, money, target=sale.row, asset_in=0,
                    asset_out=int(terms["asset"]), limit=price, tip=self.habits.tip_usd,
                    expires_s=sale.closes - seen.time,
                )  # fmt: skip
        self._due = []

    def _worth(
        self, seen: Observation, market: int, chain: Chain, positions: np.ndarray, series: int, calls: float
    ) -> float:
        """Reservation price of so many calls more, on average over them [USD]."""
        since = seen.time - self._began.setdefault(market, seen.time)
        left = (self.session_s - since % self.session_s) / YEAR_S
        risk = exposure(chain, self.habits)
        held = float(positions @ risk) + 0.5 * calls * float(risk[series])
        return float(chain.greeks["price"][series] - self.risk_aversion * risk[series] * held * left)

    def _bid(self, seen: Observation, market: int, sale: Sale, calls: float, price: float) -> None:
        """Bid in an auction that one sees for the first time, and again near its end."""
        key, ends = (market, sale.row, sale.number), sale.closes - 2.0 * seen.block_time <= seen.sealing < sale.closes
        if price < sale.reserve or seen.sealing >= sale.closes or not (ends or key not in self._bids):
            return
        self._bids[key] = sale.series, calls, 0.0
        self._due.append((market, sale, calls, price))

    def _close(self, market: int, positions: np.ndarray, sales: list[Sale]) -> None:
        """Take note of what was won in a market's auctions that are over."""
        still = {(market, sale.row, sale.number) for sale in sales}
        for key in [key for key in self._bids if key[0] == market and key not in still]:
            series, calls, before = self._bids.pop(key)
            won = min(max(float(positions[series]) - before, 0.0) / calls, 1.0)
            self.won_share += self.memory * (won - self.won_share)
