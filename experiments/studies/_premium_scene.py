"""The market of the study of the premium for what sequencing does to makers of options, and what is noted of it."""

from __future__ import annotations

from typing import Any

import numpy as np

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
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.pricing.black import black
from market.settings import DAY_S, YEAR_S

PRICE, VOLATILITY, BLOCK_S = 2500.0, 0.8, 12.0
HEDGE_S, CAPITAL_RATE = 60.0, 2.0
"""Time between two hedges [s], and cost of capital in margin [1/year]."""
JUMPS_PER_H, JUMP_SD = 20.0, 0.002
CYCLE_S, STRESS_S, STRESS, OUTAGE_S = 900.0, 90.0, 3.0, 90.0
"""In each so long cycle of time a stretch of stress, its volatility, and an outage [s, s, 1/sqrt(year), s]."""
STRESS_AT, CALM_AT = 300.0, 700.0
"""When in a cycle stress begins, and an outage that is apart from it [s]."""
LOOK_S = 10
"""Time between two notes of what is quoted [s]."""
REGIMES: dict[str, dict[str, Any]] = {
    "first_come": {},
    "sealed": {"visibility": {"kind": "sealed"}},
    "cancel_first": {"ordering": {"kind": "cancel_first"}},
    "batch": {"ordering": {"kind": "uniform_price_batch", "withdrawable": True}},
}
"""Parts in which a regime differs from arrival order that only the operator reads.

A batch clears swaps at one price and nothing else: to options it is cancellations first, then a random order.
"""
MAIN: dict[str, Any] = {"tenor_s": DAY_S, "owed": 40.0, "per_s": 0.1, "sell_share": 0.25, "aversion": 0.05}
AGEING: dict[str, Any] = {
    "tenor_s": 0.5 * DAY_S, "owed": 120.0, "per_s": 0.2, "sell_share": 0.1, "aversion": 0.5, "snipers": 0,
    "jumps": False, "capital_rate": 0.0, "hedge_s": 0.0, "stress": False, "outages": "random",
}  # fmt: skip
"""Life of the options [s], how many the maker may owe, buyers and sellers of them [1/s] and the share of sellers, and
the maker's aversion to risk [1/USD]; where the age of hedges alone is to cost, gamma is large, few options change
hands, and the aversion is such that it stands out from what hedges bring by chance."""


def volatility(jumps: bool, stress: bool) -> float:
    """Volatility that the law of the price has over a cycle, at which everybody values options [1/sqrt(year)]."""
    stressed = STRESS_S / CYCLE_S if stress else 0.0
    jumping = JUMPS_PER_H * YEAR_S / 3600.0 * JUMP_SD**2 if jumps else 0.0
    return float(np.sqrt((1.0 - stressed) * VOLATILITY**2 + stressed * STRESS**2 + jumping))


