"""Rewards for liquidity, split among rollups by different rules: where depth goes, and what users pay.

Of pools, which providers fill from rollup to rollup, and of quotes of options, by a maker who learns to earn nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.later import pd
from experiments.runs.run import run_one
from experiments.runs.study import Configure, Run, seeds
from experiments.studies import _quotes_scene as quotes
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
    "trades; they save less than the rewards cost. A maker of options who earns nothing passes rewards for quotes on: "
    "its spreads fall to where what it is paid and takes from users is what snipers take, and it quotes where it did "
    "not; what a rollup is paid beyond that is spent in vain."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "part",
    "split",
    "USD/h",
    "depth [million USD]",
    "largest rollup [%]",
    "smallest rollup [%]",
    "users' cost [bp]",
    "saved over paid [%]",
)
HORIZONS_S = {"pools": (3600.0, 600.0), "quotes": (1200.0, 200.0)}
"""Length of a run, and of a quick one, by part [s]."""
DEPTHS_USD = (4e6, 2e6, 1e6, 0.5e6)  # of a side of each rollup's pool that stays, whatever it earns [USD]
PROVIDERS, CAPITAL_USD = 4, 2e6  # capital of each in either asset on every rollup [USD]
ASKS_BP_PER_DAY = 60.0
RATES = (2_000.0, 8_000.0)
QUICK_RATES = (8_000.0,)
TARGETS_USD = {"pools": 18e6, "quotes": 1.25 * quotes.SIZE * quotes.PRICE}
"""For what is in the pool of each rollup, both sides, or for the underlying of what is quoted there [USD]."""
SPLITS: dict[str, dict[str, Any]] = {
    "one rollup": {"kind": "fixed", "parts": (1.0, 0.0, 0.0, 0.0)},
    "equal": {"kind": "equal"},
    "volume": {"kind": "volume"},
    "depth target": {"kind": "depth_target"},
}
"""Rules by their name in the table; the one rollup is the largest."""


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """For pools and for quotes: no rewards, and each rule at each rate, on the same prices and users."""
    cells = [("none", 0.0), *((split, rate) for rate in (QUICK_RATES if quick else RATES) for split in SPLITS)]
    for part, horizons in HORIZONS_S.items():
        for split, rate in cells:
            config = configure(market(part, split, rate, horizons[quick]))
            for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                yield Run({"part": part, "split": split, "usd_per_hour": rate}, config.regime.name, seed, config)


def market(part: str, split: str, rate: float, horizon: float) -> MarketConfig:
    """The market of a part, with rewards by a rule; no rule has that name where nothing is paid."""
    rule = SPLITS.get(split, SPLITS["equal"])
    if rule["kind"] == "depth_target":
        rule = rule | {"target_usd": TARGETS_USD[part]}
    return _pools(rule, rate, horizon) if part == "pools" else quotes.market(rule, rate, horizon)


def _pools(rule: dict[str, Any], rate: float, horizon: float) -> MarketConfig:
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
    programme = MiningConfig(usd_per_hour=rate or 1.0, period_s=60.0, split=rule)
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


ROLLUPS = range(len(DEPTHS_USD))
SHARES = tuple(f"share_{at}" for at in ROLLUPS)
HALVES = tuple(f"{name}_{at}_bp" for name in ("half", "known") for at in ROLLUPS)
"""Half spreads by rollup, and those that leave nothing at what is paid [bp of the price]."""
OF_QUOTES = (*HALVES, "served")


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
    """Run a market and say what its second half had: depth, what users paid, and what providers or makers asked."""
    config = run.config
    assert isinstance(config, MarketConfig)
    pools = run.levers["part"] == "pools"
    half = SecondHalf() if pools else quotes.Quotes()
    found = run_one(config, run.seed, [half])
    seconds, paid = found.pop("seconds"), float(found.get("mining_paid_usd", 0.0))
    # every row has the same columns, whatever its part
    kept = {name: found[name] if pools else np.nan for name in ("dispersion_bp", "lp_net_usd")}
    kept["conservation_error"] = found["conservation_error"]
    return dict.fromkeys((*OF_QUOTES, "provided_usd"), np.nan) | half.found() | kept | {
        "paid_usd": paid, "seconds": seconds
    }  # fmt: skip


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What the figure draws, by part, split and rate; changes of cost are against none at the same seed."""
    keys, rewarded = ["part", "split", "usd_per_hour"], np.flatnonzero(~summaries.mask(runs, split="none"))
    change = summaries.less(runs, runs["cost_bp"], ["part"], split="none")
    changed = runs.assign(change_bp=change).take(rewarded)
    rows = summaries.by_cell(runs, keys, ("depth_usd", *SHARES))
    rows += summaries.by_cell(summaries.where(runs, part="quotes"), keys, HALVES)
    return summaries.table(rows + summaries.by_cell(changed, keys, ("change_bp",)))


