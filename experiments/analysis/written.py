"""Statistics of an outcome as tables print them; what is not known is empty."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def level(row: Mapping[str, Any]) -> str:
    """Mean (standard error)."""
    return number(row["mean"]) + (f" ({number(row['standard_error'])})" if row["n"] > 1 else "")


def interval(row: Mapping[str, Any]) -> str:
    """Ends of the interval."""
    return f"[{number(row['low'])}, {number(row['high'])}]" if math.isfinite(row["low"]) else ""


def verdict(row: Mapping[str, Any]) -> str:
    """Verdict on a difference (chance of error, corrected)."""
    return f"{row['verdict']} ({row['corrected']:.2g})" if math.isfinite(row["corrected"]) else row["verdict"]


def number(value: float) -> str:
    """Three significant digits, or whole from a thousand on."""
    if not math.isfinite(value):
        return ""
    value += 0.0  # no minus sign before a zero
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
