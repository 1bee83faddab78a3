"""The reference price, and how far the price on each rollup is from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from figures import _shared as shared
from market.measures.recorder import Recorder
from market.venues.oracles.rules import pool_price

if TYPE_CHECKING:
    from market.model import SequencerMarket

TITLE = "Prices"
RANK = 2


class Record(Recorder):
    """Samples the first risky asset's prices once a second.

    Attributes
    ----------
    rollups : list
        names of the rollups
    time : list
        when it was sampled [s]
    reference : list
        price of the outside market [USD]
    gaps : list
        by sample, for each rollup, how far the mid of its deepest pool is over it [bp]; NaN without a pool
    """

    def __init__(self) -> None:
        self.asset = ""
        self.rollups: list[str] = []
        self.time: list[float] = []
        self.reference: list[float] = []
        self.gaps: list[np.ndarray] = []

    def on_start(self, market: SequencerMarket) -> None:
        """Note what the rollups are called, and which pools there are."""
        self.asset = market.config.asset_names[1]
        self.rollups = [rollup.name for rollup in market.config.rollups]
        self.on_second(market)

    def on_second(self, market: SequencerMarket) -> None:
        """Sample."""
        self.time.append(market.time)
        self.reference.append(float(market.world.tables.prices[1]))
        self.gaps.append(gaps(market))


def gaps(market: SequencerMarket) -> np.ndarray:
    """How far the mid of each rollup's deepest pool is over the reference price: (rollups,) [bp]; NaN for none."""
    reference = float(market.world.tables.prices[1])
    return np.array([1e4 * (_mid(market, int(pool)) / reference - 1.0) for pool in market.main_pools[1]])


def _mid(market: SequencerMarket, pool: int) -> float:
    """Mid of a pool of the first risky asset and the numeraire [USD]; NaN for none."""
    if pool < 0:
        return float("nan")
    mid = float(pool_price(market.world.state, pool))
    return mid if int(market.world.tables.pools["asset"][pool, 0]) == 1 else 1.0 / mid


def draw(figure: Figure, record: Record) -> None:
    """The reference price above the gaps of the rollups."""
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
    above.plot(record.time, record.reference, color="black")
    above.set_ylabel(f"{record.asset} [USD]")
    for at, (name, gaps) in enumerate(zip(record.rollups, np.transpose(record.gaps), strict=True)):
        below.plot(record.time, gaps, linewidth=0.9, linestyle=("-", "--", ":")[at // 8 % 3], label=name)
    below.axhline(0.0, color=shared.GREY, linewidth=0.6, zorder=1)
    below.set_ylabel("pool over reference [bp]")
    below.set_xlabel("time [s]")
    below.set_xlim(0.0, max(record.time, default=1.0) or 1.0)
    if record.rollups:
        figure.legend(*below.get_legend_handles_labels(), loc="outside lower center", ncols=6)
