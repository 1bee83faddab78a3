"""The smile: volatilities that the quotes on the first rollup with options imply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.figure import Figure

from figures import smile
from market.measures import option_book
from market.measures.recorder import Recorder

if TYPE_CHECKING:
    from market.model import SequencerMarket

TITLE = "Option smile"
RANK = 5


class Record(Recorder):
    """Keeps the chain of the first rollup that has options, as it is quoted.

    Attributes
    ----------
    chain : list of dict
        a row for each series: see :func:`market.measures.option_book.chain`; empty where there are no options
    """

    def __init__(self) -> None:
        self.chain: list[dict[str, Any]] = []

    def on_start(self, market: SequencerMarket) -> None:
        """Look for the first rollup with options."""
        self.on_second(market)

    def on_second(self, market: SequencerMarket) -> None:
        """Note how the series are quoted."""
        if not len(market.world.tables.option_markets):
            return
        found = option_book.chain(market)
        self.chain = [row for row in found if row["rollup"] == found[0]["rollup"]]


def draw(figure: Figure, record: Record) -> None:
    """A curve for the bids and one for the asks of each expiry, by strike."""
    axes = figure.subplots()
    axes.set_xlabel("strike [USD]")
    axes.set_ylabel("implied volatility [%]")
    if not record.chain:
        axes.text(0.5, 0.5, "no rollup has options", transform=axes.transAxes, ha="center", va="center")
        return
    chain = pd.DataFrame(record.chain)
    days = sorted(chain["days"].unique())
    smile.curves(axes, chain, days)
    figure.legend(*smile.legend(days), loc="outside lower center", ncols=6)
