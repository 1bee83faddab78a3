"""What is liquidated, how near breakers are to going off, and when they pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from figures import _shared as shared
from market.measures.recorder import Recorder

if TYPE_CHECKING:
    from market.model import SequencerMarket

TITLE = "Liquidations and the breaker"
RANK = 4
COLUMNS = ("liquidated", "perpetuals_liquidated")
"""Totals of a rollup that are value liquidated [USD]."""
SPAN_S = 60


class Record(Recorder):
    """Samples liquidations and breakers once a second.

    Attributes
    ----------
    time : list
        when it was sampled [s]
    usd : list
        liquidated so far, on all rollups [USD]
    near : list
        what the nearest breaker looks at over its announced threshold [1]; NaN where there is no breaker
    paused : list
        share of the rollups over which a pause is on [1]
    """

    def __init__(self) -> None:
        self.time: list[float] = []
        self.usd: list[float] = []
        self.near: list[float] = []
        self.paused: list[float] = []

    def on_start(self, market: SequencerMarket) -> None:
        """Nobody is liquidated."""
        self.on_second(market)

    def on_second(self, market: SequencerMarket) -> None:
        """Sample."""
        gauges = [
            market.domains[domain].regime.breaker.gauge(market, rollup)
            for rollup, domain in enumerate(market.domain_of)
        ]
        known = [gauge.share for gauge in gauges if np.isfinite(gauge.threshold)]
        self.time.append(market.time)
        self.usd.append(float(sum(market.tally.by_rollup[name].sum() for name in COLUMNS)))
        self.near.append(max(known, default=float("nan")))
        self.paused.append(sum(gauge.paused_until > market.time for gauge in gauges) / len(gauges))


def draw(figure: Figure, record: Record) -> None:
    """Value liquidated within a minute above the breaker."""
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    within = np.array(record.usd)
    within[SPAN_S:] -= np.array(record.usd)[:-SPAN_S]
    above.fill_between(record.time, within * 1e-3, color=shared.VERMILION, linewidth=0, step="pre")
    above.set_ylabel(f"in {SPAN_S} s [thousand USD]")
    above.set_ylim(bottom=0.0)
    below.plot(record.time, 100.0 * np.array(record.near), color=shared.BLUE, label="nearest to its threshold")
    below.fill_between(
        record.time, 100.0 * np.array(record.paused), color=shared.ORANGE, linewidth=0, step="pre",
        label="rollups paused",
    )  # fmt: skip
    below.set_ylim(0.0, 105.0 * max(1.0, *(near for near in record.near if np.isfinite(near)), 0.0))
    below.set_xlabel("time [s]")
    below.set_xlim(0.0, max(record.time, default=1.0) or 1.0)
    below.set_ylabel("breaker [%]")
    if not np.isfinite(record.near).any():
        below.text(0.5, 0.5, "this regime has no breaker", transform=below.transAxes, ha="center", va="center")
    figure.legend(*below.get_legend_handles_labels(), loc="outside lower center", ncols=2)
