"""Contests for opportunities that span rollups: effort, waste and revenue, shared against separate sequencing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from pydantic import Field

from experiments.analysis import answers, statistics, summaries
from experiments.games.latency_contest import Contest, equilibrium, learn, nash_conv, play
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market.config import Settings

TITLE = "Effort, waste and revenue in contests for prizes that span rollups"
QUESTION = "Does shared sequencing make searchers spend more or less on being first, and who gets what they spend?"
HYPOTHESIS = (
    "Separate sequencers lose part of every prize that spans them, so less is spent on it in contests of spending; "
    "where being a little faster costs little and ever more, separate races save most; and bids for time bring "
    "separate sequencers more than a shared one once prizes are large."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 1
PRINTED = (
    "contest",
    "n",
    "K",
    "condition",
    "sequencing",
    "outlay / V [exact]",
    "realised [exact]",
    "NashConv / V",
)
PLAYERS, QUICK_PLAYERS = (2, 3, 4, 5), (2, 3)
LEGS = (2, 3)
CURVATURES, QUICK_CURVATURES = (1.5, 2.0, 3.0, 4.0, 6.0), (2.0, 3.0)
PRIZES, QUICK_PRIZES = (0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0), (0.5, 2.0)
"""In units of V*, from which on separate sequencers earn more from Timeboost bids [1]."""
TURN = 3.0 + 2.0 * 2.0**0.5


class ContestSettings(Settings):
    """A contest and how long it is learned and played."""

    form: Literal["lottery", "winner_pays", "first_come", "timeboost"] = Field(description="rule of the race")
    players: int = Field(default=2, ge=2, description="contestants [1]")
    legs: int = Field(default=2, ge=1, description="rollups on which one must be first [1]")
    shared: bool = Field(description="whether one race decides all legs")
    value: float = Field(default=1.0, gt=0, description="prize [USD]")
    decisiveness: float = Field(default=0.3, gt=0, description="exponent of the lottery [1]")
    cost: float = Field(default=1.0, gt=0, description="scale of the cost of saving time [USD]")
    curvature: float = Field(default=2.0, ge=0, description="exponent of that cost; 0: cost over latency [1]")
    boost_s: float = Field(default=2.0, gt=0, description="most time that a bid can buy [s]")
    half_usd: float = Field(default=1.0, gt=0, description="bid that buys half of it [USD]")
    scale_s: float = Field(default=1.0, gt=0, description="scale of the logistic arrival noise [s]")
    steps: int = Field(default=240, ge=10, description="steps of learning [1]")
    batch: int = Field(default=4096, ge=64, description="races held for each probe [1]")
    prizes: int = Field(default=100_000, ge=100, description="prizes raced for with what was learned [1]")

    def contest(self) -> Contest:
        """Return the contest."""
        return Contest(**self.model_dump(exclude={"steps", "batch", "prizes"}))


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Four families of contests, each shared and separate."""
    for settings, multiple in _grid(quick):
        config = configure(settings)
        levers = {name: getattr(config, name) for name in ("form", "players", "legs", "curvature")}
        levers |= {"sequencing": "shared" if config.shared else "separate", "prize_over_turn": multiple}
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run(levers, "", seed, config)


def _grid(quick: bool) -> Iterator[tuple[ContestSettings, float]]:
    for shared in (True, False):
        for players in QUICK_PLAYERS if quick else PLAYERS:
            for legs in (2,) if shared else LEGS:
                yield ContestSettings(form="lottery", players=players, legs=legs, shared=shared), 0.0
            yield ContestSettings(form="winner_pays", players=players, shared=shared, decisiveness=1.0), 0.0
        for curvature in QUICK_CURVATURES if quick else CURVATURES:
            cost = 0.3 if curvature < 2.0 else 1.0  # so that efforts are of the order of the noise
            yield ContestSettings(form="first_come", shared=shared, cost=cost, curvature=curvature), 0.0
        yield ContestSettings(form="first_come", shared=shared, cost=0.05, curvature=0.0), 0.0
        for multiple in QUICK_PRIZES if quick else PRIZES:
            # V* = (3 + 2 sqrt 2) c / (g f0), with the logistic density at zero f0 = 1 / (4 s)
            value = multiple * TURN * 4.0 / 2.0
            yield ContestSettings(form="timeboost", shared=shared, value=value, batch=8192), multiple


def execute(run: Run) -> dict[str, Any]:
    """Learn, certify, play; exact values beside the learned ones."""
    settings = run.config
    assert isinstance(settings, ContestSettings)
    contest = settings.contest()
    efforts = learn(contest, run.seed, settings.steps, settings.batch)
    played = play(contest, efforts, settings.prizes, run.seed)
    exact = equilibrium(contest)
    paid = exact / contest.players if contest.form == "winner_pays" else float(contest.outlay(exact))
    realised = float(contest.players) ** -(contest.races - 1)
    bids = contest.form != "first_come"
    return {
        "effort": float(efforts.mean()),
        "effort_exact": exact,
        "outlay": played.paid / contest.value,
        "outlay_exact": contest.players * contest.races * paid / contest.value,
        "realised": played.realised,
        "realised_exact": realised,
        # what is spent on speed is gone, what is bid is somebody's income, and what nobody wins whole is lost
        "waste": 1.0 - played.realised + (0.0 if bids else played.paid / contest.value),
        "revenue": played.paid / contest.value if bids else 0.0,
        "nash_conv": nash_conv(contest, efforts) / contest.value,
    }


