"""Calling a compiled function without finding out anew, at each call, what its arguments are.

numba looks at the type of every argument of every call. Of a state, a named tuple, that takes two microseconds,
several times what the small functions do that every slot calls. Who calls a function with arguments of one type for
the life of a market binds it once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from numba import typeof
from numba.core.types.abstract import Type

from market.kernel.interpreted import interpreted


def bind(function: Any, *examples: Any) -> Callable[..., Any]:
    """Return the form of a compiled function for arguments of given types.

    Nothing checks the types of later calls: bind only what is called with one's own arrays and with plain numbers.

    Parameters
    ----------
    function
        compiled, as by `kernel` or `njit`
    examples
        arguments of the types that it will be called with, in order, or numba's types of them
    """
    if interpreted():
        return function
    types = tuple(example if isinstance(example, Type) else typeof(example) for example in examples)
    if types not in function.overloads:  # a function that states its signature compiles no other
        function.compile(types)
    return function.overloads[types].entry_point


def bound[F: Callable[..., Any]](function: F) -> F:
    """Return a compiled function that is bound to the types of the arguments of its first call, as by :func:`bind`."""
    form: Callable[..., Any] | None = None

    def call(*arguments: Any) -> Any:
        nonlocal form
        if form is None:
            form = bind(function, *arguments)
        return form(*arguments)

    return cast(F, call)
