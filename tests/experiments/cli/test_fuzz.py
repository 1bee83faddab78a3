"""Whatever the command line or a configuration says: a run that is right, or exit code 2 and one line."""

from __future__ import annotations

import contextlib
import io
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import command_lines
import pytest
import stand_in
from hypothesis import HealthCheck, given, settings

from experiments.__main__ import main
from experiments.cli import validate
from experiments.markets import scenarios
from experiments.runs import machine, needs

MEMORY_BYTES, MOST_S = 1.5e9, 6.0
"""What the machine is said to have, and how long a run may compute: less than this machine could, to be quick."""
HANGS_S = 60


@pytest.fixture
def small(plugins: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small machine, a small market in place of the reference, and nothing that takes minutes."""
    plugins("experiments/studies/coins.py", stand_in.STUDY)
    plugins("figures/coins.py", stand_in.FIGURE)
    monkeypatch.setenv("COINS_LOG", str(tmp_path / "log"))
    monkeypatch.chdir(tmp_path)
    base = command_lines.base()
    monkeypatch.setattr(scenarios, "reference", lambda **_: base)
    monkeypatch.setattr(machine, "available", lambda: MEMORY_BYTES)
    monkeypatch.setattr(needs, "MOST_S", MOST_S)
    monkeypatch.setattr(validate, "_rows", lambda *_: iter(()))
    monkeypatch.setattr("experiments.cli.run.write", lambda *_: None)
    monkeypatch.setattr("experiments.cli.run.report", lambda *_: 0)
    monkeypatch.setattr("experiments.bench.measure.main", lambda *_: None)
    monkeypatch.setattr("experiments.dashboard.serve.main", lambda *_: None)


@contextlib.contextmanager
def must_end() -> Iterator[None]:
    """Fail where what is under way does not come to an end."""

    def hangs(number: int, frame: FrameType | None) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(HANGS_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def said(arguments: list[str]) -> tuple[int, str, str]:
    """Exit code, output and complaints of a command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), must_end():
        try:
            code = main(arguments)
        except SystemExit as asked:  # --help
            code = int(asked.code or 0)
    return code, out.getvalue(), err.getvalue()


def holds(arguments: list[str]) -> None:
    """Assert that a command did what it should, or said in one line what is wrong."""
    code, out, err = said(arguments)
    lines = err.splitlines()
    assert "Traceback" not in err
    if code == 2:
        assert out == ""
        assert len(lines) == 1
        assert lines[0].startswith("seqmarket: ")
        assert len(lines[0]) < 2000
    elif code == 1:
        assert lines[-1].startswith("seqmarket: ")
        assert "seed" in lines[-1]
    else:
        assert code == 0
        if arguments[0] == "simulate" and "-h" not in arguments:
            is_right(json.loads(out))


def is_right(outcomes: dict[str, Any]) -> None:
    """Assert what holds of every run."""
    assert outcomes["slots"] >= 0
    assert outcomes["conservation_error"] <= 1e-9
    fates = sum(outcomes[fate] for fate in ("filled", "reverted", "expired"))
    assert 0 <= fates <= outcomes["intents"]


FUZZ = settings(
    max_examples=command_lines.EXAMPLES, deadline=None, derandomize=command_lines.EXAMPLES <= 300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    report_multiple_bugs=True,
)  # fmt: skip


@pytest.mark.usefixtures("small")
@FUZZ
@given(arguments=command_lines.lines())
def test_any_command_line(arguments: list[str]) -> None:
    holds(arguments)


@pytest.mark.usefixtures("small")
@FUZZ
@given(text=command_lines.files())
def test_any_file(text: bytes) -> None:
    Path("market.toml").write_bytes(text)
    holds(["simulate", "--json", "--config", "market.toml"])
