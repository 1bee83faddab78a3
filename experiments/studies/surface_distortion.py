"""How the rule by which intents are ordered bends the surface of quoted volatilities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from agents.population import Population
from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.runs.study import Configure, Run, seeds
from market.config import (
    AgentConfig,
    AssetConfig,
    FlowConfig,
    JumpConfig,
    MarketConfig,
    OptionsConfig,
    PoolConfig,
    PriceConfig,
    RegimeConfig,
    RollupConfig,
)
from market.measures.outcomes import outcomes
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.pricing.black import black
from market.settings import DAY_S, YEAR_S
from market.venues.options.surface import count

TITLE = "How sequencing bends the surface of options"
QUESTION = "What spread must makers of options ask for, by strike and expiry, under each way to order intents?"
HYPOTHESIS = (
    "Under arrival order, an express lane and sealed contents stale quotes are sniped, and spreads follow delta: in "
    "volatility they are widest in the money and for short expiries. Where what is taken back in a block counts first, "
    "behind a speed bump and in batches they are next to nothing, and quotes break conditions on a surface more often, "
    "as there is no room within the spread."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "regime",
    "expiry [d]",
    "strike [%]",
    "half spread [bp]",
    "in volatility [%]",
    "known [bp]",
    "sniped [USD/h]",
    "violations [%]",
)
HALF, BROKEN = "half spread", "violations_share"
COMPARED = {HALF: "half spread at the money", BROKEN: "conditions broken"}
"""What regimes are compared in, in words."""
HORIZON_S, QUICK_HORIZON_S = 2400.0, 240.0
PRICE, VOLATILITY, BLOCK_S = 2500.0, 0.8, 1.0
EXPIRIES_S, STRIKES, STEP = (DAY_S, 7.0 * DAY_S), 5, 0.025
JUMPS_PER_S, JUMP_SD = 1.0 / 30.0, 0.003
INVESTORS_PER_S = 0.05  # in each series
REGIMES: dict[str, dict[str, Any]] = {
    "first_come": {},
    "express_lane": {"ordering": {"kind": "express_lane"}},
    "sealed": {"visibility": {"kind": "sealed"}},
    "speed_bump": {"ordering": {"kind": "speed_bump", "delay_s": 0.05}},
    "cancel_first": {"ordering": {"kind": "cancel_first"}},
    "batch": {"ordering": {"kind": "uniform_price_batch", "withdrawable": True}},
}
"""Parts in which a regime differs from arrival order that only the operator reads.

A batch clears swaps at one price and nothing else: to options it is cancellations first, then a random order.
"""


class Surfaces(Recorder):
    """Every ten seconds, whether quotes could be the prices of one market, and what half spread the maker asks for."""

    def __init__(self) -> None:
        self.violated, self.compared = 0, 0
        self.halves: list[np.ndarray] = []

    def on_second(self, market: SequencerMarket) -> None:
        """Look, from the middle of the run on."""
        if market.time < 0.5 * market.config.horizon_s or round(market.time) % 10:
            return
        violated, compared = count(market.world.tables, market.time)
        self.violated += sum(violated)
        self.compared += sum(compared)
        maker: Any = next(agent for agent in market.participants if agent.role == "market_maker")
        self.halves.append(maker.halves[0].copy())


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Six ways to order the same investors, jumps and snipers."""
    for name in REGIMES:
        config = configure(_market(name, QUICK_HORIZON_S if quick else HORIZON_S))
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run({}, config.regime.name, seed, config)


