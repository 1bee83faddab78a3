"""Several networks at once, each a composition of its own, among which rollups move while the market runs.

A network lacks rollups or has some; a rollup that is in none has a sequencer of its own, under the parts of the regime
itself. Every `period_s` each rollup's protocol reviews where it is by what it and its users experienced, and by what is
public. A move is announced and paid for at a review, and takes effect `notice_s` later, once the last block that the
old sequencer has decided on is executed. What waits in the old mempool moves along; a bundle over rollups that are
parted expires. What is paid for moving is spent: it goes to the account "burnt".

A network keeps the share `fee` of its members' tips, gas and bids, and pays each the rest of what its own intents
brought. A scheduled outage that names a rollup is one of the sequencer that it begins with.
Source: the choice among platforms with network effects, Katz and Shapiro (1985), Network externalities, competition,
and compatibility, AER 75(3); with notice and costs of switching, Klemperer (1995), Competition when consumers have
switching costs, Review of Economic Studies 62(4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError

from market.access.networks import ALONE, Terms
from market.config import MarketConfig, NonNegative, Positive, RegimeConfig, Settings, Share
from market.errors import InputError
from market.sequencing import compose
from market.sequencing.domains._layer1 import apart
from market.sequencing.domains.base import Charter, Domains, block_time_s

if TYPE_CHECKING:
    from market.model import SequencerMarket
    from market.sequencing.domains._moves import Moves

OWN = ("name", "source", "domains", "revenue", "block_time_s")
"""Fields of a regime that are no part of a network's composition: they are its own, or follow from its fee."""


class Network(Settings):
    """A sequencing network that rollups may join."""

    name: str = Field(min_length=1, description="unique name")
    fee: Share = Field(0.1, description="share of a member's tips, gas and bids that the network keeps [1]")
    block_time_s: Positive = Field(2.0, description="time between two of its blocks [s]")
    parts: dict[str, Any] = Field(
        default_factory=dict, description="parts that are not the regime's, such as {ordering = 'random_batch'}"
    )


class Networks(Domains):
    """Rollups move among networks, and may be alone."""

    kind: Literal["networks"] = "networks"
    networks: tuple[Network, ...] = Field(min_length=1, description="the networks")
    first: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        None, description="network that each rollup is in to begin with, 0: none (default: dealt out in turn)"
    )
    period_s: Positive = Field(60.0, description="time between two reviews [s]")
    notice_s: NonNegative = Field(10.0, description="from the announcement of a move to its effect [s]")
    switching_usd: NonNegative = Field(100.0, description="what a rollup spends on a move [USD]")
    protocol: str = Field(
        "experienced", min_length=1, description="strategy of the protocols unless [[agents]] name one"
    )

    def partition(self, config: MarketConfig) -> list[list[int]]:
        """Each rollup by itself: no two are sure to stay together."""
        return [[rollup] for rollup in range(len(config.rollups))]

    def charters(self, config: MarketConfig) -> list[Charter]:
        """The networks, in their order; then a domain for each rollup, which rests while the rollup is in a network."""
        where = self.begins(config)
        shared = [
            Charter(tuple(at for at, chosen in enumerate(where) if chosen == number), regime, network.block_time_s)
            for number, (network, regime) in enumerate(zip(self.networks, self.regimes(config), strict=True), 1)
        ]
        _check_portable(config.regime, "regime")
        return shared + [
            Charter((at,) if where[at] == ALONE else (), config.regime, self._own_block_time_s(config, at))
            for at in range(len(config.rollups))
        ]

    @staticmethod
    def _own_block_time_s(config: MarketConfig, rollup: int) -> float:
        return block_time_s(config, (rollup,), config.regime.block_time_s)

    def begins(self, config: MarketConfig) -> tuple[int, ...]:
        """Network of each rollup at the start; raises InputError where `first` does not fit."""
        count, most, layer1 = len(config.rollups), len(self.networks), {at for [at] in apart(config)}
        first = self.first or tuple(ALONE if at in layer1 else 1 + at % most for at in range(count))
        if len(first) != count or max(first) > most:
            raise InputError(f"regime.domains.first: {list(first)}; allowed: 0 to {most} for each of {count} rollups")
        if any(first[at] != ALONE for at in layer1):
            raise InputError(f"regime.domains.first: {list(first)}; allowed: 0 for L1, which sequences itself")
        return first

    def regimes(self, config: MarketConfig) -> list[RegimeConfig]:
        """Each network as a fixed regime, in which it sequences every rollup of the market."""
        names = [network.name for network in self.networks]
        if len(set(names)) < len(names):
            raise InputError(f"regime.domains.networks: {', '.join(names)}; allowed: unique names")
        return [self._regime(config.regime, at) for at in range(len(names))]

    def _regime(self, base: RegimeConfig, at: int) -> RegimeConfig:
        network, where = self.networks[at], f"regime.domains.networks.{at}.parts"
        allowed = [name for name in RegimeConfig.model_fields if name not in OWN]
        for name in network.parts:
            if name not in allowed:
                raise InputError(f"{where}: unknown part {name!r}; allowed: {', '.join(allowed)}")
        own = {
            "name": network.name,
            "domains": {"kind": "shared"},
            "revenue": {"kind": "pro_rata", "share": 1.0 - network.fee, "by": "fees"},
            "block_time_s": network.block_time_s,
        }
        try:
            regime = RegimeConfig(**{**base.model_dump(), **network.parts, **own})
        except ValidationError as error:
            raise InputError(f"{where}: {error.errors()[0]['msg']}; allowed: parts as a regime has them") from None
        _check_portable(regime, where)
        return regime

    def terms(self, config: MarketConfig, rollup: int) -> tuple[Terms, ...]:
        """What the networks publish, behind what a rollup has alone."""
        alone = Terms("", 0.0, self._own_block_time_s(config, rollup))
        return (alone, *(Terms(network.name, network.fee, network.block_time_s) for network in self.networks))

    def protocols(self) -> str:
        """Strategy of the protocols."""
        return self.protocol

    def begin(self, market: SequencerMarket) -> Moves:
        """Start the domains, and the reviews."""
        from market.sequencing.domains._moves import Moves  # with Mesa, which takes a second and only markets need

        super().begin(market)
        return Moves(market, self)


def _check_portable(regime: RegimeConfig, where: str) -> None:
    """Raise InputError for a part that cannot gain or lose rollups while it runs."""
    for name, part in compose(regime).items():
        if not part.portable:
            raise InputError(
                f"{where}.{name}: {part.kind!r} is bound to the rollups that it begins with; allowed: parts that "
                "gain and lose rollups"
            )
