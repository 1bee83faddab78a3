"""A witness of one agent: what it saw, what it sent and what became of it, as lines to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from market import discovery
from market.errors import InputError
from market.intents.extraction import Extraction
from market.intents.rows import Reason, Status
from market.measures.recorder import Recorder
from market.venues import STATEMENTS, Kind

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

EXCHANGING = np.array([statement.gives == "input" and statement.brings != "nothing" for statement in STATEMENTS])
"""By kind: whether its amount is of what it gives, and its limit of what it brings."""


class Witness(Recorder):
    """Writes down what an agent sees, sends and gets, slot by slot.

    It listens at the agent itself: what it is asked goes through to it, and what it answers back, untouched.

    Attributes
    ----------
    lines : list of str
        an entry for each time that it looked, decided, or heard of its intents; indented below it, what belongs to it

    Raises
    ------
    InputError
        as the market is founded, where it has no agent of that name
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.lines: list[str] = []

    def on_start(self, market: SequencerMarket) -> None:
        """Find the agent, and listen to it."""
        found = {agent.name: agent for agent in market.participants}
        if self._name not in found:
            raise InputError(f"agent: {discovery.unknown(self._name, found)}")
        self._market, self._agent = market, found[self._name]
        self._assets, self._rollups = market.config.asset_names, [rollup.name for rollup in market.config.rollups]
        self._funds = market.world.tables.balance[self._agent.account].copy()
        if type(self._agent).acts:
            self._agent.act = self._acting(self._agent.act)
        for name, telling in DECISIONS.items():
            if hasattr(self._agent, name):
                setattr(self._agent, name, self._deciding(getattr(self._agent, name), telling))

    def on_block(self, slot: Slot) -> None:
        """Write down what became of the agent's intents in a slot."""
        self._hear(slot.rows, f"slot {slot.domain.slot} of domain {slot.domain.index}")

    def on_orders(self, rows: np.ndarray) -> None:
        """Write down what became of its orders apart from blocks."""
        self._hear(rows, "outside")

    def _hear(self, rows: np.ndarray, where: str) -> None:
        own = np.flatnonzero(rows["sender"] == self._agent.account)
        if own.size:
            self.lines.append(f"{self._market.time:.3f} s  {where}  gets")
            classes = self._market.tally.found.classes
            self.lines += [f"    {self._fate(rows[at], int(classes[at]))}" for at in own.tolist()]

    def _acting(self, act: Callable[..., None]) -> Callable[..., None]:
        """Let the agent act, and write down what it saw and sent."""

        def listened(seen: Any, desk: Any) -> None:
            outbox = self._market.outbox
            before = outbox.count
            self.lines.append(f"{seen.time:.3f} s  {self._where(seen)}  sees {self._sight(seen)}")
            act(seen, desk)
            self.lines += [f"    sends {self._intent(row)}" for row in outbox.since(before)]

        return listened

    def _deciding(self, decide: Callable[..., Any], telling: Callable[..., str]) -> Callable[..., Any]:
        """Let the agent decide, and write down what."""

        def listened(*asked: Any) -> Any:
            answer = decide(*asked)
            self.lines.append(f"{self._market.time:.3f} s  {telling(answer, *asked)}")
            inserted = getattr(getattr(answer, "arrangement", answer), "inserted", ())
            self.lines += [f"    inserts {self._intent(row)}" for row in inserted]
            return answer

        return listened

    def _where(self, seen: Any) -> str:
        return f"slot {seen.slot} of domain {seen.domain}"

    def _sight(self, seen: Any) -> str:
        """Reference prices, prices of the domain's pools, and how own funds have changed since the last look."""
        prices = [f"{name} {_number(price)}" for name, price in zip(self._assets, seen.prices, strict=True)]
        here = np.flatnonzero(np.isin(seen.pools["rollup"], seen.rollups))
        pools = [f"{at}: {_number(seen.pools.mid[at])}" for at in here.tolist()]
        change = seen.funds - self._funds
        self._funds = seen.funds.copy()
        funds = [
            f"{self._rollups[rollup]} {change[rollup, asset]:+,.6g} {self._assets[asset]}"
            for rollup, asset in np.argwhere(change).tolist()
        ]
        parts = [", ".join(prices[1:]), f"pools {', '.join(pools)}" if pools else "no pools"]
        return "; ".join([*parts, f"funds {', '.join(funds)}" if funds else "funds as before"])

    def _intent(self, row: Any) -> str:
        """What an intent asks for."""
        kind, amount, limit = int(row["kind"]), _number(row["amount"]), _number(row["limit"])
        exchanges = 0 <= kind < EXCHANGING.size and EXCHANGING[kind]
        if exchanges:
            asks = f"{amount} {self._asset(row['asset_in'])} for at least {limit} {self._asset(row['asset_out'])}"
        else:
            asks = f"amount {amount}, limit {limit}" + (f", target {row['target']}" if row["target"] >= 0 else "")
        bundle = f", bundle {row['bundle']}" if row["bundle"] >= 0 else ""
        return f"{self._what(row)}: {asks}, tip {_number(row['tip'])} USD{bundle}"

    def _fate(self, row: Any, taken: int) -> str:
        """What became of an intent."""
        status = Status(int(row["status"])).name.lower()
        if row["status"] == Status.REVERTED:
            status += f" ({Reason(int(row['reason'])).name.lower()})"
        if row["status"] != Status.FILLED:
            return f"{self._what(row)}: {status}"
        gave = f"gave {_number(row['filled_in'])} {self._asset(row['asset_in'])}"
        received = f"received {_number(row['filled_out'])} {self._asset(row['asset_out'])}"
        counts = f", counts as {Extraction(taken).name.lower()}" if taken != Extraction.NONE else ""
        position = f", position {row['position']}" if row["position"] >= 0 else ""
        return f"{self._what(row)}: {status}, {gave}, {received}, tip {_number(row['tip'])} USD{position}{counts}"

    def _what(self, row: Any) -> str:
        kind, rollup = int(row["kind"]), int(row["rollup"])
        name = Kind(kind).name.lower() if 0 <= kind < len(STATEMENTS) else f"kind {kind}"
        where = self._rollups[rollup] if 0 <= rollup < len(self._rollups) else f"rollup {rollup}"
        return f"{name} on {where}" + (f", venue {row['venue']}" if row["venue"] >= 0 else "")

    def _asset(self, number: Any) -> str:
        """Name of an asset; an intent on several, such as liquidity, names none."""
        return self._assets[int(number)] if 0 <= number < len(self._assets) else "units"


def _number(value: Any) -> str:
    return f"{float(value):,.6g}"


def _built(bid: Any, seen: Any) -> str:
    return (
        f"slot {seen.slot} of domain {seen.domain}  builds of {seen.due.size} intents that are due, "
        f"bids {_number(bid.amount)} USD for what it values at {_number(bid.value)}"
    )


def _arranged(arrangement: Any, seen: Any) -> str:
    return (
        f"slot {seen.slot} of domain {seen.domain}  orders {int((arrangement.order >= 0).sum())} of {seen.due.size} "
        "intents that are due"
    )


def _chose(network: Any, seen: Any) -> str:
    return f"rollup {seen.rollup}  chooses network {network}, was {seen.network}"


def _heard(_: Any, won: bool, paid: float, highest: float) -> str:
    return f"hears that it {'won' if won else 'lost'}, paid {_number(paid)} USD, highest bid {_number(highest)}"


DECISIONS: dict[str, Callable[..., str]] = {"build": _built, "arrange": _arranged, "choose": _chose, "heard": _heard}
"""What agents are asked or hear besides `act`, and how that is written down."""
