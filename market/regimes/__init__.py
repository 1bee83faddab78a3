"""Named regimes, one short file each, discovered by file name.

A file assigns `REGIME = RegimeConfig(...)`: which parts, and its source.
"""

from __future__ import annotations

from market import discovery
from market.config import RegimeConfig
from market.errors import InputError


def names() -> list[str]:
    """Return the regimes that exist."""
    return discovery.modules("market.regimes")


def load(name: str) -> RegimeConfig:
    """Return a named regime; raises InputError, naming the allowed ones, when there is none."""
    module = discovery.load("market.regimes", name)
    regime = getattr(module, "REGIME", None)
    if not isinstance(regime, RegimeConfig) or regime.name != name:
        raise InputError(f"{module.__file__}: must assign REGIME = RegimeConfig(name={name!r}, ...)")
    return regime
