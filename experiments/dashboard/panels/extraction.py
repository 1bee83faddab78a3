"""Who ends up with what is extracted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from figures import _shared as shared
from market.measures.outcomes import extraction
from market.measures.recorder import Recorder

if TYPE_CHECKING:
    from market.model import SequencerMarket

TITLE = "Extraction by receiver"
RANK = 3
COLOURS = dict(zip(extraction.RECEIVERS, (shared.BLUE, shared.ORANGE, shared.GREEN, shared.PINK), strict=True))
MARKS = dict(zip(extraction.RECEIVERS, "os^D", strict=True))


class Record(Recorder):
    """Samples once a second what each role has extracted so far.

    Attributes
    ----------
    time : list
        when it was sampled [s]
    usd : dict
        by receiver, the outcome `extracted_by_..._usd` so far at each of these times [USD]
    """

    def __init__(self) -> None:
        self.time: list[float] = []
        self.usd: dict[str, list[float]] = {name: [] for name in extraction.RECEIVERS}

    def on_start(self, market: SequencerMarket) -> None:
        """Nobody has extracted anything."""
        self.on_second(market)

    def on_second(self, market: SequencerMarket) -> None:
        """Sample."""
        found = extraction.report(market)
        self.time.append(market.time)
        for name, values in self.usd.items():
            values.append(found[f"extracted_by_{name}_usd"])


def draw(figure: Figure, record: Record) -> None:
    """A line for each receiver, marked at its end."""
    axes = figure.subplots()
    for name, values in record.usd.items():
        axes.plot(
            record.time, [value * 1e-3 for value in values], color=COLOURS[name], marker=MARKS[name], markevery=[-1],
            label=name, clip_on=False,
        )  # fmt: skip
    axes.axhline(0.0, color=shared.GREY, linewidth=0.6, zorder=1)
    axes.set_xlabel("time [s]")
    axes.set_xlim(0.0, max(record.time, default=1.0) or 1.0)
    axes.set_ylabel("extracted so far [thousand USD]")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
