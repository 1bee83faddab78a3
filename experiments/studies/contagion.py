"""How a failure on one rollup reaches the others, sequenced apart, in pairs and together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from experiments.analysis import answers, contagion_tables, verdicts
from experiments.analysis.verdicts import Claim, Difference
from experiments.later import pd
from experiments.markets import channels
from experiments.markets.recorded import Recorded
from experiments.runs.study import Configure, Run, seeds
from experiments.studies._options_on_stage import with_options
from experiments.studies._scene import SHOCK, sell
from experiments.studies._stage import BORROWERS, NAMES, PSI, SLACKS, rollup, stage
from market.config import BorrowersConfig, MarketConfig
from market.measures import cascades, contagion

TITLE = "Liquidation contagion when rollups share a sequencer"
QUESTION = "Does sharing a sequencer dampen cascades of liquidations or spread them, and what do outages change?"
HYPOTHESIS = (
    "Sharing helps locally and concentrates failure: atomic arbitrage shares the price impact of liquidations, so that "
    "the most indebted rollup is hit less and the others more, and more rollups are hit together; an outage of a "
    "shared sequencer, which stops all rollups at once, costs more than as many rollup-hours of outages one by one."
)

SHARINGS = ("siloed", "pairs", "coincident", "shared")
ENDS = ("siloed", "shared")
BASE: dict[str, Any] = {
    "outage_s": 300.0,
    "volatility": 1.0,
    "leverage": 1.0,
    "topology": "complete",
    "collateral": "home",
    "grace_s": 0.0,
    "slack": "learned",
}
VARIED: dict[str, tuple[Any, ...]] = {
    "outage_s": (0.0, 600.0),
    "volatility": (0.5, 1.5),
    "leverage": (0.5, 1.5),
    "topology": ("star", "ring", "none"),
    "collateral": ("abroad",),
    "grace_s": (300.0,),
    "slack": ("exact", "0.5%", "1%", "2%"),
}
FEEDBACK = ("price_impact", "pool_oracle", "permanent_impact")
"""Channels without which liquidations move no price that anybody is liquidated at."""
NEEDS: dict[str, dict[str, Any]] = {"shared_collateral": {"collateral": "abroad"}}
"""Channels that the base case does not have, by what must be changed there to have them."""
OPTIONS = ("options", "option_hedges", "vega_hedges")
"""Channels that are only there with options, in a part of its own: neither the base case nor conditions have them."""
ISOLATED = "cross_rollup_arbitrage"
"""Channel without which rollups that are sequenced apart have nothing to do with each other."""
HOT_PSI = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
OTHER_PSI = 0.3
PHASE_SHOCK, PHASE_S = 0.045, 240.0
HIT, WINDOW_S = 0.01, 60.0  # share of a rollup's debt whose liquidation within the window counts as a hit
NORMAL_GAP_BP, CALM = 50.0, 0.001  # recovered: prices this close, and this share of all debt per window
SEEDS, QUICK_SEEDS, SHORT_SEEDS = 20, 2, 5
PRINTED = (
    "condition",
    "most indebted rollup hit less [% of its debt]",
    "other rollups hit more [% of their debt]",
    "more rollups hit together [rollups]",
    "higher peak [thousand USD in 60 s]",
    "more bad debt [thousand USD]",
    "gone without it, siloed [%]",
    "gone without it, shared [%]",
)
SHOWN = 5  # generations told apart in the report; the last stands for all beyond


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """A crash around a base case, each factor by itself; without each channel; shocks; and the phases of sharing."""
    dropped = ("price_impact", "congestion") if quick else _dropped()
    many = seeds(asked, QUICK_SEEDS if quick else SEEDS)
    few = seeds(asked, QUICK_SEEDS if quick else SHORT_SEEDS)
    varied = {"outage_s": VARIED["outage_s"][:1]} if quick else VARIED
    yield from _crash("crash", SHARINGS, many, quick, configure)
    for name, values in varied.items():
        for value in values:
            yield from _crash("crash", ENDS, many, quick, configure, **{name: value})
    for channel in dropped:  # outages are there in the crashes without them
        yield from _crash("channel", ENDS, many, quick, configure, channel=channel, **NEEDS.get(channel, {}))
    yield from _optioned(many, quick, configure)
    for sharing in ENDS:
        for seed in few:
            for shocked in (0, 2) if quick else range(len(NAMES)):
                base = stage(sharing, seed, True, outage_s=0.0)
                calm = base.prices.model_copy(update={"episodes": ()})
                base = base.model_copy(update={"prices": calm, "horizon_s": 300.0})
                yield Run(_levers("shock", shocked=shocked, outage_s=0.0), sharing, seed, configure(base))
    for isolated in (False, True):
        for sharing in ENDS[:1] if isolated else ENDS:
            for psi in (0.5, 2.0) if quick else HOT_PSI:
                yield from _phases(sharing, psi, few, configure, ISOLATED if isolated else "")


def _dropped() -> list[str]:
    """Channels without which the crash is run: there is one without outages, and options have a part of their own."""
    return [name for name in channels.names() if name not in ("outage", *OPTIONS)]


def _optioned(over: range, quick: bool, configure: Configure) -> Iterator[Run]:
    """The base case with options, then without their makers' hedges of either kind; without options it is that case."""
    for channel in ("",) if quick else ("", *OPTIONS[1:]):
        for sharing in ENDS:
            for seed in over:
                config = configure(with_options(stage(sharing, seed, quick, **BASE)))
                if channel:
                    config = channels.without(config, channel)
                yield Run(_levers("options", channel=channel), sharing, seed, config)


