"""Outcomes are discovered, and have one name each."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
import pytest
from worlds import ran, stressed

from market import discovery
from market.errors import InputError
from market.measures.outcomes import outcomes, reporters
from market.measures.tally import TOTALS
from market.model import SequencerMarket
from market.venues import rooms


@pytest.fixture(scope="module")
def market() -> SequencerMarket:
    return ran(stressed("pbs", horizon_s=10.0))


@pytest.mark.parametrize("module", reporters(), ids=lambda module: module.__name__)
def test_every_file_reports_numbers_under_names_of_its_own(module, market: SequencerMarket) -> None:
    report = module.report(market)
    assert all(isinstance(value, float | int | str) and not isinstance(value, np.generic) for value in report.values())
    merged = outcomes(market)
    assert {name: repr(merged[name]) for name in report} == {name: repr(value) for name, value in report.items()}


def test_what_a_run_is_comes_first(market: SequencerMarket) -> None:
    names = list(outcomes(market))
    assert names[:3] == ["regime", "seed", "slots"]
    assert len(names) == len(set(names)) > 40


def _add(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    place = folder / "market" / "measures" / "outcomes"
    place.mkdir(parents=True)
    text = f'''
        """One more outcome."""

        def report(market):
            """Return it."""
            return {{"{name}": 2 * market.tally.slots}}
    '''
    (place / f"mine_{name}.py").write_text(textwrap.dedent(text))
    monkeypatch.setenv(discovery.VARIABLE, str(folder))


def test_a_new_outcome_is_a_new_file(market: SequencerMarket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _add(tmp_path, monkeypatch, "twice_the_slots")
    assert outcomes(market)["twice_the_slots"] == 2 * market.tally.slots


def test_two_outcomes_of_one_name_are_refused(
    market: SequencerMarket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add(tmp_path, monkeypatch, "slots")
    both = r"^outcome 'slots': reported by .*\.run and by .*\.mine_slots; allowed: names that differ$"
    with pytest.raises(InputError, match=both):
        outcomes(market)


def test_totals_are_fields_by_name_that_venues_declare(market: SequencerMarket) -> None:
    declared = [name for venue in rooms("outcomes").values() for name in getattr(venue, "TOTALS", {})]
    assert list(TOTALS.names or ()) == declared
    assert len(declared) == len(set(declared))
    summed = market.tally.totals()
    for name in declared:
        assert summed[name] == pytest.approx(market.tally.by_rollup[name].sum())
    assert summed["volume"] > summed["user_volume"] > 0.0
    assert summed["liquidations"] > 0.0
