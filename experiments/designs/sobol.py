"""Variances that levers explain, alone and with others, from pairs of points of which one lever is exchanged.

Sources: I. M. Sobol' (2001), Global sensitivity indices for nonlinear mathematical models, Mathematics and Computers in
Simulation 55; A. Saltelli et al. (2010), Variance based sensitivity analysis of model output, Computer Physics
Communications 181, whose estimators SALib has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from experiments.analysis.summaries import Row
from experiments.designs import _estimates as estimates
from experiments.designs._estimates import Index
from experiments.runs.design import Design

TITLE = "Shares of variance by Sobol"
SIZES = "N a power of two from 8 to 4096, of N (levers + 2) points"
STRANDS = "pairs of points"
HEADLINE = "ST"
INDICES = {
    "S1": "share of the variance that the lever alone explains [1]",
    "ST": "share of the variance that would go if all but the lever were known [1]",
}


def allowed(size: int) -> bool:
    """Return whether a size is a power of two that is small enough."""
    return 8 <= size <= 4096 and not size & (size - 1)


def points(levers: int, size: int, seed: int) -> tuple[list[list[float | None]], list[int]]:
    """Return pairs of scrambled points, and the first of each with one lever of the second's."""
    sampler = estimates.salib("sample.sobol")
    found = sampler.sample(
        estimates.problem(levers), size, calc_second_order=False, seed=np.random.default_rng(estimates.seeded(seed))
    )
    return found.tolist(), np.repeat(np.arange(size), levers + 2).tolist()


def rows(design: Design, samples: NDArray[np.float64], whole: NDArray[np.bool_]) -> Iterator[Row]:
    """Rows of both shares of every lever."""
    return estimates.rows(design, samples, whole, indices)


def indices(points: NDArray[np.float64], outcome: NDArray[np.float64], seed: int) -> Mapping[str, Index]:
    """Return first-order and total shares; NaN where the outcome does not vary, and has nothing to be explained.

    Parameters
    ----------
    points : shape (points, levers), shares of the levers' ranges, pair by pair
    outcome : shape (points,)
    seed : above 0, of the resampling
    """
    levers = points.shape[1]
    pairs = outcome.reshape(-1, levers + 2)[:, [0, -1]]
    if np.ptp(pairs) <= np.finfo(float).eps * np.abs(outcome).max():
        nothing = Index(np.full(levers, np.nan), np.full(levers, np.nan))
        return {"S1": nothing, "ST": nothing}
    found = estimates.salib("analyze.sobol").analyze(
        estimates.problem(levers), outcome, calc_second_order=False, num_resamples=estimates.RESAMPLES, seed=seed
    )
    return {
        name: Index(np.asarray(found[name]), np.asarray(found[f"{name}_conf"]) / estimates.NORMAL)
        for name in ("S1", "ST")
    }
