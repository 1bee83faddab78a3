"""The premium over realised volatility at which a maker of options earns nothing, and what of it sequencing causes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.analysis import answers, statistics, summaries
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from experiments.studies import _premium_scene as scene
from experiments.studies._premium_scene import AGEING, MAIN, REGIMES
from market.config import MarketConfig
from market.measures.outcomes import outcomes
from market.model import SequencerMarket

TITLE = "The premium in options for what sequencing does to their makers"
QUESTION = "How far over realised volatility must makers of options sell, under each order, and for which risks?"
HYPOTHESIS = (
    "Where arrival decides, sniping is most of the premium, and less than a tenth of that is left where what is taken "
    "back counts first, in batches and with sealed contents; what is left in any regime is for jumps that no hedge "
    "catches, for old hedges and for outages, and outages cost many times as much where they coincide with stress. "
    "The part for outages is linear in their rate and grows with the mean square of their length: four times as many "
    "of half the length cost the same."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "regime",
    "without",
    "premium [vol. points]",
    "part of it [vol. points]",
    "part by day [USD]",
    "known [vol. points]",
    "sniped [USD/h]",
    "age of hedge [s]",
)
HORIZON_S, QUICK_HORIZON_S = 28_800.0, 3600.0
CHANNELS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "sniping": {"snipers": 0},
    "jumps": {"jumps": False},
    "age": {"hedge_s": 0.0},
    "outages": {"outages": "none"},
    "coincidence": {"outages": "apart"},
    "capital": {"capital_rate": 0.0},
}
"""What a market is without: the condition that switches a channel off."""
EVERYWHERE = ("nothing", "sniping", "outages")
IN_FULL = ("first_come", "cancel_first")
"""Channels that are switched off in every regime, and the regimes in which all are."""
RATES = ((0.0, 90.0), (4.0, 90.0), (8.0, 90.0), (16.0, 45.0))
"""Random outages an hour and their mean length [s], where the age of hedges alone costs. The last are as many times the
square of their length as the second."""
BASE, ALONE = "first_come", "all but outages"
RISK, DAY = "premium_vol", "per_day_usd"


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Each regime with all channels and without some; then outages alone, by their rate and length."""
    horizon_s = QUICK_HORIZON_S if quick else HORIZON_S
    cells: list[tuple[str, dict[str, Any], MarketConfig]] = []
    for regime in IN_FULL if quick else REGIMES:
        for name, off in CHANNELS.items():
            if regime in IN_FULL or name in EVERYWHERE:
                levers = {"without": name, "outages_per_h": np.nan, "outage_s": np.nan}
                cells.append((regime, levers, scene.market(regime, horizon_s, **MAIN | off)))
    for rate, length in (RATES[0], RATES[2]) if quick else RATES:
        levers = {"without": ALONE, "outages_per_h": rate, "outage_s": length}
        cells.append((BASE, levers, scene.market(BASE, horizon_s, **AGEING, rate=rate, outage_s=length)))
    for regime, levers, config in cells:
        configured = configure(config)
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run(levers, regime, seed, configured)


def execute(run: Run) -> dict[str, Any]:
    """Run a market; all but what is sniped is of its second half."""
    from agents.population import Population

    config = run.config
    assert isinstance(config, MarketConfig)
    maker = next(group for group in config.agents if group.role == "market_maker").parameters
    seen = scene.Quoted(maker["volatility"])
    market = SequencerMarket(config, run.seed, Population(config), [seen])
    market.run()
    every, found = outcomes(market), seen.found(maker["risk_aversion"])
    return {
        **found,
        "over_realised_vol": seen.worth + found[RISK] - seen.realised(),
        "sniped_usd_h": 3600.0 / config.horizon_s * float(every["options_sniped_usd"]),
        "conservation_error": every["conservation_error"],
    }


def _by_cell(runs: pd.DataFrame, outcome: str) -> dict[tuple[str, str], Any]:
    """An outcome in each regime without a channel: by seed."""
    return {
        (levers["regime"], levers["without"]): part.set_index("seed")[outcome]
        for levers, part in summaries.cells(runs, ["regime", "without"])
        if levers["without"] in CHANNELS
    }


