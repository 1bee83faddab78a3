"""A filter that some leaders apply: how long it keeps listed users out, and how many it keeps out for good.

Leaders are drawn by stake, slot by slot and independently. If leaders with a share q of it leave out listed users,
these lose q / (1 - q) slots on average, where they wait as long as it takes: a geometric law. With limited patience, an
intent that k sealings find waiting is never served with chance q^k; the expected share is the mean of that over the
intents that were sent, k counted from their own times. Others are served as soon as a sealing finds them.
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
    """Notes when users' intents arrive and expire, and how many sealings find each waiting."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.sealings: list[float] = []
        self.waiting: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])  # not listed, listed

    def on_start(self, market: SequencerMarket) -> None:
        self.users = market.world.account_of["retail"]

    def on_block(self, slot: Slot) -> None:
        self.sealings.append(slot.sealed_at)
        rows = slot.rows[(slot.rows["sender"] == self.users) & (slot.rows["sent"] <= self.until)]
        listed = flagged(rows, LISTED)
        for waiting, mask in zip(self.waiting, (~listed, listed), strict=True):
            waiting.append(rows[["arrival", "expiry"]][mask])

    def sealings_found(self, listed: bool) -> np.ndarray:
        """How many sealings found each intent waiting, or would have if it had not been served: shape (n,)."""
        times = np.concatenate(self.waiting[listed])
        last = np.searchsorted(self.sealings, times["expiry"], "right")
        return np.maximum(0, last - np.searchsorted(self.sealings, times["arrival"]))


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` takes a few runs of two cases."""
    seeds, slots = (range(1, 9), 250) if quick else (range(1, 21), 1000)
    for share in SHARES[:1] if quick else SHARES:
        found = [_ran(share, 1e6, slots, seed)[0] for seed in seeds]
        lost = np.array([(one["listed_delay_s"] - one["others_delay_s"]) / BLOCK_S for one in found])
        mean, error = mean_and_error(lost)
        yield row(ID, f"q={share}", "slots lost by the listed", share / (1.0 - share), mean, ERRORS * error, error)
    for share in SHARES[:1] if quick else SHARES:
        both = [_ran(share, PATIENCE_S, slots, seed) for seed in seeds]
        chances = np.array([np.mean(share ** noted.sealings_found(listed=True)) for _, noted in both])
        mean, error = mean_and_error(np.array([found["listed_never_served"] for found, _ in both]) - chances)
        expected = float(chances.mean())
        case = f"q={share}, patience {PATIENCE_S:g} s"
        yield row(ID, case, "never served of the listed", expected, expected + mean, ERRORS * error, error)
        # of the others, whoever no sealing finds waiting, for its patience ends as soon as it has arrived
        late = float(np.mean([np.mean(noted.sealings_found(listed=False) == 0) for _, noted in both]))
        others = float(np.mean([found["others_never_served"] for found, _ in both]))
        yield row(ID, case, "never served of the others", late, others, 1e-12)


def _ran(share: float, patience_s: float, slots: int, seed: int) -> tuple[dict[str, float], _Chances]:
    """What happened to users in a market, and when their intents waited."""
    until = (slots - 40) * BLOCK_S
    waits, noted = Waits(lambda rows: flagged(rows, LISTED), until), _Chances(until)
    config = _market(share, patience_s, slots * BLOCK_S)
    SequencerMarket(config, seed, Population(config), [waits, noted]).run()
    return waits.report(), noted


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
