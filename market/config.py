"""The configuration of one run: frozen models, a unit in every description, unknown keys are errors.

Money is in USD (the numeraire, asset 0), time in seconds, rates per year where the name says so, spreads and fees
in basis points (bp).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, create_model, model_validator

from market import venues
from market.latency import USUAL, LatencyLaw
from market.prices.config import AssetConfig, EpisodeConfig, HestonConfig, JumpConfig, PriceConfig
from market.settings import NUMERAIRE, LogSd, NonNegative, Positive, Settings, Share
from market.venues.bridges import config as _bridges
from market.venues.bridges.config import BridgeConfig, GraphConfig
from market.venues.lending import config as _lending
from market.venues.lending.config import BorrowersConfig, LendingConfig
from market.venues.liquidation import config as _liquidation
from market.venues.mining import config as _mining
from market.venues.mining.config import MiningConfig
from market.venues.options import config as _options
from market.venues.options.config import OptionsConfig
from market.venues.oracles import config as _oracles
from market.venues.oracles.config import OracleConfig
from market.venues.outside import config as _outside
from market.venues.outside.config import OutsideConfig
from market.venues.perpetuals import config as _perpetuals
from market.venues.perpetuals.config import PerpetualConfig, PerpetualTradersConfig
from market.venues.pools import config as _pools
from market.venues.pools.config import PoolConfig

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
    "MiningConfig",
    "NonNegative",
    "OptionsConfig",
    "OracleConfig",
    "OutsideConfig",
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


_rooms = venues.rooms("config")

if TYPE_CHECKING:
    # the type checker cannot follow a list of names: to it, the venues that come with the tree are spelt out

    class _OnRollup(
        _pools.OnRollup, _lending.OnRollup, _oracles.OnRollup, _perpetuals.OnRollup, _options.OnRollup,
        _liquidation.OnRollup,
    ): ...  # fmt: skip

    class _OnMarket(
        _bridges.OnMarket, _lending.OnMarket, _outside.OnMarket, _perpetuals.OnMarket, _mining.OnMarket,
    ): ...  # fmt: skip

else:

    def _composed(name: str) -> type[Settings]:
        """Return a model with the fields of every venue's class of that name, in the order of the venues."""
        found = [getattr(room, name) for room in _rooms.values() if hasattr(room, name)]
        # pydantic collects the fields of the last base first
        return create_model(f"_{name}", __base__=tuple(reversed(found)), __module__=__name__)

    _OnRollup, _OnMarket = _composed("OnRollup"), _composed("OnMarket")


def _used(hook: str, rollup: RollupConfig) -> Iterator[tuple[str, str]]:
    """Yield what the venues' functions of that name say of a rollup: field, and the name that is used in it."""
    for room in _rooms.values():
        if hasattr(room, hook):
            yield from getattr(room, hook)(rollup)


class RollupConfig(_OnRollup):
    """A rollup: its venues and, when it is sequenced alone, its block time."""

    name: str = Field(min_length=1, description="unique name")
    block_time_s: Positive = Field(
        default=2.0, description="block time when the rollup has a sequencing domain of its own [s]"
    )
    layer1: bool = Field(
        default=False,
        description="whether it is L1 itself, which keeps its block time (12 s as deployed) and is sequenced by itself "
        "unless the regime's domains say otherwise",
    )
    gas_usd: NonNegative = Field(default=0.01, description="fee of an included intent, paid to the operator [USD]")
    grace_s: NonNegative = Field(
        default=0.0, description="after an outage of its sequencer, the time for which nobody is liquidated [s]"
    )


class FlowConfig(Settings):
    """Retail order flow: exogenous arrivals and sizes, endogenous choice of rollup."""

    per_second: NonNegative = Field(default=3.0, description="arrival rate over all rollups [1/s]")
    median_usd: Positive = Field(default=300.0, description="median size of a swap [USD]")
    log_sd: LogSd = Field(default=1.8, description="standard deviation of the log size [1]")
    slippage_median_bp: Positive = Field(default=20.0, description="median slippage limit [bp]")
    slippage_log_sd: LogSd = Field(default=0.8, description="standard deviation of the log slippage limit [1]")
    tip_mean_usd: NonNegative = Field(default=0.01, description="mean of the exponential tip [USD]")
    latency_s: NonNegative = Field(default=0.2, description="mean network delay of an intent [s]")
    patience_s: Positive = Field(default=60.0, description="an intent not executed after this time expires [s]")
    choice_sensitivity: NonNegative = Field(default=0.3, description="logit weight of past execution cost [1/bp]")
    l1_after_s: NonNegative = Field(
        default=60.0, description="left out for so long, a user goes through L1 where the regime has an inbox [s]"
    )
    l1_fee_share: Share = Field(
        default=0.01, description="if that costs at most this share of the value of the trade [1]"
    )
    memory: float = Field(default=0.02, gt=0, le=1, description="weight of a new execution in the remembered cost [1]")


