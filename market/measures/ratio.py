"""Ratios of totals."""

from __future__ import annotations


def ratio(amount: float, base: float, scale: float = 1.0) -> float:
    """Return scale times amount over base; nan where there is no base."""
    return float(scale * amount / base) if base > 0.0 else float("nan")
