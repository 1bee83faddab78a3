"""A public mempool: everybody reads every intent once it has arrived."""

from __future__ import annotations

from typing import ClassVar, Literal

from market.sequencing.visibility.base import ROLES, Visibility


class Public(Visibility):
    """Contents are gossiped to all."""

    kind: Literal["public"] = "public"
    readers: ClassVar[frozenset[str]] = frozenset(ROLES)