RATIOS = {"first_come": "curvature", "timeboost": "prize_over_turn"}
"""Contests of which separate races are compared with a shared one, by what is varied."""


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Lotteries by players and legs, and separate over shared outlays of the other contests, beside the exact ones."""
    rows = []
    for cell, part in summaries.cells(summaries.where(runs, form="lottery"), ["form", "sequencing", "legs", "players"]):
        for name in ("outlay", "realised"):
            exact = float(part[f"{name}_exact"].iloc[0])
            rows.append(summaries.row(name, summaries.values(part, name), **cell, exact=exact))
    for form, by in RATIOS.items():
        found = summaries.where(runs, form=form)
        shared = {name: summaries.same_seed(found, found[name], [by], sequencing="shared") for name in EXACT}
        with np.errstate(divide="ignore", invalid="ignore"):  # where nobody bids there is no ratio
            ratios = {name: summaries.values(found, name) / amount for name, amount in shared.items()}
        pairs = summaries.where(found.assign(**ratios), sequencing="separate")
        for cell, part in summaries.cells(pairs, ["form", by]):
            learned, exact = (summaries.values(part, name) for name in EXACT)
            rows.append(summaries.row("outlay_ratio", learned, **cell, exact=float(exact[0])))
    return summaries.table(rows)


EXACT = ("outlay", "outlay_exact")
MARGIN = 1e-6
"""By which a ratio of exact outlays must exceed 1 to count as more: it is 1 but for rounding at V* [1]."""
CELL = ["form", "players", "legs", "curvature", "prize_over_turn"]
"""What makes a condition of a contest."""


def answer(runs: Any) -> str:
    """Range of separate over shared outlays by form, where they are above 1, and how near learners are to exact ones.

    Whether a ratio is above 1 is read from the exact outlays: learned ones scatter about ratios that are 1.
    """
    means: Any = runs.groupby([*CELL, "sequencing"], sort=False)[list(EXACT)].mean()
    wide = means.unstack("sequencing")
    with np.errstate(divide="ignore", invalid="ignore"):  # where nobody bids there is no ratio
        ratios: Any = pd.DataFrame({name: wide[name, "separate"] / wide[name, "shared"] for name in EXACT}).dropna()
    said = []
    for form, part in ratios.groupby("form", sort=False):
        learned, exact = (f"{part[name].min():.2g} to {part[name].max():.2g}" for name in EXACT)
        dearer = [_condition(*cell) for cell in part.index[part["outlay_exact"] > 1.0 + MARGIN]]
        where = f" ({answers.listed(dearer)})" if dearer else ""
        said.append(
            f"{str(form).replace('_', ' ')} {learned} (exact: {exact}), above 1 in {len(dearer)} of {len(part)}{where}"
        )
    return (
        f"Separate races cost contestants, over what one shared race does, by condition: {answers.listed(said)}. "
        f"{_nearness(runs, means)}"
    )


def _nearness(runs: Any, means: Any) -> str:
    """How near learned outlays are to exact ones, in the middle and at worst, and what changing alone would gain."""
    apart = (runs["outlay"] / runs["outlay_exact"] - 1.0).abs().replace(np.inf, np.nan)
    off = (means["outlay"] / means["outlay_exact"] - 1.0).abs().replace(np.inf, np.nan)
    cell: Any = off.idxmax()
    *condition, sequencing = cell
    form, gain = condition[0].replace("_", " "), 100.0 * float(runs["nash_conv"].max())
    learned, exact = (f"{float(means.loc[cell, name]):.3g}" for name in EXACT)
    return (
        f"Learned outlays are within {100.0 * float(apart.median()):.2g}% of the exact ones (median), at worst "
        f"{100.0 * float(off.max()):.2g}% off ({sequencing} {form}, {_condition(*condition)}: {learned} for {exact} of "
        f"the prize), and nobody gains more than {gain:.2g}% of the prize by changing alone."
    )


def _condition(form: str, players: int, legs: int, curvature: float, multiple: float) -> str:
    """A condition of a contest in words."""
    cost = f"x^{curvature:g}" if curvature else "1/t"
    varied = {"first_come": f"cost {cost}", "timeboost": f"V = {multiple:g} V*"}
    return varied.get(form, f"n = {players}, K = {legs}")


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By contest, in units of the prize: learned and exact, and how far from an equilibrium."""
    rows = []
    for key, part in runs.groupby([*CELL, "sequencing"], sort=False):
        setting: Any = key
        form, players, legs, _, _, sequencing = setting
        outlay = statistics.describe(part["outlay"])
        rows.append(
            {
                "contest": form.replace("_", " "),
                "n": players,
                "K": legs,
                "condition": _condition(*setting[:-1]) if form in RATIOS else "",
                "sequencing": sequencing,
                "effort [exact]": f"{part['effort'].mean():.4g} [{part['effort_exact'].iloc[0]:.4g}]",
                "outlay / V [exact]": f"{outlay['mean']:.4g} [{part['outlay_exact'].iloc[0]:.4g}]",
                "realised [exact]": f"{part['realised'].mean():.3g} [{part['realised_exact'].iloc[0]:.3g}]",
                "waste / V": f"{part['waste'].mean():.3g}",
                "revenue / V": f"{part['revenue'].mean():.3g}",
                "NashConv / V": f"{part['nash_conv'].max():.1g}",
            }
        )
    return pd.DataFrame(rows)
