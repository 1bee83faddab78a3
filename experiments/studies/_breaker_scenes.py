"""The markets of the circuit breaker's study: a crash on four rollups, and a fall made for the pause paradox."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.market_makers.fixed_spread import FixedSpread
from experiments.studies._options_on_stage import with_options
from experiments.studies._scene import BORROWERS, scene
from experiments.studies._stage import LTV_HIGH, LTV_LOW, PSI, SLACKS, THRESHOLD
from market.config import AgentConfig, EpisodeConfig, MarketConfig, OracleConfig, RollupConfig
from market.model import SequencerMarket

YEAR_S = 365.0 * 86400.0
VOLUME: dict[str, Any] = {
    "kind": "liquidation_volume", "threshold_usd": 5e4, "window_s": 60.0, "pause_s": 60.0, "exempt": ("oracle",),
}  # fmt: skip
"""The reference breaker; in the crash borrowers owe about three million USD in all."""
NONE: dict[str, Any] = {"kind": "none"}
VOLATILITY: dict[str, Any] = {
    "kind": "volatility", "threshold_log": 0.02, "window_s": 60.0, "pause_s": 60.0, "exempt": ("oracle",)
}  # fmt: skip
ARBITRAGE, DEFENCE = ("oracle", "arbitrage"), ("oracle", "top_ups", "repayments")
ANTICIPATING = AgentConfig(role="trader", strategy="anticipating", count=3)

MAKER = ("hedge_age_s", "hedge_cost", "vega_beyond_usd", "options_liquidated_usd")
"""What a run tells of the first maker of options and of writers; not a number where there are none."""
HEDGES = {
    "hedge_age_s": ("age of hedges of options", "s", 1.0),
    "hedge_cost": ("cost of hedges of options", "bp", 1e4),
    "vega_beyond_usd": ("vega beyond what a maker of options means to keep", "USD by a point", 1.0),
}
"""What is compared of hedges of options, by outcome: in words, unit, and scale from the outcome's unit to that."""

EPS = 0.02  # log price fall beyond the price at which the first borrower can be liquidated [1]
NEAREST, FARTHEST = LTV_HIGH, 0.70  # loan-to-value at the start
TO_NEAREST = float(np.log(THRESHOLD / NEAREST))  # fall of the log price at which that borrower can be liquidated
CROWD = 2000
SOLD = THRESHOLD * 1.05  # share of a loan's collateral that repays it at the bonus of 5% [1]
FALL_S, PAUSE_S, HORIZON_S = 120.0, 180.0, 400.0
DEEP, AGAIN = 0.10, 0.15  # the two falls beyond the nearest borrower, the second just before the pause ends [1]
SOON, LATE = {"deviation_bp": 1.0, "delay_s": 0.0}, {"deviation_bp": 25.0, "delay_s": 1.0}
STILL = "pool, still"
WORLDS: dict[str, dict[str, Any]] = {
    STILL: {"source": "pool", **SOON},
    "pool": {"source": "pool", **SOON},
    "pool, late": {"source": "pool", **LATE},
    "external": {"source": "external", **SOON},
    "external, defended": {"source": "external", **SOON},
    "external, twice": {"source": "external", **SOON},
}
"""The worlds of the paradox: what the oracle reads and how soon, whether borrowers act, whether it falls twice.

In the still one, as the theory has it, the outside price stays where it fell to and users are away.
"""


def crash(
    oracle: str, breaker: dict[str, Any], anticipating: bool, seed: int, quick: bool, slack: str = "learned"
) -> MarketConfig:
    """Four indebted rollups under a shared sequencer with a breaker, in the crash of the study of contagion.

    By how much liquidators let their limits slip is a key of :data:`experiments.studies._stage.SLACKS`.
    """
    base = scene("shared", 0.0, 1.0, seed, quick)
    base = base.model_copy(
        update={
            "agents": tuple(
                group.model_copy(update={"parameters": group.parameters | SLACKS[slack]})
                if group.role == "liquidator"
                else group
                for group in base.agents
            )
        }
    )
    rollups = tuple(
        rollup.model_copy(update={"oracle": rollup.oracle.model_copy(update={"source": oracle})})
        for rollup in base.rollups
    )
    agents = (*base.agents, ANTICIPATING) if anticipating else base.agents
    regime = base.regime.model_copy(update={"breaker": breaker})
    return base.model_copy(update={"rollups": rollups, "regime": regime, "agents": agents})


def hedging(breaker: dict[str, Any], seed: int, quick: bool) -> MarketConfig:
    """The crash where oracles read pools, with options on two rollups, whose makers hedge on pools and one another."""
    return with_options(crash("pool", breaker, False, seed, quick))


