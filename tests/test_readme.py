"""The README's code runs as printed: files are written where it says, commands are executed in order."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pages
import pandas as pd
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
        words[0] in ("run", "compare", "sensitivity", "power")
    )  # as printed, but without waiting for processes to start
    assert main(words) == 0, capsys.readouterr().err


# -- what a reader is promised to have at the end of a path through the README ---------------------------------------


def walk(reader: Path, monkeypatch: pytest.MonkeyPatch, made: str, *beginnings: str) -> None:
    """Run the README's commands that begin so, in order, unless what they make is there already."""
    monkeypatch.chdir(reader)
    monkeypatch.setenv("SEQMARKET_PLUGINS", str(reader))
    monkeypatch.setattr(sys, "path", list(sys.path))
    if (reader / made).exists():
        return
    shown = [line.removeprefix("uv run seqmarket ") for line in commands()]
    for beginning in beginnings:
        (command,) = (line for line in shown if line.startswith(beginning))
        words = shlex.split(command)
        assert main([*words, *(["--workers", "1"] if words[0] == "compare" else [])]) == 0


def test_own_strategy_ends_in_a_figure_that_compares_it(reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walk(reader, monkeypatch, "results/compare/figure.pdf", "compare --vary regime=siloed,pbs --vary")
    folder = reader / "results/compare"
    assert (folder / "figure.pdf").read_bytes()[:4] == b"%PDF"
    assert (folder / "figure.png").read_bytes()[:4] == b"\x89PNG"
    assert r"\includegraphics" in (folder / "figure.tex").read_text(encoding="utf-8")
    runs = pd.read_parquet(folder / "runs.parquet")
    assert set(runs["agents.trader.2.strategy"]) == {"arbitrageur", "my_strategies:Patient"}


def test_comparison_of_regimes_levers_and_seeds_ends_in_a_latex_table(
    reader: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk(reader, monkeypatch, "results/compare/table.tex", "compare --vary regime=siloed,pbs --vary")
    runs = pd.read_parquet(reader / "results/compare/runs.parquet")
    cells = runs.groupby(["regime", "agents.trader.2.strategy"])["seed"].nunique()
    assert cells.to_dict() == {
        (regime, strategy): 2 for regime in ("siloed", "pbs") for strategy in ("arbitrageur", "my_strategies:Patient")
    }
    table = (reader / "results/compare/table.tex").read_text(encoding="utf-8")
    assert table.count(r"\begin{tabular}") == table.count(r"\end{tabular}") == 1
    columns = len(re.findall(r"[lcr]", table.partition(r"\begin{tabular}{")[2].partition("}")[0]))
    rows = [line for line in table.split("\n") if line.endswith(r"\\")]
    assert rows and all(len(re.findall(r"(?<!\\)&", row)) == columns - 1 for row in rows)
    assert "pbs" in table.lower()


def test_who_sandwiched_whom_is_on_the_tape(
    reader: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    walk(reader, monkeypatch, "run.parquet", "simulate --regime siloed_extractive --hours 0.05 --tape")
    capsys.readouterr()
    assert main(["tape", "run.parquet", "--sandwiches", "--json"]) == 0
    found = pd.DataFrame(json.loads(capsys.readouterr().out))
    assert len(found)
    assert found["by"].str.startswith("sequencer").all()
    assert (found["by"] != found["victim"]).all()
    assert (found["loss_usd"] > 0.0).any()
    # the README's block holds one, and shows its three intents next to one another
    assert ((found["slot"] == 17) & (found["rollup"] == "rollup1")).any()


@pytest.mark.parametrize("asked", [line for line in commands() if " tape run" in line and "--picture" not in line])
def test_a_question_to_the_tape_is_answered(
    reader: Path, asked: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    walk(reader, monkeypatch, "run.parquet", "simulate --regime siloed_extractive --hours 0.05 --tape")
    capsys.readouterr()
    assert main(shlex.split(asked.removeprefix("uv run seqmarket "))) == 0
    assert capsys.readouterr().out.strip() not in ("", "none", "[]")


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
