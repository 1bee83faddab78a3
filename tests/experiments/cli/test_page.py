"""The page of studies: everything that it names exists, and it says what the studies say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import stand_in

from experiments.__main__ import main
from experiments.cli import page
from experiments.cli.short_answers import MORE, one_line
from experiments.runs import study as studies

type Add = Callable[[str, str], Path]


@pytest.fixture
def two(plugins: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """There are two studies, the second of which has two figures; the current folder is empty."""
    for name in ("coins", "medals"):
        plugins(f"experiments/studies/{name}.py", stand_in.STUDY)
        plugins(f"figures/{name}.py", stand_in.FIGURE)
    plugins("figures/medals_of_gold.py", stand_in.FIGURE.replace("Coins", "Gold & silver"))
    monkeypatch.setenv("COINS_LOG", str(tmp_path / "log"))
    monkeypatch.setattr(studies, "names", lambda: ["coins", "medals"])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def linked(page: Path) -> set[Path]:
    """Files that a page links to or shows."""
    found = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    return {page.parent / name for name in found}


@pytest.mark.slow
def test_all_studies_and_a_page_that_shows_them(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["run", "all", "--workers", "1", "--quick"]
    assert main(command) == 0
    shown = two / "results" / "README.md"
    said = shown.read_text(encoding="utf-8")
    share = json.loads((two / "results" / "coins" / "study.json").read_text())["answer"]
    assert re.fullmatch(r"Heads come \d+ times in a hundred\.", share)
    assert f"| [coins](#coins) | Is the coin fair? | {share} (2 seeds: open) |" in said
    assert "`uv run seqmarket run medals --quick`: 8 runs, 0 failed, 2 seeds" in said
    pictures = {"coins/figure.png", "medals/figure.png", "medals/figure_of_gold.png"}
    assert {two / "results" / name for name in pictures} < linked(shown)
    assert all(path.is_file() for path in linked(shown))
    capsys.readouterr()
    assert main(command) == 0
    assert capsys.readouterr().out.count("8 of them kept") == 2


def test_a_page_gets_the_answers_between_its_marks_and_keeps_the_rest(two: Path, capsys) -> None:
    assert main(["run", "coins", "--workers", "1", "--quick"]) == 0
    mine = two / "MINE.md"
    mine.write_text("above\n" + "old\n".join(page.MARKS) + "below\n", encoding="utf-8")
    asked = ["figures", "all", "--gallery", "shown", "--readme", "MINE.md"]
    assert main(asked) == 0
    assert two / "shown" / "coins_runs.parquet" in linked(two / "shown" / "README.md")
    text = mine.read_text(encoding="utf-8")
    share = json.loads((two / "results" / "coins" / "study.json").read_text())["answer"]
    assert f"| [`coins`](shown/README.md#coins) | Is the coin fair? | {share} (2 seeds: open) |" in text
    assert "| `medals` | Is the coin fair? |  |" in text
    assert text.startswith("above\n") and text.endswith("below\n") and "old" not in text
    assert main(asked) == 0
    assert mine.read_text(encoding="utf-8") == text
    mine.write_text("no marks\n", encoding="utf-8")
    assert main(asked) == 2
    assert "--readme MINE.md: has no table to renew" in capsys.readouterr().err
    assert main(["figures", "all", "--readme", "MINE.md"]) == 2
    assert "allowed: with --gallery DIR" in capsys.readouterr().err


def test_a_gallery_shows_findings_also_of_a_study_whose_results_it_lacks(two: Path) -> None:
    folder = two / "shown"
    folder.mkdir()
    (folder / f"medals{page.FINDINGS}").write_text("Gold falls on its edge.\n", encoding="utf-8")
    (folder / "medals.png").write_bytes(b"")
    said = page.gallery_page(folder)
    assert "**Question.** Is the coin fair?" in said
    assert "![medals](medals.png)" in said and "medals_of_gold" not in said
    assert said.endswith("Gold falls on its edge.\n")


def test_the_line_of_an_answer_ends_with_a_clause() -> None:
    first = "Heads are 0.5 (0.4 to 0.6; ten seeds) where the coin is fair, as far as ten seeds can tell it"
    assert one_line(f"{first}; tails are the rest.") == f"{first}."
    assert one_line(f"{first}. Tails are the rest.") == f"{first}."
    assert one_line("Heads; tails.") == "Heads; tails."


def test_the_line_of_a_long_answer_ends_within_a_list_behind_an_interval() -> None:
    parts = [f"coin {number} comes up heads in 0.5 (0.4 to 0.6) of all throws" for number in range(6)]
    assert one_line(f"{', '.join(parts)}.") == f"{', '.join(parts[:4])}{MORE}"
    assert (
        one_line(f"{', '.join(parts[:3])}, and {parts[3]} and {parts[4]}.")
        == f"{', '.join(parts[:3])}, and {parts[3]}{MORE}"
    )
    endless = "heads " * 50 + "0.5 (0.4 to 0.6)"
    assert one_line(endless) == endless
    assert one_line(f"Heads win; {endless}") == "Heads win."


@pytest.mark.slow
def test_a_study_that_cannot_begin_is_left_out(two: Path, plugins: Add, capsys: pytest.CaptureFixture[str]) -> None:
    broken = stand_in.STUDY.replace("for regime in", 'raise InputError("no coins; allowed: coins")\n    for regime in')
    plugins("experiments/studies/medals.py", "from market.errors import InputError\n" + broken)
    assert main(["run", "all", "--workers", "1", "--quick"]) == 1
    assert "seqmarket: medals is left out: no coins; allowed: coins" in capsys.readouterr().err
    assert "medals" not in (two / "results" / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_gallery_holds_what_its_page_shows_and_keeps_what_it_had(two: Path) -> None:
    assert main(["run", "medals", "--workers", "1", "--quick"]) == 0
    assert main(["figures", "all", "--gallery", "shown"]) == 0
    names = {path.name for path in (two / "shown").iterdir()}
    assert {"medals.png", "medals_of_gold.pdf", "medals_table.md", "medals.json", "README.md"} < names
    assert r"\includegraphics[width=\linewidth]{medals_of_gold.pdf}" in (two / "shown/medals_of_gold.tex").read_text()
    assert r"\caption{Gold \& silver" in (two / "shown/medals_of_gold.tex").read_text()
    (two / "results" / "medals").rename(two / "elsewhere")
    assert main(["run", "coins", "--workers", "1", "--quick"]) == 0
    assert main(["figures", "all", "--gallery", "shown"]) == 0
    shown = two / "shown" / "README.md"
    assert {"## coins", "## medals"} < set(shown.read_text(encoding="utf-8").splitlines())
    assert all(path.is_file() for path in linked(shown))


@pytest.mark.slow
def test_the_page_goes_without_the_caption_of_a_plug_in_that_is_gone(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["run", "medals", "--workers", "1", "--quick"]) == 0
    page.write(two / "results")
    before = (two / "results" / "README.md").read_text(encoding="utf-8")
    monkeypatch.delenv("SEQMARKET_PLUGINS")
    page.write(two / "results")
    after = (two / "results" / "README.md").read_text(encoding="utf-8")
    assert "*Gold & silver.*" in before
    assert after == before.replace("*Gold & silver.*", "*medals of gold*").replace("*Coins.*", "*medals*")
