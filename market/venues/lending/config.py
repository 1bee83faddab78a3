"""Configuration of lending markets and of who has borrowed on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from market.settings import NUMERAIRE, LogSd, NonNegative, Positive, Settings, Share
from market.venues.liquidation.config import design_by_name


class UtilisationRates(Settings):
    """Rates that follow utilisation, the share of the funds that are lent out, with a kink."""

    base: NonNegative = Field(default=0.0, description="borrowing rate when nothing is lent out [1/year]")
    kink: float = Field(default=0.9, gt=0, lt=1, description="utilisation at which the slope changes [1]")
    slope_below: NonNegative = Field(default=0.055, description="what the rate rises by from 0 to the kink [1/year]")
    slope_above: NonNegative = Field(default=0.6, description="what it rises by from the kink to 1 [1/year]")
    reserve_factor: Share = Field(default=0.1, description="share of interest that is kept as reserves [1]")


class LendingConfig(Settings):
    """A lending market: one collateral asset against one debt asset."""

    collateral: str = Field(default="ETH", description="collateral asset")
    debt: str = Field(default=NUMERAIRE, description="borrowed asset")
    liquidation_threshold: float = Field(
        default=0.825, gt=0, lt=1, description="debt over collateral value at which HF = 1 [1]"
    )
    max_ltv: float = Field(default=0.80, gt=0, lt=1, description="largest loan-to-value at which one may borrow [1]")
    close_factor: float = Field(
        default=0.5, gt=0, le=1, description="share of the debt that one liquidation may repay [1]"
    )
    full_close_health: float = Field(
        default=0.95, ge=0, le=1, description="health below which all of the debt may be repaid [1]"
    )
    bonus: float = Field(
        default=0.05, ge=0, lt=1, description="liquidation bonus, seized over repaid value less one [1]"
    )
    rate: float = Field(
        default=0.05, ge=0, description="continuously compounded borrowing rate, unless `rates` is set [1/year]"
    )
    rates: UtilisationRates | None = Field(
        default=None, description="borrowing rate by utilisation (default: constant, and suppliers get all of it)"
    )
    cash_usd: NonNegative = Field(default=20e6, description="lendable funds at the start, in value [USD]")
    collateral_on: str | None = Field(
        default=None,
        description="rollup on which the collateral lies, is priced and is seized; sequenced together with this one "
        "(default: this rollup)",
    )
    liquidation: dict[str, Any] = Field(
        default={"kind": "fixed_spread"}, description="how collateral is sold: a design with its parameters"
    )

    @model_validator(mode="before")
    @classmethod
    def _kind_by_name(cls, values: Any) -> Any:
        return design_by_name(values)

    @model_validator(mode="after")
    def _tells_cash_from_collateral(self) -> LendingConfig:
        if self.rates is not None and self.collateral == self.debt:
            raise ValueError(f"rates by utilisation need a debt asset that is not the collateral, {self.debt}")
        return self

    @model_validator(mode="after")
    def _auctions_at_home(self) -> LendingConfig:
        if self.collateral_on is not None and self.liquidation.get("kind") != "fixed_spread":
            raise ValueError("collateral on another rollup can be liquidated at a fixed spread only")
        return self


class BorrowersConfig(Settings):
    """Leveraged borrowers: how they start and what they do when their health falls."""

    collateral_median_usd: Positive = Field(default=20_000.0, description="median collateral of a borrower [USD]")
    collateral_log_sd: LogSd = Field(default=1.2, description="standard deviation of the log collateral [1]")
    ltv_low: float = Field(default=0.30, ge=0, lt=1, description="lowest loan-to-value at the start [1]")
    ltv_high: float = Field(default=0.78, gt=0, lt=1, description="highest loan-to-value at the start [1]")
    ltv_law: Literal["beta", "log_uniform"] = Field(
        default="beta",
        description="law of loan-to-value: a beta law scaled to [low, high], or uniform in the logarithm, which "
        "spreads liquidation prices with one density per unit of log price",
    )
    ltv_alpha: Positive = Field(default=2.0, description="first shape of the beta law of loan-to-value [1]")
    ltv_beta: Positive = Field(default=2.0, description="second shape of the beta law of loan-to-value [1]")
    top_up_share: Share = Field(default=0.3, description="share of borrowers who top up their collateral [1]")
    deleverage_share: Share = Field(default=0.3, description="share of borrowers who sell collateral to repay [1]")
    act_below_health: Positive = Field(
        default=1.06, description="health factor below which an active borrower reacts [1]"
    )
    reserve_share: NonNegative = Field(default=0.15, description="funds for top-ups over collateral at the start [1]")
    attention_s: Positive = Field(
        default=60.0, description="mean time between two looks of a borrower at her position [s]"
    )

    @model_validator(mode="after")
    def _positive_if_logarithmic(self) -> BorrowersConfig:
        if self.ltv_law == "log_uniform" and self.ltv_low <= 0:
            raise ValueError("ltv_low must be positive for ltv_law 'log_uniform'")
        return self

    @model_validator(mode="after")
    def _shares(self) -> BorrowersConfig:
        if self.top_up_share + self.deleverage_share > 1:
            raise ValueError("top_up_share and deleverage_share must not add up to more than 1")
        if self.ltv_high <= self.ltv_low:
            raise ValueError("ltv_high must be larger than ltv_low")
        return self


class OnRollup(Settings):
    """What lending adds to a rollup."""

    lending: tuple[LendingConfig, ...] = Field(default=(), description="lending markets")
    borrowers: Annotated[int, Field(ge=0)] = Field(default=0, description="leveraged borrowers per lending market [1]")
    leverage: BorrowersConfig | None = Field(
        default=None, description="how this rollup's borrowers start (default: as all borrowers)"
    )


class OnMarket(Settings):
    """What lending adds to the market."""

    borrowers: BorrowersConfig = Field(default=BorrowersConfig(), description="leveraged borrowers")


def assets_used(rollup: OnRollup) -> Iterator[tuple[str, str]]:
    """Yield the field and the name of every asset that a rollup's lending markets lend or take as collateral."""
    for spec in rollup.lending:
        for name in (spec.collateral, spec.debt):
            yield "lending", name


def rollups_used(rollup: OnRollup) -> Iterator[tuple[str, str]]:
    """Yield the field and the name of every rollup on which the collateral of a lending market lies."""
    for spec in rollup.lending:
        if spec.collateral_on is not None:
            yield "lending.collateral_on", spec.collateral_on