def _phases(sharing: str, psi: float, over: range, configure: Configure, channel: str) -> Iterator[Run]:
    for seed in over:
        config = configure(_phase(sharing, psi, seed))
        config = channels.without(config, channel) if channel else config
        yield Run(_levers("phase", channel=channel, psi=psi, outage_s=0.0, slack="exact"), sharing, seed, config)


def _levers(part: str, **levers: Any) -> dict[str, Any]:
    return {"part": part, "channel": "", "shocked": -1, "psi": PSI[0], **BASE, **levers}


def _crash(
    part: str, sharings: tuple[str, ...], over: range, quick: bool, configure: Configure, channel: str = "",
    **levers: Any,
) -> Iterator[Run]:  # fmt: skip
    for sharing in sharings:
        for seed in over:
            config = configure(stage(sharing, seed, quick, **(BASE | levers)))
            if channel:
                config = channels.without(config, channel)
            yield Run(_levers(part, channel=channel, **levers), sharing, seed, config)


def _phase(sharing: str, psi: float, seed: int) -> MarketConfig:
    """Return the stage without crash and outside arbitrage, where nobody defends herself: pools and their arbitrage."""
    config = channels.without(
        stage(sharing, seed, True), "outage", "congestion", "liquidity_withdrawal", "permanent_impact", "scarce_capital"
    )
    rollups = tuple(rollup(at, (psi if at == 0 else OTHER_PSI) / PSI[at]) for at in range(len(NAMES)))
    # whoever may be liquidated is, within a slot: how fast is another question
    agents = tuple(
        group.model_copy(update={"parameters": {"most_per_slot": BORROWERS} | SLACKS["exact"]})
        if group.strategy == "greedy"
        else group
        for group in config.agents
        if group.strategy in ("greedy", "arbitrageur")
    )
    return config.model_copy(
        update={
            "horizon_s": PHASE_S,
            "prices": config.prices.model_copy(update={"episodes": ()}),
            "rollups": rollups,
            "agents": agents,
            "borrowers": BorrowersConfig(top_up_share=0.0, deleverage_share=0.0),
        }
    )


def execute(run: Run) -> Mapping[str, float | int | str]:
    """Run the market, and, where the part compares, once more at the same seed without feedback or without shock."""
    config, part = run.config, str(run.levers["part"])
    assert isinstance(config, MarketConfig)
    shocked = int(run.levers["shocked"])
    if part == "shock":
        return _extra(_play(config, run.seed, (shocked,), SHOCK), _play(config, run.seed))
    if part == "phase":
        everywhere = tuple(range(len(NAMES)))
        return _shares(_play(config, run.seed, everywhere, PHASE_SHOCK))
    market = _play(config, run.seed)
    report = _shares(market) | _measures(market)
    if part == "options":
        report["options_liquidated_usd"] = float(market.tally.by_rollup["options_liquidated"].sum())
    if part == "crash" and run.levers["topology"] == BASE["topology"]:
        other = _shares(_play(channels.without(config, *FEEDBACK), run.seed))
        report["without_usd"] = other["liquidated_usd"]
        base = float(other["liquidated_usd"])
        report["amplification"] = float(report["liquidated_usd"]) / base if base > 0.0 else float("nan")
        report["bad_debt_without_usd"] = other["bad_debt_usd"]
    return report


