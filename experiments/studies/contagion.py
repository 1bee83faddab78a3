"""How a failure on one rollup reaches the others, sequenced apart, in pairs and together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from agents.population import Population
from experiments.scenarios import reference
from experiments.study import Configure, Run, seeds
from market import regimes, state, tally
from market.config import (
    AgentConfig,
    BorrowersConfig,
    FlowConfig,
    LendingConfig,
    MarketConfig,
    OracleConfig,
    PoolConfig,
    RegimeConfig,
    RollupConfig,
)
from market.intents import Kind, blank
from market.model import SequencerMarket

TITLE = "Liquidation contagion when rollups share a sequencer"
QUESTION = "Does sharing a sequencer dampen cascades of liquidations or spread them, and what do outages change?"
HYPOTHESIS = (
    "Atomic arbitrage shares the price impact of liquidations: the most indebted rollup is hit less, the others more, "
    "and more rollups are hit together. Without outages that stabilises; an outage of a shared sequencer stops all "
    "rollups at once and costs more bad debt than as many rollup-hours of outages that come one by one."
)

SHARINGS = ("siloed", "pairs", "shared")
NAMES = ("r0", "r1", "r2", "r3")
DEPTHS_USD = (10e6, 10e6, 5e6, 5e6)
FALLS = (1.5, 0.4, 0.4, 0.4)
"""Log price fall of each rollup's pool that liquidations cause per unit of log price, at leverage one [1]."""
LTV_LOW, LTV_HIGH, THRESHOLD = 0.55, 0.80, 0.825
BORROWERS = 500
SHOCK = 0.08  # fall of the log price of one rollup's pool that somebody's sale causes
HIT = 0.02  # share of a rollup's debt whose liquidation counts as a hit
SEEDS, QUICK_SEEDS = 10, 2


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """A crash under every sharing, outage and leverage, then a shock on each rollup by itself in a calm market."""
    for sharing in SHARINGS:
        for outage_s in (0.0, 120.0) if quick else (0.0, 300.0, 900.0):
            for leverage in (1.0,) if quick else (0.5, 1.0):
                for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                    levers = {"part": "crash", "outage_s": outage_s, "leverage": leverage, "shocked": -1}
                    yield Run(levers, sharing, seed, configure(scene(sharing, outage_s, leverage, seed, quick)))
        for shocked in range(len(NAMES)):
            for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                levers = {"part": "shock", "outage_s": 0.0, "leverage": 1.0, "shocked": shocked}
                base = scene(sharing, 0.0, 1.0, seed, quick)
                calm = base.prices.model_copy(update={"episodes": ()})
                base = base.model_copy(update={"prices": calm, "horizon_s": 600.0})
                yield Run(levers, sharing, seed, configure(base))


def execute(run: Run) -> Mapping[str, float | int | str]:
    """Run the market twice at one seed: with what is studied, and without it.

    Without means, in a crash, that liquidations move no price that anybody is liquidated at; after a shock, no shock.
    """
    config = run.config
    assert isinstance(config, MarketConfig)
    shocked = int(run.levers["shocked"])
    main = simulate(config, run.seed, shocked)
    other = simulate(config if shocked >= 0 else _without_feedback(config), run.seed, -1)
    debt = main.debt
    report: dict[str, float | int | str] = {
        "liquidated_usd": float(main.liquidated.sum()),
        "without_usd": float(other.liquidated.sum()),
        "amplification": float(main.liquidated.sum() / other.liquidated.sum()) if other.liquidated.sum() else np.nan,
        "bad_debt_usd": main.bad_debt,
        "bad_debt_without_usd": other.bad_debt,
        "rollups_hit": int((main.liquidated > HIT * debt).sum()),
        "peak_60s_liquidated_usd": main.peak,
        "missed_slots": main.missed,
    }
    for at, name in enumerate(NAMES):
        report[f"liquidated_share_{name}"] = float(main.liquidated[at] / debt[at])
        report[f"extra_share_{name}"] = float((main.liquidated[at] - other.liquidated[at]) / debt[at])
    return report


class Liquidations:
    """What a finished market says about liquidations, by rollup."""

    def __init__(self, market: SequencerMarket, debt: np.ndarray) -> None:
        tables = market.world.tables
        price = float(market.path.current[1])
        of = tables.position[:, state.N_MARKET].astype(np.int64)
        owed = tables.position[:, state.N_DEBT] * tables.lending[of, state.L_INDEX]
        short = np.maximum(owed - tables.position[:, state.N_COLLATERAL] * price, 0.0).sum()
        self.debt = debt
        self.liquidated = market.tally.by_rollup[:, tally.LIQUIDATED].copy()
        # what was written off, and what no collateral covers any more
        self.bad_debt = float(tables.lending[:, state.L_BAD_DEBT].sum() + short)
        self.peak = float(market.tally.ring[tally.RING_S, 0])
        self.market = market
        self.missed = sum(domain.regime.consensus.missed for domain in market.domains)


def simulate(config: MarketConfig, seed: int, shocked: int) -> Liquidations:
    """Run a market, with a sale on one rollup in the middle unless `shocked` is -1."""
    market = SequencerMarket(config, seed, Population(config))
    debt = market.world.tables.lending[:, state.L_SCALED_DEBT].copy()
    if shocked >= 0:
        sale = blank(1)
        sale["kind"], sale["sender"] = int(Kind.SWAP), market.world.account_of["retail"]
        sale["venue"], sale["rollup"], sale["asset_in"] = shocked, shocked, 1
        reserve = config.rollups[shocked].pools[0].depth_usd / config.assets[0].price_usd
        sale["amount"] = reserve * np.expm1(0.5 * SHOCK)
        sale["sent"] = sale["arrival"] = 0.5 * config.horizon_s
        market.mempool.submit(sale)
    market.run()
    return Liquidations(market, debt)


