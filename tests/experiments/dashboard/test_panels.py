"""Every panel draws what it has noted, with units, and in colours that everybody can tell apart."""

from __future__ import annotations

import re
from functools import cache

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from experiments.dashboard import panels
from experiments.dashboard.panels import extraction, graph, liquidations, prices, smile
from experiments.dashboard.shown import Shown
from figures import _page
from market.intents.rows import Status, blank
from market.measures.outcomes import extraction as outcomes
from market.venues import Kind

STYLE = mpl.rc_params_from_file(_page.STYLE, use_default_template=False)
TOLD_APART = {to_hex(colour) for colour in ("black", *STYLE["axes.prop_cycle"].by_key()["color"])}


@cache
def shown() -> Shown:
    """A market that has crashed, under a breaker."""
    found = Shown(regime="pbs", minutes=2, breaker="30,000")
    while found.running:
        found.step()
    assert found.complaint == ""
    return found


def drawn(name: str, of: Shown) -> Figure:
    figure = panels.drawn(name, of.records[name])
    figure.draw_without_rendering()
    return figure


@pytest.mark.parametrize("name", panels.names())
@pytest.mark.parametrize("begun", [False, True])
def test_every_panel_keeps_the_contract(name: str, begun: bool) -> None:
    module = panels.load(name)
    assert module.__doc__
    assert module.TITLE
    figure = drawn(name, shown() if begun else Shown(minutes=2))
    for axes in (axes for axes in figure.axes if axes.axison):
        labels = [axes.get_ylabel(), *(other.get_xlabel() for other in axes.get_shared_x_axes().get_siblings(axes))]
        assert labels[0]
        assert all(re.search(r"\[.+\]$", label) for label in labels if label), labels
    lines = {to_hex(line.get_color()) for axes in figure.axes for line in axes.lines if line.get_label()[0] != "_"}
    assert lines <= TOLD_APART


@pytest.mark.parametrize("name", panels.names())
def test_a_panel_of_nothing_can_be_drawn(name: str) -> None:
    panels.drawn(name, panels.load(name).Record()).draw_without_rendering()


def test_panels_stand_in_the_order_of_their_ranks() -> None:
    ranks = [panels.load(name).RANK for name in panels.names()]
    assert ranks == sorted(set(ranks))


def test_prices_are_those_of_the_market() -> None:
    market, record = shown().market, shown().records["prices"]
    assert market is not None
    assert isinstance(record, prices.Record)
    assert record.time == [float(second) for second in range(120)] + [120.0]
    assert record.reference[-1] == market.world.tables.prices[1]
    accounts = market.world.tables.pools["account"].astype(int)  # one pool of ETH and USD on each rollup, in order
    held = market.world.tables.balance[accounts, np.arange(accounts.size)]
    mids = held[:, 0] / held[:, 1]
    np.testing.assert_allclose(record.gaps[-1], 1e4 * (mids / record.reference[-1] - 1.0), rtol=1e-9)
    above = drawn("prices", shown()).axes[0]
    np.testing.assert_array_equal(above.lines[0].get_ydata(), record.reference)


def test_extraction_ends_with_the_outcomes() -> None:
    market, record = shown().market, shown().records["extraction"]
    assert market is not None
    assert isinstance(record, extraction.Record)
    for name in outcomes.RECEIVERS:
        assert record.usd[name][0] == 0.0
        assert record.usd[name][-1] == pytest.approx(shown().outcomes[f"extracted_by_{name}_usd"])
    lines = {line.get_label(): line for line in drawn("extraction", shown()).axes[0].lines}
    for name, values in record.usd.items():
        np.testing.assert_allclose(np.asarray(lines[name].get_ydata(), float), 1e-3 * np.array(values))


def test_the_smile_is_that_of_the_first_rollup_with_options() -> None:
    with_options = Shown(regime="siloed", minutes=2, more="rollups.1.options=[{strikes=3,expiries_s=[600.0,3600.0]}]")
    for _ in range(3):
        with_options.step()
    assert with_options.complaint == ""
    record = with_options.records["smile"]
    assert isinstance(record, smile.Record)
    assert [row["rollup"] for row in record.chain] == ["rollup1"] * 12
    marks = [line for line in drawn("smile", with_options).axes[0].lines if line.get_linestyle() == "--"]
    assert len(marks) == 2
    np.testing.assert_allclose(marks[0].get_ydata(), 100.0 * record.chain[0]["volatility"])


