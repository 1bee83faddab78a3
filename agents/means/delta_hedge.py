"""Keeping what one holds of options without delta: what to trade for it, where, when, and how old the hedge is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from agents.means.hedge_habits import HedgeHabits
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.rows import Purpose, Status
from market.venues import Kind
from market.venues.pools.seen import quote

LEAST = 2.0**-19
"""Units of the underlying by which a hedge may be off and count as made: contracts of perpetuals are no finer."""

type Place = tuple[int, int]
"""Rollup and asset."""


class _Sent(NamedTuple):
    """What is on its way."""

    units: float
    decided: float  # when [s]
    price: float  # the reference price then [USD]
    fee: float  # that is taken beside what is traded [1]


@dataclass
class _Kept:
    """What is known of the hedge of one place.

    The age of a hedge is the time since the decision that it follows; `aged` is its integral up to `since`.
    """

    owed: dict[Place, float] = field(default_factory=dict)  # delta of options, by where they are [units]
    way: dict[tuple[float, ...], _Sent] = field(default_factory=dict)
    planned: list[tuple[float, float, float]] = field(default_factory=list)  # when to send, decided, units to have
    due: float = -np.inf
    price: float = np.nan  # at the last decision [USD]
    started: float = np.nan
    since: float = np.nan
    decided: float = -np.inf
    aged: float = 0.0


class DeltaHedge:
    """Buys or sells of an underlying what leaves it and options on it without delta together.

    What was sent and has no receipt yet counts as done, so that nothing is traded twice; what failed is tried again at
    the next look. Latency, failure, outages and atomicity are those of the rollup on which it trades.

    Attributes
    ----------
    bought, paid_usd : dict
        by place: units bought less sold so far, and what was paid for them less what was had for others [units, USD]
    turnover_usd, shortfall_usd
        value of what was traded at the reference price of its decision, and what was paid beyond that price [USD]
    """

    def __init__(self, seat: Seat, habits: HedgeHabits) -> None:
        self.habits, self._home, self._pools = habits, seat.funds, seat.main_pools
        self._rollup = None if habits.rollup is None else seat.rollup(habits.rollup)
        self._kept: dict[Place, _Kept] = {}
        self.bought: dict[Place, float] = {}
        self.paid_usd: dict[Place, float] = {}
        self.turnover_usd = self.shortfall_usd = 0.0
        self._send: Callable[[Observation, Desk, Place, float, int], tuple[float, ...] | None] = {
            "outside": self._outside, "pool": self._pool, "perpetual": self._perpetual
        }[habits.venue]  # fmt: skip

    def place_of(self, options: Place) -> Place:
        """Where the delta of options on a rollup and an asset is hedged."""
        return (options[0] if self._rollup is None else self._rollup), options[1]

    def next_look(self) -> float:
        """When the next trade is due, or to be sent [s]; -inf: at any look."""
        times = [time for kept in self._kept.values() for time in (kept.due, *(plan[0] for plan in kept.planned))]
        return min(times, default=-np.inf)

    def is_due(self, seen: Observation, options: Place) -> bool:
        """Whether there is anything to do at a look."""
        kept = self._kept.setdefault(self.place_of(options), _Kept())
        if seen.time >= kept.due or any(seen.time >= plan[0] for plan in kept.planned):
            return True
        return self._moved(kept, float(seen.prices[options[1]]))

    def _moved(self, kept: _Kept, price: float) -> bool:
        """Whether the price has moved by enough since the last decision."""
        move_bp = self.habits.move_bp
        return move_bp is not None and abs(np.log(price / kept.price)) >= 1e-4 * move_bp

    def hasten(self, options: Place) -> None:
        """Let the next trade be due at the next look: what is held has changed."""
        self._kept.setdefault(self.place_of(options), _Kept()).due = -np.inf

    def keep(
        self, seen: Observation, desk: Desk, options: Place, delta: float, bundle: int = -1, now: bool = False
    ) -> None:  # fmt: skip
        """Trade what leaves options of a delta on a place, those elsewhere that are hedged there too, and it without.

        `now`: at once, whatever one's own delay and however recent the last trade.
        """
        place = self.place_of(options)
        kept = self._kept.setdefault(place, _Kept())
        kept.owed[options] = delta
        time, price = seen.time, float(seen.prices[options[1]])
        for plan in [plan for plan in kept.planned if time >= plan[0]]:
            kept.planned.remove(plan)
            self._bring(seen, desk, place, plan[2], plan[1], -1)
        if not (time >= kept.due or self._moved(kept, price) or now):
            return
        kept.due, kept.price, wanted = time + self.habits.every_s, price, -sum(kept.owed.values())
        if self.habits.delay_s == 0.0 or now:
            self._bring(seen, desk, place, wanted, time, bundle)
        else:
            kept.planned.append((time + self.habits.delay_s, time, wanted))
            desk.wake_at(time + self.habits.delay_s)

    def _bring(
        self, seen: Observation, desk: Desk, place: Place, wanted: float, decided: float, bundle: int
    ) -> None:  # fmt: skip
        """Trade the difference between what one wants to have and what one has or has sent for."""
        kept = self._kept[place]
        missing = wanted - self.held(seen, place) - sum(sent.units for sent in kept.way.values())
        if abs(missing) <= LEAST:
            if not kept.way:
                self._made(kept, seen.time, decided)
            return
        sent = self._send(seen, desk, place, missing, bundle)
        if sent is None:
            kept.due = seen.time
        else:
            fee = 0.0  # on a pool and outside it is taken from what is traded
            if self.habits.venue == "perpetual":
                fee = float(seen.perpetuals["fee"][self._contract(seen, place)[0]])
            kept.way[*sent, seen.time] = _Sent(missing, decided, float(seen.prices[place[1]]), fee)

    def held(self, seen: Observation, place: Place) -> float:
        """What one has of the underlying beyond what one began with, or of contracts on it [units]."""
        rollup, asset = place
        if self.habits.venue != "perpetual":
            return seen.funds.item(rollup, asset) - float(self._home[rollup, asset])
        return float(seen.contracts["quantity"][self._contract(seen, place)[1]])

    def learn(self, receipts: np.ndarray) -> None:
        """Take note of own receipts: what was traded makes the hedge as old as its decision is."""
        if not any(kept.way for kept in self._kept.values()):
            return
        for row in receipts:
            key = tuple(float(row[name]) for name in ("kind", "asset_in", "amount", "sent"))
            kept = self._kept.get((int(row["rollup"]), int(row["asset_in"]) or int(row["asset_out"])))
            if kept is None or key not in kept.way:
                continue
            sent = kept.way.pop(key)
            if row["status"] == Status.FILLED:
                self._made(kept, float(row["executed"]), sent.decided)
                self._note_cost(row, sent)
            else:
                kept.due = -np.inf

    def _note_cost(self, row: np.void, sent: _Sent) -> None:
        """Note what was traded and what that cost beyond the price of its decision."""
        given, taken, asset_in = float(row["filled_in"]), float(row["filled_out"]), int(row["asset_in"])
        if row["kind"] == Kind.PERPETUAL_TRADE:  # its receipt has the value and the size, whichever way
            sign = 1.0 if asset_in == 0 else -1.0
            units, paid = sign * taken, sign * given + sent.fee * given
        else:
            units, paid = (taken, given) if asset_in == 0 else (-given, -taken)
        place = int(row["rollup"]), asset_in or int(row["asset_out"])
        self.bought[place] = self.bought.get(place, 0.0) + units
        self.paid_usd[place] = self.paid_usd.get(place, 0.0) + paid
        self.turnover_usd += abs(units) * sent.price
        self.shortfall_usd += paid - units * sent.price

    def cost(self) -> float:
        """What hedges have cost so far beyond the reference price of their decision, over their value [1]."""
        return self.shortfall_usd / self.turnover_usd if self.turnover_usd > 0.0 else 0.0

    @staticmethod
    def _made(kept: _Kept, now: float, decided: float) -> None:
        """Note that the hedge follows a decision from now on."""
        if np.isnan(kept.started):
            kept.started = now
        else:
            kept.aged += 0.5 * ((now - kept.decided) ** 2 - (kept.since - kept.decided) ** 2)
        kept.since, kept.decided = now, max(decided, kept.decided)

    def age_s(self, options: Place, now: float) -> float:
        """Age of the hedge of options on a place: time since the decision that it follows; inf before the first [s]."""
        kept = self._kept.get(self.place_of(options))
        return np.inf if kept is None else now - kept.decided

    def mean_age_s(self, options: Place, now: float) -> float:
        """Mean of that age since the first hedge; nan where there was none [s]."""
        kept = self._kept.get(self.place_of(options))
        if kept is None or not now > kept.started:
            return np.nan
        last = 0.5 * ((now - kept.decided) ** 2 - (kept.since - kept.decided) ** 2)
        return (kept.aged + last) / (now - kept.started)

    # -- venues --------------------------------------------------------------------------------------------------------

    def _outside(
        self, seen: Observation, desk: Desk, place: Place, missing: float, bundle: int
    ) -> tuple[float, ...] | None:  # fmt: skip
        """Exchange at the reference price."""
        rollup, asset = place
        if missing > 0.0:
            given, wanted, amount = 0, asset, missing * float(seen.prices[asset]) / (1.0 - seen.outside_fee)
        else:
            given, wanted, amount = asset, 0, -missing
        amount = min(amount, seen.funds.item(rollup, given))
        if not amount > 0.0:
            return None
        desk.outside(rollup, given, wanted, amount, purpose=Purpose.INVENTORY, bundle=bundle)
        return float(Kind.OUTSIDE), float(given), amount

    def _pool(
        self, seen: Observation, desk: Desk, place: Place, missing: float, bundle: int
    ) -> tuple[float, ...] | None:  # fmt: skip
        """Swap on the rollup's deepest pool of the asset against money."""
        rollup, asset = place
        pool = int(self._pools[asset, rollup])
        if pool < 0:
            raise ValueError(f"there is no pool of asset {asset} on rollup {rollup} to hedge on")
        price = quote(seen.pools, seen.ticks, pool, asset, LEAST) / LEAST
        given, wanted, amount = (0, asset, missing * price) if missing > 0.0 else (asset, 0, -missing)
        if given == 0:  # the fee and the trade itself make it dearer
            amount *= missing / quote(seen.pools, seen.ticks, pool, 0, amount)
        amount = min(amount, seen.funds.item(rollup, given))
        if not amount > 0.0:
            return None
        slippage, minimum = self.habits.slippage_bp, 0.0
        if slippage is not None:
            minimum = quote(seen.pools, seen.ticks, pool, given, amount) * max(0.0, 1.0 - 1e-4 * slippage)
        desk.swap(
            pool, given, wanted, amount, minimum, tip=self.habits.tip_usd, purpose=Purpose.INVENTORY, bundle=bundle
        )
        return float(Kind.SWAP), float(given), amount

    def _perpetual(
        self, seen: Observation, desk: Desk, place: Place, missing: float, bundle: int
    ) -> tuple[float, ...] | None:  # fmt: skip
        """Trade one's own contract on the rollup's perpetual on the asset."""
        market, contract = self._contract(seen, place)
        buy, slippage, limit = missing > 0.0, self.habits.slippage_bp, 0.0
        if slippage is not None:
            side, fee = (1.0 if buy else -1.0), float(seen.perpetuals["fee"][market])
            # opening costs what closing as much the other way brings; limits are without the fee
            quoted = seen.closing_price(market, -missing) / (1.0 + side * fee)
            limit = quoted * max(0.0, 1.0 + side * 1e-4 * slippage)
        desk.perpetual(
            Kind.PERPETUAL_TRADE, market, contract, abs(missing), buy=buy, limit=limit, tip=self.habits.tip_usd,
            purpose=Purpose.INVENTORY, bundle=bundle,
        )  # fmt: skip
        return float(Kind.PERPETUAL_TRADE), float(0 if buy else place[1]), abs(missing)

    @staticmethod
    def _contract(seen: Observation, place: Place) -> tuple[int, int]:
        """The rollup's perpetual on an asset, and one's own contract on it."""
        rollup, asset = place
        table = seen.perpetuals
        for market in np.flatnonzero((table["rollup"] == rollup) & (table["asset"] == asset)).tolist():
            contract = seen.own_contract(market)
            if contract >= 0:
                return market, contract
        raise ValueError(
            f"there is no perpetual on asset {asset} on rollup {rollup} on which one has a contract: options there "
            "have to share margin with it"
        )
