"""A filter that some leaders apply: how long it keeps listed users out, and how many it keeps out for good.

Leaders are drawn by stake, slot by slot and independently. If leaders with a share q of it leave out listed users,
these lose q / (1 - q) slots on average, where they wait as long as it takes: a geometric law. With limited patience, an
intent that k sealings find waiting is never served with chance q^k; the expected share is the mean of that over the
intents that were sent, k counted from their own times. What unlisted users lose is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from agents.population import Population
from agents.sequencers.censoring import flagged
from experiments.validation import _markets as markets
from experiments.validation._rows import mean_and_error, row
from market.config import AgentConfig, FlowConfig, MarketConfig, RegimeConfig
from market.domain import Slot
from market.measures.recorder import Recorder
from market.measures.waits import Waits
from market.model import SequencerMarket

ID = "G3"
TITLE = "Delay and exclusion of listed users by the share of leaders that comply"

SEATS, LISTED, BLOCK_S = 5, 0.3, 1.0
SHARES = (0.4, 0.2, 0.8)
PATIENCE_S = 3.0
ERRORS = 4.5  # tolerance in standard errors over some ten runs


class _Chances(Recorder):
    """Adds up the chances that listed users are never served, from when they arrive and when blocks are sealed."""

    def __init__(self, share: float, until: float) -> None:
        self.share, self.until = share, until
        self.sealings: list[float] = []
        self.waiting: dict[int, tuple[float, float]] = {}  # arrival and expiry by intent

    def on_start(self, market: SequencerMarket) -> None:
        self.users = market.world.account_of["retail"]

    def on_block(self, slot: Slot) -> None:
        self.sealings.append(slot.sealed_at)
        rows = slot.rows[(slot.rows["sender"] == self.users) & (slot.rows["sent"] <= self.until)]
        for intent in rows[flagged(rows, LISTED)]:
            self.waiting[int(intent["id"])] = float(intent["arrival"]), float(intent["expiry"])

    def expected(self) -> float:
        """Mean chance over the intents that were sent."""
        times = np.array(list(self.waiting.values()))
        found = np.searchsorted(self.sealings, times[:, 1], "right") - np.searchsorted(self.sealings, times[:, 0])
        return float(np.mean(self.share**found))


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` takes a few runs of two cases."""
    seeds, slots = (range(1, 9), 500) if quick else (range(1, 21), 1000)
    for share in SHARES[:1] if quick else SHARES:
        found = [_ran(share, 1e6, slots, seed)[0] for seed in seeds]
        lost = np.array([(one["listed_delay_s"] - one["others_delay_s"]) / BLOCK_S for one in found])
        mean, error = mean_and_error(lost)
        yield row(ID, f"q={share}", "slots lost by the listed", share / (1.0 - share), mean, ERRORS * error, error)
    for share in SHARES[:1] if quick else SHARES:
        both = [_ran(share, PATIENCE_S, slots, seed) for seed in seeds]
        never = np.array([found["listed_never_served"] - expected for found, expected in both])
        mean, error = mean_and_error(never)
        expected = float(np.mean([one for _, one in both]))
        case = f"q={share}, patience {PATIENCE_S:g} s"
        yield row(ID, case, "never served of the listed", expected, expected + mean, ERRORS * error, error)
        others = float(np.mean([found["others_never_served"] for found, _ in both]))
        yield row(ID, case, "never served of the others", 0.0, others, 0.0)


def _ran(share: float, patience_s: float, slots: int, seed: int) -> tuple[dict[str, float], float]:
    """What happened to users in a market, and the chance of never being served that listed ones had."""
    until = (slots - 40) * BLOCK_S
    waits, chances = Waits(lambda rows: flagged(rows, LISTED), until), _Chances(share, until)
    config = _market(share, patience_s, slots * BLOCK_S)
    SequencerMarket(config, seed, Population(config), [waits, chances]).run()
    return waits.report(), chances.expected()


def _market(share: float, patience_s: float, horizon_s: float) -> MarketConfig:
    regime = RegimeConfig(
        name="filtered",
        leader={"kind": "stake_lottery", "stakes": [1.0] * SEATS},
        ordering={"kind": "leader"},
        block_time_s=BLOCK_S,
    )
    sequencer = AgentConfig(
        role="sequencer", strategy="compliant", parameters={"complies": share, "listed_share": LISTED}
    )
    pool = markets.pool((1e4, 1e4 * 2500.0), ("ETH", "USD"), 30.0, 2500.0)
    base = markets.still([markets.rollup("a", pool)], [markets.asset("ETH", 2500.0)], [sequencer], horizon_s=horizon_s)
    flow = FlowConfig(per_second=2.0, median_usd=10.0, log_sd=0.1, patience_s=patience_s)
    return base.model_copy(update={"regime": regime, "flow": flow})
