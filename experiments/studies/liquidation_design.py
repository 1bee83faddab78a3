"""How collateral is sold, fixed spread, Dutch or English auction, and whoever orders the blocks in which it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from agents.population import Population
from experiments.scenarios import reference
from experiments.study import Configure, Run, seeds
from market import regimes, state
from market.config import (
    AgentConfig,
    BorrowersConfig,
    FlowConfig,
    LendingConfig,
    MarketConfig,
    PoolConfig,
    RegimeConfig,
    RollupConfig,
)
from market.intents import Kind, Purpose, Status
from market.metrics import outcomes
from market.model import SequencerMarket

TITLE = "Designs of liquidation, by who orders blocks and how full they are"
QUESTION = "What do fixed spreads, Dutch and English auctions cost borrowers and lenders, and who earns it?"
HYPOTHESIS = (
    "Auctions sell nearer to the market's price than a fixed spread while blocks are free, and take longer. A "
    "sequencer that may insert has the gain of every design, at the price that liquidators would have paid. When "
    "blocks are full, bids in English auctions come after their end, so that some are won for nothing; Dutch ones "
    "sell later, hence cheaper, but never for nothing."
)

SEEDS, QUICK_SEEDS = 10, 1
HORIZON_S, QUICK_HORIZON_S = 600.0, 240.0
THRESHOLD, BORROWERS = 0.825, 150
COST_SHARE = 0.02
NOTHING = 0.01
"""Price over the market's below which a lot counts as sold for nothing: zero, or just above somebody's zero [1]."""
AUCTIONS: dict[str, dict[str, Any]] = {
    # no penalty beyond the price: designs differ in how the price is found
    "dutch": {"kind": "dutch", "buf": 1.1, "step_s": 6.0, "tail_s": 240.0, "penalty": 0.0, "places": 128},
    "english": {"kind": "english", "bid_s": 30.0, "most_s": 180.0, "penalty": 0.0, "places": 128},
    "fixed spread": {"kind": "fixed_spread"},
}
DESIGNS = ("fixed spread", "dutch", "english")
SEQUENCERS = ("honest", "extractive", "pbs")
LIMITS = {"free": 0.0, "busy": 9.5e5, "full": 7e5}
"""Gas of a block per second [1/s]. Users ask for 9e5 and fees do not follow: they wait in line up to their patience."""
USERS_PER_S, PATIENCE_S = 6.0, 45.0
SALES = tuple(int(kind) for kind in (Kind.LIQUIDATE, Kind.AUCTION_TAKE, Kind.AUCTION_SETTLE))
START, FILLED = int(Kind.AUCTION_START), int(Status.FILLED)


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Every design under every sequencer in free and in full blocks; the same seeds everywhere."""
    for blocks, limit in LIMITS.items():
        for sequencer in SEQUENCERS:
            for design in DESIGNS:
                for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                    config = configure(_scene(design, sequencer, limit, quick))
                    yield Run({"design": design, "blocks": blocks}, sequencer, seed, config)


def _regime(sequencer: str, limit: float) -> RegimeConfig:
    """Return an honest operator (first come), an extractive one, or builders; blocks have a limit if there is one."""
    name = {"honest": "siloed", "extractive": "siloed_extractive", "pbs": "pbs"}[sequencer]
    gas = {"kind": "gas", "limit_per_s": limit, "adjustment": 0.0}
    capacity = {"capacity": gas} if limit else {}
    return regimes.load(name).model_copy(update={"name": sequencer, "block_time_s": 2.0, **capacity})


def _liquidators(design: str) -> AgentConfig:
    """Three of equal means who want equally much."""
    strategy, parameters = {
        "fixed spread": ("greedy", {"repeat": False}),
        "dutch": ("dutch_waiter", {"cost_share": COST_SHARE}),
        "english": ("auction_bidder", {"cost_share": COST_SHARE}),
    }[design]
    return AgentConfig(role="liquidator", strategy=strategy, count=3, capital_usd=5e5, parameters=parameters)


