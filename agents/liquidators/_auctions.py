"""What whoever takes part in auctions does alike: start them, remember what it has asked for, value a lot."""

from __future__ import annotations

import numpy as np

from market import state
from market.desk import Desk
from market.intents import Kind
from market.observation import ASSET0, ASSET1, FEE, RESERVE0, ROLLUP, U_MARKET, U_POSITION, Observation

EXPIRES_S = 60.0
"""Life of an intent [s] of those who do not repeat themselves: who has no answer by then asks again."""


class Asked:
    """What an agent has asked for and may still be answered: so that congestion is not fed with repetitions."""

    def __init__(self) -> None:
        self._until: dict[tuple[int, int, int], float] = {}

    def may(self, now: float, kind: Kind, venue: int, target: int) -> bool:
        """Whether the last such request has been answered or has expired; from now on it is asked for."""
        key = (int(kind), venue, target)
        if self._until.get(key, -1.0) > now:
            return False
        self._until[key] = now + EXPIRES_S
        return True

    def answered(self, receipts: np.ndarray) -> None:
        """Forget what was answered."""
        for row in receipts:
            self._until.pop((int(row["kind"]), int(row["venue"]), int(row["target"])), None)


def start_auctions(
    seen: Observation, desk: Desk, rollup: int, design: int, most: int, asked: Asked, tip: float
) -> None:
    """Put the first `most` unhealthy positions of a rollup's markets of a design up for auction."""
    auctions, tried = seen.public.auctions, 0
    if rollup not in seen.distressed() or not (auctions[:, state.D_DESIGN] == design).any():
        return
    for entry in seen.unhealthy(rollup):
        venue, position = int(entry[U_MARKET]), int(entry[U_POSITION])
        terms = auctions[venue]
        if terms[state.D_DESIGN] != design or tried == most or terms[state.D_OPEN] == terms[state.D_LOTS]:
            continue
        if asked.may(seen.time, Kind.AUCTION_START, venue, position):
            desk.auction(Kind.AUCTION_START, venue, position, tip=tip, expires_s=EXPIRES_S)
            tried += 1


def sides(seen: Observation, venue: int) -> tuple[int, int]:
    """Debt asset and collateral of a lending market."""
    row = seen.public.lending[venue]
    return int(row[state.L_DEBT]), int(row[state.L_COLLATERAL])


def worth_outside(seen: Observation, debt: int, collateral: int) -> float:
    """What a unit of collateral brings on the outside market [debt asset]."""
    return float(seen.prices[collateral] / seen.prices[debt]) * (1.0 - seen.public.outside_fee)


def worth_on_pool(seen: Observation, rollup: int, debt: int, collateral: int, amount: float) -> tuple[int, float]:
    """Pool of a rollup that pays most for an amount of collateral, and what it pays; (-1, 0) without one."""
    best = (-1, 0.0)
    for pool in np.flatnonzero(seen.pools[:, ROLLUP] == rollup):
        row = seen.pools[pool]
        if {int(row[ASSET0]), int(row[ASSET1])} != {debt, collateral}:
            continue
        side = 0 if int(row[ASSET0]) == collateral else 1
        net = amount * (1.0 - row[FEE])
        income = float(row[RESERVE0 + 1 - side] * net / (row[RESERVE0 + side] + net))
        if income > best[1]:
            best = (int(pool), income)
    return best


def end_of(lot: np.ndarray, terms: np.ndarray) -> float:
    """When an English auction ends unless there is another bid [s]."""
    last = float(lot[state.Q_STARTED] + terms[state.D_MAX_S])
    return last if lot[state.Q_BIDDER] < 0.0 else min(last, float(lot[state.Q_BID_AT] + terms[state.D_BID_S]))


def habitual_bid(
    lot: np.ndarray, terms: np.ndarray, worth: float, left: float, opening: float, raise_share: float
) -> float:
    """Bid that a habit says, if that is not more than the lot is worth and than one has; nan: none."""
    standing = float(lot[state.Q_BID])
    if lot[state.Q_BIDDER] < 0.0:
        least, offer = 0.0, opening * worth
    else:
        least = least_bid(standing, float(terms[state.D_INCREMENT]))
        offer = max(least, standing + raise_share * (worth - standing))
    offer = min(offer, left)
    return offer if worth > 0.0 and least <= offer <= worth else np.nan


def least_bid(standing: float, increment: float) -> float:
    """Smallest amount that beats a standing bid."""
    return max(standing * (1.0 + increment) * (1.0 + 1e-12), float(np.nextafter(standing, np.inf)))
