"""Margin of makers of options on several rollups, rollup by rollup and in one account, and what an outage stops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from agents.population import Population
from experiments.analysis import statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.runs.study import Configure, Run, seeds
from market.config import (
    AgentConfig,
    AssetConfig,
    EpisodeConfig,
    FlowConfig,
    MarketConfig,
    OptionsConfig,
    OracleConfig,
    PoolConfig,
    PriceConfig,
    RegimeConfig,
    RollupConfig,
)
from market.domain import Slot
from market.intents.rows import Status
from market.measures.outcomes import outcomes
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.settings import DAY_S, YEAR_S
from market.venues import Kind
from market.venues.options.joint import first_of
from market.venues.options.rules import margin_of

TITLE = "Margin over rollups, shared and siloed"
QUESTION = (
    "What does one margin account over the rollups of a shared sequencer save makers, and what does its failure stop?"
)
HYPOTHESIS = (
    "What is owed on one rollup offsets what is held on another, so that one account needs less margin, and the maker "
    "with the narrow spread serves more where its capital binds; without a limit to capital spreads are the same. But "
    "an outage stops all rollups, and in a crash one account falls short by more, for it carries more, and everywhere "
    "at once."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "margin",
    "capital [USD]",
    "outage [s]",
    "margin [% of open]",
    "spread [vol %]",
    "depth [options]",
    "stopped [USD]",
    "short [USD]",
)
HORIZON_S, QUICK_HORIZON_S = 1200.0, 300.0
PRICE, VOLATILITY = 2500.0, 0.8
ROLLUPS, BLOCK_S, SAMPLE_S = 4, 2.0, 10
STRIKES, SIZE = 5, 5.0
OFFERED = 2 * STRIKES * SIZE  # options that a maker offers on a rollup, calls and puts [1]
LIMITLESS_USD = 1e9  # capital that never binds
CAPITAL_USD, QUICK_CAPITAL_USD = (2e3, 1e4, LIMITLESS_USD), (2e3, LIMITLESS_USD)  # of the narrow maker on a rollup
BEGINS, OUTAGE = 0.5, 0.2  # begin and length of the crash, and of an outage, over the horizon [1]
FALL, STRESS = 0.3, 3.0  # of the log price in the crash [1], and volatility there [1/sqrt(year)]
NARROW, WIDE = 0.02, 0.08  # half spreads [1/sqrt(year)]
INITIAL = 0.15  # initial margin of a short option over the price, to tell how many options spare margin covers [1]
MARGINS: dict[str, dict[str, Any]] = {
    "siloed": {"domains": {"kind": "alone"}},
    "sequenced together": {"domains": {"kind": "shared"}},
    "shared": {"domains": {"kind": "shared"}, "margin": {"kind": "shared"}},
}
"""Parts of the regime: margin per rollup on sequencers apart, on a shared one, and one margin account there."""


class Accounts(Recorder):
    """What makers' margin accounts need and can spare, what they fall short of at worst, and what outages stop."""

    def __init__(self) -> None:
        self.needs: list[float] = []
        self.opens: list[float] = []
        self.spare: list[float] = []
        self.short_usd, self.frozen_usd = 0.0, 0.0
        self.asked = self.served = 0.0
        self.traded = np.zeros(2)  # by maker, until the price falls

    def on_second(self, market: SequencerMarket) -> None:
        """Look at every account of makers, every ten seconds."""
        if round(market.time) % SAMPLE_S:
            return
        calm = market.time < BEGINS * market.config.horizon_s
        if calm:
            self.traded = traded(market)
        tables, price = market.world.tables, float(market.world.tables.prices[1])
        makers = [agent.account for agent in market.participants if agent.role == "market_maker"]
        down = [market.domains[domain].regime.consensus.down for domain in market.domain_of]
        need, open_usd, frozen = 0.0, 0.0, 0.0
        for at, row in enumerate(tables.option_accounts):
            if int(row["owner"]) not in makers:
                continue
            held = np.abs(tables.option_positions["quantity"][tables.option_positions["account"] == at]).sum()
            equity, _, initial = margin_of(market.world.state, at)
            open_usd += price * float(held)
            stopped = down[int(tables.option_markets["rollup"][int(row["market"])])]
            frozen += price * float(held) * stopped
            if calm and int(row["owner"]) == makers[0]:
                self.spare.append(min(max(equity - initial, 0.0) / (INITIAL * price), OFFERED))
            if first_of(market.world.state, at) == at:
                need += initial - equity + self._cash(market, int(row["owner"]), at)
        if calm:
            self.needs.append(need)
            self.opens.append(open_usd)
        self.frozen_usd = max(self.frozen_usd, frozen)

    def _cash(self, market: SequencerMarket, owner: int, first: int) -> float:
        """Cash of the accounts that are one with the first [USD]."""
        table, state = market.world.tables.option_accounts, market.world.state
        mine = np.flatnonzero(table["owner"] == owner).tolist()
        return float(sum(table["cash"][at] for at in mine if first_of(state, at) == first))

    def on_start(self, market: SequencerMarket) -> None:
        """Note the accounts of makers, each margin account once."""
        table, state = market.world.tables.option_accounts, market.world.state
        makers = [agent.account for agent in market.participants if agent.role == "market_maker"]
        mine = np.flatnonzero(np.isin(table["owner"], makers)).tolist()
        self._market, self._firsts = market, [at for at in mine if first_of(state, at) == at]

    def on_block(self, slot: Slot) -> None:
        """Count the trades asked for and those that found a quote; see what accounts fall short of."""
        rows = slot.rows[slot.rows["kind"] == Kind.OPTION_TRADE]
        self.asked += rows.size
        self.served += float((rows["status"] == Status.FILLED).sum())
        measured = (margin_of(self._market.world.state, at) for at in self._firsts)
        short = sum(max(maintenance - equity, 0.0) for equity, maintenance, _ in measured)
        self.short_usd = max(self.short_usd, short)


