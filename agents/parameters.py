"""The parameters of a strategy: what its constructor takes besides its seat.

What several strategies take alike stands once, as a record with defaults, `Habits`, and beside it a `TypedDict` of its
fields, `HabitsOptions`; a constructor takes them all by ``**habits: Unpack[HabitsOptions]``.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import fields
from typing import Any, get_args

OPTIONS = "Options"
"""How the name of a `TypedDict` ends whose defaults are those of the record named by what stands before."""


def parameters(strategy: type) -> dict[str, Any]:
    """Return parameters by name with their defaults, `inspect.Parameter.empty` where there is none."""
    found: dict[str, Any] = {}
    for name, parameter in inspect.signature(strategy.__init__).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            found |= _unpacked(strategy, parameter)
        elif parameter.kind is not inspect.Parameter.VAR_POSITIONAL and name not in ("self", "seat"):
            found[name] = parameter.default
    return found


def _unpacked(strategy: type, parameter: inspect.Parameter) -> dict[str, Any]:
    """Fields of the record whose options a constructor takes; nothing where it does not say which."""
    stated: Any = parameter.annotation
    if isinstance(stated, str):
        stated = eval(stated, strategy.__init__.__globals__)  # type: ignore[attr-defined]  # written by its author
    options = next(iter(get_args(stated)), None)
    if options is None or not options.__name__.endswith(OPTIONS):
        return {}
    record = getattr(sys.modules[options.__module__], options.__name__.removesuffix(OPTIONS))
    return {each.name: each.default for each in fields(record)}
