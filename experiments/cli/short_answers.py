"""The one line of an answer that a table of studies has room for; the gallery has the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

ENOUGH, LONGEST = 80, 200
"""Characters from which on a clause of an answer may stand alone, and those that a line of the table has room for."""
MORE = " …"
"""End of a line behind which the answer goes on within its sentence."""
INTERVAL = re.compile(r"\d to −?\d")


def one_line(answer: str) -> str:
    """Return the beginning of an answer: a clause that says enough to be read alone, with an estimate's interval.

    That is its first sentence, or what stands before a semicolon, from `ENOUGH` characters on. If that is longer than
    `LONGEST`, as much of what it enumerates as there is room for, and :data:`MORE`.
    """
    ends = [(at, is_end) for at, is_end in _cuts(answer) if at <= LONGEST]
    said = [(at, is_end) for at, is_end in ends if at >= ENOUGH and (is_end or INTERVAL.search(answer[:at]))]
    for at, is_end in said:
        if is_end:
            return f"{answer[:at]}."
    if len(answer) <= LONGEST:
        return answer
    if said:
        return answer[: said[-1][0]] + MORE
    short = [at for at, is_end in ends if is_end]
    return f"{answer[: short[-1]]}." if short else answer


def _cuts(answer: str) -> Iterator[tuple[int, bool]]:
    """Where an answer may end, outside of brackets, and whether a clause ends there, rather than a part of a list."""
    depth = 0
    for at, letter in enumerate(answer):
        depth += (letter in "([") - (letter in ")]")
        behind = answer[at:]
        if depth:
            continue
        if letter == ";" or behind.startswith(". "):
            yield at, True
        elif behind.startswith(", ") or (behind.startswith(" and ") and not answer[:at].endswith(",")):
            yield at, False
