"""Builders that learn to bid in the full market: how close to an equilibrium do they get?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic import Field

from experiments.analysis import answers, statistics, summaries
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market.config import MarketConfig, RegimeConfig, Settings

type Frame = Any  # a pandas.DataFrame; its types do not tell a part of a table from a column

TITLE = "NashConv of builders that learned to bid in the full market"
QUESTION = "How much could a builder gain by deviating alone from what all of them learned, after how many blocks?"
HYPOTHESIS = (
    "Values are almost common, so that margins are competed away: NashConv of impatient Q-learners falls below 2% "
    "of the mean block value and stays there. Patient ones, who value where a margin leads, and bandits, who never "
    "stop exploring, stop higher."
)

SEEDS, QUICK_SEEDS = 3, 1
LEARNERS: dict[str, tuple[str, dict[str, Any]]] = {
    "Q-learning": ("q_learning", {}),
    "Q-learning, patient": ("q_learning", {"discount": 0.95}),
    "Exp3": ("exp3", {}),
}
BLOCKS, QUICK_BLOCKS = (100, 1000, 4000), (100, 1000)
FOLLOWED = "Q-learning"
MARGINS = (0.0, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3)
REPLY = "q_learning"
"""Who looks for a best reply to the frozen profile."""
FIRST_TEST_SEED = 1_000_003
"""Certificates are taken on seeds that nobody learned on."""


class BuildersConfig(Settings):
    """Who learns, and how the certificate is taken."""

    builders: int = Field(default=4, ge=2, description="builders [1]")
    test_blocks: int = Field(default=120, ge=10, description="length of a run of the certificate [blocks]")
    test_seeds: int = Field(default=8, ge=4, description="runs of the profile and of every deviation [1]")
    margins: tuple[float, ...] = Field(default=MARGINS, description="fixed margins tried as deviations [1]")
    reply_blocks: int = Field(
        default=600, ge=0, description="blocks in which a learner looks for a best reply, for each seat; 0: none does"
    )
    regime: str = Field(default="pbs", description="a named regime in which builders bid")
    market: MarketConfig | None = Field(default=None, description="market instead of the small one")


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """One learner after ever more blocks, the others after the most."""
    base = (
        BuildersConfig(test_seeds=4, test_blocks=60, margins=(0.0, 0.01, 0.1), reply_blocks=150)
        if quick
        else BuildersConfig()
    )
    config = configure(base)
    for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
        for learner in list(LEARNERS)[:1] if quick else LEARNERS:
            # how fast is asked of one learner, how close of all of them
            for blocks in QUICK_BLOCKS if quick else BLOCKS if learner == FOLLOWED else BLOCKS[-1:]:
                yield Run({"learner": learner, "blocks": blocks}, config.regime, seed, config)


def execute(run: Run) -> dict[str, float | int | str]:
    """Learn, freeze, certify."""
    from experiments.equilibrium.market import Seat, certify, learned, play, replies

    config = run.config
    assert isinstance(config, BuildersConfig)
    profile = (Seat(*LEARNERS[str(run.levers["learner"])]),) * config.builders
    market = play(_market(config, int(run.levers["blocks"])), "builder", profile, run.seed)
    frozen = learned(market, "builder", profile)
    deviations = [Seat("naive", {"margin": margin}) for margin in config.margins] + [Seat("equilibrium_shading")]
    first = FIRST_TEST_SEED + 1000 * run.seed
    tests = range(first, first + config.test_seeds)
    own = ()
    if config.reply_blocks:
        # on a seed that neither the profile was learned on nor the certificate is taken on
        unseen = FIRST_TEST_SEED + 1000 * run.seed + config.test_seeds
        own = replies(_market(config, config.reply_blocks), "builder", frozen, Seat(REPLY), unseen)
    found = certify(_market(config, config.test_blocks), "builder", frozen, deviations, tests, own)
    share, error = found.share()
    margins = [float(np.dot(seat.parameters["margins"], seat.parameters["weights"][-1])) for seat in frozen]
    scale = found.block_value * found.blocks
    return {
        "nash_conv_share": share,
        "nash_conv_standard_error": error,
        "lower_bound": int(found.nash_conv.lower_bound),
        "largest_regret_share": max(regret.gain for regret in found.nash_conv.regrets) / scale,
        "deviations": len(deviations) + bool(own),
        "best_is_learned": sum(regret.deviation in own for regret in found.nash_conv.regrets),
        "mean_margin": float(np.mean(margins)),
        "smallest_margin": min(margins),
        "paid_share": found.paid_share,
        "block_value_usd": found.block_value,
    }


def _market(config: BuildersConfig, blocks: int) -> MarketConfig:
    from experiments.markets.small_market import small
    from market import regimes

    regime: RegimeConfig = regimes.load(config.regime)
    if config.market is None:
        return small(regime, blocks)
    return config.market.model_copy(update={"regime": regime, "horizon_s": 2.0 * blocks})


def summary(runs: Frame) -> pd.DataFrame:
    """Distance from equilibrium, with the error of each certificate, and margins, by learner and blocks learned."""
    drawn = ("nash_conv_share", "nash_conv_standard_error", "smallest_margin", "paid_share")
    return summaries.table(summaries.by_cell(runs, ["learner", "blocks"], drawn))


def answer(runs: Frame) -> str:
    """Lower bound of NashConv after the most blocks, by learner."""
    last = runs[runs["blocks"] == runs["blocks"].max()]
    said = [
        f"{answers.amount(part['nash_conv_share'], '% of a block', 100.0)} ({learner})"
        for learner, part in last.groupby("learner", sort=False)
    ]
    return (
        f"After {int(last['blocks'].max())} blocks the best deviation that was found gains all builders together "
        f"{answers.listed(said)}: lower bounds of NashConv."
    )


def table(runs: Frame) -> pd.DataFrame:
    """NashConv in percent of the mean block value: mean over seeds, its standard error, and that of a certificate."""
    rows = []
    for (learner, blocks), part in runs.groupby(["learner", "blocks"], sort=False):
        found = statistics.describe(100 * part["nash_conv_share"])
        error = f" ({found['standard_error']:.2f})" if found["n"] > 1 else ""
        rows.append(
            {
                "learner": learner,
                "blocks learned": blocks,
                "NashConv, lower bound [% of block value] (s.e.)": f"{found['mean']:.2f}{error}",
                "s.e. of one certificate [%]": f"{100 * part['nash_conv_standard_error'].mean():.2f}",
                "largest regret of one builder [%]": f"{100 * part['largest_regret_share'].mean():.2f}",
                "mean margin [%]": f"{100 * part['mean_margin'].mean():.2f}",
                "paid to the sequencer [% of block value]": f"{100 * part['paid_share'].mean():.1f}",
                "block value [USD]": f"{part['block_value_usd'].mean():.2f}",
            }
        )
    return pd.DataFrame(rows)
