"""How far the hedge of an option is from what it was worth, by what sequencing does to the hedge's orders."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from experiments.analysis import answers, hedge_errors, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market.config import (
    AgentConfig,
    AssetConfig,
    EpisodeConfig,
    FlowConfig,
    GraphConfig,
    MarketConfig,
    OptionsConfig,
    OracleConfig,
    OutsideConfig,
    PoolConfig,
    PriceConfig,
    RegimeConfig,
    RollupConfig,
)
from market.intents.rows import Status
from market.latency import LatencyLaw
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.pricing.black import black
from market.settings import YEAR_S
from market.venues import Kind

TITLE = "Hedges of options and what sequencing does to them"
QUESTION = "How far from its worth does a hedged option end, by block time, delay, outages and where the hedge is made?"
HYPOTHESIS = (
    "The variance of the error is the mean age of the hedge times a constant, whatever makes the hedge old: half a "
    "block, the delay of messages, and half the mean square of outages times their rate. A first hedge that is tied to "
    "the trade leaves nothing open, on the same rollup or another; one that follows it leaves the whole delta open for "
    "a block, and longer where slots are missed on either rollup."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "varied",
    "setting",
    "error [% of premium]",
    "known [%]",
    "age of hedge [s]",
    "known age [s]",
    "losses over 10% [%]",
    "leg open [s]",
)
PRICE, VOLATILITY, ASSETS = 100.0, 0.8, 12
START_S, TENOR_S = 240.0, 3600.0
"""Until then prices stand still, and options are written; they live so long from then on [s]."""
AFTER_S = 400.0
"""After the expiry prices stand still again; by then the oracle has said what options are paid at [s]."""
LEG_S = 300.0
"""How long hedges are followed where it is the first hedge that counts [s]."""
BLOCK_S = 15.0
MISS = 0.2
"""Chance that a slot is missed where it is the first hedge that counts [1]."""
PER_HOUR = 6.0
SWEEPS: dict[str, tuple[float, ...]] = {
    "block_s": (5.0, 15.0, 60.0),
    "latency_s": (0.0, 15.0, 60.0),  # of the hedger's messages
    "outage_s": (0.0, 30.0, 60.0, 120.0),  # mean of exponential outages, of which `PER_HOUR` begin in an hour
}
QUICK_SWEEPS = {"block_s": (15.0, 60.0), "latency_s": (60.0,), "outage_s": (0.0, 120.0)}
LEGS: dict[str, dict[str, Any]] = {
    "same, tied": {},
    "same, behind": {"first": "behind"},
    "other, executed as one": {"rollup": "two", "shared": "execution"},
    "other, included as one": {"rollup": "two", "shared": "inclusion"},
    "other, behind": {"rollup": "two"},
    "other, at once": {"rollup": "two", "first": "together"},
    "outside, at once": {"apart": True},
}
"""Ways of a first hedge: on the rollup of the options or another, how it goes with the trade, what is guaranteed."""
FIRST = "same, tied"
QUICK_LEGS = (FIRST, "other, behind")
PREMIUM = black(PRICE, PRICE, TENOR_S / YEAR_S, VOLATILITY, 0.0, 0.0, True).price
PER_S = VOLATILITY / np.sqrt(YEAR_S)
"""Volatility [1/sqrt(s)]."""


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """One condition varied at a time, over the life of options; then the ways of the first hedge."""
    cells: list[tuple[str, Any, MarketConfig]] = []
    for varied, settings in (QUICK_SWEEPS if quick else SWEEPS).items():
        cells += [(varied, f"{setting:g}", _replicated(**{varied: setting})) for setting in settings]
    cells += [("leg", leg, _legged(**LEGS[leg])) for leg in (QUICK_LEGS if quick else LEGS)]
    for varied, setting, config in cells:
        configured = configure(config)
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run({"varied": varied, "setting": setting}, configured.regime.name, seed, configured)


def _replicated(block_s: float = BLOCK_S, latency_s: float = 0.0, outage_s: float = 0.0) -> MarketConfig:
    """Options that are written, hedged in every block, and paid."""
    consensus: dict[str, Any] = {"kind": "instant"}
    if outage_s > 0.0:
        consensus |= {"outages_per_day": 24.0 * PER_HOUR, "outage_mean_s": outage_s}
    ends = START_S + TENOR_S
    standing = tuple(
        EpisodeConfig(start_s=start, end_s=end, volatility=0.0) for start, end in ((0.0, START_S), (ends, 1e9))
    )
    return _market(
        {"consensus": consensus}, block_s, {}, latency_s, horizon_s=ends + AFTER_S, standing=standing, expires_s=ends
    )  # fmt: skip


def _legged(
    rollup: str | None = None, first: str = "tied", shared: str | None = None, apart: bool = False
) -> MarketConfig:
    """Options that are written while prices move and slots are missed, and followed for a while."""
    parts: dict[str, Any] = {"consensus": {"kind": "proposer", "miss": MISS}}
    if shared is not None:
        parts |= {"domains": {"kind": "shared"}, "guarantees": {"kind": shared}, "block_time_s": BLOCK_S}
    config = _market(parts, BLOCK_S, {"rollup": rollup, "first": first}, 0.0, horizon_s=START_S + LEG_S)
    return config.model_copy(update={"outside": OutsideConfig(atomic=False)}) if apart else config


def _market(
    parts: dict[str, Any], block_s: float, hedge: dict[str, Any], latency_s: float, *, horizon_s: float,
    standing: tuple[EpisodeConfig, ...] = (), expires_s: float = TENOR_S,
) -> MarketConfig:  # fmt: skip
    """Options on a dozen assets, a maker who buys at what they are worth, and the hedger who writes one of each."""
    names = [f"A{at}" for at in range(ASSETS)]
    chains = tuple(
        OptionsConfig(
            asset=name, expiries_s=(expires_s,), roll=False, strikes=1, volatility=VOLATILITY, fee_bp=0.0,
            fund_usd=1e9, makers=1, window_s=0.75 * AFTER_S,
        )
        for name in names
    )  # fmt: skip
    oracle = OracleConfig(deviation_bp=0.0, delay_s=0.0)
    pool = PoolConfig(assets=(names[0], "USD"), depth_usd=1e7, fee_bp=5.0, price_usd=PRICE)
    rollups = tuple(
        RollupConfig(
            name=name, pools=(pool,), gas_usd=0.0, block_time_s=block_s, oracle=oracle,
            options=chains if name == "one" else (),
        )
        for name in ("one", "two")
    )  # fmt: skip
    maker = {"volatility": VOLATILITY, "half_spread": 0.0, "size": 1e3, "move_bp": 0.0, "refresh_s": block_s}
    hedger = {"volatility": VOLATILITY, "every_s": 0.0} | hedge
    parts_played: tuple[tuple[Any, str, float, dict[str, Any]], ...] = (
        ("market_maker", "fixed_spread", 0.001, maker), ("trader", "option_hedger", latency_s + 0.01, hedger),
    )  # fmt: skip
    agents = tuple(
        AgentConfig(
            role=role, strategy=strategy, capital_usd=1e9, latency_s=latency, latency_spread_s=0.0,
            latency=LatencyLaw(law="constant"), parameters=parameters,
        )
        for role, strategy, latency, parameters in parts_played
    )  # fmt: skip
    return MarketConfig(
        horizon_s=horizon_s,
        assets=tuple(AssetConfig(name=name, price_usd=PRICE, volatility=VOLATILITY) for name in names),
        prices=PriceConfig(kind="gbm", step_s=1.0, correlation=0.0, episodes=standing),
        rollups=rollups,
        graph=GraphConfig(kind="list"),
        regime=RegimeConfig(name="first_come", **parts),
        flow=FlowConfig(per_second=0.0),
        agents=agents,
        outside_fee_bp=0.0,
    )


class Rows(Recorder):
    """Keeps what an account had executed, in blocks and apart from them."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []

    def on_block(self, slot: Any) -> None:
        """Keep a block's."""
        self.on_orders(slot.rows)

    def on_orders(self, rows: np.ndarray) -> None:
        """Keep orders'."""
        kinds = (Kind.OUTSIDE, Kind.OPTION_TRADE, Kind.OPTION_DEPOSIT)
        done = np.isin(rows["kind"], kinds) & (rows["status"] == int(Status.FILLED))
        self.rows.append(rows[done].copy())


