"""What a circuit breaker changes, as a table: a row for each part, condition and breaker."""

from __future__ import annotations

import numpy as np

from experiments.analysis import summaries
from experiments.analysis.magnet import pooled
from experiments.analysis.statistics import mean_and_error
from experiments.later import pd

BASELINE = "none"
"""Breaker that the others are compared with."""
LEVERS = ("part", "oracle", "world", "psi", "slack", "anticipation", "breaker")
"""What tells the cells of the study apart."""


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Means (standard errors) by part; ratios to the same seed without a breaker, and statistics of the approach."""
    rows = []
    for levers, cell in summaries.cells(runs, LEVERS):
        part, oracle, world, psi, slack, known, breaker = levers.values()
        base = _baseline(runs, cell)
        pairs = zip(cell["seed"], cell["seized"], strict=True)
        ratio = np.array([taken / base[seed][0] for seed, taken in pairs if base.get(seed, (0.0, ""))[0] > 0.0])
        same = [who == base[seed][1] for seed, who in zip(cell["seed"], cell["who"], strict=True) if seed in base]
        row = {
            "where": f"{part}, {world or oracle}" + (f", density {psi:g}" if world else ""),
            "breaker": _condition(part, breaker, slack, known),
            "seized over none [1]": mean_and_error(ratio),
            "seized over first wave [1]": mean_and_error(cell["seized"] / cell["first_wave"]) if psi else "",
            "the same people [% of seeds]": f"{100.0 * np.mean(same):.0f}" if same and part == "fall" else "",
            "liquidated [million USD]": mean_and_error(cell["liquidated_usd"] / 1e6),
            "bad debt [thousand USD]": mean_and_error(cell["bad_debt_usd"] / 1e3),
            "pauses [1]": f"{np.mean(cell['pauses']):.3g}",
            "users' delay [s]": f"{np.mean(cell['inclusion_delay_s']):.3g}",
            "users' cost [bp]": f"{np.mean(cell['user_cost_all_bp']):.3g}",
            "users not served [%]": f"{100.0 * np.mean(cell['unfilled_share']):.3g}",
        }  # fmt: skip
        rows.append(row | (_magnet(cell) if part == "approach" else {}) | (_hedges(cell) if part == "options" else {}))
    return pd.DataFrame(rows).fillna("")


def _hedges(cell: pd.DataFrame) -> dict[str, str]:
    return {
        "age of hedges [s]": mean_and_error(cell["hedge_age_s"]),
        "cost of hedges [bp]": mean_and_error(1e4 * cell["hedge_cost"]),
        "vega beyond its limit [USD]": mean_and_error(cell["vega_beyond_usd"]),
        "options liquidated [thousand USD]": mean_and_error(cell["options_liquidated_usd"] / 1e3),
    }


def _condition(part: str, breaker: str, slack: str, known: str) -> str:
    """The breaker, and what else sets a row apart from others of its part."""
    more = (f"slack {slack}" if part == "slack" else "", "traders who anticipate" if known == "on" else "")
    return ", ".join(filter(None, (breaker, *more)))


def _baseline(runs: pd.DataFrame, cell: pd.DataFrame) -> dict[int, tuple[float, str]]:
    """Collateral seized [units], and of whom, by seed without a breaker: what the cell is compared with."""
    first = cell.iloc[0]
    part = summaries.where(runs, **{name: first[name] for name in LEVERS[:5]}, breaker=BASELINE)
    return {
        int(seed): (float(taken), str(who))
        for seed, taken, who in zip(part["seed"], part["seized"], part["who"], strict=True)
    }


def _magnet(cell: pd.DataFrame) -> dict[str, str]:
    found = pooled(cell.to_dict("records"))  # pyright: ignore[reportArgumentType]
    shown = {
        "chance to trigger once near [1]": "trigger_chance",
        "volatility near over far [1]": "volatility_ratio",
        "skewness near [1]": "near_skewness",
        "trading near over far [1]": "trading_ratio",
    }
    return {name: f"{found[key]:.3g}" for name, key in shown.items()}