def _saved(runs: pd.DataFrame) -> np.ndarray:
    """What users pay less than without rewards at the same seed, of what they trade in the second half [USD]."""
    fewer = -summaries.less(runs, runs["cost_bp"], ["part"], split="none")
    return 1e-4 * fewer * np.asarray(runs["demand_usd"], float)


def answer(runs: Any) -> str:
    """What each rule changes at the highest rate, in depth of pools and users' cost, and what is saved of it."""
    rate, changes = runs["usd_per_hour"].max(), _changes(runs)
    pools = [
        f"{changes['pools', split, 'depth_usd'].said} and {changes['pools', split, 'cost_bp'].said} ({split})"
        for split in SPLITS
        if ("pools", split, "cost_bp") in changes
    ]
    quoted = [
        f"{changes['quotes', split, 'cost_bp'].said} ({split})"
        for split in SPLITS
        if ("quotes", split, "cost_bp") in changes
    ]
    spent = 0.5 * np.asarray(runs["paid_usd"], float)
    some = summaries.mask(runs, usd_per_hour=rate) & (spent > 0.0)
    found = runs[some].assign(returned=_saved(runs)[some] / spent[some])
    returned = found.groupby(["part", "seed"])["returned"].mean()
    parts = returned.index.unique(level="part")
    saved = [f"{answers.amount(returned[part], '%', 100.0)} on {part}" for part in HORIZONS_S if part in parts]
    return (
        f"Against none, {rate:,.0f} USD an hour change depth of pools and users' cost by {', '.join(pools)}; spent on "
        f"quotes of options, users' cost by {', '.join(quoted)}. Of what is paid users save {' and '.join(saved)}, on "
        "average over rules."
    )


CHANGED = {
    "pools": {
        "depth_usd": ("depth", "million USD", 1e-6),
        "cost_bp": ("users' cost", "bp", 1.0),
    },
    "quotes": {"cost_bp": ("users' cost", "bp", 1.0)},
}
"""Outcomes that the answer compares, by part: what they are, and the unit and scale in which they are shown."""


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return list(_changes(runs).values())


def _changes(runs: Any) -> dict[tuple[str, str, str], Headline]:
    """Outcomes under each rule at the highest rate less those without rewards, by part, rule and outcome."""
    rate, found = runs["usd_per_hour"].max(), {}
    for part, outcomes in CHANGED.items():
        none = summaries.where(runs, part=part, split="none").set_index("seed")
        for split in SPLITS:
            paid = summaries.where(runs, part=part, split=split, usd_per_hour=rate).set_index("seed")
            for name, (what, unit, scale) in outcomes.items() if len(paid) else ():
                said = f"{what} of {part}, {split} less none"
                found[part, split, name] = pair(said, paid[name], none[name], unit, scale)
    return together(found)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By part, split and rate: means over seeds (standard errors)."""
    spent = 0.5 * np.asarray(runs["paid_usd"], float)
    found = runs.assign(returned=_saved(runs) / np.where(spent > 0.0, spent, np.nan))
    columns = {
        "depth [million USD]": ("depth_usd", 1e-6),
        "largest rollup [%]": (SHARES[0], 100.0),
        "smallest rollup [%]": (SHARES[-1], 100.0),
        "users' cost [bp]": ("cost_bp", 1.0),
        "saved over paid [%]": ("returned", 100.0),
        "dispersion [bp]": ("dispersion_bp", 1.0),
        "paid [USD]": ("paid_usd", 1.0),
        "providers, rewards aside [USD]": ("provided_usd", 1.0),
        "served [%]": ("served", 100.0),
    }
    for at in ROLLUPS:
        columns[f"half spread, r{at} [bp]"] = f"half_{at}_bp", 1.0
        columns[f"known, r{at} [bp]"] = f"known_{at}_bp", 1.0
    return summaries.printed(found, {"part": "part", "split": "split", "usd_per_hour": "USD/h"}, columns)
