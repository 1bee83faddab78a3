"""How collateral and contracts are sold, at a fixed spread or by auction, and whoever orders the blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from agents.population import Population
from experiments.analysis import answers, statistics, summaries
from experiments.later import pd
from experiments.markets.scenarios import reference
from experiments.runs.study import Configure, Run, seeds
from experiments.studies._sales import CollateralSales, ContractSales
from market import regimes
from market.config import (
    AgentConfig,
    BorrowersConfig,
    FlowConfig,
    LendingConfig,
    MarketConfig,
    PerpetualConfig,
    PoolConfig,
    RegimeConfig,
    RollupConfig,
)
from market.intents.extraction import Extraction
from market.measures.outcomes import outcomes
from market.model import SequencerMarket

TITLE = "Designs of liquidation, by who orders blocks and how full they are"
QUESTION = "What do fixed spreads and auctions cost whoever is liquidated, on loans and perpetuals, and who earns it?"
HYPOTHESIS = (
    "Auctions sell nearer to the market's price than a fixed spread while blocks are free, and take longer. A "
    "sequencer that may insert has the gain of every design, at the price that liquidators would have paid. When "
    "blocks are full, bids in English auctions come after their end, so that some are won for nothing; Dutch ones "
    "sell later, hence cheaper, but never for nothing. On perpetuals an auction returns to traders what a close-out "
    "keeps of their margin; but a lot stays exposed to the price, so that the insurance fund loses more the longer a "
    "sale takes."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 1
PRINTED = (
    "venue",
    "blocks",
    "sequencer",
    "design",
    "loss of who is liquidated [% of value sold]",
    "time to sale [s]",
    "bad debt, or paid by the fund [thousand USD]",
    "sold for nothing [% of sales]",
)
HORIZON_S, QUICK_HORIZON_S = 600.0, 240.0
THRESHOLD, BORROWERS = 0.825, 150
COST_SHARE = 0.02
AUCTIONS: dict[str, dict[str, Any]] = {
    # no penalty beyond the price: designs differ in how the price is found
    "dutch": {"kind": "dutch", "buf": 1.1, "step_s": 6.0, "tail_s": 240.0, "penalty": 0.0, "lots": 128},
    "english": {"kind": "english", "bid_s": 30.0, "most_s": 180.0, "penalty": 0.0, "lots": 128},
    "fixed spread": {"kind": "fixed_spread"},
}
ON_PERPETUALS: dict[str, dict[str, Any]] = {
    # leverage leaves a margin of two per cent, not of a sixth: steps and times are as much smaller
    "dutch": {
        "kind": "dutch",
        "buf": 1.005,
        "cut": 0.998,
        "step_s": 2.0,
        "tail_s": 60.0,
        "penalty": 0.0,
        "lots": 256,
    },
    "english": {"kind": "english", "bid_s": 6.0, "most_s": 30.0, "penalty": 0.0, "lots": 256},
    "fixed spread": {"kind": "fixed_spread"},
}
TRADERS, SHARE_OF_CONTRACTS = 200, 5e-3
VENUES = ("lending", "perpetual")
DESIGNS = ("fixed spread", "dutch", "english")
SEQUENCERS = ("honest", "extractive", "pbs")
LIMITS = {"free": 0.0, "busy": 9.5e5, "full": 7e5}
"""Gas of a block per second [1/s]. Users ask for 9e5 and fees do not follow: they wait in line up to their patience."""
USERS_PER_S, PATIENCE_S = 6.0, 45.0
MARCH_2020 = "(36% on 12-13 March 2020)"
"""Share of Maker's liquidations that bids of zero won, as in the known answer M7: to compare with, not fitted."""


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Every design on loans and on perpetuals, under every sequencer in free and in full blocks; the same seeds."""
    for venue, blocks, sequencer, design in product(VENUES, LIMITS, SEQUENCERS, DESIGNS):
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            config = configure(_scene(venue, design, sequencer, LIMITS[blocks], quick))
            yield Run({"venue": venue, "design": design, "blocks": blocks}, sequencer, seed, config)


def _regime(sequencer: str, limit: float) -> RegimeConfig:
    """Return an honest operator (first come), an extractive one, or builders; blocks have a limit if there is one."""
    name = {"honest": "siloed", "extractive": "siloed_extractive", "pbs": "pbs"}[sequencer]
    gas = {"kind": "gas", "limit_per_s": limit, "adjustment": 0.0}
    capacity = {"capacity": gas} if limit else {}
    return regimes.load(name).model_copy(update={"name": sequencer, "block_time_s": 2.0, **capacity})


def _liquidators(venue: str, design: str) -> AgentConfig:
    """Three of equal means who want equally much: of contracts, as much as the reward for closing them."""
    share = COST_SHARE if venue == "lending" else SHARE_OF_CONTRACTS
    strategy, parameters = {
        "fixed spread": ("greedy" if venue == "lending" else "perpetual", {"repeat": False}),
        "dutch": ("dutch_waiter", {"cost_share": share}),
        "english": ("auction_bidder", {"cost_share": share}),
    }[design]
    return AgentConfig(role="liquidator", strategy=strategy, count=3, capital_usd=5e5, parameters=parameters)


def _home(venue: str, design: str) -> RollupConfig:
    """One rollup with a pool, and indebted borrowers or leveraged traders, most of them long."""
    pools = (PoolConfig(depth_usd=1e7, fee_bp=5.0),)
    if venue == "perpetual":
        future = PerpetualConfig(
            traders=TRADERS, long_share=0.8, leverage_low=3.0, leverage_high=15.0, max_leverage=20.0, maintenance=0.02,
            margin_log_sd=1.0, cross_share=0.0, reward_bp=1e4 * SHARE_OF_CONTRACTS, fund_usd=2e4,
            liquidation=ON_PERPETUALS[design],
        )  # fmt: skip
        return RollupConfig(name="home", pools=pools, perpetuals=(future,))
    market = LendingConfig(liquidation_threshold=THRESHOLD, cash_usd=1e7, liquidation=AUCTIONS[design])
    law = BorrowersConfig(collateral_median_usd=2e4, collateral_log_sd=1.0, ltv_low=0.5, ltv_high=0.80)
    return RollupConfig(name="home", pools=pools, lending=(market,), borrowers=BORROWERS, leverage=law)


def _scene(venue: str, design: str, sequencer: str, limit: float, quick: bool) -> MarketConfig:
    """Those who may be liquidated in a crash of about a seventh."""
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
    agents = (
        _liquidators(venue, design),
        AgentConfig(role="trader", strategy="arbitrageur", count=2),
        *((AgentConfig(role="builder", strategy="adaptive", count=2),) if sequencer == "pbs" else ()),
    )
    return base.model_copy(
        update={
            "horizon_s": horizon,
            "prices": base.prices.model_copy(update={"episodes": (crash,)}),
            "rollups": (_home(venue, design),),
            "regime": _regime(sequencer, limit),
            "flow": FlowConfig(per_second=USERS_PER_S, patience_s=PATIENCE_S),
            "agents": agents,
        }
    )


def execute(run: Run) -> Mapping[str, float | int | str]:
    """Outcomes of one market."""
    assert isinstance(run.config, MarketConfig)
    noted = CollateralSales() if run.levers["venue"] == "lending" else ContractSales()
    market = SequencerMarket(run.config, run.seed, Population(run.config), [noted])
    market.run()
    every, tables = outcomes(market), market.world.tables
    value, price, waited, nothing = np.array(noted.sales).reshape(-1, 4).T
    sold, counters = float(value.sum()), tables.auctions[0]
    gains = market.tally.gains[:, int(Extraction.LIQUIDATION)]
    liquidators = [at for at, member in enumerate(market.members) if member.role == "liquidator"]
    authors = [at for at, member in enumerate(market.members) if member.role in ("sequencer", "builder")]
    loss = float(value @ (1.0 - price))
    return {
        "sold_usd": sold,
        "sales": len(noted.sales),
        "borrower_loss_usd": loss,
        "borrower_loss_share": loss / sold if sold else np.nan,
        "price_over_market": float(value @ price / sold) if sold else np.nan,
        "time_to_sale_s": float(value @ waited / sold) if sold else np.nan,
        "bad_debt_usd": noted.lost(),
        "deleveraged_usd": every["deleveraged_usd"],
        "liquidators_usd": float(gains[liquidators].sum()),
        "sequencers_usd": float(gains[authors].sum()),
        "zero_bid_share": float(np.mean(nothing)) if price.size else np.nan,
        "auctions": int(counters["started"]),
        "resets": int(counters["resets"]),
        "inclusion_delay_s": every["inclusion_delay_s"],
    }


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What the figure draws, by venue, blocks, sequencer and design."""
    drawn = (
        "borrower_loss_share", "time_to_sale_s", "bad_debt_usd", "zero_bid_share", "deleveraged_usd", "liquidators_usd",
        "sequencers_usd",
    )  # fmt: skip
    return summaries.table(summaries.by_cell(runs, ["venue", "blocks", "regime", "design"], drawn))