def _market(name: str, horizon_s: float) -> MarketConfig:
    """One rollup with a chain, one maker who learns to earn nothing, two snipers, and investors who are slower.

    The price moves by jumps alone: what snipers live on, and what is known of them, are jumps.
    """
    chain = OptionsConfig(
        expiries_s=EXPIRIES_S, strikes=STRIKES, step=STEP, volatility=VOLATILITY, fee_bp=0.0, makers=1
    )
    maker = {"edges": (), "first_bp": 10.0, "volatility": VOLATILITY}
    series = 2 * STRIKES * len(EXPIRIES_S)
    investor = {
        "per_hour": 3600.0 * INVESTORS_PER_S * series, "mean_size": 1e3, "sell_share": 0.5, "slippage_bp": 5000.0,
        "remembers": True,
    }  # fmt: skip
    sniper = {"volatility": VOLATILITY, "tip_share": 0.5, "lane_share": 0.5}
    cast: tuple[tuple[Any, str, int, float, dict[str, Any]], ...] = (
        ("market_maker", "zero_profit", 1, 0.02, maker),
        ("trader", "option_racer", 2, 0.005, sniper),
        ("trader", "option_buyer", 1, 0.06, investor),
    )
    agents = tuple(
        AgentConfig(
            role=role, strategy=strategy, count=number, capital_usd=1e9, latency_s=latency_s, latency_spread_s=0.0,
            parameters=parameters,
        )
        for role, strategy, number, latency_s, parameters in cast
    )  # fmt: skip
    pool = PoolConfig(depth_usd=1e7, fee_bp=5.0)
    return MarketConfig(
        horizon_s=horizon_s,
        assets=(AssetConfig(price_usd=PRICE, volatility=0.0),),
        prices=PriceConfig(kind="merton", jumps=JumpConfig(per_day=JUMPS_PER_S * DAY_S, mean=0.0, sd=JUMP_SD)),
        rollups=(RollupConfig(name="one", pools=(pool,), options=(chain,), gas_usd=0.0, block_time_s=BLOCK_S),),
        regime=RegimeConfig(name=name, **REGIMES[name]),
        flow=FlowConfig(per_second=0.0),
        agents=agents,
    )


def execute(run: Run) -> dict[str, Any]:
    """Run a market; half spreads by expiry and strike are those of calls, on average over the second half of the run.

    Those of puts mirror them: what a call moves with the price and what a put does add up to one.
    """
    config, seen = run.config, Surfaces()
    assert isinstance(config, MarketConfig)
    market = SequencerMarket(config, run.seed, Population(config), [seen])
    market.run()
    found = outcomes(market)
    halves = np.mean(seen.halves, axis=0).reshape(len(EXPIRIES_S), STRIKES, 2)[:, :, 0]
    spreads = {
        _column(days, strike): 1e4 * float(halves[at, number])
        for at, days in enumerate(_days())
        for number, strike in enumerate(_strikes())
    }
    return {
        **spreads,
        "sniped_usd_h": 3600.0 / config.horizon_s * float(found["options_sniped_usd"]),
        "violations_share": seen.violated / seen.compared if seen.compared else float("nan"),
        "conservation_error": found["conservation_error"],
    }


def _days() -> list[int]:
    return [round(tenor / DAY_S) for tenor in EXPIRIES_S]


def _strikes() -> list[float]:
    """Strikes over the price at which they were listed [1]."""
    return np.exp((np.arange(STRIKES) - 0.5 * (STRIKES - 1)) * STEP).tolist()


def _column(days: int, strike: float) -> str:
    return f"half_{days}d_{100.0 * strike:.0f}_bp"


def known_bp(days: float, strike: float) -> float:
    """Half spread at which a h = b E(|dC| - h)+ of a call under arrival order [bp of the price].

    That is K7's condition with normal jumps of the log price, at the price and time of the listing.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(201)
    chance, years = weights / weights.sum(), days * DAY_S / YEAR_S
    served = 2.0 * -np.expm1(-0.5 * INVESTORS_PER_S * BLOCK_S) / BLOCK_S  # one of several on a side and in a slot
    spots = np.array([1.0, *np.exp(JUMP_SD * nodes)]).tolist()
    values = np.array([black(spot, strike, years, VOLATILITY, 0.0, 0.0, True).price for spot in spots])
    moves = np.abs(values[1:] - values[0])

    def short(half: float) -> float:
        return served * half - JUMPS_PER_S * float(chance @ np.maximum(moves - half, 0.0))

    found: Any = brentq(short, 0.0, 1.0)
    return 1e4 * float(found)


def _per_volatility(days: float, strike: float) -> float:
    """Vega over the price at the listing: what a change of volatility by 1 is worth [bp of the price]."""
    return 1e4 * black(1.0, strike, days * DAY_S / YEAR_S, VOLATILITY, 0.0, 0.0, True).vega


def _cells() -> list[tuple[int, float, str]]:
    return [(days, strike, _column(days, strike)) for days in _days() for strike in _strikes()]


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Half spreads by regime, expiry and strike, in bp and in volatility, with what is known; violations."""
    found = []
    for levers, part in summaries.cells(runs, ["regime"]):
        for days, strike, column in _cells():
            cell = {**levers, "days": days, "strike": 100.0 * strike, "known": known_bp(days, strike)}
            halves = summaries.values(part, column)
            found.append(summaries.row("half_bp", halves, **cell))
            found.append(summaries.row("volatility", halves / _per_volatility(days, strike), **cell))
        found += [
            summaries.row(name, summaries.values(part, name), **levers) for name in ("violations_share", "sniped_usd_h")
        ]
    return summaries.table(found)


