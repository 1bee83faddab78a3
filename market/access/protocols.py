"""The seats that a market offers, and what it asks of whoever takes them.

`market` knows nothing of preferences: it defines what a participant must be able to do (the protocols below), and the
room of the agents provides it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from market.latency import USUAL, LatencyLaw

if TYPE_CHECKING:
    from market.access.desk import Desk
    from market.access.observation import BlockView, Observation
    from market.access.seat import Seat
    from market.model import SequencerMarket


class Arrangement(NamedTuple):
    """An order of a block, as its author writes it down.

    Attributes
    ----------
    order
        shape (n,), int64: i >= 0 is pending intent i, -1 - k the author's own inserted intent k
    bundle
        shape (n,), int64: number >= 0 of a bundle that the author ties; -1 leaves the intent as it is; -2 has it
        carried by the pending bundle whose member stands before it and asked for it (`around`)
    inserted
        shape (m,), dtype `INTENT`: the author's own intents
    """

    order: np.ndarray
    bundle: np.ndarray
    inserted: np.ndarray


class Bid(NamedTuple):
    """A builder's offer: a block and what it pays for having it sequenced [USD]."""

    arrangement: Arrangement
    amount: float
    value: float  # what the builder expects to earn before paying the bid [USD]


class Award(NamedTuple):
    """Rollups of a domain, who builds their part of the block (None: nobody, it is first come), and that part."""

    rollups: tuple[int, ...]
    winner: Any
    offer: Bid


class Sale(NamedTuple):
    """An auction as the public sees it afterwards."""

    bidders: tuple[Any, ...]
    bids: np.ndarray  # by bidder [USD]
    paid: float  # by all of them [USD]
    winner: int  # which bidder; -1: nobody


class TicketSale(NamedTuple):
    """Tickets of the lotteries for a block to come, as they are offered: one kind for each bundle of rollups."""

    bundles: tuple[tuple[int, ...], ...]  # rollups of each
    price: np.ndarray  # of a ticket of each [USD]
    most: int  # tickets of each that are issued for a block; where more are ordered, all are cut alike


class Tickets(NamedTuple):
    """Tickets for the block that is about to be built."""

    rollups: tuple[int, ...]
    own: int
    all: int


class Ballot(NamedTuple):
    """What holders of stake vote on: whether `proposed` replaces `current`."""

    subject: str
    current: Any
    proposed: Any


class Risk(NamedTuple):
    """What a member of a committee risks with each share of a key that is used ahead of time."""

    penalty: float  # chance of proof times stake lost [USD]
    chance: float  # that it is proven [1]
    lost_share: float  # of its stake, where it is [1]


class Tender(NamedTuple):
    """What whoever orders a block is told when it may buy shares of the key that opens it."""

    pending: int  # sealed intents that are due
    own: int  # shares that it holds itself and that count
    needed: int  # further shares that it takes
    risk: Risk  # of each of its own
    penalties: np.ndarray  # (shares of others,) to be expected by their holders, in ascending order [USD]


class Offer(NamedTuple):
    """What a member of a committee is told when its shares of a key are wanted."""

    price: float  # of a share [USD]
    shares: int  # that it holds
    risk: Risk  # of each


type Reason = Callable[[Observation], bool]
"""Whether something is there for which somebody looks: a public fact of a domain, whoever asks."""


class Participant(Protocol):
    """A strategic agent.

    One that has `reasons`, not None, and `rests_until` [s] is asked to act only where one of those is there, or from
    that time on: without either its `act` must do nothing. It is asked for `wake_at` and `rests_until` anew behind each
    call of one of its methods, and not in between.
    """

    name: str
    role: str
    account: int
    latency_s: float
    wake_at: float

    def act(self, seen: Observation, desk: Desk) -> None:
        """Observe and submit intents."""

    def learn(self, receipts: np.ndarray) -> None:
        """Take note of the own receipts of a block: shape (n,), dtype `INTENT`."""

    def traded_outside(self, receipts: np.ndarray) -> None:
        """Take note of own orders that the outside market carried out apart from blocks: shape (n,), `INTENT`."""


class Leader(Participant, Protocol):
    """Who may order a slot."""

    def arrange(self, seen: BlockView) -> Arrangement:
        """Order the pending intents, leaving out and inserting at will."""
        ...


class Builder(Participant, Protocol):
    """Who offers blocks."""

    def build(self, seen: BlockView) -> Bid:
        """Offer a block."""
        ...

    def heard(self, won: bool, paid: float, highest: float) -> None:
        """Hear how the auction ended [USD]."""
        ...


class Population(Protocol):
    """Many small senders held in arrays.

    A population may state `idle_until`, up to when it sends nothing whatever happens and whether it is asked or not
    [s]: it is not asked before. It is looked at behind each `submit`; who does not state it is asked always.
    """

    def submit(self, time: float, until: float) -> np.ndarray:
        """Return what they send with arrival up to `until`: shape (n,), dtype `INTENT`."""
        ...

    def learn(self, rows: np.ndarray) -> None:
        """Take note of a block's receipts (of everybody: a population picks its own)."""
        ...


@dataclass(frozen=True)
class Member:
    """A strategic agent that will take part: what the market must know before it opens."""

    name: str
    role: str
    capital_usd: float
    latency_s: float
    make: Callable[[Seat], Any]  # (seat) -> Participant
    domain: int = -1  # the domain that a sequencer serves; -1: none
    latency: LatencyLaw = USUAL


class Roster(Protocol):
    """Everybody who takes part in a market."""

    def members(self, domains: list[list[int]]) -> list[Member]:
        """Return the strategic agents, given the rollups of each sequencing domain."""
        ...

    def populations(self, market: SequencerMarket) -> list[Population]:
        """Return the populations of small senders."""
        ...
