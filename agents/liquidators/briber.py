"""A liquidator that pays reporters of a price feed for the price at which loans can be liquidated."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from agents.liquidators._slack import EXACT
from agents.liquidators.greedy import Greedy
from agents.means.bribes import least_bribe
from agents.means.hedging import brings
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Status
from market.venues import Kind
from market.venues.committees.rules import majority

MOVES = (0.01, 0.02, 0.03, 0.05, 0.07, 0.09)
"""Falls of the price that it thinks of, over the price in force [1]."""
REACH = 0.95
"""Part of a committee's band that it uses: honest reports may move the price before the bribed ones arrive [1]."""
BACK_AFTER_SLOTS = 3.0
"""Slots after a suspension within which it expects a reporter to report again [1]."""


@dataclass
class Campaign:
    """Offers made together, and what became of them."""

    rollup: int
    until: float  # [s]
    expected_usd: float  # gain of the liquidations, if it has them all
    paid_before: dict[int, float]  # by seat: what its reporter had received from others when the offer was made [USD]
    earned_usd: float = 0.0


@dataclass
class Plan:
    """Offers worth making."""

    price: float
    asks: dict[int, float] = field(default_factory=dict)  # by seat [USD]
    gain_usd: float = 0.0
    profit_usd: float = 0.0