def traded(market: SequencerMarket) -> np.ndarray:
    """What was traded on the quotes of the narrow maker and of the wide one since the start: shape (2,) [options]."""
    quotes, accounts = market.world.tables.option_quotes, market.world.tables.option_accounts
    owner = accounts["owner"][quotes["account"].astype(np.int64)]
    makers = [agent.account for agent in market.participants if agent.role == "market_maker"]
    return np.array([float((quotes["bid_traded"] + quotes["ask_traded"])[owner == who].sum()) for who in makers])


def _spread(sizes: np.ndarray) -> float:
    """Spread that was paid on average, given what was traded with each maker; nan for nothing [1/sqrt(year)]."""
    return 2.0 * float(sizes @ (NARROW, WIDE)) / float(sizes.sum()) if sizes.sum() > 0.0 else float("nan")


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Three arrangements of margin, by the capital of the maker with the narrow spread, without and with an outage."""
    horizon = QUICK_HORIZON_S if quick else HORIZON_S
    for capital in QUICK_CAPITAL_USD if quick else CAPITAL_USD:
        for outage_s in (0.0, OUTAGE * horizon):
            for margin in MARGINS:
                config = configure(_market(margin, capital, outage_s, horizon))
                for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                    levers = {"margin": margin, "capital_usd": capital, "outage_s": outage_s}
                    yield Run(levers, config.regime.name, seed, config)


def _market(margin: str, capital: float, outage_s: float, horizon: float) -> MarketConfig:
    """Four equal rollups with a chain each, two makers, investors who trade at random, a liquidator of accounts.

    In the middle the price falls, whether there is an outage then or not. The outage is one of the first rollup's
    sequencer: of one rollup, or of all that it sequences.
    """
    stopped = [{"start_s": BEGINS * horizon, "duration_s": outage_s, "rollup": "r0"}] if outage_s else []
    regime = RegimeConfig(
        name=margin.replace(" ", "_"),
        **MARGINS[margin],
        consensus={"kind": "proposer", "scheduled": stopped},
        block_time_s=BLOCK_S,
    )
    chain = OptionsConfig(
        expiries_s=(7.0 * DAY_S,), strikes=STRIKES, step=0.05, volatility=VOLATILITY, fee_bp=0.0, fund_usd=1e6, makers=2
    )
    rollups = tuple(
        RollupConfig(
            name=f"r{at}",
            pools=(PoolConfig(depth_usd=1e7, fee_bp=5.0),),
            options=(chain,),
            oracle=OracleConfig(deviation_bp=10.0, delay_s=0.0),
            gas_usd=0.0,
        )
        for at in range(ROLLUPS)
    )
    quoting = {"volatility": VOLATILITY, "size": SIZE, "move_bp": 2.0, "refresh_s": 30.0, "margin_share": 1.0}
    investing = {"per_hour": 1440.0, "mean_size": 1.0, "sell_share": 0.4, "slippage_bp": 5000.0}
    agents = (
        AgentConfig(
            role="market_maker", strategy="fixed_spread", capital_usd=capital,
            parameters=quoting | {"half_spread": NARROW},
        ),
        AgentConfig(
            role="market_maker", strategy="fixed_spread", capital_usd=1e9, parameters=quoting | {"half_spread": WIDE}
        ),
        AgentConfig(role="trader", strategy="option_buyer", capital_usd=1e9, parameters=investing),
        AgentConfig(role="liquidator", strategy="account_taker", capital_usd=1e9, parameters={"tip_usd": 0.0}),
    )  # fmt: skip
    begins, lasts = BEGINS * horizon, OUTAGE * horizon
    crash = EpisodeConfig(
        start_s=begins, end_s=begins + lasts, volatility=STRESS, drift=-FALL * YEAR_S / lasts
    )  # fmt: skip
    return MarketConfig(
        horizon_s=horizon,
        assets=(AssetConfig(price_usd=PRICE, volatility=VOLATILITY),),
        prices=PriceConfig(kind="gbm", step_s=1.0, episodes=(crash,)),
        rollups=rollups,
        regime=regime,
        flow=FlowConfig(per_second=0.0),
        agents=agents,
    )


def execute(run: Run) -> dict[str, Any]:
    """Run a market; margin and depth are means over looks every ten seconds until the price falls."""
    config, seen = run.config, Accounts()
    assert isinstance(config, MarketConfig)
    market = SequencerMarket(config, run.seed, Population(config), [seen])
    market.run()
    found, after = outcomes(market), traded(market) - seen.traded
    return {
        "margin_usd": float(np.mean(seen.needs)),
        "margin_share": float(np.sum(seen.needs) / np.sum(seen.opens)) if np.sum(seen.opens) > 0.0 else float("nan"),
        "spread": _spread(seen.traded),
        "spread_after": _spread(after),
        "depth_options": float(np.mean(seen.spare)),
        "unserved_share": 1.0 - seen.served / seen.asked if seen.asked else float("nan"),
        "short_usd": seen.short_usd,
        "frozen_usd": seen.frozen_usd,
        "liquidated_usd": found["options_liquidated_usd"],
        "uncovered_usd": float(found["options_insured_usd"]) + float(found["options_socialised_usd"]),
        "conservation_error": found["conservation_error"],
    }


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What the figure draws: margin, spread and depth until the price falls, and what an outage then stops."""
    calm, stopped = runs[runs["outage_s"] == 0.0], runs[runs["outage_s"] > 0.0]
    keys = ["margin", "capital_usd"]
    found = summaries.by_cell(_frame(calm), keys, ("margin_share", "spread", "depth_options"))
    return summaries.table(
        found + summaries.by_cell(_frame(stopped), keys, ("frozen_usd", "short_usd", "spread_after"))
    )


