"""What all configuration models share: strictness, and numbers with a range."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

NUMERAIRE = "USD"


class Settings(BaseModel):
    """Base of every configuration model: frozen, strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


def design_by_name(values: Any) -> Any:
    """Let the name of a design of liquidation stand for the design with its defaults."""
    if isinstance(values, dict) and isinstance(values.get("liquidation"), str):
        return values | {"liquidation": {"kind": values["liquidation"]}}
    return values
