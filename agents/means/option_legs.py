"""Combinations of options, leg by leg: which legs there are, what each would cost now, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from market.access.desk import Desk
from market.access.observation import Observation
from market.intents.rows import Status
from market.venues import Kind

SMALLEST = 1e-6
"""Size below which nothing is left of a leg [1]."""


class Part(NamedTuple):
    """An option of a combination: strikes above the middle one, whether it is a call, and 1 if bought, -1 if sold."""

    strikes: int
    call: bool
    sign: float

    def among(self, strikes: int) -> int | None:
        """Which strike of so many it is at, counted from the lowest; None where the chain is too short for it."""
        at = strikes // 2 + self.strikes
        return at if 0 <= at < strikes else None


SHAPES: dict[str, tuple[Part, ...]] = {
    "risk_reversal": (Part(1, True, 1.0), Part(-1, False, -1.0)),
    "spread": (Part(0, True, 1.0), Part(1, True, -1.0)),
    "straddle": (Part(0, True, 1.0), Part(0, False, 1.0)),
    "condor": (Part(1, True, -1.0), Part(-1, False, -1.0), Part(2, True, 1.0), Part(-2, False, 1.0)),
    "collateral": (Part(-1, False, 1.0),),
    "debt": (Part(-1, False, 1.0),),
}
"""Options of each combination; `collateral` is bought on a pool beside, and `debt` lent to a lending market."""
BESIDE = {"collateral": Kind.SWAP, "debt": Kind.SUPPLY}
"""Kind of the leg beside the options, on another rollup where there is one."""


@dataclass
class Leg:
    """A leg of a combination.

    Attributes
    ----------
    kind
        of the intent that opens it
    venue, rollup, target
        market of options, pool or lending market; where it stands; series, or -1
    goal
        what one wants to have of it, below 0 to owe [options, or units of the asset]
    worth
        of a unit when the combination was decided on [USD]
    limit
        worst price of a unit at that time [USD]
    fee, fee_cap
        of a trade on an option: over the underlying's value [USD], over the premium [1]
    asset
        underlying
    have
        what one has of it so far, below 0: what one owes
    paid
        what that has cost so far, less what it has brought [USD]
    waiting
        whether an intent of it is still to be answered
    """

    kind: int
    venue: int
    rollup: int
    target: int
    goal: float
    worth: float
    limit: float
    fee: float
    fee_cap: float
    asset: int
    have: float = 0.0
    paid: float = 0.0
    waiting: bool = False

    def missing(self, closing: bool) -> float:
        """What is still to be bought, or, below 0, sold, to have it, or to have nothing of it."""
        left = (0.0 if closing else self.goal) - self.have
        return left if abs(left) > SMALLEST * max(abs(self.goal), 1.0) else 0.0

    def cost(self) -> float:
        """What has been paid for it beyond what it was worth when it was decided on [USD]."""
        return self.paid - self.have * self.worth

    def is_of(self, row: np.void) -> bool:
        """Whether a receipt answers an intent of this leg."""
        kinds = (Kind.SUPPLY, Kind.REDEEM) if self.kind == Kind.SUPPLY else (self.kind,)
        return row["kind"] in kinds and row["venue"] == self.venue and row["target"] == self.target

    def learn(self, row: np.void) -> None:
        """Take note of a receipt."""
        self.waiting = False
        if row["status"] != Status.FILLED:
            return
        given, taken = float(row["filled_in"]), float(row["filled_out"])
        if self.kind == Kind.SUPPLY:
            change = given if row["kind"] == Kind.SUPPLY else -taken
            self.have, self.paid = self.have + change, self.paid + change
        elif self.kind == Kind.SWAP:
            bought = row["asset_in"] == 0
            self.have += taken if bought else -given
            self.paid += given if bought else -taken
            if bought:  # what a swap brings is not fixed before: whatever it is, is the leg
                self.goal = self.have
        else:
            sign = 1.0 if row["asset_in"] == 0 else -1.0
            self.have += sign * taken
            self.paid += sign * given + min(taken * self.fee, given * self.fee_cap)

    def send(self, desk: Desk, size: float, limit: float, bundle: int, expires_s: float) -> None:
        """Buy, or sell where `size` is below 0, at no worse than a limit [USD per unit; 0: any]."""
        self.waiting, amount = True, abs(size)
        if self.kind == Kind.SUPPLY:
            kind = Kind.SUPPLY if size > 0.0 else Kind.REDEEM
            desk.submit(kind, self.rollup, self.venue, amount, asset_in=0, bundle=bundle, expires_s=expires_s)
        elif self.kind == Kind.SWAP:
            given, wanted = (0, self.asset) if size > 0.0 else (self.asset, 0)
            money = amount * (limit if limit > 0.0 else self.worth)
            pays, least = (money, amount) if size > 0.0 else (amount, money if limit > 0.0 else 0.0)
            desk.swap(self.venue, given, wanted, pays, least, bundle=bundle, expires_s=expires_s)
        else:
            given, wanted = (0, self.asset) if size > 0.0 else (self.asset, 0)
            desk.submit(
                self.kind, self.rollup, self.venue, amount, target=self.target, asset_in=given, asset_out=wanted,
                limit=limit, bundle=bundle, expires_s=expires_s,
            )  # fmt: skip


def price_of(seen: Observation, leg: Leg, buys: bool) -> float:
    """Price at which a unit of a leg is bought or sold now; nan where nobody quotes one, or it has expired [USD]."""
    if leg.kind == Kind.SUPPLY:
        return 1.0
    if leg.kind == Kind.SWAP:
        share = 1.0 - float(seen.pools["fee"][leg.venue])
        mid = float(seen.pools.mid[leg.venue])
        return mid / share if buys else mid * share
    side, row = "ask" if buys else "bid", seen.options[leg.target]
    alive = row[f"{side}_size"] > 0.0 and row["expires"] > seen.sealing
    return float(row[side]) if alive else np.nan