def answer(runs: Any) -> str:
    """Loss of who is liquidated by venue and design, and loans sold for nothing by blocks, over all sequencers.

    Sold for nothing are those of English auctions on loans: other designs have a price by rule, and what is nothing
    for a contract is a part of a margin that may be next to nothing.
    """
    said = []
    for venue in dict.fromkeys(runs["venue"]):
        part = runs.take(np.flatnonzero(np.asarray(runs["venue"] == venue)))
        mean = part.groupby(["design", "seed"])["borrower_loss_share"].mean().unstack("design")
        losses = [f"{answers.amount(mean[name], '%', 100.0)} ({name})" for name in dict.fromkeys(part["design"])]
        said.append(f"{venue}: {answers.listed(losses)}")
    english = summaries.where(runs, venue="lending", design="english")
    parts = []
    for cell, part in summaries.cells(english, ["blocks"]):
        share: Any = part.groupby("seed")["zero_bid_share"].mean()
        parts.append(f"{answers.amount(share, '%', 100.0)} in {cell['blocks']} blocks")
    nothing = (
        f"; of loans in English auctions {answers.listed(parts)} are sold for nothing {MARCH_2020}" if parts else ""
    )
    return f"Whoever is liquidated loses, of the value sold, on {'; on '.join(said)}{nothing}."


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Means (standard errors) by venue, blocks, sequencer and design, and the loss less that of a fixed spread."""
    columns = {
        "loss of who is liquidated [% of value sold]": ("borrower_loss_share", 0.01),
        "price over market [1]": ("price_over_market", 1.0),
        "time to sale [s]": ("time_to_sale_s", 1.0),
        "bad debt, or paid by the fund [thousand USD]": ("bad_debt_usd", 1e3),
        "deleveraged [thousand USD]": ("deleveraged_usd", 1e3),
        "liquidators' gain [thousand USD]": ("liquidators_usd", 1e3),
        "sequencer's gain [thousand USD]": ("sequencers_usd", 1e3),
        "sold for nothing [% of sales]": ("zero_bid_share", 0.01),
    }
    rows = []
    for cell in dict.fromkeys(zip(*(runs[key] for key in ("venue", "blocks", "regime", "design")), strict=True)):
        venue, blocks, sequencer, design = cell
        found = _cell(runs, *cell)
        row: dict[str, Any] = {"venue": venue, "blocks": blocks, "sequencer": sequencer, "design": design}
        for name, (outcome, unit) in columns.items():
            row[name] = statistics.mean_and_error(found[outcome].to_numpy(float) / unit)
        base = _cell(runs, venue, blocks, sequencer, DESIGNS[0]).set_index("seed")["borrower_loss_share"]
        paired = found["borrower_loss_share"].to_numpy(float) - base.reindex(found["seed"]).to_numpy(float)
        row["loss less fixed spread's [%]"] = statistics.mean_and_error(100.0 * paired) if design != DESIGNS[0] else ""
        rows.append(row)
    return pd.DataFrame(rows)


def _cell(runs: pd.DataFrame, venue: str, blocks: str, sequencer: str, design: str) -> pd.DataFrame:
    here = (runs["venue"] == venue) & (runs["blocks"] == blocks)
    here &= (runs["regime"] == sequencer) & (runs["design"] == design)
    return runs.take(np.flatnonzero(np.asarray(here)))
