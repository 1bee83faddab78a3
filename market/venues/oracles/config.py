"""Configuration of price feeds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from market.settings import NonNegative, Positive, Settings, Share
from market.venues.committees.config import CommitteeConfig


class OracleConfig(Settings):
    """A price feed of a rollup's lending markets; its updates are intents that need sequencing."""

    source: Literal["external", "pool_twap", "pool", "blend", "committee"] = Field(
        default="external", description="what it reads, or that reporters report it"
    )
    blend_weight: Share = Field(default=0.5, description="weight of the external price in a blend [1]")
    twap_s: Positive = Field(default=600.0, description="window of the time-weighted pool price [s]")
    deviation_bp: NonNegative = Field(default=25.0, description="deviation that triggers an update [bp]")
    heartbeat_s: Positive = Field(default=3600.0, description="longest time between two updates [s]")
    delay_s: NonNegative = Field(default=1.0, description="from reading the price to arriving at the sequencer [s]")
    committee: CommitteeConfig = Field(default=CommitteeConfig(), description="reporters, where the source is one")


class OnRollup(Settings):
    """What oracles add to a rollup."""

    oracle: OracleConfig = Field(default=OracleConfig(), description="price feed of every risky asset on this rollup")
