"""Searcher or builder: who takes which role as bundles conflict more often."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic import Field

from experiments.analysis import answers, statistics, summaries
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market.config import Settings

type Frame = Any  # a pandas.DataFrame; its types do not tell a part of a table from a column

TITLE = "Searcher or builder: role selection by the probability that bundles conflict"
QUESTION = "How many of those with a profitable bundle build blocks themselves, and what do they leave to the proposer?"
HYPOTHESIS = (
    "The more often bundles exclude each other, the more of their value searchers bid away and the more of them "
    "rather build; the proposer's revenue is highest in between, where bundles compete and still add up."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 1
CONFLICTS, QUICK_CONFLICTS = (0.0, 0.25, 0.5, 0.75, 1.0), (0.0, 0.5, 1.0)
SHOWN_BUILDERS = 3


class RolesConfig(Settings):
    """Size of the game and length of the learning."""

    agents: int = Field(default=10, ge=2, le=30, description="agents with one bundle each [1]")
    rounds: int = Field(default=20_000, ge=1000, description="blocks in which searchers learn what to bid [1]")
    measured: int = Field(default=30_000, ge=1000, description="blocks over which payoffs are then measured [1]")


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Every number of builders at every probability of conflict."""
    config = configure(RolesConfig(rounds=8_000, measured=20_000) if quick else RolesConfig())
    for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
        for conflict in QUICK_CONFLICTS if quick else CONFLICTS:
            for builders in range(1, config.agents + 1):
                yield Run({"conflict": conflict, "builders": builders}, "", seed, config)


def execute(run: Run) -> dict[str, float | int | str]:
    """Learned share bid by searchers, and payoffs by role."""
    from experiments.games.role_selection import RoleGame, learn_roles

    config = run.config
    assert isinstance(config, RolesConfig)
    game = RoleGame(config.agents, int(run.levers["builders"]), float(run.levers["conflict"]))
    learned = learn_roles(game, config.rounds, 100 * run.seed + game.builders, config.measured)
    searchers = config.agents > game.builders
    return {
        "agents": config.agents,
        "bid_share": learned.share if searchers else float("nan"),
        "searcher_eth": learned.searcher if searchers else float("nan"),
        "builder_eth": learned.builder,
        "proposer_eth": learned.proposer,
    }


def stable(runs: Frame) -> pd.DataFrame:
    """Fewest and most builders at which nobody gains by switching, by conflict and seed."""
    from experiments.games.role_selection import stable_builders

    rows = []
    for (conflict, seed), part in runs.groupby(["conflict", "seed"], sort=False):
        n = int(part["agents"].iloc[0])
        searcher, builder = np.full(n + 1, -np.inf), np.full(n + 1, -np.inf)
        searcher[part["builders"]] = part["searcher_eth"].fillna(-np.inf)
        builder[part["builders"]] = part["builder_eth"]
        found = stable_builders(searcher, builder)
        rows.append({"conflict": conflict, "seed": seed, "fewest": min(found, default=np.nan)})
        rows[-1]["most"] = max(found, default=np.nan)
    return pd.DataFrame(rows)


def summary(runs: Frame) -> pd.DataFrame:
    """Bids and revenue by builders and conflict; gain from building rather than searching; numbers that are stable."""
    rows = summaries.by_cell(runs, ["conflict", "builders"], ("bid_share", "proposer_eth"))
    searcher = {
        (conflict, builders, seed): earned
        for conflict, builders, seed, earned in zip(
            runs["conflict"], runs["builders"], runs["seed"], runs["searcher_eth"], strict=True
        )
    }
    places = zip(runs["conflict"], runs["builders"] - 1, runs["seed"], strict=True)
    instead = np.array([searcher.get(place, np.nan) for place in places])  # one builder less: oneself
    gains = runs.assign(gain_eth=runs["builder_eth"] - instead)
    rows += summaries.by_cell(gains[gains["builders"] > 1], ["conflict", "builders"], ("gain_eth",))
    rows += summaries.by_cell(stable(runs), ["conflict"], ("fewest", "most"), agents=int(runs["agents"].max()))
    return summaries.table(rows)


def answer(runs: Frame) -> str:
    """Stable numbers of builders and searchers' bids at the ends of conflict."""
    found, ends = stable(runs), (runs["conflict"].min(), runs["conflict"].max())
    few, many = (answers.amount(found[found["conflict"] == end]["most"], "") for end in ends)
    low, high = (
        answers.amount(runs[runs["conflict"] == end].groupby("seed")["bid_share"].mean(), "%", 100.0) for end in ends
    )
    return (
        f"Of {int(runs['agents'].max())} at most {few} build where bundles conflict with chance {ends[0]:g}, and "
        f"{many} with {ends[1]:g}; searchers bid {low} of what they have there, and {high}, on average over numbers of "
        "builders."
    )


def table(runs: Frame) -> pd.DataFrame:
    """By probability of conflict: what searchers bid, who earns what with three builders, and stable numbers."""
    stables, rows = stable(runs), []
    for conflict, part in runs[runs["builders"] == SHOWN_BUILDERS].groupby("conflict", sort=False):
        numbers = stables[stables["conflict"] == conflict]
        row: dict[str, object] = {"conflict probability": conflict}
        for text, column, digits in (
            ("share bid by searchers", "bid_share", 3),
            ("searcher [ETH/block]", "searcher_eth", 4),
            ("builder [ETH/block]", "builder_eth", 4),
            ("proposer [ETH/block]", "proposer_eth", 4),
        ):
            found = statistics.describe(part[column])
            error = f" ({found['standard_error']:.{digits}f})" if found["n"] > 1 else ""
            row[text] = f"{found['mean']:.{digits}f}{error}"
        row["builders in equilibrium, fewest to most"] = (
            f"{numbers['fewest'].mean():.3g} to {numbers['most'].mean():.3g}"
        )
        rows.append(row)
    return pd.DataFrame(rows)
