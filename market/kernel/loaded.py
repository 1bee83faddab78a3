"""Loading a compiled function without reading what only a compiler needs of it.

numba keeps of every function its machine code and what other functions are compiled with. Whoever loads it reads both
and goes through all the names in it, though most processes compile nothing: that is two thirds of what loading takes.
Here the names are kept beside the two, and what others are compiled with is read when the first of them is.

`market.kernel.locator` keeps functions so, and `market.kernel.forms` lets numba load them.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding
from numba.core.codegen import CPUCodeLibrary

Library: Any = CPUCodeLibrary
UNREAD = "_unread"
"""What others are compiled with, as it was kept and not yet read."""

_unserialize, _for_linking = Library._unserialize, Library._get_module_for_linking


def with_names(data: Any) -> Any:
    """Add to a compiled function, as numba would keep it, the names that it defines."""
    (name, kind, (machine, others)), *rest = data
    module = binding.parse_bitcode(others)
    names = [one.name for all_ in (module.functions, module.global_variables) for one in all_ if not one.is_declaration]
    return (name, kind, (machine, others, names)), *rest


def unserialize(cls: Any, codegen: Any, kept: Any) -> Any:
    """Load the code of a function: of one that :func:`with_names` prepared, or as numba kept it."""
    name, _, parts = kept
    if not isinstance(parts, tuple) or len(parts) != 3:  # as numba keeps them
        return _unserialize.__func__(cls, codegen, kept)
    machine, others, names = parts
    library = codegen.create_library(name)
    library.enable_object_caching()
    library._set_compiled_object(machine)
    setattr(library, UNREAD, others)
    library._finalize_final_module()
    codegen._engine._defined_symbols.update(names)
    return library


def module_for_linking(self: Any) -> Any:
    """Return what another function is compiled with."""
    unread = self.__dict__.pop(UNREAD, None)
    if unread is not None:
        self._shared_module = binding.parse_bitcode(unread)
    return _for_linking(self)
