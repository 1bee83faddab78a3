"""From totals and ledger to numbers: what a run reports.

An outcome belongs to what it measures: each file of this folder, and the module `outcomes` of each venue, has a
function `report(market)` that returns outcomes by name, with USD, bp and s as the suffixes say. A new outcome is a new
file.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from market import discovery
from market.errors import InputError
from market.venues import rooms

if TYPE_CHECKING:
    from market.model import SequencerMarket

FIRST = "run"
"""What a run is comes before what it gave."""


def reporters() -> list[ModuleType]:
    """Return the modules that report: what a run is, the other files of this folder by name, the venues in order."""
    names = [FIRST, *(name for name in discovery.modules(__name__) if name != FIRST)]
    found = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return found + [module for module in rooms("outcomes").values() if hasattr(module, "report")]


def outcomes(market: SequencerMarket) -> dict[str, float | int | str]:
    """Outcomes of a finished run by name, in a fixed order; raises InputError where two have one name."""
    merged: dict[str, float | int | str] = {}
    by: dict[str, str] = {}
    for module in reporters():
        for name, value in module.report(market).items():
            if name in merged:
                raise InputError(
                    f"outcome {name!r}: reported by {by[name]} and by {module.__name__}; allowed: names that differ"
                )
            merged[name], by[name] = value, module.__name__
    return merged
