"""Libraries that take half a second to load, loaded when something of them is first used.

Whoever lists what there is, or has mistyped a key, should not wait for tables and laws of chance that nobody asks for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any


class _Later:
    """Stands for a module until something of it is used.

    Parameters
    ----------
    name
        of the module
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, what: str) -> Any:
        if what.startswith("__"):  # asked by whoever wants to know what this is, such as a debugger
            raise AttributeError(what)
        found = getattr(importlib.import_module(self._name), what)
        setattr(self, what, found)
        return found


if TYPE_CHECKING:
    import pandas as pd
    from scipy import stats
else:
    pd = _Later("pandas")
    stats = _Later("scipy.stats")

__all__ = ["pd", "stats"]