def of_maker(market: SequencerMarket) -> dict[str, float]:
    """Of the first maker's hedges; and options of all that were liquidated [USD].

    Its hedges of delta: their mean age [s], and what they cost beyond the price of their decision [1]. Of vega: the
    mean of what it has beyond what it means to keep [USD by 0.01 of volatility].
    """
    makers = [agent for agent in market.participants if isinstance(agent, FixedSpread)]
    if not makers:
        return dict.fromkeys(MAKER, np.nan)
    hedge, vega = makers[0].hedge, makers[0].vega
    beyond = np.nan if vega is None else vega.mean_beyond_usd(market.time)
    liquidated = float(market.tally.by_rollup["options_liquidated"].sum())
    return dict(zip(MAKER, (hedge.mean_age_s((0, 1), market.time), hedge.cost(), beyond, liquidated), strict=True))


def fall(world: str, psi: float, exempt: tuple[str, ...] | None, seed: int) -> MarketConfig:
    """The same rollups with one leverage density, under a price that falls at once by `EPS` beyond the first borrower.

    Parameters
    ----------
    world
        a key of :data:`WORLDS`
    psi
        fall of a pool's log price that the sales of liquidators cause per unit of log price, to first order [1]
    exempt
        classes that the pause lets through, beside liquidations; None: no breaker
    seed
        of the run

    Each rollup has a breaker of its own, which goes off with the first wave and pauses for longer than a cascade
    takes. Borrowers only defend themselves where the world says so, for a pause stops their defence too.
    """
    base = scene("shared", 0.0, 1.0, seed, False)
    breaker = NONE
    if exempt is not None:
        smallest = min(rollup.pools[0].depth_usd for rollup in base.rollups)
        first = 0.5 * psi * EPS * smallest / 1.05  # debt that the first wave repays there [USD]
        changes = {"threshold_usd": 0.7 * first, "pause_s": PAUSE_S, "exempt": exempt, "scope": "rollup"}
        breaker = VOLUME | changes
    defended = world == "external, defended"
    law = base.borrowers if defended else base.borrowers.model_copy(update={"top_up_share": 0.0, "deleverage_share": 0})
    still: dict[str, Any] = {}
    if world == STILL:
        assets = tuple(asset.model_copy(update={"volatility": 0.0}) for asset in base.assets)
        still = {"assets": assets, "flow": base.flow.model_copy(update={"per_second": 0.0})}
    return base.model_copy(
        update=still
        | {
            "horizon_s": HORIZON_S,
            "prices": base.prices.model_copy(update={"episodes": _course(world)}),
            "rollups": tuple(_leveraged(rollup, at, psi, world) for at, rollup in enumerate(base.rollups)),
            "borrowers": law,
            "regime": base.regime.model_copy(update={"breaker": breaker}),
            "agents": (
                # enough attempts to take a wave in a block; arbitrage with the outside apart from cycles, so that one
                # bundle does not break the other's limit
                AgentConfig(role="liquidator", strategy="greedy", count=3, parameters={"most_per_slot": CROWD}),
                AgentConfig(role="trader", strategy="arbitrageur", count=2, parameters={"cycles": False}),
                AgentConfig(role="trader", strategy="arbitrageur", count=2, parameters={"outside": False}),
            ),
        }
    )


def first_wave(config: MarketConfig, psi: float) -> float:
    """Collateral that the fall alone, without any feedback, lets liquidators sell [units of the asset]."""
    reserves = sum(rollup.pools[0].depth_usd for rollup in config.rollups) / config.assets[0].price_usd
    return 0.5 * psi * EPS * reserves * float(np.exp(0.5 * (EPS + TO_NEAREST)))


def _course(world: str) -> tuple[EpisodeConfig, ...]:
    """A fall within one step of the path; where it falls twice a deep one, and one more before the pause ends."""
    twice = world == "external, twice"
    first = (DEEP if twice else EPS) + TO_NEAREST
    falls = {FALL_S: first} | ({FALL_S + PAUSE_S: AGAIN} if twice else {})
    step, volatility = 0.25, 0.0 if world == STILL else 0.8
    return tuple(
        EpisodeConfig(start_s=start, end_s=start + step, volatility=volatility, drift=-depth * YEAR_S / step)
        for start, depth in falls.items()
    )


def _leveraged(rollup: RollupConfig, at: int, psi: float, world: str) -> RollupConfig:
    """Give a rollup borrowers of the density that makes its pool fall by psi per unit of log price.

    What moves the pool is what is sold: of a loan's collateral the share :data:`SOLD`. The pool that it moves is that
    after the fall, which holds more of the asset than at the start.
    """
    law = rollup.leverage
    assert law is not None
    narrower = float(np.log(NEAREST / FARTHEST) / np.log(LTV_HIGH / LTV_LOW))
    fallen = float(np.exp(0.5 * (EPS + TO_NEAREST)))  # reserve after the fall over that at the start
    median = law.collateral_median_usd * psi / PSI[at] / SOLD * narrower * BORROWERS / CROWD * fallen
    changes = {"collateral_median_usd": median, "ltv_low": FARTHEST, "ltv_high": NEAREST}
    return rollup.model_copy(
        update={
            "leverage": law.model_copy(update=changes), "borrowers": CROWD, "oracle": OracleConfig(**WORLDS[world])
        }
    )  # fmt: skip