def answer(runs: Any) -> str:
    """Spread at the money and in the money in volatility, what each regime leaves of it, and what that breaks."""
    days, strikes = _days()[0], _strikes()
    middle, low = _column(days, strikes[STRIKES // 2]), _column(days, strikes[0])
    mean = {name: part.set_index("seed") for name, part in runs.groupby("regime", sort=False)}
    base = mean.get("first_come")
    if base is None:
        return "Arrival order, with which the others are compared, is missing."
    wing = base[low] / _per_volatility(days, strikes[0]) - base[middle] / _per_volatility(days, strikes[STRIKES // 2])
    compared = broken = ""
    if len(mean) > 1:
        compared = f"; against it, {_listed(runs, HALF)}"
        broken = f" The share of conditions on a surface that quotes break changes under {_listed(runs, BROKEN)}."
    return (
        f"At the money and {days} day to expiry the half spread under arrival order is "
        f"{answers.amount(base[middle], 'bp')} of the price, and the lowest strike's is wider by "
        f"{answers.amount(wing, 'points of volatility', 100.0)}{compared}.{broken}"
    )


def _listed(runs: pd.DataFrame, about: str) -> str:
    """Differences of every regime from arrival order in one of the outcomes compared."""
    found = {name: one for (name, outcome), one in _compared(runs).items() if outcome == about}
    return answers.listed(f"{name.replace('_', ' ')} {one.said}" for name, one in found.items())


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return list(_compared(runs).values())


def _compared(runs: pd.DataFrame) -> dict[tuple[str, str], Headline]:
    """Half spread at the money, and share of conditions broken, of each regime less those under arrival order."""
    columns = {HALF: (_column(_days()[0], _strikes()[STRIKES // 2]), "bp", 1.0), BROKEN: (BROKEN, "points", 100.0)}
    parts = {str(name): part.set_index("seed") for name, part in runs.groupby("regime", sort=False)}
    if "first_come" not in parts:
        return {}
    found = {}
    for about, (column, unit, scale) in columns.items():
        for name, part in parts.items():
            if name != "first_come":
                what = f"{COMPARED[about]}, {name.replace('_', ' ')} less first come"
                found[name, about] = pair(what, part[column], parts["first_come"][column], unit, scale)
    return together(found)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By regime, expiry and strike: means over seeds (standard errors)."""
    rows = []
    for regime, part in runs.groupby("regime", sort=False):
        for days, strike, column in _cells():
            vega = _per_volatility(days, strike)
            rows.append(
                {
                    "regime": regime,
                    "expiry [d]": days,
                    "strike [%]": f"{100.0 * strike:.1f}",
                    "half spread [bp]": _stated(part[column]),
                    "in volatility [%]": _stated(100.0 / vega * part[column]),
                    "known [bp]": f"{known_bp(days, strike):.3g}",
                    "sniped [USD/h]": _stated(part["sniped_usd_h"]),
                    "violations [%]": _stated(100.0 * part["violations_share"]),
                }
            )
    return pd.DataFrame(rows)


def _stated(sample: Any) -> str:
    found = statistics.describe(sample)
    return f"{found['mean']:.3g} ({found['standard_error']:.2g})"
