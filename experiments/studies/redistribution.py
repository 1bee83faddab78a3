"""Where extracted value ends up under each rule for the sequencers' revenue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market.config import MarketConfig, RegimeConfig

TITLE = "Who ends up with extracted value under each revenue rule"
QUESTION = "Sequencers are paid for what others extract: does it matter who the rule passes it on to?"
HYPOTHESIS = (
    "Builders' bids hand most of the extracted value to the sequencer whatever comes after, so the rule alone decides "
    "between sequencers, rollups, users and nobody; none of the rules changes how much is extracted."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "rule",
    "sequencers [bp of retail]",
    "rollups [bp of retail]",
    "users and borrowers [bp of retail]",
    "extracted [bp of retail]",
    "users not served [% of retail]",
    "users' net cost [bp]",
    "spread of incomes [1]",
)
HORIZON_S, QUICK_HORIZON_S = 3600.0, 600.0
RULES: dict[str, dict[str, Any]] = {
    "keep": {"kind": "keep"},
    "smooth": {"kind": "smooth"},
    "pro_rata": {"kind": "pro_rata"},
    "stand_alone": {"kind": "stand_alone"},
    "rebate_users": {"kind": "rebate_users"},
    "burn": {"kind": "burn"},
}
SHARE = 0.8
"""Part of revenue that each rule passes on [1]."""
SAME = 1e-9
"""Relative difference below which amounts count as one: rounding of sums [1]."""


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """By rule and seed."""
    for rule in RULES:
        config = configure(_market(rule, QUICK_HORIZON_S if quick else HORIZON_S))
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run({"rule": rule}, config.regime.name, seed, config)


def _market(rule: str, horizon: float) -> MarketConfig:
    """The reference scenario with builders who bid on rollups and on all together, and leaders drawn by lot."""
    from experiments.markets.scenarios import reference

    regime = RegimeConfig(
        name=rule,
        domains={"kind": "shared"},
        leader={"kind": "stake_lottery", "stakes": [0.4, 0.3, 0.2, 0.1]},
        visibility={"kind": "builders"},
        ordering={"kind": "builder"},
        auction={"kind": "combinatorial"},
        revenue=RULES[rule] if rule == "keep" else {**RULES[rule], "share": SHARE},
    )
    return reference(regime=regime, quick=horizon <= QUICK_HORIZON_S).model_copy(update={"horizon_s": horizon})


def execute(run: Run) -> dict[str, Any]:
    """Run a market and read from the ledger where the money went."""
    from agents.population import Population
    from market.measures.outcomes import outcomes
    from market.model import SequencerMarket
    from market.state.ledger import Why

    config = run.config
    assert isinstance(config, MarketConfig)
    market = SequencerMarket(config, run.seed, Population(config))
    market.run()
    flows = market.world.tables.flows[:, :, :, 0]  # payer, payee, reason; every agent is a group of its own
    seats = [at for at, member in enumerate(market.members) if member.role == "sequencer"]
    came = flows[:, seats][:, :, [Why.GAS, Why.TIP, Why.BID, Why.REVENUE]].sum(axis=(0, 2))
    kept = came - flows[seats][:, :, Why.REVENUE].sum(axis=1)
    rebate = float(flows[:, market.world.account_of["retail"], Why.REVENUE].sum())
    found = outcomes(market)
    # leaders lead as often as they are drawn: what remains of chance in their incomes, given their stakes
    weight = np.array(market.domains[0].regime.leader.weights(market.domains[0]))
    relative = kept / weight / (kept.sum() / weight.sum()) if kept.sum() > 0.0 else np.full(kept.size, np.nan)
    return {
        **{key: value for key, value in found.items() if key not in ("regime", "seed")},
        "received_by_sequencers_usd": float(kept.sum()),
        "pooled_usd": float(market.world.tables.balance[market.world.account_of["protocol"], :, 0].sum()),
        "sequencer_income_spread": float(np.std(relative)),
        "user_net_cost_bp": float(found["user_cost_all_bp"]) - 1e4 * rebate / float(found["retail_demand_usd"]),
    }


RECEIVERS = {
    "sequencers": "received_by_sequencers_usd",
    "rollups": "revenue_to_rollups_usd",
    "users and borrowers": "revenue_to_users_usd",
    "burnt": "revenue_burnt_usd",
    "builders": "extracted_by_builders_usd",
    "traders": "extracted_by_traders_usd",
    "liquidators": "extracted_by_liquidators_usd",
}


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What each kind of receiver ends up with, users' net cost, and spread of incomes, by rule."""
    names = {column: column.removesuffix("_usd") + "_bp_of_retail" for column in RECEIVERS.values()}
    shares = {name: 1e4 * runs[column] / runs["retail_demand_usd"] for column, name in names.items()}
    drawn = (*shares, "user_net_cost_bp", "sequencer_income_spread")
    return summaries.table(summaries.by_cell(runs.assign(**shares), ["rule"], drawn))


def answer(runs: Any) -> str:
    """Whether the rule moves what users pay, and whether it moves what is extracted."""
    best, gain = _best(runs)
    return f"Users' net cost changes most under {best}: {gain.said}, against those that keep it. {_extracted(runs)}"


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return [_best(runs)[1]]


def _best(runs: Any) -> tuple[str, Headline]:
    """The rule under which users pay least, and how much less than under the one that keeps what is taken."""
    cost = statistics.paired(runs, "user_net_cost_bp", "keep", by="rule")
    best = str(cost["mean"].idxmin())
    wide, name = runs.pivot(index="seed", columns="rule", values="user_net_cost_bp"), best.replace("_", " ")
    what, chance = f"users' net cost, {name} less keep", float(cost.loc[best, "corrected"])
    return name, pair(what, wide[best], wide["keep"], "bp", chance=chance)


def _extracted(runs: Any) -> str:
    """How much is extracted, if all rules leave it alike at each seed; else how many differences are settled."""
    wide = runs.pivot(index="seed", columns="rule", values="extracted_bp_of_retail")
    if np.allclose(wide, wide[["keep"]], rtol=SAME, atol=0.0):
        taken = answers.amount(wide["keep"], "bp of retail")
        return f"What is extracted is the same under all rules at every seed: {taken}."
    found = statistics.paired(runs, "extracted_bp_of_retail", "keep", by="rule")
    return f"Of what is extracted {answers.settled(found)}."


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By rule: what each kind of receiver ends up with [bp of retail], users' net cost, and spread of incomes."""
    scaled = pd.DataFrame({"rule": runs["rule"], "seed": runs["seed"]})
    for receiver, column in RECEIVERS.items():
        scaled[f"{receiver} [bp of retail]"] = 1e4 * runs[column] / runs["retail_demand_usd"]
    scaled["extracted [bp of retail]"] = runs["extracted_bp_of_retail"]
    scaled["users not served [% of retail]"] = 100.0 * runs["unfilled_share"]
    scaled["users' net cost [bp]"] = runs["user_net_cost_bp"]
    scaled["spread of incomes [1]"] = runs["sequencer_income_spread"]
    columns = [column for column in scaled.columns if column not in ("rule", "seed")]
    levels = {column: statistics.summary(scaled, column, by="rule") for column in columns}
    return pd.DataFrame(
        [
            {"rule": rule} | {column: _level(levels[column].loc[rule]) for column in columns}
            for rule in dict.fromkeys(runs["rule"])
        ]
    )


def _level(row: pd.Series) -> str:
    error = f" ({row['standard_error']:.2g})" if np.isfinite(row["standard_error"]) else ""
    return f"{row['mean']:.3g}{error}"
