"""Configuration of how bridges are laid between rollups."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from market.settings import NonNegative, Settings, Share
from market.venues.bridges.config import BridgeConfig


class GraphConfig(Settings):
    """How the bridges of the rollup graph are laid."""

    kind: Literal["complete", "star", "ring", "small_world", "list"] = Field(
        default="complete", description="generator"
    )
    neighbours: Annotated[int, Field(ge=2)] = Field(
        default=2, description="neighbours on the ring of a small world [1]"
    )
    rewire: Share = Field(default=0.2, description="rewiring probability of a small world [1]")
    delay_s: NonNegative = Field(default=300.0, description="delay of every generated bridge [s]")
    fee_bp: float = Field(default=5.0, ge=0, lt=10_000, description="fee of every generated bridge [bp]")
    capacity_usd: NonNegative = Field(
        default=5e6, description="funds per end and asset of every generated bridge [USD]"
    )
    bridges: tuple[BridgeConfig, ...] = Field(default=(), description="the bridges, for kind list")
