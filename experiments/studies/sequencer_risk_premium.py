"""The premium over realised volatility at which a maker of options earns nothing, and what of it sequencing causes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
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
POINTS = "points", 100.0


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
    return text + "".join(f" (bend over it {one.said})" for one in _bend(runs))


def answer(runs: pd.DataFrame) -> str:
    """The premium under arrival order and its parts, what sniping is elsewhere, and whether age costs as is known."""
    whole = _by_cell(runs, RISK)
    if (BASE, "nothing") not in whole:
        return "Arrival order, with which the others are compared, is missing."
    causes = [f"{name} {one.said}" for name, one in _causes(runs).items()]
    others = [f"{regime.replace('_', ' ')} {one.said}" for regime, one in _elsewhere(runs).items()]
    text = f"Under arrival order the maker sells {answers.amount(whole[BASE, 'nothing'], *POINTS)} over the price's "
    text += "volatility"
    text += f", of which, each switched off alone, {answers.listed(causes)}" if causes else ""
    text += f"; sniping elsewhere: {answers.listed(others)}" if others else ""
    tenths = [f"{regime.replace('_', ' ')} {one.said}" for regime, one in _beyond_tenth(runs).items()]
    text += f" (beyond a tenth of that under arrival order: {answers.listed(tenths)})" if tenths else ""
    return f"{text}{_said_of_age(runs)}."


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return [*_causes(runs).values(), *_elsewhere(runs).values(), *_beyond_tenth(runs).values(), *_bend(runs)]


def _causes(runs: pd.DataFrame) -> dict[str, Headline]:
    """What of the premium under arrival order is gone without each channel."""
    found = _by_cell(runs, RISK)
    return together(
        {name: _gone(found, BASE, name) for name in CHANNELS if name != "nothing" and (BASE, name) in found}
    )


def _elsewhere(runs: pd.DataFrame) -> dict[str, Headline]:
    """What of the premium under other orders is gone without sniping."""
    found = _by_cell(runs, RISK)
    others = [regime for regime, name in found if name == "sniping" and regime != BASE]
    return together({regime: _gone(found, regime, "sniping") for regime in others})


def _beyond_tenth(runs: pd.DataFrame) -> dict[str, Headline]:
    """What sniping adds to the premium under other orders, less a tenth of what it adds under arrival order."""
    parts = {regime: part for (regime, name), part in _parts(runs, RISK).items() if name == "sniping"}
    if BASE not in parts:
        return {}
    found = {}
    for regime, part in parts.items():
        if regime != BASE:
            what = f"part of sniping under {regime.replace('_', ' ')}, less a tenth of that under arrival order"
            found[regime] = pair(what, part, 0.1 * parts[BASE], *POINTS)
    return together(found)


def _gone(found: dict[tuple[str, str], Any], regime: str, name: str) -> Headline:
    what = f"premium under {regime.replace('_', ' ')}, with {name} less without"
    return pair(what, found[regime, "nothing"], found[regime, name], *POINTS)


def _bend(runs: pd.DataFrame) -> list[Headline]:
    """What the second half of the rate of outages adds, less what the first does, over what is known of both."""
    found = _alone(runs)
    if not set(RATES[:3]) <= set(found):
        return []
    low, middle, high = (found[at][RISK] - found[at]["known_vol"] for at in RATES[:3])
    what = "premium over what is known that the second half of the rate of outages adds, less that of the first"
    return [pair(what, high - middle, middle - low, *POINTS)]


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
