"""A recorded crash through every sequencing regime.

Prices are bars that the user names (``--set prices.file=BARS.csv``, of the columns timestamp, open, high, low, close),
or the recorded crashes of :data:`RECORDED` in the folder that the environment variable SEQMARKET_DATA names. What is
replayed of a file is the stretch of the study's length in which the price falls most, unless ``prices.start`` is set.

A second part replays a longer stretch with each rollup's sequencer down once for as long as Base's was on 5 August
2025: sequenced apart at times of their own, together at one; with and without the grace period of an hour that feeds of
a sequencer's uptime give borrowers afterwards. A file that is too short for it is replayed without it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from agents.population import Population
from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.later import pd
from experiments.markets.scenarios import reference
from experiments.runs.study import Configure, Run, seeds
from experiments.studies._scene import Liquidations
from experiments.validation import DATA
from market.config import MarketConfig, PriceConfig
from market.errors import InputError
from market.measures.outcomes import outcomes
from market.model import SequencerMarket
from market.prices.bar_file import bars_of
from market.prices.bars import Bars
from market.prices.files import located
from market.prices.instants import format_instant, parse_instant
from market.regimes import load, names

TITLE = "A recorded crash through every sequencing regime"
QUESTION = "What would each sequencing regime have done to leveraged borrowers on the worst hours on record?"
HYPOTHESIS = (
    "Who is liquidated is the price's doing and hardly differs by regime; who earns it and how long users wait does. "
    "Most of what is liquidated falls into a small part of the time, as on 12 March 2020 and 5 August 2024."
)

RECORDED = {
    "12 March 2020": "prices/eth_usd_5m_2020-03-11_2020-03-14.csv",
    "5 August 2024": "prices/eth_usd_1m_2024-08-04_2024-08-06.csv",
}
BASELINE = "siloed"
ENDS = ("siloed", "centralized_shared")
HOURS, QUICK_S = 1.5, 300.0
LONGER = 2.0  # horizon of the part with outages over that of the other
OUTAGE_S, GRACE_S = 1980.0, 3600.0
OUTAGES = {"no outage": (0.0, 0.0), "outage": (OUTAGE_S, 0.0), "outage and grace": (OUTAGE_S, GRACE_S)}
SEEDS, QUICK_SEEDS = statistics.ENOUGH, 1
PRINTED = (
    "crash",
    "outage",
    "regime",
    "liquidated [million USD]",
    "liquidated, less siloed [thousand USD]",
    "bad debt [thousand USD]",
    "in the busiest 60 s [%]",
    "extracted [thousand USD]",
)
LEAD = 0.25  # share of the run before the fall
SAMPLE_S, BUSY_S, BURST_S = 20.0, 2400.0, 60.0
KEPT = (
    "liquidated_usd", "liquidations", "bad_debt_usd", "peak_60s_liquidated_usd", "inclusion_delay_s",
    "inclusion_delay_p95_s", "user_cost_all_bp", "unfilled_share", "retail_demand_usd",
    "extracted_sandwich_usd", "extracted_arbitrage_usd", "extracted_liquidation_usd", "extracted_usd",
    "extracted_bp_of_retail", "price_rescale",
)  # fmt: skip
SHOWN = {
    "liquidated [million USD]": ("liquidated_usd", 1e6),
    "bad debt [thousand USD]": ("bad_debt_usd", 1e3),
    "peak in 60 s [million USD]": ("peak_60s_liquidated_usd", 1e6),
    "in the busiest 60 s [%]": ("burst_60s_share", 0.01),
    "in the busiest 40 min [%]": ("burst_40min_share", 0.01),
    "inclusion delay [s]": ("inclusion_delay_s", 1.0),
    "extracted [thousand USD]": ("extracted_usd", 1e3),
}


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Every named regime on every recorded crash, the baseline first; seeds draw flow, borrowers and what bars hide."""
    horizon = QUICK_S if quick else 3600.0 * HOURS
    base = reference(quick=quick).model_copy(update={"horizon_s": horizon})
    many = seeds(asked, QUICK_SEEDS if quick else SEEDS)
    for episode, file in episodes(configure(base).prices.file).items():
        for name in sorted(names(), key=lambda name: (name != BASELINE, name)):
            config = _replayed(base, file, name, configure)
            for seed in many:
                yield Run({"episode": episode, "outage": ""}, name, seed, config)
        for name in ENDS if _reaches(configure(base), file) else ():
            config = _replayed(base, file, name, configure, LONGER)
            for outage in OUTAGES:
                for seed in many:
                    yield Run({"episode": episode, "outage": outage}, name, seed, _failing(config, outage, seed))


