"""Arbitrage between rollups with all legs executed or none, with all included or none, and leg by leg."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from agents.base import Trader
from agents.means.cycles import Cycle, Leg, cycle
from agents.traders.arbitrageur import Arbitrageur as _Arbitrageur
from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market.access.seat import Seat
from market.config import AgentConfig, FlowConfig, MarketConfig, PoolConfig, RegimeConfig, RollupConfig
from market.intents.rows import Status
from market.model import SequencerMarket
from market.venues import Kind

TITLE = "Cross-rollup arbitrage, atomic, included and legged"
QUESTION = "What are atomic execution and atomic inclusion over rollups worth to arbitrage, and to prices?"
HYPOTHESIS = (
    "Atomic arbitrage takes most of what it sees and never loses; legs fail the more the longer the block, the "
    "larger the volatility and the less reliable the sequencers, so that legged arbitrage asks for more and gets less. "
    "Price gaps between rollups are wider for it. Inclusion without execution helps against delay and missed slots, "
    "which both legs then share, but not against rivals."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "varied",
    "setting",
    "execution",
    "capture rate [%]",
    "broken cycles [%]",
    "leg losses [USD/day]",
    "taken [USD/day]",
    "dispersion [bp]",
)
HORIZON_S, QUICK_HORIZON_S = 1800.0, 600.0
BASE = {"delay_s": 2.0, "volatility": 0.8, "failure": 0.0}
SWEEPS: dict[str, tuple[float, ...]] = {
    "delay_s": (0.5, 1.0, 2.0, 4.0, 12.0),  # block time [s]
    "volatility": (0.4, 0.8, 1.6, 3.0),  # annualised [1/sqrt(year)]
    "failure": (0.0, 0.05, 0.1, 0.2, 0.4),  # chance that a sequencer misses a slot [1]
}
QUICK_SWEEPS = {"delay_s": (1.0, 4.0), "volatility": (0.8, 3.0), "failure": (0.0, 0.2)}
LEAST_USD = 0.05
EXECUTIONS: dict[str, dict[str, Any]] = {
    "atomic": {"domains": {"kind": "shared"}, "guarantees": {"kind": "execution"}},
    "included": {"domains": {"kind": "shared"}, "guarantees": {"kind": "inclusion"}},
    "legged": {"domains": {"kind": "alone"}},
}
"""Parts of the regime by what a cycle may count on."""


class Noting(_Arbitrageur):
    """The arbitrageur, who also keeps count of its cycles."""

    def __init__(self, seat: Seat, outside: bool = False) -> None:
        super().__init__(seat, outside=outside, least_usd=LEAST_USD)
        self.sent, self.broken, self.losses_usd, self._result = 0, 0, 0.0, 0.0
        self._now, self._prices = 0.0, seat.public.prices
        self.quoted_usd: dict[float, float] = {}  # by time: rivals who see the same cycle quote the same

    def act(self, seen, desk) -> None:
        """Note the time; trade."""
        self._now = seen.time
        super().act(seen, desk)

    def _send_legged(self, seen, desk, found: Cycle) -> None:
        self._note(found.legs)
        self._result = 0.0
        super()._send_legged(seen, desk, found)

    def _send_atomic(self, seen, desk, found: Cycle) -> None:
        """All or none; one cycle at a time, this way too."""
        self._note(found.legs)
        self._open_legs = len(found.legs)
        super()._send_atomic(seen, desk, found)

    def _note(self, legs: list[Leg]) -> None:
        self.sent += 1
        self.quoted_usd[self._now] = legs[0].profit * self._prices.item(legs[0].source)

    def learn(self, receipts: np.ndarray) -> None:
        """Note what legs and their unwinding brought, at reference prices."""
        price, waiting = self._prices, self._open_legs
        own = receipts[
            np.isin(receipts["kind"], (Kind.SWAP, Kind.OUTSIDE))
            & (receipts["bundle"] < 0)
            & (receipts["status"] == int(Status.FILLED))
        ]
        gains = own["filled_out"] * price[own["asset_out"]] - own["filled_in"] * price[own["asset_in"]]
        self._result += float(gains[own["venue"] >= 0].sum())
        self.losses_usd -= float(gains[own["venue"] < 0].sum())  # what unwinding costs
        tied = receipts[receipts["bundle"] >= 0]  # of its bundles all are cycles
        if tied.size:
            self._open_legs = 0
            if self._included:
                self._learn_included(receipts)
                self._count_broken(tied, price)
            return
        super().learn(receipts)
        if waiting and not self._open_legs and self._legs_failed:
            self.broken += 1
            self.losses_usd += max(0.0, -self._result)

    def _count_broken(self, legs: np.ndarray, price: np.ndarray) -> None:
        """Note a bundle of which one rollup executed its leg and another did not, and what the leg lost."""
        done = legs[legs["status"] == int(Status.FILLED)]
        if 0 < done.size < legs.size:
            self.broken += 1
            gain = done["filled_out"] * price[done["asset_out"]] - done["filled_in"] * price[done["asset_in"]]
            self.losses_usd += max(0.0, -float(gain.sum()))


class Gauge(Trader):
    """Trades nothing, and watches the most profitable cycle: an opportunity lasts while one would pay."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.lasted_s, self.count, self._since = 0.0, 0, -1.0

    def act(self, seen, desk) -> None:
        """Look at the best cycle, net of gas."""
        found = cycle(seen)
        profit = found.profit - found.gas
        if profit > LEAST_USD:
            self._since = seen.time if self._since < 0.0 else self._since
        elif self._since >= 0.0:
            self.lasted_s += seen.time - self._since
            self.count += 1
            self._since = -1.0


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """One condition varied at a time, with bundles executed as a whole, included as a whole, and without."""
    horizon = QUICK_HORIZON_S if quick else HORIZON_S
    for varied, settings in (QUICK_SWEEPS if quick else SWEEPS).items():
        for setting in settings:
            for execution in EXECUTIONS:
                config = configure(_market(execution, {**BASE, varied: setting}, horizon))
                for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                    levers = {"varied": varied, "setting": setting, "execution": execution}
                    yield Run(levers, config.regime.name, seed, config)


