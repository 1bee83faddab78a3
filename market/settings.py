"""What all configuration models share: strictness, and numbers with a range."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
LogSd = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
"""Standard deviation of a logarithm; the exponential of a normal draw times 10 is as wide as numbers are of use."""
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

NUMERAIRE = "USD"
"""Name of asset 0, in which money is counted."""
DAY_S = 86_400.0
YEAR_S = 365.0 * DAY_S
"""Seconds in the year of every annualised rate."""
SMALLEST, LARGEST = 1e-30, 1e30
"""Sizes that a number of a configuration may have; products of several of them are still floating point numbers."""
LARGEST_WHOLE = 10**15
"""Largest whole number of a configuration, which a floating point number holds exactly."""


class Settings(BaseModel):
    """Base of every configuration model: frozen, strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    @model_validator(mode="after")
    def _of_use(self) -> Self:
        for name in type(self).model_fields:
            values = getattr(self, name)
            for value in values if isinstance(values, tuple) else (values,):
                if isinstance(value, float) and value and not SMALLEST <= abs(value) <= LARGEST:
                    raise ValueError(f"{name}: got {value!r}; allowed: 0, or {SMALLEST:g} to {LARGEST:g} in size")
                if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
                    raise ValueError(f"{name}: got a number too large; allowed: whole numbers up to {LARGEST_WHOLE:g}")
        return self
