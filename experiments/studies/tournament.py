"""A tournament: strategies of one role against each other, round robin and by evolution.

A user's own strategy enters by name: `--set 'strategies=["naive", "my_strategies:Mine"]'`, with `--set role=...` and
`--set regime=...` for another role and another regime, and has its parameters by
`--set parameters.my_strategies:Mine.KEY=...`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from pydantic import Field

from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market.config import AgentConfig, MarketConfig, Settings
from market.errors import InputError

type Frame = Any  # a pandas.DataFrame; its types do not tell a part of a table from a column

TITLE = "Tournament of strategies"
QUESTION = "Which strategy earns most against the others, and which would take over if the successful were copied?"
HYPOTHESIS = (
    "Where values are almost common, shading pays only against those who shade more: the round robin is won by "
    "whoever undercuts slightly, and evolution drives margins towards zero."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
DEFAULTS: dict[str, tuple[str, ...]] = {
    "builder": ("naive", "adaptive", "equilibrium_shading", "q_learning", "exp3", "exclusive_flow"),
    "sequencer": ("fixed_margin", "slot_bidder", "q_learning", "grim_trigger"),
    "trader": ("searcher", "learning_searcher", "arbitrageur"),
    "liquidator": ("greedy", "learning"),
    "market_maker": ("reallocator", "learning_provider"),
}
NEEDS_LENDING = ("liquidator", "market_maker")


class TournamentConfig(Settings):
    """Who plays, where, and for how long."""

    role: Literal["builder", "sequencer", "trader", "liquidator", "market_maker"] = Field(
        default="builder", description="role that the strategies play"
    )
    strategies: tuple[str, ...] = Field(
        default=(), description="names or 'package.module:Class'; default: those of the role that learn or compete"
    )
    parameters: dict[str, dict[str, Any]] = Field(default={}, description="parameters by strategy")
    regime: str = Field(default="", description="a named regime; default: pbs, or slot_auction for sequencers")
    seats: int = Field(
        default=4, ge=2, description="agents of the role in a match (sequencers: as the regime says) [1]"
    )
    blocks: int = Field(default=400, ge=10, description="length of a match in blocks of 2 s [1]")
    market: MarketConfig | None = Field(default=None, description="market instead of the standard ones")

    @property
    def players(self) -> tuple[str, ...]:
        """The strategies that play."""
        return self.strategies or DEFAULTS[self.role]


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Every pair of strategies once per seed, each strategy against itself included."""
    config = configure(TournamentConfig(blocks=150) if quick else TournamentConfig())
    assert isinstance(config, TournamentConfig)
    if not config.regime:
        name = "slot_auction" if config.role == "sequencer" else "pbs"
        config = config.model_copy(update={"regime": name})
    _check(config)
    for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
        for at, first in enumerate(config.players):
            for second in config.players[at:]:
                yield Run({"first": first, "second": second, "role": config.role}, config.regime, seed, config)


def _check(config: TournamentConfig) -> None:
    """Find every strategy and parameter before anything runs; raises InputError naming what exists."""
    from agents.population import check_parameters, strategy_class
    from market import discovery, regimes

    regimes.load(config.regime)
    for name in config.players:
        found = strategy_class(config.role, name)
        parameters = config.parameters.get(name, {})
        check_parameters(AgentConfig(role=config.role, strategy=name, parameters=parameters), found)
    for name in config.parameters:
        if name not in config.players:
            raise InputError(f"parameters: {discovery.unknown(name, config.players)}")


