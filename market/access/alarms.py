"""Alarms: agents that want to look at a time of their own, on a price move, or on a change of what they follow.

Every agent is asked before each sealing of a block; an alarm is one more look. Alarms are events on the market's list,
one per time at which some go off, so that whoever sets none costs nothing.
"""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from market.access.turns import called
from market.errors import fault

if TYPE_CHECKING:
    from market.model import SequencerMarket

FOLLOWED = ("pools", "loans", "contracts", "lots", "lending", "perpetuals", "options", "option_expiries")
"""Tables whose rows can be followed."""


class Move(NamedTuple):
    """A price move that somebody waits for."""

    account: int
    asset: int
    low: float  # the price leaves what lies between these [USD]
    high: float


class Alarms:
    """Who wants to look when, besides before each sealing."""

    def __init__(self, market: SequencerMarket) -> None:
        self._market = market
        self._times: list[tuple[float, int]] = []
        self._moves: list[tuple[float, Move]] = []  # when the price is to be looked at again, and for what
        self._followed: dict[tuple[str, int], tuple[Any, list[int]]] = {}
        self._next = math.inf
        self._events: set[float] = set()  # times of events on the list that have not come yet
        self._gives_way = market.config.prices.impact_per_million > 0.0

    def at(self, agent: Any, when: float) -> None:
        """Let an agent look at a time [s]."""
        if not self._market.time <= when < math.inf:
            raise fault(self._market, agent, f"wants to look at {when} s; allowed: a time from now on")
        heapq.heappush(self._times, (when, agent.account))
        self._schedule(when)

    def on_price(self, agent: Any, asset: int, move_bp: float) -> None:
        """Let an agent look once a reference price has moved by `move_bp` [bp] from where it is."""
        prices = self._market.path.current
        if not 0 < asset < len(prices) or not 0.0 < move_bp < math.inf:
            raise fault(
                self._market, agent, f"follows asset {asset} for a move of {move_bp} bp; allowed: an asset from 1 to "
                f"{len(prices) - 1} and a move above 0"
            )  # fmt: skip
        factor = math.exp(1e-4 * move_bp)
        price = float(prices[asset])
        self._wait(Move(agent.account, asset, price / factor, price * factor))

    def on_change(self, agent: Any, table: str, row: int) -> None:
        """Let an agent look once a block has changed a row of a table: of a pool its reserves count, too."""
        if table not in FOLLOWED or not 0 <= row < len(getattr(self._market.world.tables, table)):
            raise fault(
                self._market, agent, f"follows row {row} of {table!r}; allowed: a row of {', '.join(FOLLOWED)}"
            )  # fmt: skip
        _, accounts = self._followed.setdefault((table, row), (self._content(table, row), []))
        if agent.account not in accounts:
            accounts.append(agent.account)

    def _content(self, table: str, row: int) -> bytes:
        """What a row holds now."""
        tables = self._market.world.tables
        found = getattr(tables, table)[row]
        held = tables.balance[int(found["account"]), int(found["rollup"])].tobytes() if table == "pools" else b""
        return found.tobytes() + held

    def after_block(self) -> None:
        """See whom the last block concerns."""
        for key, (before, accounts) in list(self._followed.items()) if self._followed else ():
            if self._content(*key) != before:
                del self._followed[key]
                for account in accounts:
                    heapq.heappush(self._times, (self._market.time, account))
                self._schedule(self._market.time)
        if self._gives_way and self._moves:  # what the block sold outside has moved prices
            self.moved()

    def moved(self) -> None:
        """See anew who waits for which price, since trades have moved it."""
        for _, move in [self._moves.pop() for _ in range(len(self._moves))]:
            self._wait(move)

    def _wait(self, move: Move) -> None:
        """Look at a price again when the path at hand leaves the band, or ends."""
        when = self._market.path.leaves(move.asset, move.low, move.high)
        heapq.heappush(self._moves, (when, move))
        self._schedule(when)

    def _schedule(self, when: float) -> None:
        """Have an event at a time unless an earlier one, which looks for what comes after it, or the same is there."""
        if when < self._next:
            self._next = when
            if when not in self._events:
                self._events.add(when)
                self._market.schedule_event(self.go_off, at=when)

    def go_off(self) -> None:
        """Let those look whose time has come."""
        now = self._market.time
        self._events.discard(now)
        self._market.advance(now)
        who: dict[int, None] = {}
        while self._times and self._times[0][0] <= now:
            who[heapq.heappop(self._times)[1]] = None
        prices = self._market.path.current
        while self._moves and self._moves[0][0] <= now:
            move = heapq.heappop(self._moves)[1]
            if move.low < prices[move.asset] < move.high:
                self._wait(move)
            else:
                who[move.account] = None
        self._next = math.inf
        if who:
            active = [domain for domain in self._market.domains if domain.rollups]
            turns = [turn for here in active for turn in here.turns if turn.agent.account in who]
            self._market.act(turns, now, called)
        coming = min((heap[0][0] for heap in (self._times, self._moves) if heap), default=math.inf)
        if coming < math.inf:
            self._schedule(max(coming, now))