def _replayed(base: MarketConfig, file: Path, name: str, configure: Configure, longer: float = 1.0) -> MarketConfig:
    """Return the scenario with the worst stretch of a file under a regime, as the user would have it."""
    asked_for = configure(base)
    horizon = asked_for.horizon_s * longer
    prices = _recorded(asked_for.prices, file)
    start = asked_for.prices.start or worst_start(bars_of(prices), horizon)
    prices = prices.model_copy(update={"start": start})
    config = configure(base.model_copy(update={"prices": prices, "regime": load(name)}))
    if config.regime.name != name or config.prices.kind != "replay" or config.prices.episodes:
        raise InputError(
            f"stress_replay: regime.name {config.regime.name!r}, prices.kind {config.prices.kind!r}; allowed: "
            "every named regime, kind 'replay' without episodes"
        )
    return config.model_copy(update={"horizon_s": horizon})


def _recorded(asked_for: PriceConfig, file: Path) -> PriceConfig:
    """Return the replay of a file, read as the user says it is to be read."""
    reading = asked_for.model_dump(include={"columns", "ticker", "dates", "any_time", "any_jump"})
    return PriceConfig(kind="replay", file=file, rescale=True, **reading)


def _reaches(asked_for: MarketConfig, file: Path) -> bool:
    """Whether a file holds the longer stretch."""
    bars, start = bars_of(_recorded(asked_for.prices, file)), asked_for.prices.start
    first = float(bars.time_s[0]) if start is None else parse_instant(start)
    return first + LONGER * asked_for.horizon_s <= bars.end_s


def _failing(config: MarketConfig, outage: str, seed: int) -> MarketConfig:
    """Let every sequencer fail once: a rollup's own when its seed says, one for all when the first rollup's would.

    An outage begins at most its length before the steepest bar and at most a quarter of it after, and ends in the run.
    """
    length_s, grace_s = (part * config.horizon_s / (3600.0 * HOURS * LONGER) for part in OUTAGES[outage])
    if not length_s:
        return config
    last, steepest = config.horizon_s - length_s, _steepest(config)
    earliest, latest = max(0.0, steepest - length_s), min(steepest + 0.25 * length_s, last)
    begins = np.random.default_rng((seed, 17)).uniform(min(earliest, last), latest, len(config.rollups))
    scheduled = [
        {"start_s": float(begin), "duration_s": length_s, "rollup": rollup.name}
        for begin, rollup in zip(begins, config.rollups, strict=True)
    ]
    if config.regime.name != BASELINE:
        scheduled = scheduled[:1]
    regime = config.regime.model_copy(update={"consensus": config.regime.consensus | {"scheduled": scheduled}})
    rollups = tuple(rollup.model_copy(update={"grace_s": grace_s}) for rollup in config.rollups)
    return config.model_copy(update={"regime": regime, "rollups": rollups})


def episodes(named: Path | None) -> dict[str, Path]:
    """Files to replay by name: the one that the user named, else the recorded ones that are there.

    Raises InputError, with what is missing where, when there is none.
    """
    if named is not None:
        file = located(named)
        if not file.is_file():
            raise InputError(
                f"prices.file: no file {str(named)!r}; allowed: a CSV of bars, which every worker can read"
            )
        return {file.stem: file}
    folder = os.environ.get(DATA, "")
    found = {name: Path(folder, file) for name, file in RECORDED.items() if folder and Path(folder, file).is_file()}
    if not found:
        where = f"{DATA} ({folder!r})" if folder else f"{DATA} (not set)"
        raise InputError(
            f"stress_replay: no prices in {where}; allowed: --set prices.file=BARS.csv (timestamp,open,high,low,close) "
            f"or a folder that holds {' or '.join(RECORDED.values())}"
        )
    return found


