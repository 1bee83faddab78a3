"""A protocol that goes by experience: its own, that of other rollups, and what networks publish.

A stretch of time in a network is worth to a rollup, per day and in USD,

    revenue - care x (users' cost + what others lost in sandwiches + penalties and bad debt - providers' gain
                      + what trades on options cost - what their makers gain + the cost of their risk)

where users' cost is per dollar that they want to trade and counts their waiting. A spread is a cost to whoever wants
options and a gain to their maker: what both lose is what others take by quotes that the price has left behind. Risk
costs half the aversion to it times the variance of what makers have unhedged. All is per dollar of demand, times the
rollup's usual demand, so that a busy hour is not taken for a good network. What all rollups experienced in the same
period is taken off: it was the hour, not the network.

What it believes of a network is a mean of three things: what it has experienced there itself, remembered ever less;
what others have, as far as they differ from their own usual; and what follows from published terms alone, which counts
`prior` periods. It then chooses by a logit rule: of two networks it takes the better one, the more surely the more
it is better; and most of the time it does not think about it at all. Source of the rule: McFadden (1974), Conditional
logit analysis of qualitative choice behavior.
"""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np

from agents.protocols.base import Protocol
from market.access.networks import Experience, NetworksSeen, Terms
from market.access.seat import Seat

DAY_S = 86_400.0


class Remembered:
    """A mean that forgets: sum of weights, and weighted sum of what was seen."""

    def __init__(self) -> None:
        self.weight, self.total = 0.0, 0.0

    def fade(self, keeps: float) -> None:
        """Forget a part of everything."""
        self.weight, self.total = self.weight * keeps, self.total * keeps

    def add(self, value: float, weight: float) -> None:
        """Take note of something."""
        self.weight, self.total = self.weight + weight, self.total + weight * value

    @property
    def mean(self) -> float:
        """What is remembered, 0 where nothing is."""
        return self.total / self.weight if self.weight > 0.0 else 0.0


