"""The README's code runs as printed: files are written where it says, commands are executed in order."""

from __future__ import annotations

import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pages
import pytest

from experiments.__main__ import main
from market.measures.tape import COLUMNS

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
TOO_LONG = ("run regimes", "pytest", "bench", "validate")
"""Commands of the README that other tests cover and that take minutes."""


def blocks() -> list[tuple[str, str]]:
    """Language and text of every fenced block."""
    return pages.blocks(README)


def files() -> dict[str, str]:
    """Files that the README asks a reader to write, by the path in their first line."""
    return dict(found for _, text in blocks() if (found := pages.file_of(text)) is not None)


def commands() -> list[str]:
    """Commands that the README shows, without comments."""
    lines = [line for language, text in blocks() if language == "sh" for line in pages.commands_of(text)]
    return [line for line in lines if line.startswith("uv run seqmarket")]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A reader's folder with all files written."""
    folder = tmp_path_factory.mktemp("reader")
    for name, text in files().items():
        pages.write(folder, name, text)
    yield folder
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(folder)):
            del sys.modules[name]


def test_readme_has_what_it_promises():
    assert {"my_strategies.py", "sealed.toml", "market/regimes/tipped.py", "experiments/studies/latency.py"} <= set(
        files()
    )
    assert any("pip install uv && uv run seqmarket run regimes" in text for _, text in blocks())


@pytest.mark.parametrize("command", [line for line in commands() if not any(word in line for word in TOO_LONG)])
def test_readme_command_runs(
    reader: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(reader)
    monkeypatch.setenv("SEQMARKET_PLUGINS", str(reader))
    monkeypatch.setattr(sys, "path", list(sys.path))
    words = shlex.split(command.removeprefix("uv run seqmarket"))
    words += ["--workers", "1"] * (
        words[0] in ("run", "compare", "power")
    )  # as printed, but without waiting for processes to start
    assert main(words) == 0, capsys.readouterr().err


def test_readme_script_runs(reader: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = [
        line.removeprefix("uv run python ").strip()
        for language, text in blocks()
        if language == "sh"
        for line in text.split("\n")
        if line.startswith("uv run python ")
    ]
    assert shown == ["idle_blocks.py"]
    runpy.run_path(str(reader / shown[0]), run_name="__main__")
    printed = capsys.readouterr().out
    assert printed.startswith("{0: ")
    assert "nan" not in printed


def test_readme_names_every_column_of_a_tape() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, table = text.partition("A row of a tape has, for an intent\n")
    named = re.findall(r"`(\w+)`", table.partition("\nand each column")[0])
    assert sorted(named) == sorted(COLUMNS)


def test_figure_of_the_readme_exists():
    names = re.findall(r"!\[[^]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert names
    assert all((ROOT / name).is_file() for name in names)