def worst_start(bars: Bars, horizon_s: float) -> str:
    """Instant from which the price falls most within what a run has left after its lead, less that lead.

    The fall is from a bar's open to the lowest low until the end of the run; the run stays within the file.
    """
    opens, last = bars.time_s, bars.end_s - horizon_s
    if last < opens[0]:
        raise InputError(
            f"{bars.path}: {bars.end_s - opens[0]:g} s of bars; allowed: at least horizon_s, which is {horizon_s:g} s"
        )
    ends = np.searchsorted(opens, opens + (1.0 - LEAD) * horizon_s)
    fall = [np.log(bars.low[k:end].min() / bars.open[k]) for k, end in enumerate(ends)]
    worst = float(opens[int(np.argmin(fall))]) - LEAD * horizon_s
    within = opens[(opens >= min(worst, last)) & (opens <= last)]
    return format_instant(float(within[0]) if within.size else float(opens[0]))


def _steepest(config: MarketConfig) -> float:
    """When the bar begins that falls most of those replayed [s]."""
    prices = config.prices
    assert prices.start is not None
    bars, start = bars_of(prices), parse_instant(prices.start)
    first, last = np.searchsorted(bars.time_s, [start, start + config.horizon_s])
    fall = np.log(bars.low[first:last] / bars.open[first:last])
    return float(bars.time_s[first + int(np.argmin(fall))]) - start


def execute(run: Run) -> Mapping[str, float | int | str]:
    """Outcomes of one market, and how much of what is liquidated falls into its busiest 60 s and 40 min."""
    assert isinstance(run.config, MarketConfig)
    market = SequencerMarket(run.config, run.seed, Population(run.config))
    debt, total = market.world.tables.lending["scaled_debt"].copy(), [0.0]
    while market.time < run.config.horizon_s - SAMPLE_S:
        market.run_until(market.time + SAMPLE_S)
        total.append(_liquidated(market))
    market.run()
    total.append(_liquidated(market))
    every = outcomes(market)
    taken = np.diff(total)
    return {name: every[name] for name in KEPT} | {
        "debt_usd": float(debt.sum()),
        # with what no collateral covers any more though nobody has written it off
        "bad_debt_usd": Liquidations(market, debt).bad_debt,
        "price_fall": deepest(run.config.prices, run.config.horizon_s),
        "burst_60s_share": busiest(taken, int(BURST_S / SAMPLE_S)),
        "burst_40min_share": busiest(taken, int(BUSY_S / SAMPLE_S)),
    }


def _liquidated(market: SequencerMarket) -> float:
    totals = market.tally.by_rollup
    return float(np.array([totals["liquidated"], totals["perpetuals_liquidated"]]).sum())


def busiest(volume: np.ndarray, width: int) -> float:
    """Largest share of a series, shape (n,), that falls into `width` neighbours; 1 if it is shorter, nan if empty."""
    total = float(np.sum(volume))
    if not total > 0.0:
        return float("nan")
    sums = np.convolve(volume, np.ones(min(width, len(volume))), mode="valid")
    return float(sums.max() / total)