def _play(config: MarketConfig, seed: int, rollups: tuple[int, ...] = (), shock: float = 0.0) -> Recorded:
    """Run a market, with sales on some rollups' pools in the middle."""
    market = Recorded(config, seed)
    if rollups:
        sell(market, rollups, shock, 0.5 * config.horizon_s)
    market.run()
    return market


def _shares(market: Recorded) -> dict[str, float | int | str]:
    """How much was liquidated where, and what nobody will pay back."""
    taken = market.liquidated
    tables = market.world.tables
    owed = tables.loans["debt"] * tables.lending["index"][tables.loans["market"].astype(int)]
    short = np.maximum(owed - tables.loans["collateral"] * market.path.current[1], 0.0).sum()
    report: dict[str, float | int | str] = {
        "liquidated_usd": float(taken.sum()),
        "liquidated_share": float(taken.sum() / market.debt.sum()),
        "others_share": float(taken[1:].sum() / market.debt[1:].sum()),
        # what was written off, and what no collateral covers any more
        "bad_debt_usd": float(tables.lending["bad_debt"].sum() + short),
        "missed_slots": sum(domain.regime.consensus.missed for domain in market.domains),
    }
    report |= {f"liquidated_share_{name}": float(taken[at] / market.debt[at]) for at, name in enumerate(NAMES)}
    return report


def _measures(market: Recorded) -> dict[str, float | int | str]:
    """Generations, sizes, concentration and end of the cascades."""
    found = cascades.attribute(market.scene, market.blocks)
    total = max(float(found.value.sum()), 1e-9)
    by_generation = np.bincount(np.minimum(found.generation, SHOWN - 1), found.value, minlength=SHOWN) / total
    spread = contagion.spread(found.rollup, found.value, found.cause, len(NAMES))
    sizes = contagion.bursts(found.time, found.value, WINDOW_S)
    sampled = 1.0 + np.arange(len(market.gaps))
    return {
        "peak_60s_usd": contagion.peak(found.time, found.value, WINDOW_S),
        "hit_together": contagion.hit_together(found.time, found.rollup, found.value, market.debt, HIT, WINDOW_S),
        "recovery_s": contagion.recovery_s(
            found.time, found.value, np.array(market.gaps), sampled, NORMAL_GAP_BP, CALM * float(market.debt.sum())
        ),
        **{f"generation_{at}_share": float(share) for at, share in enumerate(by_generation)},
        "generations": int(found.generation.max()) + 1 if found.generation.size else 0,
        # caused by liquidators' sales on another rollup
        "imported_share": float((spread.sum() - np.trace(spread)) / total),
        "cascades_usd": " ".join(f"{size:.0f}" for size in sizes),
    }


def _extra(main: Recorded, other: Recorded) -> dict[str, float | int | str]:
    """What a shock added to what is liquidated, by rollup."""
    extra = (main.liquidated - other.liquidated) / main.debt
    return _shares(main) | {f"extra_share_{name}": float(extra[at]) for at, name in enumerate(NAMES)}


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What the figure draws: see :func:`experiments.analysis.contagion_tables.summary`."""
    return contagion_tables.summary(runs)


def answer(runs: Any) -> str:
    """The conjecture's claims, shared less siloed on average over conditions and in the base case, judged together."""
    mean = _by_verdict(verdicts.everywhere(runs))
    first = _by_verdict(verdicts.within(verdicts.conditions(runs)["base"]))
    said = contagion_tables.options_said(runs)
    return f"Shared less siloed, on average over conditions {mean}; in the base case alone {first}{said}."


def _by_verdict(found: dict[Claim, Difference]) -> str:
    """Claims with their differences, those that hold first and what is open last."""
    said: dict[str, list[str]] = {}
    for claim, one in sorted(found.items(), key=lambda item: verdicts.VERDICTS.index(item[1].verdict)):
        size = answers.amount(one.sample, claim.unit_name, 1.0 / claim.unit)
        said.setdefault(one.verdict, []).append(f"{claim.title} [{size}]")
    return "; ".join(f"{verdict}: {answers.listed(claims)}" for verdict, claims in said.items())


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Shared less siloed within a seed, by condition, with intervals and what follows for the conjecture."""
    return contagion_tables.table(runs)
