"""What the configurations of venues that liquidate have in common."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from market.settings import NonNegative, Settings


class OnRollup(Settings):
    """What whatever can be liquidated adds to a rollup."""

    security_usd: NonNegative = Field(
        default=0.0,
        description="stake that covers deficits once an insurance fund is empty, before anybody is deleveraged [USD]",
    )


def design_by_name(values: Any, *others: str) -> Any:
    """Let the name of a design of liquidation stand for the design with its defaults, and so in the fields `others`."""
    if not isinstance(values, dict):
        return values
    fields = ("liquidation", *others)
    return values | {field: {"kind": values[field]} for field in fields if isinstance(values.get(field), str)}
