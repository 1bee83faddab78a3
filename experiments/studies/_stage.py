"""The market of the study of contagion: four indebted rollups in a crash, with every channel open.

Sizes are those of a small copy of a real market: what counts are ratios. For each rollup that is `psi`, the log price
fall of its own pool that the liquidations of a unit of log price cause; for the outside market `OUTSIDE_PSI`, the same
for all rollups' liquidations together once they reach it. Ethereum as collateral: some ten billion USD per unit of log
price near the money, and a lasting impact of one to three percent per billion sold, so 0.1 to 0.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.markets.scenarios import reference
from market import regimes
from market.config import (
    AgentConfig,
    BorrowersConfig,
    FlowConfig,
    GraphConfig,
    LendingConfig,
    MarketConfig,
    OracleConfig,
    PoolConfig,
    PriceConfig,
    RegimeConfig,
    RollupConfig,
)

NAMES = ("r0", "r1", "r2", "r3")
DEPTHS_USD = (10e6, 10e6, 5e6, 5e6)
PSI = (1.5, 0.4, 0.4, 0.4)
OUTSIDE_PSI = 0.2
LTV_LOW, LTV_HIGH, THRESHOLD = 0.55, 0.80, 0.825
BORROWERS = 400
MAKERS_USD = 2.5e6  # of a pool's depth, the part that may withdraw
HORIZON_S, QUICK_HORIZON_S = 1500.0, 600.0
GAS_PER_S = 1.5e6  # five liquidations, or twenty swaps, in a block of two seconds
SLACKS: dict[str, dict[str, Any]] = {
    "exact": {"slack": 1e-9}, "0.5%": {"slack": 0.005}, "1%": {"slack": 0.01}, "2%": {"slack": 0.02},
    "learned": {"slack": None},
}  # fmt: skip
"""Parameters of liquidators by how much they let the limits of their bundles slip; exact: rounding alone."""
GROUPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "siloed": tuple((name,) for name in NAMES), "pairs": (NAMES[:2], NAMES[2:]), "shared": (NAMES,),
    "coincident": tuple((name,) for name in NAMES),
}  # fmt: skip


def stage(
    sharing: str, seed: int, quick: bool, *, outage_s: float = 300.0, volatility: float = 1.0, leverage: float = 1.0,
    topology: str = "complete", collateral: str = "home", grace_s: float = 0.0,
    slack: str = "learned",
) -> MarketConfig:  # fmt: skip
    """Return the market.

    Parameters
    ----------
    sharing
        "siloed", "pairs" or "shared": who is sequenced together; "coincident": siloed, with outages at the shared time
    outage_s
        how long each rollup's sequencer is down once; apart, each at a time of its own; together, at the first's
    volatility
        factor on the crash: on volatility, and on the jumps' mean and spread
    leverage
        factor on collateral and debt, at unchanged loan-to-value
    topology
        of the bridges over which arbitrageurs move stock: "complete", "star", "ring" or "none"
    collateral
        "home", or "abroad": half of the loans are backed by collateral on the rollup that theirs is paired with, if
        the two are sequenced together
    grace_s
        after its outage, how long nobody is liquidated on a rollup
    slack
        a key of :data:`SLACKS`: by how much liquidators let their limits slip
    """
    horizon = QUICK_HORIZON_S if quick else HORIZON_S
    pledged = sum(0.5 * psi * leverage * depth for psi, depth in zip(PSI, DEPTHS_USD, strict=True))
    impact = OUTSIDE_PSI / (pledged / leverage / 1e6)
    return MarketConfig(
        horizon_s=horizon,
        prices=_crash(horizon, volatility).model_copy(update={"impact_per_million": impact}),
        rollups=tuple(
            _backed(at, leverage, collateral, sharing).model_copy(update={"grace_s": grace_s})
            for at in range(len(NAMES))
        ),
        graph=GraphConfig(kind="list") if topology == "none" else GraphConfig.model_validate({"kind": topology}),
        regime=regime(sharing, seed, horizon, outage_s).model_copy(
            update={"capacity": {"kind": "gas", "limit_per_s": GAS_PER_S}}
        ),
        flow=FlowConfig(per_second=1.0),
        agents=cast(slack),
    )


def _backed(at: int, leverage: float, collateral: str, sharing: str) -> RollupConfig:
    """Return a rollup of the stage with its collateral at home, or half of it on the rollup it is paired with."""
    if collateral == "home":
        return rollup(at, leverage, makers_usd=MAKERS_USD)
    home = rollup(at, leverage, makers_usd=MAKERS_USD, markets=2)
    if len(GROUPS[sharing]) == len(NAMES):
        return home
    first, second = home.lending
    return home.model_copy(update={"lending": (first, second.model_copy(update={"collateral_on": NAMES[at ^ 1]}))})


def cast(slack: str = "learned") -> tuple[AgentConfig, ...]:
    """Liquidators, arbitrageurs and makers whose capital is of the size of what may be liquidated in minutes."""
    return (
        AgentConfig(
            role="liquidator", strategy="greedy", count=3, capital_usd=1e5,
            parameters={"most_per_slot": 4} | SLACKS[slack],
        ),
        AgentConfig(role="trader", strategy="inventory_arbitrageur", count=2, capital_usd=2.5e5),
        AgentConfig(
            role="trader", strategy="arbitrageur", count=2, capital_usd=2.5e5, parameters={"outside": False}
        ),
        AgentConfig(
            role="market_maker", strategy="withdrawing", count=2, capital_usd=MAKERS_USD / 2.0,
            parameters={"leave_above": 2.5},
        ),
    )  # fmt: skip


def regime(sharing: str, seed: int, horizon_s: float, outage_s: float, latest: float = 0.58) -> RegimeConfig:
    """Return first come with one operator per domain; each domain's outage begins at a time drawn by the seed.

    It begins between a quarter and `latest` of the horizon, uniformly.

    Every rollup is down equally long whatever is shared: alone each at its own time, together all at once.
    """
    begins = np.random.default_rng((seed, 17)).uniform(0.25, latest, len(NAMES)) * horizon_s
    scheduled = [
        {
            "start_s": float(begins[0 if sharing == "coincident" else NAMES.index(group[0])]),
            "duration_s": outage_s, "rollup": group[0],
        }
        for group in GROUPS[sharing]
        if outage_s > 0.0
    ]  # fmt: skip
    domains: dict[str, Any] = {
        "siloed": {"kind": "alone"},
        "coincident": {"kind": "alone"},
        "pairs": {"kind": "clusters", "clusters": GROUPS["pairs"]},
        "shared": {"kind": "shared"},
    }[sharing]
    return regimes.load("centralized_shared").model_copy(
        update={
            "name": sharing, "domains": domains, "block_time_s": 2.0,
            "consensus": {"kind": "instant", "scheduled": scheduled},
        }
    )  # fmt: skip


def _crash(horizon_s: float, volatility: float) -> PriceConfig:
    """Prices that crash from 0.3 to 0.7 of the horizon, as the reference scenario's do, times the factor."""
    prices = reference(quick=True).prices
    episode = prices.episodes[0]
    length = 0.4 * horizon_s
    # as many jumps as in the reference's crash, within another time
    per_day = episode.jumps_per_day * (episode.end_s - episode.start_s) / length
    mean, sd = volatility * episode.jump_mean, volatility * episode.jump_sd
    crash = episode.model_copy(
        update={
            "start_s": 0.3 * horizon_s, "end_s": 0.7 * horizon_s, "volatility": volatility * episode.volatility,
            "jumps_per_day": per_day, "jump_mean": mean, "jump_sd": sd,
            "drift": 365.0 * per_day * float(np.expm1(mean + 0.5 * sd * sd)),
        }
    )  # fmt: skip
    return prices.model_copy(update={"episodes": (crash,)})


