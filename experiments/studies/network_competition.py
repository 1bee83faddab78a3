"""Rollups move among networks while the market runs: does the ecosystem tip, split by kind, or stay apart?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market import regimes
from market.config import (
    AgentConfig,
    BorrowersConfig,
    EpisodeConfig,
    FlowConfig,
    LendingConfig,
    MarketConfig,
    PerpetualConfig,
    PoolConfig,
    PriceConfig,
    RollupConfig,
)
from market.measures.ratio import ratio
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.settings import YEAR_S
from market.state.ledger import Why

TITLE = "Competing sequencing networks, among which rollups move by what they experience"
QUESTION = "Do rollups that choose their network again and again end in one, split by kind, or stay apart?"
HYPOTHESIS = (
    "Demand across rollups makes the ecosystem tip into one network; without it rollups with tight arbitrage and "
    "perpetuals go to a fast network, and rollups with loans to one that resists extraction. The dearer a move, the "
    "longer rollups stay where they began, and the more their users pay over the best fixed assignment."
)

SEEDS, QUICK_SEEDS = 20, 2
DEMANDS, QUICK_DEMANDS = (0.0, 0.3, 1.0), (0.0, 1.0)
"""How often users want to trade on two rollups at once [1/s]."""
SWITCHING_USD, QUICK_SWITCHING_USD = (0.0, 1e3, 3e3), (0.0, 3e3)
HORIZON_S, QUICK_HORIZON_S = 1200.0, 180.0
PERIOD_S, NOTICE_S = 30.0, 10.0
NETWORKS = ("alone", "fast", "resistant", "cheap")
"""Where a rollup can be, by number: the networks are those of the regime `roaming`."""
KINDS = {"trading": (0, 1), "lending": (2, 3)}
"""Rollups of each kind: with a perpetual and tight pools, or with loans and wider ones."""
FIXED = {
    "alone": (0, 0, 0, 0),
    "fast": (1, 1, 1, 1),
    "resistant": (2, 2, 2, 2),
    "cheap": (3, 3, 3, 3),
    "by_kind": (1, 1, 2, 2),
}
"""Fixed assignments that moving is compared with: network of each rollup."""
QUICK_FIXED = ("fast", "by_kind")
MOVING = "moving"
FALL_LOG = -0.08
"""Drift of the log price over the middle third of the run, which sets off liquidations [1]."""
IMPATIENCE_BP_S = 0.2
"""What retail users lose by a second of waiting, of their volume [bp/s]: what the protocols reckon with, too."""
PRINTED = (
    "needs [1/s]", "a move [USD]", "HHI, last third [1]", "specialisation [1]", "moves [1/h]",
    "users' cost over the best fixed [bp]", "not served [% of retail]", "not served, best fixed [% of retail]",
)  # fmt: skip
STEPS = 10
"""Stretches of equal length in which concentration is followed over time [1]."""


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """By strength of demand: rollups that move, by what that costs, and each fixed assignment."""
    horizon = QUICK_HORIZON_S if quick else HORIZON_S
    for demand in QUICK_DEMANDS if quick else DEMANDS:
        for assignment in (MOVING, *(QUICK_FIXED if quick else FIXED)):
            costs = (QUICK_SWITCHING_USD if quick else SWITCHING_USD) if assignment == MOVING else (0.0,)
            for cost in costs:
                levers = {"cross_per_second": demand, "assignment": assignment, "switching_usd": cost}
                for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                    config = configure(_market(demand, assignment, cost, seed, horizon))
                    yield Run(levers, config.regime.name, seed, config)


def _market(demand: float, assignment: str, cost: float, seed: int, horizon: float) -> MarketConfig:
    """Two rollups of each kind; where they begin goes round with the seed, so that no network is favoured."""
    roaming = regimes.load("roaming")
    moves = assignment == MOVING
    first = [(seed + at) % len(NETWORKS) for at in range(4)] if moves else FIXED[assignment]
    domains = {"first": first, "period_s": PERIOD_S, "notice_s": NOTICE_S, "switching_usd": cost}
    domains["protocol"] = "experienced" if moves else "loyal"
    trading = 5.0, (), (PerpetualConfig(traders=200),)
    lending = 30.0, (LendingConfig(cash_usd=5e6),), ()
    base = MarketConfig(
        horizon_s=horizon,
        rollups=tuple(
            RollupConfig(
                name=f"{kind}{number}",
                block_time_s=2.0,
                pools=(PoolConfig(depth_usd=5e6, fee_bp=fee_bp),),
                lending=loans,
                borrowers=300 if loans else 0,
                perpetuals=perpetuals,
                gas_usd=0.02,
            )
            for kind, (fee_bp, loans, perpetuals) in {"trading": trading, "lending": lending}.items()
            for number in range(2)
        ),
        regime=roaming.model_copy(update={"domains": roaming.domains | domains}),
        # retail users stay where they are and trade sizes without a heavy tail: what changes is then due to sequencing
        flow=FlowConfig(log_sd=1.0, choice_sensitivity=0.0),
        borrowers=BorrowersConfig(ltv_low=0.6, ltv_high=0.79),
        agents=(
            AgentConfig(role="trader", strategy="arbitrageur", count=2),
            AgentConfig(role="liquidator", strategy="greedy", parameters={"sell": "outside"}),
            AgentConfig(
                role="trader", strategy="cross_rollup", capital_usd=2e7, latency_s=0.2,
                parameters={"per_second": demand},
            ),
        ),
    )  # fmt: skip
    start, end = horizon / 3.0, 2.0 * horizon / 3.0
    fall = EpisodeConfig(start_s=start, end_s=end, volatility=2.0, drift=FALL_LOG * YEAR_S / (end - start))
    assets = (base.assets[0].model_copy(update={"volatility": 2.0}),)
    return base.model_copy(update={"assets": assets, "prices": PriceConfig(kind="gbm", episodes=(fall,))})


class Whereabouts(Recorder):
    """Notes once a second which network each rollup is in."""

    def __init__(self) -> None:
        self.where: list[tuple[int, ...]] = []

    def on_second(self, market: SequencerMarket) -> None:
        """Note it."""
        assert market.moves is not None
        self.where.append(tuple(market.moves.where))


def execute(run: Run) -> dict[str, Any]:
    """Run a market; see who is where, what moving costs, and what users and networks have of it."""
    from agents.population import Population
    from experiments.runs import machine
    from experiments.runs.needs import estimate

    config = run.config
    assert isinstance(config, MarketConfig)
    estimate(config).check(machine.available())
    noted = Whereabouts()
    market = SequencerMarket(config, run.seed, Population(config), [noted])
    market.run()
    assert market.moves is not None
    where, days = np.array(noted.where), config.horizon_s / 86_400.0
    concentration = hhi(where)
    parts = np.array_split(concentration, STEPS)
    totals = market.tally.totals()
    demand = float(totals["user_volume"] + totals["unfilled_volume"])
    delay = ratio(float(totals["user_delay"]), float(totals["user_count"]))
    return {
        **{f"hhi_{at}": float(part.mean()) for at, part in enumerate(parts)},
        "hhi": float(concentration[-len(concentration) // 3 :].mean()),
        **{
            f"{kind}_{name}_share": float((where[:, list(KINDS[kind])] == number).mean())
            for kind in KINDS
            for number, name in enumerate(NETWORKS)
        },
        "moves_per_hour": len(market.moves.made) / (24.0 * days),
        "delay_s": delay,
        "unfilled_share": ratio(float(totals["unfilled_volume"]), demand),
        "users_bp": ratio(float(totals["user_cost"] + totals["unfilled_cost"]), demand, 1e4) + IMPATIENCE_BP_S * delay,
        **{f"{name}_income_usd_day": income(market, at) / days for at, name in enumerate(NETWORKS[1:])},
        "spent_on_moves_usd": float(market.world.tables.flows[:, :, Why.SWITCHING].sum()),
        "liquidated_usd": float(totals["liquidated"]),
    }


def hhi(where: np.ndarray) -> np.ndarray:
    """Herfindahl-Hirschman index of who sequences, by number of rollups: shape (times,) [1].

    Parameters
    ----------
    where
        shape (times, rollups): network of each rollup; every rollup alone (0) is a network of its own
    """
    rollups = where.shape[1]
    sizes = np.stack([(where == number).sum(axis=1) for number in range(1, len(NETWORKS))])
    return ((sizes / rollups) ** 2).sum(axis=0) + (where == 0).sum(axis=1) / rollups**2


def income(market: SequencerMarket, domain: int) -> float:
    """What a network's sequencers keep of tips, gas and bids, and what their own trades gained [USD]."""
    own = [at for at, member in enumerate(market.members) if member.role == "sequencer" and member.domain == domain]
    flows, fees = market.world.tables.flows[:, :, :, 0], [Why.TIP, Why.GAS, Why.BID, Why.REVENUE]
    kept = flows[:, own][:, :, fees].sum() - flows[own][:, :, fees].sum()
    return float(kept) + float(market.profits.by_trading()[own].sum())


