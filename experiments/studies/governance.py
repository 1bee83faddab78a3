"""Who decides on the fee of an intent, and what that does to users, by who holds the votes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agents.population import Population
from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.later import pd
from experiments.markets.small_market import small
from experiments.runs.study import Configure, Run, seeds
from market.config import AgentConfig, MarketConfig, RegimeConfig
from market.measures.outcomes import outcomes
from market.measures.ratio import ratio
from market.model import SequencerMarket
from market.state.ledger import Why

TITLE = "Votes on the fee of an intent"
QUESTION = "Who votes for which fee, and what does it cost users that others decide on it?"
HYPOTHESIS = (
    "Users do not vote and hardly go elsewhere: sequencers vote the fee up as far as options go, arbitrageurs vote it "
    "down, and where both hold votes, whoever holds more than half decides: the fee jumps there and does not grow."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "holders besides sequencers", "their votes [1]", "fee adopted [USD]", "cost of users, less [bp]",
    "users not served [% of retail]", "sequencers, less [USD]", "arbitrage, less [USD]", "providers, less [USD]",
)  # fmt: skip
SHARES, QUICK_SHARES = (0.0, 0.25, 0.45, 0.55, 0.75, 1.0), (0.0, 1.0)
"""Share of the votes that those hold who are no sequencers; sequencers hold the others [1]."""
HOLDERS = {"arbitrageurs": "arbitrageur", "providers": "withdrawing"}
"""Strategy of those who hold votes besides the sequencers."""
FEES_USD, FIRST = (0.01, 0.03, 0.1, 0.3, 1.0), 2
"""Fees that can be adopted, and which of them there is at the start [USD]."""
MEMBERS, OTHERS, PROVIDED_USD = 3, 2, 1e5
BLOCK_S, PERIOD, TRIAL, NOTICE = 1.0, 60, 27, 3
VOTES, QUICK_VOTES = 60, 6
COMPARED = ("user_total_bp", "sequencers_usd", "arbitrage_usd", "providers_usd")
"""Outcomes that prices move more than fees do: shown as differences at the same seed."""


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """By who holds votes besides the sequencers, how many they hold, and the seed."""
    for holders in HOLDERS:
        for share in QUICK_SHARES if quick else SHARES:
            config = configure(_market(holders, share, QUICK_VOTES if quick else VOTES))
            for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                yield Run({"holders": holders, "votes_share": share}, config.regime.name, seed, config)


def _market(holders: str, share: float, votes: int) -> MarketConfig:
    """The small market under sequencers who take turns, whose fee is voted on; the same agents whoever holds votes."""
    tokens = {f"{HOLDERS[holders]} {at}": share / OTHERS for at in range(OTHERS)}
    tokens |= {f"sequencer 0.{at}": (1.0 - share) / MEMBERS for at in range(MEMBERS)}
    regime = RegimeConfig(
        name="voted_fee",
        domains={"kind": "shared"},
        leader={"kind": "round_robin", "members": MEMBERS},
        governance={
            "kind": "stake_vote", "subject": "gas_usd", "options": FEES_USD, "period_slots": PERIOD,
            "trial_slots": TRIAL, "notice_slots": NOTICE,
            "tokens": {name: held for name, held in tokens.items() if held > 0.0},
        },
        block_time_s=BLOCK_S,
    )  # fmt: skip
    base = small(regime, (votes + 1) * PERIOD, block_time_s=BLOCK_S)
    rollups = tuple(rollup.model_copy(update={"gas_usd": FEES_USD[FIRST]}) for rollup in base.rollups)
    agents = (
        AgentConfig(role="trader", strategy="arbitrageur", count=OTHERS),
        AgentConfig(
            role="market_maker", strategy="withdrawing", count=OTHERS, capital_usd=PROVIDED_USD,
            parameters={"leave_above": None},
        ),
    )  # fmt: skip
    return base.model_copy(update={"rollups": rollups, "agents": agents})


def execute(run: Run) -> dict[str, Any]:
    """Run a market; what was adopted, and what it brought whom. Users pay the fee besides what their trades cost."""
    config = run.config
    assert isinstance(config, MarketConfig)
    market = SequencerMarket(config, run.seed, Population(config))
    market.run()
    found = dict(outcomes(market))
    gas = float(market.world.tables.flows[market.world.account_of["retail"], :, Why.GAS, 0].sum())
    gas_bp = ratio(gas, float(found["retail_demand_usd"]), 1e4)
    return {
        "fee_usd": found["policy_last"],
        "highest_fee": float(found["policy_last"] == FEES_USD[-1]),
        "votes_passed": found["votes_passed"],
        "vote_turnout": found["vote_turnout"],
        "user_gas_bp": gas_bp,
        "user_total_bp": float(found["user_cost_all_bp"]) + gas_bp,
        "unfilled_share": found["unfilled_share"],
        "sequencers_usd": found["sequencer_receipts_usd"],
        "arbitrage_usd": found["extracted_arbitrage_usd"],
        "providers_usd": float(market.tally.totals()["lp_fees"] + market.tally.totals()["lp_marked"]),
        "dispersion_bp": found["dispersion_bp"],
        "conservation_error": found["conservation_error"],
    }


def _differences(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs with each compared outcome less the same where sequencers alone vote, at the same seed."""
    return runs.assign(
        **{f"{name}_less": summaries.less(runs, runs[name], ["holders"], votes_share=0.0) for name in COMPARED}
    )


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Adopted fees and what users paid, by holders and their votes, and differences to sequencers alone."""
    names = ("fee_usd", "highest_fee", "user_gas_bp", "unfilled_share", *(f"{name}_less" for name in COMPARED))
    return summaries.table(summaries.by_cell(_differences(runs), ["holders", "votes_share"], names))


def answer(runs: Any) -> str:
    """What sequencers alone adopt, and what others do who hold all votes, with what it changes for users."""
    parts = []
    for holders, less in zip(HOLDERS, headlines(runs), strict=True):
        alone = summaries.where(runs, holders=holders, votes_share=1.0)
        fee, unserved = answers.amount(alone["fee_usd"], "USD"), _unserved(alone)
        parts.append(f"{holders} {fee}, which changes the cost of users by {less.said} with {unserved} not served")
    first = summaries.where(runs, votes_share=0.0, holders=next(iter(HOLDERS)))
    return (
        f"Sequencers alone adopt a fee of {answers.amount(first['fee_usd'], 'USD')}, with {_unserved(first)} of retail "
        f"not served; with all votes, {answers.listed(parts)}."
    )


def headlines(runs: Any) -> list[Headline]:
    """What the answer compares: cost of users where others hold all votes, less that where sequencers do."""
    found = {}
    for holders in HOLDERS:
        cost = summaries.where(runs, holders=holders).pivot(index="seed", columns="votes_share", values="user_total_bp")
        what = f"cost of users, {holders} with all votes less sequencers alone"
        found[holders] = pair(what, cost[1.0], cost[0.0], "bp")
    return list(together(found).values())


def _unserved(runs: Any) -> str:
    """Share of what users want to trade that nobody served."""
    return answers.amount(runs["unfilled_share"], "%", 100.0)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By holders and their share of the votes: fee adopted, what users pay, differences to sequencers alone."""
    rows = []
    for key, part in _differences(runs).groupby(["holders", "votes_share"], sort=False):
        settings: Any = key

        def shown(name: str, of: pd.DataFrame = part, scale: float = 1.0) -> str:
            found = statistics.describe(scale * of[name])
            return f"{found['mean']:.3g} ({found['standard_error']:.2g})"

        rows.append(
            {
                "holders besides sequencers": settings[0],
                "their votes [1]": settings[1],
                "fee adopted [USD]": shown("fee_usd"),
                "highest fee adopted [share of runs]": shown("highest_fee"),
                "fees of users [bp]": shown("user_gas_bp"),
                "cost of users, less [bp]": shown("user_total_bp_less"),
                "users not served [% of retail]": shown("unfilled_share", scale=100.0),
                "sequencers, less [USD]": shown("sequencers_usd_less"),
                "arbitrage, less [USD]": shown("arbitrage_usd_less"),
                "providers, less [USD]": shown("providers_usd_less"),
            }
        )
    return pd.DataFrame(rows)
