"""Configuration of a bridge. Which bridges there are is a setting of the graph, which lays them."""

from __future__ import annotations

from pydantic import Field

from market.settings import NonNegative, Settings


class BridgeConfig(Settings):
    """A bridge between two rollups, usable in both directions."""

    source: str = Field(description="one end: a rollup")
    target: str = Field(description="other end: a rollup")
    delay_s: NonNegative = Field(default=300.0, description="from inclusion to arrival [s]")
    fee_bp: float = Field(default=5.0, ge=0, lt=10_000, description="fee on the amount moved [bp]")
    capacity_usd: NonNegative = Field(
        default=5e6, description="funds of the bridge at either end, per asset, in value [USD]"
    )
