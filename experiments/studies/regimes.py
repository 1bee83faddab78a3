"""The main comparison: the same seeds under every sequencing regime."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.analysis import answers, statistics, summaries, written
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market.errors import InputError

TITLE = "Sequencing regimes compared on six rollups through a volatile two hours"
QUESTION = "Who gains and who pays when the rule that orders transactions changes and the world does not?"
HYPOTHESIS = (
    "Sequencing many rollups together narrows price gaps between them and lets whoever orders them extract more; "
    "hiding contents until they are ordered removes sandwiches but not arbitrage; selling the right to build moves "
    "extracted value from builders to sequencers without giving it back to users."
)

BASELINE = "siloed"
SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
OUTCOMES: dict[str, tuple[str, float]] = {  # column of the table: outcome, and what it is divided by
    "extracted [thousand USD]": ("extracted_usd", 1e3),
    "extracted [bp of retail]": ("extracted_bp_of_retail", 1.0),
    "user cost, all [bp]": ("user_cost_all_bp", 1.0),
    "unfilled [% of retail]": ("unfilled_share", 0.01),
    "sequencers' net receipts [thousand USD]": ("sequencer_net_usd", 1e3),
    "inclusion delay [s]": ("inclusion_delay_s", 1.0),
}
"""What the table for a paper shows; all levels and differences are in the summary."""


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Every named regime on the reference scenario, the baseline first."""
    from experiments.markets.scenarios import reference
    from market.regimes import load, names

    base = reference(quick=quick)
    for name in sorted(names(), key=lambda name: (name != BASELINE, name)):
        config = configure(base.model_copy(update={"regime": load(name)}))
        if config.regime.name != name:
            raise InputError(
                f"regime.name: got {config.regime.name!r}, but this study runs every named regime; "
                "allowed: a new file in market/regimes, or `seqmarket simulate`"
            )
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run({}, name, seed, config)


KINDS = ("sandwich", "arbitrage", "liquidation")
RECEIVERS = ("sequencers", "builders", "traders", "liquidators")
LEVELS = (
    "user_cost_all_bp", "dispersion_bp", "lp_net_bp_per_day", "liquidated_usd", "bad_debt_usd", "inclusion_delay_s",
    "inclusion_delay_p95_s", "builder_hhi", "user_cost_served_bp", "unfilled_share", "extracted_usd",
    "extracted_bp_of_retail", "sequencer_net_usd", "unexplained_gain_usd",
)  # fmt: skip


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Levels by regime; differences within a seed to the regime named in ``less``; who receives what is extracted."""
    groups = list(dict.fromkeys(runs["regime"]))
    baseline = BASELINE if BASELINE in groups else groups[0]
    demand = summaries.values(runs, "retail_demand_usd")
    extracted = {f"extracted_{kind}_bp_of_retail": 1e4 * runs[f"extracted_{kind}_usd"] / demand for kind in KINDS}
    rows = summaries.by_cell(runs.assign(**extracted), ["regime"], [*extracted, *LEVELS], less="")
    change = {name: summaries.less(runs, runs[name], [], regime=baseline) for name in LEVELS}
    others = runs.assign(**change).take(np.flatnonzero(~summaries.mask(runs, regime=baseline)))
    differences = summaries.by_cell(others, ["regime"], LEVELS, less=baseline)
    judged = {name: _judged(runs, name, baseline) for name in LEVELS}
    rows += [row | judged[row["outcome"]][row["regime"]] for row in differences]
    for cell, part in summaries.cells(runs, ["regime"]):
        gains = {role: np.maximum(summaries.values(part, f"extracted_by_{role}_usd"), 0.0) for role in RECEIVERS}
        every = np.sum(list(gains.values()), axis=0)
        for role, gain in gains.items():
            found = statistics.pooled(lambda at, gain=gain, every=every: _share(gain[at], every[at]), len(part))
            rows.append(summaries.pooled(f"extracted_by_{role}_share", found, **cell, less=""))
    return summaries.table(rows)


def _judged(runs: pd.DataFrame, outcome: str, baseline: str) -> dict[Any, dict[str, Any]]:
    """By regime: size of a difference over the spread between seeds, its chance by Holm's correction, and verdict."""
    found = statistics.paired(runs, outcome, baseline)
    said = ("over_spread", "corrected", "verdict")
    return {group: {name: row[name] for name in said} for group, row in found.to_dict("index").items()}


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    return float(part.sum() / whole.sum()) if whole.sum() > 0.0 else float("nan")


def answer(runs: Any) -> str:
    """The regimes under which users pay least and most, and those in which most and least is extracted."""
    if BASELINE not in set(runs["regime"]) or runs["regime"].nunique() < 2:
        return "There is nothing to compare with."
    cost = statistics.paired(runs, "user_cost_all_bp", BASELINE)
    least, most = (str(cost["mean"].idxmin()), str(cost["mean"].idxmax()))
    wide = runs.pivot(index="seed", columns="regime", values="user_cost_all_bp")
    said = [
        f"{answers.change(wide[name] - wide[BASELINE], 'bp', chance=float(cost.loc[name, 'corrected']))} under "
        f"{name.replace('_', ' ')}"
        for name in (least, most)
    ]
    taken = runs.groupby("regime")["extracted_bp_of_retail"].mean()
    low, high = (str(name).replace("_", " ") for name in (taken.idxmin(), taken.idxmax()))
    return (
        f"Against separate sequencers users pay {answers.listed(said)}, the ends of {len(cost)} regimes "
        f"({answers.settled(cost)}); extracted are {taken.min():.3g} (under {low}) to "
        f"{taken.max():.3g} bp ({high}) of what retail wants to trade."
    )


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """For each regime: means (standard errors), and what is said of its paired differences to the baseline.

    That is their 95% intervals, their size over the spread of the baseline between seeds, and a verdict, with the
    chance of error by Holm's correction over the regimes; the latter stands in the table.
    """
    scaled = pd.DataFrame({"regime": runs["regime"], "seed": runs["seed"]})
    for column, (outcome, unit) in OUTCOMES.items():
        scaled[column] = runs[outcome] / unit
    levels = {column: statistics.summary(scaled, column).to_dict("index") for column in OUTCOMES}
    changes = {column: _changes(scaled, column) for column in OUTCOMES}
    rows, groups = [], list(dict.fromkeys(runs["regime"]))
    for regime in groups:
        rows.append({"regime": regime, "": "mean (s.e.)"} | {c: written.level(levels[c][regime]) for c in OUTCOMES})
        if all(regime in changes[column] for column in OUTCOMES):
            row = {column: changes[column][regime] for column in OUTCOMES}
            rows.append({"regime": "", "": f"less {BASELINE}"} | {c: written.number(r["mean"]) for c, r in row.items()})
            rows.append({"regime": "", "": "95% interval"} | {c: written.interval(r) for c, r in row.items()})
            sizes = {c: written.number(r["over_spread"]) for c, r in row.items()}
            rows.append({"regime": "", "": "over the spread between seeds"} | sizes)
            said = f"verdict (p by Holm, {len(groups) - 1} regimes)"
            rows.append({"regime": "", "": said} | {c: written.verdict(r) for c, r in row.items()})
    return pd.DataFrame(rows)


def _changes(scaled: pd.DataFrame, column: str) -> dict[Any, dict[str, Any]]:
    if BASELINE not in set(scaled["regime"]):  # every one of its runs failed: levels can still be shown
        return {}
    return statistics.paired(scaled, column, BASELINE).to_dict("index")
