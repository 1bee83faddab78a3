"""What a breaker that pauses everybody but liquidators does to a crash, what cures it, and who sees it coming."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from agents.population import Population
from experiments.analysis import answers, breaker_table, statistics, summaries
from experiments.analysis.breaker_table import BASELINE, LEVERS
from experiments.analysis.headlines import Headline, pair, together
from experiments.analysis.magnet import PLACES, SUMS, approach, pooled
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from experiments.studies import _breaker_scenes as scenes
from experiments.studies._breaker_scenes import ARBITRAGE, DEFENCE, NONE, VOLATILITY, VOLUME
from experiments.studies._scene import Liquidations
from market.config import MarketConfig
from market.measures.outcomes import outcomes
from market.model import SequencerMarket
from market.state.ledger import Why

TITLE = "A circuit breaker of the sequencer in a crash"
QUESTION = "Does pausing all flow but liquidations after a burst of liquidations end a cascade or feed it?"
HYPOTHESIS = (
    "Where oracles read pools, a pause keeps away the arbitrage that would refill them, so that more is liquidated the "
    "longer the pause, up to 2 and 4.7 times at leverage densities of 0.5 and 0.8; exempting arbitrage undoes that. "
    "Where oracles read the outside price, a pause changes who is liquidated only by stopping the defence of "
    "borrowers, which exempting top-ups and repayments undoes; but liquidators stall on pools that nobody refills, and "
    "leave bad debt if the price falls on. "
    "Whether anticipation draws the market to the threshold is open."
)

BREAKERS: dict[str, dict[str, Any]] = {
    "none": NONE,
    "reference": VOLUME,
    "threshold 20k": VOLUME | {"threshold_usd": 2e4},
    "threshold 200k": VOLUME | {"threshold_usd": 2e5},
    "window 20 s": VOLUME | {"window_s": 20.0},
    "window 180 s": VOLUME | {"window_s": 180.0},
    "pause 10 s": VOLUME | {"pause_s": 10.0},
    "pause 180 s": VOLUME | {"pause_s": 180.0},
    "arbitrage exempt": VOLUME | {"exempt": ARBITRAGE},
    "defence exempt": VOLUME | {"exempt": DEFENCE},
    "all exempt": VOLUME | {"exempt": (*DEFENCE, "arbitrage")},
    "nothing exempt": VOLUME | {"exempt": ()},
    "random threshold": VOLUME | {"randomise": 0.5},
    "per rollup": VOLUME | {"scope": "rollup"},
    "volatility": VOLATILITY,
    "anticipated": VOLUME,
}
"""No breaker, the reference, and one change of it at a time."""
QUICK_BREAKERS = ("none", "reference", "arbitrage exempt", "defence exempt", "volatility")
ONLY_POOL = ("threshold 20k", "threshold 200k", "window 20 s", "window 180 s", "pause 10 s", "random threshold")
"""Changes of the reference that are not repeated where the oracle reads the outside price."""
ORACLES = ("pool", "external")
PAUSES: dict[str, tuple[str, ...] | None] = {
    "none": None, "pause": ("oracle",), "arbitrage exempt": ARBITRAGE, "defence exempt": DEFENCE
}  # fmt: skip
FIXED_SLACKS = ("exact", "0.5%", "1%", "2%")
"""By how much liquidators let their limits slip where they do not learn it, in the crash, with and without breaker."""
PSI = (0.5, 0.8)
FALLS = {  # by world: what is compared
    scenes.STILL: ("none", "pause", "arbitrage exempt"),
    "pool": ("none", "pause", "arbitrage exempt"),
    "pool, late": ("none", "pause", "arbitrage exempt"),
    "external": ("none", "pause"),
    "external, defended": ("none", "pause", "defence exempt"),
    "external, twice": ("none", "pause", "arbitrage exempt"),
}
HEDGED = (BASELINE, "reference", "arbitrage exempt")
"""Breakers in the crash with options, whose maker hedges on a pool."""
QUICK_WORLDS = (scenes.STILL, "external", "external, twice")
NEAR = 0.25  # share of the threshold from which on it is near
WATCHED: dict[str, dict[str, Any]] = {
    "pauses": VOLUME | {"threshold_usd": 4e5},
    "pauses nobody": VOLUME | {"threshold_usd": 4e5, "pause_s": 0.0},
}
BLOCK_S = 2.0
APPROACH = (*(f"{place}_{name}" for place in PLACES for name in SUMS), "approached", "triggered")
SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = (
    "where",
    "breaker",
    "seized over none [1]",
    "seized over first wave [1]",
    "the same people [% of seeds]",
    "bad debt [thousand USD]",
    "chance to trigger once near [1]",
    "volatility near over far [1]",
)
KEPT = (
    "liquidated_usd", "liquidations", "peak_60s_liquidated_usd", "inclusion_delay_s", "user_cost_all_bp", "paused",
    "pauses", "paused_s", "unfilled_share",
)  # fmt: skip


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Breakers in the crash, the falls of the paradox, and the approach to a threshold; the same seeds everywhere."""
    for levers in _grid(quick):
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run(levers, "shared", seed, configure(_config(levers, seed, quick)))


