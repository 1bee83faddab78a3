"""What the configurations of venues that liquidate have in common."""

from __future__ import annotations

from typing import Any


def design_by_name(values: Any) -> Any:
    """Let the name of a design of liquidation stand for the design with its defaults."""
    if isinstance(values, dict) and isinstance(values.get("liquidation"), str):
        return values | {"liquidation": {"kind": values["liquidation"]}}
    return values
