"""Speed of the auctions and of the learners, on one core unless said otherwise."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from experiments.bench.timing import REPEAT, Measured, timing
from experiments.games import bidding_war, pricing, published_wars

AUCTIONS, TRACED, SESSIONS, CORES = 4000, 400, 16, 2
WAR = published_wars.WARS[2].game
"""Twelve bidders of three rules over 1200 steps, as published."""


def auctions_per_s() -> Measured:
    """Auctions of a bidding war a second, without and with a record of every bidder's standing bid in every step."""
    counts = {"plain": AUCTIONS, "trace": TRACED}
    times: dict[str, list[float]] = {name: [] for name in counts}
    for turn in range(REPEAT + 1):
        for name, count in counts.items():
            began = time.process_time()
            bidding_war.simulate(WAR, count if turn else 20, 1, trace=name == "trace")  # the first time compiles
            times[name].append(time.process_time() - began)
    timings = {name: timing(taken[1:]) for name, taken in times.items()}
    speeds = {name: counts[name] / taken.seconds for name, taken in timings.items()}
    return Measured(speeds, max(taken.spread for taken in timings.values()))


def calvano_periods_per_s() -> Measured:
    """Periods a second of two Q-learners who set prices and remember the last ones."""
    market, learning = pricing.LogitMarket(), pricing.Learning()
    pricing.session(market, pricing.Learning(longest=10), 0)  # compiles
    times, periods = [], 0
    for _ in range(REPEAT):
        began = time.process_time()
        periods = sum(pricing.session(market, learning, seed).periods for seed in range(4))
        times.append(time.process_time() - began)
    taken = timing(times)
    return Measured(periods / taken.seconds, taken.spread)


def calvano_1000_sessions_s() -> float:
    """Wall time of a thousand sessions of two firms on two cores, scaled up from `SESSIONS` of them [s].

    Sessions are independent, and threads run compiled code side by side, so that the time is linear in their number.
    """
    market, learning = pricing.LogitMarket(), pricing.Learning()
    pricing.session(market, pricing.Learning(longest=10), 0)
    began = time.perf_counter()
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(lambda seed: pricing.session(market, learning, seed), range(SESSIONS)))
    return (time.perf_counter() - began) * 1000 / SESSIONS
