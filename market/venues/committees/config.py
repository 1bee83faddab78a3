"""Configuration of committees of reporters."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from market.settings import NonNegative, Positive, Settings, Share


class CommitteeConfig(Settings):
    """A committee behind a feed: who reports has a bond, and the median of the fresh reports is the feed's price.

    Deviation and heartbeat are those of the oracle, told of each reporter's own last report.
    """

    reporters: Annotated[int, Field(ge=1)] = Field(default=5, description="seats of reporters [1]")
    quorum: Annotated[int, Field(ge=1)] = Field(
        default=3, description="fresh reports without which no price changes [1]"
    )
    fresh_s: Positive = Field(default=3900.0, description="time for which a report counts [s]")
    band_bp: Positive = Field(default=1000.0, description="a report further from the price in force is refused [bp]")
    bond_usd: NonNegative = Field(default=10_000.0, description="bond of each reporter [USD]")
    income_usd_per_hour: NonNegative = Field(
        default=10.0, description="pay of a reporter while its report is fresh [USD/h]"
    )
    fund_usd: NonNegative = Field(
        default=100_000.0, description="funds of the committee that reporters are paid from [USD]"
    )
    tolerance_bp: NonNegative = Field(
        default=100.0, description="a report as far from the reference price of when it was sent is no offence [bp]"
    )
    detection: Share = Field(default=1.0, description="chance that a report is examined [1]")
    judged_after_s: NonNegative = Field(default=60.0, description="from a report's block to the verdict on it [s]")
    slash: Share = Field(default=1.0, description="share of the bond that an offence costs [1]")
    suspension_s: NonNegative = Field(default=600.0, description="time for which an offender may not report [s]")

    @model_validator(mode="after")
    def _can_meet(self) -> CommitteeConfig:
        if self.quorum > self.reporters:
            raise ValueError(
                f"quorum {self.quorum} is more than the {self.reporters} reporters; allowed: at most as many"
            )
        return self
