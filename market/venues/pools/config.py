"""Configuration of pools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from market.settings import NUMERAIRE, Positive, Settings


class RangeConfig(Settings):
    """Liquidity between two prices, from the start."""

    lower: Positive = Field(description="price where it begins [second asset per first]")
    upper: Positive = Field(description="price where it ends [second asset per first]")
    liquidity: Positive = Field(default=1.0, description="its liquidity over that which depth_usd stands for [1]")

    @model_validator(mode="after")
    def _ordered(self) -> RangeConfig:
        if self.lower >= self.upper:
            raise ValueError("lower must be below upper")
        return self


class ConcentratedConfig(Settings):
    """A pool whose providers choose ranges of prices."""

    spacing: int = Field(
        default=10, ge=1, le=16_384, description="prices where ranges may end are so many ticks of 1 bp apart [ticks]"
    )
    everywhere: float = Field(
        default=1.0, gt=0.0, le=1.0,
        description="liquidity over all prices at the start, over that which depth_usd stands for [1]",
    )  # fmt: skip
    bell_bp: Positive | None = Field(
        default=None,
        description="standard deviation of the bell around the price in which the rest lies at the start [bp]",
    )
    bell_ranges: int = Field(default=8, ge=1, le=64, description="ranges, one within the other, that make the bell [1]")
    ranges: tuple[RangeConfig, ...] = Field(default=(), description="other ranges at the start")
    most_ranges: int = Field(default=64, ge=1, le=1024, description="ranges that there can be at a time [1]")

    @model_validator(mode="after")
    def _adds_up(self) -> ConcentratedConfig:
        if self.bell_bp is None and self.everywhere < 1.0 and not self.ranges:
            raise ValueError("where less than all is everywhere, bell_bp or ranges must say where the rest is")
        if self.bell_bp is not None and self.everywhere == 1.0:
            raise ValueError("everywhere must be below 1 for a bell: it holds the rest")
        if len(self.ranges) + (self.bell_ranges if self.bell_bp else 0) > self.most_ranges:
            raise ValueError("most_ranges must be at least the number of ranges at the start")
        return self


class PoolConfig(Settings):
    """A pool: a constant product unless it is concentrated."""

    assets: tuple[str, str] = Field(default=("ETH", NUMERAIRE), description="the two assets")
    depth_usd: Positive = Field(default=10e6, description="value of each side at the start [USD]")
    fee_bp: float = Field(default=5.0, ge=0, lt=10_000, description="fee on the input [bp]")
    fees: Literal["apart", "inside"] = Field(
        default="apart", description="where fees go: to the providers, apart from the reserves, or into the reserves"
    )
    price_usd: Positive | None = Field(
        default=None,
        description="price of the first asset in units of the second at the start (default: the reference price)",
    )
    concentrated: ConcentratedConfig | None = Field(
        default=None, description="ranges of prices; depth_usd is then what swaps meet, less of it is locked up"
    )

    @model_validator(mode="after")
    def _distinct(self) -> PoolConfig:
        if self.concentrated is not None and self.fees == "inside":
            raise ValueError("fees of a concentrated pool must be apart")
        if self.assets[0] == self.assets[1]:
            raise ValueError("assets must be two different assets")
        return self


class OnRollup(Settings):
    """What pools add to a rollup."""

    pools: tuple[PoolConfig, ...] = Field(default=(PoolConfig(),), description="pools")


def assets_used(rollup: OnRollup) -> Iterator[tuple[str, str]]:
    """Yield the field and the name of every asset that a rollup's pools exchange."""
    for spec in rollup.pools:
        for name in spec.assets:
            yield "pools", name
