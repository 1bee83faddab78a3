"""Covered calls sold by auction: what a round brings, and at which price an auction clears.

Derived. Whoever holds a unit and has sold a call on it for a premium has min(S, K) and the premium at expiry, whatever
the price S is. Of bidders who bid what a call is worth to them for equal parts of what is on offer, too large for all
to be served, all pay what it is worth to the last who is, by the volatility that this one reckons with.

A vault on a market of a moving price auctions calls round after round to makers who bid by Black's formula.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from agents.traders.call_vault import CallVault
from experiments.validation._options import MAKER, PRICE, SIGMA, agent, configured, ran
from experiments.validation._rows import row
from market.config import AgentConfig
from market.intents.rows import Status
from market.pricing.black import black
from market.settings import YEAR_S
from market.venues import Kind

ID = "K19"
TITLE = "Covered calls by auction"

BLOCK_S, TENOR_S, WAIT_S, BIDDING_S = 1.0, 300.0, 20.0, 30.0
ROUNDS, QUICK_ROUNDS = 20, 4
BIDDERS = (0.9, 0.8, 0.7)
"""Volatility by which each bidder values calls; each bids for 40% of what is on offer."""
UNITS = 40.0


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """What each round brought against min(S, K) and the premium, and the price of each auction."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    terms = [{"expiries_s": (TENOR_S,), "sales": 1}]
    bidding = {"risk_aversion": 1e-9, "decay": 1.0, "session_s": TENOR_S, "bid_share": 0.4}
    vault = AgentConfig(
        role="trader", strategy="call_vault", capital_usd=UNITS * PRICE, latency_s=0.01, latency_spread_s=0.0,
        parameters={
            "moneyness": 1.0, "volatility": SIGMA, "discount": 0.5, "wait_s": WAIT_S, "bidding_s": BIDDING_S,
            "compounds": False,
        },
    )  # fmt: skip
    agents = [*(agent(MAKER, "auction_maker", volatility=each, **bidding) for each in BIDDERS), vault]
    noted = Noted()
    market = ran(configured(1, terms, agents, BLOCK_S, rounds * TENOR_S + 10.0), 1, noted)
    seller = next(one for one in market.participants if isinstance(one, CallVault))
    yield from _rounds(market, seller, noted)
    yield from _prices(market, seller, noted)


class Noted:
    """Notes prices from block to block.

    Attributes
    ----------
    spots, posted : dict
        by time: reference price, and what the oracle has posted [USD]
    """

    def __init__(self) -> None:
        self.spots: dict[float, float] = {}
        self.posted: dict[float, float] = {}

    def __call__(self, market: Any) -> None:
        """Look at a market after a block."""
        self.spots[market.time] = float(market.world.tables.prices[1])
        self.posted[market.time] = float(market.world.tables.feeds["price"][0])

    def within(self, time: float) -> float:
        """Return the reference price of the second that a time is in: it changes once a second [USD]."""
        return next(price for noted, price in self.spots.items() if int(noted) == int(time))

    @staticmethod
    def last(prices: dict[float, float], time: float) -> float:
        """Return what was noted last before a time."""
        return prices[max(noted for noted in prices if noted < time)]


def _rounds(market: Any, seller: CallVault, noted: Noted) -> Iterator[dict[str, Any]]:
    """What the vault owns at the end of all rounds less what it would without them, priced round by round."""
    money, units = market.world.tables.balance[seller.account, 0].tolist()
    expected, premiums, paid, over = UNITS, 0.0, 0, 0
    for (_, expires), done in sorted(seller.rounds.items()):
        premiums += done.sold * done.price
        if expires > market.time:
            continue
        price = noted.last(noted.posted, expires)
        # a unit that is written on is worth min(S, K) in the end: so much of it is left
        expected += done.sold * (min(price, done.strike) / price - 1.0)
        paid, over = paid + int(price > done.strike), over + 1
    yield row(ID, f"{over} rounds, {paid} paid", "units at the end", expected, units, 1e-6)
    yield row(ID, f"{over} rounds", "money at the end, USD", UNITS * PRICE + premiums, money, 1e-6 * premiums)


def _prices(market: Any, seller: CallVault, noted: Noted) -> Iterator[dict[str, Any]]:
    """The mean price of auctions over what calls were worth to the last who was served, when he bid last."""
    bids = market.rows[market.rows["kind"] == Kind.OPTION_BID]
    volatilities = dict(zip(np.unique(bids["sender"]).tolist(), BIDDERS, strict=True))
    ratios, most = [], 0.0
    for (_, expires), done in sorted(seller.rounds.items()):
        opens, closes = expires - TENOR_S + WAIT_S, expires - TENOR_S + WAIT_S + BIDDING_S
        these = bids[(bids["executed"] > opens) & (bids["executed"] <= closes)]
        these = these[these["status"] == Status.FILLED]
        if not (these.size and done.sold > 0.0):
            continue
        last = dict(zip(these["sender"].tolist(), these, strict=True))
        marginal = min(last.values(), key=_limit)
        spot = noted.within(float(marginal["sent"]))
        worth = black(
            spot,
            done.strike,
            (expires - marginal["sent"]) / YEAR_S,
            volatilities[int(marginal["sender"])],
            0.0,
            0.0,
            True,
        ).price
        ratios.append(done.price / worth)
        most = max(most, done.price / marginal["limit"])
    yield row(ID, f"{len(ratios)} auctions", "price over the last served's value", 1.0, float(np.mean(ratios)), 1e-6)
    yield row(ID, f"{len(ratios)} auctions", "price over the last served's bid, at most", 1.0, most, 1e-12)


def _limit(bid: np.void) -> float:
    return float(bid["limit"])
