"""What all configuration models share: strictness, and numbers with a range."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

NUMERAIRE = "USD"
"""Name of asset 0, in which money is counted."""
DAY_S = 86_400.0
YEAR_S = 365.0 * DAY_S
"""Seconds in the year of every annualised rate."""


class Settings(BaseModel):
    """Base of every configuration model: frozen, strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)
