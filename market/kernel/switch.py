"""Compiled functions that pass a call on to one of many functions, by a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numba import njit


def switch(
    name: str, parameters: str, cases: Sequence[Callable[..., Any] | None], otherwise: str, by: str = "row.kind"
) -> Any:
    """Make a compiled function that calls, of `cases`, the one whose place a number says.

    The text of the function is written out, a line for each case: a loop over compiled functions, or a chain of them,
    could not be compiled into one piece, and every function between a block and its rules would have all of them
    optimized once more.

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
    """
    functions = {f"case_{number}": case for number, case in enumerate(cases) if case is not None}
    passed = ", ".join(part for part in parameters.split(", ") if part != by)
    lines = [f"def {name}({parameters}):", f"    number = {by}"]
    for number, case in enumerate(cases):
        if case is not None:
            lines += [f"    if number == {number}:", f"        return case_{number}({passed})"]
    scope: dict[str, Any] = {**functions, "__name__": __name__}
    exec("\n".join([*lines, f"    return {otherwise}"]), scope)
    # not cached by itself: what calls it is, and the text has no file
    options: dict[str, Any] = {"_nrt": False, "no_cfunc_wrapper": True}
    return njit(**options)(scope[name])
