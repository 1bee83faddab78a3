"""Figures of speed: the fastest repetition, its spread, no cost below nothing, and another checkout side by side."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.__main__ import main
from experiments.bench import against as bench
from experiments.bench import measure, option_pricing
from experiments.bench.timing import Timing, per_unit, timing
from market.errors import InputError

TIMES = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=9)


@given(TIMES, st.randoms())
def test_the_fastest_repetition_counts_whatever_their_order(times: list[float], random) -> None:
    shuffled = list(times)
    random.shuffle(shuffled)
    assert timing(shuffled) == timing(times)
    assert timing(times).seconds <= min(times)
    assert timing(times).seconds * (1.0 + timing(times).spread) == pytest.approx(max(times))


@given(TIMES, TIMES, st.floats(1.0, 1e6))
def test_no_cost_is_negative(less: list[float], more: list[float], units: float) -> None:
    cost = per_unit(timing(less), timing(more), units)
    assert cost is None if min(more) <= min(less) else cost == (min(more) - min(less)) / units


def test_a_lost_figure_is_null_beside_its_spread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = measure._margin(Timing(2.0, 0.5), Timing(1.0, 0.1), 10, 1e9)
    monkeypatch.setattr(measure, "measurements", lambda: {"some_ns": lambda: lost})
    measure.main(tmp_path / "bench.json")
    report = json.loads((tmp_path / "bench.json").read_text())
    assert report["some_ns"] is None
    assert report["spread"] == {"some_ns": 0.5}
    assert "disturbed" in report["reasons"]["some_ns"]


def test_another_checkout_takes_turns_with_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    turns = []

    def seconds(python: Path, folder: Path, run: str) -> float | str:
        turns.append((folder, run))
        if run == "pbs":
            return "unknown name 'pbs'" if folder == tmp_path else 1.0
        return (2.0 if folder == tmp_path else 1.0) * {"siloed": 3.0, "few": 1.0, "many": 5.0, "awake": 0.5}[run]

    monkeypatch.setattr(bench, "_seconds", seconds)
    wanted = ("siloed_s", "population_ns_per_intent", "strategic_us_per_agent_slot", "pbs_s")
    found = dict(bench.against(tmp_path, {name: bench.FIGURES[name] for name in wanted}, repeat=2))
    assert turns[:4] == [(bench.HERE, "siloed"), (tmp_path, "siloed")] * 2
    assert len(turns) == 4 * 4 + 2, "a run that two figures need is timed once"
    assert found["siloed_s"] == {"here": 3.0, "there": 6.0, "ratio": 0.5, "spread": 0.0}
    assert found["population_ns_per_intent"]["ratio"] == 0.5
    assert found["population_ns_per_intent"]["here"] == pytest.approx(1e9 * 4.0 / 200_000)
    assert found["strategic_us_per_agent_slot"]["ratio"] is None, "agents cost nothing, or less"
    assert found["strategic_us_per_agent_slot"]["reason"] == bench.DISTURBED
    assert "cannot run pbs: unknown name" in found["pbs_s"]["reason"]
    monkeypatch.setattr(bench, "_seconds", lambda *_: "no module")
    with pytest.raises(InputError, match="cannot run siloed: no module; allowed: a checkout of this project"):
        dict(bench.against(tmp_path, {"siloed_s": bench.FIGURES["siloed_s"]}))


def test_what_is_no_checkout_ends_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--against", str(tmp_path)]) == 2
    assert "--against: no .venv in" in capsys.readouterr().err
    assert "no regime" in str(bench._seconds(Path(sys.executable), tmp_path, "no regime"))


def test_a_chain_of_options_is_timed_with_all_that_it_is() -> None:
    options = option_pricing.listed()
    assert len(options.strike) == 200
    assert len(set(options.years)) == len(option_pricing.DAYS)
    assert {"chain_200_greeks_us", "implied_200_us"} <= set(measure.measurements())
    assert 0.0 < option_pricing.chain_200_greeks_us() < option_pricing.implied_200_us()