# -- what the table and the figure state -------------------------------------------------------------------------------

KEYS = ("cross_per_second", "switching_usd")
SHARES = tuple(f"{kind}_{name}_share" for kind in KINDS for name in NETWORKS)
USERS = ("over_best_bp", "unfilled_share", "unfilled_best_share")
INCOMES = tuple(f"{name}_income_usd_day" for name in NETWORKS[1:])


def best_fixed(runs: pd.DataFrame, demand: float) -> str:
    """The fixed assignment with the lowest mean cost of users at a strength of demand."""
    here = summaries.where(runs, cross_per_second=demand)
    names = [name for name in dict.fromkeys(here["assignment"]) if name != MOVING]
    costs = [float(summaries.values(summaries.where(here, assignment=name), "users_bp").mean()) for name in names]
    return names[int(np.argmin(costs))]


def _moving(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs in which rollups move, with what follows from several columns or from other runs at the same seed."""
    over, refused = np.full(len(runs), np.nan), np.full(len(runs), np.nan)
    users, unserved = summaries.values(runs, "users_bp"), summaries.values(runs, "unfilled_share")
    for demand in dict.fromkeys(runs["cross_per_second"]):
        here = summaries.mask(runs, cross_per_second=demand)
        fixed = {"cross_per_second": demand, "assignment": best_fixed(runs, demand)}
        over[here] = summaries.less(runs, users, [], **fixed)[here]
        refused[here] = summaries.same_seed(runs, unserved, [], **fixed)[here]
    share = {name: summaries.values(runs, name) for name in SHARES}
    fast = share["trading_fast_share"] - share["lending_fast_share"]
    resistant = share["lending_resistant_share"] - share["trading_resistant_share"]
    more = {
        "over_best_bp": over,
        "unfilled_best_share": refused,
        "income_usd_day": sum(summaries.values(runs, name) for name in INCOMES),
        "specialisation": (fast + resistant) / 2.0,
    }
    return summaries.where(runs.assign(**more), assignment=MOVING)


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Concentration over time and at the end, whereabouts by kind, moves, users' cost and networks' income."""
    drawn = [f"hhi_{at}" for at in range(STEPS)] + ["hhi", *SHARES, "moves_per_hour", *USERS, *INCOMES]
    return summaries.table(summaries.by_cell(_moving(runs), KEYS, drawn))


def answer(runs: pd.DataFrame) -> str:
    """How concentrated rollups end where moves cost nothing, whether kinds part, and what users pay for it."""
    moving = summaries.where(_moving(runs), switching_usd=0.0)
    demands = sorted(set(moving["cross_per_second"]))
    ends, kinds = [], []
    for demand in demands:
        part = summaries.where(moving, cross_per_second=demand)
        ends.append(answers.amount(summaries.values(part, "hhi"), ""))
        kinds.append(answers.amount(summaries.values(part, "specialisation"), ""))
    mean: Any = moving.groupby("seed")[list(USERS)].mean()
    unserved, best = (answers.amount(mean[name], "%", 100.0) for name in USERS[1:])
    (users,) = headlines(runs)
    return (
        f"Where moves cost nothing, rollups end at a Herfindahl-Hirschman index of {ends[0]} without demand across "
        f"rollups and of {ends[-1]} with {demands[-1]:g} needs a second (apart 0.25, in one network 1); specialisation "
        f"by kind, at most 1, with {answers.listed(f'{demand:g}' for demand in demands)} is {answers.listed(kinds)}. "
        f"Users' cost against the best fixed assignment, over all demands: {users.said}, with {unserved} of retail not "
        f"served, there {best}."
    )


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares: users' cost where moves cost nothing, less that of the best fixed assignment."""
    moving = summaries.where(_moving(runs), switching_usd=0.0)
    # a seed's runs at several demands are no independent ones: their mean counts once
    mean: Any = moving.groupby("seed")[["users_bp", "over_best_bp"]].mean()
    best = mean["users_bp"] - mean["over_best_bp"]
    return [pair("users' cost, moving less the best fixed assignment", mean["users_bp"], best, "bp")]


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By strength of demand and cost of a move; means over seeds (standard errors).

    Specialisation is half of: how much more of its time a trading rollup spends in the fast network than a lending one,
    and how much more of it a lending one spends in the resistant network; 0 where kinds do not differ, 1 at most.
    """
    columns = {
        "HHI, last third [1]": ("hhi", 1.0),
        "specialisation [1]": ("specialisation", 1.0),
        "moves [1/h]": ("moves_per_hour", 1.0),
        "users' cost over the best fixed [bp]": ("over_best_bp", 1.0),
        "not served [% of retail]": ("unfilled_share", 100.0),
        "not served, best fixed [% of retail]": ("unfilled_best_share", 100.0),
        "networks' income [thousand USD/day]": ("income_usd_day", 1e-3),
    }
    rows = []
    for cell, part in summaries.cells(_moving(runs), KEYS):
        row: dict[str, Any] = {"needs [1/s]": cell["cross_per_second"], "a move [USD]": cell["switching_usd"]}
        for name, (column, scale) in columns.items():
            found = statistics.describe(scale * part[column])
            row[name] = f"{found['mean']:.3g} ({found['standard_error']:.2g})"
        rows.append({**row, "best fixed": best_fixed(runs, cell["cross_per_second"]).replace("_", " ")})
    return pd.DataFrame(rows)
