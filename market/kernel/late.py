"""Functions that compiled code calls by a number, each compiled when it is first called.

A call that is compiled in has the whole of the function compiled with what calls it, whether a market ever comes there
or not. Here the calling code keeps a table of addresses. Where one is missing, it asks Python, which compiles the
function, or finds it among those that are kept. A mistake there arrives where the call was made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from market.kernel import forms


class Late(NamedTuple):
    """Functions of one signature, by number."""

    cases: Sequence[Callable[..., Any] | None]
    takes: tuple[Any, ...]
    returns: Any


_ADDRESS: Any = ir.IntType(64)
_known: dict[str, Late] = {}
"""By the name under which calling code asks."""


def caller(name: str, late: Late) -> Any:
    """Return what compiled code calls with a number and, as a tuple, the arguments of the function of that number.

    Every number that it is called with must have a function.

    Parameters
    ----------
    name
        under which the functions are found, by whatever process has the calling code
    late
        the functions; all take and return numba's types that it states
    """
    _known[name] = late
    places = len(late.cases)

    def typed(context: Any, number: Any, arguments: Any) -> Any:
        if tuple(arguments) != late.takes:
            raise TypingError(f"{name}{tuple(arguments)}: allowed: {late.takes}")
        return late.returns(types.int64, arguments), call

    def call(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number, packed = arguments
        table = _table(builder, name, places)
        slot = cgutils.gep(builder, table, 0, number)
        with builder.if_then(builder.icmp_unsigned("==", builder.load(slot), ir.Constant(_ADDRESS, 0)), likely=False):
            builder.store(_asked(context, builder, name, number), slot)
        passed = cgutils.unpack_tuple(builder, packed, len(late.takes))
        entry = context.call_conv.get_function_type(late.returns, late.takes).as_pointer()
        status, result = context.call_conv.call_function(
            builder, builder.inttoptr(builder.load(slot), entry), late.returns, late.takes, passed
        )
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return result

    return intrinsic(typed)


def _table(builder: Any, name: str, places: int) -> Any:
    """Addresses by number, 0 where none is known yet: the calling code's own, empty whenever that is loaded."""
    label = f"late.{name}"
    known: Any = builder.module.globals.get(label)
    if known is None:
        kind = ir.ArrayType(_ADDRESS, places)
        known = cgutils.add_global_variable(builder.module, kind, label)
        known.linkage, known.initializer = "internal", kind(None)
    return known


def _asked(context: Any, builder: Any, name: str, number: Any) -> Any:
    """Ask Python for an address; what it raises leaves the calling code as if that had raised it."""
    api = context.get_python_api(builder)
    lock = api.gil_ensure()
    module = api.import_module(context.insert_const_string(builder.module, __name__))
    found = api.object_getattr_string(module, "address")
    label, at = (
        api.string_from_string(context.insert_const_string(builder.module, name)),
        api.long_from_longlong(number),
    )
    answer = api.call_function_objargs(found, (label, at))
    for used in (label, at, found, module):
        api.decref(used)
    failed = cgutils.is_null(builder, answer)
    with cgutils.if_unlikely(builder, failed):
        api.gil_release(lock)
        context.call_conv.return_exc(builder)
    result = api.long_as_longlong(answer)
    api.decref(answer)
    api.gil_release(lock)
    return result


def address(name: str, number: int) -> int:
    """Return where the compiled function of a number starts, compiled if it is not yet."""
    late = _known[name]
    function: Any = forms.called(late.cases[number])
    function.compile(late.takes)
    form = function.overloads[late.takes]
    returns = form.signature.return_type
    if late.returns not in (returns, getattr(returns, "dtype", None)):  # the type of an enumeration's members
        raise TypeError(f"{function.py_func.__qualname__} returns {returns}; allowed: {late.returns}")
    return form.library.get_pointer_to_function(form.fndesc.llvm_func_name)


def compile_all() -> None:
    """Compile every function that may be called by a number, called or not."""
    for name, late in _known.items():
        for number, case in enumerate(late.cases):
            if case is not None:
                address(name, number)