def execute(run: Run) -> dict[str, Any]:
    """Run a market; errors of its hedges, their age, and how long the first leg was open."""
    from agents.population import Population

    config, kept = run.config, Rows()
    assert isinstance(config, MarketConfig)
    market = SequencerMarket(config, run.seed, Population(config), [kept])
    agent: Any = next(agent for agent in market.participants if agent.role == "trader")
    until = START_S + TENOR_S
    if config.horizon_s > until:
        market.run_until(until)
        age = _age(agent, until)
        market.run()
    else:
        market.run()
        age = _age(agent, config.horizon_s)
    rows = np.concatenate(kept.rows)
    own = rows[rows["sender"] == agent.account]
    found = [_outcome(market, own, agent.account, at) for at in range(ASSETS)]
    errors, open_s = np.array([each for each in found if each is not None]).reshape(-1, 2).T
    return {
        "square": float(np.mean((errors / PREMIUM) ** 2)),
        "mean_share": float(np.mean(errors / PREMIUM)),
        "lost_share": float(np.mean(errors < -0.1 * PREMIUM)),
        "worst_share": float(np.min(errors / PREMIUM)),
        "age_s": age,
        "leg_s": float(np.mean(open_s)),
        "conservation_error": market.tally.conservation_error,
    }


def _age(agent: Any, now: float) -> float:
    """Mean age of hedges so far [s]."""
    return float(np.mean([agent.hedge.mean_age_s((0, 1 + at), now) for at in range(ASSETS)]))


