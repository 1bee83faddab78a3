"""The premium over realised volatility at which a maker of options earns nothing, and what of it sequencing causes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market.config import (
    AgentConfig,
    AssetConfig,
    EpisodeConfig,
    FlowConfig,
    JumpConfig,
    MarketConfig,
    OptionsConfig,
    OracleConfig,
    PoolConfig,
    PriceConfig,
    RegimeConfig,
    RollupConfig,
)
from market.measures.outcomes import outcomes
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.pricing.black import black
from market.settings import YEAR_S

TITLE = "The premium in options for what sequencing does to their makers"
QUESTION = "How far over realised volatility must makers of options sell, under each order, and for which risks?"
HYPOTHESIS = (
    "Where arrival decides, sniping is most of the premium; what is left in any regime is for jumps that no hedge "
    "catches, for old hedges and for outages, and outages cost many times as much where they coincide with stress. "
    "The part for outages is linear in their rate."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "regime",
    "without",
    "premium [vol. points]",
    "over realised [vol. points]",
    "part of it [vol. points]",
    "sniped [USD/h]",
    "age of hedge [s]",
)
HORIZON_S, QUICK_HORIZON_S = 3600.0, 1800.0
PRICE, VOLATILITY, BLOCK_S, TENOR_S = 2500.0, 0.8, 12.0, 1800.0
HEDGE_S, AVERSION, CAPITAL_RATE = 60.0, 0.002, 2.0
"""Time between two hedges [s], risk aversion [1/USD] and cost of capital in margin [1/year] of the maker."""
JUMPS_PER_H, JUMP_SD = 20.0, 0.002
CYCLE_S, STRESS_S, STRESS, OUTAGE_S = 900.0, 90.0, 3.0, 90.0
"""In each so long cycle of time a stretch of stress, its volatility, and an outage [s, s, 1/sqrt(year), s]."""
STRESS_AT, CALM_AT = 300.0, 700.0
"""When in a cycle stress begins, and an outage that is apart from it [s]."""
BUYERS_PER_S = 0.05
REGIMES: dict[str, dict[str, Any]] = {
    "first_come": {},
    "sealed": {"visibility": {"kind": "sealed"}},
    "cancel_first": {"ordering": {"kind": "cancel_first"}},
}
"""Parts in which a regime differs from arrival order that only the operator reads."""
CHANNELS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "sniping": {"snipers": 0},
    "jumps": {"jumps": False},
    "age": {"hedge_s": 0.0},
    "outages": {"outages": "none"},
    "coincidence": {"outages": "apart"},
    "capital": {"capital_rate": 0.0},
}
"""What a market is without: the condition that switches a channel off."""
RATES, MORE_AVERSE = (0.0, 4.0, 8.0), 0.2
"""Random outages an hour, in a market without the other channels, by which the part for outages is to be linear, and
the maker's aversion there, at which that part stands out from what hedges bring by chance."""
BASE = "first_come"


