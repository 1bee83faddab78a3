"""The schedule by which agents look is no treatment: it does not move what users pay, under regimes of every make."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.analysis import statistics
from experiments.markets.scenarios import crash, reference
from experiments.runs.run import run_one
from market import regimes
from market.config import EpisodeConfig

CALM: tuple[EpisodeConfig, ...] = ()
CRASH = (crash(150.0, 450.0),)
CASES = {
    **dict.fromkeys(("siloed", "centralized_shared", "encrypted", "based", "fair_ordering"), CALM),
    **dict.fromkeys(("pbs", "timeboost", "frequent_batch", "radius"), CALM),
    "encrypted in a crash": CRASH,
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_when_agents_look_does_not_move_what_users_pay(case: str) -> None:
    """A third of the window or three and a half times of it: no difference within a seed that chance does not explain.

    Worlds differ by far more (some 4.5 bp of standard error) than one world under two schedules (0.02 to 0.4 bp).
    """
    costs = np.array([[_user_cost(case, window_s, seed) for window_s in (0.1, 0.03, 0.35)] for seed in range(1, 13)])
    change = costs[:, 1:] - costs[:, :1]
    assert change.any(), "the window changes nothing at all"
    assert (statistics.holm([statistics.chance(one) for one in change.T]) > 0.05).all()
    assert (np.abs(change.mean(axis=0)) < 0.5).all()


def _user_cost(case: str, window_s: float, seed: int) -> float:
    """What users pay in ten minutes of the reference scenario, calm or with a crash in the middle [bp]."""
    base = reference(regime=regimes.load(case.partition(" ")[0]), stress=False)
    prices = base.prices.model_copy(update={"episodes": CASES[case]})
    changed = {"window_s": window_s, "horizon_s": 600.0, "prices": prices}
    return float(run_one(base.model_copy(update=changed), seed)["user_cost_served_bp"])