def _grid(quick: bool) -> Iterator[dict[str, Any]]:
    blank = {"world": "", "psi": 0.0, "slack": "learned", "anticipation": "off"}
    for oracle in ORACLES:
        for name in QUICK_BREAKERS if quick else BREAKERS:
            if oracle == "external" and name in ONLY_POOL:
                continue
            known = "on" if name == "anticipated" else "off"
            yield {"part": "crash", "oracle": oracle, "breaker": name} | blank | {"anticipation": known}
    if not quick:
        for slack in FIXED_SLACKS:
            for name in (BASELINE, "reference"):
                yield {"part": "slack", "oracle": "pool", "breaker": name} | blank | {"slack": slack}
    for world, pauses in FALLS.items():
        if quick and world not in QUICK_WORLDS:
            continue
        for psi in PSI[1:] if quick else PSI:
            for name in pauses:
                oracle = world.partition(",")[0]
                of = {"world": world, "psi": psi, "slack": "exact"}  # as the theory has it
                yield {"part": "fall", "oracle": oracle, "breaker": name} | blank | of
    for name in HEDGED[:2] if quick else HEDGED:
        yield {"part": "options", "oracle": "pool", "breaker": name} | blank
    for oracle in ORACLES[:1] if quick else ORACLES:
        for known in ("off", "on"):
            for name in WATCHED:
                yield {"part": "approach", "oracle": oracle, "breaker": name} | blank | {"anticipation": known}


def _config(levers: Mapping[str, Any], seed: int, quick: bool) -> MarketConfig:
    name, known = levers["breaker"], levers["anticipation"] == "on"
    if levers["part"] == "fall":
        return scenes.fall(levers["world"], levers["psi"], PAUSES[name], seed)
    if levers["part"] == "options":
        return scenes.hedging(BREAKERS[name], seed, quick)
    breaker = (WATCHED if levers["part"] == "approach" else BREAKERS)[name]
    return scenes.crash(levers["oracle"], breaker, known, seed, quick, levers["slack"])


def execute(run: Run) -> Mapping[str, float | int | str]:
    """Outcomes of one market: what is liquidated, of whom, what is lost, and sums over the approach to the trigger."""
    assert isinstance(run.config, MarketConfig)
    market = SequencerMarket(run.config, run.seed, Population(run.config))
    tables = market.world.tables
    pledged = tables.loans["collateral"].copy()
    debt = tables.lending["scaled_debt"].copy()
    # every row has the same columns, whatever its part
    seen = _watch(market) if run.levers["part"] == "approach" else dict.fromkeys(APPROACH, np.nan)
    market.run()
    psi = run.levers["psi"] or np.nan  # where there is no density there is no first wave
    found, every = Liquidations(market, debt), outcomes(market)
    gone = market.tally.by_rollup["liquidations"].sum() > 0
    taken = _taken(market, pledged)
    return (
        {name: every[name] for name in KEPT}
        | {"debt_usd": float(debt.sum()), "bad_debt_usd": found.bad_debt, "seized": _seized(market)}
        | {"first_wave": scenes.first_wave(run.config, psi)}
        | {"positions": int(taken.sum()), "who": f"{zlib.crc32(np.packbits(taken).tobytes()):08x}" if gone else ""}
        | seen
        | scenes.of_maker(market)
    )


def _seized(market: SequencerMarket) -> float:
    """Collateral that liquidators seized [units of the asset]: unlike its value, it does not depend on when."""
    return float(market.world.tables.flows[:, :, int(Why.SEIZURE), 1].sum())


def _taken(market: SequencerMarket, pledged: np.ndarray) -> np.ndarray:
    """Mark the positions that were liquidated, at least in part: they hold less collateral than was pledged.

    A borrower takes none out in these markets; one who topped up first and lost less than that is not seen.
    """
    return market.world.tables.loans["collateral"] < pledged * (1.0 - 1e-9)


def _watch(market: SequencerMarket) -> dict[str, float]:
    """Run a market block by block and return the sums of the approach to its breaker's first trigger."""
    share: list[float] = []
    price, volume = [_log_price(market)], [0.0]
    while market.time < market.config.horizon_s - BLOCK_S:
        gauge = market.domains[0].regime.breaker.gauge(market, 0)
        share.append(1.0 if market.tally.pauses else min(gauge.share, np.nextafter(1.0, 0.0)))
        market.run_until(market.time + BLOCK_S)
        price.append(_log_price(market))
        volume.append(float(market.tally.by_rollup["volume"].sum()))
    return approach(share, price, np.diff(volume), BLOCK_S, NEAR)


