"""Whether what the studies of regimes and of contagion say survives where parts of the market are no longer ideal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from experiments.analysis import answers, statistics, summaries, written
from experiments.analysis.headlines import Headline, pair, together
from experiments.later import pd
from experiments.markets import parts
from experiments.markets.scenarios import crash, reference
from experiments.runs.run import run_one
from experiments.runs.study import Configure, Run, seeds
from experiments.studies._stage import stage
from market import regimes
from market.config import MarketConfig
from market.intents.rows import Status
from market.measures import contagion
from market.measures.ratio import ratio
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.venues import Kind

if TYPE_CHECKING:
    from market.domain import Slot

TITLE = "Headline differences with parts of the market switched on that are off elsewhere"
QUESTION = "Do the headline claims on regimes and on contagion survive where the market is less ideal?"
HYPOTHESIS = (
    "They do: sandwiches and batches work on users alone, whom none of the parts concerns, and outages that fall "
    "together hit rollups together whatever liquidators pay. An outside market apart takes from whoever arbitrages "
    "against it, under every regime alike."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
BEYOND = 1000
"""Added to every seed: claims and the outage were chosen on the first ones, by what they settle there."""
PRINTED = (
    "claim", "switched on", "difference", "95% interval", "over the spread between seeds", "users not served",
    "less the same at the base", "verdict (p by Holm)",
)  # fmt: skip
BASE, ALL = "nothing", "all of them"
SWITCHED: dict[str, tuple[str, ...]] = {
    BASE: (),
    "outside market apart": ("outside_apart",),
    "gas of reverted intents": ("gas_of_reverted",),
    "strained latency": ("strained_latency",),
    "data fee": ("data_fee",),
    "kinked rates": ("kinked_rates",),
    ALL: tuple(parts.names()),
}
"""What is switched on, in words, and the parts of :mod:`experiments.markets.parts` that it is."""
QUICK_SWITCHED = (BASE, ALL)
HORIZON_S, QUICK_HORIZON_S = 1200.0, 120.0
OUTAGE_S = 600.0
"""Outage of each rollup's sequencer in the crash of the study of contagion: there it settles claims by itself [s]."""
HIT, WINDOW_S = 0.01, 60.0
"""Share of a rollup's debt whose liquidation within the window counts as a hit [1, s]."""


class Claim(NamedTuple):
    """What a study says: a regime less another changes an outcome to one side."""

    part: str  # "regimes" or "contagion"
    regime: str
    less: str
    outcome: str
    sign: int
    unit: str
    scale: float

    @property
    def title(self) -> str:
        """The claim in words."""
        said = MEANING[self.outcome].format("more" if self.sign > 0 else "less")
        return f"{said} under {self.regime.replace('_', ' ')}"


MEANING = {
    "user_cost_all_bp": "users pay {}",
    "extracted_sandwich_bp": "{} is taken by sandwiches",
    "extracted_bp_of_retail": "{} is extracted",
    "hit_together": "{} rollups are hit within a minute",
    "peak_60s_usd": "{} is liquidated in the worst minute",
}
COST, TAKEN, SANDWICHES = "user_cost_all_bp", "extracted_bp_of_retail", "extracted_sandwich_bp"
CLAIMS = (
    Claim("regimes", "rotation", "siloed", COST, 1, "bp", 1.0),
    Claim("regimes", "pbs", "siloed", COST, 1, "bp", 1.0),
    Claim("regimes", "based", "siloed", COST, 1, "bp", 1.0),
    Claim("regimes", "frequent_batch", "siloed", COST, -1, "bp", 1.0),
    Claim("regimes", "rotation", "siloed", SANDWICHES, 1, "bp of retail", 1.0),
    Claim("regimes", "rotation", "siloed", TAKEN, 1, "bp of retail", 1.0),
    Claim("contagion", "shared", "siloed", "hit_together", 1, "rollups", 1.0),
    Claim("contagion", "shared", "siloed", "peak_60s_usd", 1, "thousand USD", 1e-3),
)
"""Settled differences of the two studies: the order of users' cost and of extraction, and how failure concentrates."""
NAMES = tuple(dict.fromkeys(name for claim in CLAIMS if claim.part == "regimes" for name in (claim.less, claim.regime)))


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """By what is switched on: regimes on the reference scenario in little time, and the crash of contagion."""
    over = [BEYOND + seed for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS)]
    for switched in QUICK_SWITCHED if quick else SWITCHED:
        for name in NAMES:
            base = _shortened(QUICK_HORIZON_S if quick else HORIZON_S).model_copy(update={"regime": regimes.load(name)})
            config = configure(parts.having(base, *SWITCHED[switched]))
            for seed in over:
                yield Run({"part": "regimes", "switched": switched}, name, seed, config)
        for sharing in ("siloed", "shared"):
            for seed in over:
                config = parts.having(stage(sharing, seed, quick, outage_s=OUTAGE_S), *SWITCHED[switched])
                yield Run({"part": "contagion", "switched": switched}, sharing, seed, configure(config))


