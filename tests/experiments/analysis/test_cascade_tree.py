"""The largest cascade as a tree: hand-made liquidations, whose debt the tree holds and whose causes add up."""

from __future__ import annotations

from pathlib import Path

import drawn
import numpy as np
import pytest

from experiments.__main__ import main
from experiments.analysis.cascade_tree import COLUMNS, largest
from figures import _shared, cascade
from market.measures.cascades import Liquidated

NAMES = ("a", "b")


def made() -> Liquidated:
    """A small cascade, and two minutes later a larger one: two by the price, then one by the sales of both."""
    half = np.array([[0.5], [0.5]])
    chain = np.array([[0.25, 0.0], [0.0, 0.75]])
    nothing = np.zeros((2, 0))
    source = (nothing, nothing, nothing, half, chain)
    cause = np.array([part.sum(axis=1) for part in source])
    return Liquidated(
        time=np.array([0.0, 120.0, 120.0, 121.0, 130.0]),
        rollup=np.array([0, 0, 1, 1, 0]),
        value=np.array([500.0, 300.0, 100.0, 200.0, 80.0]),
        generation=np.array([0, 0, 0, 1, 2]),
        cause=cause,
        source=source,
    )


def test_it_is_the_one_that_repaid_most() -> None:
    found = largest(made(), NAMES)
    assert list(found.columns) == list(COLUMNS)
    nodes, links = found[found["because_of"] == ""], found[found["because_of"] != ""]
    assert nodes[["generation", "rollup", "usd", "count"]].to_numpy().tolist() == [
        [0, "a", 300.0, 1], [0, "b", 100.0, 1], [1, "b", 200.0, 1], [2, "a", 80.0, 1],
    ]  # fmt: skip
    assert links[["generation", "rollup", "usd", "because_of", "at_generation"]].to_numpy().tolist() == [
        [1, "b", 100.0, "a", 0], [1, "b", 100.0, "b", 0], [2, "a", 20.0, "a", 0], [2, "a", 60.0, "b", 1],
    ]  # fmt: skip


def test_causes_add_up_to_what_they_caused() -> None:
    found = largest(made(), NAMES)
    later = found[(found["because_of"] == "") & (found["generation"] > 0)]
    assert found.loc[found["because_of"] != "", "usd"].sum() == pytest.approx(later["usd"].sum())


def test_nobody_liquidated_is_no_tree() -> None:
    nobody = Liquidated(*(np.zeros(0) for _ in range(4)), np.zeros((0, 2)), ())
    assert largest(nobody, NAMES).empty
    assert _shared.drawn(cascade.draw, largest(nobody, NAMES))["png"][:4] == b"\x89PNG"


@pytest.mark.parametrize("columns", ["one", "two"])
def test_every_rollup_of_the_picture_is_named_in_its_key(columns: str) -> None:
    found = largest(made(), NAMES)
    figure = cascade.draw(found)
    used = {line.get_color() for axes in figure.axes for line in axes.lines if line.get_marker() == "o"} - {"white"}
    assert {_shared.BLUE, _shared.ORANGE} == used
    assert {_shared.BLUE.lower(), _shared.ORANGE.lower()} <= drawn.keys(figure)
    contents = _shared.drawn(cascade.draw, found, columns)
    assert contents == _shared.drawn(cascade.draw, found, columns)


def test_the_command_prints_and_draws_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Half a minute of calm liquidates nobody, and says so."""
    picture = tmp_path / "cascade.svg"
    asked = ["simulate", "--hours", "0.005", "--set", "rollups.0.borrowers=10", "--cascades", str(picture)]
    assert main(asked) == 0
    assert "\nnobody was liquidated\n" in capsys.readouterr().out
    assert picture.read_bytes()[:5] == b"<?xml"
    assert main([*asked[:-1], str(tmp_path / "cascade.txt")]) == 2
    assert "no kind of picture" in capsys.readouterr().err
