"""The bidding war of block builders: published experiments and ours side by side, and what latency changes."""

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

TITLE = "The MEV-Boost bidding war: published experiments and ours"
QUESTION = "Which bidding rule wins the open auction for a block, and how does that depend on access and latency?"
HYPOTHESIS = (
    "Win rates equal the published ones up to sampling error; access to order flow is worth more than latency; "
    "late rules gain on the others as the relay gets slower, since nobody can answer them."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
DELAYS = (1, 2, 4, 7, 10)
LATE = {"last_minute": 0.0, "stealth": 0.05, "bluff": 0.05}
"""Late rules, and the standard deviation of the end of the auction in which they are looked at [s]."""
GROUPS = ("naive", "adaptive", "late")
PUBLISHED, LATENCY = "published", "latency"


class WarConfig(Settings):
    """Size of the experiments."""

    auctions: int = Field(default=10_000, ge=100, description="auctions of each run [1]")
    epsilon: int = Field(default=1, ge=0, description="steps before the last possible one in which late rules reveal")


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Every published experiment, then every late rule against naive and adaptive bidders at several delays."""
    from experiments.games.published_wars import WARS

    config = configure(WarConfig(auctions=2_000 if quick else 10_000))
    for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
        for war in WARS:
            yield Run(
                {"part": PUBLISHED, "experiment": war.name, "global_delay": war.game.global_delay}, "", seed, config
            )
        for late in LATE:
            for delay in DELAYS[::2] if quick else DELAYS:
                yield Run({"part": LATENCY, "experiment": late, "global_delay": delay}, "", seed, config)


def execute(run: Run) -> dict[str, float | int | str]:
    """Win rate, profit per win and efficiency by group, and what was published."""
    from agents.bidding import ascending
    from experiments.games.bidding_war import BiddingWar, simulate
    from experiments.games.published_wars import WARS

    config = run.config
    assert isinstance(config, WarConfig)
    if run.levers["part"] == PUBLISHED:
        war = next(war for war in WARS if war.name == run.levers["experiment"])
        game, members, names = war.game, war.members, war.groups
    else:
        war = None
        rules = (ascending.NAIVE,) * 4 + (ascending.ADAPTIVE,) * 4 + (ascending.RULES[run.levers["experiment"]],) * 4
        game = BiddingWar(
            rules,
            (1,) * 12,
            global_delay=run.levers["global_delay"],
            epsilon=config.epsilon,
            length_sd_s=LATE[run.levers["experiment"]],
        )
        members, names = tuple(tuple(range(4 * k, 4 * k + 4)) for k in range(3)), GROUPS
    outcome, _ = simulate(game, config.auctions, run.seed)
    found: dict[str, float | int | str] = {"groups": len(names), "median_efficiency": _median(outcome.efficiency)}
    if war is not None and war.efficiency is not None:
        found["published_efficiency"] = war.efficiency
    for k, name in enumerate(names):
        won = np.isin(outcome.winner, members[k])
        found[f"group_{k}"] = name
        found[f"win_rate_{k}"] = float(won.mean())
        found[f"profit_per_win_{k}_eth"] = float(outcome.profit[won].mean()) if won.any() else float("nan")
        if war is not None:
            found[f"published_rate_{k}"] = war.rates[k]
            if (profit := war.profits[k]) is not None:
                found[f"published_profit_{k}_eth"] = profit
    return found


def summary(runs: Frame) -> pd.DataFrame:
    """Win rates by experiment, delay and group, beside the published ones."""
    rows = []
    for cell, part in summaries.cells(runs, ["part", "experiment", "global_delay"]):
        for k in range(int(part["groups"].iloc[0])):
            more = {"group": str(part[f"group_{k}"].iloc[0]), "place": k, "groups": int(part["groups"].iloc[0])}
            if cell["part"] == PUBLISHED:
                more["published"] = float(part[f"published_rate_{k}"].iloc[0])
            rows.append(summaries.row("win_rate", summaries.values(part, f"win_rate_{k}"), **cell, **more))
    return summaries.table(rows)


def answer(runs: Frame) -> str:
    """Who wins most in each published experiment, and how far our win rates are from the published ones."""
    part = runs[runs["part"] == PUBLISHED]
    gaps, same, count, within = [], 0, 0, 0
    for _, cell in part.groupby("experiment", sort=False):
        groups = range(int(cell["groups"].iloc[0]))
        ours = [float(cell[f"win_rate_{k}"].mean()) for k in groups]
        theirs = [float(cell[f"published_rate_{k}"].iloc[0]) for k in groups]
        for k, other in zip(groups, theirs, strict=True):
            low, high = statistics.interval(cell[f"win_rate_{k}"])
            within += low <= other <= high
            gaps.append(cell.set_index("seed")[f"win_rate_{k}"] - other)
        same, count = same + (int(np.argmax(ours)) == int(np.argmax(theirs))), count + 1
    apart = pd.DataFrame(dict(enumerate(gaps)))
    mean = statistics.pooled(lambda seeds: float(apart.iloc[seeds].mean().abs().mean()), len(apart))
    worst = apart[apart.mean().abs().idxmax()]
    known = np.isfinite(mean["low"])  # from three seeds on
    interval = f" ({mean['low']:.2g} to {mean['high']:.2g})" if known else ""
    inside = f"; {within} of {len(gaps)} published ones lie in the 95% intervals of ours" if known else ""
    return (
        f"In {same} of {count} published experiments the same group wins most as did there; win rates differ from "
        f"the published ones by {mean['mean']:.2g}{interval} on average and at most by "
        f"{answers.signed(answers.amount(worst, ''))}{inside}."
    )


def table(runs: Frame) -> pd.DataFrame:
    """Published and simulated results by experiment and group."""
    rows = []
    for name, part in runs[runs["part"] == PUBLISHED].groupby("experiment", sort=False):
        for k in range(int(part["groups"].iloc[0])):
            rates = statistics.describe(part[f"win_rate_{k}"])
            row = {"experiment": name if k == 0 else "", "group": part[f"group_{k}"].iloc[0]}
            row["win rate, published"] = f"{part[f'published_rate_{k}'].iloc[0]:.4f}"
            row["win rate, ours (s.e.)"] = f"{rates['mean']:.4f} ({rates['standard_error']:.4f})"
            profit = part.get(f"published_profit_{k}_eth", pd.Series([np.nan])).iloc[0]
            row["profit per win, published [ETH]"] = f"{profit:.6f}" if np.isfinite(profit) else ""
            row["profit per win, ours [ETH]"] = f"{part[f'profit_per_win_{k}_eth'].mean():.6f}"
            known = part.get("published_efficiency", pd.Series([np.nan])).iloc[0] if k == 0 else np.nan
            row["median efficiency, published"] = f"{known:.4f}" if np.isfinite(known) else ""
            row["median efficiency, ours"] = f"{part['median_efficiency'].mean():.4f}" if k == 0 else ""
            rows.append(row)
    return pd.DataFrame(rows)


def _median(sample: np.ndarray) -> float:
    return float(np.nanmedian(sample))
