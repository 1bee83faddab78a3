"""What a strategy is handed is described as it is."""

from __future__ import annotations

import inspect
import json
from typing import Any

import numpy as np
import pytest
from worlds import opened, stressed

from agents import describe
from agents.parameters import parameters
from agents.population import strategy_class
from agents.roles import FOLDERS, names
from agents.signatures import signatures
from experiments.__main__ import main
from market.access.public import table_views
from market.venues import STATEMENTS
from market.venues.pools.view import PoolsSeen


def test_the_page_for_authors_is_up_to_date() -> None:
    assert describe.FILE.read_text(encoding="utf-8") == describe.text(), "renew it: python -m agents.describe"


def test_every_table_shown_stands_on_what_is_seen_with_every_column() -> None:
    market = opened(stressed("siloed", horizon_s=4.0))
    seen = market.observations[-1]
    for name, view in ({"pools": PoolsSeen} | table_views()).items():
        shown = getattr(seen, name)
        assert type(shown) is view
        assert shown.dtype.names == tuple(column for column, _, _ in view.described), name
        for column, meaning, unit in view.described:
            assert meaning and unit
            assert np.array_equal(getattr(shown, column), shown[column], equal_nan=True)
            assert (getattr(view, column).__doc__ or "").endswith(f"[{unit}].")


def test_a_row_has_the_columns_as_attributes_and_a_wrong_name_is_answered_with_the_right_ones() -> None:
    seen = opened(stressed("siloed", horizon_s=4.0)).observations[-1]
    assert seen.lending[1].threshold == seen.lending["threshold"][1] == 0.8
    assert seen.pools.mid == pytest.approx(seen.pools.reserve[:, 1] / seen.pools.reserve[:, 0])
    with pytest.raises(AttributeError, match=r"no column 'fees'; there are: rollup, asset, fee"):
        _ = seen.pools.fees


def test_what_kinds_say_of_the_desk_is_there() -> None:
    from market.access.desk import Desk

    for statement in STATEMENTS:
        assert not statement.submit or callable(getattr(Desk, statement.submit)), statement.name


def test_signatures_read_from_the_source_are_those_of_the_classes() -> None:
    read = signatures()
    assert list(read) == list(FOLDERS.values())
    for role, folder in FOLDERS.items():
        assert list(read[folder]) == names(role)
        for name in names(role):
            found = strategy_class(role, name)
            told = parameters(found).items()
            expected = {parameter: default for parameter, default in told if default is not inspect.Parameter.empty}
            assert _plain(read[folder][name]["parameters"]) == _plain(expected), name
            assert read[folder][name]["summary"] == (inspect.getdoc(found) or "").splitlines()[0]


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple | list) else value for name, value in parameters.items()}


def test_strategies_are_listed_with_their_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "strategies", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["builders"]["adaptive"]["parameters"] == {"margin": 0.2, "pace": 0.05, "sandwich": True}
    assert found["traders"]["arbitrageur"]["summary"].endswith(".")
    assert main(["list", "regimes", "--json"]) == 0
    assert "siloed" in json.loads(capsys.readouterr().out)
    assert main(["list", "strategies"]) == 0
    assert any(line.split(maxsplit=1)[0] == "arbitrageur" for line in capsys.readouterr().out.splitlines()[1:] if line)
    assert main(["list", "everything"]) == 2
