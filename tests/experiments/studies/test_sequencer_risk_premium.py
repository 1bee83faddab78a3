"""The study of the premium for what sequencing does to makers of options: its channels, table, figure and answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.runs import study as studies
from experiments.studies import sequencer_risk_premium as study

STUDY = studies.load("sequencer_risk_premium")


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, False, lambda config: config))
    cells = len(study.REGIMES) * len(study.CHANNELS) + len(study.RATES)
    assert len({studies.run_id("sequencer_risk_premium", run) for run in runs}) == len(runs) == 2 * cells


def test_a_channel_that_is_off_leaves_the_rest_as_it_is() -> None:
    """Outages apart from stress are as many and as long as those in it; without jumps the diffusion stays."""
    full = study._market("first_come", 1800.0)
    apart = study._market("first_come", 1800.0, outages="apart")
    stress = [(each.start_s, each.end_s) for each in full.prices.episodes]
    for config, inside in ((full, True), (apart, False)):
        for start, length in config.regime.consensus["scheduled"]:
            hit = any(start < end and start + length > begin for begin, end in stress)
            assert hit is inside
    assert apart.model_copy(update={"regime": full.regime}) == full
    calm = study._market("first_come", 1800.0, jumps=False)
    assert all(each.jumps_per_day == 0.0 and each.volatility == study.STRESS for each in calm.prices.episodes)


def test_parts_are_differences_at_the_same_seed() -> None:
    runs = pd.DataFrame(
        {"regime": "batch", "without": without, "outages_per_h": np.nan, "seed": seed, "premium_vol": value}
        for without, by_seed in (("nothing", (0.3, 0.5)), ("sniping", (0.1, 0.4)))
        for seed, value in enumerate(by_seed)
    )
    (part,) = study._parts(runs, "premium_vol").values()
    assert part.tolist() == pytest.approx([0.2, 0.1])


@pytest.mark.slow
def test_snipers_cost_where_arrival_decides(tmp_path: Path) -> None:
    runs: Any = pd.DataFrame(
        {"regime": run.regime, "seed": run.seed, **run.levers, **STUDY.execute(run)}
        for run in STUDY.runs(2, True, lambda config: config)
    )
    assert runs["conservation_error"].max() < 1e-9
    whole: Any = runs[runs["without"] == "nothing"].groupby("regime")["sniped_usd_h"].mean()
    assert whole["first_come"] > 2.0 * whole["cancel_first"]
    assert STUDY.summary is not None
    answered.check("sequencer_risk_premium", runs)
    drawn.check_stored("sequencer_risk_premium", STUDY.summary(runs), tmp_path)
