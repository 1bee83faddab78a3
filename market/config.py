"""The configuration of one run: frozen models, a unit in every description, unknown keys are errors.

Money is in USD (the numeraire, asset 0), time in seconds, rates per year where the name says so, spreads and fees
in basis points (bp).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from market.config_base import NUMERAIRE, NonNegative, Positive, Settings, Share, design_by_name
from market.config_graph import BridgeConfig, GraphConfig
from market.config_perpetuals import PerpetualConfig, PerpetualTradersConfig
from market.config_prices import AssetConfig, EpisodeConfig, HestonConfig, JumpConfig, PriceConfig

__all__ = [
    "NUMERAIRE",
    "AgentConfig",
    "AssetConfig",
    "BorrowersConfig",
    "BridgeConfig",
    "EpisodeConfig",
    "FlowConfig",
    "GraphConfig",
    "HestonConfig",
    "JumpConfig",
    "LendingConfig",
    "MarketConfig",
    "NonNegative",
    "OracleConfig",
    "PerpetualConfig",
    "PerpetualTradersConfig",
    "PoolConfig",
    "Positive",
    "PriceConfig",
    "RegimeConfig",
    "RollupConfig",
    "Settings",
    "Share",
]


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
    rate: float = Field(default=0.05, ge=0, description="continuously compounded borrowing rate [1/year]")
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
    def _auctions_at_home(self) -> LendingConfig:
        if self.collateral_on is not None and self.liquidation.get("kind") != "fixed_spread":
            raise ValueError("collateral on another rollup can be liquidated at a fixed spread only")
        return self


class OracleConfig(Settings):
    """A price feed of a rollup's lending markets; its updates are intents that need sequencing."""

    source: Literal["external", "pool_twap", "pool", "blend"] = Field(default="external", description="what it reads")
    blend_weight: Share = Field(default=0.5, description="weight of the external price in a blend [1]")
    twap_s: Positive = Field(default=600.0, description="window of the time-weighted pool price [s]")
    deviation_bp: NonNegative = Field(default=25.0, description="deviation that triggers an update [bp]")
    heartbeat_s: Positive = Field(default=3600.0, description="longest time between two updates [s]")
    delay_s: NonNegative = Field(default=1.0, description="from reading the price to arriving at the sequencer [s]")


class BorrowersConfig(Settings):
    """Leveraged borrowers: how they start and what they do when their health falls."""

    collateral_median_usd: Positive = Field(default=20_000.0, description="median collateral of a borrower [USD]")
    collateral_log_sd: NonNegative = Field(default=1.2, description="standard deviation of the log collateral [1]")
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


class RollupConfig(Settings):
    """A rollup: its venues and, when it is sequenced alone, its block time."""

    name: str = Field(min_length=1, description="unique name")
    block_time_s: Positive = Field(
        default=2.0, description="block time when the rollup has a sequencing domain of its own [s]"
    )
    pools: tuple[PoolConfig, ...] = Field(default=(PoolConfig(),), description="pools")
    lending: tuple[LendingConfig, ...] = Field(default=(), description="lending markets")
    perpetuals: tuple[PerpetualConfig, ...] = Field(default=(), description="perpetual futures")
    oracle: OracleConfig = Field(default=OracleConfig(), description="price feed of every risky asset on this rollup")
    gas_usd: NonNegative = Field(default=0.01, description="fee of an included intent, paid to the operator [USD]")
    grace_s: NonNegative = Field(
        default=0.0, description="after an outage of its sequencer, the time for which nobody is liquidated [s]"
    )
    borrowers: Annotated[int, Field(ge=0)] = Field(default=0, description="leveraged borrowers per lending market [1]")
    leverage: BorrowersConfig | None = Field(
        default=None, description="how this rollup's borrowers start (default: as all borrowers)"
    )


class FlowConfig(Settings):
    """Retail order flow: exogenous arrivals and sizes, endogenous choice of rollup."""

    per_second: NonNegative = Field(default=3.0, description="arrival rate over all rollups [1/s]")
    median_usd: Positive = Field(default=300.0, description="median size of a swap [USD]")
    log_sd: NonNegative = Field(default=1.8, description="standard deviation of the log size [1]")
    slippage_median_bp: Positive = Field(default=20.0, description="median slippage limit [bp]")
    slippage_log_sd: NonNegative = Field(default=0.8, description="standard deviation of the log slippage limit [1]")
    tip_mean_usd: NonNegative = Field(default=0.01, description="mean of the exponential tip [USD]")
    latency_s: NonNegative = Field(default=0.2, description="mean network delay of an intent [s]")
    patience_s: Positive = Field(default=60.0, description="an intent not executed after this time expires [s]")
    choice_sensitivity: NonNegative = Field(default=0.3, description="logit weight of past execution cost [1/bp]")
    memory: float = Field(default=0.02, gt=0, le=1, description="weight of a new execution in the remembered cost [1]")


class AgentConfig(Settings):
    """A group of strategic agents that follow one strategy."""

    role: Literal["sequencer", "builder", "market_maker", "liquidator", "trader"] = Field(description="role")
    strategy: str = Field(min_length=1, description="name of a built-in strategy or 'package.module:Class'")
    count: Annotated[int, Field(ge=0)] = Field(
        default=1, description="number of agents (sequencers: one per seat, count ignored)"
    )
    capital_usd: NonNegative = Field(default=2e6, description="funds per rollup and asset at the start, in value [USD]")
    latency_s: NonNegative = Field(default=0.02, description="delay from deciding to arriving at the sequencer [s]")
    latency_spread_s: NonNegative = Field(default=0.03, description="agent i of n adds i/n of this to its latency [s]")
    parameters: dict[str, Any] = Field(default_factory=dict, description="passed to the strategy's constructor")


