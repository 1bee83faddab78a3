"""A trader of combinations of options, whose legs may lie on several rollups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from agents.base import Trader
from agents.means.option_accounts import Margin
from agents.means.option_legs import BESIDE, SHAPES, Leg, Part, price_of
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.intents.bundles import Atomicity
from market.venues import Kind

Response = Literal["retry", "wait", "close", "cheaper"]


@dataclass
class Combination:
    """A combination that is being traded, or was.

    Attributes
    ----------
    decided_at, ended_at
        when it was decided on, and when nothing more was to be done [s]
    legs
        its legs
    tied
        what its first bundle could count on
    tries
        how often legs were sent
    broken
        whether there was a moment when some legs were done and others not
    closing
        whether what was done of it is being closed
    """

    decided_at: float
    legs: list[Leg]
    tied: Atomicity
    ended_at: float = np.nan
    tries: int = 0
    broken: bool = False
    closing: bool = False
    sent: list[Leg] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all of its legs are had."""
        return not self.closing and not any(leg.missing(False) for leg in self.legs)

    @property
    def cost(self) -> float:
        """What was paid beyond what was got was worth when the combination was decided on [USD]."""
        return sum(leg.cost() for leg in self.legs)

    @property
    def gross(self) -> float:
        """Value of what was wanted, whichever side, when it was decided on [USD]."""
        return sum(abs(leg.goal) * leg.worth for leg in self.legs)


