"""Terms on which an account under its maintenance margin is sold by auction."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from market.settings import Positive, Settings


class SellingConfig(Settings):
    """A Dutch auction of shares of an account (defaults: Derive, 2025).

    The discount over the account's value rises linearly from `discount` to `discount_fast`, and from there to all of
    it. Of an account that is worth nothing or less, whoever takes is paid: what is missing, and what grows from nothing
    to the maintenance margin.
    """

    discount: float = Field(default=0.05, ge=0, lt=1, description="discount at the beginning, over value [1]")
    discount_fast: float = Field(default=0.3, ge=0, lt=1, description="discount at the end of the fast phase [1]")
    fast_s: Positive = Field(default=900.0, description="length of the fast phase [s]")
    slow_s: Positive = Field(default=43_200.0, description="time from then until the discount is all of the value [s]")
    buffer: float = Field(default=1.15, ge=1, description="margin up to which is sold, over maintenance margin [1]")
    insolvent_s: Positive = Field(
        default=3600.0,
        description="time in which the payment for an insolvent account grows to its maintenance margin; then its "
        "positions are closed against others [s]",
    )

    @model_validator(mode="after")
    def _falls(self) -> Self:
        if not self.discount <= self.discount_fast:
            raise ValueError("discount <= discount_fast must hold")
        return self
