"""Shares of variance of a function of which they are known, by the sampler, sweep and analysis of `sensitivity`.

Source: T. Ishigami and T. Homma (1990), An importance quantification technique in uncertainty analysis for computer
models, Proceedings of the first international symposium on uncertainty modelling and analysis (ISUMA '90).

Of y = sin x1 + a sin^2 x2 + b x3^4 sin x1, each x uniform from -pi to pi, the variance is the sum of V1 = (1 + b pi^4 /
5)^2 / 2, V2 = a^2 / 8 and V13 = b^2 pi^8 (1/18 - 1/50). A seed of its own shifts all of y, which is noise and no share
of a lever's; some runs fail, and the pairs of points that they belong to are dropped.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from experiments.analysis import sensitivity, summaries
from experiments.later import pd
from experiments.runs import design as designs
from experiments.runs.comparison import Comparison
from experiments.runs.levers import Span
from experiments.runs.sensitivity import Sensitivity, points_of
from experiments.runs.store import finished
from experiments.runs.study import Run
from experiments.runs.sweep import sweep
from experiments.validation._rows import row, three_errors
from market.errors import InputError

ID = "S1"
TITLE = "Shares of variance of Ishigami's function"

PAIRS, QUICK_PAIRS = 1024, 256
A, B = 7.0, 0.1
SHIFT = 2.0  # of y between the two seeds
FAILS_EVERY = 97  # run of the second seed, about
NOISE_TOLERANCE = 0.02  # the variance between a few hundred points is not known any better
LEVERS = tuple(Span(key, -math.pi, math.pi) for key in ("x1", "x2", "x3"))
V1, V2 = (1.0 + B * math.pi**4 / 5.0) ** 2 / 2.0, A**2 / 8.0
V13 = B**2 * math.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
VARIANCE = V1 + V2 + V13
EXACT = {
    "S1": {"x1": V1 / VARIANCE, "x2": V2 / VARIANCE, "x3": 0.0},
    "ST": {"x1": (V1 + V13) / VARIANCE, "x2": V2 / VARIANCE, "x3": V13 / VARIANCE},
}


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; none is computed where SALib is not installed."""
    pairs = QUICK_PAIRS if quick else PAIRS
    case = f"a=7 b=.1, {pairs} pairs"
    try:
        found = summary(f"sobol:{pairs}")
    except InputError as error:
        for index, levers in EXACT.items():
            for lever, expected in levers.items():
                missing = row(ID, case, f"{index} of {lever}", expected, math.nan, 0.0)
                yield missing | {"passed": None, "reason": str(error)}
        return
    for index, levers in EXACT.items():
        for lever, expected in levers.items():
            [known] = summaries.where(found, index=index, lever=lever).to_dict("records")
            error = known["standard_error"]
            yield row(ID, case, f"{index} of {lever}", expected, known["mean"], three_errors(error), error)
    between = SHIFT**2 / 2.0
    [noise] = summaries.where(found, index=sensitivity.NOISE).to_dict("records")
    yield row(ID, case, "noise share", between / (between + VARIANCE), noise["mean"], NOISE_TOLERANCE)


def summary(method: str) -> pd.DataFrame:
    """Summary of the function's outcome y over its levers by a method of `sensitivity`."""
    design = designs.parse(method, LEVERS)
    asked = Sensitivity(
        design, ("0", "0", "0"), Comparison((points_of(design, dict.fromkeys(design.keys, "0")),), ("y",))
    )
    points = dict.fromkeys(asked.values())
    runs = [Run(dict(zip(design.keys, point, strict=True)), "", seed) for point in points for seed in (1, 2)]
    study = replace(asked.study("ishigami", execute), runs=lambda *_: runs)
    done = sweep(study, runs, workers=1)
    return asked.summary(finished(pd.DataFrame(done.rows)))


def execute(run: Run) -> Mapping[str, float]:
    """One run: the function at a point, shifted by the seed."""
    x1, x2, x3 = (float(run.levers[key]) for key in ("x1", "x2", "x3"))
    if run.seed == 2 and int(abs(x1 + x2 + x3) * 1e6) % FAILS_EVERY == 0:
        raise ArithmeticError("a run that fails")
    y = math.sin(x1) + A * math.sin(x2) ** 2 + B * x3**4 * math.sin(x1)
    return {"y": y + SHIFT * (run.seed == 2)}
