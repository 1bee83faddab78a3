"""Parts of the sentence in which a study answers its question: numbers with their intervals, and what is settled."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from experiments.analysis import statistics
from experiments.analysis.verdicts import number
from experiments.later import pd


def amount(sample: ArrayLike, unit: str, scale: float = 1.0) -> str:
    """Mean of a sample, times the scale, with its unit and, from three values on, its 95% interval."""
    values = scale * statistics.finite(sample)
    if not values.size:
        return f"nothing known [{unit}]"
    low, high = statistics.interval(values)
    interval = f" ({number(low)} to {number(high)})" if np.isfinite(low) else ""
    return f"{number(float(values.mean()))}{' ' if unit[:1] not in '%' else ''}{unit}{interval}"


def change(sample: ArrayLike, unit: str, scale: float = 1.0, chance: float | None = None) -> str:
    """Paired difference with its interval, and "open" behind it unless twenty seeds settle it.

    Parameters
    ----------
    sample : shape (n,), difference of each seed
    unit : in which it is given
    scale : from the outcome's unit to it
    chance : of error, corrected for the number of comparisons; default: that of this one by itself
    """
    corrected = statistics.chance(sample) if chance is None else chance
    settled = statistics.verdict(sample, corrected) != "open"
    text = signed(amount(sample, unit, scale))
    if settled:
        return text
    return f"{text[:-1]}; open)" if text.endswith(")") else f"{text} (open)"


def signed(text: str) -> str:
    """A number with its sign also where it is positive."""
    return text if text.startswith(("\N{MINUS SIGN}", "0 ", "nothing")) else f"+{text}"


def settled(found: pd.DataFrame) -> str:
    """How many of several paired differences (:func:`statistics.paired`) are settled, by Holm's correction."""
    known = sum(verdict != "open" for verdict in found["verdict"])
    return f"{known} of {len(found)} differences are settled"


def listed(parts: Iterable[str]) -> str:
    """Parts of a sentence, joined by commas and a last "and"."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def seeds(count: int) -> str:
    """How many seeds there are, in words."""
    return "one seed" if count == 1 else f"{count} seeds"


def of_seeds(count: int) -> str:
    """How many seeds something rests on, and that this settles nothing where they are too few."""
    return f"({seeds(count)}{': open' if count < statistics.ENOUGH else ''})"
