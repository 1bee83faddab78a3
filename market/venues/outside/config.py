"""Configuration of the outside market."""

from __future__ import annotations

from pydantic import Field, model_validator

from market.settings import NonNegative, Positive, Settings


class OutsideConfig(Settings):
    """The outside market as a venue of its own: how far it is from the rollups, how deep, and what it lets one hold."""

    atomic: bool = Field(
        default=True, description="an exchange is carried out within a block, all or none with its bundle"
    )
    delay_s: NonNegative = Field(
        default=0.0, description="where it is not atomic: from sending an order to its execution [s]"
    )
    depth_usd: Positive | None = Field(
        default=None, description="value whose exchange moves its price by a log of 0.01 [USD] (default: unlimited)"
    )
    recovery_s: Positive | None = Field(
        default=None, description="time constant with which that fades [s] (default: it moves the reference for good)"
    )
    inventory_usd: Positive | None = Field(
        default=None, description="most of an asset that an account may be long or short there [USD] (default: any)"
    )
    delivery_s: Positive = Field(
        default=600.0, description="after which what was traded is delivered and counts as held no more [s]"
    )

    @model_validator(mode="after")
    def _consistent(self) -> OutsideConfig:
        if self.atomic and self.delay_s > 0.0:
            raise ValueError("delay_s needs atomic = false: what is carried out within a block has no delay")
        if self.depth_usd is None and self.recovery_s is not None:
            raise ValueError("recovery_s needs depth_usd: without it no trade moves the price")
        return self


class OnMarket(Settings):
    """What the outside market adds to the market."""

    outside_fee_bp: float = Field(default=1.0, ge=0, lt=10_000, description="fee of the outside market [bp]")
    outside: OutsideConfig = Field(default=OutsideConfig(), description="delay, depth and limits of the outside market")
