"""A day with a crash on leveraged perpetuals: how liquidations bunch, whom they hit, and when funds give out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from agents.population import Population
from experiments.analysis import answers, statistics, summaries
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market import regimes
from market.config import (
    AgentConfig,
    AssetConfig,
    EpisodeConfig,
    FlowConfig,
    JumpConfig,
    MarketConfig,
    PerpetualConfig,
    PerpetualTradersConfig,
    PoolConfig,
    PriceConfig,
    RollupConfig,
)
from market.domain import Slot
from market.intents.rows import Status
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.state.ledger import Why
from market.venues import Kind

TITLE = "A day of deleveraging on perpetuals"
QUESTION = "In a crash of leveraged perpetuals, how concentrated are liquidations, whom do they hit, and who pays?"
HYPOTHESIS = (
    "Liquidations come in one burst and hit longs, because most traders are long and the price falls; traders who "
    "defend their margin lower what is liquidated unless an outage of the sequencer stops them; winners are "
    "deleveraged only once the insurance funds are empty, minutes after the first liquidation, or one block after an "
    "outage."
)

NAMES = ("a", "b", "c")
DAY_S, QUICK_S, CRASH_S = 86_400.0, 10_800.0, 3600.0
BURST_S = 2400.0
"""Length of the busiest stretch: 40 min, as in the published data set."""
SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
DEFENCES = {"passive": PerpetualTradersConfig(), "active": PerpetualTradersConfig(
    top_up_share=0.3, reduce_share=0.3, trades_per_hour=0.02, momentum_share=0.5,
)}  # fmt: skip
PUBLISHED = {
    "burst_share": 0.70, "long_share": 0.839, "deleveraged_over_liquidated": 2.10 / 5.51, "delay_s": 61.7,
}  # fmt: skip
"""10 October 2025, to compare with and not fitted: 70% of 9.89 billion USD within 40 min and longs 83.9% in one data
set; on one venue 5.51 billion USD liquidated and 2.10 billion deleveraged, the first 61.7 s after the first
liquidation."""


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Separate and shared sequencers, with and without an outage in the crash, traders who defend themselves or not."""
    for sharing in ("siloed", "centralized_shared"):
        for outage_s in (0.0, 900.0):
            for traders in DEFENCES:
                for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                    levers = {"outage_s": outage_s, "traders": traders}
                    yield Run(levers, sharing, seed, configure(scene(sharing, outage_s, traders, seed, quick)))


def scene(sharing: str, outage_s: float, traders: str, seed: int, quick: bool) -> MarketConfig:
    """Return three rollups with a perpetual each, in a day (quick: three hours) with an hour of crash in the middle.

    The volatility of the crash is that measured around 12 March 2020; jumps are mostly downwards, and the hour after
    it takes back some. An outage begins at a time within it that the seed draws, of each sequencer at its own or of
    the shared one at the first of them.
    """
    horizon = QUICK_S if quick else DAY_S
    start = 0.5 * horizon - 0.5 * CRASH_S
    crash = EpisodeConfig(
        start_s=start, end_s=start + CRASH_S, volatility=5.8, drift=-900.0, jumps_per_day=96.0, jump_mean=-0.02,
        jump_sd=0.015,
    )  # fmt: skip
    rebound = EpisodeConfig(start_s=start + CRASH_S, end_s=start + 2.0 * CRASH_S, volatility=3.0, drift=500.0)
    begins = start + np.random.default_rng((seed, 23)).uniform(0.2, 0.6, len(NAMES)) * CRASH_S
    shared = sharing == "centralized_shared"
    outages = [
        {"start_s": float(begin), "duration_s": outage_s, "rollup": name}
        for name, begin in zip(NAMES[:1] if shared else NAMES, begins, strict=False)
        if outage_s > 0.0
    ]
    regime = regimes.load(sharing).model_copy(update={"consensus": {"kind": "instant", "scheduled": outages}})
    perpetual = PerpetualConfig(traders=700, reserve_share=0.5, depth_usd=2e8, fund_usd=2e4, long_share=0.55)
    pools = (PoolConfig(depth_usd=1e7, fee_bp=5.0),)
    return MarketConfig(
        horizon_s=horizon,
        assets=(AssetConfig(volatility=0.8),),
        prices=PriceConfig(kind="merton", jumps=JumpConfig(), episodes=(crash, rebound)),
        rollups=tuple(RollupConfig(name=name, pools=pools, perpetuals=(perpetual,)) for name in NAMES),
        regime=regime,
        flow=FlowConfig(per_second=0.05),
        perpetual_traders=DEFENCES[traders],
        agents=(AgentConfig(role="liquidator", strategy="perpetual", count=2),),
    )


