"""Named regimes, one short file each, discovered by file name.

A file assigns `REGIME = RegimeConfig(...)`: which parts, and its source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from market import discovery
from market.errors import InputError

if TYPE_CHECKING:
    from market.config import RegimeConfig


def names() -> list[str]:
    """Return the regimes that exist."""
    return discovery.modules("market.regimes")


def load(name: str) -> RegimeConfig:
    """Return a named regime; raises InputError, naming the allowed ones, when there is none."""
    from market.config import RegimeConfig

    module = discovery.load("market.regimes", name)
    regime = getattr(module, "REGIME", None)
    if not isinstance(regime, RegimeConfig) or regime.name != name:
        raise InputError(f"{module.__file__}: must assign REGIME = RegimeConfig(name={name!r}, ...)")
    return regime