class AgentConfig(Settings):
    """A group of strategic agents that follow one strategy."""

    role: Literal["sequencer", "builder", "market_maker", "liquidator", "trader", "protocol"] = Field(
        description="role"
    )
    strategy: str = Field(min_length=1, description="name of a built-in strategy or 'package.module:Class'")
    count: Annotated[int, Field(ge=0)] = Field(
        default=1,
        description="number of agents (sequencers: one per seat, count ignored; protocols: the next so many rollups)",
    )
    capital_usd: NonNegative = Field(default=2e6, description="funds per rollup and asset at the start, in value [USD]")
    latency_s: NonNegative = Field(default=0.02, description="delay from deciding to arriving at the sequencer [s]")
    latency_spread_s: NonNegative = Field(default=0.03, description="agent i of n adds i/n of this to its latency [s]")
    latency: LatencyLaw = Field(default=USUAL, description="law of the delays around their mean")
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
    guarantees: dict[str, Any] = Field(default={"kind": "execution"}, description="what ties bundles over rollups")
    forced_inclusion: dict[str, Any] = Field(default={"kind": "none"}, description="the way around the sequencer")
    margin: dict[str, Any] = Field(default={"kind": "none"}, description="what is checked before inclusion")
    breaker: dict[str, Any] = Field(default={"kind": "none"}, description="when intents are paused")
    oversight: dict[str, Any] = Field(default={"kind": "none"}, description="who watches bids and orders, and fines")
    governance: dict[str, Any] = Field(default={"kind": "none"}, description="who decides on the rules of the regime")
    sequencer: str = Field(
        default="honest", min_length=1, description="strategy of the sequencers unless [[agents]] name one"
    )
    block_time_s: Positive | None = Field(default=None, description="block time of a shared domain [s] (default: 2)")

    @model_validator(mode="before")
    @classmethod
    def _kind_by_name(cls, values: Any) -> Any:
        plain = ("name", "source", "sequencer", "block_time_s")
        if isinstance(values, dict):
            return {k: {"kind": v} if k not in plain and isinstance(v, str) else v for k, v in values.items()}
        return values


class MarketConfig(_OnMarket):
    """Everything that determines a run, but for the seed."""

    horizon_s: Positive = Field(default=7200.0, description="length of the run [s]")
    assets: tuple[AssetConfig, ...] = Field(default=(AssetConfig(),), min_length=1, description="risky assets")
    prices: PriceConfig = Field(default=PriceConfig(), description="reference price")
    rollups: tuple[RollupConfig, ...] = Field(min_length=1, description="rollups")
    regime: RegimeConfig = Field(description="the sequencing regime")
    flow: FlowConfig = Field(default=FlowConfig(), description="retail flow")
    agents: tuple[AgentConfig, ...] = Field(default=(), description="strategic agents")
    window_s: NonNegative = Field(default=0.1, description="from the last look of agents to the sealing of a block [s]")
    audit_every: Annotated[int, Field(ge=1)] = Field(
        default=256, description="blocks between two checks of conservation [1]"
    )

    @model_validator(mode="after")
    def _names(self) -> MarketConfig:
        if NUMERAIRE in (named := [asset.name for asset in self.assets]):
            where = f"assets.{named.index(NUMERAIRE)}.name"
            raise ValueError(f"{where}: name {NUMERAIRE!r} is that of the numeraire; allowed: other names")
        _unique("assets", named)
        _unique("rollups", [rollup.name for rollup in self.rollups])
        known = {NUMERAIRE, *(asset.name for asset in self.assets)}
        used = {(f"rollups.{r.name}.{field}", name) for r in self.rollups for field, name in _used("assets_used", r)}
        for where, name in sorted(used):
            if name not in known:
                raise ValueError(f"{where}: unknown asset {name!r}; allowed: {', '.join(sorted(known))}")
        names = [rollup.name for rollup in self.rollups]
        for rollup in self.rollups:
            for field, name in _used("rollups_used", rollup):
                if name not in names:
                    raise ValueError(
                        f"rollups.{rollup.name}.{field}: unknown rollup {name!r}; allowed: {', '.join(names)}"
                    )
        return self

    @property
    def asset_names(self) -> tuple[str, ...]:
        """Names by asset index; index 0 is the numeraire."""
        return (NUMERAIRE, *(asset.name for asset in self.assets))


def _unique(where: str, names: list[str]) -> None:
    for second, name in enumerate(names):
        if name in names[:second]:
            raise ValueError(
                f"{where}.{second}.name: name {name!r} is used twice, first by {where}.{names.index(name)}; "
                "allowed: unique names"
            )