class OptionCombiner(Trader):
    """Trades combinations of options at random times: as a bundle where one may span their rollups, else leg by leg.

    A combination that comes out in part leaves a risk that nobody wanted. What is done then is `response`; whatever it
    is, after `tries` what was done is closed. One that comes out with no leg done is tried again.

    Parameters
    ----------
    shape
        risk_reversal, spread, straddle, condor; or collateral or debt: an asset that is bought on a pool, or money that
        is lent to a lending market, on one rollup, with a put on another
    per_hour
        mean number of combinations [1/h]
    size
        of each option [options]
    over
        markets of options over which legs are spread in turn, all if it is longer than the list; 0: each leg lies where
        its price is best
    response
        to what came out in part: retry: what is missing is sent again at what is quoted then; wait: at the limits that
        it had; close: what was done is closed; cheaper: whichever of the first and the last costs less then
    tied
        whether legs go as a bundle where one may span their rollups
    slippage_bp
        by how much worse than the quote that it sees a limit is [bp]
    life_s
        after which an intent is not worth waiting for [s]
    tries
        how often legs are sent before it gives up [1]
    margin_share
        of its money on a rollup, paid in as margin [1]

    Attributes
    ----------
    done : list
        combinations of which nothing more is to be done
    """

    def __init__(
        self,
        seat: Seat,
        shape: str = "risk_reversal",
        per_hour: float = 60.0,
        size: float = 1.0,
        over: int = 0,
        response: Response = "cheaper",
        tied: bool = True,
        slippage_bp: float = 50.0,
        life_s: float = 10.0,
        tries: int = 5,
        margin_share: float = 0.5,
    ) -> None:
        super().__init__(seat)
        if shape not in SHAPES:
            raise ValueError(f"shape must be one of {', '.join(SHAPES)}, not {shape!r}")
        if response not in ("retry", "wait", "close", "cheaper"):
            raise ValueError(f"response must be retry, wait, close or cheaper, not {response!r}")
        if not (per_hour > 0.0 and size > 0.0 and over >= 0 and life_s > 0.0 and tries >= 1):
            raise ValueError("per_hour, size, life_s and tries must be positive, and over not negative")
        if not 0.0 <= slippage_bp < 1e4:
            raise ValueError("slippage_bp must be in [0, 10000)")
        self.shape, self.size, self.over, self.response, self.tied = shape, size, over, response, tied
        self._refuse_short([chain.strikes for rollup in seat.config.rollups for chain in rollup.options])
        self.slippage, self.life_s, self.tries = 1e-4 * slippage_bp, life_s, tries
        self.between_s = 3600.0 / per_hour
        self.margin, self.pools = Margin(margin_share), seat.main_pools
        self.done: list[Combination] = []
        self._open: Combination | None = None
        self._due, self._expiry = np.inf, 0.0
        self._begun = False

    def act(self, seen: Observation, desk: Desk) -> None:
        """Pay in margin on all rollups; go on with what is open, or begin the next combination once it is due."""
        if not len(seen.option_markets):
            self.wake_at = np.inf  # markets are founded, and never after
            return
        paid = [self.margin.pay_in(seen, desk, market) for market in range(len(seen.option_markets))]
        if not all(paid):
            return
        if not self._begun:
            self._begun = True
            self._draw(seen.time)
        if self._open is None and self._due <= seen.time:
            self._begin(seen)
        if self._open is not None and not any(leg.waiting for leg in self._open.legs):
            self._go_on(seen, desk, self._open)

    def learn(self, receipts: np.ndarray) -> None:
        """Note what became of the legs that were sent."""
        if self._open is None:
            return
        for row in receipts:
            for leg in self._open.sent:
                if leg.waiting and leg.is_of(row):
                    leg.learn(row)

    # -- which combination -------------------------------------------------------------------------------------------

    def _draw(self, now: float) -> None:
        """Draw when the next combination is due and its expiry, whatever becomes of those before."""
        self._due = now + float(self.rng_own.exponential(self.between_s))
        self._expiry = float(self.rng_own.random())

    def _begin(self, seen: Observation) -> None:
        """Choose the legs, if each has a price."""
        legs = [
            leg for at, part in enumerate(SHAPES[self.shape]) if (leg := self._option(seen, part, at)) is not None
        ]  # fmt: skip
        if len(legs) < len(SHAPES[self.shape]):
            return  # it looks again in the next slot
        if self.shape in BESIDE:
            beside = self._beside(seen, legs[0])
            if beside is None:
                return
            legs.insert(0, beside)
        tied = min(seen.atomic(legs[0].rollup, leg.rollup) for leg in legs) if self.tied else Atomicity.NONE
        self._open = Combination(seen.time, legs, tied)
        self._draw(self._due)

    def _refuse_short(self, strikes: list[int]) -> None:
        """Refuse a shape of which a leg has no strike on any market where it may lie: chains never become longer."""
        for at, part in enumerate(SHAPES[self.shape]):
            chains = [strikes[market] for market in self._markets(len(strikes), at)] if strikes else []
            if chains and all(part.among(listed) is None for listed in chains):
                needs = f"shape {self.shape!r} needs a strike {part.strikes:+d} from the middle one"
                raise ValueError(f"{needs}, where chains list {max(chains)} strikes at most")

    def _markets(self, count: int, at: int) -> Sequence[int]:
        """Of so many markets, those on which the leg of a number may lie."""
        return range(count) if self.over == 0 else (at % min(self.over, count),)

    def _option(self, seen: Observation, part: Part, at: int) -> Leg | None:
        """Return the leg for a part where its price is best; None where nobody quotes it."""
        found = [
            leg for market in self._markets(len(seen.option_markets), at)
            if (leg := self._on(seen, market, part)) is not None and leg.limit > 0.0
        ]  # fmt: skip
        return min(found, key=lambda leg: part.sign * leg.limit, default=None)

    def _on(self, seen: Observation, market: int, part: Part) -> Leg | None:
        """Return the leg for a part on a market; None where it has no such strike, or nobody quotes it."""
        row = seen.option_markets[market]
        expiry = int(row["first_expiry"]) + int(self._expiry * int(row["expiries"]))
        first, listed = (int(seen.option_expiries[name][expiry]) for name in ("first_series", "series"))
        strike = part.among(listed // 2)  # a call and a put at each
        if strike is None:
            return None
        series = first + 2 * strike + (0 if part.call else 1)
        asset, price = int(row["asset"]), float(seen.prices[int(row["asset"])])
        worth = float(seen.option_values(market, price)[series - int(row["first_series"])])
        leg = Leg(
            int(Kind.OPTION_TRADE), market, int(row["rollup"]), series, part.sign * self.size, worth, 0.0,
            price * float(row["fee"]), float(row["fee_cap"]), asset,
        )  # fmt: skip
        leg.limit = self._limit(seen, leg, leg.goal)
        return leg if np.isfinite(leg.limit) else None

    def _beside(self, seen: Observation, option: Leg) -> Leg | None:
        """Return the leg beside a put, on another rollup than it where that can be; None where there is none."""
        if self.shape == "collateral":
            venues = [pool for pool in self.pools[option.asset].tolist() if pool >= 0]
            rollups, size, worth = seen.pools["rollup"], self.size, float(seen.prices[option.asset])
        else:
            venues = np.flatnonzero(seen.lending["debt"] == 0.0).tolist()
            rollups, size, worth = seen.lending["rollup"], self.size * float(seen.options["strike"][option.target]), 1.0
        venues.sort(key=lambda venue: int(rollups[venue]) == option.rollup)
        if not venues:
            return None
        venue = venues[0]
        leg = Leg(
            int(BESIDE[self.shape]), venue, int(rollups[venue]), -1, size, worth, 0.0, 0.0, 0.0, option.asset
        )  # fmt: skip
        leg.limit = self._limit(seen, leg, leg.goal)
        return leg

    def _limit(self, seen: Observation, leg: Leg, size: float) -> float:
        """Worst price at which a leg is traded now; nan where nobody quotes one [USD]."""
        return price_of(seen, leg, size > 0.0) * (1.0 + self.slippage if size > 0.0 else 1.0 - self.slippage)

    # -- what is done about it ---------------------------------------------------------------------------------------

    def _go_on(self, seen: Observation, desk: Desk, combination: Combination) -> None:
        """Send what is missing, close what was done, or leave it at that."""
        missing = [leg for leg in combination.legs if leg.missing(combination.closing)]
        had = [leg for leg in combination.legs if leg.have != 0.0]
        if not combination.closing and missing and had:
            combination.broken = True
            combination.closing = combination.tries >= self.tries or self._closes(seen, missing, had)
            missing = had if combination.closing else missing
        gives_up = combination.tries >= self.tries and not had
        if not missing or gives_up or combination.tries >= 2 * self.tries:
            combination.ended_at = seen.time
            self.done.append(combination)
            self._open = None
            return
        self._send(seen, desk, combination, missing)

    def _closes(self, seen: Observation, missing: list[Leg], had: list[Leg]) -> bool:
        """Whether what was done of a combination is closed, rather than the rest of it traded."""
        if self.response != "cheaper":
            return self.response == "close"
        return self._crossing(seen, had, True) < self._crossing(seen, missing, False)

    def _crossing(self, seen: Observation, legs: list[Leg], closing: bool) -> float:
        """What trading legs now costs beyond what they are worth now; inf where one has no price [USD]."""
        total = 0.0
        for leg in legs:
            size, worth = leg.missing(closing), leg.worth
            if leg.kind == Kind.OPTION_TRADE:
                first = int(seen.option_markets["first_series"][leg.venue])
                worth = float(seen.option_values(leg.venue, float(seen.prices[leg.asset]))[leg.target - first])
            elif leg.kind == Kind.SWAP:
                worth = float(seen.prices[leg.asset])
            price = price_of(seen, leg, size > 0.0)
            total += size * (price - worth) if np.isfinite(price) else np.inf
        return total

    def _send(self, seen: Observation, desk: Desk, combination: Combination, legs: list[Leg]) -> None:
        """Send legs as one bundle where one may span them, else each by itself."""
        sizes = [leg.missing(combination.closing) for leg in legs]
        limits = [self._limit(seen, leg, size) for leg, size in zip(legs, sizes, strict=True)]
        if self.response == "wait" and not combination.closing:
            limits = [leg.limit for leg in legs]
        if not np.isfinite(limits).all():
            return  # it looks again in the next slot
        tied = min(seen.atomic(legs[0].rollup, leg.rollup) for leg in legs) if self.tied else Atomicity.NONE
        bundle = desk.bundle() if tied and len(legs) > 1 else -1
        combination.tries, combination.sent = combination.tries + 1, legs
        for leg, size, limit in zip(legs, sizes, limits, strict=True):
            leg.send(desk, size, limit, bundle, self.life_s)