def _frame(part: Any) -> pd.DataFrame:
    """Rows of a table, for the type checker."""
    return part


STATED: dict[str, tuple[str, str, float, bool]] = {
    "margin_share": ("what makers need", "points of what is open", 100.0, True),
    "spread": ("spread that is paid", "points of volatility", 100.0, True),
    "frozen_usd": ("positions that stand still", "thousand USD", 1e-3, False),
    "short_usd": ("what accounts fall short by, at worst", "USD", 1.0, False),
}
"""By column what the answer compares: in words, unit, factor to it, and whether it is without an outage."""
BASELINES = {True: "sequenced together", False: "siloed"}
"""What one account is compared with, without and with an outage."""


def answer(runs: Any) -> str:
    """What one account changes against margin per rollup on the same sequencer, and what an outage stops of each."""
    needs, spread, frozen, short = (one.said for one in headlines(runs))
    return (
        "Where capital may bind, against margin per rollup on the same sequencer one account changes what makers need "
        f"by {needs} and the spread that is paid by {spread}; in a crash with an outage positions of makers worth "
        f"{frozen} more stand still than where sequencers are apart, and their accounts fall short by {short} more at "
        "worst."
    )


def headlines(runs: Any) -> list[Headline]:
    """What the answer compares: one account less a baseline at the same seed, on average where capital may bind."""
    tight, found = runs[runs["capital_usd"] < LIMITLESS_USD], {}
    for column, (what, unit, scale, is_calm) in STATED.items():
        part = tight[(tight["outage_s"] == 0.0) == is_calm]
        mean, base = part.groupby(["margin", "seed"])[column].mean().unstack("margin"), BASELINES[is_calm]
        less = f"{what}, one account less {base}"
        found[column] = pair(less, mean["shared"], mean[base], unit, scale)
    return list(together(found).values())


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By arrangement, capital and outage: means over seeds (standard errors)."""
    columns = {
        "margin [% of open]": ("margin_share", 100.0),
        "spread [vol %]": ("spread", 100.0),
        "depth [options]": ("depth_options", 1.0),
        "stopped [USD]": ("frozen_usd", 1.0),
        "short [USD]": ("short_usd", 1.0),
        "spread after [vol %]": ("spread_after", 100.0),
        "unserved [%]": ("unserved_share", 100.0),
        "liquidated [USD]": ("liquidated_usd", 1.0),
        "uncovered [USD]": ("uncovered_usd", 1.0),
    }
    return summaries.printed(
        runs, {"margin": "margin", "capital_usd": "capital [USD]", "outage_s": "outage [s]"}, columns
    )
