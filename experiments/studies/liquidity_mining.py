"""Rewards for liquidity, split among rollups by different rules: where depth goes, and what users pay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.later import pd
from experiments.runs.run import run_one
from experiments.runs.study import Configure, Run, seeds
from market import regimes
from market.config import (
    AgentConfig,
    AssetConfig,
    FlowConfig,
    GraphConfig,
    MarketConfig,
    MiningConfig,
    OracleConfig,
    PoolConfig,
    PriceConfig,
    RollupConfig,
)
from market.measures.recorder import Recorder
from market.model import SequencerMarket

TITLE = "Liquidity mining over rollups: depth and users' cost by how rewards are split"
QUESTION = "What do rewards for liquidity, split among rollups by different rules, do to depth and to what users pay?"
HYPOTHESIS = (
    "Providers follow rewards until a dollar earns the same everywhere. Equal parts and depth targets bring depth to "
    "the small rollups, volume to the large ones. Users pay less than without rewards, most where depth follows their "
    "trades; they save less than the rewards cost."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "split",
    "USD/h",
    "depth [million USD]",
    "largest rollup [%]",
    "smallest rollup [%]",
    "users' cost [bp]",
    "saved over paid [%]",
)
HORIZON_S, QUICK_HORIZON_S = 3600.0, 600.0
DEPTHS_USD = (4e6, 2e6, 1e6, 0.5e6)  # of a side of each rollup's pool that stays, whatever it earns [USD]
PROVIDERS, CAPITAL_USD = 4, 2e6  # capital of each in either asset on every rollup [USD]
ASKS_BP_PER_DAY = 60.0
RATES = (2_000.0, 8_000.0)
QUICK_RATES = (8_000.0,)
SPLITS: dict[str, dict[str, Any]] = {
    "equal": {"kind": "equal"},
    "volume": {"kind": "volume"},
    "depth target": {"kind": "depth_target", "target_usd": 18e6},
}
"""Rules by their name in the table; the target is for what is in the pool of each rollup, both sides."""


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """No rewards, and each rule at each rate, on the same prices and users."""
    horizon = QUICK_HORIZON_S if quick else HORIZON_S
    cells = [("none", 0.0), *((split, rate) for rate in (QUICK_RATES if quick else RATES) for split in SPLITS)]
    for split, rate in cells:
        config = configure(_market(split, rate, horizon))
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run({"split": split, "usd_per_hour": rate}, config.regime.name, seed, config)


def _market(split: str, rate: float, horizon: float) -> MarketConfig:
    """Four rollups of different size with one pool each, users who choose among them, and providers who may leave.

    Providers begin with all of their capital idle, the same on every rollup, and bridges take a minute and 2 bp.
    """
    rollups = tuple(
        RollupConfig(
            name=f"r{at}",
            block_time_s=2.0,
            pools=(PoolConfig(depth_usd=depth, fee_bp=5.0),),
            oracle=OracleConfig(),
            gas_usd=0.004,
        )
        for at, depth in enumerate(DEPTHS_USD)
    )
    programme = MiningConfig(usd_per_hour=rate or 1.0, period_s=60.0, split=SPLITS.get(split, {"kind": "equal"}))
    habits = {"asks_bp_per_day": ASKS_BP_PER_DAY, "review_s": 30.0, "share": 0.3}
    return MarketConfig(
        horizon_s=horizon,
        assets=(AssetConfig(volatility=0.8),),
        prices=PriceConfig(kind="gbm"),
        rollups=rollups,
        graph=GraphConfig(kind="complete", delay_s=60.0, fee_bp=2.0, capacity_usd=5e7),
        regime=regimes.load("siloed"),
        flow=FlowConfig(per_second=2.0),
        agents=(
            AgentConfig(
                role="market_maker", strategy="yield_seeker", count=PROVIDERS, capital_usd=CAPITAL_USD,
                parameters=habits,
            ),
            AgentConfig(role="trader", strategy="arbitrageur", count=2, capital_usd=5e6),
        ),
        mining=(programme,) if rate else (),
    )  # fmt: skip


class SecondHalf(Recorder):
    """Notes depth and what users paid from half of the horizon on, when capital has found its place.

    Attributes
    ----------
    depths : list of (rollups,) arrays
        value in the pool of each rollup, both sides, every ten seconds [USD]
    """

    def on_start(self, market: SequencerMarket) -> None:
        """Remember the market."""
        self._market = market
        self.depths: list[np.ndarray] = []
        self._before: Any = None

    def on_second(self, market: SequencerMarket) -> None:
        """Note depth; at the half, what users have paid so far."""
        if market.time < 0.5 * market.config.horizon_s:
            return
        if self._before is None:
            self._before = market.tally.totals().copy()
        if round(market.time) % 10 == 0:
            pools = market.world.tables.pools
            account, rollup = pools["account"].astype(np.int64), pools["rollup"].astype(np.int64)
            self.depths.append(2.0 * market.world.tables.balance[account, rollup, 0])

    def found(self) -> dict[str, float]:
        """Return depth and its parts, and the cost of users, as it is reckoned for a whole run, with their demand."""
        depth = np.mean(self.depths, axis=0)
        now, before = self._market.tally.totals(), self._before
        part = {name: float(now[name] - before[name]) for name in now.dtype.names or ()}
        demand = part["user_volume"] + part["unfilled_volume"]
        cost = part["user_cost"] + part["unfilled_cost"]
        return {
            "depth_usd": float(depth.sum()),
            **{f"share_{at}": float(share) for at, share in enumerate(depth / depth.sum())},
            "cost_bp": 1e4 * cost / demand if demand > 0.0 else float("nan"),
            "demand_usd": demand,
            "provided_usd": part["lp_fees"] + part["lp_marked"],
        }


def execute(run: Run) -> dict[str, Any]:
    """Run a market and say where depth was, what users paid and what providers earned in its second half."""
    config = run.config
    assert isinstance(config, MarketConfig)
    half = SecondHalf()
    found = run_one(config, run.seed, [half])
    seconds = found.pop("seconds")
    paid = float(found.get("mining_paid_usd", 0.0))
    kept = {name: found[name] for name in ("conservation_error", "dispersion_bp", "lp_net_usd")}
    return half.found() | kept | {"paid_usd": paid, "seconds": seconds}


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What the figure draws, by split and rate; changes of cost are against none at the same seed."""
    shares = tuple(f"share_{at}" for at in range(len(DEPTHS_USD)))
    keys, rewarded = ["split", "usd_per_hour"], np.flatnonzero(~summaries.mask(runs, split="none"))
    changed = runs.assign(change_bp=summaries.less(runs, runs["cost_bp"], [], split="none")).take(rewarded)
    rows = summaries.by_cell(runs, keys, ("depth_usd", *shares))
    return summaries.table(rows + summaries.by_cell(changed, keys, ("change_bp",)))


