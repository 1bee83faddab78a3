"""Speed of the auctions and of the learners, on one core unless said otherwise."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from experiments.games import bidding_war, pricing, published_wars

AUCTIONS, TRACED, SESSIONS, CORES = 4000, 400, 16, 2
WAR = published_wars.WARS[2].game
"""Twelve bidders of three rules over 1200 steps, as published."""


def auctions_per_s() -> dict[str, float]:
    """Auctions of a bidding war a second, without and with a record of every bidder's standing bid in every step."""
    speeds = {}
    for name, count in (("plain", AUCTIONS), ("trace", TRACED)):
        bidding_war.simulate(WAR, 20, 0, trace=name == "trace")  # compiles
        began = time.process_time()
        bidding_war.simulate(WAR, count, 1, trace=name == "trace")
        speeds[name] = count / (time.process_time() - began)
    return speeds


def calvano_periods_per_s() -> float:
    """Periods a second of two Q-learners who set prices and remember the last ones."""
    market, learning = pricing.LogitMarket(), pricing.Learning()
    pricing.session(market, pricing.Learning(longest=10), 0)  # compiles
    began = time.process_time()
    periods = sum(pricing.session(market, learning, seed).periods for seed in range(4))
    return periods / (time.process_time() - began)


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
