"""Sweeps that are ended from outside, at any moment: nothing is lost, nothing doubled, no half file left."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import stand_in

from experiments.__main__ import main
from experiments.runs import study as studies
from experiments.runs.files import SUFFIX
from experiments.runs.store import Store, code_version
from experiments.runs.sweep import sweep

ROOT = Path(__file__).resolve().parents[3]
pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(os.name != "posix", reason="ends processes with signals"),
]
START = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); {}" + (
    "from experiments.__main__ import main; sys.exit(main(sys.argv[1:]))"
)
"""The command, which hears SIGINT even where the tests are executed in the background."""
RUNS, CELLS = 24, 4
"""Runs of the stand-in study, and how many there are of each seed."""
KILLS = 25
WHERE = {signal.SIGINT: ("interrupted", 130), signal.SIGTERM: ("terminated", 143)}


@pytest.fixture
def results(plugins: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the stand-in study, which is installed."""
    plugins("experiments/studies/coins.py", stand_in.STUDY)
    plugins("figures/coins.py", stand_in.FIGURE)
    monkeypatch.setenv("COINS_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("COINS_SLEEP", "0.05")
    return tmp_path / "results" / "coins"


def begin(results: Path, before: str = "", *words: str) -> subprocess.Popen[str]:
    """Start the study in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", START.format(before), "run", "coins", "--out", str(results.parent), *words],
        cwd=results.parents[1],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kept(results: Path) -> list[str]:
    """Names of the runs that are kept, by line, whatever state they are in."""
    lines = [line for path in results.glob("runs/*/*.jsonl") for line in path.read_text().splitlines()]
    return [json.loads(line)["run_id"] for line in lines]


def half(results: Path) -> list[str]:
    return [path.name for path in results.rglob("*") if path.name.endswith(SUFFIX)]


def finish(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], seeds: int = RUNS // CELLS) -> None:
    """Resume to the end, in this process, and compare with runs that nobody has disturbed."""
    before = kept(results)
    assert main(["run", "coins", "--workers", "1", "--out", str(results.parent), "--seeds", str(seeds)]) == 0
    assert f"{CELLS * seeds} runs, {len(before)} of them kept, 0 failed" in capsys.readouterr().out
    assert half(results) == []
    assert set(Counter(kept(results)).values()) == {1}
    assert len(kept(results)) == CELLS * seeds
    assert set(before) <= set(kept(results))
    store = Store(tmp_path / "whole", code_version("coins"))
    runs = list(studies.load("coins").runs(seeds, False, lambda base: base))
    store.write_runs(sweep("coins", runs, workers=1, store=store).rows)
    assert (results / "runs.parquet").read_bytes() == (store.folder / "runs.parquet").read_bytes()


def disturb(results: Path, ending: signal.Signals, whole_group: bool, *words: str) -> bool:
    """Start, and end at a random moment, often while something is written; whether it was not done before."""
    process = begin(results, "", *words)
    already = len(kept(results))
    deadline = time.monotonic() + 60
    if random.random() < 0.7:  # else while it starts
        while len(kept(results)) == already and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
    time.sleep(random.uniform(0.0, 0.8))
    before = kept(results)
    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
        if whole_group:
            os.killpg(process.pid, ending)
        else:
            process.send_signal(ending)
    out, said = process.communicate(timeout=60)
    assert set(before) <= set(kept(results)), "what was kept is lost"
    if process.returncode == 0:
        assert f"{len(kept(results))} runs" in out
        return False
    if ending is not signal.SIGKILL:
        assert half(results) == []
        word, code = WHERE[ending]
        if process.returncode == code:
            assert said == f"seqmarket: {word}; finished runs are kept in {results}, the same command resumes\n"
        else:  # before it could hear anything
            assert not before or already
            assert process.returncode in (-ending, 128 + ending, 1)
    return True


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "times"), [(signal.SIGKILL, 8), (signal.SIGTERM, 4), (signal.SIGINT, 4)], ids=str)
def test_a_sweep_that_is_ended_resumes_with_the_same_table(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: signal.Signals, times: int
) -> None:
    times = int(os.environ.get("SEQMARKET_ENDS", times))
    random.seed()  # another moment every time: there is none at which it may be ended
    for count in range(times):
        if not disturb(results, ending, whole_group=bool(count % 2)):
            for path in results.rglob("*.jsonl"):  # it was done: once more from the beginning
                path.unlink()
    finish(results, tmp_path, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("whole_group", [True, False], ids=["with its workers", "above its workers"])
def test_twenty_five_kills_lose_nothing_and_double_nothing(
    results: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    whole_group: bool,
) -> None:
    """Two workers are at work on many short runs: what a kill leaves is begun again by the next command."""
    monkeypatch.setenv("COINS_SLEEP", "0.01")
    random.seed()
    seeds, kills = 1000, 0
    while kills < KILLS and disturb(results, signal.SIGKILL, whole_group, "--seeds", str(seeds)):
        kills += 1
    assert kills == KILLS or len(kept(results)) == CELLS * seeds  # it may be done before
    assert kills >= KILLS // 2
    monkeypatch.setenv("COINS_SLEEP", "0")
    finish(results, tmp_path, capsys, seeds)


@pytest.mark.slow
def test_ended_once_by_each(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Interrupted, terminated and killed in turn, each while runs are under way."""
    monkeypatch.setenv("COINS_SLEEP", "0.2")
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        already = len(kept(results))
        process = begin(results)
        deadline = time.monotonic() + 90
        while len(kept(results)) == already and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(process.pid, ending)
        said = process.communicate(timeout=60)[1]
        word, code = WHERE.get(ending, ("", -ending))
        assert process.returncode == code, said
        if word:
            assert said == f"seqmarket: {word}; finished runs are kept in {results}, the same command resumes\n"
            assert half(results) == []
    assert 0 < len(kept(results)) < RUNS
    monkeypatch.setenv("COINS_SLEEP", "0")
    finish(results, tmp_path, capsys)


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_what_is_finished_is_kept(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A limit on the size of files stands in: rows fit, the table of all of them does not."""
    monkeypatch.setenv("COINS_SLEEP", "0")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # Python keeps what it compiled though only half of it fits
    process = begin(results, "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); ")
    said = process.communicate(timeout=60)[1]
    assert (process.returncode, said) == (
        2,
        f"seqmarket: {results / 'runs.parquet'}: File too large; finished runs are kept in {results}, "
        "the same command resumes\n",
    )
    assert half(results) == []
    assert len(kept(results)) == RUNS
    finish(results, tmp_path, capsys)