def _saved(runs: pd.DataFrame) -> np.ndarray:
    """What users pay less than without rewards at the same seed, of what they trade in the second half [USD]."""
    fewer = -summaries.less(runs, runs["cost_bp"], [], split="none")
    return 1e-4 * fewer * np.asarray(runs["demand_usd"], float)


def answer(runs: Any) -> str:
    """What each rule changes at the highest rate, in depth, its parts and users' cost, and what is saved of it."""
    rate, changes = runs["usd_per_hour"].max(), _changes(runs)
    parts = [
        f"{split} depth by {changes[split, 'depth_usd'].said}, the largest rollup's part by "
        f"{changes[split, 'share_0'].said} and users' cost by {changes[split, 'cost_bp'].said}"
        for split in SPLITS
        if (split, "cost_bp") in changes
    ]
    spent = 0.5 * np.asarray(runs["paid_usd"], float)
    some = summaries.mask(runs, usd_per_hour=rate) & (spent > 0.0)
    found = runs[some].assign(returned=_saved(runs)[some] / spent[some])
    returned = found.groupby("seed")["returned"].mean()
    return (
        f"Against none, {rate:,.0f} USD an hour change, split by {'; by '.join(parts)}. Users save "
        f"{answers.amount(returned, '% of what is paid', 100.0)}, on average over rules."
    )


CHANGED = {
    "depth_usd": ("depth", "million USD", 1e-6),
    "share_0": ("the largest rollup's part of depth", "points", 100.0),
    "cost_bp": ("users' cost", "bp", 1.0),
}
"""Outcomes that the answer compares: what they are, and the unit and scale in which they are shown."""


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return list(_changes(runs).values())


def _changes(runs: Any) -> dict[tuple[str, str], Headline]:
    """Outcomes under each rule at the highest rate less those without rewards, by rule and outcome."""
    rate, none = runs["usd_per_hour"].max(), summaries.where(runs, split="none").set_index("seed")
    parts = {split: summaries.where(runs, split=split, usd_per_hour=rate).set_index("seed") for split in SPLITS}
    found = {
        (split, name): pair(f"{what}, {split} less none", part[name], none[name], unit, scale)
        for split, part in parts.items()
        if len(part)
        for name, (what, unit, scale) in CHANGED.items()
    }
    return together(found)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By split and rate: means over seeds (standard errors)."""
    spent = 0.5 * np.asarray(runs["paid_usd"], float)
    found = runs.assign(returned=_saved(runs) / np.where(spent > 0.0, spent, np.nan))
    columns = {
        "depth [million USD]": ("depth_usd", 1e-6),
        "largest rollup [%]": ("share_0", 100.0),
        "smallest rollup [%]": (f"share_{len(DEPTHS_USD) - 1}", 100.0),
        "users' cost [bp]": ("cost_bp", 1.0),
        "saved over paid [%]": ("returned", 100.0),
        "dispersion [bp]": ("dispersion_bp", 1.0),
        "paid [USD]": ("paid_usd", 1.0),
        "providers, rewards aside [USD]": ("provided_usd", 1.0),
    }
    return summaries.printed(found, {"split": "split", "usd_per_hour": "USD/h"}, columns)
