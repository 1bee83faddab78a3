"""Configuration of perpetual futures and of who trades them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field, model_validator

from market.settings import LogSd, NonNegative, Positive, Settings, Share
from market.venues.liquidation.config import design_by_name


class PerpetualConfig(Settings):
    """A perpetual future on a risky asset, its maker and its traders."""

    asset: str = Field(default="ETH", description="underlying")
    max_leverage: float = Field(default=20.0, gt=1, description="largest leverage at which one may trade [1]")
    maintenance: float = Field(default=0.01, gt=0, lt=1, description="maintenance margin over value [1]")
    fee_bp: float = Field(default=4.0, ge=0, lt=10_000, description="fee of a trade on its value [bp]")
    spread_bp: float = Field(default=1.0, ge=0, lt=10_000, description="maker's half spread [bp]")
    depth_usd: Positive = Field(default=5e8, description="net position that moves the maker's log price by one [USD]")
    funding_period_s: Positive = Field(default=28_800.0, description="time in which the funding rate is paid once [s]")
    funding_interest: float = Field(default=0.0, gt=-1, lt=1, description="interest part of the rate per period [1]")
    funding_clamp: Share = Field(
        default=0.0, description="most by which the rate is brought from the premium towards the interest part [1]"
    )
    funding_cap: Positive | None = Field(
        default=None, description="largest rate per period, of either sign (default: none) [1]"
    )
    reward_bp: float = Field(default=10.0, ge=0, lt=10_000, description="liquidator's reward over value closed [bp]")
    fund_usd: NonNegative = Field(default=1e5, description="insurance fund at the start [USD]")
    maker_usd: Positive = Field(default=1e7, description="maker's margin at the start [USD]")
    traders: Annotated[int, Field(ge=0)] = Field(default=0, description="traders with a contract at the start [1]")
    margin_median_usd: Positive = Field(default=2000.0, description="median margin of a trader [USD]")
    margin_log_sd: LogSd = Field(default=1.2, description="standard deviation of the log margin [1]")
    leverage_low: Positive = Field(default=2.0, description="lowest leverage at the start [1]")
    leverage_high: Positive = Field(default=20.0, description="highest leverage, uniform in the logarithm [1]")
    long_share: Share = Field(default=0.6, description="share of traders who are long [1]")
    cross_share: Share = Field(
        default=0.3, description="share of traders whose contracts on the rollup's perpetuals share margin [1]"
    )

    reserve_share: NonNegative = Field(default=0.0, description="funds for top-ups over margin at the start [1]")
    quoted_by: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="which of the agents of role market_maker, counted from 0 as configured, owns the maker and sets "
        "its half spread by intents (default: nobody; the half spread stays what it is) [1]",
    )

    liquidation: dict[str, Any] = Field(
        default={"kind": "fixed_spread"},
        description="how contracts under margin are sold: a design with its parameters (fixed_spread: closed with the "
        "maker at once)",
    )

    deleveraging: dict[str, Any] = Field(
        default={"kind": "queue"},
        description="whose contracts are closed against one under margin when all funds are empty: a rule with its "
        "parameters (queue: by profit times leverage)",
    )

    @model_validator(mode="before")
    @classmethod
    def _kind_by_name(cls, values: Any) -> Any:
        return design_by_name(values, "deleveraging")

    @model_validator(mode="after")
    def _leverage(self) -> PerpetualConfig:
        if not self.leverage_low <= self.leverage_high <= self.max_leverage:
            raise ValueError("leverage_low <= leverage_high <= max_leverage must hold")
        if self.maintenance * self.max_leverage >= 1:
            raise ValueError("maintenance must be below 1 / max_leverage")
        return self


class PerpetualTradersConfig(Settings):
    """What traders of perpetuals do: defend their margin, and open positions. All of it off by default."""

    top_up_share: Share = Field(default=0.0, description="share of traders who pay in margin when it runs low [1]")
    reduce_share: Share = Field(default=0.0, description="share of traders who close part when margin runs low [1]")
    act_below: float = Field(
        default=3.0, gt=1, description="equity over maintenance margin below which an active trader reacts [1]"
    )
    goal: float = Field(default=4.5, gt=1, description="equity over maintenance margin that she aims at [1]")
    attention_s: Positive = Field(default=60.0, description="mean time between two looks of a trader [s]")
    trades_per_hour: NonNegative = Field(default=0.0, description="rate at which a trader takes a new side [1/h]")
    momentum_share: Share = Field(
        default=0.5, description="share of new sides that follow the recent move; the rest are noise [1]"
    )
    momentum_s: Positive = Field(default=600.0, description="memory of the average that a recent move is over [s]")

    @model_validator(mode="after")
    def _shares(self) -> PerpetualTradersConfig:
        if self.top_up_share + self.reduce_share > 1:
            raise ValueError("top_up_share and reduce_share must not add up to more than 1")
        if self.goal <= self.act_below:
            raise ValueError("goal must be larger than act_below")
        return self


class OnRollup(Settings):
    """What perpetuals add to a rollup."""

    perpetuals: tuple[PerpetualConfig, ...] = Field(default=(), description="perpetual futures")


class OnMarket(Settings):
    """What perpetuals add to the market."""

    perpetual_traders: PerpetualTradersConfig = Field(
        default=PerpetualTradersConfig(), description="what traders of perpetuals do"
    )


def assets_used(rollup: OnRollup) -> Iterator[tuple[str, str]]:
    """Yield the field and the name of every underlying of a rollup's perpetuals."""
    for spec in rollup.perpetuals:
        yield "perpetuals", spec.asset
