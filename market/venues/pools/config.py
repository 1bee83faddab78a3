"""Configuration of pools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from market.settings import NUMERAIRE, Positive, Settings


class PoolConfig(Settings):
    """A constant-product pool."""

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

    @model_validator(mode="after")
    def _distinct(self) -> PoolConfig:
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
