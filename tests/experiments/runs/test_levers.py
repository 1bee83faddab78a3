"""Levers as they are typed: what is understood of them, and what a group of agents is called by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.markets.scenarios import reference
from experiments.runs import configuration, levers
from experiments.runs.comparison import Comparison
from experiments.runs.levers import Factor, Span
from market.errors import InputError


def test_values_are_read_as_settings_are() -> None:
    assert levers.parse("prices . step_s =.8, 1.,2") == Factor(("prices.step_s",), (("0.8",), ("1.0",), ("2",)))
    assert levers.parse("a={x = 1, y = [2, 3]},'b,c'").rows == (("{x = 1, y = [2, 3]}",), ("'b,c'",))  # type: ignore[union-attr]
    assert levers.parse("a.strategy=arbitrageur,mine:Patient").rows[1] == ("mine:Patient",)  # type: ignore[union-attr]
    assert levers.parse("a=-1:.5e1") == Span("a", -1.0, 5.0)
    assert levers.column(["1", "2.5"]) == [1.0, 2.5]
    assert levers.column(["1", "2"]) == [1, 2]
    assert levers.column(["none", "2.5"]) == ["none", "2.5"]
    assert levers.column(["true", "'x'"]) == ["true", "x"]


def test_cells_are_the_product_in_the_order_given(tmp_path: Path) -> None:
    file = tmp_path / "cells.csv"
    file.write_text("regime,flow.per_second\nsiloed, .5\n\npbs,2\n")
    comparison = Comparison((levers.read_list(file), Factor(("horizon_s",), (("10",), ("20",)))), ("slots",))
    assert [list(cell.values()) for cell in comparison.cells()] == [
        ["siloed", "0.5", "10"], ["siloed", "0.5", "20"], ["pbs", "2", "10"], ["pbs", "2", "20"],
    ]  # fmt: skip
    runs = list(comparison.runs(2, True, lambda base: base))
    assert [run.seed for run in runs] == [1, 2] * 4
    assert runs[-1].regime == "pbs"
    assert runs[-1].levers == {"flow.per_second": 2.0, "horizon_s": 20}
    assert (runs[-1].config.flow.per_second, runs[-1].config.horizon_s) == (2.0, 20.0)  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["lhs:16", "sobol:16"])
def test_a_sample_fills_the_box_evenly_and_is_the_same_again(text: str) -> None:
    spans = [Span("a", 0.4, 1.6), Span("b", -1.0, 1.0)]
    found = levers.sample(text, spans)
    assert found == levers.sample(f"{text}:1", spans) != levers.sample(f"{text}:2", spans)
    assert not found.compared
    points = np.array(found.rows, dtype=float)
    for column, span in zip(points.T, spans, strict=True):  # one point in each of sixteen slices
        slices = np.floor(16 * (column - span.low) / (span.high - span.low))
        assert sorted(slices) == list(range(16))


MISTAKES = [
    ("a", "--vary a: not a lever with values; allowed: LEVER=A,B,C"),
    ("=1", "--vary =1: not a lever with values"),
    ("a=1,,2", "--vary a: an empty value in '1,,2'"),
    ("a=1,1", "--vary a: 1 is there twice; allowed: values that differ"),
    ("a=2:1", "--vary a: got 2:1; allowed: LOW:HIGH with LOW below HIGH"),
]


@pytest.mark.parametrize(("text", "complaint"), MISTAKES)
def test_levers_that_are_none(text: str, complaint: str) -> None:
    with pytest.raises(InputError) as error:
        levers.parse(text)
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("a,b\n", "no rows"),
        ("a,a\n1,2\n", ":1: a lever that has no name or is there twice"),
        ("a,b\n1,2\n3\n", "cell 2 has 1 values; allowed: 2"),
        ("a,b\n1,2\n1,2\n", "1, 2 is there twice"),
    ],
)
def test_lists_that_are_none(tmp_path: Path, content: str, complaint: str) -> None:
    file = tmp_path / "cells.csv"
    file.write_text(content)
    with pytest.raises(InputError) as error:
        levers.read_list(file)
    assert complaint in str(error.value)


def test_a_group_of_agents_is_called_by_role_and_number() -> None:
    base = reference(quick=True)
    config = configuration.load(None, ["agents.trader.2.count=7", "agents.trader.2.parameters.x=1"], base)
    changed = [at for at, (old, new) in enumerate(zip(base.agents, config.agents, strict=True)) if old != new]
    assert [config.agents[at].role for at in changed] == ["trader"]
    assert changed == [[at for at, group in enumerate(base.agents) if group.role == "trader"][2]]
    assert configuration.value_at(config, "agents.trader.2.count") == 7
    assert configuration.value_at(config, "agents.trader.2.parameters.x") == 1
    assert configuration.value_at(config, "agents.trader.2.parameters.y") is None


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("agents.trader.3.count=1", "--set agents.trader.3: no such group; allowed: agents.trader.N for N from 0 to 2"),
        ("agents.trader.count=1", "--set agents.trader.count: no such group; allowed: agents.trader.N"),
        ("agents.tradr.0.count=1", "--set agents.tradr.0: unknown name 'tradr' (did you mean 'trader'?)"),
        ("agents.trader.1.count=-1", "--set agents.trader.1.count: got -1; allowed: greater than or equal to 0"),
        ("agents.trader.1.cuont=1", "--set agents.trader.1.cuont: unknown key 'cuont' (did you mean 'count'?)"),
        (
            "prices.price_usd=1",
            "--set prices.price_usd: unknown key 'price_usd' (did you mean 'assets.0.price_usd'?)",
        ),
    ],
)
def test_groups_and_keys_that_are_none(setting: str, complaint: str) -> None:
    with pytest.raises(InputError) as error:
        configuration.load(None, [setting], reference(quick=True))
    assert str(error.value).startswith(complaint)


def test_a_setting_and_a_lever_do_not_undo_each_other() -> None:
    lever = Factor(("flow.per_second",), (("1",), ("2",)))
    with pytest.raises(InputError, match=r"--set flow\.per_second: flow\.per_second is varied; allowed: either"):
        Comparison((lever,), ("slots",), settings=("flow.per_second=3",))
    with pytest.raises(InputError, match=r"--vary flow\.per_second: is varied twice"):
        Comparison((lever, lever), ("slots",))
    comparison = Comparison((Factor(("regime",), (("siloed",), ("pbs",))), lever), ("slots",))
    for setting in ("flow.per_second=3", "regime=rotation"):
        runs = comparison.runs(1, True, lambda base, setting=setting: configuration.load(None, [setting], base))
        with pytest.raises(InputError, match="is varied, and a setting or file gives it another value"):
            list(runs)