def deepest(prices: PriceConfig, horizon_s: float) -> float:
    """Share of its first price that is lost at the lowest price of the stretch replayed."""
    bars = bars_of(prices)
    first = int(np.searchsorted(bars.time_s, parse_instant(prices.start))) if prices.start else 0
    last = int(np.searchsorted(bars.time_s, bars.time_s[first] + horizon_s))
    return 1.0 - float(bars.low[first:last].min() / bars.open[first])


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What the figure draws by crash, outage and regime; differences are to the first row of the part without or with
    outages, within a seed.
    """
    drawn = ("bad_debt_usd", "burst_60s_share", "inclusion_delay_s", "extracted_usd")
    keys, rows = ["episode", "outage", "regime"], []
    plain = summaries.mask(runs, outage="")
    for part in (runs.take(np.flatnonzero(plain)), runs.take(np.flatnonzero(~plain))):
        if part.empty:
            continue
        first = {"outage": part["outage"].iloc[0], "regime": part["regime"].iloc[0]}
        less = part.assign(less_usd=summaries.less(part, part["liquidated_usd"], ["episode"], **first))
        rows += summaries.by_cell(part, keys, drawn)
        others = less.take(np.flatnonzero(~summaries.mask(part, **first)))
        rows += summaries.by_cell(others, keys, ("less_usd",), less=first["regime"], less_outage=first["outage"])
    return summaries.table(rows)


def answer(runs: Any) -> str:
    """By crash, the regimes in which least and most is liquidated, less the baseline within a seed."""
    ends: dict[str, list[str]] = {}
    for (crash, regime), one in _ends(runs).items():
        ends.setdefault(crash, []).append(f"{one.said} under {regime}")
    said = [f"on {crash} from {' to '.join(both)}" for crash, both in ends.items()]
    outages = "".join(
        f"; on {crash} an outage adds {added.said} where sequencers are separate, and one that all share changes that "
        f"by {less.said} and puts {points.said} of it into the busiest minute"
        for crash, (added, less, points) in _outages(runs).items()
    )
    return f"What is liquidated, less that on separate rollups, runs {answers.listed(said)}{outages}."


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return [*_ends(runs).values(), *(one for found in _outages(runs).values() for one in found)]


def _ends(runs: Any) -> dict[tuple[str, str], Headline]:
    """By crash and regime, those under which least and most is liquidated, less separate rollups."""
    plain, ends = summaries.where(runs, outage=""), {}
    for crash in dict.fromkeys(plain["episode"]):
        part = summaries.where(plain, episode=crash)
        found = statistics.paired(part, "liquidated_usd", BASELINE)
        wide = part.pivot(index="seed", columns="regime", values="liquidated_usd")
        for regime in (str(found["mean"].idxmin()), str(found["mean"].idxmax())):
            name, chance = regime.replace("_", " "), float(found.loc[regime, "corrected"])
            what = f"liquidated on {crash}, {name} less {BASELINE}"
            ends[crash, name] = pair(what, wide[regime], wide[BASELINE], "million USD", 1e-6, chance)
    return ends


def _outages(runs: Any) -> dict[str, list[Headline]]:
    """By crash, what an outage adds to what is liquidated where nothing is shared, and how it differs where it is.

    Verdicts are by Holm's correction over the differences of all crashes.
    """
    found: dict[tuple[str, int], Headline] = {}
    crashes = list(dict.fromkeys(summaries.where(runs, outage="outage")["episode"]))
    for crash in crashes:
        part = summaries.where(runs, episode=crash)
        usd = part.pivot(index="seed", columns=["outage", "regime"], values="liquidated_usd")
        busy = part.pivot(index="seed", columns=["outage", "regime"], values="burst_60s_share")
        down, shared = ("outage", BASELINE), ("outage", "centralized_shared")
        stated = (
            pair(f"liquidated on {crash}, outage less none", usd[down], usd["no outage", BASELINE], *MILLIONS),
            pair(f"liquidated on {crash}, shared outage less separate", usd[shared], usd[down], *MILLIONS),
            pair(f"in the busiest minute on {crash}, the same", busy[shared], busy[down], "points", 100.0),
        )
        found |= {(crash, at): one for at, one in enumerate(stated)}
    judged = together(found)
    return {crash: [judged[crash, at] for at in range(3)] for crash in crashes}


MILLIONS = "million USD", 1e-6


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """For each crash and regime: means (standard errors), and of some outcomes the paired difference to siloed."""
    rows: list[dict[str, Any]] = []
    for episode, outage in dict.fromkeys(zip(runs["episode"], runs["outage"], strict=True)):
        part = runs.take(np.flatnonzero(np.asarray((runs["episode"] == episode) & (runs["outage"] == outage))))
        for regime in dict.fromkeys(part["regime"]):
            cell = part.take(np.flatnonzero(np.asarray(part["regime"] == regime)))
            row = {"crash": episode, "outage": outage, "regime": regime}
            for column, (outcome, unit) in SHOWN.items():
                row[column] = statistics.mean_and_error(np.asarray(cell[outcome], float) / unit)
            row["liquidated, less siloed [thousand USD]"] = statistics.mean_and_error(_less(part, cell) / 1e3)
            rows.append(row)
    return pd.DataFrame(rows)


def _less(part: pd.DataFrame, cell: pd.DataFrame) -> np.ndarray:
    base = part.take(np.flatnonzero(np.asarray(part["regime"] == BASELINE)))
    known = dict(zip(base["seed"], base["liquidated_usd"], strict=True))
    pairs = zip(cell["seed"], cell["liquidated_usd"], strict=True)
    return np.array([taken - known.get(seed, np.nan) for seed, taken in pairs])