def _shortened(horizon_s: float) -> MarketConfig:
    """Return the reference scenario in less time, with a crash as deep in the middle of it."""
    base = reference()
    prices = base.prices.model_copy(update={"episodes": (crash(0.4 * horizon_s, 0.6 * horizon_s),)})
    return base.model_copy(update={"horizon_s": horizon_s, "prices": prices})


class Repaid(Recorder):
    """Notes when, where and how much of the debt liquidators repay, whatever rates it bears."""

    def __init__(self) -> None:
        self.blocks: list[tuple[float, Any]] = []

    def on_start(self, market: SequencerMarket) -> None:
        """Note what was owed on each rollup at the start [USD]."""
        self.debt = market.world.tables.lending["scaled_debt"].copy()

    def on_block(self, slot: Slot) -> None:
        """Note the liquidations of a block."""
        rows = slot.rows[(slot.rows["kind"] == int(Kind.LIQUIDATE)) & (slot.rows["status"] == Status.FILLED)]
        self.blocks.append((slot.time, rows[["rollup", "filled_in"]].copy()))

    def outcomes(self) -> dict[str, float]:
        """How concentrated they are, in time and over rollups."""
        rows = np.concatenate([rows for _, rows in self.blocks])
        times = np.repeat([time for time, _ in self.blocks], [rows.size for _, rows in self.blocks])
        together = contagion.hit_together(times, rows["rollup"], rows["filled_in"], self.debt, HIT, WINDOW_S)
        peak = contagion.peak(times, rows["filled_in"], WINDOW_S)
        return {"hit_together": together, "peak_60s_usd": peak, "liquidated_usd": float(rows["filled_in"].sum())}


def execute(run: Run) -> dict[str, Any]:
    """Run a market; what its part's claims are about, and what else must be known of it."""
    config = run.config
    assert isinstance(config, MarketConfig)
    if run.levers["part"] == "regimes":
        found = run_one(config, run.seed)
        sandwiches = ratio(float(found["extracted_sandwich_usd"]), float(found["retail_demand_usd"]), 1e4)
        return {name: found[name] for name in KEPT} | {SANDWICHES: sandwiches}
    repaid = Repaid()
    found = run_one(config, run.seed, [repaid])
    return {"conservation_error": found["conservation_error"]} | repaid.outcomes()


KEPT = (COST, TAKEN, "unfilled_share", "extracted_usd", "liquidated_usd", "conservation_error")


# -- what the table and the figure state -------------------------------------------------------------------------------


class Found(NamedTuple):
    """A claim's difference with something switched on: itself, against the base, and what of users it leaves out."""

    less: Headline
    against_base: Headline
    unserved: Headline | None
    verdict: str  # "holds", "turns", "open"


def judged(runs: pd.DataFrame) -> dict[Claim, dict[str, Found]]:
    """Each claim by what is switched on; verdicts are corrected for how many that are, claim by claim."""
    return {claim: _judged(runs, claim) for claim in CLAIMS}


