"""Configuration of the risky assets and of their reference price."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from market.settings import NonNegative, Positive, Settings


class AssetConfig(Settings):
    """A risky asset. The numeraire USD exists always and is not listed."""

    name: str = Field(default="ETH", min_length=1, description="symbol")
    price_usd: Positive = Field(default=2500.0, description="reference price at the start [USD]")
    volatility: NonNegative = Field(default=0.8, description="annualised volatility of the log price [1/sqrt(year)]")
    drift: float = Field(default=0.0, description="annualised drift of the price [1/year]")


class JumpConfig(Settings):
    """Compound Poisson jumps of the log price (Merton 1976)."""

    per_day: NonNegative = Field(default=1.5, description="mean number of jumps [1/day]")
    mean: float = Field(default=0.0, description="mean of a log jump [1]")
    sd: NonNegative = Field(default=0.02, description="standard deviation of a log jump [1]")


class HestonConfig(Settings):
    """Square-root variance (Heston 1993)."""

    reversion: Positive = Field(default=5.0, description="speed of mean reversion of the variance [1/year]")
    long_run_volatility: Positive = Field(
        default=0.8, description="square root of the long-run variance [1/sqrt(year)]"
    )
    vol_of_vol: NonNegative = Field(default=1.0, description="volatility of the variance [1/year]")
    correlation: float = Field(default=-0.5, ge=-1, le=1, description="of price and variance shocks [1]")


class EpisodeConfig(Settings):
    """A stretch of time in which volatility and jumps take other values."""

    start_s: NonNegative = Field(description="start of the episode [s]")
    end_s: Positive = Field(description="end of the episode [s]")
    volatility: NonNegative = Field(default=3.0, description="annualised volatility in the episode [1/sqrt(year)]")
    jumps_per_day: NonNegative = Field(default=0.0, description="mean number of jumps in the episode [1/day]")
    jump_mean: float = Field(default=0.0, description="mean of a log jump in the episode [1]")
    jump_sd: NonNegative = Field(default=0.02, description="standard deviation of a log jump in the episode [1]")
    drift: float = Field(default=0.0, description="annualised drift of the price in the episode [1/year]")

    @model_validator(mode="after")
    def _ordered(self) -> EpisodeConfig:
        if self.end_s <= self.start_s:
            raise ValueError("end_s must be larger than start_s")
        return self


class PriceConfig(Settings):
    """The reference price of the risky assets: an outside market that no agent controls."""

    kind: Literal["gbm", "merton", "heston", "replay"] = Field(default="gbm", description="law of the price")
    step_s: Positive = Field(default=0.25, description="resolution of the price path [s]")
    correlation: float = Field(
        default=0.6, ge=-0.99, le=1, description="between the shocks of any two risky assets [1]"
    )
    jumps: JumpConfig = Field(default_factory=JumpConfig, description="used by kind merton")
    heston: HestonConfig = Field(default_factory=HestonConfig, description="used by kind heston")
    episodes: tuple[EpisodeConfig, ...] = Field(
        default=(), description="stretches with another volatility (gbm, merton)"
    )
    file: Path | None = Field(
        default=None, description="bars or points for kind replay: CSV or parquet, with timestamp,open,high,low,close"
    )
    columns: dict[str, str] = Field(
        default={}, description="names or numbers of the file's columns by timestamp, open, high, low, close, price"
    )
    ticker: str | None = Field(default=None, description="which to read of a file that holds several")
    dates: Literal["dmy", "mdy"] | None = Field(
        default=None, description="order of day and month in a file's dates such as 05/08/2024"
    )
    any_time: bool = Field(default=False, description="believe a file's times before 2008 and in the future")
    any_jump: bool = Field(
        default=False, description="believe a file's prices that change by a factor of five within a bar or to the next"
    )
    any_level: bool = Field(
        default=False, description="replay prices at the level of real pools that are further than a factor 3 from them"
    )
    start: str | None = Field(default=None, description="first instant of a replay, ISO 8601 (default: the first bar)")
    rescale: bool = Field(
        default=True, description="rescale a replayed price so that it starts at the asset's price_usd"
    )
    impact_per_million: NonNegative = Field(
        default=0.0,
        description="permanent log impact on the reference price per million USD of net flow into the outside market",
    )

    @model_validator(mode="after")
    def _file_when_replayed(self) -> PriceConfig:
        if self.kind == "replay" and self.file is None:
            raise ValueError("kind 'replay' needs prices.file")
        return self
