"""What becomes of a round of an express lane: who bought it, who has used it since when, and with which success."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from market.intents.rows import Row, Rows, Status
from market.kernel.compiled import kernel
from market.kernel.interpreted import row_type

CONTROL = row_type(
    [
        ("number", np.int64),  # of the round
        ("account", np.int64),  # who controls the lane
        ("since", np.float64),  # [s]
        ("until", np.float64),  # and no longer at this time [s]
    ]
)
"""Control of the lane in a round, or in a part of it."""


@kernel
def through_lane(row: Row, controls: Rows, round_s: float) -> int:
    """Number of the round in which a row came through the lane, -1 if it did not; `controls` (k,), `CONTROL`."""
    found = -1
    for k in range(controls.size):
        lane = controls[k]
        hers = row.sender == lane.account and lane.since <= row.arrival and row.arrival < lane.until
        if hers and row.arrival // round_s == lane.number:
            found = lane.number
    return found


@kernel
def note_round(
    rows: Rows, controls: Rows, round_s: float, after: int, prices: np.ndarray, gas: np.ndarray, brought: np.ndarray
) -> tuple[int, int, int, int, int]:
    """Add up what became of an executed block's intents that came through the lane in one round.

    Parameters
    ----------
    rows, controls, round_s
        the block, who controls the lane when, and how long a round is
    after
        the round is the first one behind this number in which any came
    prices, gas
        prices by asset and gas by rollup [USD]
    brought
        shape (rows,): overwritten with what those that were filled brought after tips and gas [USD]

    Returns
    -------
    numbers of the round and of the last round in which any came (-1: none), how many transactions of the round were
    executed, how many of them were reverted (a bundle is one), and how many intents were filled
    """
    first, last = -1, -1
    for k in range(rows.size):
        number = through_lane(rows[k], controls, round_s)
        last = max(last, number)
        if number > after and (first < 0 or number < first):
            first = number
    sent, reverted, filled, before = 0, 0, 0, -1
    if first < 0:
        return first, last, sent, reverted, filled
    for k in range(rows.size):
        row = rows[k]
        done = row.position >= 0 and row.status in (Status.FILLED, Status.REVERTED)
        if not done or through_lane(row, controls, round_s) != first:
            continue
        if before < 0 or row.bundle < 0 or row.bundle != rows[before].bundle:
            sent += 1
            reverted += row.status == Status.REVERTED
        before = k
        if row.status == Status.FILLED:
            value = row.filled_out * prices[row.asset_out] - row.filled_in * prices[row.asset_in]
            brought[filled] = value - row.tip - gas[row.rollup]
            filled += 1
    return first, last, sent, reverted, filled


@dataclass
class Round:
    """A round that was sold.

    Attributes
    ----------
    winner
        account that bought it from the protocol
    paid, highest
        what it paid, and the highest bid [USD]
    holders
        (since, account): who controls the lane from when on [s], the winner first
    resold, resale_usd
        how often it was handed on, and for how much in all [1, USD]
    sent, reverted
        transactions through the lane that were executed, and how many of them were reverted: a bundle is one [1]
    gained
        what they brought at reference prices after tips and gas [USD]
    """

    winner: int
    paid: float
    highest: float
    holders: list[tuple[float, int]] = field(default_factory=list)
    resold: int = 0
    resale_usd: float = 0.0
    sent: int = 0
    reverted: int = 0
    gained: float = 0.0

    def controller(self, time: float) -> int:
        """Account that controls the lane at a time within the round [s], -1 before anybody does."""
        return next((account for since, account in reversed(self.holders) if since <= time), -1)

    def control(self, number: int) -> list[tuple[int, int, float, float]]:
        """Who controls the lane in the round of this number, and when: the fields of `CONTROL`."""
        ends = [since for since, _ in self.holders[1:]] + [np.inf]
        return [(number, account, since, end) for (since, account), end in zip(self.holders, ends, strict=True)]

    def note(self, sent: int, reverted: int, brought: np.ndarray) -> None:
        """Add what became of a block's transactions through the lane: `brought` as of `note_round`."""
        self.sent, self.reverted = self.sent + sent, self.reverted + reverted
        self.gained += float(brought.sum())
