"""Rollups move among networks while the market runs: does the ecosystem tip, split by kind, or stay apart?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from experiments.studies import _networks_scene as scene
from market.config import MarketConfig
from market.measures.ratio import ratio
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.state.ledger import Why
from market.venues.options.stakes import OptionStakes

TITLE = "Competing sequencing networks, among which rollups move by what they experience"
QUESTION = "Do rollups that choose their network again and again end in one, split by kind, or stay apart?"
HYPOTHESIS = (
    "Demand across rollups makes the ecosystem tip into one network; without it rollups with options go to a fast "
    "network, where quotes are fresh, snipers find little and hedges are young, and rollups with loans to one that "
    "resists extraction. The dearer a move, the longer rollups stay where they began, and the more their users pay "
    "over the best fixed assignment."
)

SEEDS, QUICK_SEEDS = 20, 2
DEMANDS, QUICK_DEMANDS = (0.0, 0.3, 1.0), (0.0, 1.0)
"""How often users want to trade on two rollups at once [1/s]."""
SWITCHING_USD, QUICK_SWITCHING_USD = (0.0, 1e3, 3e3), (0.0, 3e3)
HORIZON_S, QUICK_HORIZON_S = 1200.0, 180.0
NETWORKS = ("alone", "fast", "resistant", "cheap")
"""Where a rollup can be, by number: the networks are those of the regime `roaming`."""
KINDS = {"trading": (0, 1), "lending": (2, 3)}
"""Rollups of each kind: with options and tight pools, or with loans and wider ones."""
FIXED = {
    "alone": (0, 0, 0, 0),
    "fast": (1, 1, 1, 1),
    "resistant": (2, 2, 2, 2),
    "cheap": (3, 3, 3, 3),
    "by_kind": (1, 1, 2, 2),
}
"""Fixed assignments that moving is compared with: network of each rollup."""
QUICK_FIXED = ("fast", "resistant", "by_kind")
MOVING = "moving"
IMPATIENCE_BP_S = 0.2
"""What retail users lose by a second of waiting, of their volume [bp/s]: what the protocols reckon with, too."""
PRINTED = (
    "needs [1/s]", "a move [USD]", "HHI, last third [1]", "specialisation [1]", "moves [1/h]",
    "users' cost over the best fixed [bp]", "not served [% of retail]", "lost on options [USD/h]",
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
                    first = None if assignment == MOVING else FIXED[assignment]
                    config = configure(scene.market(demand, first, cost, horizon, seed))
                    yield Run(levers, config.regime.name, seed, config)


class Whereabouts(Recorder):
    """Notes once a second which network each rollup is in."""

    def __init__(self) -> None:
        self.where: list[tuple[int, ...]] = []

    def on_second(self, market: SequencerMarket) -> None:
        """Note it."""
        assert market.moves is not None
        self.where.append(tuple(market.moves.where))


def execute(run: Run) -> dict[str, Any]:
    """Run a market; see who is where, what moving costs, and what users, makers of options and networks have of it."""
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
        **on_options(market, market.moves.meter.options),
    }


def on_options(market: SequencerMarket, stakes: OptionStakes) -> dict[str, float]:
    """What whoever wants options and their makers lose together, what of it others gain by stale quotes, and hedges.

    Returns
    -------
    dict
        `options_lost_usd_h`: what customers lose, less what makers and venues gain [USD/h]; `stale_usd_h`: what those
        gain who gain by taking quotes [USD/h]; `unhedged_usd`: root of the mean square, over hours, of what makers gain
        or lose by what is unhedged [USD]; `hedge_age_s`: mean age of makers' hedges [s]
    """
    hours, rollups = market.time / 3600.0, KINDS["trading"]
    lost = sum(stakes.customers(at) - float(stakes.made[at]) for at in rollups)
    maker: Any = next(agent for agent in market.participants if agent.role == "market_maker")
    return {
        "options_lost_usd_h": lost / hours,
        "stale_usd_h": sum(stakes.stale(at) for at in rollups) / hours,
        "unhedged_usd": float(np.sqrt(stakes.squared.sum() / hours)),
        "hedge_age_s": float(np.mean([maker.hedge.mean_age_s((at, 1), market.time) for at in rollups])),
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
OPTIONS = ("options_lost_usd_h", "stale_usd_h", "unhedged_usd", "hedge_age_s")
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
    home = (share["trading_fast_share"] + share["lending_resistant_share"]) / 2.0
    away = (share["lending_fast_share"] + share["trading_resistant_share"]) / 2.0
    more = {
        "over_best_bp": over,
        "unfilled_best_share": refused,
        "income_usd_day": sum(summaries.values(runs, name) for name in INCOMES),
        "home_share": home,
        "away_share": away,
        "specialisation": home - away,
    }
    return summaries.where(runs.assign(**more), assignment=MOVING)


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Concentration over time and at the end, whereabouts by kind, moves, users' cost and networks' income."""
    drawn = [f"hhi_{at}" for at in range(STEPS)] + ["hhi", *SHARES, "moves_per_hour", *USERS, *INCOMES, *OPTIONS]
    return summaries.table(summaries.by_cell(_moving(runs), KEYS, drawn))