def _scene(design: str, sequencer: str, limit: float, quick: bool) -> MarketConfig:
    """One rollup of indebted borrowers in a crash of about a seventh."""
    horizon = QUICK_HORIZON_S if quick else HORIZON_S
    base = reference(quick=True)
    crash = base.prices.episodes[0]
    length = 0.4 * horizon
    slower = (crash.end_s - crash.start_s) / length  # as many jumps, over a longer time
    crash = crash.model_copy(
        update={
            "start_s": 60.0, "end_s": 60.0 + length,
            "jumps_per_day": slower * crash.jumps_per_day, "drift": slower * crash.drift,
        }
    )  # fmt: skip
    market = LendingConfig(liquidation_threshold=THRESHOLD, cash_usd=1e7, liquidation=AUCTIONS[design])
    home = RollupConfig(
        name="home", pools=(PoolConfig(depth_usd=1e7, fee_bp=5.0),), lending=(market,), borrowers=BORROWERS,
        leverage=BorrowersConfig(collateral_median_usd=2e4, collateral_log_sd=1.0, ltv_low=0.5, ltv_high=0.80),
    )  # fmt: skip
    agents = (
        _liquidators(design),
        AgentConfig(role="trader", strategy="arbitrageur", count=2),
        *((AgentConfig(role="builder", strategy="adaptive", count=2),) if sequencer == "pbs" else ()),
    )
    return base.model_copy(
        update={
            "horizon_s": horizon,
            "prices": base.prices.model_copy(update={"episodes": (crash,)}),
            "rollups": (home,),
            "regime": _regime(sequencer, limit),
            "flow": FlowConfig(per_second=USERS_PER_S, patience_s=PATIENCE_S),
            "agents": agents,
        }
    )


class Sales(SequencerMarket):
    """A market that notes what liquidations sell: value [USD], price over the market's [1], time since default [s]."""

    def __init__(self, config: MarketConfig, seed: int) -> None:
        super().__init__(config, seed, Population(config))
        self.sales: list[tuple[float, float, float]] = []
        self._since = np.full(len(self.world.tables.position), np.inf)
        self._lots: dict[int, float] = {}

    def record(self, slot: Any) -> None:
        """Add a block's sales, and note who is in default after it."""
        super().record(slot)
        rows = slot.rows
        done = rows[(rows["status"] == FILLED) & np.isin(rows["kind"], (*SALES, START))]
        prices = self.world.tables.price
        for row in done:
            if row["kind"] == START:
                lots = self.world.tables.lot
                lot = lots[np.flatnonzero((lots[:, state.Q_POSITION] == row["target"]) & (lots[:, state.Q_OPEN] > 0.0))]
                if len(lot):
                    self._lots[int(lot[-1, state.Q_ID])] = min(float(self._since[row["target"]]), slot.time)
                continue
            value = float(row["filled_out"] * prices[row["asset_out"]])
            paid = float(row["filled_in"] * prices[row["asset_in"]])
            if row["kind"] == int(Kind.LIQUIDATE):
                since = min(float(self._since[row["target"]]), slot.time)
            else:
                since = self._lots.get(int(row["target"]), slot.time)
            self.sales.append((value, paid / value, slot.time - since))
        keys = self._keys()
        self._since = np.where(keys, np.minimum(self._since, slot.time), np.inf)

    def _keys(self) -> np.ndarray:
        """Which positions can be liquidated: shape (positions,), bool."""
        tables = self.world.tables
        row, position = tables.lending[0], tables.position
        price = tables.feed[int(row[state.L_FEED_COLLATERAL]), state.F_PRICE]
        owed = position[:, state.N_DEBT] * row[state.L_INDEX]
        return owed > row[state.L_THRESHOLD] * position[:, state.N_COLLATERAL] * price

    def uncovered(self) -> float:
        """Debt of positions and of open auctions that their collateral does not cover [USD]."""
        tables = self.world.tables
        price = float(tables.price[1])
        lots = tables.lot[tables.lot[:, state.Q_OPEN] > 0.0]
        owed = np.append(tables.position[:, state.N_DEBT] * tables.lending[0, state.L_INDEX], lots[:, state.Q_TAB])
        held = np.append(tables.position[:, state.N_COLLATERAL], lots[:, state.Q_AMOUNT])
        return float(np.maximum(owed - held * price, 0.0).sum())


