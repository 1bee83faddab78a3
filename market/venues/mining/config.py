"""Configuration of programmes that pay for liquidity."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from market.settings import NonNegative, Positive, Settings, Share
from market.venues.liquidation.config import design_by_name


class MiningConfig(Settings):
    """A protocol that pays, out of a treasury, whoever provides liquidity of an asset on any rollup."""

    asset: str = Field(default="ETH", description="risky asset whose pools against USD, and options, are paid for")
    home: str | None = Field(
        default=None, description="rollup on which the treasury lies, and pays (default: the first)"
    )
    treasury_usd: NonNegative = Field(default=1e6, description="treasury at the start; once it is empty, it ends [USD]")
    usd_per_hour: Positive = Field(default=1000.0, description="what is paid on all rollups together [USD/h]")
    period_s: NonNegative = Field(
        default=60.0, description="time between two payments; 0: one in every block of the treasury's rollup [s]"
    )
    split: dict[str, Any] = Field(
        default={"kind": "equal"},
        description="how it is split among rollups: a rule with its parameters (equal, fixed, volume, depth_target)",
    )
    quotes_share: Share = Field(default=0.0, description="part of it that is for quotes of options [1]")
    within_bp: Positive = Field(
        default=50.0, description="largest half spread of a quote that is paid for, over the underlying's price [bp]"
    )

    @model_validator(mode="before")
    @classmethod
    def _kind_by_name(cls, values: Any) -> Any:
        return design_by_name(values, "split")


class OnMarket(Settings):
    """What such programmes add to the market."""

    mining: tuple[MiningConfig, ...] = Field(default=(), description="programmes that pay for liquidity")
