"""Compiled functions that pass a call on to one of many functions, by a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numba import njit

from market.kernel.interpreted import interpreted
from market.kernel.late import Late, caller


def switch(
    name: str,
    parameters: str,
    cases: Sequence[Callable[..., Any] | None],
    otherwise: str,
    by: str = "row.kind",
    late: tuple[tuple[Any, ...], Any] | None = None,
    inlined: bool = False,
) -> Any:
    """Make a compiled function that calls, of `cases`, the one whose place a number says.

    The text of the function is written out, a line for each case and all numbers in a row that share it: a loop over
    compiled functions, or a chain of them, could not be compiled into one piece, and every function between a block and
    its rules would have all of them optimized once more.

    Parameters
    ----------
    name
        of the function
    parameters
        of the function, separated by commas; every case has the same but for the number, if that is one of them
    cases
        by number; None where there is no function
    otherwise
        expression returned for a number without a function
    by
        expression of the number: the kind of the row, or a parameter
    late
        numba's types of what the cases take, the number aside, and of what they return: each case is then compiled
        when it is first called, and not with what calls it
    inlined
        whether it is compiled into whatever calls it, for a loop over rows that hands on much
    """
    passed = ", ".join(part for part in parameters.split(", ") if part != by)
    lines = [f"def {name}({parameters}):", f"    number = {by}"]
    scope: dict[str, Any] = {"__name__": __name__}
    if late is None or interpreted():
        for case, stretch in groupby(range(len(cases)), key=cases.__getitem__):
            first, *others = stretch
            if case is not None:
                scope[f"case_{first}"] = case
                last = others[-1] if others else first
                lines += [f"    if {first} <= number <= {last}:", f"        return case_{first}({passed})"]
    else:
        scope["call"] = caller(name, Late(cases, *late))
        scope["known"] = np.array([case is not None for case in cases])
        lines += [f"    if 0 <= number < {len(cases)} and known[number]:", f"        return call(number, ({passed},))"]
    exec("\n".join([*lines, f"    return {otherwise}"]), scope)
    # not cached by itself: what calls it is, and the text has no file
    options: dict[str, Any] = {"_nrt": False, "no_cfunc_wrapper": True, "forceinline": inlined}
    return njit(**options)(scope[name])