def test_liquidations_and_pauses_are_those_of_the_outcomes() -> None:
    found, record = shown().outcomes, shown().records["liquidations"]
    assert isinstance(record, liquidations.Record)
    assert record.usd[-1] == pytest.approx(found["liquidated_usd"])
    assert found["liquidated_usd"] > 3e4
    began = np.flatnonzero(np.diff(record.paused) > 0.0)
    assert 0 < began.size <= found["pauses"]
    assert set(record.paused) == {0.0, 1.0}  # one domain: all rollups or none
    assert sum(record.paused) == pytest.approx(found["paused_s"], abs=2.0 * float(found["pauses"]))
    without = Shown(minutes=2)
    without.step()
    record = without.records["liquidations"]
    assert isinstance(record, liquidations.Record)
    assert np.isnan(record.near).all()


def bundle(*trades: tuple[int, int, int, float, float], number: int = 7) -> np.ndarray:
    """Trades (rollup, or -1 for outside; asset in, out; amounts in, out) of one bundle."""
    rows = blank(len(trades))
    for row, (rollup, asset_in, asset_out, given, got) in zip(rows, trades, strict=True):
        row["kind"] = int(Kind.OUTSIDE if rollup < 0 else Kind.SWAP)
        row["rollup"], row["bundle"], row["status"] = max(rollup, 0), number, int(Status.FILLED)
        row["asset_in"], row["asset_out"], row["filled_in"], row["filled_out"] = asset_in, asset_out, given, got
    return rows


def moved(rows: np.ndarray) -> dict[tuple[int, int], float]:
    record = graph.Record()
    record.names = ["a", "b", "c"]
    found: dict[tuple[int, int], float] = {}
    for part in graph._bundles(rows):
        for source, target, usd in record._between(part, np.array([1.0, 2000.0, 10.0])):
            found[source, target] = found.get((source, target), 0.0) + usd
    return found


@pytest.mark.parametrize(
    ("trades", "flows"),
    [
        ([(0, 0, 1, 1000.0, 0.5), (1, 1, 0, 0.5, 1010.0)], {(0, 1): 1000.0}),
        ([(2, 0, 1, 1000.0, 0.5), (-1, 1, 0, 0.5, 1010.0)], {(2, 3): 1000.0}),
        ([(0, 0, 1, 1000.0, 0.5), (0, 1, 0, 0.5, 1010.0)], {}),  # a round trip on one rollup
        ([(0, 0, 1, 1000.0, 0.5), (1, 1, 0, 0.25, 500.0)], {(0, 1): 500.0}),  # the rest is kept
        ([(0, 0, 1, 2000.0, 1.0), (1, 1, 0, 0.25, 500.0), (2, 1, 0, 0.75, 1500.0)], {(0, 1): 500.0, (0, 2): 1500.0}),
        ([(0, 0, 1, 2000.0, 1.0), (1, 1, 2, 1.0, 200.0), (2, 2, 0, 200.0, 2000.0)], {(0, 1): 2000.0, (1, 2): 2000.0}),
        ([(1, 0, 1, 1000.0, 0.5)], {}),
    ],
)
def test_what_a_bundle_buys_here_and_sells_there_has_moved(
    trades: list[tuple[int, int, int, float, float]], flows: dict[tuple[int, int], float]
) -> None:
    assert moved(bundle(*trades)) == pytest.approx(flows)


def test_what_failed_or_is_somebody_elses_has_not_moved() -> None:
    rows = bundle((0, 0, 1, 1000.0, 0.5), (1, 1, 0, 0.5, 1010.0))
    carried, reverted, alone = rows.copy(), rows.copy(), rows.copy()
    carried["carried"], reverted["status"], alone["bundle"] = 1, int(Status.REVERTED), -1
    assert [moved(other) for other in (carried, reverted, alone)] == [{}, {}, {}]
    both = np.concatenate([rows, bundle((2, 0, 1, 500.0, 0.25), (0, 1, 0, 0.25, 600.0), number=8)])
    assert moved(both) == pytest.approx({(0, 1): 1000.0, (2, 0): 500.0})


def test_the_graph_forgets_what_moved_long_ago_and_knows_bridges() -> None:
    found = Shown(
        minutes=3, crash=False, volatility=3.0, more='agents.trader.1={strategy="bridging_arbitrageur",parameters={}}'
    )
    record = found.records["graph"]
    assert isinstance(record, graph.Record)
    bridged: list[float] = []
    while found.running:
        found.step()
        assert found.market is not None
        assert all(time > found.market.time - graph.SPAN_S for time, *_ in record.moved)
        bridged.append(sum(record.flows("bridges").values()))
    assert found.market is not None
    prices_now = found.market.world.tables.prices
    edges = [edge["flows"].sum(axis=0) for *_, edge in found.market.graph.edges(data=True)]
    assert (max(bridged) > 0.0) == (float(np.sum(edges @ prices_now)) > 0.0)
