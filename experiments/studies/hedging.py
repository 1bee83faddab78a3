"""How far the hedge of an option is from what it was worth, by what sequencing does to the hedge's orders."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from experiments.analysis import answers, hedge_errors, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from experiments.studies import _hedging_scene as scene
from experiments.studies._hedging_scene import ASSETS, BLOCK_S, PER_HOUR, PER_S, PREMIUM, PRICE, START_S, TENOR_S
from market.config import MarketConfig
from market.model import SequencerMarket

TITLE = "Hedges of options and what sequencing does to them"
QUESTION = "How far from its worth does a hedged option end, by block time, delay, outages and where the hedge is made?"
HYPOTHESIS = (
    "The variance of the error is the mean age of the hedge times a constant, whatever makes the hedge old: half a "
    "block, the delay of messages, and half the mean square of outages times their rate. A first hedge that is tied to "
    "the trade leaves nothing open, on the same rollup or another; one that follows it leaves the whole delta open for "
    "a block, and longer where slots are missed on either rollup."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "varied",
    "setting",
    "error [% of premium]",
    "known [%]",
    "age of hedge [s]",
    "known age [s]",
    "losses over 10% [%]",
    "leg open [s]",
)
SWEEPS: dict[str, tuple[float, ...]] = {
    "block_s": (5.0, 15.0, 60.0),
    "latency_s": (0.0, 15.0, 60.0),  # of the hedger's messages
    "outage_s": (0.0, 30.0, 60.0, 120.0),  # mean of exponential outages, of which `PER_HOUR` begin in an hour
}
QUICK_SWEEPS = {"block_s": (15.0, 60.0), "latency_s": (60.0,), "outage_s": (0.0, 120.0)}
LEGS: dict[str, dict[str, Any]] = {
    "same, tied": {},
    "same, behind": {"first": "behind"},
    "other, executed as one": {"rollup": "two", "shared": "execution"},
    "other, included as one": {"rollup": "two", "shared": "inclusion"},
    "other, behind": {"rollup": "two"},
    "other, at once": {"rollup": "two", "first": "together"},
    "outside, at once": {"apart": True},
}
"""Ways of a first hedge: on the rollup of the options or another, how it goes with the trade, what is guaranteed."""
FIRST = "same, tied"
QUICK_LEGS = (FIRST, "other, behind")
BASE = "outage_s", "0"
_PER_AGE = hedge_errors.integrated_variance(TENOR_S, float(PER_S), PRICE)
"""Variance of the error that a second of age is worth in the limit of hedges that are close together [USD^2/s]."""


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """One condition varied at a time, over the life of options; then the ways of the first hedge."""
    cells: list[tuple[str, Any, MarketConfig]] = []
    for varied, settings in (QUICK_SWEEPS if quick else SWEEPS).items():
        cells += [(varied, f"{setting:g}", scene.replicated(**{varied: setting})) for setting in settings]
    cells += [("leg", leg, scene.legged(**LEGS[leg])) for leg in (QUICK_LEGS if quick else LEGS)]
    for varied, setting, config in cells:
        configured = configure(config)
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run({"varied": varied, "setting": setting}, configured.regime.name, seed, configured)


def execute(run: Run) -> dict[str, Any]:
    """Run a market; errors of its hedges, their age, and how long the first leg was open."""
    from agents.population import Population

    config, kept = run.config, scene.Rows()
    assert isinstance(config, MarketConfig)
    market = SequencerMarket(config, run.seed, Population(config), [kept])
    agent: Any = next(agent for agent in market.participants if agent.role == "trader")
    until = START_S + TENOR_S
    if config.horizon_s > until:
        market.run_until(until)
        age = scene.mean_age(agent, until)
        market.run()
    else:
        market.run()
        age = scene.mean_age(agent, config.horizon_s)
    rows = np.concatenate(kept.rows)
    own = rows[rows["sender"] == agent.account]
    found = [scene.outcome(market, own, agent.account, at) for at in range(ASSETS)]
    errors, open_s = np.array([each for each in found if each is not None]).reshape(-1, 2).T
    return {
        "square": float(np.mean((errors / PREMIUM) ** 2)),
        "mean_share": float(np.mean(errors / PREMIUM)),
        "lost_share": float(np.mean(errors < -0.1 * PREMIUM)),
        "worst_share": float(np.min(errors / PREMIUM)),
        "age_s": age,
        "leg_s": float(np.mean(open_s)),
        "conservation_error": market.tally.conservation_error,
    }


def known(varied: str, setting: str) -> tuple[float, float]:
    """Standard deviation of the error over the premium [1] and mean age of the hedge [s]; nan where nothing is known.

    The first is exact for hedges in slots, some of which outages fall on, and which messages reach late. The second
    counts every hedge as it is made, the first as late as others, also where the option is so far from the strike that
    none is needed.
    """
    if varied == "leg":
        return float("nan"), float("nan")
    begins, block_s, late_s = _law(varied, float(setting))
    return float(np.sqrt(_variance(varied, setting))) / PREMIUM, hedge_errors.mean_age(begins, block_s) + late_s


def known_more(varied: str, setting: str) -> float:
    """What a condition adds to the variance of the error, by its law, as the age of a hedge that would [s]."""
    return (_variance(varied, setting) - _variance(*BASE)) / _PER_AGE


@cache
def _variance(varied: str, setting: str) -> float:
    """Variance of the error of an option, by its law [USD^2]."""
    begins, block_s, late_s = _law(varied, float(setting))
    return hedge_errors.hedge_variance(begins, block_s, float(PER_S), PRICE, late_s)


def _law(varied: str, value: float) -> tuple[np.ndarray, float, float]:
    """Chances that hedges are made and last, as `hedge_errors` takes them, time between slots, and delay [s].

    Outages begin to come before prices begin to move. A hedge that was made by then is as good as new; if the sequencer
    is down, it lasts until it is back.
    """
    block_s = value if varied == "block_s" else BLOCK_S
    slots = round(TENOR_S / block_s)
    if varied == "outage_s" and value > 0.0:
        outages = PER_HOUR / 3600.0, value
        return hedge_errors.chances(*outages, block_s, slots, hedge_errors.down(*outages, START_S)), block_s, 0.0
    late_s = block_s * float(np.ceil(value / block_s)) if varied == "latency_s" else 0.0
    return np.ones((slots, 1)), block_s, late_s


def _root(squares: np.ndarray) -> dict[str, float]:
    """Root of the mean square over all seeds, with the jackknife's interval."""
    return statistics.pooled(lambda at: float(np.sqrt(squares[at].mean())), len(squares))


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Errors, ages, losses and open legs by what is varied, with what is known of the first two."""
    found = []
    for levers, part in summaries.cells(runs, ["varied", "setting"]):
        error, age = known(levers["varied"], levers["setting"])
        value = float("nan") if levers["varied"] == "leg" else float(levers["setting"])
        found.append(
            summaries.pooled("error_share", _root(summaries.values(part, "square")), **levers, value=value, known=error)
        )
        found.append(summaries.row("age_s", summaries.values(part, "age_s"), **levers, value=value, known=age))
        found += [
            summaries.row(name, summaries.values(part, name), **levers, value=value, known=float("nan"))
            for name in ("lost_share", "leg_s")
        ]
    return summaries.table(found)


AGEING = {
    ("block_s", "60"): "blocks of 60 s",
    ("latency_s", "60"): "messages that take 60 s",
    ("outage_s", "120"): f"{PER_HOUR:g} outages an hour of 120 s",
}
"""Conditions under which a hedge is older, in words."""
APART = {
    ("leg", "other, executed as one"): "on another rollup that executes as one",
    ("leg", "other, behind"): "on another rollup behind the trade",
}
"""Where a first hedge may be made, in words."""


def answer(runs: pd.DataFrame) -> str:
    """What each condition adds to the variance of the error, as the age of a hedge that would, and open legs."""
    base, found = _squares(runs).get(BASE), _compared(runs)
    if base is None:
        return "The base, blocks of 15 s without outages, is missing."
    parts = [
        f"{text} {found[cell].said} (known: {known_more(*cell):.3g} s)"
        for cell, text in AGEING.items()
        if cell in found
    ]
    legs = [f"{text} {found[cell].said}" for cell, text in APART.items() if cell in found]
    error = answers.amount(np.sqrt(base), "% of its premium", 100.0)
    more = f" Counted as age of the hedge, there is more under {answers.listed(parts)}" if parts else ""
    rest = f"; a first hedge adds, of the squared premium, {answers.listed(legs)}" if legs else ""
    return f"Hedged every 15 s, an option of an hour misses its worth by {error}.{more}{rest}."


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return list(_compared(runs).values())


def _squares(runs: pd.DataFrame) -> dict[tuple[str, str], Any]:
    """Squared error by condition, and by seed."""
    cells = summaries.cells(runs, ["varied", "setting"])
    return {(levers["varied"], levers["setting"]): part.set_index("seed")["square"] for levers, part in cells}


def _compared(runs: pd.DataFrame) -> dict[tuple[str, str], Headline]:
    """What conditions add to the variance of the error: as the age of a hedge that would, or of the squared premium."""
    ageing = (BASE, "age of the hedge, {} less blocks of 15 s", "s", PREMIUM**2 / _PER_AGE, AGEING)
    apart = (("leg", FIRST), "squared premium, a first hedge {} less one that is tied", "%", 100.0, APART)
    square, found = _squares(runs), {}
    for base, what, unit, scale, cells in (ageing, apart):
        for cell, text in cells.items():
            if cell in square and base in square:
                found[cell] = pair(what.format(text), square[cell], square[base], unit, scale)
    return together(found)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By condition: means over seeds (standard errors), and what is known."""
    rows = []
    for levers, part in summaries.cells(runs, ["varied", "setting"]):
        error, age = known(levers["varied"], levers["setting"])
        root = _root(summaries.values(part, "square"))
        rows.append(
            {
                **levers,
                "error [% of premium]": f"{100.0 * root['mean']:.3g} ({100.0 * root['standard_error']:.2g})",
                "known [%]": f"{100.0 * error:.3g}" if np.isfinite(error) else "",
                "age of hedge [s]": statistics.mean_and_error(part["age_s"]),
                "known age [s]": f"{age:.3g}" if np.isfinite(age) else "",
                "losses over 10% [%]": statistics.mean_and_error(100.0 * part["lost_share"]),
                "leg open [s]": statistics.mean_and_error(part["leg_s"]),
                "mean error [% of premium]": statistics.mean_and_error(100.0 * part["mean_share"]),
                "worst [% of premium]": statistics.mean_and_error(100.0 * part["worst_share"]),
            }
        )
    return pd.DataFrame(rows)
