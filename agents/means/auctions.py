"""What whoever takes part in auctions does alike: start them, remember what it has asked for, value a lot."""

from __future__ import annotations

import numpy as np

from market.access.desk import Desk
from market.access.observation import Observation
from market.state.records import as_dicts
from market.venues import Kind
from market.venues.liquidation.designs.english import least_bid
from market.venues.pools.seen import quote

EXPIRES_S = 60.0
"""Life of an intent [s] of those who do not repeat themselves: who has no answer by then asks again."""
SALE_SLACK = 0.02
"""Share of the expected income that a winner gives way when it sells a lot: what it bid is spent either way [1]."""


class Asked:
    """What an agent has asked for and may still be answered: so that congestion is not fed with repetitions."""

    def __init__(self) -> None:
        self._until: dict[tuple[int, int, int], float] = {}

    def may(self, now: float, kind: int, venue: int, target: int) -> bool:
        """Whether the last such request has been answered or has expired; from now on it is asked for."""
        key = (int(kind), venue, target)
        if self._until.get(key, -1.0) > now:
            return False
        self._until[key] = now + EXPIRES_S
        return True

    def answered(self, receipts: np.ndarray) -> None:
        """Forget what was answered."""
        if self._until:
            for key in zip(*(receipts[name].tolist() for name in ("kind", "venue", "target")), strict=True):
                self._until.pop(key, None)


def start_auctions(
    seen: Observation, desk: Desk, rollup: int, design: int, most: int, asked: Asked, tip: float
) -> None:
    """Put the first `most` unhealthy positions of a rollup's markets of a design up for auction."""
    auctions, tried = seen.auctions, 0
    if rollup not in seen.distressed() or not (auctions["design"] == design).any():
        return
    for entry in as_dicts(seen.unhealthy(rollup)):
        venue, position = int(entry["market"]), int(entry["loan"])
        terms = auctions[int(seen.lending["auction"][venue])]
        if terms["design"] != design or tried == most or terms["open"] == terms["lots"]:
            continue
        if asked.may(seen.time, Kind.LOAN_AUCTION_START, venue, position):
            desk.auction(Kind.LOAN_AUCTION_START, venue, position, tip=tip, expires_s=EXPIRES_S)
            tried += 1


def market_of(seen: Observation, lot: np.ndarray) -> int:
    """Market whose auction a lot is: a lending market, or a perpetual."""
    return int(seen.auctions["market"][int(lot["auction"])])


def sides(seen: Observation, venue: int) -> tuple[int, int]:
    """Debt asset and collateral of a lending market."""
    row = seen.lending[venue]
    return int(row["debt"]), int(row["collateral"])


def worth_outside(seen: Observation, debt: int, collateral: int) -> float:
    """What a unit of collateral brings on the outside market [debt asset]."""
    return float(seen.prices[collateral] / seen.prices[debt]) * (1.0 - seen.outside_fee)


def worth_on_pool(seen: Observation, rollup: int, debt: int, collateral: int, amount: float) -> tuple[int, float]:
    """Pool of a rollup that pays most for an amount of collateral, and what it pays; (-1, 0) without one."""
    best = (-1, 0.0)
    for pool in np.flatnonzero(seen.pools["rollup"] == rollup):
        row = seen.pools[pool]
        if {int(row["asset"][0]), int(row["asset"][1])} != {debt, collateral}:
            continue
        income = quote(seen.pools, seen.ticks, int(pool), collateral, amount)
        if income > best[1]:
            best = (int(pool), income)
    return best


def habitual_bid(
    lot: np.ndarray, terms: np.ndarray, worth: float, left: float, opening: float, raise_share: float
) -> float:
    """Bid that a habit says, if that is not more than the lot is worth and than one has; nan: none."""
    standing = float(lot["bid"])
    if lot["bidder"] < 0.0:
        least, offer = 0.0, opening * worth
    else:
        least = least_bid(standing, float(terms["increment"]))
        offer = max(least, standing + raise_share * (worth - standing))
    offer = min(offer, left)
    return offer if worth > 0.0 and least <= offer <= worth else np.nan
