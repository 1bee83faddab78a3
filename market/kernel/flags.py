"""Comparing the settings of a compilation without listing all of them.

numba keeps what a library's function becomes under a key with all settings in it. Their digest is that of their names
alone, so every look compares settings with settings: some hundred thousand times for a market's functions, and each
time numba lists all of both, by name. Most are equal as far as anybody has set them.

`market.kernel.forms` puts these in the place of numba's.
"""

from __future__ import annotations

from typing import Any

from numba.core.targetconfig import TargetConfig

Settings: Any = TargetConfig
_all = Settings.__eq__
_digests: dict[type, int] = {}


def same(self: Any, other: Any) -> Any:
    """Whether two settings are equal: of one kind, and where either was set; what neither was stands the same."""
    if self is other:
        return True
    if type(self) is not type(other):
        return _all(self, other)
    ours, theirs, options = self._values, other._values, self.options
    if ours == theirs:
        return True
    for name in (*ours, *theirs):
        if ours.get(name, options[name].default) != theirs.get(name, options[name].default):
            return False
    return True


def digest(self: Any) -> int:
    """Hash of settings: of the names that their kind has, as numba's."""
    kind = type(self)
    if kind not in _digests:
        _digests[kind] = hash(tuple(sorted(self.options)))
    return _digests[kind]
