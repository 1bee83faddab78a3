"""A liquidator that bids in English auctions, of collateral and of contracts, up to what a lot is worth to it."""

from __future__ import annotations

import numpy as np

from agents.base import Liquidator
from agents.liquidators._hindsight import Hindsight
from agents.liquidators._slack import Slack
from agents.means.auctions import (
    EXPIRES_S,
    SALE_SLACK,
    Asked,
    habitual_bid,
    market_of,
    sides,
    start_auctions,
    worth_on_pool,
)
from agents.means.contract_auctions import escrow, position_at, start_on_perpetuals, tidy, worth
from agents.means.contract_orders import settle_and_close
from agents.means.hedging import brings
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Purpose, Status
from market.venues import Kind
from market.venues.liquidation.design import ENGLISH


class AuctionBidder(Liquidator):
    """Starts auctions of unhealthy positions, opens low, raises while a lot is worth more to it, settles and sells.

    Parameters
    ----------
    cost_share
        what it must gain, for its costs and itself, over what the sale brings; of contracts over their value [1]
    opening
        first bid where nobody has bid, over what the lot is worth to it [1]
    raise_share
        how far it raises a standing bid, over the distance to what the lot is worth to it [1]
    tip_usd
        tip of each intent [USD]: a habit
    tip_growth
        factor on its tip after an intent that expired before it was included; 1: the habit is kept [1]
    sell
        "pool": on the rollup's best pool, "outside": at the reference price
    most_per_slot
        auctions started per rollup and slot
    memory
        weight of the last lot in what it learns of how much lots lose between its bid and the settlement [1]
    slack
        share of the income expected of a sale by which it may fall short [1]; None: learned from what sales brought
    """

    def __init__(
        self,
        seat: Seat,
        cost_share: float = 0.02,
        opening: float = 0.0,
        raise_share: float = 0.5,
        tip_usd: float = 0.05,
        tip_growth: float = 1.0,
        sell: str = "pool",
        most_per_slot: int = 8,
        memory: float = 0.2,
        slack: float | None = SALE_SLACK,
    ) -> None:
        super().__init__(seat)
        if sell not in ("pool", "outside"):
            raise ValueError(f"sell must be 'pool' or 'outside', not {sell!r}")
        shares = {"cost_share": cost_share, "opening": opening, "raise_share": raise_share, "memory": memory}
        for name, share in shares.items():
            if not 0.0 <= share < 1.0:
                raise ValueError(f"{name} must lie in [0, 1), not {share}")
        if not (0.0 <= tip_usd < np.inf and 1.0 <= tip_growth < np.inf):
            raise ValueError(f"tip_usd must be at least 0 and tip_growth at least 1, not {tip_usd} and {tip_growth}")
        self.cost_share, self.opening, self.raise_share = cost_share, opening, raise_share
        self.tip_usd, self.tip_growth, self.sell, self.most_per_slot = tip_usd, tip_growth, sell, most_per_slot
        self.asked, self.hindsight, self.slack = Asked(), Hindsight(memory), Slack(seat, slack)

    def act(self, seen: Observation, desk: Desk) -> None:
        """Start, bid, settle, reset."""
        self.hedging.catch_up(seen, desk)
        seen = self.hedging.net(seen) if self.sell == "outside" else seen
        for rollup in seen.rollups:
            habit = ENGLISH, self.most_per_slot, self.asked, self.tip_usd
            start_auctions(seen, desk, rollup, *habit)
            start_on_perpetuals(seen, desk, rollup, *habit)
            tidy(seen, desk, rollup, self.asked, self.tip_usd)
            left = seen.funds[rollup].copy()
            for at in seen.open_lots(rollup):
                lot = seen.lots[at]
                terms = seen.auctions[int(lot["auction"])]
                if terms["design"] != ENGLISH:
                    continue
                if seen.sealing >= seen.ends(int(at)):
                    self._finish(seen, desk, rollup, int(at))
                elif lot["bidder"] == self.account:
                    continue
                elif lot["contract"] >= 0.0:
                    self._bid_for_contracts(seen, desk, rollup, int(at), left)
                else:
                    self._bid(seen, desk, rollup, lot, terms, left)

    def _sale(self, seen: Observation, rollup: int, lot: np.ndarray) -> tuple[int, float]:
        """Pool on which a lot is sold (-1: outside), and what it brings [debt asset]."""
        debt, collateral = sides(seen, market_of(seen, lot))
        amount = float(lot["amount"])
        if self.sell == "pool":
            return worth_on_pool(seen, rollup, debt, collateral, amount)
        return -1, brings(seen, collateral, debt, amount)

    def _bid(
        self, seen: Observation, desk: Desk, rollup: int, lot: np.ndarray, terms: np.ndarray, left: np.ndarray
    ) -> None:
        """Bid what the habit says, if that is not more than the lot is worth and than it has."""
        venue, number = market_of(seen, lot), int(lot["id"])
        debt, _ = sides(seen, venue)
        _, income = self._sale(seen, rollup, lot)
        fees = 2.0 * (self.tip_usd + float(seen.gas[rollup])) / seen.prices[debt]
        worth = income * (1.0 - self.cost_share) - fees - self.hindsight.allowance(income)
        offer = habitual_bid(lot, terms, worth, float(left[debt]), self.opening, self.raise_share)
        if np.isnan(offer) or not self.asked.may(seen.time, Kind.LOAN_AUCTION_BID, venue, number):
            return
        self.hindsight.bid((int(lot["auction"]), number), income, income)
        left[debt] -= offer
        desk.auction(Kind.LOAN_AUCTION_BID, venue, number, offer, tip=self.tip_usd, expires_s=EXPIRES_S)

    def _bid_for_contracts(self, seen: Observation, desk: Desk, rollup: int, at: int, left: np.ndarray) -> None:
        """Bid for a position of a perpetual as for collateral; margin has to be put up with it."""
        position = position_at(seen, rollup, at)
        if position is None or position.size == 0.0:
            return
        lot, terms = seen.lots[at], seen.auctions[position.auction]
        fees = 3.0 * (self.tip_usd + float(seen.gas[rollup]))
        margin, value = escrow(seen, position), abs(position.size) * position.price
        most = worth(seen, position, self.cost_share) - fees - self.hindsight.allowance(value)
        offer = habitual_bid(lot, terms, most, float(left[0]) - margin, self.opening, self.raise_share)
        if np.isnan(offer) or not self.asked.may(
            seen.time, Kind.CONTRACT_AUCTION_BID, position.market, position.number
        ):
            return
        self.hindsight.bid((position.auction, position.number), worth(seen, position, 0.0), value)
        left[0] -= offer + margin
        desk.auction(
            Kind.CONTRACT_AUCTION_BID, position.market, position.number, offer, tip=self.tip_usd, expires_s=EXPIRES_S
        )  # fmt: skip

    def _finish(self, seen: Observation, desk: Desk, rollup: int, at: int) -> None:
        """Settle what it has won, and sell it in the same bundle; restart what nobody wanted."""
        lot, position = seen.lots[at], position_at(seen, rollup, at)
        auction, venue, number, loan = int(lot["auction"]), market_of(seen, lot), int(lot["id"]), lot["contract"] < 0.0
        if lot["bidder"] < 0.0:
            kind = Kind.LOAN_AUCTION_RESET if loan else Kind.CONTRACT_AUCTION_RESET
            if self.asked.may(seen.time, kind, venue, number):
                desk.auction(kind, venue, number, tip=self.tip_usd, expires_s=EXPIRES_S)
            return
        kind = Kind.LOAN_AUCTION_SETTLE if loan else Kind.CONTRACT_AUCTION_SETTLE
        if lot["bidder"] != self.account or not self.asked.may(seen.time, kind, venue, number):
            return
        if position is not None:
            self.hindsight.won((auction, number), worth(seen, position, 0.0))
            settle_and_close(seen, desk, position, self.tip_usd)
            return
        debt, collateral = sides(seen, venue)
        pool, income = self._sale(seen, rollup, lot)
        self.hindsight.won((auction, number), income)
        sold, least = float(lot["amount"]) * (1.0 - 1e-9), income * (1.0 - self.slack.choose(seen.time))
        bundle = desk.bundle()
        desk.auction(Kind.LOAN_AUCTION_SETTLE, venue, number, tip=self.tip_usd, bundle=bundle, expires_s=EXPIRES_S)
        if pool >= 0:
            desk.swap(
                pool, collateral, debt, sold, least, purpose=Purpose.LIQUIDATION, bundle=bundle,
                expires_s=EXPIRES_S,
            )  # fmt: skip
        else:
            desk.outside(rollup, collateral, debt, sold, least, purpose=Purpose.LIQUIDATION, bundle=bundle)

    def learn(self, receipts: np.ndarray) -> None:
        """Note what was answered; whoever has no habit tips more after an intent that expired."""
        self.asked.answered(receipts)
        self.slack.learn(receipts)
        if (receipts["status"] == Status.EXPIRED).any():
            self.tip_usd *= self.tip_growth
