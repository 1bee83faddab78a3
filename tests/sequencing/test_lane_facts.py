"""What was measured of an express lane, beside what the model says of `timeboost`: no parameter is set to it.

Six parties bid here, and not the two of the reference population, who win everything by construction. The study
`express_lane` states the facts with their sources, and prints them beside the model's.
"""

from __future__ import annotations

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.analysis import summaries
from experiments.runs.run import run_one
from experiments.studies import express_lane as study
from figures import express_lane as figure

BIDDERS = 6


@pytest.mark.slow
def test_the_lane_beside_the_facts() -> None:
    """What holds is that bids say little of their minute, and that winners pay less than they bid."""
    config = study.market_of(BIDDERS, study.HORIZON_S)
    rows = [run_one(config, seed) for seed in (1, 2)]
    found = {fact.outcome: np.array([float(row[fact.outcome]) for row in rows]) for fact in study.FACTS}
    assert all(float(row["lane_rounds"]) > 200 for row in rows)
    assert np.abs(found["lane_bid_value_rank_correlation"]).max() < 0.3
    assert (found["lane_top_two_share"] < 1.0).all(), "with six of them two need not win everything"
    assert ((found["lane_reverted_share"] > 0.0) & (found["lane_reverted_share"] < 1.0)).all()
    ratio = found["lane_paid_over_highest"]
    assert (ratio < 1.0).all()
    assert found["lane_effective_bidders"] == pytest.approx(1.0 / (1.0 - ratio))


def test_as_many_bid_as_are_asked_for() -> None:
    for resell, strategy in ((False, "express_bidder"), (True, "express_reseller")):
        agents = study.market_of(BIDDERS, 60.0, resell).agents
        (group,) = (group for group in agents if group.strategy.startswith("express"))
        assert (group.strategy, group.count) == (strategy, BIDDERS)


@pytest.mark.parametrize(
    ("middle", "verdicts"),
    [(0.95, {"more": "met", "point": "not met"}), (0.22, {"more": "not met", "point": "met"}), (0.9, {"more": "open"})],
)
def test_a_fact_is_met_where_the_interval_holds_it_or_lies_in_its_range(middle: float, verdicts: dict) -> None:
    facts = {"more": study.FACTS[0], "point": study.FACTS[1]}
    sample = middle + 0.01 * np.tile([-1.0, 1.0], 10)
    for name, verdict in verdicts.items():
        assert study.met(facts[name], sample) == verdict
        assert study.met(facts[name], sample[:-1]) == "open", "nineteen seeds settle nothing"


def test_of_many_facts_one_is_met_by_an_interval_of_all_together() -> None:
    """Its end is 2.6 standard errors away: more than Student's 2.1 of one interval, less than the 3.2 of ten."""
    deviation = 0.01 * np.tile([-1.0, 1.0], 10)
    sample = 0.9 + 2.6 * deviation.std(ddof=1) / np.sqrt(20.0) + deviation
    assert study.met(study.FACTS[0], sample) == "met"
    assert study.met(study.FACTS[0], sample, 10) == "open"


@pytest.fixture
def runs() -> pd.DataFrame:
    return pd.DataFrame(
        {"regime": "timeboost", "bidders": bidders, "resell": resell, "seed": seed}
        | {"lane_rounds": 40, "lane_rounds_resold": 10 * resell, "lane_resale_usd": 100.0 * resell}
        | {fact.outcome: share + 0.001 * (seed % 2) for fact in study.FACTS}
        for bidders, resell, share in ((2, False, 0.95), (6, False, 0.5), (6, True, 0.5))
        for seed in range(1, 21)
    )


def test_the_figure_shows_the_summary_and_the_facts_of_the_study(runs: pd.DataFrame) -> None:
    drawn.check("express_lane", summaries.plain(runs, study.LEVERS))
    facts = [(fact.outcome, fact.low, fact.high) for fact in study.FACTS]
    assert [(panel.outcome, panel.low, panel.high) for panel in figure.PANELS] == facts


def test_the_table_states_model_measured_and_whether_it_is_met(runs: pd.DataFrame) -> None:
    table = study.table(runs)
    assert table["met"].tolist()[:4] == ["met", "not met", "not met", "not met"]
    assert table["measured"].tolist()[3] == "0.22"
    text = answered.check("express_lane", runs)
    assert "with 2 bidders 1 are met, 4 not" in text
    assert "with 6 bidders 1 are met, 4 not" in text
    assert "with 6 bidders who resell 1 are met, 4 not" in text
    assert "25% (25 to 25) of rounds are sold on, for 10 USD" in text
