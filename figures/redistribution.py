"""Who ends up with extracted value and fees under each rule for the sequencers' revenue."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import _page as page
from figures import _shared as shared

CAPTION = (
    "Rules for the sequencers' revenue, on the same seeds. (a) Who ends up with extracted value and fees; receivers "
    "that lose are drawn to the left of zero. (b) Cost of retail users against the mid at submission, of those not "
    "served at the price when they gave up, net of what the rule gives back to them. (c) Spread of the sequencers' "
    "incomes relative to their stakes. Points are seeds, lines 95% intervals of the mean."
)
RECEIVERS = {
    "sequencers": ("received_by_sequencers_bp_of_retail", shared.BLUE),
    "rollups": ("revenue_to_rollups_bp_of_retail", shared.GREEN),
    "users": ("revenue_to_users_bp_of_retail", shared.ORANGE),
    "burnt": ("revenue_burnt_bp_of_retail", "0.25"),
    "builders": ("extracted_by_builders_bp_of_retail", shared.SKY),
    "traders": ("extracted_by_traders_bp_of_retail", shared.PINK),
    "liquidators": ("extracted_by_liquidators_bp_of_retail", shared.VERMILION),
}


def draw(summary: pd.DataFrame) -> Figure:
    """Draw the study's summary."""
    rules = shared.levels(summary, "rule")
    rows = {rule: place for place, rule in enumerate(rules)}
    narrow, widths = page.Lines(2, 0.6 + 0.15 * len(rules)), (2.0, 1.0, 1.0)
    figure, panels = page.panels(1.5 + 0.2 * len(rules), (1, 3), narrow, share_y="all", widths=widths, keys_in=0.5)
    split, cost, spread = panels.ravel()
    split.set_ylim(len(rows) - 0.4, -0.6)
    split.set_yticks(list(rows.values()), [shared.label(rule) for rule in rows])
    for axes in (split, cost, spread):
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
    _split(split, summary, rows)
    _dots(cost, summary, "user_net_cost_bp", rows, ("b", "users' net cost", "bp"))
    _dots(spread, summary, "sequencer_income_spread", rows, ("c", "spread of incomes", "standard deviation / mean"))
    spread.set_xlim(left=0)
    page.key(figure, *split.get_legend_handles_labels())
    return figure


def _split(axes: Axes, summary: pd.DataFrame, rows: dict[str, int]) -> None:
    shared.letter(axes, "a", "who ends up with it")
    parts = {
        name: {rule: cell.mean for rule in rows if (cell := shared.cell(summary, rule=rule, outcome=outcome))}
        for name, (outcome, _) in RECEIVERS.items()
    }
    shared.stack(axes, parts, rows, [colour for _, colour in RECEIVERS.values()])
    axes.axvline(0, color="black", linewidth=0.6, zorder=3)
    axes.set_xlabel("bp of retail demand")


def _dots(axes: Axes, summary: pd.DataFrame, outcome: str, rows: dict[str, int], names: tuple[str, str, str]) -> None:
    shared.letter(axes, *names[:2])
    for rule, place in rows.items():
        shared.dot(axes, shared.cell(summary, rule=rule, outcome=outcome), place, shared.BLUE, spread=0.22)
    axes.set_xlabel(names[2])