class RegimeConfig(Settings):
    """A sequencing regime as a composition of parts; each part is {kind = "...", parameters ...}.

    The parts themselves are checked by :func:`market.sequencing.part`, which knows the mechanisms that exist.
    """

    name: str = Field(min_length=1, description="name in tables and figures")
    source: str = Field(default="", description="where the regime is described")
    domains: dict[str, Any] = Field(default={"kind": "alone"}, description="which rollups are sequenced together")
    leader: dict[str, Any] = Field(default={"kind": "operator"}, description="who may order a slot")
    visibility: dict[str, Any] = Field(default={"kind": "operator_only"}, description="who reads a pending intent")
    ordering: dict[str, Any] = Field(default={"kind": "first_come"}, description="how a block is ordered")
    auction: dict[str, Any] = Field(default={"kind": "none"}, description="how the right to build is sold")
    revenue: dict[str, Any] = Field(default={"kind": "keep"}, description="who keeps tips, gas and bids")
    capacity: dict[str, Any] = Field(default={"kind": "unlimited"}, description="what a block holds and costs")
    consensus: dict[str, Any] = Field(default={"kind": "instant"}, description="when a slot has its block")
    preconfirmation: dict[str, Any] = Field(default={"kind": "none"}, description="promises ahead of the block")
    forced_inclusion: dict[str, Any] = Field(default={"kind": "none"}, description="the way around the sequencer")
    margin: dict[str, Any] = Field(default={"kind": "none"}, description="what is checked before inclusion")
    breaker: dict[str, Any] = Field(default={"kind": "none"}, description="when intents are paused")
    oversight: dict[str, Any] = Field(default={"kind": "none"}, description="who watches bids and orders, and fines")
    sequencer: str = Field(default="honest", description="strategy of the sequencers unless [[agents]] name one")
    block_time_s: Positive | None = Field(default=None, description="block time of a shared domain [s] (default: 2)")

    @model_validator(mode="before")
    @classmethod
    def _kind_by_name(cls, values: Any) -> Any:
        plain = ("name", "source", "sequencer", "block_time_s")
        if isinstance(values, dict):
            return {k: {"kind": v} if k not in plain and isinstance(v, str) else v for k, v in values.items()}
        return values


class MarketConfig(Settings):
    """Everything that determines a run, but for the seed."""

    horizon_s: Positive = Field(default=7200.0, description="length of the run [s]")
    assets: tuple[AssetConfig, ...] = Field(default=(AssetConfig(),), min_length=1, description="risky assets")
    prices: PriceConfig = Field(default=PriceConfig(), description="reference price")
    rollups: tuple[RollupConfig, ...] = Field(min_length=1, description="rollups")
    graph: GraphConfig = Field(default=GraphConfig(), description="bridges")
    regime: RegimeConfig = Field(description="the sequencing regime")
    flow: FlowConfig = Field(default=FlowConfig(), description="retail flow")
    borrowers: BorrowersConfig = Field(default=BorrowersConfig(), description="leveraged borrowers")
    perpetual_traders: PerpetualTradersConfig = Field(
        default=PerpetualTradersConfig(), description="what traders of perpetuals do"
    )
    agents: tuple[AgentConfig, ...] = Field(default=(), description="strategic agents")
    outside_fee_bp: float = Field(default=1.0, ge=0, lt=10_000, description="fee of the outside market [bp]")
    window_s: NonNegative = Field(
        default=0.1, description="from the start of a slot, when agents act, to the sealing of its block [s]"
    )
    audit_every: Annotated[int, Field(ge=1)] = Field(
        default=256, description="blocks between two checks of conservation [1]"
    )

    @model_validator(mode="after")
    def _names(self) -> MarketConfig:
        _unique("assets", [NUMERAIRE, *(asset.name for asset in self.assets)])
        _unique("rollups", [rollup.name for rollup in self.rollups])
        known = {NUMERAIRE, *(asset.name for asset in self.assets)}
        used = {(f"rollups.{r.name}.pools", name) for r in self.rollups for p in r.pools for name in p.assets}
        used |= {
            (f"rollups.{r.name}.lending", name)
            for r in self.rollups
            for m in r.lending
            for name in (m.collateral, m.debt)
        }
        used |= {(f"rollups.{r.name}.perpetuals", m.asset) for r in self.rollups for m in r.perpetuals}
        for where, name in sorted(used):
            if name not in known:
                raise ValueError(f"{where}: unknown asset {name!r}; allowed: {', '.join(sorted(known))}")
        names = [rollup.name for rollup in self.rollups]
        for place, spec in ((rollup.name, spec) for rollup in self.rollups for spec in rollup.lending):
            if spec.collateral_on is not None and spec.collateral_on not in names:
                raise ValueError(
                    f"rollups.{place}.lending.collateral_on: unknown rollup {spec.collateral_on!r}; "
                    f"allowed: {', '.join(names)}"
                )
        return self

    def collateral_rollup(self, rollup: int, spec: LendingConfig) -> int:
        """Rollup on which the collateral of a rollup's lending market lies."""
        names = [place.name for place in self.rollups]
        return rollup if spec.collateral_on is None else names.index(spec.collateral_on)

    @property
    def asset_names(self) -> tuple[str, ...]:
        """Names by asset index; index 0 is the numeraire."""
        return (NUMERAIRE, *(asset.name for asset in self.assets))


def _unique(where: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{where}: name {repeated[0]!r} is used twice; names must be unique")
