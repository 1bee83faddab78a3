"""How the express lane of Timeboost sells and is used, beside what was measured of the deployed one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from experiments.analysis import answers, statistics, summaries
from experiments.later import pd
from experiments.markets.scenarios import reference
from experiments.runs.study import Configure, Run, seeds
from market import regimes
from market.config import MarketConfig

TITLE = "The express lane of Timeboost beside what was measured of it"
QUESTION = "Does the express lane sell and is it used here as was measured on Arbitrum in 2025?"
HYPOTHESIS = (
    "Two bidders win every round by construction, and pay little of what they bid; among six, who are alike, wins are "
    "shared more than was measured. A bid says little of what its minute turns out to be worth, however many bid. "
    "Where all may sell rounds on, some rounds are, and none of the facts changes."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PARTIES, QUICK_PARTIES = ((2, False), (6, False), (6, True)), ((2, False), (2, True))
"""Bidders for the lanes, all alike, and whether they offer rounds that they have won for sale.

Two are as many as in the reference population, six enough that two need not win all.
"""
LEVERS = ["bidders", "resell"]
HORIZON_S, QUICK_HORIZON_S = 2400.0, 300.0


class Fact(NamedTuple):
    """What was measured: a value, or the range in which it lay."""

    title: str
    outcome: str
    measured: str
    low: float
    high: float


FACTS = (
    Fact("rounds that the two biggest winners take [1]", "lane_top_two_share", "more than 0.9", 0.9, 1.0),
    Fact("of what comes through the lane, reverted [1]", "lane_reverted_share", "0.22", 0.22, 0.22),
    Fact("rank correlation of bid and worth [1]", "lane_bid_value_rank_correlation", "weak: within 0.3", -0.3, 0.3),
    Fact("price over highest bid [1]", "lane_paid_over_highest", "0.627, later 0.148", 0.148, 0.627),
    Fact("effective bidders [1]", "lane_effective_bidders", "2.7, later 1.2", 1.2, 2.7),
)
"""Sources: arXiv 2509.22143 and 2511.18328, on Arbitrum One in 2025. There one lane serves one chain, here each rollup
has its own. No parameter is set to any of them. That a correlation within 0.3 is weak is this study's word."""


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """The reference scenario under `timeboost`, by how many bid and whether they resell."""
    for bidders, resell in QUICK_PARTIES if quick else PARTIES:
        config = configure(market_of(bidders, QUICK_HORIZON_S if quick else HORIZON_S, resell))
        for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
            yield Run({"bidders": bidders, "resell": resell}, config.regime.name, seed, config)


def market_of(bidders: int, horizon_s: float, resell: bool = False) -> MarketConfig:
    """Return the reference scenario with so many bidders for the lanes, who sell rounds on or keep them."""
    base = reference(regime=regimes.load("timeboost"))
    party = {"count": bidders, "strategy": "express_reseller" if resell else "express_bidder"}
    agents = tuple(
        group.model_copy(update=party) if group.strategy == "express_bidder" else group for group in base.agents
    )
    return base.model_copy(update={"horizon_s": horizon_s, "agents": agents})


def met(fact: Fact, sample: Any, together: int = 1) -> str:
    """Whether the interval of the mean holds the value that was measured, or lies in the range: "met", "not met".

    It is "open" where the interval lies across an end of the range, and with fewer than twenty seeds. Of `together`
    that are judged, the interval is so wide that 95 times in a hundred all hold their means (Bonferroni).
    """
    values = statistics.finite(sample)
    low, high = statistics.interval(values, 1.0 - statistics.LEVEL / together)
    if values.size < statistics.ENOUGH:
        return "open"
    if high < fact.low or low > fact.high:
        return "not met"
    inside = fact.low <= low and high <= fact.high
    return "met" if inside or fact.low == fact.high else "open"


def _judged(runs: Any) -> int:
    """How many verdicts there are: one for each fact and party of bidders."""
    return len(FACTS) * runs.groupby(LEVERS).ngroups


def _named(bidders: int, resell: bool) -> str:
    return f"{bidders} bidders{' who resell' if resell else ''}"


def answer(runs: Any) -> str:
    """How many facts are met, by who bids, and the two most telling numbers."""
    said = []
    for levers, part in summaries.cells(runs, LEVERS):
        verdicts = [met(fact, part[fact.outcome], _judged(runs)) for fact in FACTS]
        unsettled = f", {verdicts.count('open')} open" if "open" in verdicts else ""
        shares = (answers.amount(part[name], "%", 100.0) for name in ("lane_top_two_share", "lane_reverted_share"))
        top, reverted = shares
        said.append(
            f"with {_named(**levers)} {verdicts.count('met')} are met, {verdicts.count('not met')} not{unsettled}: the "
            f"two biggest winners take {top} of rounds (measured: more than 90%), and {reverted} of what comes through "
            f"lanes is reverted (22%){_resold(part) if levers['resell'] else ''}"
        )
    return f"Of {len(FACTS)} facts, {'; '.join(said)}."


def _resold(part: Any) -> str:
    """How many rounds were sold on, and for how much each."""
    share = answers.amount(part["lane_rounds_resold"] / part["lane_rounds"], "%", 100.0)
    sold = part[part["lane_rounds_resold"] > 0]
    price = answers.amount(sold["lane_resale_usd"] / sold["lane_rounds_resold"], "USD")
    return f"; {share} of rounds are sold on, for {price}"


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By fact and who bids: what the model says, what was measured, and whether that is met."""
    rows = []
    for fact in FACTS:
        for at, (levers, part) in enumerate(summaries.cells(runs, LEVERS)):
            rows.append(
                {
                    "fact": fact.title if at == 0 else "",
                    "by": _named(**levers),
                    "model": answers.amount(part[fact.outcome], ""),
                    "measured": fact.measured if at == 0 else "",
                    "met": met(fact, part[fact.outcome], _judged(runs)),
                }
            )
    return pd.DataFrame(rows)
