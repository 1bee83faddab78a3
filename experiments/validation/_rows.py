"""One row of a known answer."""

from typing import Any

import numpy as np


def row(
    known: str,
    case: str,
    statistic: str,
    expected: float,
    simulated: float,
    tolerance: float,
    standard_error: float | None = None,
) -> dict[str, Any]:
    """Compare a simulated statistic with its known answer; it passes within the tolerance, both ends included."""
    return {
        "id": known,
        "case": case,
        "statistic": statistic,
        "expected": float(expected),
        "simulated": float(simulated),
        "standard_error": None if standard_error is None else float(standard_error),
        "tolerance": float(tolerance),
        "passed": bool(abs(simulated - expected) <= tolerance * (1 + 1e-12)),
    }


def mean_and_error(sample: np.ndarray) -> tuple[float, float]:
    """Mean of independent draws and its standard error."""
    return float(np.mean(sample)), float(np.std(sample, ddof=1) / np.sqrt(np.size(sample)))


def three_errors(error: float, published: float = 0.0, digit: float = 0.0) -> float:
    """Tolerance of a simulated mean: three standard errors of its difference to a published one, and that one's digits.

    Parameters
    ----------
    error : float
        Standard error of the simulated mean.
    published : float
        Standard error of the published one; 0: it is exact.
    digit : float
        Unit of the last digit that is published, half of which its rounding may be off.
    """
    return 3.0 * float(np.hypot(error, published)) + 0.5 * digit
