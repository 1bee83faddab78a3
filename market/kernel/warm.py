"""Whether everything has been compiled already, or a part of it."""

from __future__ import annotations

import hashlib

from market.kernel import cache, folders
from market.kernel.locator import target

EVERYTHING = "everything"


def compiled(part: str = EVERYTHING) -> bool:
    """Whether a part, as it is now, is known to have been compiled by this numba for this processor."""
    return any((folder / _marker(part)).exists() for folder in folders.everywhere().found)


def mark_compiled(part: str = EVERYTHING) -> None:
    """Note that a part has been compiled, where that can be kept."""
    folder = folders.base()
    if folder is not None:
        cache.write(folder / _marker(part), b"")


def _marker(part: str) -> str:
    return f"warm-{hashlib.sha256((part + cache.fingerprint() + target()).encode()).hexdigest()[:16]}"
