"""What all rules of this part share: the domains of a market as they are founded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from market.config import MarketConfig, RegimeConfig
from market.sequencing import Part, compose

if TYPE_CHECKING:
    from market.model import SequencerMarket
    from market.sequencing.domains._moves import Moves

SHARED_BLOCK_TIME_S = 2.0
"""Block time of a domain of several rollups unless the regime says otherwise [s]."""


def block_time_s(config: MarketConfig, rollups: Sequence[int], asked: float | None) -> float:
    """Block time of a domain [s], given what its regime asks for: L1 by itself keeps its own."""
    first = config.rollups[rollups[0]]
    if len(rollups) == 1 and (asked is None or first.layer1):
        return first.block_time_s
    return SHARED_BLOCK_TIME_S if asked is None else asked


class Charter(NamedTuple):
    """What a domain is founded with: its rollups, the regime whose parts it has, and its block time."""

    rollups: tuple[int, ...]
    regime: RegimeConfig
    block_time_s: float

    @property
    def seats(self) -> int:
        """How many sequencers it has."""
        return compose(self.regime)["leader"].seats()


class Domains(Part):
    """Which rollups are sequenced together."""

    def partition(self, config: MarketConfig) -> list[list[int]]:
        """Rollups that are always sequenced together, each rollup in one list."""
        raise NotImplementedError

    def charters(self, config: MarketConfig) -> list[Charter]:
        """What each domain is founded with, in their order: by default all have the market's regime."""
        return [
            Charter(tuple(part), config.regime, block_time_s(config, part, config.regime.block_time_s))
            for part in self.partition(config)
        ]

    def protocols(self) -> str | None:
        """Strategy of the protocols that decide where rollups move; None: rollups do not move."""
        return None

    def begin(self, market: SequencerMarket) -> Moves | None:
        """Start the domains; returns who moves rollups between them while the market runs, None where nobody does."""
        for domain in market.domains:
            domain.start()
        return None
