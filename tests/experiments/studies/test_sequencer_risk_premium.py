"""The study of the premium for what sequencing does to makers of options: its channels, table, figure and answer."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.runs import study as studies
from experiments.studies import _premium_scene as scene
from experiments.studies import sequencer_risk_premium as study
from market.settings import YEAR_S

STUDY = studies.load("sequencer_risk_premium")


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, False, lambda config: config))
    full, others = len(study.IN_FULL), len(study.REGIMES) - len(study.IN_FULL)
    cells = full * len(study.CHANNELS) + others * len(study.EVERYWHERE) + len(study.RATES)
    assert len({studies.run_id("sequencer_risk_premium", run) for run in runs}) == len(runs) == 2 * cells


def test_a_channel_that_is_off_leaves_the_rest_as_it_is() -> None:
    """Outages apart from stress are as many and as long as those in it; without jumps the diffusion stays."""
    full = scene.market("first_come", 1800.0, **scene.MAIN)
    apart = scene.market("first_come", 1800.0, **scene.MAIN, outages="apart")
    stress = [(each.start_s, each.end_s) for each in full.prices.episodes]
    for config, inside in ((full, True), (apart, False)):
        for start, length in config.regime.consensus["scheduled"]:
            hit = any(start < end and start + length > begin for begin, end in stress)
            assert hit is inside
    assert apart.model_copy(update={"regime": full.regime}) == full
    calm = scene.market("first_come", 1800.0, **scene.MAIN, jumps=False)
    assert all(each.jumps_per_day == 0.0 and each.volatility == scene.STRESS for each in calm.prices.episodes)


def test_the_price_has_the_volatility_at_which_options_are_valued() -> None:
    """Over many cycles of stress and jumps, drawn by their laws."""
    rng, steps = np.random.default_rng(3), 400_000
    within = (np.arange(steps) % scene.CYCLE_S) < scene.STRESS_S
    sd = np.where(within, scene.STRESS, scene.VOLATILITY) / np.sqrt(YEAR_S)
    jumps = rng.poisson(scene.JUMPS_PER_H / 3600.0, steps)
    moves = sd * rng.standard_normal(steps) + scene.JUMP_SD * np.sqrt(jumps) * rng.standard_normal(steps)
    assert scene.volatility(True, True) == pytest.approx(float(moves.std()) * np.sqrt(YEAR_S), rel=0.01)
    assert scene.volatility(False, False) == scene.VOLATILITY


def test_outages_that_are_said_to_cost_the_same_have_the_same_mean_square() -> None:
    squares = [rate * length**2 for rate, length in study.RATES]
    assert squares[0] == 0.0
    assert squares[2] == 2.0 * squares[1]
    assert squares[3] == squares[1]


def test_what_is_known_is_the_age_of_hedges_times_what_they_miss() -> None:
    """A maker who owes ten options all the time, and trades none: aversion / 2 times I times the mean age."""
    seen = scene.Quoted(scene.VOLATILITY)
    seen._market = SimpleNamespace(time=4000.0, domains=[_domain(blocks=200)])
    looks = np.arange(0.0, 4000.0, 10.0)
    seen.looks = [(at, 1.0, 100.0, 10.0, at, 5e6, 4e5, 7.0 * at) for at in looks.tolist()]
    found = seen.found(0.5)
    assert found["age_s"] == pytest.approx(7.0)
    assert found["premium_vol"] == pytest.approx(0.01)
    assert found["per_day_usd"] == pytest.approx(1.0 / 10.0 * 86_400.0)
    assert found["known_vol"] == pytest.approx(0.25 * 5e6 * 7.0 / YEAR_S**2 / 100.0, rel=1e-6)


def test_parts_are_differences_at_the_same_seed() -> None:
    runs = pd.DataFrame(
        {"regime": "batch", "without": without, "seed": seed, "premium_vol": value}
        for without, by_seed in (("nothing", (0.3, 0.5)), ("sniping", (0.1, 0.4)))
        for seed, value in enumerate(by_seed)
    )
    (part,) = study._parts(runs, "premium_vol").values()
    assert part.tolist() == pytest.approx([0.2, 0.1])


def test_a_part_counts_beyond_a_tenth_of_that_under_arrival_order_at_the_same_seed() -> None:
    cells = {("first_come", "nothing"): 0.31, ("first_come", "sniping"): 0.21, ("sealed", "nothing"): 0.35}
    cells |= {("sealed", "sniping"): 0.3, ("batch", "nothing"): 0.1, ("batch", "sniping"): 0.1}
    runs = pd.DataFrame(
        {"regime": regime, "without": without, "seed": seed, "premium_vol": value * seed}
        for (regime, without), value in cells.items()
        for seed in (1, 2)
    )
    found = study._beyond_tenth(runs)
    assert {regime: one.sample.tolist() for regime, one in found.items()} == {
        "sealed": pytest.approx([0.04, 0.08]),
        "batch": pytest.approx([-0.01, -0.02]),
    }


def _domain(blocks: int) -> SimpleNamespace:
    return SimpleNamespace(regime=SimpleNamespace(consensus=SimpleNamespace(blocks=blocks)))


@pytest.mark.slow
def test_snipers_cost_where_arrival_decides(tmp_path: Path) -> None:
    runs: Any = pd.DataFrame(
        {"regime": run.regime, "seed": run.seed, **run.levers, **STUDY.execute(run)}
        for run in STUDY.runs(2, True, lambda config: config)
    )
    assert runs["conservation_error"].max() < 1e-9
    part = study._parts(runs, "premium_vol")
    assert part["first_come", "sniping"].min() > 4.0 * abs(part["cancel_first", "sniping"]).max()
    assert STUDY.summary is not None
    answered.check("sequencer_risk_premium", runs)
    drawn.check_stored("sequencer_risk_premium", STUDY.summary(runs), tmp_path)