def _outcome(market: SequencerMarket, own: np.ndarray, account: int, at: int) -> tuple[float, float] | None:
    """What writing and hedging one option has brought [USD], and between the trade and the first hedge [s].

    What is still owed counts at what it is worth; nothing where the option was not written in time.
    """
    tables = market.world.tables
    hedges, asset = own[own["kind"] == int(Kind.OUTSIDE)], 1 + at
    hedges = hedges[(hedges["asset_in"] == asset) | (hedges["asset_out"] == asset)]
    trades = own[(own["kind"] == int(Kind.OPTION_TRADE)) & (own["venue"] == at)]
    over = tables.option_expiries["over"][at] == 1.0
    if not trades.size or not hedges.size or (over and trades["executed"][0] > START_S):
        return None
    buys = hedges["asset_out"] == asset
    units = np.where(buys, hedges["filled_out"], -hedges["filled_in"]).sum()
    money = np.where(buys, -hedges["filled_in"], hedges["filled_out"]).sum()
    options = int(tables.option_markets["first_account"][at]) + account
    paid_in = own["filled_in"][(own["kind"] == int(Kind.OPTION_DEPOSIT)) & (own["venue"] == at)].sum()
    gained = float(tables.option_accounts["cash"][options] - paid_in)
    price, owed = float(tables.prices[asset]), 0.0
    if over:
        price = float(tables.option_expiries["fixed"][at])
        gained += PREMIUM - float(trades["filled_in"].sum())  # it began to count when prices began to move
    else:
        position = int(tables.option_accounts["positions"][options])
        left = (float(tables.options["expires"][2 * at]) - market.time) / YEAR_S
        worth = black(price, float(tables.options["strike"][2 * at]), left, VOLATILITY, 0.0, 0.0, True).price
        owed = worth * float(tables.option_positions["quantity"][position])
    return gained + owed + float(units) * price + float(money), abs(
        float(hedges["executed"][0] - trades["executed"][0])
    )


@cache
def known(varied: str, setting: str) -> tuple[float, float]:
    """Standard deviation of the error over the premium [1] and mean age of the hedge [s]; nan where nothing is known.

    Hedges in every slot are known at finite distances; what delays and outages add to the age counts as in the limit.
    """
    if varied == "leg":
        return float("nan"), float("nan")
    value, block_s = float(setting), float(setting) if varied == "block_s" else BLOCK_S
    always, more = np.ones((round(TENOR_S / block_s), 1)), 0.0
    age = hedge_errors.mean_age(always, block_s)
    if varied == "outage_s" and value > 0.0:
        more = (
            hedge_errors.mean_age(hedge_errors.chances(PER_HOUR / 3600.0, value, block_s, len(always)), block_s) - age
        )
    elif varied == "latency_s":
        more = block_s * float(np.ceil(value / block_s))
    variance = hedge_errors.hedge_variance(always, block_s, float(PER_S), PRICE)
    variance += more * hedge_errors.integrated_variance(TENOR_S, float(PER_S), PRICE)
    return float(np.sqrt(variance)) / PREMIUM, age + more


