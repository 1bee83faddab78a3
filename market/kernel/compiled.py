"""How the innermost compiled functions are compiled."""

from collections.abc import Callable
from typing import Any

from numba import njit


def kernel[F: Callable[..., Any]](function: F) -> F:
    """Compile a function that allocates nothing, without counting references to the arrays it is handed.

    In a function that a loop calls for every intent, bid or period, that counting costs several times what the
    arithmetic does. A function that creates an array cannot be compiled like this; numba says so when it is first
    called. No entry for C is compiled: nobody enters there.
    """
    options: dict[str, Any] = {"cache": True, "_nrt": False, "no_cfunc_wrapper": True}
    compiled: Any = njit(**options)(function)
    return compiled
