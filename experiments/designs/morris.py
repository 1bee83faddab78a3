"""Elementary effects: by how much an outcome changes when one lever is moved, at random points of all the others.

Sources: M. Morris (1991), Factorial sampling plans for preliminary computational experiments, Technometrics 33;
F. Campolongo, J. Cariboni and A. Saltelli (2007), An effective screening design for sensitivity analysis of large
models, Environmental Modelling & Software 22, for the mean of their absolute values. The estimators are SALib's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from experiments.analysis.summaries import Row
from experiments.designs import _estimates as estimates
from experiments.designs._estimates import Index
from experiments.runs.design import Design

TITLE = "Elementary effects by Morris"
SIZES = "N from 2 to 1000 trajectories, of levers + 1 points each"
STRANDS = "trajectories"
HEADLINE = "mu_star"
INDICES = {
    "mu_star": "mean absolute change over the lever's whole range",
    "mu": "mean change over the lever's whole range",
    "sigma": "standard deviation of that change between points",
}
LEVELS = 4
"""Of each lever; a step is two thirds of its range, with which all are as likely."""


def allowed(size: int) -> bool:
    """Return whether there may be as many trajectories."""
    return 2 <= size <= 1000


def points(levers: int, size: int, seed: int) -> tuple[list[list[float | None]], list[int]]:
    """Return trajectories, each of which moves one lever after another, in random order."""
    sampler = estimates.salib("sample.morris")
    found = sampler.sample(estimates.problem(levers), size, num_levels=LEVELS, seed=estimates.seeded(seed))
    # levels are thirds, computed by adding: let those that are the same be the same number
    exact = np.round(found * (LEVELS - 1)) / (LEVELS - 1)
    return exact.tolist(), np.repeat(np.arange(size), levers + 1).tolist()


def rows(design: Design, samples: NDArray[np.float64], whole: NDArray[np.bool_]) -> Iterator[Row]:
    """Rows of the three statistics of every lever."""
    return estimates.rows(design, samples, whole, indices)


def indices(points: NDArray[np.float64], outcome: NDArray[np.float64], seed: int) -> Mapping[str, Index]:
    """Return statistics of elementary effects, in the outcome's unit over the whole range of a lever.

    Parameters
    ----------
    points : shape (points, levers), shares of the levers' ranges, trajectory by trajectory
    outcome : shape (points,)
    seed : above 0, of the resampling
    """
    levers = points.shape[1]
    trajectories = len(outcome) // (levers + 1)
    if trajectories < 2:
        nothing = Index(np.full(levers, np.nan), np.full(levers, np.nan))
        return dict.fromkeys(INDICES, nothing)
    found = estimates.salib("analyze.morris").analyze(
        estimates.problem(levers), points, outcome, num_levels=LEVELS, num_resamples=estimates.RESAMPLES, seed=seed
    )
    star, mu, sigma = (np.asarray(found[name], dtype=np.float64) for name in ("mu_star", "mu", "sigma"))
    star_errors = np.asarray(found["mu_star_conf"], dtype=np.float64) / estimates.NORMAL
    return {
        "mu_star": Index(star, star_errors),
        "mu": Index(mu, sigma / np.sqrt(trajectories)),
        "sigma": Index(sigma, np.full(levers, np.nan)),
    }
