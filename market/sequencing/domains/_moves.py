"""Moving rollups between the domains of a running market: reviews, notice, payment, effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from market.access.networks import ALONE, Experience, NetworksSeen
from market.errors import blame, fault
from market.moments import Moment
from market.sequencing.domains._experience import Meter
from market.sequencing.payments import pay
from market.state.ledger import Why

if TYPE_CHECKING:
    from market.model import SequencerMarket
    from market.sequencing.domains.networks import Networks


class Move(NamedTuple):
    """A move that has taken effect: whose, from where to where, when it was announced and when it took effect [s]."""

    rollup: int
    source: int
    target: int
    announced_s: float
    effect_s: float


class Moves:
    """Who is in which network, who has announced to leave, and who has moved.

    Attributes
    ----------
    where : list of int
        network of each rollup, 0: alone
    made : list of Move
        moves that have taken effect
    refused : int
        moves that were not announced because the protocol could not pay for them
    meter : Meter
        what counts the experience of rollups
    """

    def __init__(self, market: SequencerMarket, rule: Networks) -> None:
        self._market, self._rule = market, rule
        self.where = list(rule.begins(market.config))
        self.made: list[Move] = []
        self.refused = 0
        self._coming: dict[int, tuple[int, float, float]] = {}  # by rollup: network, announced and due when [s]
        self.meter = Meter(market, tuple(self.where))
        self._terms = [rule.terms(market.config, rollup) for rollup in range(len(self.where))]
        self._protocols: list[Any] = [agent for agent in market.participants if agent.role == "protocol"]
        self._review = Moment(market, self.review)
        if self._protocols:
            self._review.list_at(market.time + rule.period_s)

    def domain(self, rollup: int, network: int) -> int:
        """Number of the domain of a network, or of a rollup's own sequencer."""
        return len(self._rule.networks) + rollup if network == ALONE else network - 1

    # -- deciding ----------------------------------------------------------------------------------------------------

    def review(self) -> None:
        """Let every protocol review where its rollup is; none knows what the others decide in the same review."""
        market, now = self._market, self._market.time
        for rollup, network in enumerate(self.where):
            self.meter.cut(rollup, network)
        experience, where, coming = self.meter.ended(), tuple(self.where), self._coming_networks()
        for rollup, protocol in enumerate(self._protocols):
            if market.config.rollups[rollup].layer1:  # its proposers are its own
                continue
            seen = self._seen(rollup, protocol, where, coming, experience)
            with blame(market, protocol):
                chosen = protocol.choose(seen)
            if not isinstance(chosen, int | np.integer) or not 0 <= chosen <= len(self._rule.networks):
                allowed = f"a whole number from 0 to {len(self._rule.networks)}"
                raise fault(market, protocol, f"chooses network {chosen!r}; allowed: {allowed}")
            if chosen != coming[rollup] and rollup not in self._coming:
                self._announce(rollup, protocol, int(chosen), seen.funds_usd)
        self._review.list_at(now + self._rule.period_s)

    def _coming_networks(self) -> tuple[int, ...]:
        return tuple(self._coming.get(rollup, (network,))[0] for rollup, network in enumerate(self.where))

    def _seen(
        self,
        rollup: int,
        protocol: Any,
        where: tuple[int, ...],
        coming: tuple[int, ...],
        experience: tuple[Experience, ...],
    ) -> NetworksSeen:
        rule = self._rule
        return NetworksSeen(
            time=self._market.time,
            rollup=rollup,
            where=where,
            coming=coming,
            terms=self._terms[rollup],
            experience=experience,
            funds_usd=float(self._market.world.tables.balance[protocol.account, :, 0].sum()),
            switching_usd=rule.switching_usd,
            notice_s=rule.notice_s,
            period_s=rule.period_s,
        )

    def _announce(self, rollup: int, protocol: Any, network: int, funds_usd: float) -> None:
        """Take what a move costs and give notice of it; whoever cannot pay stays."""
        market, rule = self._market, self._rule
        if funds_usd < rule.switching_usd:
            self.refused += 1
            return
        places = (rollup, *(at for at in range(len(self.where)) if at != rollup))
        pay(market, protocol.account, market.world.account_of["burnt"], places, rule.switching_usd, Why.SWITCHING)
        due = market.time + rule.notice_s
        self._coming[rollup] = network, market.time, due
        market.schedule_event(self.take_effect, at=due)

    # -- moving ------------------------------------------------------------------------------------------------------

    def take_effect(self) -> None:
        """Move whoever's notice is over, all at once; who leaves a block that is decided on waits for its execution."""
        market, now = self._market, self._market.time
        leaving: list[int] = []
        for rollup, (network, announced, due) in list(self._coming.items()):
            if due > now:
                continue
            sealed = market.domains[market.domain_of[rollup]].sealed
            if sealed is None:
                leaving.append(rollup)
            else:
                self._coming[rollup] = network, announced, sealed.time
                market.schedule_event(self.take_effect, at=sealed.time)
        if leaving:
            self._move(leaving)

    def _move(self, leaving: list[int]) -> None:
        market, domain_of = self._market, self._market.domain_of
        before = list(domain_of)
        for rollup in leaving:
            network, announced, _ = self._coming.pop(rollup)
            self.made.append(Move(rollup, self.where[rollup], network, announced, market.time))
            self.where[rollup] = network
            self.meter.cut(rollup, network)
            target = self.domain(rollup, network)
            domain_of[rollup] = market.mempool.domain_of[rollup] = target
            market.graph.nodes[rollup].update(domain=target, block_time_s=market.domains[target].block_time)
        market.public.regrouped()
        sources = sorted({before[rollup] for rollup in leaving})
        for source in sources:
            market.mempool.regroup(source)
        for index in sorted({*sources, *(domain_of[rollup] for rollup in leaving)}):
            members = tuple(rollup for rollup, domain in enumerate(domain_of) if domain == index)
            market.domains[index].sequence(members)
