"""Votes by stake: where each holder's profit has one peak, the stake-weighted median holder decides.

Sequencers take turns and vote on the fee of an intent, from what they earned under it. Users ask for `DEMAND` - `SLOPE`
x fee intents a slot, and member i sends `own[i]` itself, whatever that costs. Of n members i earns per slot

    fee / n (DEMAND - SLOPE fee + sum of own - n own[i]),

with the peak at (DEMAND + sum of own - n own[i]) / (2 SLOPE): members with intents of their own want lower fees. All
numbers are whole and trials last whole rounds, so that what holders measure is exact, and so is what they vote for.
Source of the expected value: Black (1948), On the rationale of group decision-making, Journal of Political Economy 56.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.base import Trader as _Trader
from agents.sequencers.base import Sequencer as _Sequencer
from experiments.validation import _markets as markets
from experiments.validation._rows import row
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.config import AgentConfig, MarketConfig, RegimeConfig

ID = "G1"
TITLE = "The stake-weighted median holder decides on a fee"

DEMAND, SLOPE = 24, 20  # intents per slot, intents per slot and USD
OPTIONS = tuple(round(0.05 * step, 2) for step in range(4, 21))
PERIOD, TRIAL, NOTICE = 30, 12, 6  # slots: whole rounds of three and of five members
CASES = (
    ((0, 2, 6), (0.20, 0.35, 0.45)),
    ((0, 2, 6), (0.10, 0.30, 0.60)),
    ((0, 2, 6), (0.60, 0.20, 0.20)),
)
"""Own intents per slot, and votes, of each member."""


class Customer(_Trader):
    """Sends fewer intents the dearer they are, in proportion to the fee."""

    def act(self, seen: Observation, desk: Desk) -> None:
        """Send them."""
        _send(desk, self.payee, round(DEMAND - SLOPE * float(seen.gas[0])))

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.payee = seat.accounts["protocol"]


class Member(_Sequencer):
    """Keeps arrival order, and sends as many intents itself as its seat has."""

    def __init__(self, seat: Seat, own: Sequence[int] = ()) -> None:
        super().__init__(seat)
        self.payee, self.own = seat.accounts["protocol"], own[seat.number]

    def act(self, seen: Observation, desk: Desk) -> None:
        """Send them."""
        _send(desk, self.payee, self.own)


def _send(desk: Desk, payee: int, count: int) -> None:
    for _ in range(count):
        desk.pay(0, payee, 0, 2.0**-20)


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` leaves out all but the first two cases."""
    for own, votes in CASES[:2] if quick else CASES:
        peaks = (DEMAND + sum(own) - len(own) * np.array(own)) / (2.0 * SLOPE)
        market = markets.Watched(_market(own, votes), 1)
        market.run()
        rule = market.domains[0].regime.governance
        case = "votes " + ", ".join(f"{share:.2f}" for share in votes)
        yield row(ID, case, "adopted fee, USD", weighted_median(peaks, np.array(votes)), rule.current, 0.0)
        # each step towards the median takes a vote, and every other proposal goes the other way and fails
        passed = [vote.passed for vote in rule.votes]
        steps = OPTIONS.index(float(rule.current))
        yield row(ID, case, "changes adopted", steps, sum(passed), 0.0)
        members = [agent.account for agent in market.domains[0].leaders]
        for at in {int(np.argmin(votes)), int(np.argmax(votes))}:
            fee = float(rule.current)
            expected = fee / len(own) * (DEMAND - SLOPE * fee + sum(own) - len(own) * own[at]) - own[at] * 2.0**-20
            earned = market.participants[members[at]].voting.income(0, fee)
            yield row(ID, case, f"income of member {at}, USD", expected, earned, 1e-6)


def weighted_median(ideals: np.ndarray, votes: np.ndarray) -> float:
    """Lowest ideal up to which the holders have more than half of the votes."""
    order = np.argsort(ideals)
    return float(ideals[order][np.searchsorted(np.cumsum(votes[order]), 0.5 * votes.sum(), side="right")])


def _market(own: tuple[int, ...], votes: tuple[float, ...]) -> MarketConfig:
    regime = RegimeConfig(
        name="voted",
        leader={"kind": "round_robin", "members": len(own)},
        governance={
            "kind": "stake_vote", "subject": "gas_usd", "options": OPTIONS, "period_slots": PERIOD,
            "trial_slots": TRIAL, "notice_slots": NOTICE,
            "tokens": {f"sequencer 0.{at}": share for at, share in enumerate(votes)},
        },
        block_time_s=1.0,
    )  # fmt: skip
    agents = (
        AgentConfig(
            role="sequencer", strategy=f"{__name__}:Member", latency_s=0.0, latency_spread_s=0.0,
            parameters={"own": list(own)},
        ),
        AgentConfig(role="trader", strategy=f"{__name__}:Customer", latency_s=0.0, latency_spread_s=0.0),
    )  # fmt: skip
    pool = markets.pool((100.0, 100.0 * 2500.0), ("ETH", "USD"), 30.0, 2500.0)
    rollup = markets.rollup("a", pool).model_copy(update={"gas_usd": OPTIONS[0]})
    horizon = 2.0 * len(OPTIONS) * PERIOD
    base = markets.still([rollup], [markets.asset("ETH", 2500.0)], agents, horizon_s=horizon)
    return base.model_copy(update={"regime": regime})