def _parts(runs: pd.DataFrame, outcome: str) -> dict[tuple[str, str], Any]:
    """What an outcome loses in a regime without a channel, at the same seed, by regime and channel: by seed."""
    found = _by_cell(runs, outcome)
    return {
        (regime, without): found[regime, "nothing"] - values
        for (regime, without), values in found.items()
        if without != "nothing" and (regime, "nothing") in found
    }


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Premiums by regime, parts by channel, and premiums by the rate of outages beside what is known of them."""
    found = []
    for outcome, name in ((RISK, "part_vol"), (DAY, "part_usd_day")):
        for (regime, without), values in _parts(runs, outcome).items():
            found.append(summaries.row(name, values, regime=regime, without=without, rate=np.nan, length=np.nan))
    for levers, part in summaries.cells(runs, ["regime", "without", "outages_per_h", "outage_s"]):
        rate, length = levers.pop("outages_per_h"), levers.pop("outage_s")
        at = {"rate": np.nan, "length": np.nan} if rate is None else {"rate": rate, "length": length}
        known = float(np.mean(summaries.values(part, "known_vol"))) if rate is not None else np.nan
        found += [
            summaries.row(name, summaries.values(part, name), **levers, **at, known=known)
            for name in (RISK, "over_realised_vol", DAY)
        ]
    return summaries.table(found)


def _alone(runs: pd.DataFrame) -> dict[tuple[float, float], pd.DataFrame]:
    """Runs in which the age of hedges alone costs, by seed: by the rate of outages and their length."""
    alone = summaries.where(runs, without=ALONE)
    return {
        (levers["outages_per_h"], levers["outage_s"]): part.set_index("seed")
        for levers, part in summaries.cells(alone, ["outages_per_h", "outage_s"])
    }


def _said_of_age(runs: pd.DataFrame) -> str:
    """By rate and length of outages, the premium over what is known; and whether it grows in proportion."""
    found = _alone(runs)
    if len(found) < 2:
        return ""
    ratios = [
        f"{rate:g} of {length:g} s {answers.amount(part[RISK] / part['known_vol'], 'times')}"
        for (rate, length), part in found.items()
    ]
    text = f"; where only the age of hedges costs, the premium is, by outages an hour, {answers.listed(ratios)} what "
    text += "their mean square makes it"
    if set(RATES[:3]) <= set(found):  # from none to half of the largest rate, and from there on
        low, middle, high = (found[at][RISK] - found[at]["known_vol"] for at in RATES[:3])
        bend = high - 2.0 * middle + low
        text += f" (bend over it {answers.change(bend, 'points', 100.0)})"
    return text


def answer(runs: pd.DataFrame) -> str:
    """The premium under arrival order and its parts, what sniping is elsewhere, and whether age costs as is known."""
    unit, whole, parts = "points", _by_cell(runs, RISK), _parts(runs, RISK)
    if (BASE, "nothing") not in whole:
        return "Arrival order, with which the others are compared, is missing."
    known = {name: parts[BASE, name] for name in CHANNELS if (BASE, name) in parts}
    chances = statistics.corrected(known)
    causes = [f"{name} {answers.change(each, unit, 100.0, chances[name])}" for name, each in known.items()]
    text = "Under arrival order the maker sells "
    text += f"{answers.amount(whole[BASE, 'nothing'], unit, 100.0)} over the price's volatility"
    text += f", of which, each switched off alone, {answers.listed(causes)}" if causes else ""
    others = [
        f"{regime.replace('_', ' ')} {answers.amount(part, unit, 100.0)}"
        for (regime, name), part in parts.items()
        if name == "sniping" and regime != BASE
    ]
    text += f"; sniping elsewhere: {answers.listed(others)}" if others else ""
    return f"{text}{_said_of_age(runs)}."


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By regime and channel that is off, then by outages: means over seeds (standard errors)."""
    rows = []
    parts, daily = _parts(runs, RISK), _parts(runs, DAY)
    for levers, part in summaries.cells(runs, ["regime", "without", "outages_per_h", "outage_s"]):
        rate, at = levers["outages_per_h"], (levers["regime"], levers["without"])
        lost = parts.get(at)
        without = levers["without"] if rate is None else f"{levers['without']}, {rate:g}/h of {levers['outage_s']:g} s"
        rows.append(
            {
                "regime": levers["regime"],
                "without": without,
                "premium [vol. points]": statistics.mean_and_error(100.0 * part[RISK]),
                "over realised [vol. points]": statistics.mean_and_error(100.0 * part["over_realised_vol"]),
                "part of it [vol. points]": "" if lost is None else statistics.mean_and_error(100.0 * lost),
                "by option owed and day [USD]": statistics.mean_and_error(part[DAY]),
                "part by day [USD]": "" if lost is None else statistics.mean_and_error(daily[at]),
                "known [vol. points]": "" if rate is None else statistics.mean_and_error(100.0 * part["known_vol"]),
                "sniped [USD/h]": statistics.mean_and_error(part["sniped_usd_h"]),
                "age of hedge [s]": statistics.mean_and_error(part["age_s"]),
                "trades": statistics.mean_and_error(part["trades"]),
            }
        )
    return pd.DataFrame(rows)
