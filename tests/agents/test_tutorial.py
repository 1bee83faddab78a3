"""The tutorial's code runs as printed, each command in the folder that a reader has by then."""

from __future__ import annotations

import importlib
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pages
import pandas as pd
import pytest

from experiments.__main__ import main

TUTORIAL = Path(__file__).resolve().parents[2] / "agents" / "TUTORIAL.md"
WRITES = "uv run seqmarket strategy new"


def steps() -> list[tuple[str, list[tuple[str, str]], list[str]]]:
    """Each command with the files that are written before it, in order, and the commands before it that write any."""
    found, files, writing = [], [], []
    for language, text in pages.blocks(TUTORIAL):
        if (file := pages.file_of(text)) is not None:
            files.append(file)
        elif language == "sh":
            for command in pages.commands_of(text):
                found.append((command, list(files), list(writing)))
                writing += [command] * command.startswith(WRITES)
    return found


STEPS = steps()


def number(part: str) -> int:
    """Place of the only command that has this part."""
    [at] = [at for at, (command, _, _) in enumerate(STEPS) if part in command]
    return at


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A reader's folder, from which modules are imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def carry_out(command: str, folder: Path) -> None:
    """Run a command of the page; of tests, every function."""
    program, *words = shlex.split(command.removeprefix("uv run "))
    if program == "pytest":
        tests = importlib.import_module(Path(words[0]).stem)
        found = [test for name, test in vars(tests).items() if name.startswith("test_")]
        assert found
        for test in found:
            test()
        return
    assert program == "seqmarket", command
    words += ["--workers", "1"] * (words[0] == "run")  # as printed, but without waiting for processes to start
    assert main(words) == 0, command


def reach(at: int, folder: Path) -> None:
    """Bring a reader's folder to where a command stands, and run it."""
    command, files, writing = STEPS[at]
    for before in writing:
        carry_out(before, folder)
    for file in files:
        pages.write(folder, *file)
    carry_out(command, folder)


SHOWN = ("--watch", "--profits", "tournament")
"""Commands whose results are looked at below."""


@pytest.mark.parametrize(
    "at", [at for at, (command, _, _) in enumerate(STEPS) if not any(part in command for part in SHOWN)]
)
def test_a_command_runs(at: int, folder: Path) -> None:
    reach(at, folder)


def test_what_the_strategy_did_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reach(number("--watch"), folder)
    printed = capsys.readouterr().out
    assert "sends swap on rollup" in printed
    assert "filled, gave" in printed


def test_what_it_gained_is_printed_and_drawn(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reach(number("--profits"), folder)
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Closer 0"))
    assert float(line.split()[2].replace(",", "")) > 0.0
    assert (folder / "profits.png").is_file()


def test_it_ends_with_a_figure_against_the_built_in_ones(folder: Path) -> None:
    reach(number("run tournament"), folder)
    results = folder / "results" / "tournament"
    assert (results / "figure.png").is_file()
    runs = pd.read_parquet(results / "runs.parquet")
    assert (runs["status"] == "done").all()
    assert set(runs["first"]) == {"arbitrageur", "searcher", "closer:Closer"}