def market(
    regime: str, horizon_s: float, *, tenor_s: float, owed: float, per_s: float, sell_share: float, aversion: float,
    snipers: int = 1, jumps: bool = True, hedge_s: float = HEDGE_S, capital_rate: float = CAPITAL_RATE,
    outages: str = "in stress", stress: bool = True, rate: float = 0.0, outage_s: float = OUTAGE_S,
) -> MarketConfig:  # fmt: skip
    """One rollup with a call that is listed at the money, traders, the maker who learns to earn nothing, a sniper.

    More traders buy than sell, so that the maker soon owes as many options as it may, and goes on doing so: what is at
    risk is the same whatever the sequencer does. Jumps come in calm and stress alike.
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
        consensus |= {"outages_per_day": 24.0 * rate, "outage_mean_s": outage_s}
    elif outages != "none":
        at = STRESS_AT if outages == "in stress" else CALM_AT
        consensus["scheduled"] = [(start + at, outage_s) for start in cycles]
    worth = volatility(jumps, stress)
    chain = OptionsConfig(expiries_s=(tenor_s,), strikes=1, volatility=worth, fee_bp=0.0, makers=1, fund_usd=1e8)
    gamma = black(PRICE, PRICE, tenor_s / YEAR_S, worth, 0.0, 0.0, True).gamma
    maker = {
        "edges": (), "first_bp": 5.0, "volatility": worth, "series": (0,), "hedge_s": hedge_s,
        "capital_rate": capital_rate, "risk_aversion": aversion, "measured": True,
        "most_gamma_usd": 0.01 * (owed + 0.01) * gamma * PRICE**2,
    }  # fmt: skip
    # of a call and a put, which traders draw evenly, only the call is quoted
    trader = {"per_hour": 2.0 * 3600.0 * per_s, "mean_size": 1e3, "sell_share": sell_share, "slippage_bp": 5000.0}
    cast: tuple[tuple[Any, str, int, float, dict[str, Any]], ...] = (
        ("market_maker", "zero_profit", 1, 0.02, maker),
        ("trader", "option_racer", snipers, 0.005, {"volatility": worth}),
        ("trader", "option_buyer", 1, 0.06, trader),
    )
    agents = tuple(
        AgentConfig(
            role=role, strategy=strategy, count=number, capital_usd=1e9, latency_s=latency_s, latency_spread_s=0.0,
            parameters=parameters,
        )
        for role, strategy, number, latency_s, parameters in cast
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
        agents=agents,
        outside_fee_bp=0.0,
    )  # fmt: skip


class Quoted(Recorder):
    """Every ten seconds, how far the maker's ask is above what the option is worth, and what it has at risk.

    Attributes
    ----------
    looks
        a row each: time [s], half spread, vega [USD], options owed and traded until then [1],
        (q gamma S^2 sigma^2)^2 of what is owed [USD^2/year^2], (delta S sigma)^2 of one option [USD^2/year], and the
        age of hedges, summed over time [s^2]
    squares
        by second: squares of the moves of the log price [1]
    """

    def __init__(self, worth: float) -> None:
        self.worth = worth
        self.looks: list[tuple[float, ...]] = []
        self.squares: list[float] = []
        self._price = PRICE

    def on_start(self, market: SequencerMarket) -> None:
        """Find the maker."""
        self._maker: Any = next(agent for agent in market.participants if agent.role == "market_maker")
        self._market = market

    def on_second(self, market: SequencerMarket) -> None:
        """Look."""
        tables = market.world.tables
        price = float(tables.prices[1])
        self.squares.append(float(np.log(price / self._price)) ** 2)
        self._price = price
        age = self._maker.hedge.mean_age_s((0, 1), market.time)
        if round(market.time) % LOOK_S or np.isnan(age):
            return
        series, account = tables.options[0], tables.option_accounts[self._maker.account]
        left = (float(series["expires"]) - market.time) / YEAR_S
        worth = black(price, float(series["strike"]), left, self.worth, 0.0, 0.0, True)
        owed = -float(tables.option_positions["quantity"][int(account["positions"])])
        traded = sum(float(tables.option_quotes[f"{side}_traded"].sum()) for side in ("ask", "bid"))
        self.looks.append(
            (
                market.time, float(self._maker.halves[0][0]) * price, worth.vega, owed, traded,
                (owed * worth.gamma * (price * self.worth) ** 2) ** 2, (worth.delta * price * self.worth) ** 2,
                age * (market.time - self.looks[0][0]) if self.looks else 0.0,
            )
        )  # fmt: skip

    def realised(self) -> float:
        """Volatility that the price had in the second half, from second to second [1/sqrt(year)]."""
        return float(np.sqrt(np.mean(self.squares[len(self.squares) // 2 :]) * YEAR_S))

    def found(self, aversion: float) -> dict[str, float]:
        """What the second half of the looks shows.

        Returns
        -------
        dict
            `premium_vol`: asks above the worth [1/sqrt(year)]; `per_day_usd`: the same times what is traded, by option
            owed and day [USD/d]; `age_s`: mean age of hedges [s]; `known_vol`: premium at which risk alone costs what
            is known of it. That is aversion / 2 times the variance of what is held: from hedge to hedge, the integral
            of (q gamma S^2 sigma^2)^2 times the mean age (K5); and what a block's trades add waits for the next block.
        """
        times, halves, vegas, owed, traded, gammas, deltas, aged = np.array(self.looks)[len(self.looks) // 2 :].T
        options, seconds = traded[-1] - traded[0], times[-1] - times[0]
        age_s = (aged[-1] - aged[0]) / seconds
        blocks = self._market.domains[0].regime.consensus.blocks
        wait_s = self._market.time / blocks
        held = float(gammas.mean()) * seconds / YEAR_S * age_s / YEAR_S
        fresh = float((np.diff(owed) ** 2).sum() * deltas.mean()) * wait_s / YEAR_S
        return {
            "premium_vol": float(halves.sum() / vegas.sum()),
            "per_day_usd": float(halves.mean() * options / (owed.mean() * seconds / DAY_S)),
            "age_s": float(age_s),
            "known_vol": 0.5 * aversion * (held + fresh) / options / float(vegas.mean()),
            "trades": float(options),
        }
