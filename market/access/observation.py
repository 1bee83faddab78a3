"""What a strategy is given to read.

Everything here is read-only: the arrays are windows on memory that cannot be written through them. A strategy sees the
public state, its own funds, and of the pending intents what the regime's visibility entitles its role to. No public
name leads further; Python itself cannot stop a strategy that reaches through underscores, `array.base`, `gc` or frames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from market.access.public import Shown
from market.intents.bundles import Atomicity
from market.intents.rows import CONTENT_FIELDS, INTENT
from market.venues.lending.view import LiquidatableSeen

if TYPE_CHECKING:
    from market.domain import Domain
    from market.model import SequencerMarket
    from market.sequencing.breakers.base import Gauge

BLANK = np.zeros(0, INTENT)


def redact(rows: np.ndarray) -> np.ndarray:
    """Copy of pending intents without their contents: who sent something where, and when it arrived, stays."""
    sealed = rows.copy()
    for name in CONTENT_FIELDS:
        sealed[name] = 0 if name in ("amount", "limit", "mid") else -1
    sealed["route"] = 0.0
    sealed["sealed"] = 1
    return sealed


class Observation(Shown):
    """One agent's view of a slot.

    What everybody sees stands here under the names of :class:`market.access.public.Shown`.

    Attributes
    ----------
    time : float
        now [s]
    slot : int
        number of the slot in its domain
    domain : int
        the domain whose slot this is
    rollups : tuple of int
        rollups of that domain
    account : int
        the agent's own account
    funds : (rollups, assets) array
        own balances [units of the asset]
    """

    def __init__(self, market: SequencerMarket, account: int, role: str) -> None:
        self._market = market
        self._role = role
        self._public = market.public
        vars(self).update(market.public._views)
        # asked for most often, by all who look for the same
        self.derived, self.lasting, self.fixed = market.public.derived, market.public.lasting, market.public.fixed
        self.account = account
        self.funds: np.ndarray = self.balance[account]
        self.time = 0.0
        self.slot = 0
        self.domain = 0
        self.rollups: tuple[int, ...] = ()

    def _at(self, domain: Domain, time: float) -> Observation:
        """Point this view at a slot."""
        self._domain = domain
        self.time, self.slot, self.domain, self.rollups = time, domain.slot, domain.index, domain.rollups
        return self

    @property
    def block_time(self) -> float:
        """Time between two slots of this domain [s]."""
        return self._domain.block_time

    @property
    def sealing(self) -> float:
        """When the coming block of this domain is sealed [s]."""
        return self._domain.sealing

    # -- what follows from public state ------------------------------------------------------------------------------

    def unhealthy(self, rollup: int) -> LiquidatableSeen:
        """Loans of a rollup that can be liquidated now, and on what terms: shape (n,)."""
        return self._public.unhealthy(rollup)

    def distressed(self) -> tuple[int, ...]:
        """Rollups of this domain on which some loan can be liquidated now."""
        return self._public.distressed(self.rollups)

    def falls_at(self, feed: int, price: float) -> LiquidatableSeen:
        """Loans that an update of a feed to `price` [USD] makes liquidatable and that are not yet: shape (n,)."""
        return self._public.falls_at(feed, price)

    def under_margin(self, rollup: int) -> np.ndarray:
        """Contracts of a rollup's perpetuals that can be liquidated now: shape (n,), one of each shared margin."""
        return self._public.under_margin(rollup)

    def own_contract(self, market: int) -> int:
        """One's own contract on a perpetual, with which one buys in auctions; -1 for none."""
        return self._public.own_contract(self.account, market)

    def open_lots(self, rollup: int) -> np.ndarray:
        """Rows of the open auctions of a rollup in `lots`: shape (n,), int64."""
        return self._public.open_lots(rollup)

    def asked(self, lot: int) -> float:
        """Price of a unit in a Dutch auction at the coming sealing, by its row; nan: it must be reset [its money]."""
        return self._public.asked(lot, self.sealing)

    def ends(self, lot: int) -> float:
        """When an English auction ends unless there is another bid, by its row in `lots` [s]."""
        return self._public.ends(lot)

    def cash(self, contract: int) -> float:
        """Cash of a contract once funding is paid [USD]."""
        return self._public.cash(contract)

    def closing_price(self, market: int, size: float) -> float:
        """What closing a signed size with a perpetual's maker brings, or costs, per contract, fee included [USD]."""
        return self._public.closing_price(market, size)

    def option_values(self, market: int, price: float | None = None) -> np.ndarray:
        """What each series of a market of options is worth at a price (default: the oracle's): shape (series,) [USD].

        At the volatility that it is marked at, and for the mean of prints that is still open.
        """
        return self._public.option_values(market, price)

    def option_margin(self, account: int) -> tuple[float, float, float]:
        """Equity, maintenance and initial margin of the margin account of an account of options [USD]."""
        return self._public.option_margin(account)

    def options_under_margin(self, rollup: int) -> np.ndarray:
        """Accounts of options on a rollup that are under their maintenance margin: shape (n,), ascending."""
        return self._public.options_under_margin(rollup)

    def option_sale(self, account: int) -> tuple[float, float]:
        """Discount over the value of an account for sale, payment over its maintenance margin, at the sealing [1]."""
        return self._public.option_sale(account, self.sealing)

    def option_funds(self, market: int) -> float:
        """What a market's insurance fund and the rollup's security module have left [USD]."""
        return self._public.option_funds(market)

    def derived(self, key: object, compute: Callable[..., Any], *about: Any) -> Any:
        """Return a fact from public state, `compute(*about)`, computed once per slot however many ask for it."""
        return self._public.derived(key, compute, *about)

    def lasting(self, key: object, compute: Callable[..., Any], *about: Any) -> Any:
        """Return a fact from `pools` alone, `compute(*about)`, computed once until one changes, whoever asks for it."""
        return self._public.lasting(key, compute, *about)

    def fixed(self, key: object, compute: Callable[..., Any], *about: Any) -> Any:
        """Return a fact that never changes, such as where pools are, `compute(*about)`, computed once."""
        return self._public.fixed(key, compute, *about)

    # -- the regime --------------------------------------------------------------------------------------------------

    def atomic(self, first: int, second: int) -> Atomicity:
        """What a bundle over these two rollups may count on: nothing (false), INCLUSION, or EXECUTION of all or none.

        One domain has to sequence both; on one rollup a bundle always executes all or none.
        """
        if first == second:
            return Atomicity.EXECUTION
        domain = self._market.domain_of[first]
        if domain != self._market.domain_of[second]:
            return Atomicity.NONE
        return self._market.domains[domain].regime.guarantees.atomicity

    def breaker(self, rollup: int) -> Gauge:
        """What everybody knows of the breaker over a rollup: how near its trigger is, and whether it pauses now."""
        domain = self._market.domains[self._market.domain_of[rollup]]
        return domain.regime.breaker.gauge(self._market, rollup)

    def leaders_ahead(self, slots: int) -> tuple[int, ...]:
        """Accounts of whoever leads the coming block and those after it (-1: nobody), up to `slots`, as far as known.

        Empty where the rule draws the leader of a slot when it is opened.
        """
        coming = self._domain.regime.leader.ahead(self._domain, slots)
        return tuple(-1 if leader is None else leader.account for leader in coming)

    @property
    def policy(self) -> Any:
        """What is in force of that which holders vote on in this domain; None where they vote on nothing."""
        return self._domain.regime.governance.in_force

    @property
    def stake_usd(self) -> float:
        """Stake that this agent has bonded as a sequencer of this domain [USD]."""
        bonded = getattr(self._domain.regime.leader, "bonded", None)
        seats = [agent.account for agent in self._domain.leaders]
        return float(bonded()[seats.index(self.account)]) if bonded is not None and self.account in seats else 0.0

    @property
    def reads_pending(self) -> bool:
        """Whether the regime shows this agent's role anything of what is pending, be it redacted."""
        visibility = self._domain.regime.visibility
        return self._role in visibility.readers or self._role in visibility.counters

    @property
    def heeds_tips(self) -> bool:
        """Whether a tip may buy an earlier place in this domain: by the rule, or since whoever orders may prefer it."""
        return self._domain.regime.ordering.heeds_tips

    def pending(self) -> np.ndarray:
        """Return what this agent may read of this domain's pending intents: shape (n,), dtype `INTENT`, a copy.

        Whoever is not entitled to contents gets redacted rows; whoever is not entitled to anything gets none.
        """
        return self._domain.regime.visibility.show(
            self._role, self.account, self._market.mempool.waiting(self.domain), self.time
        )

    # -- trying out --------------------------------------------------------------------------------------------------

    def preview(self, rows: np.ndarray) -> np.ndarray:
        """Return the receipts that rows would get if they were executed now, in this order, and nothing else before.

        Nothing changes. Members of a bundle stand next to each other. Of capacity, pauses and margin checks of the
        sequencer nothing is known before the block. What a tip or gas pays goes to the domain's first sequencer.

        Parameters
        ----------
        rows
            shape (n,), dtype `INTENT`: own intents, and intents of others among those that this agent may read

        Returns
        -------
        numpy.ndarray
            shape (n,), dtype `INTENT`: copies with the fields of the receipt filled

        Raises
        ------
        ValueError
            where a row is somebody else's and this agent may not read it, or reads it sealed
        """
        operator = self._domain.leaders[0].account if self._domain.leaders else self.account
        guarantees = self._domain.regime.guarantees
        return self._public._trial.receipts(rows, self.account, self._readable(), self.time, operator, guarantees)

    def _readable(self) -> np.ndarray:
        return self.pending() if self.reads_pending else BLANK


class BlockView(Observation):
    """What the author of a block reads: the observation, and the intents that are due, as far as the regime shows them.

    Attributes
    ----------
    due : (n,) array, dtype `INTENT`
        intents that may go into the block, in the order handed in; contents redacted where sealed
    """

    due: np.ndarray = BLANK

    @property
    def extent(self) -> str:
        """What the author decides: "all" of the block, or its own intents at its "top" or "end" alone."""
        return self._domain.extent

    @property
    def broken_promise_usd(self) -> float:
        """What a leader must expect to lose by an insertion ahead of intents whose place it promised [USD]."""
        rule = self._domain.regime.preconfirmation
        leader = next(agent for agent in self._domain.leaders if agent.account == self.account)
        return rule.expected_penalty(self._domain, leader) if rule.fixes_places else 0.0

    def _readable(self) -> np.ndarray:
        return np.concatenate([self.due, super()._readable()])
