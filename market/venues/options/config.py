"""Configuration of options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from market.settings import NonNegative, Positive, Settings, Share
from market.venues.liquidation.config import design_by_name
from market.venues.options.selling import SellingConfig


class OptionsConfig(Settings):
    """Options on a risky asset: a chain of series for each expiry, calls and puts at the same strikes."""

    asset: str = Field(default="ETH", description="underlying")
    expiries_s: tuple[Positive, ...] = Field(
        default=(86_400.0, 604_800.0), min_length=1, description="times to expiry at the start [s]"
    )
    roll: bool = Field(
        default=True, description="whether what has expired is listed anew, with the time to expiry it had at the start"
    )
    strikes: Annotated[int, Field(ge=1, le=1000)] = Field(default=9, description="strikes of an expiry [1]")
    spaced: Literal["moneyness", "deviations", "delta"] = Field(
        default="moneyness",
        description="what is equal between two strikes: their ratio; their distance in standard deviations of the log "
        "price at expiry; or the delta of their calls",
    )
    step: Positive = Field(
        default=0.05,
        description="between two strikes: of the log strike [1]; or standard deviations [1]; without meaning for delta",
    )
    volatility: Positive = Field(
        default=0.8, le=100, description="volatility that options are marked at to begin with [1/sqrt(year)]"
    )
    marks: Literal["fixed", "quotes"] = Field(
        default="fixed", description="what options are marked at: that volatility, or what mids of quotes imply"
    )
    review_s: Positive = Field(default=60.0, description="time between two revisions by quotes [s]")
    fee_bp: float = Field(default=3.0, ge=0, lt=10_000, description="taker's fee on the value of the underlying [bp]")
    fee_cap: Share = Field(default=0.125, description="largest fee on the premium [1]")
    fund_usd: NonNegative = Field(default=1e5, description="insurance fund at the start [USD]")
    prints: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=1, description="prints of the oracle whose mean options are paid at (Derive: 30; Deribit: 300) [1]"
    )
    spacing_s: Positive = Field(
        default=60.0, description="time between two prints, the last at expiry (Derive: 60; Deribit: 6) [s]"
    )
    window_s: NonNegative = Field(
        default=0.0,
        description="time from when a print is due, in which it is what the oracle says in the block that first asks "
        "for it; after that, or with 0, it is taken by itself [s]",
    )
    exercise: Literal["automatic", "holder"] = Field(
        default="automatic", description="whether what is in the money is exercised by itself, or by its holders"
    )
    exercise_s: Positive = Field(
        default=3600.0, description="time from the last print in which holders exercise; what they do not, lapses [s]"
    )
    makers: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="at most so many of the agents of role market_maker, the first as configured, may quote "
        "(default: all) [1]",
    )
    sales: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0, description="sealed auctions of covered calls that may be open at a time [1]"
    )
    share_margin: bool = Field(
        default=False,
        description="whether everybody has a contract on each of the rollup's perpetuals on the same asset, which "
        "shares margin with the options and is sold together with them",
    )

    margin: dict[str, Any] = Field(
        default={"kind": "derive"},
        description="what accounts must hold: a margin model with its parameters (derive, deribit, portfolio)",
    )
    selling: SellingConfig = Field(default=SellingConfig(), description="how accounts under margin are sold")
    deleveraging: dict[str, Any] = Field(
        default={"kind": "queue"},
        description="whose positions are closed against an account that nobody takes: a rule with its parameters",
    )

    @model_validator(mode="before")
    @classmethod
    def _kind_by_name(cls, values: Any) -> Any:
        return design_by_name(values, "margin", "deleveraging")

    @model_validator(mode="after")
    def _prints_in_order(self) -> OptionsConfig:
        if self.prints > 1 and self.window_s > self.spacing_s:
            raise ValueError("window_s must not be larger than spacing_s where there are several prints")
        if self.prints > 1 and (self.prints - 1) * self.spacing_s >= min(self.expiries_s):
            raise ValueError("the prints must begin after the start: (prints - 1) spacing_s below every expiry")
        if self.roll and min(self.expiries_s) <= self.window_s + (
            self.exercise_s if self.exercise == "holder" else 0.0
        ):
            raise ValueError("expiries_s must be longer than window_s and, where holders exercise, exercise_s")
        return self


class OnRollup(Settings):
    """What options add to a rollup."""

    options: tuple[OptionsConfig, ...] = Field(default=(), description="options, a chain for each entry")


def assets_used(rollup: OnRollup) -> Iterator[tuple[str, str]]:
    """Yield the field and the name of every underlying of a rollup's options."""
    for spec in rollup.options:
        yield "options", spec.asset
