"""Three volatilities side by side: what a pool's fees imply, what quotes of options imply, and what was realised.

Fees are compared with what the price did over the same run, quotes of options with what it had done until then, which
their maker values options at: what quotes imply beyond that is the spread it has learned to need.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from agents.market_makers.zero_profit import ZeroProfit
from agents.population import Population
from agents.traders.option_racer import OptionRacer
from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.runs.study import Configure, Run, seeds
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
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
from market.pricing.fee_implied import fee_implied_volatility
from market.pricing.implied import implied
from market.settings import DAY_S, YEAR_S

TITLE = "Volatility of fees, of options, and realised"
QUESTION = "How far are the volatilities that fees and quotes of options imply from the realised one, by regime?"
HYPOTHESIS = (
    "Options are asked for above the realised volatility by what sniping costs their maker: most under arrival order "
    "and sealed contents, hardly where what is taken back counts first, and not at all without snipers. Fees imply "
    "more than is realised by what users pay, and less without users, since arbitrageurs keep a part; batches, in "
    "which users trade with one another, take fees away."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "regime",
    "traders",
    "realised [%]",
    "fees [%]",
    "bid [%]",
    "ask [%]",
    "fees less realised [%]",
    "ask less realised [%]",
)
HORIZON_S, QUICK_HORIZON_S, BLOCK_S = 900.0, 240.0, 1.0
PRICE, DIFFUSION, PRIOR, PRIOR_S = 2500.0, 0.8, 0.4, 2.0
JUMPS_PER_S, JUMP_SD = 1.0 / 30.0, 0.0005
FEE_BP, DEPTH_USD = 5.0, 1e6
USERS_PER_S, USERS_USD = 0.1, 60.0
INVESTORS_PER_S, STRIKES = 0.2, 1  # in each series
REGIMES: dict[str, dict[str, Any]] = {
    "first_come": {},
    "express_lane": {"ordering": {"kind": "express_lane"}},
    "sealed": {"visibility": {"kind": "sealed"}},
    "cancel_first": {"ordering": {"kind": "cancel_first"}},
    "batch": {"ordering": {"kind": "uniform_price_batch", "withdrawable": True}},
}
"""Parts in which a regime differs from arrival order that only the operator reads."""
TRADERS = ("all", "no snipers", "no users")
"""Who trades besides an arbitrageur and investors in options: each channel is off where those are missing."""
KINDS = {"fees": "realised", "bid": "so_far", "ask": "so_far"}
"""What is implied by fees and by quotes, and the realised volatility that each is compared with."""


class Estimate:
    """Volatility that the price outside has had as far as one has seen it; a first guess counts as so much time of it.

    Parameters
    ----------
    guess
        volatility to begin with [1/sqrt(year)]
    counts_s
        time that it counts for [s]
    """

    def __init__(self, guess: float, counts_s: float) -> None:
        self._variance, self._time = guess**2 * counts_s, counts_s
        self._last: tuple[float, float] | None = None

    def of(self, seen: Observation) -> float:
        """Look at the price, and return what it has done [1/sqrt(year)]."""
        now, price = seen.time, float(seen.prices[1])
        if self._last is not None:
            before, since = self._last
            self._variance += np.log(price / before) ** 2 * YEAR_S
            self._time += now - since
        self._last = price, now
        return float(np.sqrt(self._variance / self._time))


class Estimator(ZeroProfit):
    """A maker that values options at the volatility that it has seen the price to have, and learns its spread.

    Parameters
    ----------
    first_bp
        half spread to begin with [bp of the underlying's price]
    """

    def __init__(self, seat: Seat, first_bp: float = 2.0) -> None:
        super().__init__(seat, first_bp=first_bp, edges=(), volatility=PRIOR)
        self.estimate = Estimate(PRIOR, PRIOR_S)

    def act(self, seen: Observation, desk: Desk) -> None:
        """Look at the price, quote."""
        self.habits = dataclasses.replace(self.habits, volatility=self.estimate.of(seen))
        super().act(seen, desk)


class EstimatingRacer(OptionRacer):
    """A sniper that values options at the same volatility."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat, volatility=PRIOR, tip_share=0.5, lane_share=0.5)
        self.estimate = Estimate(PRIOR, PRIOR_S)

    def act(self, seen: Observation, desk: Desk) -> None:
        """Look at the price, race."""
        self.volatility = self.estimate.of(seen)
        super().act(seen, desk)


class Implied(Recorder):
    """Every five seconds of the second half of a run, what the best quotes of calls imply; the price by the second.

    Attributes
    ----------
    found : list of (bid, ask, so far)
        volatilities implied, and what was realised until then [1/sqrt(year)]
    """

    def __init__(self) -> None:
        self.found: list[tuple[float, float, float]] = []
        self.prices: list[float] = []
        self.values: list[float] = []

    def on_second(self, market: SequencerMarket) -> None:
        """Look."""
        tables = market.world.tables
        price = float(tables.prices[1])
        pool = tables.pools[0]
        reserves = tables.balance[int(pool["account"]), int(pool["rollup"])]
        self.prices.append(price)
        self.values.append(float(reserves[0] + reserves[1] * price))
        if market.time < 0.5 * market.config.horizon_s or round(market.time) % 5:
            return
        call = tables.options[0]
        years = (float(call["expires"]) - market.time) / YEAR_S
        sides = (
            implied(float(call[side]), price, float(call["strike"]), years, 0.0, 0.0, True)[0]
            if call[f"{side}_size"] > 0.0 else np.nan
            for side in ("bid", "ask")
        )  # fmt: skip
        bid, ask = sides
        self.found.append((bid, ask, realised(self.prices)))


def realised(prices: list[float]) -> float:
    """Volatility of prices by the second [1/sqrt(year)]."""
    moves = np.diff(np.log(prices))
    return float(np.sqrt(np.sum(moves**2) / (moves.size / YEAR_S)))


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Five ways to order the same traders, without snipers, and without users."""
    for name in REGIMES:
        for traders in TRADERS:
            config = configure(_market(name, traders, QUICK_HORIZON_S if quick else HORIZON_S))
            for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                yield Run({"traders": traders}, config.regime.name, seed, config)


def _market(name: str, traders: str, horizon_s: float) -> MarketConfig:
    """One rollup with a pool and a call and a put at the price, a day from expiry."""
    chain = OptionsConfig(expiries_s=(DAY_S,), strikes=STRIKES, volatility=DIFFUSION, fee_bp=0.0, makers=1)
    investor = {
        "per_hour": 3600.0 * INVESTORS_PER_S * 2 * STRIKES, "mean_size": 1e3, "sell_share": 0.5,
        "slippage_bp": 5000.0,
    }  # fmt: skip
    cast = [
        ("market_maker", f"{__name__}:Estimator", 1, 0.02, {}),
        ("trader", "option_buyer", 1, 0.06, investor),
        ("trader", "arbitrageur", 1, 0.01, {"cycles": False, "least_usd": 0.0}),
        ("trader", f"{__name__}:EstimatingRacer", 2, 0.005, {}),
    ]
    agents = tuple(
        AgentConfig(
            role=role, strategy=strategy, count=number, capital_usd=1e9, latency_s=latency_s, latency_spread_s=0.0,
            parameters=parameters,
        )
        for role, strategy, number, latency_s, parameters in (cast[:-1] if traders == "no snipers" else cast)
    )  # fmt: skip
    pool = PoolConfig(depth_usd=DEPTH_USD, fee_bp=FEE_BP)
    jumps = JumpConfig(per_day=JUMPS_PER_S * DAY_S, mean=0.0, sd=JUMP_SD)
    return MarketConfig(
        horizon_s=horizon_s,
        assets=(AssetConfig(price_usd=PRICE, volatility=DIFFUSION),),
        prices=PriceConfig(kind="merton", jumps=jumps, step_s=BLOCK_S),
        rollups=(RollupConfig(name="one", pools=(pool,), options=(chain,), gas_usd=0.0, block_time_s=BLOCK_S),),
        regime=RegimeConfig(name=name, **REGIMES[name]),
        flow=FlowConfig(
            per_second=0.0 if traders == "no users" else USERS_PER_S, median_usd=USERS_USD, log_sd=0.5,
            tip_mean_usd=0.0,
        ),
        agents=agents,
        outside_fee_bp=0.0,
    )  # fmt: skip


def execute(run: Run) -> dict[str, Any]:
    """Run a market; volatilities are those of the whole run, those of quotes of its second half."""
    config, seen = run.config, Implied()
    assert isinstance(config, MarketConfig)
    market = SequencerMarket(config, run.seed, Population(config), [seen])
    market.run()
    found, years = outcomes(market), config.horizon_s / YEAR_S
    value = float(np.mean(seen.values))
    bid, ask, so_far = np.nanmean(np.array(seen.found), axis=0).tolist()
    return {
        "realised": realised(seen.prices),
        "so_far": so_far,
        "fees": fee_implied_volatility(float(found["lp_fees_usd"]) / value / years),
        "bid": bid,
        "ask": ask,
        "providers_net_per_year": float(found["lp_net_usd"]) / value / years,
        "conservation_error": found["conservation_error"],
    }


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Volatilities by regime and who trades, and what each has beyond the realised one at the same seed."""
    found = []
    for levers, part in summaries.cells(runs, ["regime", "traders"]):
        found.append(summaries.row("realised", summaries.values(part, "realised"), **levers))
        for kind, base in KINDS.items():
            sample = summaries.values(part, kind)
            found.append(summaries.row(kind, sample, **levers))
            found.append(summaries.row(f"{kind}_premium", sample - summaries.values(part, base), **levers))
    return summaries.table(found)


def answer(runs: Any) -> str:
    """What asks and fees imply beyond the realised volatility by regime, and what snipers and users make of it."""
    cell, found = _cells(runs), _compared(runs)
    names = [name for name in REGIMES if (name, "all") in cell]
    if not names:
        return "No regime has all traders, so that 0 volatilities can be compared."
    asks, fees = (
        answers.listed(f"{name.replace('_', ' ')} {found[kind, name].said}" for name in names)
        for kind in ("ask", "fees")
    )
    text = f"Beyond the realised volatility, asks for options imply {asks}, and a pool's fees {fees}"
    if ("ask", "no snipers") in found:
        first = names[0].replace("_", " ")
        snipers, users = found["ask", "no snipers"].said, found["fees", "no users"].said
        text += f"; under {first}, {snipers} of the asks is the snipers' and {users} of the fees users'"
    return f"{text}."


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return list(_compared(runs).values())


def _cells(runs: Any) -> dict[Any, Any]:
    """Runs of each cell by seed."""
    return {key: part.set_index("seed") for key, part in runs.groupby(["regime", "traders"], sort=False)}


def _compared(runs: Any) -> dict[tuple[str, str], Headline]:
    """By kind and regime, implied less realised volatility; then what of it is gone without snipers or users."""
    cell, found, percent = _cells(runs), {}, ("%", 100.0)
    names = [name for name in REGIMES if (name, "all") in cell]
    for kind, name in product(("ask", "fees"), names):
        full, what = (
            cell[name, "all"],
            f"volatility that {SOLD[kind]} imply under {name.replace('_', ' ')} less realised",
        )
        found[kind, name] = pair(what, full[kind], full[KINDS[kind]], *percent)
    if names and {(names[0], "no snipers"), (names[0], "no users")} <= set(cell):
        for kind, without in (("ask", "no snipers"), ("fees", "no users")):
            full, part = (cell[names[0], traders] for traders in ("all", without))
            what = f"{SOLD[kind]} beyond realised under {names[0].replace('_', ' ')}, all less {without}"
            more, less = (each[kind] - each[KINDS[kind]] for each in (full, part))
            found[kind, without] = pair(what, more, less, *percent)
    return together(found)


SOLD = {"ask": "asks", "fees": "fees"}


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By regime and who trades: means over seeds (standard errors)."""
    rows = []
    for levers, part in summaries.cells(runs, ["regime", "traders"]):
        values = {kind: 100.0 * summaries.values(part, kind) for kind in ("realised", *KINDS)}
        beyond = {kind: values[kind] - 100.0 * summaries.values(part, base) for kind, base in KINDS.items()}
        rows.append(
            {
                **levers,
                **{f"{kind} [%]": statistics.mean_and_error(sample) for kind, sample in values.items()},
                "fees less realised [%]": statistics.mean_and_error(beyond["fees"]),
                "ask less realised [%]": statistics.mean_and_error(beyond["ask"]),
                "providers' net [% a year]": statistics.mean_and_error(100.0 * part["providers_net_per_year"]),
            }
        )
    return pd.DataFrame(rows)
