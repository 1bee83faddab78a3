"""Certificates in the full market: what could each agent of a role gain by deviating alone from what was learned?

A learned profile is frozen: every agent plays the policy that it ended with and learns no more. The market is then run
again with one agent at a time doing something else, on the same seeds, so that prices and order flow are the same and
only what follows from the deviation differs. Deviations are a search over some strategies: what comes out is a lower
bound of regret, and of NashConv, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from agents.population import Population
from experiments.equilibrium.regret import NashConv, nash_conv
from market.access.protocols import Member
from market.config import AgentConfig, MarketConfig
from market.domain import Slot
from market.measures.holdings import holdings
from market.measures.recorder import Recorder
from market.model import SequencerMarket


@dataclass(frozen=True)
class Seat:
    """What one agent plays: a strategy by its name or as "package.module:Class", and its parameters."""

    strategy: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        numbers = ", ".join(f"{key}={value}" for key, value in self.parameters.items())
        return f"{self.strategy}({numbers})" if numbers else self.strategy


class SeatedSequencers(Population):
    """A roster whose sequencers play different strategies, seat by seat, domain by domain."""

    def __init__(self, config: MarketConfig, profile: Sequence[Seat]) -> None:
        super().__init__(config)
        self._profile = list(profile)
        self._next = 0

    def members(self, domains: list[list[int]]) -> list[Member]:
        """Return everybody; the profile is dealt out anew at each call."""
        self._next = 0
        found = super().members(domains)
        if self._next != len(self._profile):
            raise ValueError(f"a profile of {len(self._profile)} for {self._next} seats of sequencers")
        return found

    def _member(self, group: AgentConfig, name: str, number: int, domain: int) -> Member:
        if group.role == "sequencer":
            seat = self._profile[min(self._next, len(self._profile) - 1)]
            self._next += 1
            group = group.model_copy(update={"strategy": seat.strategy, "parameters": seat.parameters})
        return super()._member(group, name, number, domain)


class Sold(Recorder):
    """Keeps how every auction of a market ended.

    Attributes
    ----------
    sales : list of (account of whoever won, what the winner's offer was worth to it, what was paid) [USD]
        one entry for each block that was built on a bid, or led by whoever bought the slot (its worth is then not known
        to the market: NaN)
    """

    def __init__(self) -> None:
        self.sales: list[tuple[int, float, float]] = []

    def on_block(self, slot: Slot) -> None:
        """Note the sale of the block, and of the slot."""
        if slot.winning is not None:
            self.sales.append((slot.author, slot.winning.value, slot.bids))
        elif slot.price is not None and not slot.missed:
            self.sales.append((slot.leader.account, float("nan"), slot.price))


class Watched(SequencerMarket):
    """A market that keeps what it opened with and how every auction in it ended.

    Attributes
    ----------
    opening : (participants, assets) array
        holdings at the start [units]
    sales : list
        as :class:`Sold` has them
    """

    def __init__(self, config: MarketConfig, seed: int, roster: Population) -> None:
        sold = Sold()
        super().__init__(config, seed, roster, [sold])
        self.opening, self.sales = holdings(self), sold.sales


def play(config: MarketConfig, role: str, profile: Sequence[Seat], seed: int) -> Watched:
    """Run a market in which the agents of `role` are those of the profile, and return it as it ended.

    They replace the configuration's agents of that role and take their capital and latency from the first group of
    them; a profile of sequencers has an entry for each seat of each domain.
    """
    if role == "sequencer":
        roster: Population = SeatedSequencers(config, profile)
    else:
        like = next((group for group in config.agents if group.role == role), AgentConfig(role="trader", strategy="x"))
        seats = tuple(
            like.model_copy(update={"role": role, "count": 1} | {"strategy": s.strategy, "parameters": s.parameters})
            for s in profile
        )
        config = config.model_copy(update={"agents": tuple(g for g in config.agents if g.role != role) + seats})
        roster = Population(config)
    market = Watched(config, seed, roster)
    market.run()
    return market


def seated(market: SequencerMarket, role: str) -> list[Any]:
    """Agents of a role in the order of the profile."""
    return [agent for agent in market.participants if agent.role == role]


def payoffs(market: Watched, role: str) -> np.ndarray:
    """Gain of each agent of a role over a finished run of :func:`play` [USD], shape (n,).

    Funds and liquidity at the end less those at the start, both at the reference prices of the end: what was earned by
    trading, bids paid and received included, and not what prices did to what was held anyway.
    """
    gained = (holdings(market) - market.opening) @ market.world.tables.prices
    return gained[[agent.account for agent in seated(market, role)]]


def learned(market: SequencerMarket, role: str, profile: Sequence[Seat]) -> tuple[Seat, ...]:
    """Freeze what the agents of a role learned in a finished run.

    An agent that learns says itself, by `frozen()`, which strategy plays its policy; any other goes on as it is.
    """
    return tuple(
        Seat(*agent.frozen()) if hasattr(agent, "frozen") else seat
        for agent, seat in zip(seated(market, role), profile, strict=True)
    )


@dataclass(frozen=True)
class Certificate:
    """NashConv of a frozen profile in the full market.

    Parameters
    ----------
    nash_conv : NashConv
        In USD per run, with the regret of each agent; a lower bound.
    block_value : float
        Mean over blocks of what the agents of the role earned together before what they paid in auctions [USD].
    blocks : float
        Blocks in a run.
    paid_share : float
        Share of that value that they paid in auctions [1].
    """

    nash_conv: NashConv
    block_value: float
    blocks: float
    paid_share: float

    def share(self) -> tuple[float, float]:
        """NashConv per block over the mean block value, and its standard error [1]."""
        scale = self.block_value * self.blocks
        return self.nash_conv.value / scale, self.nash_conv.standard_error / scale

    def __str__(self) -> str:
        value, error = self.share()
        bound = "lower bound" if self.nash_conv.lower_bound else "exact"
        return f"NashConv {100 * value:.3g}% +- {100 * error:.2g}% of the mean block value ({bound})"


def replies(config: MarketConfig, role: str, profile: Sequence[Seat], learner: Seat, seed: int) -> tuple[Seat, ...]:
    """Let a learner take each seat in turn against the frozen others; what it ends with, frozen: a reply per seat."""
    profile = tuple(profile)
    found = []
    for at in range(len(profile)):
        changed = (*profile[:at], learner, *profile[at + 1 :])
        found.append(learned(play(config, role, changed, seed), role, changed)[at])
    return tuple(found)


def certify(
    config: MarketConfig,
    role: str,
    profile: Sequence[Seat],
    deviations: Sequence[Seat],
    seeds: Sequence[int],
    own: Sequence[Seat] = (),
) -> Certificate:
    """Measure how much the agents of a role could gain by deviating alone from a frozen profile.

    Parameters
    ----------
    config : MarketConfig
        The market; its agents of that role are replaced.
    role : str
        "builder", or "sequencer" where slots are sold.
    profile : sequence of length n of Seat
        What the agents play.
    deviations : sequence of Seat
        What each of them might play instead; the same for all.
    seeds : sequence of int
        At least four, best other ones than those that the profile was learned on.
    own : sequence of length n of Seat, or none
        One more deviation for each agent, such as what :func:`replies` found.
    """
    profile = tuple(profile)
    tried = [[*deviations, *own[at : at + 1]] for at in range(len(profile))]
    earned, paid, blocks = [], [], []

    def evaluate(played: Sequence[Seat], seed: int) -> np.ndarray:
        market = play(config, role, played, seed)
        gained = payoffs(market, role)
        if tuple(played) == profile:
            bids = sum(price for _, _, price in market.sales)
            earned.append(gained.sum() + bids)
            paid.append(bids)
            blocks.append(market.tally.slots)
        return gained

    result = nash_conv(evaluate, profile, tried, seeds)
    total, count = float(np.sum(earned)), float(np.sum(blocks))
    return Certificate(result, total / count, count / len(blocks), float(np.sum(paid)) / total)
