"""Whether everything has been compiled already."""

from __future__ import annotations

import hashlib
from pathlib import Path

from market.kernel import cache
from market.kernel.locator import target


def warm_marker() -> Path | None:
    """File whose existence says that everything, as it is now, has been compiled by this numba for this processor.

    None where nothing can be kept.
    """
    folder = cache.base()
    if folder is None:
        return None
    return folder / f"warm-{hashlib.sha256((cache.fingerprint() + target()).encode()).hexdigest()[:16]}"