class Asks(Recorder):
    """Every ten seconds of the second half, by how much the maker's ask is above its worth, and what a vol. costs."""

    def __init__(self) -> None:
        self.above_usd = self.vega_usd = 0.0
        self.log_prices: list[float] = []

    def on_second(self, market: SequencerMarket) -> None:
        """Look."""
        price = float(market.world.tables.prices[1])
        self.log_prices.append(float(np.log(price)))
        if market.time < 0.5 * market.config.horizon_s or round(market.time) % 10:
            return
        maker: Any = next(agent for agent in market.participants if agent.role == "market_maker")
        series = market.world.tables.options[0]
        left = (float(series["expires"]) - market.time) / YEAR_S
        if left > 0.0 and 0 in maker.halves:
            self.above_usd += float(maker.halves[0][0]) * price
            self.vega_usd += black(price, float(series["strike"]), left, VOLATILITY, 0.0, 0.0, True).vega

    def realised(self) -> float:
        """Realised volatility of the second half, from second to second [1/sqrt(year)]."""
        moves = np.diff(self.log_prices[len(self.log_prices) // 2 :])
        return float(np.sqrt(np.mean(moves**2) * YEAR_S))


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Each regime with all channels and without each of them; then outages alone, at several rates."""
    horizon_s = QUICK_HORIZON_S if quick else HORIZON_S
    cells: list[tuple[str, str, float, MarketConfig]] = []
    for regime in ("first_come", "cancel_first") if quick else REGIMES:
        cells += [(regime, name, np.nan, _market(regime, horizon_s, **off)) for name, off in CHANNELS.items()]
    alone: dict[str, Any] = {
        "snipers": 0, "jumps": False, "capital_rate": 0.0, "hedge_s": 0.0, "stress": False, "outages": "random",
        "aversion": MORE_AVERSE,
    }  # fmt: skip
    for rate in (0.0, 8.0) if quick else RATES:
        cells.append((BASE, "all but outages", rate, _market(BASE, horizon_s, **alone, rate=rate)))
    for regime, without, rate, config in cells:
        configured = configure(config)
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run({"without": without, "outages_per_h": rate}, regime, seed, configured)


def _market(
    regime: str, horizon_s: float, *, snipers: int = 2, jumps: bool = True, hedge_s: float = HEDGE_S,
    capital_rate: float = CAPITAL_RATE, outages: str = "in stress", stress: bool = True, rate: float = 0.0,
    aversion: float = AVERSION,
) -> MarketConfig:  # fmt: skip
    """One rollup with calls that are listed anew at the money, buyers, the maker who learns to earn nothing, snipers.

    Jumps come in calm and stress alike.
    """
    cycles = np.arange(0.0, horizon_s, CYCLE_S).tolist()
    per_day = 24.0 * JUMPS_PER_H if jumps else 0.0
    episodes = tuple(
        EpisodeConfig(
            start_s=start + STRESS_AT, end_s=start + STRESS_AT + STRESS_S, volatility=STRESS, jumps_per_day=per_day,
            jump_mean=0.0, jump_sd=JUMP_SD,
        )
        for start in cycles
    )  # fmt: skip
    consensus: dict[str, Any] = {"kind": "instant"}
    if outages == "random":
        consensus |= {"outages_per_day": 24.0 * rate, "outage_mean_s": OUTAGE_S}
    elif outages != "none":
        at = STRESS_AT if outages == "in stress" else CALM_AT
        consensus["scheduled"] = [(start + at, OUTAGE_S) for start in cycles]
    chain = OptionsConfig(
        expiries_s=(TENOR_S,), strikes=1, volatility=VOLATILITY, fee_bp=0.0, makers=1, fund_usd=1e8
    )  # fmt: skip
    price = PriceConfig(
        kind="merton", step_s=1.0, jumps=JumpConfig(per_day=per_day, mean=0.0, sd=JUMP_SD),
        episodes=episodes if stress else (),
    )  # fmt: skip
    return MarketConfig(
        horizon_s=horizon_s,
        assets=(AssetConfig(price_usd=PRICE, volatility=VOLATILITY),),
        prices=price,
        rollups=(
            RollupConfig(
                name="one", pools=(PoolConfig(depth_usd=1e7, fee_bp=5.0),), options=(chain,), gas_usd=0.0,
                block_time_s=BLOCK_S, oracle=OracleConfig(deviation_bp=0.0, delay_s=0.0),
            ),
        ),
        regime=RegimeConfig(name=regime, **REGIMES[regime], consensus=consensus),
        flow=FlowConfig(per_second=0.0),
        agents=_cast(snipers, hedge_s, capital_rate, aversion),
        outside_fee_bp=0.0,
    )  # fmt: skip


def _cast(snipers: int, hedge_s: float, capital_rate: float, aversion: float) -> tuple[AgentConfig, ...]:
    """The maker, snipers who are faster, and buyers who are slower; of a call and a put only the call is quoted."""
    maker = {
        "edges": (), "first_bp": 10.0, "volatility": VOLATILITY, "series": (0,), "hedge_s": hedge_s,
        "capital_rate": capital_rate, "risk_aversion": aversion, "measured": True,
    }  # fmt: skip
    buyer = {"per_hour": 2.0 * 3600.0 * BUYERS_PER_S, "mean_size": 1e3, "sell_share": 0.0, "slippage_bp": 5000.0}
    cast: tuple[tuple[Any, str, int, float, dict[str, Any]], ...] = (
        ("market_maker", "zero_profit", 1, 0.02, maker),
        ("trader", "option_racer", snipers, 0.005, {"volatility": VOLATILITY}),
        ("trader", "option_buyer", 1, 0.06, buyer),
    )
    return tuple(
        AgentConfig(
            role=role, strategy=strategy, count=number, capital_usd=1e9, latency_s=latency_s, latency_spread_s=0.0,
            parameters=parameters,
        )
        for role, strategy, number, latency_s, parameters in cast
    )  # fmt: skip


def execute(run: Run) -> dict[str, Any]:
    """Run a market; the premium is that of asks in the second half, over the volatility between jumps and realised."""
    from agents.population import Population

    config, seen = run.config, Asks()
    assert isinstance(config, MarketConfig)
    market = SequencerMarket(config, run.seed, Population(config), [seen])
    market.run()
    found = outcomes(market)
    maker: Any = next(agent for agent in market.participants if agent.role == "market_maker")
    premium = seen.above_usd / seen.vega_usd if seen.vega_usd > 0.0 else float("nan")
    return {
        "premium_vol": premium,
        "over_realised_vol": VOLATILITY + premium - seen.realised(),
        "sniped_usd_h": 3600.0 / config.horizon_s * float(found["options_sniped_usd"]),
        "age_s": maker.hedge.mean_age_s((0, 1), config.horizon_s),
        "trades": float(market.world.tables.option_quotes["ask_traded"].sum()),
        "conservation_error": found["conservation_error"],
    }


def _parts(runs: pd.DataFrame, outcome: str) -> dict[tuple[str, str], Any]:
    """What an outcome loses in a regime without a channel, at the same seed, by regime and channel: by seed."""
    found = {
        (levers["regime"], levers["without"]): _by_seed(part, outcome)
        for levers, part in summaries.cells(runs, ["regime", "without"])
        if levers["without"] in CHANNELS
    }
    return {
        (regime, without): found[regime, "nothing"] - values
        for (regime, without), values in found.items()
        if without != "nothing" and (regime, "nothing") in found
    }


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Premiums and realised ones by regime, parts by channel, and premiums by the rate of outages."""
    found = []
    for (regime, without), values in _parts(runs, "premium_vol").items():
        found.append(summaries.row("part_vol", values, regime=regime, without=without, rate=float("nan")))
    for levers, part in summaries.cells(runs, ["regime", "without", "outages_per_h"]):
        rate = levers.pop("outages_per_h")
        found += [
            summaries.row(name, summaries.values(part, name), **levers, rate=float("nan") if rate is None else rate)
            for name in ("premium_vol", "over_realised_vol")
        ]
    return summaries.table(found)


def _by_rate(runs: pd.DataFrame) -> dict[float, Any]:
    """Premium by the rate of outages, where there is nothing else: by seed."""
    alone = summaries.where(runs, without="all but outages")
    return {
        float(levers["outages_per_h"]): _by_seed(part, "premium_vol")
        for levers, part in summaries.cells(alone, ["outages_per_h"])
    }


def _by_seed(runs: pd.DataFrame, outcome: str) -> Any:
    """An outcome of a cell's runs by seed."""
    return runs.set_index("seed")[outcome]


POINTS = "points", 100.0


def answer(runs: pd.DataFrame) -> str:
    """The premium under each order, its parts under arrival order, and whether that for outages is linear."""
    whole = _whole(runs)
    if BASE not in whole:
        return "Arrival order, with which the others are compared, is missing."
    others, causes, bend = (
        [f"{name.replace('_', ' ')} {one.said}" for name, one in found.items()]
        for found in (_orders(runs), _causes(runs), _bend(runs))
    )
    text = f"Under arrival order the maker sells {answers.amount(whole[BASE], *POINTS)} over realised volatility"
    text += f" (against it {answers.listed(others)})" if others else ""
    text += f", and switched off alone, {answers.listed(causes)} of it" if causes else ""
    text += f"; the second half of the rate of outages {bend[0]} more than the first" if bend else ""
    return f"{text}."


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return [one for found in (_orders(runs), _causes(runs), _bend(runs)) for one in found.values()]


def _whole(runs: pd.DataFrame) -> dict[str, Any]:
    """How far over realised volatility the maker sells in each regime: by seed."""
    full = summaries.cells(summaries.where(runs, without="nothing"), ["regime"])
    return {levers["regime"]: _by_seed(part, "over_realised_vol") for levers, part in full}


def _orders(runs: pd.DataFrame) -> dict[str, Headline]:
    """The premium of other orders less that under arrival order."""
    whole, found = _whole(runs), {}
    for name in whole if BASE in whole else ():
        if name != BASE:
            what = f"over realised volatility, {name.replace('_', ' ')} less {BASE.replace('_', ' ')}"
            found[name] = pair(what, whole[name], whole[BASE], *POINTS)
    return together(found)


def _causes(runs: pd.DataFrame) -> dict[str, Headline]:
    """What of the premium under arrival order is gone without each channel."""
    cells = summaries.cells(summaries.where(runs, regime=BASE), ["without"])
    premium = {levers["without"]: _by_seed(part, "premium_vol") for levers, part in cells}
    what, found = f"premium under {BASE.replace('_', ' ')}, with {{}} less without", {}
    for name in CHANNELS if "nothing" in premium else ():
        if name in premium and name != "nothing":
            found[name] = pair(what.format(name), premium["nothing"], premium[name], *POINTS)
    return together(found)


def _bend(runs: pd.DataFrame) -> dict[str, Headline]:
    """What the second half of the rate of outages adds, less what the first does."""
    rates = _by_rate(runs)
    if len(rates) < 3:
        return {}
    low, middle, high = (rates[at] for at in (min(rates), 0.5 * max(rates), max(rates)))
    what = "premium that the second half of the rate of outages adds, less that of the first"
    return {"adds": pair(what, high - middle, middle - low, *POINTS)}


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By regime and channel that is off, then by rate of outages: means over seeds (standard errors)."""
    rows, parts = [], _parts(runs, "premium_vol")
    for levers, part in summaries.cells(runs, ["regime", "without", "outages_per_h"]):
        rate = levers["outages_per_h"]
        lost = parts.get((levers["regime"], levers["without"]))
        rows.append(
            {
                "regime": levers["regime"],
                "without": levers["without"] if rate is None else f"{levers['without']}, {rate:g} an hour",
                "premium [vol. points]": statistics.mean_and_error(100.0 * part["premium_vol"]),
                "over realised [vol. points]": statistics.mean_and_error(100.0 * part["over_realised_vol"]),
                "part of it [vol. points]": "" if lost is None else statistics.mean_and_error(100.0 * lost),
                "sniped [USD/h]": statistics.mean_and_error(part["sniped_usd_h"]),
                "age of hedge [s]": statistics.mean_and_error(part["age_s"]),
                "trades": statistics.mean_and_error(part["trades"]),
            }
        )
    return pd.DataFrame(rows)
