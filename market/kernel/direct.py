"""Calling a compiled function without finding out anew, at each call, what its arguments are.

numba looks at the type of every argument of every call. Of a state, a named tuple, that takes two microseconds,
several times what the small functions do that every slot calls. Who calls a function with arguments of one type for
the life of a market binds it once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import typeof

from market.kernel.interpreted import interpreted


def bind(function: Any, *examples: Any) -> Callable[..., Any]:
    """Return the form of a compiled function for arguments of given types.

    Nothing checks the types of later calls: bind only what is called with one's own arrays and with plain numbers.

    Parameters
    ----------
    function
        compiled, as by `kernel` or `njit`
    examples
        arguments of the types that it will be called with, in order
    """
    if interpreted():
        return function
    types = tuple(typeof(example) for example in examples)
    if types not in function.overloads:  # a function that states its signature compiles no other
        function.compile(types)
    return function.overloads[types].entry_point
