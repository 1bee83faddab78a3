"""Configuration of bridges: of each, and of how they are laid between the rollups."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from market.settings import NonNegative, Settings, Share


class BridgeConfig(Settings):
    """A bridge between two rollups, usable in both directions."""

    source: str = Field(description="one end: a rollup")
    target: str = Field(description="other end: a rollup")
    delay_s: NonNegative = Field(default=300.0, description="from inclusion to arrival [s]")
    fee_bp: float = Field(default=5.0, ge=0, lt=10_000, description="fee on the amount moved [bp]")
    capacity_usd: NonNegative = Field(
        default=5e6, description="funds of the bridge at either end, per asset, in value [USD]"
    )


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


class OnMarket(Settings):
    """What bridges add to the settings of a market."""

    graph: GraphConfig = Field(default=GraphConfig(), description="bridges")
