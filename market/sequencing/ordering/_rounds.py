"""What becomes of a round of an express lane: who bought it, who has used it since when, and with which success."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from market.intents.rows import Row, Rows, Status
from market.kernel.compiled import kernel
from market.kernel.interpreted import row_type
from market.sequencing.ordering.base import first_of_unit

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

    def note(self, rows: np.ndarray, prices: np.ndarray, gas: np.ndarray) -> None:
        """Add receipts of intents that came through the lane: prices by asset, gas by rollup [USD]."""
        status = rows["status"]
        done = rows[((status == Status.FILLED) | (status == Status.REVERTED)) & (rows["position"] >= 0)]
        if not done.size:
            return
        firsts = done[first_of_unit(done) == np.arange(done.size)]
        self.sent += firsts.size
        self.reverted += int((firsts["status"] == Status.REVERTED).sum())
        filled = done[done["status"] == Status.FILLED]
        brought = filled["filled_out"] * prices[filled["asset_out"]] - filled["filled_in"] * prices[filled["asset_in"]]
        self.gained += float((brought - filled["tip"] - gas[filled["rollup"]]).sum())
