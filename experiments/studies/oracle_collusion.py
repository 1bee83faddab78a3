"""Whose loans are liquidated by a price that somebody paid the reporters of an oracle for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from agents.liquidators.briber import REACH, Briber
from agents.population import Population
from experiments.analysis import answers, statistics, summaries, verdicts
from experiments.analysis.headlines import Headline, pair, together
from experiments.analysis.verdicts import Claim
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market import regimes
from market.config import (
    AgentConfig,
    BorrowersConfig,
    FlowConfig,
    LendingConfig,
    MarketConfig,
    OracleConfig,
    PoolConfig,
    PriceConfig,
    RollupConfig,
)
from market.intents.extraction import Extraction
from market.measures.outcomes import outcomes
from market.model import SequencerMarket
from market.venues.committees.rules import majority

TITLE = "Bribed oracle reporters, by committee, bond, honesty and regime"
QUESTION = "When does it pay a liquidator to bribe the reporters of a price, and who is liquidated that should not be?"
HYPOTHESIS = (
    "A strict majority has to be paid what each risks, so that nobody bribes once that many bonds exceed what wrong "
    "liquidations gain, or once half of the committee refuses; larger committees are dearer in proportion. Offers are "
    "public and are executed in every regime: what a regime changes is who has the liquidations. Where whoever orders "
    "blocks takes them, the briber pays for the gains of others, and stops."
)

SEEDS, QUICK_SEEDS = 20, 1
HORIZON_S, QUICK_HORIZON_S = 400.0, 90.0
REGIMES = ("siloed", "centralized_shared", "encrypted", "pbs")
BASE: dict[str, float] = {"reporters": 5, "bond_usd": 1000.0, "bribable_share": 0.8}
SWEEPS: dict[str, tuple[float, ...]] = {
    "reporters": (3, 5, 9, 15),
    "bond_usd": (300.0, 1000.0, 5000.0, 20_000.0),
    "bribable_share": (0.4, 0.6, 0.8, 1.0),
}
QUICK_SWEEPS: dict[str, tuple[float, ...]] = {
    "reporters": (5, 9),
    "bond_usd": (1000.0, 20_000.0),
    "bribable_share": (0.4, 0.8),
}
TOLERANCE_BP, BAND_BP, SUSPENSION_S, INCOME_USD_PER_HOUR = 75.0, 600.0, 120.0, 10.0
CLAIM = Claim("less wrongly liquidated", "wrongly_liquidated_usd", 1e3, "thousand USD", -1)


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """One condition varied at a time off the base, under every regime; the same seeds everywhere."""
    for terms, regime in product(_cells(QUICK_SWEEPS if quick else SWEEPS), REGIMES):
        config = configure(_scene(regime, terms, QUICK_HORIZON_S if quick else HORIZON_S))
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run(terms, regime, seed, config)


def _cells(sweeps: Mapping[str, tuple[float, ...]]) -> list[dict[str, float]]:
    """Return the base, and what differs from it in one condition."""
    others = [BASE | {name: value} for name, values in sweeps.items() for value in values if value != BASE[name]]
    return [BASE, *others]


def _scene(regime: str, terms: Mapping[str, float], horizon: float) -> MarketConfig:
    """Two rollups with indebted borrowers in a calm market, where hardly anybody should be liquidated."""
    count = int(terms["reporters"])
    bribable = round(terms["bribable_share"] * count)
    agents = (
        AgentConfig(role="trader", strategy="reporter", count=count - bribable, capital_usd=4e5),
        AgentConfig(role="trader", strategy="bribable_reporter", count=bribable, capital_usd=4e5),
        AgentConfig(role="liquidator", strategy="briber", capital_usd=4e5),
        AgentConfig(role="liquidator", strategy="greedy", capital_usd=4e5, parameters={"sell": "outside"}),
        AgentConfig(role="trader", strategy="arbitrageur"),
        *((AgentConfig(role="builder", strategy="adaptive", count=2),) if regime == "pbs" else ()),
    )
    return MarketConfig(
        horizon_s=horizon,
        prices=PriceConfig(kind="gbm"),
        rollups=(_home("one", terms), _home("two", terms)),
        regime=regimes.load(regime),
        flow=FlowConfig(per_second=0.5),
        agents=agents,
    )


def _home(name: str, terms: Mapping[str, float]) -> RollupConfig:
    """Return a rollup whose price a committee reports; half of its reports and one more are a quorum."""
    count = int(terms["reporters"])
    committee = {
        "reporters": count, "quorum": majority(count), "fresh_s": 90.0, "bond_usd": terms["bond_usd"],
        "tolerance_bp": TOLERANCE_BP, "band_bp": BAND_BP, "suspension_s": SUSPENSION_S,
        "income_usd_per_hour": INCOME_USD_PER_HOUR,
    }  # fmt: skip
    return RollupConfig(
        name=name, block_time_s=2.0, gas_usd=0.01, pools=(PoolConfig(depth_usd=5e6, fee_bp=5.0),),
        lending=(LendingConfig(liquidation_threshold=0.825, cash_usd=5e6),), borrowers=60,
        leverage=BorrowersConfig(
            collateral_median_usd=2e4, collateral_log_sd=1.0, ltv_law="log_uniform", ltv_low=0.6, ltv_high=0.8
        ),
        oracle=OracleConfig.model_validate(
            {"source": "committee", "deviation_bp": 25.0, "heartbeat_s": 60.0, "committee": committee}
        ),
    )  # fmt: skip


def execute(run: Run) -> Mapping[str, float | int | str]:
    """Outcomes of one market, who had the gains, and the bond beyond which bribing should not pay at the start."""
    assert isinstance(run.config, MarketConfig)
    market = SequencerMarket(run.config, run.seed, Population(run.config))
    threshold, debt = _threshold(market, run.levers), float(market.world.tables.lending["scaled_debt"].sum())
    market.run()
    found = outcomes(market)
    gains = market.tally.gains[:, int(Extraction.LIQUIDATION)]
    by_role = {
        name: float(sum(gains[at] for at, member in enumerate(market.members) if member.role in roles))
        for name, roles in (("liquidators", ("liquidator",)), ("authors", ("sequencer", "builder")))
    }
    bribes, slashed = float(found["bribes_usd"]), float(found["slashed_bonds_usd"])
    names = (
        "wrongly_liquidated_usd", "liquidated_usd", "bribes_usd", "bribed_reports", "slashed_bonds_usd",
        "feed_error_bp", "feed_error_worst_bp", "borrower_penalty_usd", "conservation_error",
    )  # fmt: skip
    return {
        **{name: found[name] for name in names},
        "wrongly_liquidated_share": float(found["wrongly_liquidated_usd"]) / debt,
        "liquidators_usd": by_role["liquidators"] - bribes,
        "authors_usd": by_role["authors"],
        "reporters_usd": bribes - slashed,
        "burnt_usd": slashed,
        "threshold_bond_usd": threshold,
    }


def _threshold(market: SequencerMarket, terms: Mapping[str, float]) -> float:
    """Bond at which a strict majority costs what the best fall gains whoever briber there is, on any rollup [USD]."""
    briber = next(agent for agent in market.participants if isinstance(agent, Briber))
    seen, best = market.observations[briber.account], 0.0
    for committee in seen.committees:
        feed = int(committee["feed"])
        moves = [move for move in briber.moves if move <= REACH * BAND_BP * 1e-4]
        prices = [float(seen.feeds["price"][feed]) * (1.0 - move) for move in moves]
        best = max(best, *(briber.gain(seen, feed, price) for price in prices))
    paid = best / (majority(int(terms["reporters"])) * (1.0 + briber.margin))
    return paid - INCOME_USD_PER_HOUR * SUSPENSION_S / 3600.0


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What the figure draws, by cell and regime."""
    drawn = (
        "wrongly_liquidated_usd", "bribes_usd", "slashed_bonds_usd", "feed_error_bp", "feed_error_worst_bp",
        "liquidators_usd", "authors_usd", "reporters_usd", "burnt_usd", "threshold_bond_usd",
    )  # fmt: skip
    return summaries.table(summaries.by_cell(runs, [*BASE, "regime"], drawn))