def execute(run: Run) -> dict[str, float | int | str]:
    """One match: the two strategies take every other seat; mean gain of an agent of each, per block [USD]."""
    from experiments.equilibrium.market import Seat, payoffs, play

    config = run.config
    assert isinstance(config, TournamentConfig)
    names = (str(run.levers["first"]), str(run.levers["second"]))
    market_config = market(config)
    seats = _seats(config, market_config)
    # which of the two sits first alternates with the seed: seats differ in the order flow that they receive
    profile = [Seat(name := names[(at + run.seed) % 2], config.parameters.get(name, {})) for at in range(seats)]
    played = play(market_config, config.role, profile, run.seed)
    gained = payoffs(played, config.role) / played.tally.slots
    of_first = np.array([seat.strategy == names[0] for seat in profile])
    paid = sum(price for _, _, price in played.sales)
    return {
        "payoff_first_usd": float(gained[of_first].mean()),
        "payoff_second_usd": float(gained[~of_first].mean()) if names[0] != names[1] else float(gained.mean()),
        "paid_usd": float(paid / played.tally.slots),
        "blocks": played.tally.slots,
    }


def market(config: TournamentConfig) -> MarketConfig:
    """Return the market of a match: the small one, or the reference scenario for roles that need lending."""
    from experiments.markets.scenarios import reference
    from experiments.markets.small_market import small
    from market import regimes

    regime = regimes.load(config.regime)
    if config.market is not None:
        return config.market.model_copy(update={"regime": regime, "horizon_s": 2.0 * config.blocks})
    if config.role in NEEDS_LENDING:
        base = reference(regime=regime, quick=True)
        return base.model_copy(update={"horizon_s": max(base.horizon_s, 2.0 * config.blocks)})
    base = small(regime, config.blocks)
    builders = AgentConfig(role="builder", strategy="adaptive", count=3)
    return base if config.role == "builder" else base.model_copy(update={"agents": (*base.agents, builders)})


def _seats(config: TournamentConfig, market_config: MarketConfig) -> int:
    if config.role != "sequencer":
        return config.seats
    from market.sequencing import compose

    return sum(charter.seats for charter in compose(market_config.regime)["domains"].charters(market_config))


