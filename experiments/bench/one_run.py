"""One run that is timed, in whatever checkout it is executed in: `python -c TEXT NAME` prints processor seconds.

Another checkout executes this text (`experiments.bench.against`): it imports only what checkouts have long had, and
what one of them has not is its own to say.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

BLOCK_S, SLOTS, AGENTS = 2.0, 1000, 8
INTENTS_PER_SLOT = {"few": 20.0, "many": 220.0}
REGIME_S, AUCTIONS, TRACED, SESSIONS = 600.0, 1000, 100, 2


def market(config: Any) -> Callable[[], object]:
    """Return the run of a market that has been founded."""
    from agents.population import Population
    from market.model import SequencerMarket

    return SequencerMarket(config, 1, Population(config)).run


def regime(name: str) -> Callable[[], object]:
    """Ten minutes of the reference scenario under a regime."""
    from market import regimes

    try:
        from experiments.markets.scenarios import reference
    except ModuleNotFoundError:  # where older checkouts have it
        from experiments.scenarios import reference  # pyright: ignore[reportMissingImports]

    return market(reference(regime=regimes.load(name)).model_copy(update={"horizon_s": REGIME_S}))


def flow(per_slot: float, awake: bool = False) -> Callable[[], object]:
    """Six rollups in one domain with retail flow, and with agents who are awake in every slot or with none."""
    from market import regimes
    from market.config import AgentConfig, FlowConfig, GraphConfig, MarketConfig, PoolConfig, RollupConfig

    pools = (PoolConfig(assets=("ETH", "USD")),)
    agents = (
        AgentConfig(role="trader", strategy="arbitrageur", count=AGENTS // 2),
        AgentConfig(role="liquidator", strategy="greedy", count=AGENTS // 2),
    )
    return market(
        MarketConfig(
            horizon_s=SLOTS * BLOCK_S,
            rollups=tuple(RollupConfig(name=f"r{at}", block_time_s=BLOCK_S, pools=pools) for at in range(6)),
            graph=GraphConfig(kind="ring"),
            regime=regimes.load("centralized_shared"),
            flow=FlowConfig(per_second=per_slot / BLOCK_S),
            agents=agents if awake else (),
        )
    )


def auctions(count: int, trace: bool) -> Callable[[], object]:
    """Auctions of a published bidding war, with a record of every standing bid or without."""
    from experiments.games import bidding_war, published_wars

    return lambda: bidding_war.simulate(published_wars.WARS[2].game, count, 1, trace=trace)


def sessions() -> Callable[[], object]:
    """Sessions of two Q-learners who set prices."""
    from experiments.games import pricing

    logit, learning = pricing.LogitMarket(), pricing.Learning()
    return lambda: [pricing.session(logit, learning, seed) for seed in range(SESSIONS)]


OTHERS: dict[str, Callable[[], Callable[[], object]]] = {
    "few": lambda: flow(INTENTS_PER_SLOT["few"]),
    "many": lambda: flow(INTENTS_PER_SLOT["many"]),
    "awake": lambda: flow(INTENTS_PER_SLOT["few"], awake=True),
    "auctions": lambda: auctions(AUCTIONS, trace=False),
    "traced": lambda: auctions(TRACED, trace=True),
    "sessions": sessions,
}
"""Runs that are no regime of the reference scenario."""


def main(name: str) -> None:
    """Time a run once everything is compiled, which an untimed one before sees to."""
    seconds = 0.0
    for _ in range(2):
        run = OTHERS[name]() if name in OTHERS else regime(name)
        began = time.process_time()
        run()
        seconds = time.process_time() - began
    print(seconds)


if __name__ == "__main__":
    main(sys.argv[1])