def _judged(runs: pd.DataFrame, claim: Claim) -> dict[str, Found]:
    here = summaries.where(runs, part=claim.part)
    known = [switched for switched in SWITCHED if switched in set(here["switched"])]
    wide = {switched: _wide(here, switched, claim.outcome) for switched in known}
    shown = (claim.unit, claim.scale)
    less = together(
        {name: pair(f"{claim.title}, {name}", one[claim.regime], one[claim.less], *shown) for name, one in wide.items()}
    )
    change = {name: one[claim.regime] - one[claim.less] for name, one in wide.items()}
    moved = together({name: pair(name, one, change[BASE], *shown) for name, one in change.items() if name != BASE})
    moved[BASE] = pair(BASE, change[BASE], change[BASE], *shown)
    found = {}
    for name, one in less.items():
        refused = _wide(here, name, "unfilled_share") if claim.outcome == COST else None
        unserved = None if refused is None else pair(name, refused[claim.regime], refused[claim.less], "%", 100.0)
        found[name] = Found(one, moved[name], unserved, _verdict(one, claim))
    return found


def _wide(runs: pd.DataFrame, switched: str, outcome: str) -> Any:
    """An outcome with something switched on: a row for each seed, a column for each regime."""
    return summaries.where(runs, switched=switched).pivot(index="seed", columns="regime", values=outcome)


def _verdict(one: Headline, claim: Claim) -> str:
    found = statistics.verdict(one.sample, one.chance)
    return found if found == "open" else "holds" if (found == "more") == (claim.sign > 0) else "turns"


def of_all(found: dict[str, Found]) -> str:
    """Verdict on a claim: it turns if it does anywhere, and holds if it does everywhere."""
    verdicts = {one.verdict for one in found.values()}
    return "turns" if "turns" in verdicts else "holds" if verdicts == {"holds"} else "open"


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Differences by claim and what is switched on, with their verdicts."""
    rows = []
    for claim, found in judged(runs).items():
        levers = {"part": claim.part, "regime": claim.regime, "sign": claim.sign, "title": claim.title}
        levers |= {"unit": claim.unit}
        for name, one in found.items():
            row = summaries.row(claim.outcome, one.less.scale * one.less.sample, **levers, switched=name)
            size = statistics.over_spread(one.less.sample, one.less.level)
            rows.append(row | {"verdict": one.verdict, "over_spread": size})
    return summaries.table(rows)


def answer(runs: pd.DataFrame) -> str:
    """How many claims hold whatever is switched on, which do not and where, and their differences with all of it."""
    found = judged(runs)
    holding = [claim for claim, each in found.items() if of_all(each) == "holds"]
    others = [f"{claim.title} ({_exceptions(each)})" for claim, each in found.items() if claim not in holding]
    last = {claim: list(each.values())[-1].less.said for claim, each in found.items()}
    kept = (
        f" (with all of it): {answers.listed(f'{claim.title} {last[claim]}' for claim in holding)}" if holding else ""
    )
    rest = f"; the others hold with some of it: {answers.listed(others)}" if others else ""
    return f"Of {len(found)} claims {len(holding)} hold whatever is switched on{kept}{rest}."


def _exceptions(found: dict[str, Found]) -> str:
    """With how many of the things that may be switched on a claim holds, and with which it turns."""
    turning = [name for name, one in found.items() if one.verdict == "turns"]
    holds = sum(one.verdict == "holds" for one in found.values())
    turned = f", turns with {answers.listed(turning)}" if turning else ""
    return f"{holds} of {len(found)}{turned}"


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By claim and what is switched on: the paired difference, how it differs from that at the base, and verdicts."""
    rows = []
    for claim, found in judged(runs).items():
        for at, (name, one) in enumerate(found.items()):
            stated = statistics.describe(one.less.scale * one.less.sample)
            size = statistics.over_spread(one.less.sample, one.less.level)
            row = {"claim": claim.title if at == 0 else "", "switched on": name}
            row["difference"] = f"{written.number(stated['mean'])} {claim.unit}"
            row |= {"95% interval": written.interval(stated), "over the spread between seeds": written.number(size)}
            row["users not served"] = "" if one.unserved is None else one.unserved.said
            row["less the same at the base"] = "" if name == BASE else one.against_base.said
            said = {"verdict": one.verdict, "corrected": one.less.chance}
            rows.append(row | {"verdict (p by Holm)": written.verdict(said)})
        rows.append({"claim": "", "switched on": "verdict", "verdict (p by Holm)": of_all(found)})
    return pd.DataFrame(rows).fillna("")