def matrix(runs: Frame) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Strategies, mean payoff of the row's against the column's (k, k), and its standard error [USD per block]."""
    names = list(dict.fromkeys([*runs["first"], *runs["second"]]))
    mean, error = np.full((len(names),) * 2, np.nan), np.full((len(names),) * 2, np.nan)
    for (first, second), part in runs.groupby(["first", "second"]):
        i, j = names.index(str(first)), names.index(str(second))
        for row, column, outcome in ((i, j, "payoff_first_usd"), (j, i, "payoff_second_usd")):
            mean[row, column] = part[outcome].mean()
            error[row, column] = statistics.standard_error(part[outcome])
    return names, mean, error


EVOLUTION_STEPS, EVOLUTION_STEP = 600, 0.05


def summary(runs: Frame) -> pd.DataFrame:
    """Payoffs of pairs, means over opponents by seed, and shares along the path of evolution; the best come first."""
    names, payoff, _ = matrix(runs)
    order = np.argsort(-np.nanmean(payoff, axis=1))
    names, payoff = [names[i] for i in order], payoff[np.ix_(order, order)]
    by_seed = []
    for _, part in runs.groupby("seed"):
        known, found, _ = matrix(part)
        place = [known.index(name) for name in names if name in known]
        by_seed.append(dict(zip(names, np.nanmean(found, axis=1)[place], strict=False)))
    rows = [
        summaries.row("round_robin_usd", [seed.get(name, np.nan) for seed in by_seed], strategy=name) for name in names
    ]
    for i, j in np.ndindex(payoff.shape):
        rows.append(
            summaries.row("payoff_usd", _payoffs(runs, names[i], names[j]), strategy=names[i], against=names[j])
        )
    for at, shares in enumerate(_evolution(payoff)):
        found = {"low": np.nan, "high": np.nan, "standard_error": np.nan, "n": 1}
        for name, share in zip(names, shares, strict=True):
            time = EVOLUTION_STEP * at
            rows.append(summaries.pooled("population_share", found | {"mean": share}, strategy=name, time=time))
    return summaries.table(rows)


def _payoffs(runs: Frame, strategy: str, against: str) -> np.ndarray:
    """What a strategy earned against another in each run that they played."""
    second = summaries.where(runs, first=against, second=strategy)
    if len(second):
        return summaries.values(second, "payoff_second_usd")
    return summaries.values(summaries.where(runs, first=strategy, second=against), "payoff_first_usd")


def _evolution(payoff: np.ndarray) -> np.ndarray:
    """Path of the replicator dynamics from equal shares, (steps + 1, k); time in units of one over the spread."""
    scaled = np.nan_to_num(payoff / (float(np.nanstd(payoff)) or 1.0))
    path = [np.full(len(payoff), 1.0 / len(payoff))]
    for _ in range(EVOLUTION_STEPS):
        grown = path[-1] * np.exp(EVOLUTION_STEP * (scaled @ path[-1]))
        path.append(grown / grown.sum())
    return np.array(path)


def answer(runs: Frame) -> str:
    """Who earns most in the round robin, how much more than the second within a seed, and who would be copied."""
    ranking = table(runs)
    best, second = _leaders(ranking)
    ahead = "".join(f", {one.said} against {_words(second)}, the second" for one in headlines(runs))
    copied = ranking.loc[ranking["replicator share"].astype(float).idxmax()]
    return (
        f"{_words(best)} earns most against all others, {answers.amount(_earned(runs)[best], 'USD')} a block{ahead}; "
        f"copied by success, {_words(str(copied['strategy']))} ends with "
        f"{100.0 * float(copied['replicator share']):.0f}% of the population."
    )


def headlines(runs: Frame) -> list[Headline]:
    """What the answer compares: what the best earns less what the second does."""
    best, second = _leaders(table(runs))
    earned = _earned(runs)
    what = f"earned a block, {_words(best)} less {_words(second)}"
    return [pair(what, earned[best], earned[second], "USD")] if second else []


def _leaders(ranking: pd.DataFrame) -> tuple[str, str]:
    """The best of a ranking and the second, empty if there is none."""
    best, second = (str(name) for name in (*ranking["strategy"], "")[:2])
    return best, second


def _earned(runs: Frame) -> dict[str, pd.Series]:
    """What each strategy earned on average over its opponents, by seed."""
    names, _, _ = matrix(runs)
    earned: Any = pd.DataFrame(np.nan, index=sorted(set(runs["seed"])), columns=names)
    for seed, part in runs.groupby("seed"):
        known, found, _ = matrix(part)
        earned.loc[seed, known] = found.mean(axis=1)
    return dict(earned.items())


def _words(strategy: str) -> str:
    return strategy.replace("_", " ")


def table(runs: Frame) -> pd.DataFrame:
    """Ranking by round robin, with where evolution leads: replicator shares, alpha-rank and pure equilibria."""
    from experiments.equilibrium import alpha_rank, evolve

    names, payoff, _ = matrix(runs)
    by_seed = [matrix(part)[1].mean(axis=1) for _, part in runs.groupby("seed")]
    spread = float(np.nanstd(payoff)) or 1.0
    scaled = np.nan_to_num((payoff - np.nanmean(payoff)) / spread)
    shares = evolve(scaled, np.full(len(names), 1.0 / len(names)))[-1]
    ranks = alpha_rank(scaled, alpha=1.0)
    rows = []
    for i in np.argsort(-payoff.mean(axis=1)):
        found = statistics.describe([sample[i] for sample in by_seed])
        error = f" ({found['standard_error']:.3f})" if found["n"] > 1 else ""
        rows.append(
            {
                "rank": len(rows) + 1,
                "strategy": names[i],
                "round robin [USD/block] (s.e.)": f"{payoff[i].mean():.3f}{error}",
                "against itself [USD/block]": f"{payoff[i, i]:.3f}",
                "worst opponent": names[int(np.argmin(payoff[i]))],
                "best reply to itself": "yes"
                if payoff[i, i] >= payoff[:, i].max()
                else names[int(payoff[:, i].argmax())],
                "replicator share": f"{shares[i] + 0.0:.3f}",
                "alpha-rank": f"{max(ranks[i], 0.0):.3f}",
            }
        )
    return pd.DataFrame(rows)