def _market(execution: str, conditions: dict[str, float], horizon: float) -> MarketConfig:
    """Three equal rollups; retail and a slow arbitrageur against the outside open gaps, two fast ones close them."""
    regime = RegimeConfig(
        name=execution,
        **EXECUTIONS[execution],
        consensus={"kind": "proposer", "miss": conditions["failure"]},
        block_time_s=conditions["delay_s"],
    )
    rollups = tuple(
        RollupConfig(name=name, pools=(PoolConfig(depth_usd=5e6, fee_bp=5.0),), gas_usd=0.01)
        for name in ("one", "two", "three")
    )
    agents = (
        AgentConfig(role="trader", strategy=f"{__name__}:Noting", count=2, capital_usd=2e7),
        AgentConfig(
            role="trader", strategy="arbitrageur", capital_usd=2e7, latency_s=1.0, parameters={"cycles": False}
        ),
        AgentConfig(role="trader", strategy=f"{__name__}:Gauge", capital_usd=0.0),
    )
    config = MarketConfig(
        horizon_s=horizon,
        rollups=rollups,
        regime=regime,
        flow=FlowConfig(per_second=1.0, median_usd=300.0, log_sd=1.5),
        agents=agents,
    )
    assets = (config.assets[0].model_copy(update={"volatility": conditions["volatility"]}),)
    return config.model_copy(update={"assets": assets})


def execute(run: Run) -> dict[str, Any]:
    """Run a market and set what arbitrage took against what there was."""
    from agents.population import Population
    from market.measures.outcomes import outcomes

    config = run.config
    assert isinstance(config, MarketConfig)
    market = SequencerMarket(config, run.seed, Population(config))
    market.run()
    found = outcomes(market)
    noting = [agent for agent in market.participants if hasattr(agent, "losses_usd")]
    gauge = next(agent for agent in market.participants if hasattr(agent, "lasted_s"))
    sent, broken = sum(agent.sent for agent in noting), sum(agent.broken for agent in noting)
    quoted: dict[float, float] = {}
    for agent in noting:
        quoted |= agent.quoted_usd
    offered = sum(quoted.values())
    # all that they gained: a leg left alone counts, whatever it did by itself
    taken = float(market.tally.gains[[agent.account for agent in noting]].sum())
    days = config.horizon_s / 86_400.0
    return {
        "capture_rate": taken / offered if offered else float("nan"),
        "taken_usd_day": taken / days,
        "quoted_usd_day": offered / days,
        "opportunity_s": gauge.lasted_s / gauge.count if gauge.count else float("nan"),
        "cycles_sent": sent,
        "leg_failures": broken / sent if sent else 0.0,
        "leg_losses_usd_day": sum(agent.losses_usd for agent in noting) / days,
        "dispersion_bp": found["dispersion_bp"],
        "arbitrage_bp_of_retail": 1e4 * taken / float(found["retail_demand_usd"]),
        "user_cost_all_bp": found["user_cost_all_bp"],
        "unfilled_share": found["unfilled_share"],
    }


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What the figure draws, by condition and way of execution."""
    drawn = ("capture_rate", "leg_failures", "dispersion_bp")
    return summaries.table(summaries.by_cell(runs, ["varied", "setting", "execution"], drawn))


def answer(runs: Any) -> str:
    """What atomic execution and inclusion realise of what was quoted, less legs one by one, over all conditions."""
    found = _compared(runs)
    parts = [f"{way} {one.said}" for way, one in found.items() if way != "prices"]
    prices = found["prices"].said if "prices" in found else ""
    return (
        "Of the profit that they see, arbitrageurs realise by this much more than leg by leg, on average over "
        f"conditions: {answers.listed(parts)}; where cycles are atomic, gaps between rollups change by {prices}."
    )


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return list(_compared(runs).values())


def _compared(runs: Any) -> dict[str, Headline]:
    """Profit realised of that seen, by way of execution, and gaps between rollups, less the same leg by leg."""
    mean = runs.groupby(["execution", "seed"])["capture_rate"].mean().unstack("execution")
    gap = runs.groupby(["execution", "seed"])["dispersion_bp"].mean().unstack("execution")
    ways = [way for way in ("atomic", "included") if {way, "legged"} <= set(mean.columns)]
    what = "profit realised of that seen, {} less leg by leg"
    found = {way: pair(what.format(way), mean[way], mean["legged"], "points", 100.0) for way in ways}
    if "atomic" in ways:
        found["prices"] = pair("gaps between rollups, atomic less leg by leg", gap["atomic"], gap["legged"], "bp")
    return together(found)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By condition and way of execution: means over seeds (standard errors)."""
    columns = {
        "capture rate [%]": ("capture_rate", 100.0),
        "broken cycles [%]": ("leg_failures", 100.0),
        "leg losses [USD/day]": ("leg_losses_usd_day", 1.0),
        "taken [USD/day]": ("taken_usd_day", 1.0),
        "opportunity [s]": ("opportunity_s", 1.0),
        "dispersion [bp]": ("dispersion_bp", 1.0),
    }
    return summaries.printed(runs, {name: name for name in ("varied", "setting", "execution")}, columns)
