"""What a figure shows, read back from its panels and compared with the summary that it was given."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

from experiments.runs import study as studies
from experiments.runs.store import Store
from figures import _shared
from market import discovery


class Panel(NamedTuple):
    """Rows of the summary that a panel shows as means with intervals, and the label of the axis with their unit."""

    letter: str
    levers: dict[str, Any]
    label: str
    scale: float = 1.0
    along: str = "x"


def _alike(letters: str, shown: list[tuple[str, str, float]], along: str = "x", **levers: Any) -> list[Panel]:
    """Panels that show an outcome each: outcome, label and scale by letter."""
    return [
        Panel(letter, levers | {"outcome": outcome}, label, scale, along)
        for letter, (outcome, label, scale) in zip(letters, shown, strict=True)
    ]


SHARES = [f"{kind}_{name}_share" for kind in ("trading", "lending") for name in ("alone", "fast", "resistant", "cheap")]
INCOMES = [f"{name}_income_usd_day" for name in ("fast", "resistant", "cheap")]
WRONG = "wrongly liquidated [thousand USD]"
PRICE, VARIED = "price / value", ("delay_s", "volatility", "failure")
SHOWN: dict[str, list[Panel]] = {
    "regimes": [
        *_alike(
            "cd",
            [
                ("user_cost_all_bp", "difference to siloed [bp]", 1.0),
                ("lp_net_bp_per_day", "difference to siloed [bp/day]", 1.0),
            ],
            less="siloed",
        ),
        *_alike("ef", [("sequencer_net_usd", "thousand USD", 1e-3), ("inclusion_delay_s", "s", 1.0)], less=""),
    ],
    "regimes_markets": [
        *_alike("b", [("dispersion_bp", "difference to siloed [bp]", 1.0)], less="siloed"),
        *_alike(
            "acd",
            [
                ("extracted_usd", "million USD", 1e-6),
                ("liquidated_usd", "million USD", 1e-6),
                ("builder_hhi", "Herfindahl-Hirschman index", 1.0),
            ],
            less="",
        ),
    ],
    "atomicity": [
        Panel(letter, {"varied": varied, "outcome": outcome}, label, scale, "y")
        for row, (outcome, label, scale) in zip(
            ("abc", "def"),
            (
                ("capture_rate", "profit realised [%]", 100.0),
                ("leg_failures", "broken cycles [%]", 100.0),
            ),
            strict=True,
        )
        for letter, varied in zip(row, VARIED, strict=True)
    ],
    "atomicity_prices": [
        Panel(letter, {"varied": varied, "outcome": "dispersion_bp"}, "dispersion [bp]", 1.0, "y")
        for letter, varied in zip("abc", VARIED, strict=True)
    ],
    "surface_distortion": [
        Panel(letter, {"days": days, "outcome": outcome}, label, scale, "y")
        for row, (outcome, label, scale) in zip(
            ("ab", "cd"),
            (
                ("half_bp", "half spread [bp]", 1.0),
                ("volatility", "half spread [% of volatility]", 100.0),
            ),
            strict=True,
        )
        for letter, days in zip(row, (1, 7), strict=True)
    ],
    "liquidity_mining": [
        Panel("a", {"part": "pools", "outcome": "depth_usd"}, "depth [million USD]", 1e-6, "y"),
        Panel("d", {"part": "quotes", "outcome": "depth_usd"}, "quoted [thousand USD]", 1e-3, "y"),
        *[
            Panel(letter, {"part": part, "outcome": "change_bp"}, "change of users' cost [bp]", 1.0, "y")
            for letter, part in (("b", "pools"), ("e", "quotes"))
        ],
        *[
            Panel(letter, {"part": part, "usd_per_hour": [0.0, 8e3], "outcome": names}, label, scale, "y")
            for letter, part, names, label, scale in (
                ("c", "pools", [f"share_{at}" for at in range(4)], "part of depth [%]", 100.0),
                ("f", "quotes", [f"half_{at}_bp" for at in range(4)], "half spread [bp]", 1.0),
            )
        ],
    ],
    "multi_leg": [
        Panel(letter, {"varied": varied, "outcome": outcome}, label, scale, "y")
        for row, (outcome, label, scale) in zip(
            ("abc", "def"),
            (("broken_share", "broken [%]", 100.0), ("cost_sd_bp", "sd of cost [bp]", 1.0)),
            strict=True,
        )
        for letter, varied in zip(row, ("rollups", "delay_s", "failure"), strict=True)
    ],
    "capital_efficiency": _alike(
        "abcdef",
        [
            ("margin_share", "margin [% of open]", 100.0),
            ("spread", "spread [% of volatility]", 100.0),
            ("depth_options", "depth [options]", 1.0),
            ("frozen_usd", "stopped [thousand USD]", 1e-3),
            ("short_usd", "short [thousand USD]", 1e-3),
            ("spread_after", "spread after [% of volatility]", 100.0),
        ],
        "y",
    ),
    "exercise_ordering": [
        Panel(letter, {"channel": channel, "outcome": "difference"}, label)
        for letter, channel, label in (
            ("a", "print", "gain [bp of the price]"),
            ("b", "delay", "lapses [%]"),
            ("c", "outage", "lapses [%]"),
            ("d", "stale", "off the price [bp]"),
        )
    ],
    "three_volatilities": [
        Panel("b", {"outcome": "ask_premium", "traders": ["all", "no snipers"]}, "asks less realised [%]", 100.0),
        Panel("c", {"outcome": "fees_premium", "traders": ["all", "no users"]}, "fees less realised [%]", 100.0),
    ],
    "hedging": [
        Panel("a", {"varied": "block_s", "outcome": "error_share"}, "error [% of premium]", 100.0, "y"),
        *_alike(
            "def",
            [
                ("error_share", "error [% of premium]", 100.0),
                ("leg_s", "time [s]", 1.0),
                ("lost_share", "over 10% of premium [%]", 100.0),
            ],
            varied="leg",
        ),
    ],
    "sequencer_risk_premium": [
        Panel("a", {"outcome": "premium_vol", "without": "nothing"}, "points of volatility", 100.0),
        Panel("b", {"outcome": "part_vol"}, "points of volatility", 100.0),
        Panel("c", {"outcome": "premium_vol", "without": "all but outages"}, "points of volatility", 100.0, "y"),
    ],
    "censorship": _alike("a", [("censored_slots", "slots", 1.0)], "y"),
    "governance": _alike(
        "abcdef",
        [
            ("fee_usd", "USD", 1.0),
            ("user_gas_bp", "bp", 1.0),
            ("user_total_bp_less", "difference [bp]", 1.0),
            ("sequencers_usd_less", "difference [thousand USD]", 1e-3),
            ("arbitrage_usd_less", "difference [thousand USD]", 1e-3),
            ("providers_usd_less", "difference [thousand USD]", 1e-3),
        ],
        "y",
    ),
    "robustness": [
        *(
            Panel(letter, {"outcome": outcome, "regime": regime}, f"less siloed [{unit}]")
            for letter, outcome, regime, unit in (
                ("a", "user_cost_all_bp", "rotation", "bp"),
                ("b", "user_cost_all_bp", "pbs", "bp"),
                ("c", "user_cost_all_bp", "based", "bp"),
                ("d", "user_cost_all_bp", "frequent_batch", "bp"),
                ("e", "extracted_sandwich_bp", "rotation", "bp of retail"),
                ("f", "extracted_bp_of_retail", "rotation", "bp of retail"),
            )
        )
    ],
    "express_lane": _alike(
        "abcde",
        [
            ("lane_top_two_share", "share of rounds", 1.0),
            ("lane_reverted_share", "share of intents", 1.0),
            ("lane_bid_value_rank_correlation", "rank correlation", 1.0),
            ("lane_paid_over_highest", "share of highest bid", 1.0),
            ("lane_effective_bidders", "number", 1.0),
        ],
        "y",
    ),
    "robustness_contagion": _alike(
        "ab",
        [
            ("hit_together", "shared \N{MINUS SIGN} siloed [rollups]", 1.0),
            ("peak_60s_usd", "shared \N{MINUS SIGN} siloed [thousand USD in 60 s]", 1.0),
        ],
    ),
    "redistribution": _alike(
        "bc",
        [("user_net_cost_bp", "bp", 1.0), ("sequencer_income_spread", "standard deviation / mean", 1.0)],
    ),
    "network_competition": [
        Panel("a", {"outcome": [f"hhi_{at}" for at in range(10)], "cross_per_second": 0.0}, "HHI [1]", 1.0, "y"),
        Panel("b", {"outcome": [f"hhi_{at}" for at in range(10)], "cross_per_second": 1.0}, "HHI [1]", 1.0, "y"),
        *(
            Panel(
                letter,
                {"outcome": SHARES, "cross_per_second": demand, "switching_usd": 0.0},
                "% of its time",
                100.0,
                "y",
            )
            for letter, demand in (("d", 0.0), ("e", 1.0))
        ),
        Panel("c", {"outcome": "over_best_bp"}, "over best fixed [bp]", 1.0, "y"),
        Panel("f", {"outcome": INCOMES, "cross_per_second": 1.0}, "thousand USD per day", 1e-3, "y"),
    ],
    "latency_contest": [
        *_alike("ab", [("outlay", "outlay / prize", 1.0), ("realised", "share of prizes", 1.0)], "y", form="lottery"),
        *_alike("c", [("outlay_ratio", "ratio", 1.0)], "y", form="first_come"),
        *_alike("d", [("outlay_ratio", "ratio", 1.0)], "y", form="timeboost"),
    ],
    "deleveraging": _alike(
        "abcde",
        [
            ("liquidated_usd", "million USD", 1e-6),
            ("burst_share", "share in 40 min", 1.0),
            ("long_share", "share of value", 1.0),
            ("deleveraged_over_liquidated", "over liquidated", 1.0),
            ("delay_s", "s", 1.0),
        ],
    ),
    "circuit_breaker": [
        *_alike(
            "abc",
            [
                ("seized_over_none", "over no breaker", 1.0),
                ("bad_debt_usd", "thousand USD", 1e-3),
                ("inclusion_delay_s", "s", 1.0),
            ],
            part="crash",
        ),
    ],
    "circuit_breaker_paradox": [
        *_alike("b", [("bad_debt_share", "bad debt, % of debt", 100.0)], world="external, twice"),
        *_alike("cd", [("trigger_chance", "chance", 1.0), ("volatility_ratio", "near over far", 1.0)], part="approach"),
    ],
    "stress_replay": [
        *_alike(
            "abcde",
            [
                ("less_usd", "million USD, less\nsiloed", 1e-6),
                ("bad_debt_usd", "thousand USD", 1e-3),
                ("burst_60s_share", "% of liquidated", 100.0),
                ("inclusion_delay_s", "s", 1.0),
                ("extracted_usd", "million USD", 1e-6),
            ],
            outage="",
        ),
    ],
    "stress_replay_outages": [
        Panel("d", {"outcome": "inclusion_delay_s", "outage": ["no outage", "outage", "outage and grace"]}, "s"),
    ],
    "tournament": _alike("b", [("round_robin_usd", "USD per block", 1.0)]),
    "liquidation_design": [
        *_alike(
            "abcdef",
            [
                ("borrower_loss_share", "% of value sold", 100.0),
                ("time_to_sale_s", "s", 1.0),
                ("bad_debt_usd", "thousand USD", 1e-3),
                ("zero_bid_share", "% of sales", 100.0),
                ("liquidators_usd", "thousand USD", 1e-3),
                ("sequencers_usd", "thousand USD", 1e-3),
            ],
            venue="lending",
        ),
    ],
    "liquidation_design_perpetuals": [
        *_alike(
            "abd",
            [
                ("borrower_loss_share", "% of value sold", 100.0),
                ("time_to_sale_s", "s", 1.0),
                ("deleveraged_usd", "million USD", 1e-6),
            ],
            venue="perpetual",
        ),
    ],
    "bidding_war": [
        *_alike("a", [("win_rate", "our win rate", 1.0)], "y", part="published"),
        *_alike("d", [("win_rate", "win rate of the group", 1.0)], "y", part="latency", experiment="last_minute"),
    ],
    "builder_equilibrium": _alike(
        "abc",
        [
            ("nash_conv_share", "% of mean block value", 100.0),
            ("smallest_margin", "% of block value", 100.0),
            ("paid_share", "% of block value", 100.0),
        ],
        "y",
    ),
    "role_selection": [
        *_alike(
            "ab",
            [("bid_share", "share of value bid", 1.0), ("proposer_eth", "ETH per block", 1.0)],
            "y",
            builders=[1, 3, 5, 7],
        ),
        Panel("c", {"outcome": "gain_eth"}, "ETH per block", 1.0, "y"),
        Panel("d", {"outcome": ["fewest", "most"]}, "builders", 1.0, "y"),
    ],
    "auction_equilibrium": _alike("f", [("revenue", "learned", 1.0)], "y"),
    "collusion": [
        *(
            Panel(letter, {"part": "repeated", "auction": auction, "outcome": "price_over_value"}, PRICE, 1.0, "y")
            for letter, auction in zip(
                "abcd", ("first_price", "second_price", "all_pay", "ticket_lottery"), strict=True
            )
        ),
        *_alike("e", [("deviations_that_pay", "share of games", 1.0)], "y", part="repeated", bidders=2),
    ],
    "collusion_market": [
        *_alike("a", [("price_over_value", PRICE, 1.0)], part="builders"),
        *_alike("f", [("members_that_left", "members that left", 1.0)], "y", part="fines"),
    ],
    "oracle_collusion": [
        *_alike("a", [("wrongly_liquidated_usd", WRONG, 1e-3)], "y", bond_usd=1000.0, bribable_share=0.8),
        *_alike(
            "bde",
            [
                ("wrongly_liquidated_usd", WRONG, 1e-3),
                ("bribes_usd", "thousand USD", 1e-3),
                ("feed_error_bp", "bp", 1.0),
            ],
            "y",
            reporters=5,
            bribable_share=0.8,
        ),
        *_alike("c", [("wrongly_liquidated_usd", WRONG, 1e-3)], "y", reporters=5, bond_usd=1000.0),
        Panel(
            "f",
            {
                "outcome": ["liquidators_usd", "authors_usd", "reporters_usd"],
                "reporters": 5,
                "bond_usd": 1000.0,
                "bribable_share": 0.8,
            },
            "thousand USD",
            1e-3,
        ),
    ],
    "contagion": _alike("d", [("gone_share", "gone without it [% of liquidated volume]", 100.0)], panel="channels"),
    "contagion_claims": [
        *_alike(
            "abcde",
            [
                ("liquidated_share_r0", "shared \N{MINUS SIGN} siloed\n[% of its debt]", 100.0),
                ("others_share", "shared \N{MINUS SIGN} siloed\n[% of their debt]", 100.0),
                ("hit_together", "shared \N{MINUS SIGN} siloed\n[rollups]", 1.0),
                ("peak_60s_usd", "shared \N{MINUS SIGN} siloed\n[thousand USD in 60 s]", 1e-3),
                ("bad_debt_usd", "shared \N{MINUS SIGN} siloed\n[thousand USD]", 1e-3),
            ],
            panel="differences",
        ),
    ],
}
"""Panels that show means, and of what, by figure."""

EXPLAINED_IN_THE_CAPTION = {"collusion_market": "d"}
"""Panels whose colours the caption explains."""


def check(name: str, summary: pd.DataFrame, empty: str = "") -> Figure:
    """Draw a study's figure and compare it with the summary: labels, means, intervals, and keys of colours.

    ``empty`` are the letters of panels that have nothing to show.
    """
    figure: Figure = discovery.load("figures", name).draw(summary)
    figure.draw_without_rendering()
    found = panels(figure)
    assert list(found) == sorted(found), "letters are in order"
    assert 1 <= len(found) <= 6, "a reader takes in six panels at once"
    for panel in SHOWN.get(name, []):
        axes = found[panel.letter]
        assert panel.label in _labels(axes, panel.along), (panel, _labels(axes, panel.along))
        if panel.letter in empty:
            assert not len(means(axes, panel.along)), panel
            continue
        assert_shows(axes, chosen(summary, **panel.levers), panel.along, panel.scale)
    for letter, axes in found.items():
        if letter not in EXPLAINED_IN_THE_CAPTION.get(name, ""):
            used = colours(axes)
            assert len(used) < 2 or used <= keys(figure), f"{name} {letter}: {used - keys(figure)} are not explained"
    return figure


def chosen(summary: pd.DataFrame, **levers: Any) -> pd.DataFrame:
    """Rows of a summary that have a value, by levers; a list allows any of its entries."""
    for lever, value in levers.items():
        summary = summary[summary[lever].isin(value if isinstance(value, list) else [value])]
    return summary[np.isfinite(summary["mean"].astype(float))]


def panels(figure: Figure) -> dict[str, Axes]:
    """Axes by the letter that their title begins with."""
    every = [axes for axes in _axes(figure) if axes.get_title(loc="left").startswith(r"$\bf{")]
    return {axes.get_title(loc="left").removeprefix(r"$\bf{")[0]: axes for axes in every}


def assert_shows(axes: Axes, rows: pd.DataFrame, along: str = "x", scale: float = 1.0) -> None:
    """The marks of means are exactly those of the rows, and every interval has both of its ends drawn."""
    expected = np.sort(scale * rows["mean"].to_numpy(float))
    assert len(expected), "there is something to show"
    np.testing.assert_allclose(means(axes, along), expected, rtol=1e-9, atol=1e-12)
    drawn = ends(axes, along)
    for end in (*rows["low"], *rows["high"]):
        if np.isfinite(end):
            assert np.isclose(drawn, scale * end, rtol=1e-9, atol=1e-12).any(), (end, drawn)


def means(axes: Axes, along: str) -> np.ndarray:
    """Sorted places of the marks of means: markers that are not the small, pale ones of seeds, nor exact values."""
    marks = [line for line in axes.lines if line.get_marker() not in (None, "None", "", "x", "<") and _is_bold(line)]
    places = [np.asarray(line.get_xdata() if along == "x" else line.get_ydata(), float) for line in marks]
    return np.sort(np.concatenate([*places, np.zeros(0)]))


def ends(axes: Axes, along: str) -> np.ndarray:
    """Places at which lines without markers and bands begin, bend and end."""
    column = 0 if along == "x" else 1
    found = [
        np.asarray(line.get_xydata(), float)[:, column] for line in axes.lines if line.get_marker() in ("None", "")
    ]
    for part in axes.collections:
        if isinstance(part, LineCollection):
            pieces = [np.asarray(segment, float).reshape(-1, 2) for segment in part.get_segments()]
        else:
            pieces = [np.asarray(path.vertices, float) for path in part.get_paths()] if _is_band(part) else []
        found += [piece[:, column] for piece in pieces]
    return np.concatenate([*found, np.zeros(0)])


def colours(axes: Axes) -> set[str]:
    """Colours of the marks of means and of bars, black and grey aside."""
    lines = [line for line in axes.lines if line.get_marker() not in (None, "None", "") and _is_bold(line)]
    found = {to_hex(line.get_color()) for line in lines if len(np.asarray(line.get_xdata()))}
    found |= {to_hex(bar.get_facecolor()) for bar in axes.patches if bar.get_width() and bar.get_height()}
    return {colour for colour in found if len({colour[1:3], colour[3:5], colour[5:7]}) > 1}


def keys(figure: Figure) -> set[str]:
    """Colours that a key of the figure, of one of its parts or of a panel has a name for."""
    legends = [part for owner in (*_parts(figure), *_axes(figure)) for part in owner.get_children()]
    found: set[str] = set()
    for legend in legends:
        if isinstance(legend, Legend):
            for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
                if handle is not None and text.get_text():
                    paint = handle.get_color() if isinstance(handle, Line2D) else handle.get_facecolor()
                    found.add(to_hex(paint))
    return found


def _is_band(part: Collection) -> bool:
    return isinstance(part, PolyCollection)


def _is_bold(line: Line2D) -> bool:
    return line.get_alpha() is None and line.get_markersize() > 2.5


def _parts(figure: Figure) -> list[Any]:
    return [figure, *figure.subfigs]


def _axes(figure: Figure) -> list[Axes]:
    return list(dict.fromkeys(axes for part in _parts(figure) for axes in part.axes))


def _labels(axes: Axes, along: str) -> set[str]:
    """Labels of an axis of a panel and of those that share it in its row or column."""
    shared = axes.get_shared_x_axes() if along == "x" else axes.get_shared_y_axes()
    found = {axes, *shared.get_siblings(axes)}
    if along == "y":  # panels of one row, told what they show by the first
        row = axes.get_subplotspec()
        found |= {other for other in axes.get_figure(root=True).axes if _same_row(other.get_subplotspec(), row)}
    return {other.get_xlabel() if along == "x" else other.get_ylabel() for other in found}


def _same_row(one: Any, other: Any) -> bool:
    return (
        one is not None
        and other is not None
        and one.rowspan == other.rowspan
        and one.get_gridspec() is other.get_gridspec()
    )


def check_stored(name: str, summary: pd.DataFrame, folder: Path, empty: str = "") -> None:
    """The same for every figure of a study and a summary as it reads back from its file; and its files can be made."""
    summary = Store(folder, "code").write_summary(summary)
    for figure in studies.figures(name):
        check(figure, summary, empty if figure == name else "")
        contents = _shared.drawn(discovery.load("figures", figure).draw, summary)
        assert [content[:4] for content in contents.values()] == [b"%PDF", b"\x89PNG"]