class Observed(Recorder):
    """Notes every close-out of a contract, and what was deleveraged block by block."""

    def __init__(self) -> None:
        self.closed: list[tuple[float, float, float]] = []  # time [s], value [USD], side
        self.deleveraged: list[tuple[float, float]] = []  # time [s], total so far [USD]

    def on_start(self, market: SequencerMarket) -> None:
        """Find the accounts."""
        self._tables = market.world.tables

    def before_block(self, slot: Slot) -> None:
        """Note what may be closed."""
        if (slot.rows["kind"] == Kind.PERPETUAL_LIQUIDATE).any():
            self._sizes = self._tables.contracts["quantity"].copy()
            self._before = float(self._tables.perpetuals["deleveraged"].sum())

    def on_block(self, slot: Slot) -> None:
        """Note what the block closed and deleveraged."""
        closed = (slot.rows["kind"] == Kind.PERPETUAL_LIQUIDATE) & (slot.rows["status"] == Status.FILLED)
        if not closed.any():
            return
        for row in slot.rows[closed]:
            side = float(np.sign(self._sizes[int(row["target"])]))
            self.closed.append((slot.time, float(row["filled_in"]), side))
        total = float(self._tables.perpetuals["deleveraged"].sum())
        if total > self._before:
            self.deleveraged.append((slot.time, total))


def execute(run: Run) -> Mapping[str, float | int | str]:
    """Outcomes of one day: sizes and shares of liquidations, their burst, and what funds and winners paid."""
    assert isinstance(run.config, MarketConfig)
    noted = Observed()
    market = SequencerMarket(run.config, run.seed, Population(run.config), [noted])
    market.run()
    tables, funds = market.world.tables, market.world.groups.index("insurance funds")
    closed = np.array(noted.closed).reshape(-1, 3)
    times, value, side = closed.T
    total, gone = float(value.sum()), noted.deleveraged[-1][1] if noted.deleveraged else 0.0
    crash = run.config.prices.episodes[0].start_s
    first = float(times[times >= crash].min(initial=np.inf))
    later = [time for time, _ in noted.deleveraged if time >= first]
    at = market.path.current[1] / run.config.assets[0].price_usd
    return {
        "price_change": float(at - 1.0),
        "liquidations": int(times.size),
        "liquidated_usd": total,
        "burst_share": busiest(times, value) / total if total else np.nan,
        "long_share": float(value[side > 0.0].sum()) / total if total else np.nan,
        "deleveraged_usd": gone,
        "deleveraged_over_liquidated": gone / total if total else np.nan,
        "delay_s": later[0] - first if later else np.nan,
        "fund_paid_usd": float(tables.flows[funds, :, Why.INSURANCE, 0].sum()),
        "conservation_error": market.tally.conservation_error,
    }


def busiest(times: np.ndarray, value: np.ndarray, length: float = BURST_S) -> float:
    """Most value that was closed within a stretch of `length`: times ascending, both (n,)."""
    upto = np.append(0.0, np.cumsum(value))
    inside = upto[np.searchsorted(times, times + length, side="right")] - upto[: times.size]
    return float(inside.max(initial=0.0))


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What the figure draws, by sequencing, outage and traders."""
    return summaries.table(summaries.by_cell(runs, ["regime", "outage_s", "traders"], ("liquidated_usd", *LABELS)))


def answer(runs: Any) -> str:
    """Concentration, longs, and who is deleveraged, over all cells, beside 10 October 2025."""
    burst, longs, closed = (
        answers.amount(runs.groupby("seed")[name].mean(), "%", 100.0)
        for name in ("burst_share", "long_share", "deleveraged_over_liquidated")
    )
    known = runs["delay_s"].dropna()
    after = answers.amount(runs.groupby("seed")["delay_s"].mean(), "s")
    first = (
        f"the first of them {after} after the first liquidation ({PUBLISHED['delay_s']:g} s)" if len(known) else "none"
    )
    return (
        f"{burst} of liquidations are in the busiest 40 minutes (70% on 10 October 2025), {longs} hit longs (83.9%), "
        f"and contracts worth {closed} of what is liquidated are closed against winners (38%), {first}, in "
        f"the {len(known)} of {len(runs)} days that have any; means over sequencing, outages, traders."
    )


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Means (standard errors) of every cell, and what was published of 10 October 2025 below."""
    rows = []
    keys = ["regime", "outage_s", "traders"]
    for regime, outage_s, traders in dict.fromkeys(zip(*(runs[key] for key in keys), strict=True)):
        cell = np.asarray((runs["regime"] == regime) & (runs["outage_s"] == outage_s) & (runs["traders"] == traders))
        part = runs.take(np.flatnonzero(cell))
        row = {"sequencing": regime, "outage [s]": f"{outage_s:g}", "traders": traders}
        row["liquidated [million USD]"] = _mean(part, "liquidated_usd", 1e-6)
        rows.append(row | {label: _mean(part, name) for name, label in LABELS.items()})
    printed = {label: f"{PUBLISHED[name]:.3g}" for name, label in LABELS.items()}
    rows.append(
        {"sequencing": "10 October 2025", "outage [s]": "", "traders": "", "liquidated [million USD]": ""} | printed
    )
    return pd.DataFrame(rows)


LABELS = {
    "burst_share": "in the busiest 40 min [1]",
    "long_share": "longs [1]",
    "deleveraged_over_liquidated": "deleveraged over liquidated [1]",
    "delay_s": "first deleveraging after [s]",
}


def _mean(part: pd.DataFrame, column: str, scale: float = 1.0) -> str:
    return statistics.mean_and_error(scale * np.asarray(part[column], float), absent="never")
