"""How the innermost compiled functions are compiled."""

from collections.abc import Callable
from typing import Any

from numba import njit

OPTIONS: dict[str, Any] = {"cache": True, "_nrt": False, "no_cfunc_wrapper": True}


def kernel[F: Callable[..., Any]](function: F) -> F:
    """Compile a function that allocates nothing, without counting references to the arrays it is handed.

    In a function that a loop calls for every intent, bid or period, that counting costs several times what the
    arithmetic does. A function that creates an array cannot be compiled like this; numba says so when it is first
    called. No entry for C is compiled: nobody enters there.
    """
    compiled: Any = njit(**OPTIONS)(function)
    return compiled


def inlined_kernel[F: Callable[..., Any]](function: F) -> F:
    """Compile a function as a kernel that is compiled into whatever calls it, however long it is.

    For what a loop calls at one place with whole tuples of arrays: handing these over takes as long as the function.
    """
    compiled: Any = njit(forceinline=True, **OPTIONS)(function)
    return compiled


def kernel_of[F: Callable[..., Any]](signature: Any, inlined: bool = False) -> Callable[[F], F]:
    """Compile a function as a kernel, for numba's types that it states: it may then be called with constants.

    Parameters
    ----------
    signature
        numba's types of what it takes and returns
    inlined
        whether it is compiled into whatever calls it, however long it is: in an innermost loop, handing over the
        state's arrays takes as long as all that is done with them
    """

    def compiled(function: F) -> F:
        stated: Any = njit(signature, forceinline=inlined, **OPTIONS)(function)
        return stated

    return compiled