def answer(runs: pd.DataFrame) -> str:
    """How concentrated rollups end where moves cost nothing, whether kinds part, and what users pay for it."""
    moving = summaries.where(_moving(runs), switching_usd=0.0)
    kinds = _kinds(moving)
    ends = [
        answers.amount(summaries.values(summaries.where(moving, cross_per_second=demand), "hhi"), "")
        for demand in kinds
    ]
    mean: Any = moving.groupby("seed")[list(USERS)].mean()
    unserved, best = (answers.amount(mean[name], "%", 100.0) for name in USERS[1:])
    quotes = [f" On options, {one.what}: {one.said}." for one in _quotes(runs)]
    return (
        f"Where moves cost nothing, rollups end at a Herfindahl-Hirschman index of {ends[0]} without demand across "
        f"rollups and of {ends[-1]} with {max(kinds):g} needs a second (apart 0.25, in one network 1); specialisation "
        f"by kind, at most 1, with {answers.listed(f'{demand:g}' for demand in kinds)} is "
        f"{answers.listed(one.said for one in kinds.values())}. "
        f"Users' cost against the best fixed assignment, over all demands: {_users(moving).said}, with {unserved} of "
        f"retail not served, there {best}." + "".join(quotes)
    )


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares: where kinds are, users' cost, and what is lost on options in two networks."""
    moving = summaries.where(_moving(runs), switching_usd=0.0)
    return [*_kinds(moving).values(), _users(moving), *_quotes(runs)]


def _kinds(moving: pd.DataFrame) -> dict[float, Headline]:
    """Time in the network of one's kind less that in the other's, where moves cost nothing: by strength of demand."""
    found = {}
    for demand in sorted(set(moving["cross_per_second"])):
        part = summaries.where(moving, cross_per_second=demand).set_index("seed")
        what = f"share of time in the network of one's kind less in the other kind's, with {demand:g} needs a second"
        found[demand] = pair(what, part["home_share"], part["away_share"], "")
    return together(found)


def _quotes(runs: pd.DataFrame) -> list[Headline]:
    """What whoever wants options and their makers lose together where all are in the fast network, or the resistant."""
    # a seed's runs at several demands are no independent ones: their mean counts once
    held = {"fast", "resistant"}
    if not held <= set(runs["assignment"]):
        return []
    fast, resistant = (
        summaries.where(runs, assignment=name).groupby("seed")["options_lost_usd_h"].mean() for name in sorted(held)
    )
    what = "lost by customers and makers together, all in the fast network less all in the resistant one"
    return [pair(what, fast, resistant, "USD/h")]


def _users(moving: pd.DataFrame) -> Headline:
    """Users' cost where moves cost nothing, less that of the best fixed assignment."""
    # a seed's runs at several demands are no independent ones: their mean counts once
    mean: Any = moving.groupby("seed")[["users_bp", "over_best_bp"]].mean()
    best = mean["users_bp"] - mean["over_best_bp"]
    return pair("users' cost, moving less the best fixed assignment", mean["users_bp"], best, "bp")


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
        "lost on options [USD/h]": ("options_lost_usd_h", 1.0),
        "by stale quotes [USD/h]": ("stale_usd_h", 1.0),
        "age of hedges [s]": ("hedge_age_s", 1.0),
    }
    rows = []
    for cell, part in summaries.cells(_moving(runs), KEYS):
        row: dict[str, Any] = {"needs [1/s]": cell["cross_per_second"], "a move [USD]": cell["switching_usd"]}
        for name, (column, scale) in columns.items():
            found = statistics.describe(scale * part[column])
            row[name] = f"{found['mean']:.3g} ({found['standard_error']:.2g})"
        rows.append({**row, "best fixed": best_fixed(runs, cell["cross_per_second"]).replace("_", " ")})
    return pd.DataFrame(rows)