class Briber(Greedy):
    """Liquidates as `greedy` does, and has feeds of committees moved where that is worth more than it costs.

    It asks the market what an update of a feed makes liquidatable, for each fall that it thinks of, and what that earns
    sold outside. To move the median it needs a strict majority of the fresh reports. What a seat costs it computes from
    the public rules, raised after each refusal; it learns who takes an offer, and which share of the gain rivals leave
    it, and waits for whoever is suspended if that is likelier to succeed. Offers go out together while what it expects
    to gain exceeds what it expects to pay. Money that was not earned it takes back.

    Parameters
    ----------
    moves
        falls of the price that it thinks of, over the price in force, each in (0, 1) [1]
    hold_slots
        slots for which a report has to stand [1]
    margin
        what it offers beyond what it thinks a reporter asks for, over that [1]
    raise_by
        factor on its offer to a seat after a refusal, above 1 [1]
    memory
        weight of the last campaign in the share of the gain that it expects to have [1]
    tip_share, most_per_slot, repeat, slack
        as for `greedy`
    """

    def __init__(
        self, seat: Seat, moves: tuple[float, ...] = MOVES, hold_slots: int = 6, margin: float = 0.1,
        raise_by: float = 1.5, memory: float = 0.3, tip_share: float = 0.1, most_per_slot: int = 8, repeat: bool = True,
        slack: float | None = EXACT,
    ) -> None:  # fmt: skip
        super().__init__(seat, "outside", tip_share, most_per_slot, repeat, slack)
        if not moves or not all(0.0 < move < 1.0 for move in moves):
            raise ValueError(f"moves must lie in (0, 1), and there must be some, not {moves}")
        if not (hold_slots >= 1 and margin >= 0.0 and raise_by > 1.0 and 0.0 <= memory <= 1.0):
            raise ValueError("hold_slots must be at least 1, margin 0 or more, raise_by above 1, memory in [0, 1]")
        self.moves, self.hold_slots, self.margin, self.raise_by, self.memory = (
            tuple(moves), hold_slots, margin, raise_by, memory,
        )  # fmt: skip
        self.share = 1.0
        self.taken: dict[int, int] = {}
        self.refused: dict[int, int] = {}
        self._campaigns: dict[int, Campaign] = {}
        self._prices = seat.public.prices

    def act(self, seen: Observation, desk: Desk) -> None:
        """Liquidate; end campaigns whose time is over; begin others."""
        super().act(seen, desk)
        for committee in np.flatnonzero(np.isin(seen.committees["rollup"], seen.rollups)).tolist():
            campaign = self._campaigns.get(committee)
            if campaign is not None:
                if seen.time <= campaign.until:
                    continue
                self._end(seen, desk, committee, self._campaigns.pop(committee))
            plan = self._best(seen, committee)
            if plan.profit_usd > 0.0:
                self._begin(seen, desk, committee, plan)

    # -- what it is worth --------------------------------------------------------------------------------------------

    def _best(self, seen: Observation, committee: int) -> Plan:
        """Return the most profitable plan among the falls that the committee would accept."""
        terms = seen.committees[committee]
        feed, rollup, band = int(terms["feed"]), int(terms["rollup"]), float(terms["band"])
        standing, best = float(seen.feeds["price"][feed]), Plan(0.0)
        seats, later = self._seats(seen, committee)
        if not seats or later:
            return best
        chances = np.array([self._chance(seat) for seat in seats])
        gas = 2.0 * len(seats) * float(seen.gas[rollup])
        for move in self.moves:
            if move > REACH * band:
                continue
            price = standing * (1.0 - move)
            gain = self.gain(seen, feed, price)
            if gain <= 0.0:
                continue
            ask = (1.0 + self.margin) * least_bribe(seen, committee, price)
            asks = {seat: ask * self.raise_by ** self.refused.get(seat, 0) for seat in seats}
            profit = self.share * gain * chances.prod() - chances @ np.array(list(asks.values())) - gas
            if profit > best.profit_usd and sum(asks.values()) <= seen.funds[rollup, 0]:
                best = Plan(price, asks, gain, float(profit))
        return best

    def _seats(self, seen: Observation, committee: int) -> tuple[list[int], bool]:
        """Seats to bribe, as many as it takes and the likeliest to accept, and whether others will soon be likelier.

        Ties are broken at random. Who has been suspended, or still has an offer, can be bribed later.
        """
        table, terms = seen.reporters, seen.committees[committee]
        mine = (table["committee"] == committee) & (table["owner"] >= 0.0) & (table["price"] > 0.0)
        barred = table["barred_until"]
        fresh = mine & (seen.time - table["reported_at"] <= terms["fresh"]) & (barred <= seen.time)
        may = mine & (table["bond"] >= terms["bond"]) & (table["owner"] != self.account)
        later = fresh | (mine & (barred > seen.time - BACK_AFTER_SLOTS * seen.block_time))
        now, then = self._likeliest(fresh & may & (table["briber"] < 0.0), fresh), self._likeliest(later & may, later)
        return now, self._success(then) > self._success(now)

    def _likeliest(self, may: np.ndarray, fresh: np.ndarray) -> list[int]:
        """Of the seats that may be bribed, a strict majority of the fresh ones; none where they are too few."""
        needed = int(majority(int(fresh.sum())))
        seats = self.rng_own.permutation(np.flatnonzero(may)).tolist()
        return sorted(seats, key=lambda seat: -self._chance(seat))[:needed] if len(seats) >= needed else []

    def _success(self, seats: list[int]) -> float:
        """Chance that all of these seats take an offer; 0 for no seats [1]."""
        return float(np.prod([self._chance(seat) for seat in seats])) if seats else 0.0

    def _chance(self, seat: int) -> float:
        """Chance that an offer to a seat is taken, by those made so far; one that has not been tried is trusted."""
        taken = 1 + self.taken.get(seat, 0)
        return taken / (taken + self.refused.get(seat, 0))

    def gain(self, seen: Observation, feed: int, price: float) -> float:
        """What liquidating brings once a feed has posted a price, sold outside, after gas [USD]."""
        table, left, gain = seen.falls_at(feed, price), seen.funds.copy(), 0.0
        if not len(table):
            return gain
        for entry in table[np.argsort(-table["most"], kind="stable")][: self.most_per_slot]:
            debt, collateral, rollup = int(entry["debt"]), int(entry["collateral"]), int(entry["rollup"])
            amount = min(float(entry["most"]), float(left[rollup, debt]))
            back = brings(seen, collateral, debt, amount * float(entry["rate"]))
            gas = float(seen.gas[rollup] + seen.gas[int(entry["collateral_rollup"])])
            profit = (1.0 - self.tip_share) * (back - amount) * float(seen.prices[debt]) - gas
            if amount > 0.0 and profit > 0.0:
                left[rollup, debt] -= amount
                gain += profit
        return gain

    # -- campaigns ---------------------------------------------------------------------------------------------------

    def _begin(self, seen: Observation, desk: Desk, committee: int, plan: Plan) -> None:
        """Make the offers together: all are made or none."""
        rollup, hold = int(seen.committees["rollup"][committee]), self.hold_slots * seen.block_time
        bundle = desk.bundle()
        for seat, ask in plan.asks.items():
            desk.submit(
                Kind.BRIBE_OFFER, rollup, committee, ask, target=seat, limit=plan.price, bundle=bundle, expires_s=hold
            )
        before = {seat: float(seen.reporters["bribes"][seat]) for seat in plan.asks}
        self._campaigns[committee] = Campaign(rollup, seen.time + hold, plan.gain_usd, before)

    def _end(self, seen: Observation, desk: Desk, committee: int, campaign: Campaign) -> None:
        """Learn who took its offer, and which share of the gain rivals left; take back what was not earned."""
        table, delivered = seen.reporters, 0
        for seat, before in campaign.paid_before.items():
            open_one = table["briber"][seat] == self.account
            if table["bribes"][seat] > before or (open_one and table["delivered"][seat] == 1.0):
                self.taken[seat] = self.taken.get(seat, 0) + 1
                delivered += 1
            elif open_one:
                self.refused[seat] = self.refused.get(seat, 0) + 1
                desk.submit(Kind.BRIBE_CLOSE, campaign.rollup, committee, 1.0, target=seat)
        if delivered == len(campaign.paid_before):
            had = min(1.0, max(0.0, campaign.earned_usd / campaign.expected_usd))
            self.share += self.memory * (had - self.share)

    def learn(self, receipts: np.ndarray) -> None:
        """Add up what liquidations of a campaign earned, and learn to tip as `greedy` does."""
        super().learn(receipts)
        done = receipts[(receipts["kind"] == Kind.LIQUIDATE) & (receipts["status"] == Status.FILLED)]
        value = (
            self._prices[done["asset_out"]] * done["filled_out"] - self._prices[done["asset_in"]] * done["filled_in"]
        )
        for campaign in self._campaigns.values():
            here = done["rollup"] == campaign.rollup
            campaign.earned_usd += float(value[here].sum() - done["tip"][here].sum())