def execute(run: Run) -> Mapping[str, float | int | str]:
    """Outcomes of one market."""
    assert isinstance(run.config, MarketConfig)
    market = Sales(run.config, run.seed)
    market.run()
    every, counters = outcomes(market), market.world.tables.auction[0]
    value, price, waited = np.array(market.sales).reshape(-1, 3).T
    sold = float(value.sum())
    gains = market.tally.gains[:, int(Purpose.LIQUIDATION)]
    liquidators = [at for at, member in enumerate(market.members) if member.role == "liquidator"]
    authors = [at for at, member in enumerate(market.members) if member.role in ("sequencer", "builder")]
    return {
        "sold_usd": sold,
        "sales": len(market.sales),
        "borrower_loss_usd": every["borrower_penalty_usd"],
        "borrower_loss_share": float(every["borrower_penalty_usd"]) / sold if sold else np.nan,
        "price_over_market": float(value @ price / sold) if sold else np.nan,
        "time_to_sale_s": float(value @ waited / sold) if sold else np.nan,
        "bad_debt_usd": float(every["bad_debt_usd"]) + market.uncovered(),
        "liquidators_usd": float(gains[liquidators].sum()),
        "sequencers_usd": float(gains[authors].sum()),
        "zero_bid_share": float(np.mean(price < NOTHING)) if price.size else np.nan,
        "auctions": int(counters[state.D_STARTED]),
        "resets": int(counters[state.D_RESETS]),
        "inclusion_delay_s": every["inclusion_delay_s"],
    }


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Means (standard errors) by blocks, sequencer and design, and the borrowers' loss less that of a fixed spread."""
    columns = {
        "borrowers' loss [% of value sold]": ("borrower_loss_share", 0.01),
        "price over market [1]": ("price_over_market", 1.0),
        "time to sale [s]": ("time_to_sale_s", 1.0),
        "bad debt [thousand USD]": ("bad_debt_usd", 1e3),
        "liquidators' gain [thousand USD]": ("liquidators_usd", 1e3),
        "sequencer's gain [thousand USD]": ("sequencers_usd", 1e3),
        "sold for nothing [% of lots]": ("zero_bid_share", 0.01),
    }
    rows = []
    for blocks, sequencer, design in dict.fromkeys(zip(runs["blocks"], runs["regime"], runs["design"], strict=True)):
        cell = _cell(runs, blocks, sequencer, design)
        row: dict[str, Any] = {"blocks": blocks, "sequencer": sequencer, "design": design}
        for name, (outcome, unit) in columns.items():
            row[name] = _mean(cell[outcome].to_numpy(float) / unit)
        base = _cell(runs, blocks, sequencer, DESIGNS[0]).set_index("seed")["borrower_loss_share"]
        paired = cell["borrower_loss_share"].to_numpy(float) - base.reindex(cell["seed"]).to_numpy(float)
        row["loss less fixed spread's [%]"] = _mean(100.0 * paired) if design != DESIGNS[0] else ""
        rows.append(row)
    return pd.DataFrame(rows)


def _cell(runs: pd.DataFrame, blocks: str, sequencer: str, design: str) -> pd.DataFrame:
    here = (runs["blocks"] == blocks) & (runs["regime"] == sequencer) & (runs["design"] == design)
    return runs.take(np.flatnonzero(np.asarray(here)))


def _mean(sample: np.ndarray) -> str:
    """Mean with its standard error."""
    sample = sample[np.isfinite(sample)]
    error = f" ({sample.std(ddof=1) / np.sqrt(sample.size):.2g})" if sample.size > 1 else ""
    return f"{sample.mean():.3g}{error}" if sample.size else ""