class Experienced(Protocol):
    """Moves to where rollups and their users have fared best, by a logit rule with inertia.

    Parameters
    ----------
    care
        what a dollar of its users, borrowers and liquidity providers counts in dollars of revenue [1]
    impatience_bp_s
        what retail users lose by a second of waiting, of their volume [bp/s]
    memory
        weight that experience keeps from one period to the next [1]
    trust
        weight of a period of another rollup, in periods of its own [1]
    prior
        weight of what follows from published terms, in periods of its own [1]
    inertia
        chance that it does not think of moving at a review [1]
    noise_bp
        scale of the logit rule: a network better by so much, of usual demand, is e times as likely; 0: the best [bp]
    explore
        chance that a review ends with a move to any network at random [1]
    risk_aversion
        cost of risk to makers of options: that over 2 times the variance of what they have unhedged [1/USD]
    payback_s
        time within which a move has to pay for itself [s]
    """

    def __init__(
        self,
        seat: Seat,
        care: float = 1.0,
        impatience_bp_s: float = 0.2,
        memory: float = 0.95,
        trust: float = 0.25,
        prior: float = 1.0,
        inertia: float = 0.7,
        noise_bp: float = 0.1,
        explore: float = 0.0,
        payback_s: float = DAY_S,
        risk_aversion: float = 0.01,
    ) -> None:
        super().__init__(seat)
        if min(care, impatience_bp_s, trust, noise_bp, risk_aversion) < 0.0 or not (prior > 0.0 and payback_s > 0.0):
            raise ValueError(
                "care, impatience_bp_s, trust, noise_bp and risk_aversion must be at least 0, "
                "prior and payback_s above 0"
            )
        if not all(0.0 <= share <= 1.0 for share in (memory, inertia, explore)):
            raise ValueError("memory, inertia and explore must be within [0, 1]")
        self.care, self.impatience, self.memory, self.trust = care, impatience_bp_s * 1e-4, memory, trust
        self.prior, self.inertia, self.explore, self.payback_s = prior, inertia, explore, payback_s
        self.noise, self.risk_aversion = noise_bp * 1e-4, risk_aversion
        self._fees = np.zeros(0)
        self._usual: dict[int, Remembered] = defaultdict(Remembered)  # by rollup: what a dollar of demand is worth [1]
        self._there: dict[tuple[int, int], Remembered] = defaultdict(Remembered)  # the same by rollup and network
        self._demand, self._gross = Remembered(), Remembered()  # own demand, and tips and gas [USD/day]

    def choose(self, seen: NetworksSeen) -> int:
        """Learn from the periods that have ended, and mostly stay."""
        self._learn(seen)
        draw, other = self.rng_own.random(2).tolist()  # both in every review, so that levers move no later draw
        if seen.funds_usd < seen.switching_usd:
            return seen.network
        if draw < self.explore:
            return int(other * len(seen.terms))
        if draw < self.explore + (1.0 - self.explore) * self.inertia:
            return seen.network
        worth = self.believed(seen)
        hurdle = seen.switching_usd * DAY_S / self.payback_s
        net = worth - np.where(np.arange(len(worth)) == seen.network, 0.0, hurdle)
        scale = self.noise * self._demand.mean
        if scale <= 0.0:
            best = np.flatnonzero(net == net.max())
            return seen.network if seen.network in best else int(best[int(other * len(best))])
        chances = np.cumsum(np.exp((net - net.max()) / scale))
        return min(int(np.searchsorted(chances, other * chances[-1], side="right")), len(worth) - 1)

    def believed(self, seen: NetworksSeen) -> np.ndarray:
        """What each network is worth to the rollup, on top of what it usually has: shape (networks + 1,) [USD/day]."""
        found = np.zeros(len(seen.terms))
        for network in range(len(seen.terms)):
            total, weight = self.prior * self._published(seen, network), self.prior
            for rollup in range(len(seen.where)):
                own, here = self._usual[rollup], self._there[rollup, network]
                share = 1.0 if rollup == seen.rollup else self.trust
                weight += share * here.weight
                total += share * here.weight * (here.mean - own.mean) * self._demand.mean
            found[network] = total / weight
        return found

    def _published(self, seen: NetworksSeen, network: int) -> float:
        """What the terms of a network let expect, against those of the present one [USD/day]."""
        here, there = seen.terms[seen.network], seen.terms[network]
        fees = (here.fee - there.fee) * self._gross.mean
        waiting = 0.5 * (here.block_time_s - there.block_time_s) * self.impatience * self._demand.mean
        return fees + self.care * waiting

    def _learn(self, seen: NetworksSeen) -> None:
        """Remember what the stretches since the last review were worth, against those of all rollups at the time."""
        known = [(past, self.worth(past)) for past in seen.experience if past.demand_usd > 0.0]
        if not known:
            return
        usual = sum(past.demand_usd * worth for past, worth in known) / sum(past.demand_usd for past, _ in known)
        for remembered in (*self._usual.values(), *self._there.values(), self._demand, self._gross):
            remembered.fade(self.memory)
        for past, worth in known:
            periods = past.length_s / seen.period_s
            self._usual[past.rollup].add(worth - usual, periods)
            self._there[past.rollup, past.network].add(worth - usual, periods)
            if past.rollup == seen.rollup:
                days = past.length_s / DAY_S
                self._demand.add(past.demand_usd / days, periods)
                self._gross.add(_gross(past, seen.terms) / days, periods)

    def worth(self, past: Experience) -> float:
        """What a stretch of time was worth to a rollup, per dollar that its users wanted to trade [1]."""
        delay = 0.0 if math.isnan(past.delay_s) else past.delay_s
        others = past.sandwich_usd - past.retail_sandwich_usd
        users = past.cost_usd + others + past.penalty_usd + past.bad_debt_usd - past.providers_usd
        users += past.options_usd - past.makers_usd + 0.5 * self.risk_aversion * past.unhedged_usd2
        return (past.revenue_usd - self.care * users) / past.demand_usd - self.care * self.impatience * delay


def _gross(past: Experience, terms: tuple[Terms, ...]) -> float:
    """Tips and gas before a network keeps its share [USD]; where it keeps all of them nobody can tell."""
    fee = terms[past.network].fee
    return past.revenue_usd / (1.0 - fee) if fee < 1.0 else 0.0
