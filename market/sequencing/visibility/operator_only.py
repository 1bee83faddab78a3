"""A private mempool: the operator reads every intent on arrival, nobody else reads any."""

from __future__ import annotations

from typing import ClassVar, Literal

from market.sequencing.visibility.base import Visibility


class OperatorOnly(Visibility):
    """The mempool of today's rollups."""

    kind: Literal["operator_only"] = "operator_only"
    readers: ClassVar[frozenset[str]] = frozenset({"sequencer"})
