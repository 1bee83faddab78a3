"""Algorithmic pricing: supracompetitive prices held up by punishment.

Source: E. Calvano, G. Calzolari, V. Denicolo and S. Pastorello (2020), Artificial intelligence, algorithmic pricing,
and collusion, American Economic Review 110.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.equilibrium import Punishment, punishment
from experiments.games.pricing import Learning, LogitMarket, collusion_index, deviate, session
from experiments.validation._rows import mean_and_error, row, three_errors

ID = "A8"
TITLE = "Algorithmic pricing: Delta and the punishment of deviations"

PATIENCE = 0.95
DELTA, MILLIONS, TRIOPOLY = 0.85, 1.86, 0.64
DIGIT = 0.01
PAPER_SESSIONS, OWN_SESSIONS = 1000, 64
"""Sessions behind a published Delta, and behind the periods until convergence; their spread is taken to be ours."""


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer: 64 sessions of the duopoly, 128 and the triopoly unless `quick`."""
    exact = {
        2: {"Nash price": 1.472927, "monopoly price": 1.924981, "Nash profit": 0.222927, "monopoly profit": 0.337490},
        3: {"Nash price": 1.370163, "monopoly price": 2.0, "Nash profit": 0.120163, "monopoly profit": 0.25},
    }
    for n, benchmarks in exact.items():
        found = LogitMarket(n).benchmarks()
        for (name, expected), simulated in zip(benchmarks.items(), found, strict=True):
            yield row(ID, f"n={n}", name, expected, simulated, 1e-6)
    yield from _collusion(64 if quick else 128)
    yield from _impatient(24 if quick else 64)
    if not quick:
        deltas, _, _, _ = _sessions(LogitMarket(3), Learning(), 64, certify=False)
        yield _mean("n=3 discount .95", "Delta", TRIOPOLY, deltas, PAPER_SESSIONS)


def _mean(case: str, statistic: str, published: float, sample: np.ndarray, sessions: int) -> dict[str, Any]:
    """One row: a mean over sessions against one that was published from so many of them."""
    mean, error = mean_and_error(sample)
    uncertain = float(np.std(sample, ddof=1) / np.sqrt(sessions))
    return row(ID, case, statistic, published, mean, three_errors(error, uncertain, DIGIT), error)


def _sessions(
    market: LogitMarket, learning: Learning, count: int, certify: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Punishment | None]:
    """Delta, periods and own price change after a deviation by session, and the punishment over all."""
    deltas, periods, gains, own, rivals = [], [], [], [], []
    for seed in range(count):
        result = session(market, learning, seed)
        deltas.append(collusion_index(market, result))
        periods.append(result.periods)
        if certify:
            shock = deviate(market, result, PATIENCE)
            gains.append(shock.gain)
            own.append(shock.deviator[:30])
            rivals.append(shock.rivals[:30])
    verdict = punishment(np.array(rivals), np.array(gains)) if certify else None
    return np.array(deltas), np.array(periods), np.array(own), verdict


def _collusion(count: int) -> Iterator[dict[str, Any]]:
    case = "n=2 discount .95"
    deltas, periods, own, verdict = _sessions(LogitMarket(), Learning(), count)
    assert verdict is not None
    yield _mean(case, "Delta", DELTA, deltas, PAPER_SESSIONS)
    yield _mean(case, "periods to convergence [1e6]", MILLIONS, periods / 1e6, OWN_SESSIONS)
    # No errors are published of what follows; these are the bands within which a punishment counts as one.
    yield row(ID, case, "share of deviations that do not pay", 1.0, verdict.unprofitable, 0.1)
    # Both prices fall after the deviation, by a good part of the .452 between Nash and monopoly, and come back.
    yield row(ID, case, "share of sessions, own price below", 1.0, (own[:, 1] < 0).mean(), 0.1)
    yield row(ID, case, "depth of punishment, price", 0.226, verdict.depth, 0.113)
    yield row(ID, case, "length of punishment, periods", 5.0, verdict.length, 5.0)


def _impatient(count: int) -> Iterator[dict[str, Any]]:
    """Learners that do not care for the future also price above Nash, but punish nobody: Delta alone is no evidence."""
    case = "n=2 discount 0"
    deltas, _, _, verdict = _sessions(LogitMarket(), Learning(discount=0.0), count)
    assert verdict is not None
    mean, error = mean_and_error(deltas)
    yield row(ID, case, "Delta is above 0 by 3 s.e. (1: yes)", 1.0, float(mean > 3.0 * error), 0.0, error)
    yield row(ID, case, "depth of punishment, price", 0.0, verdict.depth, 0.02)
