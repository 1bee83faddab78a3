"""`--slice` and `merge`: the slices of a study together are the study, byte for byte, or one line says why not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stand_in

from experiments.__main__ import main

type Add = Callable[[str, str], Path]

SAME = ("runs.parquet", "summary.parquet", "table.md", "table.tex", "table.csv", "figure.png", "figure.pdf")
COMPARED = ("--quick", "--set", "horizon_s=4", "--set", "flow.per_second=5", "--seeds", "2", "--outcome", "slots")


@pytest.fixture
def coins(plugins: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in study is installed, and the current folder is empty."""
    plugins("experiments/studies/coins.py", stand_in.STUDY)
    plugins("figures/coins.py", stand_in.FIGURE)
    monkeypatch.setenv("COINS_LOG", str(tmp_path / "log"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, out: str, part: str = "") -> int:
    more = ["--slice", part] if part else []
    return main([*words, "--workers", "1", "--out", out, *more])


def described(folder: Path) -> dict[str, Any]:
    about = json.loads((folder / "study.json").read_text())
    about.pop("timings")
    return about


def same(one: Path, other: Path, more: tuple[str, ...] = ()) -> None:
    for name in (*SAME, *more):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert described(one) == described(other)


@pytest.mark.slow
def test_slices_together_are_the_whole(coins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", "coins", out="whole") == 0
    for number in (3, 1, 2):
        assert run("run", "coins", out=f"part{number}", part=f"{number}/3") == 0
    assert not (coins / "part1" / "coins" / "table.md").exists()
    assert not (coins / "part1" / "README.md").exists()
    log = (coins / "log").read_text().splitlines()
    assert len(log) == 2 * 24
    assert len(set(log)) == 24  # once whole, once in slices
    capsys.readouterr()
    assert main(["merge", "part1", "part2/coins", "part3", "--out", "together"]) == 0
    assert "together/coins: 24 runs, 24 of them kept, 0 failed" in capsys.readouterr().out
    same(coins / "whole" / "coins", coins / "together" / "coins")
    assert run("run", "coins", out="together") == 0  # resumes from there
    assert "24 runs, 24 of them kept" in capsys.readouterr().out


@pytest.mark.slow
def test_slices_may_share_a_folder_and_be_more_than_there_are_runs(coins: Path) -> None:
    assert run("run", "coins", "--quick", out="whole") == 0
    for number in range(1, 21):
        assert run("run", "coins", "--quick", out="shared", part=f"{number}/20") == 0
    assert main(["merge", "shared", "--out", "shared"]) == 0
    same(coins / "whole" / "coins", coins / "shared" / "coins")


@pytest.mark.slow
def test_a_slice_with_a_failed_run_says_so_and_the_whole_has_it(coins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COINS_FAULT", "raise")
    assert run("run", "coins", out="whole") == 1
    assert sorted(run("run", "coins", out=f"part{number}", part=f"{number}/2") for number in (1, 2)) == [0, 1]
    assert main(["merge", "part1", "part2", "--out", "together"]) == 1
    same(coins / "whole" / "coins", coins / "together" / "coins")


@pytest.mark.slow
def test_a_comparison_and_an_analysis_in_slices(coins: Path) -> None:
    ranges = ("--vary", "assets.0.volatility=0.4:1.6", "--latin", "3")
    analysis = ("--lever", "assets.0.volatility=0.4:1.6", "--method", "morris:2")
    for words, more in ((("compare", *ranges), ()), (("sensitivity", *analysis), ("design.pickle",))):
        assert run(*words, *COMPARED, out="whole") == 0
        for number in (1, 2):
            assert run(*words, *COMPARED, out=f"part{number}", part=f"{number}/2") == 0
        assert main(["merge", "part1/" + words[0], "part2/" + words[0], "--out", "together"]) == 0
        same(coins / "whole" / words[0], coins / "together" / words[0], more)


@pytest.fixture(scope="module")
def made() -> dict[str, Path]:
    """Where the first test that asks for two slices has made them."""
    return {}


@pytest.fixture
def parts(coins: Path, made: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two slices of two."""
    if not made:
        for number in (1, 2):
            assert run("run", "coins", "--quick", out=f"part{number}", part=f"{number}/2") == 0
            kept = tmp_path_factory.mktemp("kept") / "part"
            made[f"part{number}"] = Path(shutil.copytree(f"part{number}", kept))
    for name, kept in made.items():
        shutil.copytree(kept, name, dirs_exist_ok=True)
    return coins


def noted(folder: Path) -> Path:
    [path] = (folder / "coins").glob("slice-*.json")
    return path


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["merge", *words, "--out", "together"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert not Path("together").exists()
    return output.err


def test_slices_that_are_missing_or_there_twice(parts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "coins: slices 2/2 are missing; allowed: all 2 of them" in refused(capsys, "part1")
    shutil.copytree("part1", "copy")
    said = refused(capsys, "part1", "part2", "copy")
    assert "coins: slice 1/2 is in " in said
    assert "allowed: each slice once" in said
    assert "absent: no such folder" in refused(capsys, "part1", "absent")
    Path("empty").mkdir()
    assert "empty: no slice is there" in refused(capsys, "part1", "empty")


def test_runs_that_are_missing(parts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [batch, *_] = Path("part2").rglob("*.jsonl")
    lost = json.loads(batch.read_text().splitlines()[0])
    batch.unlink()
    said = refused(capsys, "part1", "part2")
    assert f"first regime {lost['regime']}, seed {lost['seed']}, of slice 2/2; allowed: finished slices" in said


@pytest.mark.parametrize("key", ["command", "of", "grid", "code"])
def test_slices_of_other_runs(parts: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    note = noted(Path("part2"))
    stated = json.loads(note.read_text())
    note.write_text(json.dumps(stated | {key: 7 if key == "of" else "other"}))
    assert "differ; allowed: slices of one run" in refused(capsys, "part1", "part2")
    note.write_text("{}")
    assert "not the note of a slice" in refused(capsys, "part1", "part2")


def test_slices_made_before_an_edit(parts: Path, plugins: Add, capsys: pytest.CaptureFixture[str]) -> None:
    plugins("experiments/studies/coins.py", stand_in.STUDY + "\n# a remark\n")
    assert "source of " in refused(capsys, "part1", "part2")


@pytest.mark.parametrize("part", ["0/2", "3/2", "1", "a/b"])
def test_what_is_no_slice_is_one_line(coins: Path, capsys: pytest.CaptureFixture[str], part: str) -> None:
    assert run("run", "coins", out="results", part=part) == 2
    said = capsys.readouterr().err
    assert f"--slice: got '{part}'; allowed: I/N, as in 1/4, with I from 1 to N" in said
    assert said.count("\n") == 1
