"""The study of rewards for liquidity: where they take depth, its table, figure and answer."""

from __future__ import annotations

from pathlib import Path

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.runs import study as studies
from experiments.studies import _quotes_scene as quotes
from experiments.studies import liquidity_mining as study
from market.pricing.black import black
from market.settings import YEAR_S

STUDY = studies.load("liquidity_mining")


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, True, lambda config: config))
    assert len({studies.run_id("liquidity_mining", run) for run in runs}) == len(runs) == 20


def one(part: str, split: str, rate: float) -> dict[str, float]:
    run = studies.Run({"part": part}, "", 1, study.market(part, split, rate, 900.0))
    return study.execute(run)


@pytest.mark.slow
def test_rewards_bring_depth_and_equal_parts_bring_it_to_small_rollups() -> None:
    none, equal = one("pools", "none", 0.0), one("pools", "equal", 8000.0)
    assert none["paid_usd"] == 0.0 < equal["paid_usd"]
    assert equal["depth_usd"] > 1.1 * none["depth_usd"]
    assert equal["share_3"] > 1.5 * none["share_3"]
    assert max(none["conservation_error"], equal["conservation_error"]) < 1e-9
    assert sum(equal[f"share_{at}"] for at in range(4)) == pytest.approx(1.0)


@pytest.mark.slow
def test_rewards_for_quotes_bring_quotes_where_none_stood_and_narrow_them_where_they_are_paid() -> None:
    """On the smallest rollup nothing up to the widest half spread pays unless quotes are paid for there."""
    none, equal, largest = (
        one("quotes", *paid) for paid in (("none", 0.0), ("equal", 8000.0), ("one rollup", 8000.0))
    )  # fmt: skip
    full = quotes.SIZE * quotes.PRICE * len(quotes.INVESTORS_PER_S)
    assert none["known_3_bp"] > quotes.MOST_BP > equal["known_3_bp"]
    assert none["depth_usd"] < 0.95 * equal["depth_usd"] <= full
    assert all(equal[f"half_{at}_bp"] < none[f"half_{at}_bp"] for at in range(4))
    # what is paid on one rollup alone changes nothing on the others
    for at in range(4):
        assert (largest[f"half_{at}_bp"] == none[f"half_{at}_bp"]) == (at > 0)
    assert max(equal["cost_bp"], largest["cost_bp"]) < none["cost_bp"]
    assert max(each["conservation_error"] for each in (none, equal, largest)) < 1e-9


@pytest.mark.parametrize("rollup", range(4))
def test_rewards_lower_what_leaves_nothing_by_what_is_paid_for_each_option_traded(rollup: int) -> None:
    """A little paid lowers it by that over the rate at which options are traded: investors, and jumps that pay."""
    little, known = 1e-3, quotes.known_bp(rollup, 0.0)
    nodes, weights = np.polynomial.hermite_e.hermegauss(201)
    moves = 1e4 * np.abs([worth(np.exp(quotes.JUMP_SD * node)) - worth(1.0) for node in nodes])
    sniped = quotes.JUMPS_PER_S * float(weights @ (moves > known)) / weights.sum()
    traded = -2.0 * np.expm1(-0.5 * quotes.INVESTORS_PER_S[rollup]) + sniped
    fallen = known - quotes.known_bp(rollup, little)
    assert fallen == pytest.approx(1e4 * little / (quotes.SIZE * quotes.PRICE) / traded, rel=0.01)


def worth(spot: float) -> float:
    return black(spot, 1.0, quotes.TENOR_S / YEAR_S, quotes.VOLATILITY, 0.0, 0.0, True).price


def test_more_than_snipers_take_is_paid_in_vain() -> None:
    assert quotes.known_bp(0, 1e4) == 0.0


@pytest.mark.slow
def test_table_figure_and_answer(tmp_path: Path) -> None:
    runs = pd.DataFrame(
        {"regime": run.regime, "seed": run.seed, **run.levers, **STUDY.execute(run)}
        for run in STUDY.runs(2, True, lambda config: config)
    )
    assert np.asarray(runs["conservation_error"], float).max() < 1e-9
    answered.check("liquidity_mining", runs)
    assert STUDY.summary is not None
    drawn.check_stored("liquidity_mining", STUDY.summary(runs), tmp_path)
