"""What the members of a bundle may count on, where the bundle spans two rollups."""

from __future__ import annotations

from enum import IntEnum


class Atomicity(IntEnum):
    """What ties the members of a bundle on two rollups; more is larger, and nothing is false."""

    NONE = 0
    """No bundle may span the two."""
    INCLUSION = 1
    """All members are in the block or none; each rollup executes its own, and may revert them by itself."""
    EXECUTION = 2
    """All members take effect or none."""
