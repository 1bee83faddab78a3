"""The replay of a crash: which stretch of which file, what is measured of it, and what is said when there is none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.__main__ import main
from experiments.runs import study as studies
from experiments.studies import stress_replay
from market.errors import InputError
from market.prices.bar_file import read_bars
from market.prices.instants import parse_instant

STUDY = studies.load("stress_replay")


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    """Forty bars of a minute at 100 USD that fall to 80 in the thirtieth and stay there; a small dip before."""
    first, lines, price = datetime(2024, 8, 5, tzinfo=UTC), ["timestamp,open,high,low,close,volume"], 100.0
    for minute in range(40):
        close = 80.0 if minute >= 30 else 100.0
        low = 95.0 if minute == 5 else min(price, close) - 0.5
        stamp = (first + timedelta(minutes=minute)).isoformat()
        lines.append(f"{stamp},{price},{max(price, close) + 0.5},{low},{close},1.0")
        price = close
    file = tmp_path / "fall.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_the_stretch_holds_the_deepest_fall_after_its_lead(bars: Path) -> None:
    start = stress_replay.worst_start(read_bars(bars), 600.0)
    begins = (pd.Timestamp(start) - pd.Timestamp("2024-08-05T00:00:00Z")).total_seconds()
    # the fall lies in the bar that begins at 1800 s; a quarter of the run comes before the bar that is fallen from
    assert begins + 0.25 * 600.0 <= 1860.0 <= begins + 600.0
    assert begins > 600.0  # not the dip


def test_a_file_shorter_than_the_run_is_refused(bars: Path) -> None:
    with pytest.raises(InputError, match=r"fall.csv: 2400 s of bars; allowed: at least horizon_s, which is 7200 s"):
        stress_replay.worst_start(read_bars(bars), 7200.0)


def test_busiest_share() -> None:
    assert stress_replay.busiest(np.array([1.0, 0.0, 3.0, 3.0, 0.0, 3.0]), 2) == 0.6
    assert stress_replay.busiest(np.array([1.0, 1.0]), 5) == 1.0
    assert np.isnan(stress_replay.busiest(np.zeros(4), 2))


def test_without_data_one_line_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEQMARKET_DATA", raising=False)
    for folder, where in ((None, "not set"), (tmp_path, str(tmp_path))):
        if folder:
            monkeypatch.setenv("SEQMARKET_DATA", str(folder))
        assert main(["run", "stress_replay", "--quick"]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "stress_replay: no prices in SEQMARKET_DATA" in said
        assert where in said
        assert "--set prices.file=BARS.csv" in said
    assert main(["run", "stress_replay", "--quick", "--set", "prices.file=absent.csv"]) == 2
    assert "prices.file: no file 'absent.csv'; allowed: a CSV of bars" in capsys.readouterr().err


@pytest.mark.slow
def test_a_fall_on_file_through_two_regimes(bars: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's file alone is replayed, through every regime; two of them are run, drawn and tabled."""
    from experiments.runs import configuration

    def configure(base):
        return configuration.load(None, [f"prices.file={bars}", "horizon_s=400"], base)

    runs = list(STUDY.runs(1, True, configure))
    assert {run.levers["episode"] for run in runs} == {"fall"}
    assert len({run.regime for run in runs if not run.levers["outage"]}) == len(runs) - 6 > 10
    assert runs[0].regime == "siloed"
    rows = [
        {"regime": run.regime, "seed": run.seed, **run.levers, **STUDY.execute(run)}
        for run in runs
        if run.regime in ("siloed", "centralized_shared")
    ]
    for row in (row for row in rows if not row["outage"]):
        assert row["price_fall"] == pytest.approx(0.205, abs=1e-12)
        assert row["liquidated_usd"] > 0.0
        assert 0.0 < float(row["burst_60s_share"]) <= float(row["burst_40min_share"]) == pytest.approx(1.0)
        assert row["peak_60s_liquidated_usd"] <= row["liquidated_usd"]
    # who is sent while the sequencer is down waits
    late = {(row["regime"], row["outage"]): row["inclusion_delay_s"] for row in rows}
    assert late["centralized_shared", "outage"] > 2.0 * late["centralized_shared", "no outage"]
    table = STUDY.table(pd.DataFrame(rows))
    answered.check("stress_replay", pd.DataFrame(rows))
    assert table["liquidated, less siloed [thousand USD]"][0] == "0"
    drawn.check_stored("stress_replay", STUDY.summary(pd.DataFrame(rows)), tmp_path)


def test_outages_are_as_long_and_as_many_whatever_is_shared(bars: Path) -> None:
    """A rollup is down once for 33 minutes in three hours; a shared sequencer when the first rollup's own would be."""
    from experiments.runs import configuration

    runs = list(
        STUDY.runs(2, True, lambda base: configuration.load(None, [f"prices.file={bars}", "horizon_s=600"], base))
    )
    failing = [run for run in runs if run.levers["outage"] == "outage and grace"]
    assert len(failing) == 4
    with_all, short = len(runs), ["prices.file=" + str(bars), "horizon_s=1500"]
    assert len(list(STUDY.runs(2, True, lambda base: configuration.load(None, short, base)))) == with_all - 12
    for run in failing:
        outages = run.config.regime.consensus["scheduled"]
        assert [outage["duration_s"] for outage in outages] == [1200.0 * 33.0 / 180.0] * (
            6 if run.regime == "siloed" else 1
        )
        assert {rollup.grace_s for rollup in run.config.rollups} == {400.0}
    # the bar that falls most begins at 1740 s of the file
    for run in failing:
        steepest = 1740.0 - (parse_instant(run.config.prices.start) - parse_instant("2024-08-05T00:00:00+00:00"))
        for outage in run.config.regime.consensus["scheduled"]:
            assert steepest - 220.0 <= outage["start_s"] <= steepest + 55.0
    first = {(run.regime, run.seed): run.config.regime.consensus["scheduled"][0] for run in failing}
    assert all(first["siloed", seed] == first["centralized_shared", seed] for seed in (1, 2))


def test_the_recorded_crashes_are_found(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQMARKET_DATA", str(data_dir))
    found = stress_replay.episodes(None)
    assert list(found) == ["12 March 2020", "5 August 2024"]
    starts = [stress_replay.worst_start(read_bars(file), 5400.0) for file in found.values()]
    assert [start[:10] for start in starts] == ["2020-03-12", "2024-08-04"]
