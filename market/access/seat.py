"""A seat: what a strategy is told when it takes part, and how Mesa counts whoever sits there."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from market.access.public import PublicView
from market.config import MarketConfig
from market.latency import LatencyLaw
from market.state.records import read_only

if TYPE_CHECKING:
    from market.model import SequencerMarket


@dataclass(frozen=True)
class Seat:
    """What a strategy may know when it takes part: nothing of it leads to the market itself or to another agent.

    Attributes
    ----------
    name, role
        as they stand in results
    account
        where its funds are
    number, seats
        which seat it has among those of its role, and how many there are; of sequencers, in their domain [1]
    domain
        that a sequencer serves; -1: none
    capital_usd
        funds at the start, on all rollups together [USD]
    latency_s
        mean delay of its messages [s]
    latency
        law of these delays
    config
        the configuration of the market, which is public
    stream
        its own stream of random numbers; it draws from no other
    funds
        where its funds lie at the start: shape (rollups, assets), a copy [units of the asset]
    provider
        its row of `seen.provisions`; -1: it may not provide liquidity
    makes
        perpetuals whose maker is its own
    accounts
        public accounts by name, such as "outside"
    domain_of, block_time_s
        by rollup at the start: the domain that sequences it, and the time between two of its slots [s]
    main_pools
        deepest pool of each asset against the numeraire by rollup, -1 for none: shape (assets, rollups)
    public
        what everybody sees, under the names that `seen` uses
    """

    name: str
    role: str
    account: int
    number: int
    seats: int
    domain: int
    capital_usd: float
    latency_s: float
    latency: LatencyLaw
    config: MarketConfig
    stream: np.random.Generator
    funds: np.ndarray
    provider: int
    makes: tuple[int, ...]
    accounts: Mapping[str, int]
    domain_of: tuple[int, ...]
    block_time_s: tuple[float, ...]
    main_pools: np.ndarray
    public: PublicView

    def rollup(self, name: str) -> int:
        """Return the row of a rollup. Raises ValueError for a name that none has."""
        names = [rollup.name for rollup in self.config.rollups]
        if name not in names:
            raise ValueError(f"unknown rollup {name!r}; allowed: {', '.join(names)}")
        return names.index(name)


class Seated(mesa.Agent):
    """An agent as Mesa counts it; the strategy itself does not know the model."""

    def __init__(self, model: SequencerMarket, strategy: Any) -> None:
        super().__init__(model)
        self.strategy = strategy


def seats(market: SequencerMarket) -> list[Seat]:
    """Return a seat for each member of a market that is laid out."""
    tables, members = market.world.tables, market.members
    groups = [(member.role, member.domain) for member in members]
    makers = tables.perpetuals["maker"].astype(np.int64)
    made_by = tables.contracts["owner"][makers]
    names = {member.name for member in members}
    shared: dict[str, Any] = {
        "config": market.config,
        "accounts": MappingProxyType({k: at for k, at in market.world.account_of.items() if k not in names}),
        "domain_of": tuple(market.domain_of),
        "block_time_s": tuple(market.domains[domain].block_time for domain in market.domain_of),
        "main_pools": read_only(market.main_pools),
        "public": market.public,
    }
    return [
        Seat(
            name=member.name, role=member.role, account=at, number=groups[:at].count(groups[at]),
            seats=groups.count(groups[at]), domain=member.domain, capital_usd=member.capital_usd,
            latency_s=member.latency_s, latency=member.latency, stream=_stream(market.streams["agents"], member.name),
            funds=tables.balance[at].copy(), provider=int(tables.accounts["provider"][at]),
            makes=tuple(np.flatnonzero(made_by == at).tolist()), **shared,
        )
        for at, member in enumerate(members)
    ]  # fmt: skip


def _stream(root: np.random.SeedSequence, name: str) -> np.random.Generator:
    """Stream of an agent, keyed by its name, not its account: regimes differ in how many sequencers come first."""
    own = zlib.crc32(name.encode())
    return np.random.default_rng(np.random.SeedSequence(entropy=root.entropy, spawn_key=(*root.spawn_key, own)))
