"""A vault that sells calls on the underlying that it holds, round after round, by sealed auction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.base import Trader
from agents.means.option_accounts import markets_of, own_account
from agents.means.option_chain import chain_of
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Status
from market.venues import Kind

LEAST_USD = 0.01
"""Premiums below which it does not bother to take them out [USD]."""


@dataclass
class Round:
    """What became of a round: units that it held, the series' strike and worth to it, and how the auction ended."""

    expires: float
    units: float
    strike: float
    worth: float
    offered: float = 0.0
    sold: float = 0.0
    price: float = float("nan")


class CallVault(Trader):
    """Covers calls with what it holds, auctions them, and buys more of the underlying for the premiums.

    A round begins with the listing of an expiry, of which everybody knows the time: how long it lasts is the expiry's
    tenor. The vault chooses the call whose delta, or whose strike over the price, is nearest to its target, and offers
    as many as it holds units, at no less than a part of what it thinks that they are worth. As the time for bids is
    over it has them opened, takes the premiums out, and buys the underlying outside: the next round is on that, too.
    Calls in the money are paid out of the cover. What is not sold is covered for nothing until the expiry.
    Source: the form is that of option vaults such as Ribbon's (Theta Vaults, documentation, 2022): weekly calls of a
    delta near 0.1 on all that was deposited, sold on Gnosis Auction, premiums deposited anew.

    Parameters
    ----------
    delta
        of the call that it looks for, at its own volatility [1]
    moneyness
        strike over price that it looks for instead; None: it goes by delta [1]
    volatility
        at which it values calls [1/sqrt(year)]
    discount
        least price below that value, over it [1]
    share
        of what it holds of the underlying on a rollup, for which it sells calls [1]
    wait_s
        from the listing of an expiry to the beginning of its auction [s]
    bidding_s
        length of the auction [s]
    compounds
        whether premiums buy more of the underlying; else they are kept
    expiry
        of which of a market's expiries it sells calls, counted from the first

    Attributes
    ----------
    rounds : dict
        by market and time of expiry: what became of it
    """

    def __init__(
        self,
        seat: Seat,
        delta: float = 0.1,
        moneyness: float | None = None,
        volatility: float = 0.8,
        discount: float = 0.1,
        share: float = 1.0,
        wait_s: float = 60.0,
        bidding_s: float = 120.0,
        compounds: bool = True,
        expiry: int = 0,
    ) -> None:
        super().__init__(seat)
        if not (0.0 < delta < 1.0 and (moneyness is None or moneyness > 0.0) and volatility > 0.0):
            raise ValueError("delta must be in (0, 1), moneyness and volatility positive")
        if not (0.0 <= discount <= 1.0 and 0.0 < share <= 1.0 and wait_s >= 0.0 and bidding_s > 0.0 and expiry >= 0):
            raise ValueError(
                "discount must be in [0, 1], share in (0, 1], wait_s and expiry not negative, and bidding_s positive"
            )
        self.delta, self.moneyness, self.volatility = delta, moneyness, volatility
        self.least, self.share, self.compounds, self.expiry = 1.0 - discount, share, compounds, expiry
        self.wait_s, self.bidding_s = wait_s, bidding_s
        self.rounds: dict[tuple[int, float], Round] = {}
        self._atomic = seat.config.outside.atomic
        self._asked: set[tuple[int, int]] = set()  # auctions that it has asked to have opened: row and number
        self._taken: dict[int, float] = {}  # by market: premiums that are on their way out [USD]

    def act(self, seen: Observation, desk: Desk) -> None:
        """Offer, have bids opened, take premiums out: whatever is due."""
        if not len(seen.option_sales):
            self.wake_at = np.inf  # places for auctions are founded, and never after
            return
        for market in markets_of(seen):
            own = own_account(seen, market)
            mine = (np.asarray(seen.option_sales["seller"]) == own) & (seen.option_sales["market"] == market)
            for sale in np.flatnonzero(mine & (seen.option_sales["number"] > 0.0)).tolist():
                self._follow(seen, desk, market, sale)
            self._offer(seen, desk, market)
            self._take_out(seen, desk, market, float(seen.option_accounts["cash"][own]))

    def learn(self, receipts: np.ndarray) -> None:
        """Ask again for what did not happen, and buy for what has come out."""
        for row in receipts:
            done = row["status"] == Status.FILLED
            if row["kind"] == Kind.OPTION_ALLOT and not done:
                self._asked = {known for known in self._asked if known[0] != int(row["target"])}
            elif row["kind"] == Kind.OPTION_WITHDRAW:
                self._taken.pop(int(row["venue"]), None)
            elif row["kind"] == Kind.OPTION_OFFER and not done:
                del self.rounds[max(key for key in self.rounds if key[0] == int(row["venue"]))]

    def _follow(self, seen: Observation, desk: Desk, market: int, sale: int) -> None:
        """Have the bids of an auction opened once its time is over, and note what came of it."""
        row = seen.option_sales[sale]
        found = self.rounds.get((market, float(row["expires"])))
        key = sale, int(row["number"])
        if row["open"] == 0.0:
            if found is not None:
                found.sold, found.price = float(row["sold"]), float(row["price"])
        elif seen.sealing >= row["closes"] and key not in self._asked:
            self._asked.add(key)
            desk.submit(Kind.OPTION_ALLOT, int(seen.option_markets["rollup"][market]), market, 1.0, target=sale)

    def _offer(self, seen: Observation, desk: Desk, market: int) -> None:
        """Cover and offer calls, once in a round, as it is time for its auction."""
        terms = seen.option_markets[market]
        if self.expiry >= int(terms["expiries"]):
            return
        dates = seen.option_expiries[int(terms["first_expiry"]) + self.expiry]
        begins = float(dates["expires"]) - float(dates["tenor"]) + self.wait_s
        key, closes = (market, float(dates["expires"])), begins + self.bidding_s
        if not begins <= seen.time < closes or key in self.rounds or closes >= dates["expires"]:
            return
        rollup, asset, first = int(terms["rollup"]), int(terms["asset"]), int(dates["first_series"])
        units = self.share * float(seen.funds[rollup, asset])
        series, worth = self._chosen(seen, market, first, int(dates["series"]))
        if units <= 0.0:
            return
        self.rounds[key] = Round(key[1], units, float(seen.options["strike"][series]), worth, offered=units)
        bundle = desk.bundle()
        desk.submit(Kind.OPTION_COVER, rollup, market, units, target=series, asset_in=asset, bundle=bundle)
        desk.submit(
            Kind.OPTION_OFFER, rollup, market, units, target=series, limit=self.least * worth, bundle=bundle,
            expires_s=closes - seen.time,
        )  # fmt: skip

    def _chosen(self, seen: Observation, market: int, first: int, count: int) -> tuple[int, float]:
        """Call of an expiry that is nearest to what it looks for, and what that is worth to it [USD]."""
        chain = chain_of(seen, market, self.volatility)
        at = np.arange(first, first + count, 2)  # at every strike the call and then the put
        greeks = chain.greeks[at - chain.first]
        if self.moneyness is None:
            away = np.abs(greeks["delta"] - self.delta)
        else:
            away = np.abs(np.log(seen.options["strike"][at] / chain.price / self.moneyness))
        best = int(np.argmin(away))
        return int(at[best]), float(greeks["price"][best])

    def _take_out(self, seen: Observation, desk: Desk, market: int, cash: float) -> None:
        """Take premiums out of its account, and buy the underlying for them."""
        if cash < LEAST_USD or market in self._taken:
            return
        self._taken[market] = cash
        rollup, asset = (int(seen.option_markets[name][market]) for name in ("rollup", "asset"))
        bundle = desk.bundle() if self.compounds and self._atomic else -1
        account = own_account(seen, market)
        desk.submit(Kind.OPTION_WITHDRAW, rollup, market, cash, target=account, asset_in=0, asset_out=0, bundle=bundle)
        if self.compounds:
            desk.outside(rollup, 0, asset, cash, bundle=bundle)