def _without_feedback(config: MarketConfig) -> MarketConfig:
    """Oracles read the outside price and liquidators sell there."""
    oracle = config.rollups[0].oracle.model_copy(update={"source": "external"})
    agents = tuple(
        group.model_copy(update={"parameters": {**group.parameters, "sell": "outside"}})
        if group.role == "liquidator"
        else group
        for group in config.agents
    )
    rollups = tuple(rollup.model_copy(update={"oracle": oracle}) for rollup in config.rollups)
    return config.model_copy(update={"rollups": rollups, "agents": agents})


def scene(sharing: str, outage_s: float, leverage: float, seed: int, quick: bool) -> MarketConfig:
    """Return four indebted rollups in a crash, with oracles that read pools and liquidators who sell there."""
    base = reference(quick=quick)
    rollups = tuple(_rollup(at, leverage) for at in range(len(NAMES)))
    return base.model_copy(
        update={
            "horizon_s": 600.0 if quick else 3600.0,
            "prices": reference(quick=True).prices if quick else _within(base, 3600.0),
            "rollups": rollups,
            "regime": _regime(sharing, outage_s, seed, 600.0 if quick else 3600.0),
            "flow": FlowConfig(per_second=1.0),
            "agents": (
                AgentConfig(role="liquidator", strategy="greedy", count=3),
                AgentConfig(role="trader", strategy="arbitrageur", count=2),
                AgentConfig(role="trader", strategy="arbitrageur", count=2, parameters={"outside": False}),
            ),
        }
    )


def _within(scene: MarketConfig, horizon_s: float) -> Any:
    """Return the reference scenario's prices with the crash moved into a shorter run."""
    start = 0.3 * horizon_s
    episodes = tuple(
        episode.model_copy(update={"start_s": start, "end_s": start + episode.end_s - episode.start_s})
        for episode in scene.prices.episodes
    )
    return scene.prices.model_copy(update={"episodes": episodes})


def _rollup(at: int, leverage: float) -> RollupConfig:
    """Return a rollup whose borrowers' collateral, spread over log price, has the fall that is asked for."""
    spread = float(np.log(LTV_HIGH / LTV_LOW))
    collateral = 0.5 * FALLS[at] * leverage * DEPTHS_USD[at] * spread
    # the mean of a lognormal law is exp(sd^2 / 2) times its median
    median = collateral / BORROWERS / float(np.exp(0.5))
    return RollupConfig(
        name=NAMES[at],
        pools=(PoolConfig(depth_usd=DEPTHS_USD[at], fee_bp=5.0),),
        lending=(LendingConfig(liquidation_threshold=THRESHOLD, close_factor=1.0, cash_usd=DEPTHS_USD[at]),),
        oracle=OracleConfig(source="pool"),
        borrowers=BORROWERS,
        leverage=BorrowersConfig(
            collateral_median_usd=median, collateral_log_sd=1.0,
            ltv_law="log_uniform", ltv_low=LTV_LOW, ltv_high=LTV_HIGH,
        ),
    )  # fmt: skip


def _regime(sharing: str, outage_s: float, seed: int, horizon_s: float) -> RegimeConfig:
    """Return first come with one operator per domain; each domain's outage begins at a time drawn by the seed.

    Every rollup is down equally long whatever is shared: alone each at its own time, together all at once.
    """
    groups = {"siloed": [[name] for name in NAMES], "pairs": [NAMES[:2], NAMES[2:]], "shared": [NAMES]}[sharing]
    begins = np.random.default_rng((seed, 17)).uniform(0.25, 0.75, len(NAMES)) * horizon_s
    scheduled = [
        {"start_s": float(begins[NAMES.index(group[0])]), "duration_s": outage_s, "rollup": group[0]}
        for group in groups
        if outage_s > 0.0
    ]
    domains: dict[str, Any] = {
        "siloed": {"kind": "alone"},
        "pairs": {"kind": "clusters", "clusters": (NAMES[:2], NAMES[2:])},
        "shared": {"kind": "shared"},
    }[sharing]
    return regimes.load("centralized_shared").model_copy(
        update={
            "name": sharing, "domains": domains, "block_time_s": 2.0,
            "consensus": {"kind": "instant", "scheduled": scheduled},
        }
    )  # fmt: skip


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Means (standard errors) of a crash by sharing, outage and leverage."""
    crash = runs[runs["part"] == "crash"]
    columns = {
        "amplification [1]": ("amplification", 1.0),
        "liquidated [million USD]": ("liquidated_usd", 1e6),
        "of the debt on r0 [%]": ("liquidated_share_r0", 0.01),
        "bad debt [thousand USD]": ("bad_debt_usd", 1e3),
        "rollups hit [1]": ("rollups_hit", 1.0),
        "peak in 60 s [million USD]": ("peak_60s_liquidated_usd", 1e6),
    }
    rows = []
    for leverage, outage_s, sharing in dict.fromkeys(
        zip(crash["leverage"], crash["outage_s"], crash["regime"], strict=True)
    ):
        here = (crash["leverage"] == leverage) & (crash["outage_s"] == outage_s) & (crash["regime"] == sharing)
        row: dict[str, Any] = {"leverage": leverage, "outage [s]": outage_s, "sequencing": sharing}
        for name, (outcome, unit) in columns.items():
            sample = np.asarray(crash[outcome], float)[np.asarray(here)] / unit
            sample = sample[np.isfinite(sample)]
            error = f" ({sample.std(ddof=1) / np.sqrt(sample.size):.2g})" if sample.size > 1 else ""
            row[name] = f"{sample.mean():.3g}{error}" if sample.size else ""
        rows.append(row)
    return pd.DataFrame(rows)
