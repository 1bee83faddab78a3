"""How a programme splits what it pays among rollups, by name: one rule a file.

A rule is a frozen configuration model whose `kind` is its file's name, with a method `weights(found)`. A new rule is a
new file.
"""

from __future__ import annotations

from typing import Any

from market import discovery
from market.built import built
from market.venues.mining.splits._rule import Found, Split

__all__ = ["KINDS", "Found", "Split", "make"]
KINDS = discovery.modules(__name__)
"""The rules that exist."""


def make(settings: dict[str, Any], where: str) -> Split:
    """Build a rule from its configuration, found at `where`.

    Raises InputError, naming what is allowed, for an unknown kind or parameter.
    """
    return built(__name__, Split, settings, where)