def answer(runs: pd.DataFrame) -> str:
    """What bribed reporters do to healthy loans, what ends it, and who gains where authors take liquidations."""
    here = summaries.where(runs, regime=REGIMES[0])
    cells, (dear, honest) = _extremes(here), headlines(runs)
    base, built = summaries.where(here, **BASE), summaries.where(runs, **BASE, regime=REGIMES[-1])
    level, bribes = (
        answers.amount(summaries.values(base, name), "thousand USD", 1e-3) for name in (CLAIM.column, "bribes_usd")
    )
    paid, taken = (
        answers.amount(summaries.values(built, name), "thousand USD", 1e-3)
        for name in ("liquidators_usd", "authors_usd")
    )
    return (
        f"For bribes of {bribes}, {level} of healthy debt are liquidated; with bonds of {cells['bond_usd']:,.0f} USD: "
        f"{dear.said}; with only {cells['bribable_share']:.0%} who may be bribed: {honest.said}. Under {REGIMES[-1]} "
        f"liquidators gain {paid} net of bribes, and builders {taken}."
    )


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares: the largest bond, and the smallest share that may be bribed, with the base."""
    here, found = summaries.where(runs, regime=REGIMES[0]), {}
    for name, value in _extremes(here).items():
        cell = BASE | {name: value}
        first, second = (summaries.where(here, **levers).set_index("seed")[CLAIM.column] for levers in (BASE, cell))
        what = f"wrongly liquidated, {_name(cell)} less base"
        found[name] = pair(what, second, first, "thousand USD", 1e-3)
    return list(together(found).values())


def _extremes(runs: pd.DataFrame) -> dict[str, float]:
    """The largest bond and the smallest share that may be bribed."""
    bonds, shares = (summaries.values(runs, name) for name in ("bond_usd", "bribable_share"))
    return {"bond_usd": float(bonds.max()), "bribable_share": float(shares.min())}


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Means (standard errors) by condition and regime, and the verdict on what is wrongly liquidated.

    The base is compared to siloed, and every condition to the base under the same regime, at the same seeds. A verdict
    is "more", "less" or "open", by Holm's correction over all comparisons of the table.
    """
    columns = {
        "wrongly liquidated [thousand USD]": ("wrongly_liquidated_usd", 1e3),
        "bribes [thousand USD]": ("bribes_usd", 1e3),
        "bonds slashed [thousand USD]": ("slashed_bonds_usd", 1e3),
        "feed error [bp]": ("feed_error_bp", 1.0),
        "worst feed error [bp]": ("feed_error_worst_bp", 1.0),
    }
    judged, rows = _judged(runs), []
    for cell, part in summaries.cells(runs, [*BASE, "regime"]):
        name = _name(cell)
        row: dict[str, Any] = {"committee": name, "regime": cell["regime"]}
        for title, (outcome, unit) in columns.items():
            row[title] = statistics.mean_and_error(summaries.values(part, outcome) / unit)
        rows.append(row | {"wrongly liquidated, compared": judged.get((name, cell["regime"]), "")})
    return pd.DataFrame(rows)


def _name(cell: Mapping[str, Any]) -> str:
    """What of a cell differs from the base."""
    texts = {"reporters": "{:.0f} reporters", "bond_usd": "bond {:.0f} USD", "bribable_share": "{:.0%} bribable"}
    return next((text.format(cell[name]) for name, text in texts.items() if cell[name] != BASE[name]), "base")


def _judged(runs: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Differences [thousand USD] and verdicts by condition and regime, all judged together."""
    base, found = summaries.where(runs, **BASE), {}
    for cell, part in summaries.cells(runs, [*BASE, "regime"]):
        name, regime = _name(cell), cell["regime"]
        first = summaries.where(base, regime=REGIMES[0] if name == "base" else regime)
        if name == "base" and regime == REGIMES[0]:
            continue
        compared = pd.concat([first.assign(regime="first"), part.assign(regime="second")])
        found[name, regime] = verdicts.difference(compared, CLAIM, ("first", "second"))
    corrected = statistics.holm([statistics.chance(one.sample) for one in found.values()])
    return {
        key: f"{verdicts.shown(one, CLAIM)}: {statistics.verdict(one.sample, float(chance))}"
        for (key, one), chance in zip(found.items(), corrected, strict=True)
    }