def _log_price(market: SequencerMarket) -> float:
    """Mean log price of the rollups' main pools, which all quote the asset first."""
    reserves = [market.world.tables.balance[int(row["account"]), int(row["rollup"])]
                for row in market.world.tables.pools]  # fmt: skip
    return float(np.mean([np.log(held[0] / held[1]) for held in reserves]))


COMPARED = ("seized_over_none", "bad_debt_usd", "bad_debt_share", "inclusion_delay_s")


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What the figure draws: outcomes of crash and falls, seized collateral also over that of the same seed without a
    breaker, and statistics of the approach, pooled over seeds. ``exact`` is that ratio for one pool, by density.
    """
    from experiments.validation.cascade import final_drop

    none = summaries.same_seed(runs, runs["seized"], LEVERS[:5], breaker=BASELINE)
    none[~(none > 0.0)] = np.nan  # nothing to compare with
    known = runs.assign(seized_over_none=runs["seized"] / none, bad_debt_share=runs["bad_debt_usd"] / runs["debt_usd"])
    rows = []
    for cell, part in summaries.cells(known, LEVERS):
        if cell["part"] == "approach":
            records = part.to_dict("records")
            for name in ("trigger_chance", "volatility_ratio"):
                found = statistics.pooled(lambda at, name=name, of=records: _pooled(of, at)[name], len(part))
                rows.append(summaries.pooled(name, found, **cell))
            continue
        exact = final_drop(cell["psi"], scenes.EPS) / scenes.EPS if cell["psi"] else float("nan")
        rows += [summaries.row(name, summaries.values(part, name), **cell, exact=exact) for name in COMPARED]
    return summaries.table(rows)


def _pooled(records: Sequence[Mapping[Any, Any]], at: np.ndarray) -> dict[str, float]:
    return pooled(records[place] for place in at)


def answer(runs: Any) -> str:
    """What the reference breaker makes liquidators seize in the crash, over no breaker, and with arbitrage exempt."""
    more, said = _more(runs), []
    for oracle, wide in _seized_in_crash(runs).items():
        ratios = {
            name: answers.amount(wide[name] / wide[BASELINE].where(wide[BASELINE] > 0.0), "times")
            for name in JUDGED if name in wide
        }  # fmt: skip
        cured = f", {ratios['arbitrage exempt']} if arbitrage is exempt" if "arbitrage exempt" in ratios else ""
        said.append(
            f"{ratios['reference']} what they do without a breaker ({more[oracle, 'reference'].said}) where the oracle "
            f"is {oracle}{cured}"
        )
    text = f"In the crash, liquidators seize under the reference breaker {'; '.join(said)}"
    if hedges := _of_hedges(runs):
        age, cost, vega = (one.said for one in hedges.values())
        text += f"; hedges of options on a pool are older by {age} and cost {cost} more of what is traded, and of vega "
        text += f"their maker has {vega} beyond what it means to keep"
    return f"{text}."


def _of_hedges(runs: Any) -> dict[str, Headline]:
    """Hedges of options under the reference breaker, less those without one, by outcome; none without options.

    Their age, their cost, and the vega that is left open.
    """
    part = summaries.where(runs, part="options")
    if not len(part):
        return {}
    found = {}
    for outcome, (what, unit, scale) in scenes.HEDGES.items():
        wide = part.pivot(index="seed", columns="breaker", values=outcome)
        found[outcome] = pair(f"{what}, reference less none", wide["reference"], wide[BASELINE], unit, scale)
    return together(found)


JUDGED = ("reference", "arbitrage exempt")


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares: what is seized, and hedges of options, under the reference breaker less without one."""
    return [*_more(runs).values(), *_of_hedges(runs).values()]


def _seized_in_crash(runs: Any) -> dict[str, Any]:
    """Collateral seized in the crash [units], by oracle: a row for each seed, a column for each breaker."""
    crash = summaries.where(runs, part="crash", anticipation="off")
    parts = {oracle: summaries.where(crash, oracle=oracle) for oracle in dict.fromkeys(crash["oracle"])}
    return {name: part.pivot(index="seed", columns="breaker", values="seized") for name, part in parts.items()}


def _more(runs: pd.DataFrame) -> dict[tuple[str, str], Headline]:
    """Collateral seized under the reference breaker less that without one, by oracle."""
    found = {
        (oracle, "reference"): pair(
            f"seized, oracle {oracle}, reference less none", wide["reference"], wide[BASELINE], "ETH"
        )
        for oracle, wide in _seized_in_crash(runs).items()
    }
    return together(found)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Means (standard errors) by part; ratios to the same seed without a breaker, and statistics of the approach."""
    return breaker_table.table(runs)
