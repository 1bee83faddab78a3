"""The study of the breaker: its grid, table and figure, and the paradox that a pause feeds what it should stop."""

from __future__ import annotations

from pathlib import Path

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.analysis import summaries
from experiments.runs import study as studies
from experiments.runs.store import is_wall_clock
from experiments.studies import _breaker_scenes as scenes
from experiments.studies import circuit_breaker as circuit
from experiments.validation.cascade import final_drop

STUDY = studies.load("circuit_breaker")


@pytest.fixture(scope="module")
def finished() -> pd.DataFrame:
    runs = STUDY.runs(2, True, lambda config: config)
    return pd.DataFrame([{"regime": r.regime, "seed": r.seed, **r.levers, **STUDY.execute(r)} for r in runs])


def mean(rows: pd.DataFrame, column: str, **levers: str) -> float:
    return float(np.mean(summaries.values(summaries.where(rows, **levers), column)))


def test_no_outcome_is_taken_for_wall_clock_time() -> None:
    assert not [name for name in circuit.APPROACH if is_wall_clock(name)]


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, True, lambda config: config))
    assert len({studies.run_id("circuit_breaker", run) for run in runs}) == len(runs)


def test_what_a_pause_does_to_hedges_is_compared_at_the_same_seed() -> None:
    runs = pd.DataFrame(
        {
            "part": "options",
            "breaker": breaker,
            "seed": seed,
            "hedge_age_s": age + seed,
            "hedge_cost": 1e-4 * age,
            "vega_beyond_usd": 2 * age,
        }
        for breaker, age in (("none", 5.0), ("reference", 9.0))
        for seed in range(20)
    )
    found = circuit._of_hedges(runs)
    assert found["hedge_age_s"].said == "+4 s (4 to 4)"
    assert found["hedge_cost"].said == "+4 bp (4 to 4)"
    assert found["vega_beyond_usd"].said == "+8 USD by a point (8 to 8)"
    assert circuit._of_hedges(runs.assign(part="crash")) == {}


@pytest.mark.slow
def test_a_pause_makes_hedges_older(finished: pd.DataFrame) -> None:
    """They are no liquidations, so that they wait; where nobody is a maker of options there is no age."""
    assert mean(finished, "vega_beyond_usd", part="options", breaker="none") > 0.0
    ages = [mean(finished, "hedge_age_s", part="options", breaker=name) for name in ("none", "reference")]
    assert ages[1] > ages[0]
    assert finished.loc[finished["part"] != "options", "hedge_age_s"].isna().all()


@pytest.mark.slow
def test_table_and_figure(finished: pd.DataFrame, tmp_path: Path) -> None:
    assert len(STUDY.table(finished)) == len(finished) / 2
    answered.check("circuit_breaker", finished)
    drawn.check_stored("circuit_breaker", STUDY.summary(finished), tmp_path)


@pytest.mark.slow
def test_a_pause_feeds_the_cascade_of_pools_and_exempt_arbitrage_does_not(finished: pd.DataFrame) -> None:
    """Leverage density 0.8: the exact cascade of a fall by 2% on one pool ends at 4.67 times the fall.

    One seed's four rollups vary by 7%, measured over sixteen seeds: their borrowers' loans are of different sizes.
    """
    amplified = {}
    for name in ("none", "pause", "arbitrage exempt"):
        cell = summaries.where(finished, world=scenes.STILL, breaker=name)
        amplified[name] = float(np.mean(summaries.values(cell, "seized") / summaries.values(cell, "first_wave")))
    assert amplified["pause"] == pytest.approx(final_drop(0.8, scenes.EPS) / scenes.EPS, rel=0.1)
    assert amplified["none"] == pytest.approx(1.0, abs=0.1)
    assert amplified["arbitrage exempt"] == pytest.approx(amplified["none"], rel=0.1)


@pytest.mark.slow
def test_with_an_outside_oracle_a_pause_changes_nothing_about_who_is_liquidated(finished: pd.DataFrame) -> None:
    """Where borrowers do not defend themselves, to the last of them."""
    none, pause = (summaries.where(finished, world="external", breaker=name) for name in ("none", "pause"))
    assert (pause["pauses"] > 0).all()
    assert none["who"].tolist() == pause["who"].tolist()
    assert none["liquidated_usd"].tolist() == pytest.approx(pause["liquidated_usd"].tolist(), rel=1e-9)


@pytest.mark.slow
def test_in_the_crash_it_is_their_paused_defence_that_costs_borrowers(finished: pd.DataFrame) -> None:
    """The same people are liquidated as without a breaker once top-ups and repayments pass."""
    crash = summaries.where(finished, part="crash", oracle="external")
    none, cured = (mean(crash, "liquidated_usd", breaker=name) for name in ("none", "defence exempt"))
    assert cured == pytest.approx(none, rel=0.02)


@pytest.mark.slow
def test_liquidators_stall_on_a_pool_that_nobody_refills(finished: pd.DataFrame) -> None:
    """At density 0.8 a fall of 10% asks pools to take 4% of their reserve, of which a bonus of 5% allows 2.5%."""
    none, pause, exempt = (
        mean(finished, "bad_debt_usd", world="external, twice", breaker=name)
        for name in ("none", "pause", "arbitrage exempt")
    )
    assert pause > 10.0 * none
    assert exempt == pytest.approx(none, rel=0.01)


@pytest.mark.slow
def test_nobody_who_does_not_look_is_drawn_to_the_threshold(finished: pd.DataFrame) -> None:
    """Up to the trigger a market whose breaker pauses is the one whose breaker pauses nobody, bit for bit."""
    sums = [name for name in finished.columns if name.startswith(("near_", "far_"))] + ["approached", "triggered"]
    blind = summaries.where(finished, part="approach", anticipation="off")
    one, other = (summaries.where(blind, breaker=name)[sums].to_numpy() for name in ("pauses", "pauses nobody"))
    assert len(sums) == 14
    assert np.array_equal(one, other)


@pytest.mark.slow
def test_who_anticipates_a_pause_that_pauses_nobody_does_nothing(finished: pd.DataFrame) -> None:
    """A breaker without a pause is nothing to fear: beside it, anticipation on is anticipation off."""
    cells = (summaries.where(finished, part="approach", breaker="pauses nobody", anticipation=a) for a in ("on", "off"))
    one, other = (cell[["near_squares", "far_squares", "liquidated_usd"]].to_numpy() for cell in cells)
    assert np.array_equal(one, other)


@pytest.mark.slow
def test_only_breakers_pause(finished: pd.DataFrame) -> None:
    none = summaries.where(finished, breaker="none")
    assert not none[["pauses", "paused", "paused_s"]].to_numpy().any()
    assert (summaries.where(finished, breaker="reference")["pauses"] > 0).all()
