"""The studies of learning, auctions and collusion: grids, outcomes, tables and figures."""

from __future__ import annotations

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.runs import study as studies
from experiments.runs.study import Run
from experiments.studies import auction_equilibrium

NAMES = ("auction_equilibrium", "bidding_war", "role_selection", "builder_equilibrium", "collusion")
SMALL = {
    "auction_equilibrium": {"rounds": 2000, "all_pay_rounds": 2000, "bins": 8},
    "bidding_war": {"auctions": 100},
    "role_selection": {"agents": 4, "rounds": 1000, "measured": 1000},
    "builder_equilibrium": {
        "builders": 2,
        "test_blocks": 10,
        "test_seeds": 4,
        "margins": (0.0, 0.5),
        "reply_blocks": 20,
    },
    "collusion": {
        "auctions": 10_000,
        "games": 1,
        "blocks": 50,
        "test_blocks": 20,
        "ring_blocks": 60,
        "window": 10,
        "false_positive": 0.25,
    },
}


def grid(name: str) -> list[Run]:
    """The quick grid at its smallest."""

    def shrink(base):
        return type(base).model_validate(base.model_dump() | SMALL[name])

    return list(studies.load(name).runs(1, True, shrink))


@pytest.mark.parametrize("name", NAMES)
def test_grids_are_of_different_runs(name):
    runs = grid(name)
    assert len({studies.run_id(name, run) for run in runs}) == len(runs)
    levers = [tuple(run.levers) for run in runs]
    assert len(set(levers)) == 1, "every row has the same levers"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_from_the_grid_to_table_and_figure(name, tmp_path):
    study = studies.load(name)
    rows = [
        dict(run.levers) | {"seed": run.seed, "regime": run.regime} | dict(study.execute(run)) for run in grid(name)
    ]
    frame = pd.DataFrame(rows)
    assert np.isfinite(frame.select_dtypes("number").to_numpy()).any(axis=0).all()
    table = study.table(frame)
    answered.check(name, frame)
    assert len(table)
    assert not table.isna().any().any()
    drawn.check_stored(study.name, study.summary(frame), tmp_path)


def test_exact_bids_and_revenues_agree_with_each_other():
    """The revenue of a format is what its exact bids bring: the highest, the second highest, or all of them."""
    rng, n = np.random.default_rng(1), 4
    values = np.sort(rng.random((200_000, n)), axis=1)
    for auction, collected in (
        ("first_price", lambda bids: bids[:, -1]),
        ("second_price", lambda bids: bids[:, -2]),
        ("all_pay", lambda bids: bids.sum(axis=1)),
    ):
        bids = auction_equilibrium.exact_bids(auction, values, n, 0.0)
        exact = auction_equilibrium.exact_revenue(auction, n, 0.0, 1)
        assert collected(bids).mean() == pytest.approx(exact, abs=0.003)
    reserved = np.nan_to_num(auction_equilibrium.exact_bids("first_price", values, n, 0.5)).max(axis=1)
    assert reserved.mean() == pytest.approx(auction_equilibrium.exact_revenue("first_price", n, 0.5, 1), abs=0.003)


@pytest.mark.slow
def test_builders_who_learn_come_within_two_percent_of_an_equilibrium():
    study = studies.load("builder_equilibrium")
    runs = [run for run in study.runs(3, False, lambda base: base) if run.levers["learner"] == "Q-learning"]
    found = [study.execute(run) for run in runs if run.levers["blocks"] == 4000]
    assert all(outcome["lower_bound"] == 1 for outcome in found)
    assert np.mean([outcome["nash_conv_share"] for outcome in found]) < 0.02