def _root(squares: np.ndarray) -> dict[str, float]:
    """Root of the mean square over all seeds, with the jackknife's interval."""
    return statistics.pooled(lambda at: float(np.sqrt(squares[at].mean())), len(squares))


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Errors, ages, losses and open legs by what is varied, with what is known of the first two."""
    found = []
    for levers, part in summaries.cells(runs, ["varied", "setting"]):
        error, age = known(levers["varied"], levers["setting"])
        value = float("nan") if levers["varied"] == "leg" else float(levers["setting"])
        found.append(
            summaries.pooled("error_share", _root(summaries.values(part, "square")), **levers, value=value, known=error)
        )
        found.append(summaries.row("age_s", summaries.values(part, "age_s"), **levers, value=value, known=age))
        found += [
            summaries.row(name, summaries.values(part, name), **levers, value=value, known=float("nan"))
            for name in ("lost_share", "leg_s")
        ]
    return summaries.table(found)


BASE = "outage_s", "0"
AGEING = {
    ("block_s", "60"): "blocks of 60 s",
    ("latency_s", "60"): "messages that take 60 s",
    ("outage_s", "120"): f"{PER_HOUR:g} outages an hour of 120 s",
}
"""Conditions under which a hedge is older, in words."""
APART = {
    ("leg", "other, executed as one"): "on another rollup that executes as one",
    ("leg", "other, behind"): "on another rollup behind the trade",
}
"""Where a first hedge may be made, in words."""


def answer(runs: pd.DataFrame) -> str:
    """What each condition adds to the variance of the error, as the age of a hedge that would, and open legs."""
    base, found = _squares(runs).get(BASE), _compared(runs)
    if base is None:
        return "The base, blocks of 15 s without outages, is missing."
    parts = [
        f"{text} {found[cell].said} (known: {known(*cell)[1] - known(*BASE)[1]:.3g} s)"
        for cell, text in AGEING.items()
        if cell in found
    ]
    legs = [f"{text} {found[cell].said}" for cell, text in APART.items() if cell in found]
    error = answers.amount(np.sqrt(base), "% of its premium", 100.0)
    more = f" Counted as age of the hedge, there is more under {answers.listed(parts)}" if parts else ""
    rest = f"; a first hedge adds, of the squared premium, {answers.listed(legs)}" if legs else ""
    return f"Hedged every 15 s, an option of an hour misses its worth by {error}.{more}{rest}."


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return list(_compared(runs).values())


def _squares(runs: pd.DataFrame) -> dict[tuple[str, str], Any]:
    """Squared error by condition, and by seed."""
    cells = summaries.cells(runs, ["varied", "setting"])
    return {(levers["varied"], levers["setting"]): part.set_index("seed")["square"] for levers, part in cells}


def _compared(runs: pd.DataFrame) -> dict[tuple[str, str], Headline]:
    """What conditions add to the variance of the error: as the age of a hedge that would, or of the squared premium."""
    per_s = hedge_errors.integrated_variance(TENOR_S, float(PER_S), PRICE) / PREMIUM**2
    ageing = (BASE, "age of the hedge, {} less blocks of 15 s", "s", 1.0 / per_s, AGEING)
    apart = (("leg", FIRST), "squared premium, a first hedge {} less one that is tied", "%", 100.0, APART)
    square, found = _squares(runs), {}
    for base, what, unit, scale, cells in (ageing, apart):
        for cell, text in cells.items():
            if cell in square and base in square:
                found[cell] = pair(what.format(text), square[cell], square[base], unit, scale)
    return together(found)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By condition: means over seeds (standard errors), and what is known."""
    rows = []
    for levers, part in summaries.cells(runs, ["varied", "setting"]):
        error, age = known(levers["varied"], levers["setting"])
        root = _root(summaries.values(part, "square"))
        rows.append(
            {
                **levers,
                "error [% of premium]": f"{100.0 * root['mean']:.3g} ({100.0 * root['standard_error']:.2g})",
                "known [%]": f"{100.0 * error:.3g}" if np.isfinite(error) else "",
                "age of hedge [s]": statistics.mean_and_error(part["age_s"]),
                "known age [s]": f"{age:.3g}" if np.isfinite(age) else "",
                "losses over 10% [%]": statistics.mean_and_error(100.0 * part["lost_share"]),
                "leg open [s]": statistics.mean_and_error(part["leg_s"]),
                "mean error [% of premium]": statistics.mean_and_error(100.0 * part["mean_share"]),
                "worst [% of premium]": statistics.mean_and_error(100.0 * part["worst_share"]),
            }
        )
    return pd.DataFrame(rows)