def rollup(
    at: int, leverage: float, *, makers_usd: float = 0.0, borrowers: int = BORROWERS, markets: int = 1
) -> RollupConfig:
    """Return a rollup whose borrowers' collateral, spread over log price, has the psi asked for times `leverage`.

    Of the pool's depth, market makers bring `makers_usd` themselves. Borrowers are split among lending `markets`.
    """
    collateral = 0.5 * PSI[at] * leverage * DEPTHS_USD[at] * float(np.log(LTV_HIGH / LTV_LOW))
    # the mean of a lognormal law is exp(sd^2 / 2) times its median
    median = collateral / borrowers / float(np.exp(0.5))
    return RollupConfig(
        name=NAMES[at],
        pools=(PoolConfig(depth_usd=DEPTHS_USD[at] - makers_usd, fee_bp=5.0),),
        lending=(LendingConfig(liquidation_threshold=THRESHOLD, close_factor=1.0, cash_usd=DEPTHS_USD[at]),) * markets,
        oracle=OracleConfig(source="pool"),
        borrowers=borrowers // markets,
        leverage=BorrowersConfig(
            collateral_median_usd=median, collateral_log_sd=1.0,
            ltv_law="log_uniform", ltv_low=LTV_LOW, ltv_high=LTV_HIGH,
        ),
    )  # fmt: skip
