"""In which form numba compiles a function of the tree, and when.

numba compiles every function so that Python can call it: with a wrapper that unpacks Python's objects, which every
function that calls it then carries along, and optimizes once more. Most functions here are called by compiled code
alone. They get a form without wrapper (`called`), and the other one only once Python calls them.

numba compiles a function that states its signature when the module is imported. Here it waits until it is called.

Functions of libraries are left as they are. Imported by `market.kernel.locator`, before numba keeps any function.
"""

from __future__ import annotations

import gc
from typing import Any

from numba.core import dispatcher, sigutils, typeinfer

from market.kernel import flags, loaded

WRAPPERS = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""numba's names for what compiled callers do not need."""
SWITCHES = "market.kernel.switch"
"""Module of functions that are written out, and kept with what calls them."""

COUNTING = "_nrt"
"""numba's name for counting references to arrays, which a form does as its caller, unless it says by itself."""
OBJECTS = 50_000
"""New objects after which Python looks for garbage while numba compiles."""

Dispatcher: Any = dispatcher.Dispatcher
_compile, _template, _overload = Dispatcher.compile, Dispatcher.get_call_template, Dispatcher.get_overload
_disable, _is_compiling = Dispatcher.disable_compile, Dispatcher.is_compiling


def _own(function: Any) -> bool:
    """Whether a compiled function is kept as those of the tree are, or goes with one that is."""
    entries = getattr(function._cache, "_cache_file", None)
    return hasattr(entries, "called") or function.py_func.__module__ == SWITCHES


def called(function: Any) -> Any:
    """Return the form of a function that other compiled functions call; a library's function itself."""
    if not _own(function):
        return function
    form = function.__dict__.get("_called")
    if form is None:
        options = function.targetoptions | WRAPPERS
        if function.__dict__.get("_stated") is not None:  # as if it were compiled by itself
            options = {COUNTING: True} | options
        form = type(function)(function.py_func, function.locals, options, function._compiler.pipeline_class)
        entries = getattr(function._cache, "_cache_file", None)
        if entries is not None:
            form.enable_caching()
            form._cache._cache_file = entries.called()
        form._called, form._stated = form, function.__dict__.get("_stated")
        function._called = form
    return form


def compile_form(self: Any, signature: Any) -> Any:
    """Compile for a signature; for the one that was stated, if one was, and that not before it is needed."""
    stated = self.__dict__.get("_stated")
    if stated is None and typeinfer._temporary_dispatcher_map.get(self.py_func.__name__) is self and _own(self):
        self._stated = signature
        return None
    if stated is None:
        return _tidying_less(self, signature)
    given, taken = (sigutils.normalize_signature(one)[0] for one in (signature, stated))
    can = self.typingctx.can_convert
    if len(given) != len(taken) or any(can(one, other) is None for one, other in zip(given, taken, strict=True)):
        raise TypeError(f"{self.py_func.__name__}{given}: allowed: {taken}")
    if not self.overloads:
        _tidying_less(self, stated)
        _disable(self)
    return next(iter(self.overloads.values())).entry_point


def _tidying_less(self: Any, signature: Any) -> Any:
    """Compile; numba makes so many objects that looking for circles among them would take a tenth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], OBJECTS), *before[1:])
    try:
        return _compile(self, signature)
    finally:
        gc.set_threshold(*before)


def disable_compile(self: Any, val: bool = True) -> None:
    """Compile no more; what was stated and waits is compiled all the same."""
    if self.overloads or self.__dict__.get("_stated") is None:
        _disable(self, val)


def get_call_template(self: Any, args: Any, kws: Any) -> Any:
    """Answer a compiled caller which types a call has."""
    known = self if self.overloads and _known(self, self._compiler.fold_argument_types(args, kws)[1]) else called(self)
    return _template(known, args, kws)


def get_overload(self: Any, sig: Any) -> Any:
    """Answer a compiled caller what it calls."""
    known = self if _known(self, sigutils.normalize_signature(sig)[0]) else called(self)
    return _overload(known, sig)


def _known(function: Any, args: Any) -> bool:
    """Whether the form that Python calls is there for these types: that one will do, then."""
    return tuple(args) in function.overloads


def is_compiling(self: Any) -> Any:
    """Whether a function is being compiled in either form, so that a call of it is its own."""
    other = self.__dict__.get("_called")
    return _is_compiling.fget(self) or (other is not None and other is not self and _is_compiling.fget(other))


Dispatcher.compile = compile_form
Dispatcher.disable_compile = disable_compile
Dispatcher.get_call_template = get_call_template
Dispatcher.get_overload = get_overload
Dispatcher.is_compiling = property(is_compiling)
Settings: Any = flags.TargetConfig
Settings.__eq__, Settings.__hash__ = flags.same, flags.digest
Library: Any = loaded.Library
Library._unserialize, Library._get_module_for_linking = classmethod(loaded.unserialize), loaded.module_for_linking
