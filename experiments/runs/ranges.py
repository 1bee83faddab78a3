"""Which ranges of a lever are of whole numbers, by what its setting accepts."""

from __future__ import annotations

from dataclasses import replace

from pydantic import BaseModel

from experiments.runs import configuration
from experiments.runs.levers import Span
from market.errors import InputError

INSIDE = 0.381966
"""Share of a range at which it is asked whether the setting takes fractions: no end, and hardly ever a whole number."""


def as_taken(span: Span, base: BaseModel, option: str) -> Span:
    """Return a range, marked where its setting takes whole numbers only; InputError where its ends are none then.

    Parameters
    ----------
    span : the range as it was typed
    base : configuration that the lever is laid over
    option : that it was given with, for messages
    """
    ends = (int(span.low), int(span.high))
    inside = span.low + INSIDE * (span.high - span.low)
    if _accepts(base, span.key, repr(inside)) or not any(_accepts(base, span.key, str(end)) for end in ends):
        return span  # what is wrong with it, its cells' configurations will say
    if ends != (span.low, span.high):
        raise InputError(f"{option} {span.key}: got {span.low:g}:{span.high:g}; allowed: LOW:HIGH of whole numbers")
    return replace(span, whole=True)


def _accepts(base: BaseModel, key: str, text: str) -> bool:
    try:
        configuration.load(None, [f"{key}={text}"], base)
    except InputError:
        return False
    return True
